"""Become one of the three processes, for a container that runs one: ``python -m bot.role engine``."""

from __future__ import annotations

import argparse
import os

from bot.processes import actions_process, engine_process, front_process
from bot.settings import ROOT, Settings

_ROLES = {"front": front_process, "engine": engine_process, "actions": actions_process}


def main() -> None:
    """Replace this process by the one named, so that it gets the container's signals itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=sorted(_ROLES))
    process = _ROLES[parser.parse_args().role](Settings.from_env())
    os.chdir(ROOT)
    os.execve(process.command[0], process.command, dict(process.env))  # noqa: S606 - our own command


if __name__ == "__main__":
    main()
