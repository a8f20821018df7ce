"""A call on the other core: what it knows, and what is said when it fails."""

from __future__ import annotations

import os
import signal

import pytest

from bot.errors import EngineError
from bot.nlu.beside import Beside


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
