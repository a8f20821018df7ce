"""``ownit on``: answer again after ``ownit off``."""

from __future__ import annotations

import argparse

from bot.commands.off import switch
from bot.errors import SettingError
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command: there are none."""


def run(arguments: argparse.Namespace) -> int:
    """Take the switch away."""
    path = switch(Settings.from_env())
    try:
        reason = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else None
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingError(str(path), f"cannot be removed ({error.strerror}).", "Run it as the user of the bot.") from error
    if reason:
        print(f"It was off because: {reason}")
    print("It was on already." if reason is None else "On. The next message is answered as usual.")
    return 0
