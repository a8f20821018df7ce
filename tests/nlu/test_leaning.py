"""Tests of what goes on with the last topic, on vectors and words of our own: no encoder, no model."""

from __future__ import annotations

import itertools

import numpy as np
import yaml

from bot.content import TOPICS
from bot.nlu.corpus import Corpus
from bot.nlu.leaning import ALONE, FollowUp, Leaning, Shares
from bot.nlu.text import words_of
from bot.nlu.training import read_follow_ups
from bot.settings import ROOT

_SURE: Shares = {"pharmacy": 0.9, "alone": 0.05, "out_of_scope": 0.05}
_UNSURE: Shares = {"pharmacy": 0.3, "alone": 0.3, "out_of_scope": 0.4}


def _vector(text: str) -> np.ndarray:
    """Replies point one way, questions another, with a little of each word."""
    made = np.zeros(16, np.float32)
    made[0 if text.startswith(("and", "what if", "but")) else 1] = 3.0
    made[2 + sum(map(ord, text)) % 14] = 1.0
    return made / np.linalg.norm(made)


def _shares(text: str) -> Shares:
    return _UNSURE if text.startswith(("and", "what if", "but")) else _SURE


def _trained() -> Leaning:
    starts, ends = ("and", "what if", "but"), ("she says no", "they laugh", "its shut", "he is late", "i forget", "it rains")
    said = [f"{a} {b}" for a, b in itertools.product(starts, ends)]
    follow_ups = [FollowUp(text, after, after) for after in ("alone", "notes") for text in said]
    things = ("tablets", "cream", "plasters", "drops", "spray", "a test", "masks", "gel")
    asked = [FollowUp(f"can i buy {thing}", ALONE, "pharmacy") for thing in things]
    meant = [*follow_ups, *asked * 3]
    texts = [f.text for f in meant]
    return Leaning.train(Corpus.of(texts, np.stack([*map(_vector, texts)]), {}), meant, [*map(_shares, texts)])


def test_a_reply_goes_on_and_a_question_of_its_own_does_not() -> None:
    trained = _trained()
    reply, question = "what if it rains", "can i buy plasters"
    assert trained.goes_on(_vector(reply), reply, _shares(reply))["alone"] > 0.6
    assert trained.goes_on(_vector(question), question, _shares(question))["alone"] < 0.4


def test_it_survives_the_model_archive() -> None:
    trained = _trained()
    again = Leaning.from_arrays(trained.to_arrays())
    before, after = (m.goes_on(_vector("but its shut"), "but its shut", _UNSURE) for m in (trained, again))
    # The weights of words are kept in half precision.
    assert all(abs(before[topic] - after[topic]) < 0.05 for topic in before)


def test_every_topic_that_can_be_gone_on_with_has_lines_of_both_sorts() -> None:
    ours = [t for group in ("own_it", "words", "tips", "local", "feelings") for t in TOPICS[group]]
    follow_ups = read_follow_ups(ROOT / "data")
    for topic in ours:
        mine = [f.stays for f in follow_ups if f.after == topic]
        assert mine.count(True) >= 30, topic
        assert mine.count(False) >= 10, topic


def test_no_follow_up_is_copied_from_the_conversations_that_judge() -> None:
    judged = {
        words_of(str(turn["say"]))
        for path in (ROOT / "tests" / "conversations").glob("*.yml")
        for conversation in yaml.safe_load(path.read_text(encoding="utf-8"))
        for turn in conversation["turns"]
    }
    # "and prescriptions" and the like are everybody's.
    copied = [f.text for f in read_follow_ups(ROOT / "data") if len(f.text.split()) > 4 and words_of(f.text) in judged]
    assert not copied
