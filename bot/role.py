"""Become one of the three processes, for a container that runs one: ``python -m bot.role engine``."""

from __future__ import annotations

import argparse
import os
import sys

from bot.errors import SettingError
from bot.processes import actions_process, engine_process, front_process
from bot.settings import ROOT, Settings

_ROLES = {"front": front_process, "engine": engine_process, "actions": actions_process}


def main() -> None:
    """Replace this process by the one named, so that it gets the container's signals itself.

    A setting that cannot be used is told in one line, and ends it with status 1.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=sorted(_ROLES))
    role, settings = parser.parse_args().role, Settings.from_env()
    try:
        settings.check()
    except SettingError as error:
        sys.exit(f"ownit: {error}")
    process = _ROLES[role](settings)
    os.chdir(ROOT)
    os.execve(process.command[0], process.command, dict(process.env))  # noqa: S606 - our own command


if __name__ == "__main__":
    main()
