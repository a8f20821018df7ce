"""Learning beside Rasa: in a process of its own, and from the very questions that Rasa was given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.nlu import learning
from bot.nlu.learning import Learnt, begun, learnt

QUESTIONS = (("can i go alone", "own_it_3_seen_alone"), ("does mum get told", "own_it_4_parents_told"))


@pytest.fixture(autouse=True)
def nothing_begun() -> Iterator[None]:
    """Forget what other tests began."""
    begun.cache_clear()
    learnt.cache_clear()
    yield
    begun.cache_clear()
    learnt.cache_clear()


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learnt is only how many questions there were, and in which process."""
    monkeypatch.setattr(learning, "read_questions", lambda _: list(QUESTIONS))
    monkeypatch.setattr(learning, "learn", lambda questions, _: Learnt({"all": len(questions), "by": os.getpid()}, {}, {}, {}))


@pytest.mark.usefixtures("taught")
def test_what_was_begun_before_rasa_asks_is_what_it_gets_in_whatever_order_it_reads_the_questions() -> None:
    seen = learnt(tuple(reversed(QUESTIONS)), Path("data")).seen
    assert seen["all"] == len(QUESTIONS)
    assert seen["by"] != os.getpid()


@pytest.mark.usefixtures("taught")
def test_other_questions_than_ours_are_learnt_from_here() -> None:
    assert learnt(QUESTIONS[:1], Path("data")).seen == {"all": 1, "by": os.getpid()}
