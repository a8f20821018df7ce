"""What ``ownit report`` finds in the content files: what is due, unsigned, covered and asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.answers import Answer
from bot.check.files import Files
from bot.check.topics import topics
from bot.content import GROUPS
from bot.errors import ContentError

# Days until a check, and the name of each stretch of time.
STRETCHES = ((-1, "overdue"), (30, "month"), (90, "quarter"), (1_000_000, "later"))


@dataclass(frozen=True)
class Due:
    """One thing that has to be looked at again by a day."""

    name: str
    title: str
    file: str
    day: date
    today: date

    @property
    def days(self) -> int:
        """Days left; below 0 it is overdue."""
        return (self.day - self.today).days

    @property
    def stretch(self) -> str:
        """How soon that is: ``overdue``, ``month``, ``quarter`` or ``later``."""
        return next(name for most, name in STRETCHES if self.days <= most)


@dataclass(frozen=True)
class Covered:
    """One line of the checklist and the answers that claim it."""

    id: str
    line: str
    by: tuple[str, ...]
    signed: bool


@dataclass(frozen=True)
class Asked:
    """How many questions a topic has to learn from and to be tested on."""

    topic: str
    group: str
    training: int
    tests: int


@dataclass(frozen=True)
class Findings:
    """All that the files say, on one day."""

    today: date
    titles: Mapping[str, str]
    answers: tuple[Due, ...]
    contacts: tuple[Due, ...]
    signed: Mapping[str, tuple[int, int]]
    unsigned: tuple[tuple[str, str, str], ...]
    checklist: tuple[Covered, ...]
    asked: tuple[Asked, ...]


def look(files: Files, today: date) -> Findings:
    """Return what the files say.

    Raises:
        ContentError: they are too broken to report on.
    """
    if files.unread or not files.answers or files.known - set(files.answers):
        wrong = next((p for p in files.problems if not p.warning), None)
        where, what = (wrong.where, wrong.what) if wrong else ("data", "the files cannot be read.")
        raise ContentError(where, what, "Run `make check`, mend what it says, and try again.")
    answers = files.answers.values()
    return Findings(
        today=today,
        titles={a.id: a.title for a in answers},
        answers=_by_day(Due(a.id, a.title, f"data/answers/{a.group}.yml", _day(a.check_by), today) for a in answers),
        contacts=_by_day(_contacts(files, today)),
        signed={g: _signed([a for a in answers if a.group == g]) for g in GROUPS},
        unsigned=tuple((a.id, a.title, a.group) for a in answers if not a.reviewed_by),
        checklist=tuple(_checklist(files)),
        asked=tuple(_asked(files)),
    )


def _by_day(found: Iterable[Due]) -> tuple[Due, ...]:
    return tuple(sorted(found, key=lambda due: (due.day, due.file, due.name)))


def _contacts(files: Files, today: date) -> Iterable[Due]:
    for name, document in files.documents["places"].items():
        for id_, entry in (document.data.get("contacts") or {}).items():
            yield Due(id_, entry["name"], f"data/places/{name}.yml", _day(entry["check_by"]), today)


def _signed(answers: list[Answer]) -> tuple[int, int]:
    done = sum(bool(a.reviewed_by) for a in answers)
    return done, len(answers) - done


def _checklist(files: Files) -> Iterable[Covered]:
    claims: dict[str, dict[str, bool]] = {}
    for answer in files.answers.values():
        for id_ in (*answer.covers, *(c for part in answer.parts.values() for c in part.covers)):
            claims.setdefault(id_, {})[answer.id] = bool(answer.reviewed_by)
    for id_, line in files.documents["checklist"]["checklist"].data["must"].items():
        by = claims.get(id_, {})
        yield Covered(id_, line, tuple(by), bool(by) and all(by.values()))


def _asked(files: Files) -> Iterable[Asked]:
    training, tests = Counter(q.topic for q in files.training), Counter(q.topic for q in files.tests)
    for topic in topics(files):
        yield Asked(topic, files.answers[topic].group, training[topic], tests[topic])


def _day(iso: str) -> date:
    return date.fromisoformat(iso)
