"""Rules about dates: what was checked when, and what is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.check.files import Files, read_date
from bot.check.problems import Problem, rule
from bot.content import Document
from bot.places import NEVER_HIDDEN

_CRISIS_DAYS = 92  # "within 90 days" with a little grace for the length of months


@rule()
def answers_are_checked_and_not_overdue(files: Files) -> Iterator[Problem]:
    """A check-by date that is past is a warning: the words are still the last ones reviewed."""
    for id_ in files.answers:
        document = files.entries[id_]
        yield from _dates(document, (id_,), document.data[id_], f"The answer {id_}", overdue_is_error=False)
        for keys, source in _sources(document.data[id_], (id_,)):
            yield from _not_in_the_future(document, (*keys, "seen_on"), source["seen_on"])


@rule("places")
def contacts_are_checked_and_not_overdue(files: Files) -> Iterator[Problem]:
    """An overdue contact is no longer shown, except the first ones of crisis; none of crisis may be overdue (SAFE-23)."""
    for document in files.documents["places"].values():
        for id_, entry in (document.data.get("contacts") or {}).items():
            keys = ("contacts", id_)
            of_crisis = id_ in NEVER_HIDDEN or bool(entry.get("crisis"))
            yield from _dates(document, keys, entry, f"The contact {id_}", overdue_is_error=of_crisis)
            yield from _not_in_the_future(document, (*keys, "source", "seen_on"), entry["source"]["seen_on"])
            yield from _crisis_is_checked_often(document, keys, entry, id_)


def _crisis_is_checked_often(document: Document, keys: tuple[Any, ...], entry: Any, id_: str) -> Iterator[Problem]:
    first, last = read_date(entry["checked_on"]), read_date(entry["check_by"])
    if entry.get("crisis") and first and last and (last - first).days > _CRISIS_DAYS:
        where = document.where((*keys, "check_by"))
        what = f"{id_} is shown in danger, and is not looked at again for {(last - first).days} days."
        yield Problem(where, what, "Put check_by at most 90 days after checked_on.")


def _dates(document: Document, keys: tuple[Any, ...], entry: Any, name: str, overdue_is_error: bool) -> Iterator[Problem]:
    yield from _not_in_the_future(document, (*keys, "checked_on"), entry["checked_on"])
    where = document.where((*keys, "check_by"))
    due = read_date(entry["check_by"])
    if due is None:
        yield _no_date(where, entry["check_by"])
        return
    if due < date.today():
        mend = "Check every fact against its source, then put today in checked_on and the next date in check_by."
        yield Problem(where, f"{name} was due for a check on {due}.", mend, not overdue_is_error)
    checked = read_date(entry["checked_on"])
    if checked and due <= checked:
        yield Problem(where, f"check_by ({due}) is not after checked_on ({checked}).", "Put the date of the next check.")


def _not_in_the_future(document: Document, keys: tuple[Any, ...], raw: str) -> Iterator[Problem]:
    day, where = read_date(raw), document.where(keys)
    if day is None:
        yield _no_date(where, raw)
    elif day > date.today():
        yield Problem(where, f"{keys[-1]} is {day}, which is still to come.", "Put the day somebody really looked.")


def _no_date(where: str, raw: str) -> Problem:
    return Problem(where, f"'{raw}' is no day of the calendar.", "Write year-month-day, as 2026-11-23.")


def _sources(entry: Any, keys: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for number, source in enumerate(entry.get("sources", [])):
        yield (*keys, "sources", number), source
    for id_, part in entry.get("parts", {}).items():
        yield from _sources(part, (*keys, "parts", id_))
