"""The classifier of danger on three labels that lie along three axes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import numpy as np
import pytest

from bot.nlu import training
from bot.nlu.corpus import Corpus
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import Encoder
from bot.nlu.finding import ANY, SAFE
from bot.settings import ROOT

HARM, LOW, FINE = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
WORDS = {"self_harm": "i cut my arms again", "distress": "i feel low and alone", SAFE: "when does the chemist open"}


@pytest.fixture(scope="module")
def classifier() -> DangerClassifier:
    noise = np.random.default_rng(0).normal(0, 0.1, (60, 3))
    vectors = (np.repeat(np.eye(3), 20, axis=0) + noise).astype(np.float32)
    labels = [label for label in WORDS for _ in range(20)]
    return DangerClassifier.train(Corpus.of([WORDS[label] for label in labels], vectors, {}), labels)


def score(classifier: DangerClassifier, *parts: tuple[list[float], str]) -> dict[str, float]:
    return classifier.hear(np.array([v for v, _ in parts], np.float32), [t for _, t in parts]).score()


def test_it_learns_and_says_nothing_of_the_safe_label(classifier: DangerClassifier) -> None:
    scores = score(classifier, (HARM, WORDS["self_harm"]))
    assert set(scores) == {"self_harm", "distress", ANY}
    assert scores["self_harm"] > 0.8 > 0.2 > scores["distress"]
    assert scores[ANY] > 0.8


def test_a_dangerous_part_counts_together_with_the_whole_message(classifier: DangerClassifier) -> None:
    fine, alone = score(classifier, (FINE, WORDS[SAFE])), score(classifier, (HARM, WORDS["self_harm"]))
    among = score(classifier, (FINE, WORDS[SAFE]), (HARM, WORDS["self_harm"]))
    assert among["self_harm"] == alone["self_harm"]
    assert fine[ANY] < among[ANY] < alone[ANY]


def test_a_harmless_part_makes_no_message_safer(classifier: DangerClassifier) -> None:
    alone = score(classifier, (HARM, WORDS["self_harm"]))
    assert score(classifier, (HARM, WORDS["self_harm"]), (FINE, WORDS[SAFE]))[ANY] == pytest.approx(alone[ANY])


def test_both_views_must_find_it_likely(classifier: DangerClassifier) -> None:
    agree, differ = score(classifier, (HARM, WORDS["self_harm"])), score(classifier, (HARM, WORDS[SAFE]))
    assert agree["self_harm"] > differ["self_harm"]
    assert agree[ANY] > differ[ANY]


def test_the_messages_that_stand_nearest_have_a_say(classifier: DangerClassifier) -> None:
    alone = score(classifier, (HARM, WORDS["self_harm"]))
    among_safe_ones = replace(classifier, dangerous=np.zeros_like(classifier.dangerous))
    assert score(among_safe_ones, (HARM, WORDS["self_harm"]))[ANY] < alone[ANY]


def test_of_a_harmless_message_no_kind_is_told(classifier: DangerClassifier) -> None:
    assert set(score(classifier, (FINE, WORDS[SAFE]))) == {ANY}


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every message the classifier is taught, apart from the questions, and its label."""
    found: dict[str, str] = {}
    monkeypatch.setattr(training, "read_corpus", lambda *_: lambda *texts: texts)
    monkeypatch.setattr(DangerClassifier, "train", lambda texts, labels: found.update(zip(texts, labels, strict=True)))
    training.train_danger([], ROOT / "data", cast(Encoder, Mock()))
    return found


def test_what_is_said_after_a_danger_is_not_taught_as_harmless(taught: dict[str, str]) -> None:
    after_danger = [f.text for f in training.read_follow_ups(ROOT / "data") if f.after.startswith("crisis_") and f.stays]
    assert taught["can i change my mind after"] == SAFE
    assert "forget it i was joking" in after_danger
    assert "forget it i was joking" not in taught


def test_half_of_what_is_said_after_an_answer_is_taught_as_harmless(taught: dict[str, str]) -> None:
    said_next = {f.text for f in training.read_follow_ups(ROOT / "data") if not f.after.startswith("crisis_")}
    assert 0.45 < len(said_next & taught.keys()) / len(said_next) < 0.55


def test_it_survives_being_saved(classifier: DangerClassifier, tmp_path: Path) -> None:
    np.savez(tmp_path / "danger.npz", **classifier.to_arrays())
    with np.load(tmp_path / "danger.npz", allow_pickle=False) as arrays:
        again = DangerClassifier.from_arrays(arrays)
    before, after = (score(c, (LOW, WORDS["distress"])) for c in (classifier, again))
    assert after == pytest.approx(before, abs=1e-3)
