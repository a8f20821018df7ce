"""Starting the engine and the action server for a command or a test, and ending them cleanly."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import EngineError
from bot.processes import Process, actions_process, endpoints_copy, engine_process, free_port
from bot.settings import ROOT, Settings

_STARTS_WITHIN = 60.0  # seconds; a laptop with a cold disk


@contextmanager
def running(settings: Settings, log: Path | None = None) -> Iterator[Settings]:
    """Run an engine and an action server on free ports while the context lasts.

    Args:
        settings: settings to start from; the yielded ones name the ports chosen.
        log: file for what the processes print; their own words are thrown away without one.

    Raises:
        EngineError: the engine did not come up.
    """
    ports = {"OWNIT_ENGINE_PORT": str(free_port()), "OWNIT_ACTIONS_PORT": str(free_port())}
    chosen = Settings({**settings.env, **ports})
    with _output(log) as out:
        processes = [_start(actions_process(chosen), out), _start(engine_process(chosen), out)]
        try:
            wait_until_up(f"{chosen.engine_url}/", processes[1])
            wait_until_up(f"{chosen.actions_url}/health", processes[0])
            yield chosen
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                _end(process)
            # Its name holds the port, which is another one each time: they would pile up.
            endpoints_copy(chosen).unlink(missing_ok=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _output(log: Path | None) -> Iterator[int]:
    if log is None:
        yield subprocess.DEVNULL
        return
    with log.open("ab") as file:
        yield file.fileno()


def _start(process: Process, out: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(process.command, env=dict(process.env), cwd=ROOT, stdout=out, stderr=out)


def wait_until_up(url: str, process: subprocess.Popen[bytes] | None = None, within: float = _STARTS_WITHIN) -> None:
    """Wait until ``url`` answers 200.

    Raises:
        EngineError: it did not in time, or ``process`` ended.
    """
    until = time.monotonic() + within
    while time.monotonic() < until:
        if process and process.poll() is not None:
            raise EngineError(
                Path(sys.executable).name, f"ended with status {process.returncode}.", "Run `make run` to see why."
            )
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise EngineError(url, f"was not up within {within:.0f} seconds.", "Is the machine very busy? Try again.")
