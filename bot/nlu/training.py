"""Training the topic classifier from the questions of ``data/nlu``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.content import GROUPS, read_yaml
from bot.nlu.beside import Beside
from bot.nlu.corpus import Corpus
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import Encoder
from bot.nlu.finding import SAFE
from bot.nlu.leaning import FollowUp
from bot.nlu.network import main_axes
from bot.nlu.spelling import Speller, seen_in
from bot.nlu.topics import OUT_OF_SCOPE, TopicModel
from bot.nlu.wording import Counted, read_alike

Example = tuple[str, str]
# Later ones are misspelt, in slang, or unheard of: with them a third of rights in other languages was missed, not a quarter.
_PLAINEST = 150


def labelled(examples: Iterable[tuple[str, str, str | None]]) -> list[Example]:
    """Return (question, label) pairs from (question, intent, out-of-scope kind)."""
    return [(text, f"{intent}:{kind}" if intent == OUT_OF_SCOPE and kind else intent) for text, intent, kind in examples]


def read_entries(content: Path) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield each entry of ``nlu/*.yml`` under ``content`` as (intent, out-of-scope kind, questions)."""
    for group in GROUPS:
        for entry in read_yaml(content / "nlu" / f"{group}.yml").data["nlu"]:
            lines = (line.strip() for line in entry["examples"].splitlines())
            questions = [line[2:].strip() for line in lines if line.startswith("- ")]
            yield entry["intent"], (entry.get("metadata") or {}).get("kind"), questions


def read_questions(content: Path) -> list[Example]:
    """Return every training question of ``nlu/*.yml`` under ``content`` with its label."""
    return labelled((text, intent, kind) for intent, kind, questions in read_entries(content) for text in questions)


# The steps of a training read the same files.
@lru_cache(maxsize=1)
def read_follow_ups(content: Path) -> Sequence[FollowUp]:
    """Return every line of ``follow_ups/*.yml`` under ``content``."""
    found = []
    for path in sorted((content / "follow_ups").glob("*.yml")):
        for after, lines in read_yaml(path).data.items():
            found += [FollowUp(text, after, after) for text in lines["stays"]]
            found += [FollowUp(text, after, meant) for meant, texts in lines["moves"].items() for text in texts]
    return found


def train_topics(examples: Sequence[Example], content: Path, encoder: Encoder) -> TopicModel:
    """Fit the topic classifier and its confidence."""
    texts, labels = zip(*examples, strict=True)
    follow_ups, read = read_follow_ups(content), read_corpus(tuple(examples), content, encoder)
    corpus = read(*texts, *(f.text for f in follow_ups))
    said = corpus.texts[len(texts) :]
    return TopicModel.train(corpus, labels, [f._replace(text=text) for f, text in zip(follow_ups, said, strict=True)])


def train_speller(questions: Sequence[Example], content: Path) -> Speller:
    """Return what mends spelling, taught by the training questions and the examples of danger."""
    return _speller(tuple(questions), content)


# All steps of a training mend with the same one.
@lru_cache(maxsize=1)
def _speller(questions: tuple[Example, ...], content: Path) -> Speller:
    return Speller.load(content / "spelling.yml", seen_in(questions, read_dangers(content)))


@lru_cache(maxsize=1)
def read_corpus(questions: tuple[Example, ...], content: Path, encoder: Encoder) -> Callable[..., Corpus]:
    """Read all that is learnt from, each text once, and return what picks some of the texts as they are in ``content``."""
    dangers, follow_ups = read_dangers(content), read_follow_ups(content)
    texts = dict.fromkeys((*(text for text, _ in (*questions, *dangers)), *(f.text for f in follow_ups)))
    mended = _mend(list(texts), _speller(questions, content))
    counted = Beside(lambda: Counted.of(mended, read_alike(content / "spelling.yml")))
    vectors = encoder.encode_many(mended)
    axes = main_axes(vectors)
    corpus = Corpus(mended, vectors, counted.result(), axes)
    rows = {text: row for row, text in enumerate(texts)}
    return lambda *some: corpus[np.array([rows[text] for text in some])]


def _mend(texts: Sequence[str], speller: Speller) -> list[str]:
    mend, half = speller.remembering(), len(texts) // 2
    others = Beside(lambda: list(map(mend, texts[half:])))
    return [*map(mend, texts[:half]), *others.result()]


@lru_cache(maxsize=2)
def read_dangers(content: Path, by: str = "kind", most: int | None = None) -> Sequence[Example]:
    """Return every example of ``safety/*.yml`` under ``content`` as (message, kind or ``safe``).

    Args:
        by: ``topic`` gives the topic in place of the kind, and leaves out what is safe.
        most: how many of each file, its first and plainest; None for all.
    """
    documents = (read_yaml(path).data for path in sorted((content / "safety").glob("*.yml")))
    return [
        (line.strip(), d[by])
        for d in documents
        if d.get(by)
        for line in str(d.get("examples", "")).splitlines()[:most]
        if line.strip()
    ]


def plain_dangers(content: Path) -> Sequence[Example]:
    """Return the plainest examples of each kind of danger as (message, topic), for a model of other languages."""
    return read_dangers(content, by="topic", most=_PLAINEST)


def ordinary(questions: Sequence[Example]) -> list[str]:
    """Return the training questions that are surely no danger.

    Questions about mental health stand too near to distress to be called safe without a reading.
    """
    return [text for text, label in questions if not label.startswith(("crisis_", "mental_health_access"))]


def train_danger(questions: Sequence[Example], content: Path, encoder: Encoder) -> DangerClassifier:
    """Fit the danger classifier; ordinary questions and half of what people say next, but for after a danger, count as safe.

    With all of it, which is short and has lost what it was about, roundabout words of danger sounded safe too.
    """
    said_next = [f.text for f in read_follow_ups(content) if not f.after.startswith("crisis_")]
    safe = [*ordinary(questions), *(text for text in said_next if zlib.crc32(text.encode()) % 2)]
    examples = [*read_dangers(content), *((text, SAFE) for text in safe)]
    texts, labels = zip(*examples, strict=True)
    return DangerClassifier.train(read_corpus(tuple(questions), content, encoder)(*texts), labels)
