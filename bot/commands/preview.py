"""``ownit preview``: see every answer as people will, while its file is edited."""

from __future__ import annotations

import argparse
import socket

import uvicorn

from bot.errors import SettingError
from bot.preview.server import Desk, app
from bot.settings import ROOT, Settings

_PORT = 8090


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--port", type=int, default=_PORT, help=f"port on this machine (default {_PORT}; 0 for a free one)")


def run(arguments: argparse.Namespace) -> int:
    """Serve the preview to this machine until it is stopped with Ctrl+C."""
    settings = Settings.from_env()
    listening = listen(arguments.port)
    desk = Desk(settings.content, ROOT, settings.var)
    desk.watch()
    print(f"The preview is at http://127.0.0.1:{listening.getsockname()[1]}/ (stop it with Ctrl+C).", flush=True)
    # An open page holds its connection for good, so there is nothing to wait for at the end.
    config = uvicorn.Config(app(desk), log_level="critical", ws="none", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run([listening])
    return 0


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback.

    Raises:
        SettingError: the port cannot be used.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        # Whoever follows the printed address at once waits instead of being refused.
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or str(error)
        raise SettingError("--port", f"{port} cannot be used ({why}).", "Choose another, such as --port 0.") from error
    return listening
