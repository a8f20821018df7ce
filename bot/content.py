"""Reading the YAML files that maintainers edit, with the line of every value.

One reader serves the running bot, ``ownit check`` and the preview, so that an error reads the same
wherever it is met: "file:line: what is wrong and how to mend it".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

from bot.errors import ContentError
from bot.settings import ROOT

# The topics of each group: the intents. Measurements use these names, so they do not change.
TOPICS: dict[str, tuple[str, ...]] = {
    "own_it": (
        "own_it_1_decisions",
        "own_it_2_appointments",
        "own_it_3_seen_alone",
        "own_it_4_parents_told",
        "own_it_5_pharmacy",
        "own_it_6_parents_help",
    ),
    "words": ("define_competence", "define_consent", "define_confidentiality", "define_chaperone"),
    "tips": (
        "tip_bring_someone",
        "tip_prepare",
        "tip_ask_again",
        "tip_be_honest",
        "tip_notes",
        "tip_follow_up",
        "tip_letters",
        "tip_contacts",
    ),
    "local": ("gp_contact", "gp_register", "school_nurse", "feedback", "get_involved"),
    "feelings": ("mental_health_access", "sexual_health_access", "medical_advice"),
    "safety": ("crisis_selfharm_suicide", "crisis_abuse", "crisis_medical"),
    "chat": (
        "greet",
        "goodbye",
        "thanks",
        "affirm",
        "deny",
        "help",
        "state_age",
        "bot_privacy",
        "bot_identity",
        "delete_my_data",
        "other_language",
        "out_of_scope",
    ),
}
GROUPS = tuple(TOPICS)
# Answers that are no topics and yet have a button of their own.
BUTTON_NOTICES = ("welcome", "menu", "something_else", "help_now")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Path_ = tuple[Any, ...]


@dataclass
class Document:
    """One YAML file: its data, and the line (from 1) at which each key or item stands."""

    path: Path
    data: Any
    lines: dict[Path_, int] = field(default_factory=dict)
    duplicates: list[tuple[str, int]] = field(default_factory=list)

    def where(self, keys: Iterable[Any] = ()) -> str:
        """Return ``file:line`` of the value at ``keys`` (or of the nearest thing above it)."""
        at = tuple(keys)
        while at and at not in self.lines:
            at = at[:-1]
        return f"{self._name}:{self.lines.get(at, 1)}"

    @cached_property
    def _name(self) -> Path:
        """The file's path from the top folder, worked out once: a check asks for thousands of places."""
        return self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path


