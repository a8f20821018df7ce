"""The supervisor looks after its processes from its first moment."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from supervisor import supervisord

from bot.watch import Prompt


def test_the_processes_start_before_the_first_turn_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Mock()
    monkeypatch.setattr(supervisord.Supervisor, "runforever", lambda _: done("loop"))
    supervisor = Prompt(Mock())
    supervisor.process_groups = {"engine": Mock(transition=lambda: done("start"))}
    supervisor.runforever()
    assert [call.args[0] for call in done.call_args_list] == ["start", "loop"]
