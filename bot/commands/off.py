"""``ownit off``: every channel gives one static help reply, from the next message on, until ``ownit on``.

For the day when something said turns out to be wrong. Danger is still answered.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.errors import SettingError
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("reason", nargs="?", default="", help="why, for whoever turns it on again; people do not see it")


def run(arguments: argparse.Namespace) -> int:
    """Put the switch where the running bot looks at every message."""
    path = switch(Settings.from_env())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(arguments.reason.strip() + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(str(path), f"cannot be written ({error.strerror}).", "Run it as the user of the bot.") from error
    print("Off. Every channel now gives the help reply only. `ownit on` turns the bot on again.")
    return 0


def switch(settings: Settings) -> Path:
    """Return the file that turns the bot off by being there."""
    return settings.var / "off"
