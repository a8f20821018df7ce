"""Everything that ``ownit check`` looks at, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from yaml import YAMLError

from bot.answers import Answer, read_answer
from bot.check.problems import Problem
from bot.check.slips import plainly, shape_plainly
from bot.check.topics import TOPICS
from bot.content import GROUPS, Document, name_of, read_yaml, shape_errors
from bot.errors import ContentError
from bot.nlu.text import words_of
from bot.places import DEFAULT, Place, load_places
from bot.settings import ROOT

# Which files there are, and the schema of each kind.
_KINDS = {
    "answers": ("data/answers", "answers"),
    "nlu": ("data/nlu", "nlu"),
    "follow_ups": ("data/follow_ups", "follow_ups"),
    "stories": ("data/stories", "stories"),
    "places": ("data/places", "places"),
    "safety": ("data/safety", "safety"),
    "questions": ("tests/questions", "questions"),
}
_GROUPED = ("answers", "nlu", "stories", "questions", "follow_ups")
# These files of data/safety are tables, not rules: each has a schema of its own name.
TABLES = frozenset({"normalise", "thresholds", "safe", "rights_questions"})
# A value that is only too long or oddly spelt can still be read, so the other rules look at it too.
_READABLE = ("At most", "is not a key of", "stands twice")
_NOT_WORDS = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True)
class Passage:
    """A list of short messages that one person reads together.

    Attributes:
        answer: id of the answer it belongs to.
        keys: where the list stands in ``document``.
    """

    answer: str
    document: Document
    keys: tuple[Any, ...]
    messages: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a maintainer calls it: ``own_it_5_pharmacy.by_age.13-15``."""
        return name_of(k for k in self.keys if k != "text")

    def where(self, number: int = 0) -> str:
        """Return ``file:line`` of one of its messages."""
        return self.document.where((*self.keys, number))


@dataclass(frozen=True)
class Question:
    """One line of ``data/nlu`` or ``tests/questions``."""

    text: str
    topic: str
    kind: str | None
    where: str

    @cached_property
    def key(self) -> str:
        """The words alone: two questions with the same key are one question."""
        return " ".join(_NOT_WORDS.sub(" ", words_of(self.text)).split())


