"""``ownit check``: look at every content file and say what to mend, all in one run."""

from __future__ import annotations

import argparse
import sys

from bot.check.files import Files
from bot.check.run import only, problems
from bot.errors import SettingError
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("file", nargs="*", help="say only what is wrong in these files")
    parser.add_argument("--quiet", action="store_true", help="leave the warnings out")
    parser.add_argument("--deep", action="store_true", help="also try every safety phrase on its examples")


def run(arguments: argparse.Namespace) -> int:
    """Print the problems, errors first; return 1 when there is an error."""
    files = Files(Settings.from_env().content)
    every = found = problems(files, arguments.deep)
    if arguments.file:
        try:
            found = only(found, arguments.file, files)
        except SettingError as error:
            print(error, file=sys.stderr)
            return 2
    errors = [p for p in found if not p.warning]
    warnings = [p for p in found if p.warning and not arguments.quiet]
    for block in (errors, warnings):
        for problem in block:
            print(problem)
        if block:
            print()
    elsewhere = sum(not p.warning for p in every) - len(errors)
    # What is taken out of one file is missed in another: covers in the checklist, a title in a button.
    also = f" Other files have {_count(elsewhere, 'error')}: `ownit check` names them." if elsewhere else ""
    told = f", {_count(len(warnings), 'warning')}" if warnings else ""
    if errors:
        print(f"{_count(len(errors), 'error')}{told}. Mend the errors; a warning may stay if you mean it.{also}")
        return 1
    note = f" ({_count(len(warnings), 'warning')})" if warnings else ""
    if also:
        print(f"Nothing to mend in {', '.join(arguments.file)}{note}.{also}")
        return 0
    print(f"All good: {files.count} files, {len(files.answers)} answers.{note}")
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
