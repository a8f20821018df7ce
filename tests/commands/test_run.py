"""``ownit run``: what it says when it cannot start, where the processes' words go, and how they are kept up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from bot.commands import run
from bot.errors import EngineError, SettingError
from bot.processes import Process
from bot.settings import ROOT, Settings

# Supervises as the command does.
WATCH = """
import sys
from pathlib import Path
from bot.commands.run import watch
sys.exit(watch(Path(sys.argv[1]), {}).wait())
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def settings_on(port: int, **env: str) -> Settings:
    ports = {"OWNIT_PORT": str(port), "OWNIT_ENGINE_PORT": str(free_port()), "OWNIT_ACTIONS_PORT": str(free_port())}
    return Settings({**ports, **env})


def refusal(settings: Settings) -> str:
    with pytest.raises(SettingError) as error:
        run.check_machine(settings)
    return str(error.value)


def test_a_port_that_is_taken_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(settings_on(port))
    assert f"port {port} is taken" in said
    assert "OWNIT_PORT=" in said


def test_an_address_of_another_machine_is_not_called_a_taken_port() -> None:
    said = refusal(settings_on(free_port(), OWNIT_HOST="192.0.2.1"))
    assert "OWNIT_HOST" in said
    assert "taken" not in said


def test_a_full_disk_is_named_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5 * 2**20}))
    assert "only 5 MiB are free" in refusal(settings_on(free_port()))


class Supervisor:
    """A supervisor that is up, or has ended."""

    def __init__(self, status: int | None) -> None:
        self.status = status

    def poll(self) -> int | None:
        """Return how it ended."""
        return self.status


@pytest.mark.parametrize(("status", "waits"), [(None, 2), (1, 1)])
def test_a_slow_start_is_waited_for_and_one_that_ended_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int | None, waits: int
) -> None:
    asked: list[object] = []

    def not_up_at_first(*_: object) -> None:
        asked.append(1)
        if len(asked) == 1:
            raise EngineError("front", "was not up")

    monkeypatch.setattr(run, "wait_until_up", not_up_at_first)
    with nullcontext() if status is None else pytest.raises(EngineError):
        run._wait("http://127.0.0.1:9", Supervisor(status))  # type: ignore[arg-type]
    assert len(asked) == waits
    assert ("Still starting" in capsys.readouterr().err) is (status is None)


@pytest.mark.parametrize("place", ["a socket, as systemd's journal is", "a full disk", "a pipe that nobody reads"])
def test_processes_start_wherever_their_words_go(place: str, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    os.close(read)
    full = os.open("/dev/full", os.O_WRONLY)
    error = {"a s": theirs.fileno(), "a f": full, "a p": write}[place[:3]]
    began = tmp_path / "began"
    command = ("sh", "-c", f"echo so it begins; touch {began}; exec sleep 60")
    config = run.write_config(Settings({"OWNIT_VAR": str(tmp_path)}), [Process("says", command, {})])
    watching = subprocess.Popen([sys.executable, "-c", WATCH, str(config)], cwd=ROOT, stderr=error, env=dict(os.environ))
    try:
        until = time.monotonic() + 60
        while not began.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert began.exists()
        if error == theirs.fileno():
            ours.settimeout(20)
            assert ours.recv(100) == b"so it begins\n"
    finally:
        os.kill(int((tmp_path / "supervisord.pid").read_text()), 15)
        watching.wait(20)
        for fd in (write, full):
            os.close(fd)
        ours.close()
        theirs.close()
