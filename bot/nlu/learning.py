"""All that a training learns, learnt beside Rasa and on two cores: Rasa takes seconds to start and one core."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from bot.nlu.arrays import Arrays
from bot.nlu.beside import Beside
from bot.nlu.encoder import shared_encoder
from bot.nlu.foreign import ForeignModel
from bot.nlu.training import Example, plain_dangers, read_corpus, read_questions, train_danger, train_speller, train_topics

Questions = tuple[Example, ...]


class Learnt(NamedTuple):
    """What each step of `bot.nlu.components` keeps of a training.

    Attributes:
        seen: how often each word, and each two in a row, stand in the texts (`bot.nlu.spelling.seen_in`).
        topics: the arrays of a `TopicModel`; ``danger``: of a `DangerClassifier`; ``foreign``: of a `ForeignModel`.
    """

    seen: dict[str, int]
    topics: Arrays
    danger: Arrays
    foreign: Arrays


def learn(questions: Questions, content: Path) -> Learnt:
    """Learn from training ``questions`` and the rest of ``content``: topics on one core, meanwhile danger on another."""
    read_corpus(questions, content, shared_encoder())
    others = Beside(lambda: _danger_and_foreign(questions, content))
    topics = train_topics(questions, content, shared_encoder()).to_arrays()
    return Learnt(train_speller(questions, content).seen, topics, *others.result())


def _danger_and_foreign(questions: Questions, content: Path) -> tuple[Arrays, Arrays]:
    danger = train_danger(questions, content, shared_encoder())
    # Plain words of danger too, of which the questions hold too few.
    foreign = ForeignModel.train([*questions, *plain_dangers(content)])
    return danger.to_arrays(), foreign.to_arrays()


@lru_cache(maxsize=1)
def begun(content: Path) -> tuple[Questions, Beside[Learnt]]:
    """Begin to learn from the questions of ``content``, unless that has been done; return them, and what learns."""
    questions = tuple(read_questions(content))
    return questions, Beside(partial(learn, questions, content))


@lru_cache(maxsize=1)
def learnt(questions: Questions, content: Path) -> Learnt:
    """Return what is learnt from ``questions``: what was `begun`, unless Rasa was given other ones."""
    ours, beside = begun(content)
    return beside.result() if sorted(ours) == sorted(questions) else learn(questions, content)
