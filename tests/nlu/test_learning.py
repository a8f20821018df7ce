"""Learning beside Rasa: in a process of its own, and from the very questions that Rasa was given."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import EngineError
from bot.nlu import learning
from bot.nlu.learning import Beside, Learnt, begun, learnt

QUESTIONS = (("can i go alone", "own_it_3_seen_alone"), ("does mum get told", "own_it_4_parents_told"))


@pytest.fixture(autouse=True)
def nothing_begun() -> Iterator[None]:
    """Forget what other tests began."""
    begun.cache_clear()
    learnt.cache_clear()
    yield
    begun.cache_clear()
    learnt.cache_clear()


def test_a_call_beside_runs_in_a_process_of_its_own_with_all_that_was_read_before() -> None:
    read = [1, 2, 3]
    process, found = Beside(lambda: (os.getpid(), sum(read))).result()
    assert process != os.getpid()
    assert found == 6


def test_where_no_process_can_be_copied_the_call_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert Beside(os.getpid).result() == os.getpid()


def test_a_call_that_fails_says_where_its_reason_stands(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EngineError, match="its last words stand above"):
        Beside(lambda: 1 / 0).result()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_process_that_is_ended_is_not_waited_for() -> None:
    with pytest.raises(EngineError, match="training"):
        Beside(lambda: os.kill(os.getpid(), signal.SIGKILL)).result()


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
