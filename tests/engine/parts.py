"""The bot's processes one by one, each with a log of its own, for tests that break one of them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from bot.processes import Process, actions_process, engine_process, free_port, front_process
from bot.settings import ROOT, Settings
from bot.stack import wait_until_up

_MAKE = {"engine": engine_process, "actions": actions_process, "front": front_process}
_PROBE = {"engine": "/", "actions": "/health", "front": "/health/live"}


class Parts:
    """Engine, action server, front and Redis under one folder; ends what it started."""

    def __init__(self, folder: Path, **env: str) -> None:
        """Choose ports and a folder for everything that is written; nothing is started."""
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        ports = {f"OWNIT_{part}PORT": str(free_port()) for part in ("", "ENGINE_", "ACTIONS_")}
        for name in ("tmp", "var", "logs", "redis"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        base = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "OWNIT_KEY": "k" * 40}
        self.settings = Settings.from_env({**base, "OWNIT_VAR": str(folder / "var"), **ports, **env})
        self.front = f"http://127.0.0.1:{self.settings.port}"
        self.urls = {"engine": self.settings.engine_url, "actions": self.settings.actions_url, "front": self.front}

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, *names: str, more: tuple[str, ...] = (), out: str | None = None, **changed: str) -> None:
        """Start parts and wait until each answers.

        Args:
            names: ``engine``, ``actions``, ``front``.
            more: further arguments of the command.
            out: where to print to, instead of the part's log.
            changed: arguments of the command to replace, such as ``model``.
        """
        for name in names:
            process = _MAKE[name](self.settings)
            command = list(process.command) + list(more)
            for argument, value in changed.items():
                command[command.index(f"--{argument}") + 1] = value
            self._run(replace(process, command=tuple(command)), out)
        for name in names:
            wait_until_up(self.urls[name] + _PROBE[name], self.running[name], within=120)

    def start_redis(self, port: int, *more: str) -> None:
        """Start Redis with its files in the folder."""
        command = (shutil.which("redis-server") or "redis-server", "--port", str(port), "--bind", "127.0.0.1", *more)
        self._run(Process("redis", (*command, "--dir", str(self.folder / "redis")), dict(os.environ)))
        import redis

        client, until = redis.Redis(port=port), time.monotonic() + 20
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                assert time.monotonic() < until, "Redis did not start"
                time.sleep(0.05)

    def _run(self, process: Process, out: str | None = None) -> None:
        with open(out or self.folder / "logs" / f"{process.name}.log", "ab") as file:
            self.running[process.name] = subprocess.Popen(
                process.command, env=dict(process.env), cwd=ROOT, stdout=file, stderr=file
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a part a signal; one that ends it is waited for."""
        self.running[name].send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.running.pop(name).wait(20)

    def log(self, name: str) -> str:
        """Return what a part printed."""
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")


class Browser:
    """Somebody at the web chat."""

    def __init__(self, url: str) -> None:
        """Begin a session at ``url``."""
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self.token = self._http.post("/api/session", json={}).json()["session"]["token"]

    def post(self, path: str = "/api/message", **options: Any) -> httpx.Response:
        """Return the answer to anything posted in this session."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self._http.post(path, headers=headers, **options)

    def says(self, text: str | None = None, **fields: Any) -> dict[str, Any]:
        """Return the turn that a message gets."""
        body = {"id": secrets.token_hex(8), **({"text": text} if text else {}), **fields}
        answer = self.post(json=body).raise_for_status().json()
        self.token = answer["session"]["token"]
        turn: dict[str, Any] = answer["turn"]
        return turn

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def contacts_of(turn: dict[str, Any]) -> set[str]:
    """Return the ids of the contacts that a turn shows."""
    return {c["id"] for reply in turn["replies"] for c in reply["contacts"]}
