"""``ownit report``: a page on what is due, signed, covered and asked, and on how running bots are used."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from bot.check.files import Files
from bot.errors import SettingError
from bot.report.counts import fetch, read_counts
from bot.report.findings import look
from bot.report.page import Page
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--output", type=Path, help="where to write the page (default: var/report.html)")
    parser.add_argument(
        "--metrics",
        nargs="+",
        metavar="ADDRESS-OR-FILE",
        help="running bots' /metrics, or files saved from them; added up (default: the bot on this machine, if it runs)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    settings = Settings.from_env()
    files = Files(settings.content)
    found = look(files, date.today())
    texts = _texts(settings, arguments.metrics)
    counts = read_counts(texts, files.answers) if texts else None
    path: Path = arguments.output or settings.var / "report.html"
    write(path, Page(found, counts, len(texts)).html())
    print(path)
    return 0


def _texts(settings: Settings, sources: list[str] | None) -> list[str]:
    """Return what the bots say; that none runs here is worth a line, that a named one does not is an error."""
    token = settings.metrics_token
    if sources:
        return [fetch(source, token) for source in sources]
    try:
        return [fetch(f"http://127.0.0.1:{settings.port}/metrics")]
    except SettingError:
        print(f"No bot runs on port {settings.port} of this machine, so the page has no counts.", file=sys.stderr)
        return []


def write(path: Path, html: str) -> None:
    """Write the page.

    Raises:
        SettingError: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise SettingError("--output", f"{path} cannot be written ({error.strerror}).", "Choose another.") from error
