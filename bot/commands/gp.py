"""``ownit gp update``: fetch the NHS list of GP surgeries, or take a file somebody downloaded.

A list that looks wrong is refused and the one in use stays: `actions.gp_directory.update` says when.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from actions.gp_directory.update import Report, update
from bot.errors import OwnItError

_STEP = 2_000_000  # bytes between two looks at the progress line
_SHOWN = 5  # names listed for each kind of change


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("action", choices=("update",), help="fetch, check and use a newer list")
    parser.add_argument("--file", type=Path, help="a report (CSV or zip) that was downloaded by hand")
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")


def run(arguments: argparse.Namespace) -> int:
    """Update the list and say what changed; return 1 when the old one was kept."""
    line = None if arguments.quiet else Progress()
    try:
        report = update(arguments.file, progress=line)
    except OwnItError as error:
        if line:
            line.end()
        print(error, file=sys.stderr)
        return 1
    if line:
        line.end()
        print(summary(report))
    return 0


class Progress:
    """One line that grows while a list is fetched; on something that is no terminal it stays silent."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self._shown = -_STEP
        self._open = False

    def __call__(self, done: int, whole: int | None) -> None:
        """Show how far it is."""
        if not sys.stderr.isatty() or (done - self._shown < _STEP and done != whole):
            return
        self._shown, self._open = done, True
        of = f" of {whole / 1e6:.1f}" if whole else ""
        print(f"\rFetching the NHS list: {done / 1e6:.1f}{of} MB", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            print(file=sys.stderr)
            self._open = False


def summary(report: Report) -> str:
    """Return what an update changed, in a few lines."""
    lines = [
        f"The list of {report.list_date} is in use: {report.practices:,} surgeries, "
        f"{report.north_west_london:,} of them in North West London; {report.with_phone:,} with a phone number.",
        f"From: {report.source}",
    ]
    for word, names in (
        ("new", report.new),
        ("gone", report.gone),
        ("renamed", report.renamed),
        ("moved", report.moved),
        ("new phone number", report.phone_changed),
    ):
        if names:
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            lines.append(f"  {word}: {', '.join(names[:_SHOWN])}{more}")
    return "\n".join(lines)
