"""The three processes: how each is started, on which port, with which environment."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT, Settings

# One thread a process: two processes share two cores, and vectors of 896 numbers need no more.
_QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SANIC_ACCESS_LOG": "false",
    "PYTHONUNBUFFERED": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    # A client that vanished must not hold its conversation's lock for a minute.
    "TICKET_LOCK_LIFETIME": "10",
    "SANIC_REQUEST_MAX_SIZE": "65536",
}


# Where `endpoints.yml` says that the action server is.
_ACTIONS = "http://127.0.0.1:5055"


@dataclass(frozen=True)
class Process:
    """One process: its name, its command and what it needs in its environment."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]


def newest_model(folder: Path = ROOT / "models") -> Path | None:
    """Return the newest trained model, or None."""
    return max(folder.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime, default=None)


def engine_process(settings: Settings) -> Process:
    """Return the engine: stock ``rasa run`` with its REST channel only, on loopback unless guarded."""
    endpoints = _endpoints(settings)
    command = (
        sys.executable,
        "-m",
        "bot.engine_main",
        "run",
        "--interface",
        settings.inner_host,
        "--port",
        str(settings.engine_port),
        "--model",
        str(newest_model() or ROOT / "models"),
        "--endpoints",
        str(endpoints),
        "--credentials",
        str(ROOT / "credentials.yml"),
    )
    return Process("engine", command, _env(settings))


def actions_process(settings: Settings) -> Process:
    """Return the action server: Rasa's SDK, on loopback unless guarded."""
    command = (sys.executable, "-m", "actions", "--port", str(settings.actions_port))
    return Process("actions", command, _env(settings))


def front_process(settings: Settings) -> Process:
    """Return the front, which is what people reach."""
    return Process("front", (sys.executable, "-m", "bot.front"), _env(settings))


def _env(settings: Settings) -> dict[str, str]:
    """Return a process's environment; a secret that stands in a file is read here, for Rasa's endpoints file."""
    secret = {"OWNIT_CLUSTER_SECRET": settings.cluster_secret} if settings.cluster_secret else {}
    return {**os.environ, **settings.env, **_QUIET, "SANIC_HOST": settings.inner_host, **secret}


def _endpoints(settings: Settings) -> Path:
    """Return ``endpoints.yml``, or a copy of it when the action server stands elsewhere or asks for the secret."""
    source = ROOT / "endpoints.yml"
    if settings.actions_url == _ACTIONS and not settings.cluster_secret:
        return source
    # Rasa puts the value in when it reads the file: the secret itself is not written down.
    header = "\n  headers:\n    Authorization: Bearer ${OWNIT_CLUSTER_SECRET}" if settings.cluster_secret else ""
    copy = endpoints_copy(settings)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(source.read_text().replace(f"{_ACTIONS}/webhook", f"{settings.actions_url}/webhook{header}"))
    return copy


def endpoints_copy(settings: Settings) -> Path:
    """Return where the engine's own copy of ``endpoints.yml`` is written when it needs one."""
    return settings.var / f"endpoints-{settings.engine_port}.yml"


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def cannot_listen(host: str, port: int) -> int:
    """Return 0 when ``port`` can be listened on, else the number of the system's error (`errno`), or -1 for no address."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return 0
    except OSError as error:
        return -1 if isinstance(error, socket.gaierror) else error.errno or -1
