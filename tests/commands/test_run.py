"""``ownit run``: what it says when it cannot start, where the processes' words go, and how they are kept up."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from bot import role
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


@pytest.mark.parametrize("name", ["OWNIT_HOST", "OWNIT_INNER_HOST"])
def test_an_address_of_another_machine_is_not_called_a_taken_port(name: str) -> None:
    said = refusal(settings_on(free_port(), OWNIT_CLUSTER_SECRET="s" * 32, **{name: "192.0.2.1"}))
    assert said.startswith(f"{name}: ")
    assert "taken" not in said


class Started(Exception):
    """Something went on although a setting was wrong."""


def starts(*_: object) -> None:
    raise Started


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN_FILE", "OWNIT_METRICS_TOKEN_FILE", "OWNIT_LOG", "OWNIT_TELEGRAM_MIN_AGE"])
def test_a_wrong_setting_is_told_before_anything_starts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "wrong")
    for step in ("check_machine", "ensure_model", "write_config", "watch"):
        monkeypatch.setattr(run, step, starts)
    with pytest.raises(SettingError) as error:
        run.run(argparse.Namespace(host=None, port=None))
    assert error.value.where == name


@pytest.mark.parametrize("part", ["front", "engine", "actions"])
def test_a_part_in_its_own_container_says_which_setting_is_wrong_and_does_not_start(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNIT_LOG", "verbose")
    monkeypatch.setattr(sys, "argv", ["role", part])
    monkeypatch.setattr(os, "execve", starts)
    with pytest.raises(SystemExit) as end:
        role.main()
    assert end.value.code == "ownit: OWNIT_LOG: cannot be used. Use debug or info or warning or error."
    monkeypatch.delenv("OWNIT_LOG")
    with pytest.raises(Started):
        role.main()


def test_a_list_of_surgeries_that_cannot_be_fetched_is_told(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    # A wrong date fails as a missing network does, and sooner.
    env = {**os.environ, "OWNIT_VAR": str(tmp_path), "OWNIT_GP_LIST_DATE": "last week"}
    fetching = run._fetch_surgeries(Settings(env))
    assert fetching
    assert fetching.wait(60) == 1
    out, err = capfd.readouterr()
    assert "in the background" in out
    assert err == "OWNIT_GP_LIST_DATE: is 'last week'. Write it as 2026-02-03.\n"


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
