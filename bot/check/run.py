"""Running every rule over the files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bot.check import answers, dates, places, questions, safety, stories, style  # noqa: F401 - they register their rules
from bot.check.files import Files
from bot.check.problems import RULES, Problem
from bot.errors import SettingError
from bot.settings import ROOT


def problems(files: Files, deep: bool = False) -> list[Problem]:
    """Return everything that is wrong, by file and line, errors and warnings together."""
    found = list(files.problems)
    for rule in RULES:
        if rule.needs & files.unread or (rule.deep and not deep):
            continue
        found += rule.check(files)
    return sorted(set(found), key=lambda p: (p.place, p.what))


def only(found: list[Problem], paths: Collection[str], files: Files) -> list[Problem]:
    """Return the problems of the named files.

    Raises:
        SettingError: one of them is no content file.
    """
    known = {d.path.resolve() for documents in files.documents.values() for d in documents.values()}
    known |= {_path(p.place[0]) for p in files.problems}
    wanted = {Path(p).resolve() for p in paths}
    for path in sorted(wanted - known):
        raise SettingError(str(path), "is not a content file.", "Name files of data/ or tests/questions/, or none for all.")
    return [p for p in found if _path(p.place[0]) in wanted]


def _path(name: str) -> Path:
    return (ROOT / name).resolve()
