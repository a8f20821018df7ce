"""``ownit explain``: why a message gets its answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cli import main
from bot.commands.explain import as_text

FOUND: dict[str, Any] = {
    "text": "can i see a dr",
    "read_as": "can i see a doctor",
    "questions": [],
    "intent": "own_it_3_seen_alone",
    "confidence": 0.9,
    "bar": 0.5,
    "topics": [("own_it_3_seen_alone", 0.9)],
    "ranking": [("own_it_3_seen_alone", 0.8), ("gp_contact", 0.1)],
    "offered": [],
    "kind": None,
    "nearest": [(0.91, "own_it_3_seen_alone", "can i see a doctor alone")],
    "age_band": None,
    "reader": None,
    "follow_up": None,
    "goes_on": [("school_nurse", 0.8)],
    "language": "en",
    "safety": None,
    "rules": [],
    "is_rights_question": True,
    "answer": {"id": "own_it_3_seen_alone", "file": "data/answers/own_it.yml", "first": "Yes."},
}


def test_an_explanation_names_topic_nearest_questions_age_and_safety() -> None:
    text = as_text(FOUND)
    for part in (
        "own_it_3_seen_alone   (confidence 0.90, asks below 0.50)",
        "0.91  can i see a doctor alone   [own_it_3_seen_alone]",
        "not said: a young person",
        "goes on with the answer before, after school_nurse",
        "nothing found; it asks about rights",
        "own_it_3_seen_alone in data/answers/own_it.yml",
    ):
        assert part in text


def test_an_explanation_of_danger_names_the_rule() -> None:
    finding = {"kind": "self_harm", "topic": "x", "tier": "crisis", "rule": "cutting", "score": 1.0, "language": "en"}
    assert "crisis: self_harm, by rule cutting (1.00); also arms" in as_text(
        FOUND | {"safety": finding, "rules": ["cutting", "arms"]}
    )
    assert "by the classifier (0.91)" in as_text(FOUND | {"safety": finding | {"rule": "classifier", "score": 0.91}})


@pytest.mark.engine
def test_a_message_is_explained_with_the_trained_model(capsys: pytest.CaptureFixture[str]) -> None:
    from bot.commands.train import ensure_model

    ensure_model()
    capsys.readouterr()
    assert main(["explain", "--json", "can i see the doctor without my mum im 14", "i want to die"]) == 0
    alone, danger = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (alone["intent"], alone["age_band"]) == ("own_it_3_seen_alone", "13-15")
    assert len(alone["nearest"]) == 5
    assert all(-1 <= cosine <= 1.001 for cosine, _, _ in alone["nearest"])
    assert alone["nearest"] == sorted(alone["nearest"], key=lambda n: -n[0])
    assert danger["safety"]["tier"] == "crisis"
