"""The phrase rules of ``data/safety``: which of them a message matches, and what that means.

Nothing here imports Rasa, so that the front can use the same rules while the engine is starting or down.
Nothing here writes a message anywhere.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.nlu.finding import CRISIS, SUPPORT, Finding
from bot.nlu.patterns import Sets, expand, fragments
from bot.nlu.readings import DEFAULT_FOLDER, Tables, as_typed, bounded, normalise, read

_UNLESS_QUESTION = "crisis_unless_question"
# How far from what a rule matched, in characters, its `unless` still cancels it.
_NEAR = 60


@dataclass(frozen=True)
class _Rule:
    """One phrase rule: its pattern, what it means, and the fragments one of which it needs."""

    id: str
    kind: str
    topic: str
    tier: str
    source: str
    unless_source: str | None
    fragments: frozenset[str]
    language: str = "en"
    doubtful: bool = False

    # Compiled at first use, or by `SafetyRules.warm`.
    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source)

    @cached_property
    def unless(self) -> re.Pattern[str] | None:
        return re.compile(self.unless_source) if self.unless_source else None


@dataclass(frozen=True)
class _Questions:
    """The patterns of `rights_questions.yml`: asking about rights, in passing, what goes on, about anybody."""

    asking: re.Pattern[str]
    in_passing: re.Pattern[str]
    going_on: re.Pattern[str]
    about_anybody: re.Pattern[str]

    @classmethod
    def of(cls, data: Mapping[str, Any], sets: Mapping[str, str]) -> _Questions:
        """Compile the lists of the file."""
        lists = (data[name] for name in ("patterns", "in_passing", "unless_in_passing", "about_anybody"))
        return cls(*(re.compile("|".join(bounded(expand(p, sets)) for p in patterns)) for patterns in lists))


@dataclass(frozen=True)
class Ruling:
    """What the phrase rules make of one text.

    Attributes:
        finding: the most urgent danger; any crisis comes before any support.
        asks: whether its words ask about privacy, being seen alone, or who decides.
        in_passing: whether it speaks of what is over, or of a friend's lasting trouble, and of nothing that goes on;
            or is asked about anybody.
    """

    finding: Finding | None
    asks: bool
    in_passing: bool


class SafetyRules:
    """The phrase rules of every kind of danger, ordered by urgency."""

    def __init__(self, rules: Sequence[_Rule], kinds: Mapping[str, str], tables: Tables, questions: _Questions):
        """Index the rules by the three-letter pieces that a message must hold for a rule to be tried at all."""
        self._rules = list(rules)
        self._kinds = dict(kinds)
        self._tables = tables
        self._questions = questions
        self._always = [i for i, rule in enumerate(rules) if not rule.fragments]
        self._index: dict[str, dict[str, list[int]]] = {}
        for i, rule in enumerate(rules):
            for fragment in rule.fragments:
                self._index.setdefault(fragment[:3], {}).setdefault(fragment, []).append(i)

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> SafetyRules:
        """Read every rule file of the folder."""
        words = read(folder / "normalise.yml")
        tables = Tables.of(words)
        sets = Sets.of(words["sets"])
        files = sorted((read(p) for p in sorted(folder.glob("*.yml"))), key=lambda f: f.get("order", 10_000))
        files = [f for f in files if "phrases" in f]
        kinds = {f["kind"]: f["topic"] for f in files if "kind" in f}
        orders = {f["kind"]: f["order"] for f in files if "kind" in f}
        rules = [(orders[k], rule) for f in files for k, rule in _rules_of(f, kinds, sets)]
        rules.sort(key=lambda pair: pair[0])
        questions = read(folder / "rights_questions.yml")
        return cls([rule for _, rule in rules], kinds, tables, _Questions.of(questions, sets.written))

    @property
    def all_kinds(self) -> list[str]:
        """Every kind of danger, most urgent first."""
        return list(self._kinds)

    def topic(self, kind: str) -> str:
        """Return the topic that answers a kind of danger."""
        return self._kinds[kind]

    def urgency(self, kind: str) -> int:
        """Return the place of a kind in the order of urgency; 0 is the most urgent."""
        return list(self._kinds).index(kind)

    def rule(self, text: str) -> Ruling:
        """Return what the rules make of a text: its danger, and in what manner it speaks."""
        readings = normalise(text, self._tables)

        def any_is(pattern: re.Pattern[str]) -> bool:
            return any(map(pattern.search, readings))

        asks, over = any_is(self._questions.asking), any_is(self._questions.in_passing)
        in_passing = (over and not any_is(self._questions.going_on)) or (asks and any_is(self._questions.about_anybody))
        return Ruling(self._found(text, readings, asks), asks, in_passing)

    def find(self, text: str) -> Finding | None:
        """Return the most urgent danger in a message; any crisis comes before any support."""
        return self.rule(text).finding

    def matches(self, text: str) -> list[str]:
        """Return the ids of all rules that match, most urgent first; for tests and for writing rules."""
        return [rule.id for rule in self._matching(normalise(text, self._tables))]

    def warm(self, pause: float = 0.02) -> threading.Thread:
        """Compile every rule behind the scenes, with a ``pause`` (seconds) after each: messages go first.

        A message that needs a rule sooner compiles it then; together they take seconds, for which no start should wait.
        """

        def compile_all() -> None:
            for rule in self._rules:
                rule.pattern, rule.unless  # noqa: B018 - read for what reading does
                time.sleep(pause)

        thread = threading.Thread(target=compile_all, daemon=True)
        thread.start()
        return thread

    def _found(self, text: str, readings: Sequence[str], asks: bool) -> Finding | None:
        crisis: _Rule | None = None
        milder: _Rule | None = None
        sure = False
        for rule in self._matching(readings):
            if rule.tier != CRISIS:
                milder = rule if milder is None or (milder.tier == SUPPORT and rule.tier == _UNLESS_QUESTION) else milder
                continue
            crisis = crisis or rule
            if sure := not rule.doubtful or self._is_hidden(rule, text, readings[0]):
                break
        if crisis:
            return Finding(crisis.kind, crisis.topic, CRISIS, crisis.id, 1.0, crisis.language, sure)
        if milder is None:
            return None
        tier = SUPPORT if milder.tier == SUPPORT or asks else CRISIS
        return Finding(milder.kind, milder.topic, tier, milder.id, 1.0, milder.language, not milder.doubtful)

    def _is_hidden(self, rule: _Rule, text: str, plain: str) -> bool:
        """Tell whether a rule's words stand in a message only with letters swapped, spaced out or run together.

        Nobody does that to a harmless word, and the classifier may not see through it.
        """
        return not any(map(rule.pattern.search, (plain, as_typed(text, self._tables))))

    def _matching(self, readings: Sequence[str]) -> Iterable[_Rule]:
        candidates = set(self._always)
        for reading in readings:
            candidates |= self._candidates(reading)
        for i in sorted(candidates):
            rule = self._rules[i]
            if any(_holds(rule, reading) for reading in readings):
                yield rule

    def _candidates(self, reading: str) -> set[int]:
        pieces = {reading[i : i + 3] for i in range(len(reading) - 2)}
        found: set[int] = set()
        for piece in pieces & self._index.keys():
            for fragment, rules in self._index[piece].items():
                if fragment in reading:
                    found.update(rules)
        return found


def _holds(rule: _Rule, reading: str) -> bool:
    if rule.unless is None:
        return rule.pattern.search(reading) is not None
    # "homework" far from the danger it is told beside does not make a joke of it.
    return any(
        not rule.unless.search(reading, max(0, match.start() - _NEAR), match.end() + _NEAR)
        for match in rule.pattern.finditer(reading)
    )


def _rules_of(data: Mapping[str, Any], kinds: Mapping[str, str], sets: Sets) -> Iterable[tuple[str, _Rule]]:
    for raw in data["phrases"]:
        kind = raw.get("kind", data.get("kind"))
        yield kind, _rule(raw, kind, kinds[kind], sets)


def _rule(raw: Mapping[str, Any], kind: str, topic: str, sets: Sets) -> _Rule:
    unless = raw.get("unless")
    return _Rule(
        id=raw["id"],
        kind=kind,
        topic=topic,
        tier=raw.get("tier", CRISIS),
        source=bounded(expand(raw["pattern"], sets.written)),
        unless_source=bounded(expand(unless, sets.written)) if unless else None,
        fragments=fragments(raw["pattern"], sets),
        language=raw.get("language", "en"),
        doubtful=raw.get("doubtful", False),
    )
