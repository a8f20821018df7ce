"""``ownit run``: start the three processes, wait until a probe is answered, watch over them.

supervisord starts them and restarts one that dies; Ctrl-C or SIGTERM ends all cleanly.
"""

from __future__ import annotations

import argparse
import errno
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from bot.commands.train import ensure_model
from bot.errors import EngineError, SettingError
from bot.processes import Process, actions_process, cannot_listen, engine_process, front_process
from bot.settings import ROOT, Settings
from bot.stack import wait_until_up

_LONGEST_START = 600.0  # seconds
_LEAST_FREE = 200 * 2**20  # bytes on the disk


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default 8080)")


def run(arguments: argparse.Namespace) -> int:
    """Start everything and stay until it is told to stop."""
    env = dict(os.environ)
    if arguments.host:
        env["OWNIT_HOST"] = arguments.host
    if arguments.port:
        env["OWNIT_PORT"] = str(arguments.port)
    settings = Settings.from_env(env)
    settings.check()
    check_machine(settings)
    ensure_model()
    settings.key  # noqa: B018 - made once here, so that the processes do not race to make it
    processes = [engine_process(settings), actions_process(settings), front_process(settings)]
    config = write_config(settings, processes)
    start = time.monotonic()
    supervisor = watch(config, {**settings.env, **env, **front_process(settings).env})
    signal.signal(signal.SIGTERM, lambda *_: supervisor.terminate())
    try:
        _wait(f"http://{_reachable(settings.host)}:{settings.port}/health/ready", supervisor)
        print(greeting(settings, time.monotonic() - start), flush=True)
        _fetch_surgeries(settings)
        return supervisor.wait()
    except EngineError:
        supervisor.terminate()
        supervisor.wait(20)
        raise
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        supervisor.terminate()
        supervisor.wait(20)
        return 0


def _wait(url: str, supervisor: subprocess.Popen[bytes]) -> None:
    """Wait until a probe is answered; a machine that is slow today is told so, and not given up."""
    try:
        wait_until_up(url, supervisor)
    except EngineError:
        if supervisor.poll() is not None:
            raise
        why = "the machine is very busy, or a process cannot start. What the processes say stands above."
        print(f"Still starting: {why}", file=sys.stderr, flush=True)
        wait_until_up(url, supervisor, _LONGEST_START)


def check_machine(settings: Settings) -> None:
    """Look at what would stop the bot from running.

    Raises:
        SettingError: a port is taken, an address is another machine's, or the disk is full.
    """
    inner = ("OWNIT_INNER_HOST", settings.inner_host)
    _check_port("OWNIT_PORT", settings.port, "OWNIT_HOST", settings.host)
    _check_port("OWNIT_ENGINE_PORT", settings.engine_port, *inner)
    _check_port("OWNIT_ACTIONS_PORT", settings.actions_port, *inner)
    if (free := shutil.disk_usage(ROOT).free) < _LEAST_FREE:
        raise SettingError("disk", f"only {free // 2**20} MiB are free.", f"Make room for {_LEAST_FREE // 2**20} MiB.")


def _check_port(name: str, port: int, host_name: str, host: str) -> None:
    why = cannot_listen(host, port)
    if why == errno.EADDRINUSE:
        way_out = f"Stop that one, or choose another: {name}={port + 10} make run"
        raise SettingError(name, f"port {port} is taken by another program.", way_out)
    if why == errno.EACCES:
        raise SettingError(name, f"port {port} is for the system's own programs.", f"Choose another: {name}=8080 make run")
    if why:
        raise SettingError(host_name, f"{host!r} is no address of this machine.", "Leave it out, or use 0.0.0.0 for all.")


def watch(config: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start supervisord, and pass on what its processes print to standard error.

    They print into a pipe: supervisord opens what it prints to by name, which cannot be done with the socket of
    systemd's journal, and stumbles over a full disk.
    """
    command = [sys.executable, "-W", "ignore", "-m", "bot.watch", "-n", "-c", str(config)]
    supervisor = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    threading.Thread(target=_pass_on, args=(supervisor.stderr,), daemon=True).start()
    return supervisor


def _pass_on(printed: IO[bytes]) -> None:
    while words := os.read(printed.fileno(), 65_536):
        # A log that cannot be written must stop no answer.
        with suppress(OSError):
            os.write(sys.stderr.fileno(), words)


def write_config(settings: Settings, processes: Iterable[Process]) -> Path:
    """Write supervisord's configuration for these processes and return its path."""
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"pidfile={settings.var}/supervisord.pid",
        "logfile=/dev/null",
        "logfile_maxbytes=0",
        "user=%(ENV_OWNIT_USER)s" if "OWNIT_USER" in settings.env else "",
    ]
    for process in processes:
        command = shlex.join(process.command).replace("%", "%%")
        lines += [
            f"[program:{process.name}]",
            f"command={command}",
            f"directory={ROOT}",
            "autorestart=true",
            # A process that dies while starting is tried again with growing pauses, for ever in practice.
            "startretries=1000000",
            "startsecs=1",
            "stopwaitsecs=15",
            "stopsignal=TERM",
            "killasgroup=true",
            "redirect_stderr=true",
            "stdout_logfile=/dev/fd/2",
            "stdout_logfile_maxbytes=0",
        ]
    path = settings.var / "supervisord.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(filter(None, lines)) + "\n", encoding="utf-8")
    return path


def greeting(settings: Settings, seconds: float) -> str:
    """Return what the operator reads when the bot is ready."""
    address = f"http://{_reachable(settings.host)}:{settings.port}/"
    telegram = (
        "Telegram is on."
        if settings.telegram_token
        else "To add Telegram, ask @BotFather for a token and run: TELEGRAM_BOT_TOKEN=… make run"
    )
    return (
        f"\nOwn It is ready ({seconds:.0f} s): {address}\n"
        f'Try: "can i see the doctor without my mum im 14"\n'
        f"For a school page: {address}embed\n{telegram}\n"
        "The answers are a draft, not clinically approved. Ctrl-C stops.\n"
    )


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _fetch_surgeries(settings: Settings) -> subprocess.Popen[bytes] | None:
    """Try once, in the background, to fetch the NHS list of GP surgeries if there is none; it says why it could not."""
    if settings.gp_file.exists() or settings.env.get("OWNIT_GP_FETCH") == "off":
        return None
    print("Fetching the NHS list of GP surgeries in the background; until then answers link to NHS Find a GP.", flush=True)
    command = [sys.executable, "-m", "bot.cli", "gp", "update", "--quiet"]
    return subprocess.Popen(command, cwd=ROOT, env=dict(settings.env), stdout=subprocess.DEVNULL)