@dataclass
class Files:
    """Every content file, and what was wrong while reading.

    Attributes:
        data: the folder ``data``.
        root: the folder that holds ``tests/questions`` and ``domain.yml``.
        documents: kind -> name of the file without ``.yml`` -> the file.
        problems: files that cannot be read or have the wrong shape.
        unread: kinds of which a file could not be used: rules that need them are not run.
    """

    data: Path
    root: Path = ROOT
    documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)
    # id -> file and entry of every answer, also of one that cannot be used
    entries: dict[str, Document] = field(default_factory=dict)
    # ids of all answers, also of those in a file that cannot be read
    known: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    # what is wrong with the shape of each file
    shapes: dict[Path, list[ContentError]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the files; nothing is raised, every problem is kept."""
        for kind in _KINDS:
            self.documents[kind] = {}
            for path in self._paths(kind):
                self._read(kind, path)
        for kind, path in self._single():
            self.documents[kind] = {}
            self._read(kind, path)
        self._read_answers()
        self._read_places()

    def folder(self, kind: str) -> Path:
        """Return the folder of one kind of file."""
        where = _KINDS[kind][0]
        return self.data / where.removeprefix("data/") if where.startswith("data/") else self.root / where

    def _single(self) -> Iterator[tuple[str, Path]]:
        yield "domain", self.root / "domain.yml"
        for kind in ("checklist", "poster", "spelling"):
            yield kind, self.data / f"{kind}.yml"

    def _paths(self, kind: str) -> list[Path]:
        folder = self.folder(kind)
        found = sorted(folder.glob("*.yml"))
        if kind in _GROUPED:
            known = {f"{g}.yml" for g in GROUPS}
            for path in found:
                if path.name not in known:
                    self._wrong(str(path), "is not the name of a group, so nobody reads it.", f"Groups: {', '.join(GROUPS)}.")
            found = [folder / f"{g}.yml" for g in GROUPS]
        # A file that is gone is told as one that cannot be read.
        always = {"safety": TABLES, "places": (DEFAULT,)}.get(kind, ())
        found += [folder / f"{name}.yml" for name in sorted(always) if folder / f"{name}.yml" not in found]
        for path in sorted(folder.glob("*.yaml")):
            self._wrong(str(path), "ends in .yaml, so nobody reads it.", "Name it .yml.")
        return found

    def _wrong(self, where: str, what: str, mend: str) -> None:
        where = where.removeprefix(f"{ROOT}/")
        self.problems.append(Problem(where if ":" in where else f"{where}:1", what, mend))

    def _cannot_read(self, kind: str, path: Path, error: ContentError) -> None:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        # Of a file that is gone, or no text at all, the lines say nothing.
        self._tell(plainly(error, text) if isinstance(error.__cause__, YAMLError) else error)
        self.unread.add(kind)
        if kind == "answers":
            self.known.update(re.findall(r"(?m)^([a-z][a-z0-9_]*)\b", text) or TOPICS.get(path.stem, ()))

    def _tell(self, error: ContentError) -> None:
        self._wrong(error.where, error.what, error.mend)

    def _read(self, kind: str, path: Path) -> None:
        try:
            document = read_yaml(path)
        except ContentError as error:
            self._cannot_read(kind, path, error)
            return
        self.documents[kind][path.stem] = document
        if kind == "domain":
            self._read_domain(document)
            return
        schema = path.stem if path.stem in TABLES else _KINDS[kind][1] if kind in _KINDS else kind
        found = self.shapes[path] = list(shape_errors(document, schema))
        meant = {e.mend.split("'")[1] for e in found if e.mend.startswith("Did you mean '")}
        for wrong in found:
            # A mistyped key is told once, not as a missing one too.
            if not (" has no '" in wrong.what and wrong.what.split("'")[-2] in meant):
                self._tell(shape_plainly(wrong))
            # An answer or place of the wrong shape is left out by itself, below.
            if kind not in ("answers", "places") and not _readable(wrong):
                self.unread.add(kind)
        if not isinstance(document.data, dict):
            if kind == "answers":
                self.known.update(TOPICS[path.stem])
            self.unread.add(kind)
            del self.documents[kind][path.stem]

    def _read_domain(self, document: Document) -> None:
        keys = document.data if isinstance(document.data, dict) else {}
        for key in ("intents", "actions"):
            if not isinstance(keys.get(key), list):
                mend = f"Write '{key}:' at the start of a line, and below it each name after a dash."
                self._wrong(document.where((key,)), f"there is no list of {key}.", mend)
                self.unread.add("domain")

    def _read_answers(self) -> None:
        for group, document in self.documents["answers"].items():
            spoilt = {e.where for e in self.shapes[document.path] if not _readable(e)}
            lines = [(line, keys[0]) for keys, line in document.lines.items() if len(keys) == 1]
            starts = sorted(lines)
            bad = {_owner(int(where.rsplit(":", 1)[1]), starts) for where in spoilt}
            self.known.update(document.data)
            for id_, entry in document.data.items():
                if id_ in self.entries:
                    where = self.entries[id_].where((id_,))
                    self._wrong(document.where((id_,)), f"'{id_}' stands in {where} too.", "Keep one of them.")
                    continue
                self.entries[id_] = document
                if id_ in bad:
                    continue
                try:
                    self.answers[id_] = read_answer(id_, group, entry, document)
                except ContentError as error:
                    self._wrong(error.where, error.what, error.mend)

    def _read_places(self) -> None:
        paths = [d.path for d in self.documents["places"].values()]
        if "places" in self.unread or any(not _readable(e) for path in paths for e in self.shapes[path]):
            self.unread.add("places")
            return
        try:
            self.places = load_places(self.folder("places"))
        except ContentError as error:
            self.unread.add("places")
            self._wrong(error.where, error.what, error.mend)

    @cached_property
    def passages(self) -> list[Passage]:
        """Every list of messages of every answer that can be read."""
        found = []
        for id_ in self.answers:
            document = self.entries[id_]
            found += [Passage(id_, document, (id_, *k), m) for k, m in _lists(document.data[id_])]
        return found

    @cached_property
    def training(self) -> list[Question]:
        """Every training question."""
        found = []
        for document in self.documents["nlu"].values():
            for number, block in enumerate(document.data["nlu"]):
                kind = (block.get("metadata") or {}).get("kind")
                for text, where in _examples(document, number, block):
                    found.append(Question(text, block["intent"], kind, where))
        return found

    @cached_property
    def tests(self) -> list[Question]:
        """Every test question."""
        found = []
        for document in self.documents["questions"].values():
            for topic, lines in document.data.items():
                for kind, listed in lines.items() if isinstance(lines, dict) else [(None, lines)]:
                    keys = (topic,) if kind is None else (topic, kind)
                    found += [Question(str(q), topic, kind, document.where((*keys, i))) for i, q in enumerate(listed)]
        return found

    @cached_property
    def rules(self) -> list[tuple[str | None, list[str], str]]:
        """Every rule that holds in all conversations, as (intent, its actions, where it stands)."""
        found = []
        for document in self.documents["stories"].values():
            for number, story in enumerate(document.data["rules"]):
                steps = story["steps"]
                if "condition" in story:
                    continue
                intent = next((s["intent"] for s in steps if "intent" in s), None)
                found.append((intent, [s["action"] for s in steps if "action" in s], document.where(("rules", number))))
        return found

    @property
    def domain(self) -> Document:
        """The file ``domain.yml``."""
        return self.documents["domain"]["domain"]

    @property
    def count(self) -> int:
        """How many files were read."""
        return sum(map(len, self.documents.values()))


def read_date(raw: str) -> date | None:
    """Return the date that ``raw`` names, or None."""
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _readable(error: ContentError) -> bool:
    return any(sign in f"{error.what} {error.mend}" for sign in _READABLE) or "characters" in error.what


def _owner(line: int, starts: list[tuple[int, Any]]) -> Any:
    """Return the entry that ``line`` belongs to."""
    return next((key for start, key in reversed(starts) if start <= line), None)


def _lists(entry: Mapping[str, Any], keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], tuple[str, ...]]]:
    for key in ("text", "simpler", "why", "support"):
        if key not in entry:
            continue
        if isinstance(entry[key][0], list):
            yield from (((*keys, key, i), tuple(v)) for i, v in enumerate(entry[key]))
        else:
            yield (*keys, key), tuple(entry[key])
    for band, messages in entry.get("by_age", {}).items():
        yield (*keys, "by_age", band), tuple(messages)
    for name in ("by_reader", "kinds", "parts"):
        for id_, variant in entry.get(name, {}).items():
            yield from _lists(variant, (*keys, name, id_))


def _examples(document: Document, number: int, block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    where, _, line = document.where(("nlu", number, "examples")).rpartition(":")
    for offset, raw in enumerate(block["examples"].splitlines(), 1):
        if raw.strip():
            yield raw.strip().removeprefix("-").strip(), f"{where}:{int(line) + offset}"