def read_yaml(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        ContentError: it cannot be read, or is not YAML; the message names the line.
    """
    document = Document(path, None)
    text = _text_of(document)
    try:
        node = yaml.compose(text, Loader=_Loader)
        document.data = _build(node, (), document) if node is not None else None
    except yaml.YAMLError as error:
        raise _explain(document, text, error) from error
    return document


def _text_of(document: Document) -> str:
    mend = "Open it in a text editor and save it as plain text, encoding UTF-8."
    try:
        text = document.path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ContentError(document.where(), "The file is not there.", "Put it back, under this very name.") from error
    except OSError as error:
        raise ContentError(document.where(), f"The file cannot be read: {error.strerror}.", "Look who may read it.") from error
    except UnicodeDecodeError as error:
        document.lines[()] = error.object[: error.start].count(b"\n") + 1
        what = "The file cannot be read: it is not saved as plain text in UTF-8."
        raise ContentError(document.where(), what, mend) from error
    if text.lstrip().startswith(_FORMATTED):
        raise ContentError(document.where(), "This is formatted text or a web page, not plain text.", mend)
    return text


def _build(node: yaml.Node, at: Path_, document: Document) -> Any:
    document.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if key in out:
                document.duplicates.append((key, key_node.start_mark.line + 1))
                # The later one counts; lines of the first would point at what is not there.
                inside = (*at, key)
                document.lines = {k: line for k, line in document.lines.items() if k[: len(inside)] != inside}
            document.lines[at + (key,)] = key_node.start_mark.line + 1
            out[key] = _build(value_node, (*at, key), document)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*at, i), document) for i, item in enumerate(node.value)]
    try:
        value = _Loader("").construct_object(node, deep=True)
    except ValueError as error:
        what = f"'{node.value}' is no day of the calendar."
        raise ContentError(document.where(at), what, "Write it as 2026-11-23.") from error
    return value.isoformat() if isinstance(value, date) else value


# How a file begins that a word processor or a browser has saved.
_FORMATTED = ("{\\rtf", "<!", "<html")
_UNSEEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SLIPS = (
    ("expected a single document", "A line of three dashes stands here.", "Delete it: entries simply follow each other."),
    ("unacceptable character", "A sign that cannot be seen stands here.", "Delete the words around it and type them again."),
    (
        "unknown escape character",
        "A backslash (\\) stands where none is needed.",
        'Take it out; only a quote inside the quotes has one, as \\".',
    ),
    ("expected ',' or '}'", "A { is opened and } does not close it.", "Put } at the end, and a comma between two things."),
    ("expected ',' or ']'", "A [ is opened and ] does not close it.", "Put ] at the end, and a comma between two things."),
    ("found character '\\t'", "There is a tab; YAML wants spaces.", "Replace the tab by two spaces for each step."),
    ("found unexpected end of stream", "A quote was opened and not closed.", 'Close the text with " on the same line.'),
    (
        "did not find expected <document start>",
        "The line is not part of the list or entry above it.",
        "Check its indent and colon.",
    ),
    ("mapping values are not allowed", "A colon stands inside text without quotes.", 'Put the whole text in "double quotes".'),
    (
        "could not find expected ':'",
        "A colon is missing after a key, or a line lost its indent.",
        "Write key: value, with the indent of its neighbours.",
    ),
    (
        "did not find expected key",
        "The line does not fit where it stands.",
        "Check quotes and indent of this line and the one above.",
    ),
    (
        "did not find expected '-' indicator",
        "A list item lost its dash or its indent.",
        "Start it with - under the items above.",
    ),
)


def _explain(document: Document, text: str, error: yaml.YAMLError) -> ContentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    problem = f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or error}"
    for number, raw in enumerate(text.splitlines(), 1):
        if raw[: len(raw) - len(raw.lstrip())].count("\t"):
            line, problem = number, "found character '\\t'"
            break
    if unseen := _UNSEEN.search(text):
        line, problem = text.count("\n", 0, unseen.start()) + 1, "unacceptable character"
    opened = getattr(error, "context_mark", None)
    if "expected ',' or" in problem and opened:
        line = opened.line + 1
    elif "quoted scalar" in problem and opened and "escape" not in problem:
        line, problem = opened.line + 1, "found unexpected end of stream"
    document.lines[()] = line
    for sign, what, mend in _SLIPS:
        if sign in problem:
            return ContentError(document.where(), what, mend)
    return ContentError(document.where(), f"This is not YAML: {problem.strip()}.", "Compare it with the entry above.")


@cache
def _validator(name: str) -> Draft7Validator:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return Draft7Validator(schema)


def shape_errors(document: Document, schema: str) -> Iterator[ContentError]:
    """Yield every way in which ``document`` differs from ``schemas/<schema>.schema.json``."""
    for key, line in document.duplicates:
        document.lines[("\0",)] = line
        yield ContentError(document.where(("\0",)), f"'{key}' stands twice.", "Keep one of them.")
    for error in sorted(_validator(schema).iter_errors(document.data), key=lambda e: list(map(str, e.path))):
        yield _shape_error(document, error)


def read_shaped(path: Path, schema: str) -> Document:
    """Read one YAML file that must have the shape of ``schemas/<schema>.schema.json``.

    Raises:
        ContentError: it cannot be read, or the first way in which it differs.
    """
    document = read_yaml(path)
    for error in shape_errors(document, schema):
        raise error
    return document


def name_of(keys: Iterable[Any]) -> str:
    """Return what a maintainer calls the value at ``keys``; items of a list are counted from 1."""
    name = between = ""
    for key in keys:
        if isinstance(key, int):
            name, between = f"{name}, item {key + 1}", ", "
        else:
            name, between = f"{name}{between}{key}", "."
    return name.removeprefix(", ") or "the file"


def _shape_error(document: Document, error: Any) -> ContentError:
    at = tuple(error.path)
    name = name_of(at)
    if "propertyNames" in error.schema_path:
        mend = error.schema.get("description", "A name has small letters, digits and _ only.")
        return ContentError(document.where((*at, error.instance)), f"'{error.instance}' is no name that fits in {name}.", mend)
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", ()))
        extra = next(k for k in error.instance if k not in known)
        close = get_close_matches(extra, known, 1)
        mend = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(sorted(known))}."
        return ContentError(document.where((*at, extra)), f"'{extra}' is not a key of {name}.", mend)
    if error.validator in ("required", "dependencies"):
        missing = error.message.split("'")[1]
        return ContentError(document.where(at), f"{name} has no '{missing}'.", f"Add '{missing}: …'.")
    if error.validator == "maxLength":
        size, most = len(error.instance), error.validator_value
        return ContentError(document.where(at), f"{name} has {size} characters.", f"At most {most} fit; shorten it.")
    if error.validator == "maxItems":
        size, most = len(error.instance), error.validator_value
        return ContentError(document.where(at), f"{name} has {size} items.", f"At most {most} fit; join or drop some.")
    hint = error.schema.get("description", "")
    return ContentError(document.where(at), f"{name} is not as expected: {error.message[:160]}.", hint)
