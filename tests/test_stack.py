"""What a command that starts an engine of its own leaves behind: nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import stack
from bot.processes import Process
from bot.settings import ROOT, Settings


def test_an_engine_that_ended_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(process: Process, out: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr(stack, "_start", start)
    monkeypatch.setattr(stack, "wait_until_up", lambda *_: None)
    with stack.running(Settings({"OWNIT_VAR": str(tmp_path)})) as chosen:
        assert [p.name for p in tmp_path.iterdir()] == [f"endpoints-{chosen.engine_port}.yml"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", [["bot.engine_main", "run"], ["actions"]])
def test_a_part_starts_without_warnings_of_its_libraries(part: list[str]) -> None:
    env = {**os.environ, **stack.engine_process(Settings({})).env}
    command = [sys.executable, "-m", *part, "--help"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
