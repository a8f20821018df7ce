"""Find danger in what a young person writes.

Two things look at every message. *Phrase rules* (``data/safety/<kind>.yml``) are written by people, cost well under a
millisecond and explain themselves by a rule id. A *classifier* (`bot.nlu.danger`) catches what no rule foresaw.
``combine`` makes one finding of both. The classifier can raise a finding or a tier. It can lower only what rules marked
``doubtful`` found ("done with life", of a lesson), and no further than to support; where it does not run, they count in full.

A finding has a tier:

* ``crisis`` interrupts whatever the message was about;
* ``support`` is a word of danger inside a question about rights ("can I see a doctor about self-harm without mum
  knowing"): the person gets a short line of support *and* the answer.

Nothing here imports Rasa, so that the front can use the same rules while the engine is starting or down.
Nothing here writes a message anywhere.
"""

from __future__ import annotations

import re
import string
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

if sys.version_info >= (3, 11):
    from re import _parser as sre_parse
else:
    import sre_parse

MAX_CHARACTERS = 4096
CRISIS = "crisis"
SUPPORT = "support"
UNLESS_QUESTION = "crisis_unless_question"
SAFE = "safe"
ANY = "any"
CLASSIFIER = "classifier"  # what stands in place of a rule's id
Needs = set[str] | None
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "data" / "safety"


@dataclass(frozen=True)
class Finding:
    """What was found in a message, without any word of the message.

    ``rule`` is the id of the phrase rule, or ``classifier``. ``score`` is 1.0 for a rule, else a probability.
    ``language`` is the two-letter code of the language the rule is written for. ``sure`` is False when only rules
    matched whose words are as often harmless: the classifier may then soften a crisis to support.
    """

    kind: str
    topic: str
    tier: str
    rule: str
    score: float
    language: str = "en"
    sure: bool = True


# --- Normalisation -----------------------------------------------------------------------------------------------

_APOSTROPHES = dict.fromkeys(map(ord, "'`\u2018\u2019\u02bc\u00b4\u2032\u201b"))
_SPECIAL_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "ı": "i", "œ": "oe",
        # Arabic, Persian and Urdu keyboards write the same letter with different characters.
        "ی": "ي", "ى": "ي", "ے": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ں": "ن",
    }
)  # fmt: skip
_LOOKALIKES = str.maketrans("аеорсхуікѕԁһ", "aeopcxyiksdh")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_STOP = "|"
_SENTENCE_END = re.compile(r"[.!?;\n\r\u061f\u06d4\u0964\u2026]+(?=\s|$)|[\n\r]+|(?<=[a-z]{2})[.?;]+(?=[a-z]{2})")
_NOT_WORD = re.compile(r"[^\w|\u0900-\u0dff\u200c]+|_")
_ASCII_LETTERS = frozenset(string.ascii_lowercase)
_TRIPLE = re.compile(r"([a-z])\1{2,}")
_MASKED = re.compile(r"[a-z]+(?:[*#][*#a-z]*)+")
_SPACED = re.compile(r"(?<![\w])(?:[a-z][ .\-_*]{1,2}){2,}[a-z](?![\w])")
_SPACES = re.compile(r"[ \t]+")
SET = re.compile(r"<([a-z_]+)>")  # a word set in a pattern
_PRIVATE = 0xE000  # the first of Unicode's signs that no text holds
# How far from what a rule matched, in characters, its `unless` still cancels it.
_NEAR = 60


@dataclass(frozen=True)
class _Tables:
    """The word tables of ``normalise.yml``, ready to use."""

    words: Mapping[str, str] = field(default_factory=dict)
    typos: Mapping[str, str] = field(default_factory=dict)
    emoji: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    idioms: re.Pattern[str] | None = None


def fold(text: str) -> str:
    """Return text in lower case, without apostrophes, accents, invisible characters or look-alike letters."""
    if text.isascii():
        return text.lower().translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in decomposed if not _is_dropped(c))
    kept = kept.translate(_APOSTROPHES).translate(_SPECIAL_LETTERS)
    return " ".join(_unmix(token) for token in kept.split(" "))


def _is_dropped(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Mn":
        # Vowel signs of Bengali and Gujarati are letters to a reader; accents and Arabic vowel points are not.
        return not "\u0900" <= char <= "\u0dff"
    return category == "Cf"


def _unmix(token: str) -> str:
    """Give a word that mixes Latin with look-alike Cyrillic letters its Latin letters."""
    if token.isascii() or not any(c in _ASCII_LETTERS for c in token):
        return token
    return token.translate(_LOOKALIKES)


def normalise(text: str, tables: _Tables | None = None) -> list[str]:
    """Return the readings of a message, the plain one first; a message without tricks has only one."""
    tables = tables or _default_tables()
    folded = _words_for_emoji(fold(text[:MAX_CHARACTERS]), tables)
    plain = _clean(folded, tables)
    readings = [plain]
    for other in _other_readings(folded, tables):
        if other not in readings:
            readings.append(other)
    return readings


def _other_readings(folded: str, tables: _Tables) -> Iterable[str]:
    # A short form in English may be a plain word of another language ("sa" in Romanian).
    yield _clean(folded, replace(tables, words={}, typos={}))
    if any(c in "013457@$!" for c in folded):
        yield _clean(" ".join(_unleet(t) for t in folded.split()), tables)
    if _SPACED.search(folded):
        yield _clean(_SPACED.sub(_join_letters, folded), tables)
    if _TRIPLE.search(folded):
        yield _clean(_TRIPLE.sub(r"\1", folded), tables)
    if any(phrase in folded for phrase in tables.joined):
        yield _clean(_split_joined(folded, tables), tables)


def _words_for_emoji(text: str, tables: _Tables) -> str:
    if text.isascii():
        return text
    for sign, words in tables.emoji.items():
        if sign in text:
            text = text.replace(sign, f" {words} ")
    return text


def _unleet(token: str) -> str:
    core = token.strip(".,?")
    if core.isalpha() or not any(c in _ASCII_LETTERS for c in core):
        return token
    return token.rstrip("!").translate(_LEET)


def _join_letters(match: re.Match[str]) -> str:
    # Two spaces mark the end of a spaced-out word: "k i l l  m e".
    words = re.split(r"  +", match.group())
    return " ".join(re.sub(r"[^a-z]", "", word) for word in words)


def _split_joined(text: str, tables: _Tables) -> str:
    for phrase, words in tables.joined.items():
        text = text.replace(phrase, f" {words} ")
    return text


def _clean(text: str, tables: _Tables) -> str:
    """Return one reading: words with single spaces, `|` between sentences, tables applied, idioms blanked."""
    text = _TRIPLE.sub(r"\1\1", text)
    if "*" in text or "#" in text:
        text = _MASKED.sub(lambda m: _unmask(m.group(), tables.guarded), text)
    text = _SENTENCE_END.sub(f" {_STOP} ", text)
    text = _NOT_WORD.sub(" ", text)
    words = []
    for token in text.split():
        token = tables.words.get(token, token)
        words.append(tables.typos.get(token, token))
    plain = " ".join(words)
    if tables.idioms is not None:
        plain = _SPACES.sub(" ", tables.idioms.sub(" ~ ", plain)).strip()
    return plain


def _unmask(token: str, guarded: Iterable[str]) -> str:
    """Return the guarded word that a masked one ("su*c*de") stands for, or the letters that are left."""
    shape = re.compile("".join("[a-z]*" if c in "*#" else re.escape(c) for c in token))
    for word in guarded:
        if abs(len(word) - len(token)) <= 1 and shape.fullmatch(word):
            return word
    return token


def _misspellings(words: Iterable[str], known: frozenset[str]) -> dict[str, str]:
    """Return every spelling one slip away from each word, except spellings that are words themselves."""
    found: dict[str, str] = {}
    for word in words:
        for spelling in _one_slip(word):
            if spelling not in known:
                found.setdefault(spelling, word)
    return found


def _one_slip(word: str) -> set[str]:
    """Return the spellings with one letter lost, doubled, swapped or wrong; the first letter stays."""
    spellings = set()
    for i in range(1, len(word)):
        head, tail = word[:i], word[i:]
        spellings.add(head + tail[1:])
        if len(tail) > 1:
            spellings.add(head + tail[1] + tail[0] + tail[2:])
        for letter in string.ascii_lowercase:
            spellings.add(head + letter + tail[1:])
            spellings.add(head + letter + tail)
    spellings.discard(word)
    return spellings


# --- Rules -------------------------------------------------------------------------------------------------------


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
class _Sets:
    """The word sets of ``normalise.yml``.

    A sign of Unicode's private area stands for a set while the fragments of a pattern are looked for: with the sets written
    out, that takes longer than all the rest of the start.

    Attributes:
        written: name -> pattern of the whole set; ``signs``: name -> its sign; ``needs``: sign -> what the set needs.
    """

    written: Mapping[str, str]
    signs: Mapping[str, str]
    needs: Mapping[str, Needs]

    @classmethod
    def of(cls, sets: Mapping[str, Sequence[str]]) -> _Sets:
        """Make the patterns and signs of the file's lists."""
        written = {name: "(?:" + "|".join(words) + ")" for name, words in sets.items()}
        signs = {name: chr(_PRIVATE + number) for number, name in enumerate(written)}
        return cls(written, signs, {signs[name]: _needs(pattern, {}) for name, pattern in written.items()})


@dataclass(frozen=True)
class _Questions:
    """The patterns of `rights_questions.yml`: asking about rights, telling in passing, and that something goes on."""

    asking: re.Pattern[str]
    in_passing: re.Pattern[str]
    going_on: re.Pattern[str]

    @classmethod
    def of(cls, data: Mapping[str, Any], sets: Mapping[str, str]) -> _Questions:
        """Compile the lists of the file."""
        lists = (data["patterns"], data["in_passing"], data["unless_in_passing"])
        return cls(*(re.compile("|".join(_bounded(_expand(p, sets)) for p in patterns)) for patterns in lists))


@dataclass(frozen=True)
class Ruling:
    """What the phrase rules make of one text.

    Attributes:
        finding: the most urgent danger; any crisis comes before any support.
        asks: whether its words ask about privacy, being seen alone, or who decides.
        in_passing: whether it speaks of what is over, or of a friend's lasting trouble, and of nothing that goes on.
    """

    finding: Finding | None
    asks: bool
    in_passing: bool


class SafetyRules:
    """The phrase rules of every kind of danger, ordered by urgency."""

    def __init__(self, rules: Sequence[_Rule], kinds: Mapping[str, str], tables: _Tables, questions: _Questions):
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
        words = _read(folder / "normalise.yml")
        tables = _tables(words)
        sets = _Sets.of(words["sets"])
        files = sorted((_read(p) for p in sorted(folder.glob("*.yml"))), key=lambda f: f.get("order", 10_000))
        files = [f for f in files if "phrases" in f]
        kinds = {f["kind"]: f["topic"] for f in files if "kind" in f}
        orders = {f["kind"]: f["order"] for f in files if "kind" in f}
        rules = [(orders[k], rule) for f in files for k, rule in _rules_of(f, kinds, sets)]
        rules.sort(key=lambda pair: pair[0])
        questions = _read(folder / "rights_questions.yml")
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
        return Ruling(self._found(text, readings, asks), asks, over and not any_is(self._questions.going_on))

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
                milder = rule if milder is None or (milder.tier == SUPPORT and rule.tier == UNLESS_QUESTION) else milder
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
        folded = _words_for_emoji(fold(text[:MAX_CHARACTERS]), self._tables)
        bare = _clean(folded, replace(self._tables, words={}, typos={}))
        return not any(map(rule.pattern.search, (plain, bare)))

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


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506
    return loaded


_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEFAULT: list[_Tables] = []


def _default_tables() -> _Tables:
    if not _DEFAULT:
        _DEFAULT.append(_tables(_read(DEFAULT_FOLDER / "normalise.yml")))
    return _DEFAULT[0]


def _tables(words: Mapping[str, Any]) -> _Tables:
    known = frozenset(words["real_words"]) | frozenset(words["often_misspelt"])
    typos = _misspellings(words["often_misspelt"], known)
    typos.update({wrong: right for right, wrongs in words["typos"].items() for wrong in wrongs})
    idioms = [_bounded(i) for i in words["idioms"]]
    return _Tables(
        words=words["text_speak"],
        typos=typos,
        # An emoji may come with or without the selector that asks for colour; folding drops the selector.
        emoji={fold(sign): meaning for sign, meaning in words["emoji"].items()},
        joined=words["joined"],
        guarded=frozenset(words["guarded"]),
        idioms=re.compile("|".join(idioms)) if idioms else None,
    )


def _rules_of(data: Mapping[str, Any], kinds: Mapping[str, str], sets: _Sets) -> Iterable[tuple[str, _Rule]]:
    for raw in data["phrases"]:
        kind = raw.get("kind", data.get("kind"))
        yield kind, _rule(raw, kind, kinds[kind], sets)


def _rule(raw: Mapping[str, Any], kind: str, topic: str, sets: _Sets) -> _Rule:
    unless = raw.get("unless")
    return _Rule(
        id=raw["id"],
        kind=kind,
        topic=topic,
        tier=raw.get("tier", CRISIS),
        source=_bounded(_expand(raw["pattern"], sets.written)),
        unless_source=_bounded(_expand(unless, sets.written)) if unless else None,
        fragments=_fragments(raw["pattern"], sets),
        language=raw.get("language", "en"),
        doubtful=raw.get("doubtful", False),
    )


def _expand(pattern: str, sets: Mapping[str, str]) -> str:
    """Put the word sets (`<carer>`) into a pattern; `~` stands for up to five words of the same sentence."""
    pattern = SET.sub(lambda m: sets[m.group(1)], fold_pattern(pattern))
    return pattern.replace(" ~ ", r" (?:[^\s|]+ ){0,5}")


def fold_pattern(pattern: str) -> str:
    """Fold the letters of a pattern as messages are folded; patterns in plain English stay as they are."""
    return pattern if pattern.isascii() else fold(pattern)


def _bounded(pattern: str) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)"


def _fragments(pattern: str, sets: _Sets) -> frozenset[str]:
    """Return fragments of which every match holds at least one, or nothing when there are none long enough."""
    needed = _needs(_expand(pattern, sets.signs), sets.needs)
    if needed is None or any(len(fragment) < 3 for fragment in needed):
        return frozenset()
    return frozenset(needed)


def _needs(pattern: str, sets: Mapping[str, Needs]) -> Needs:
    parsed: Any = sre_parse.parse(pattern)
    return _needed(parsed, sets)


def _needed(items: Iterable[Any], sets: Mapping[str, Needs]) -> Needs:
    """Return the best set of alternatives, one of which a parsed pattern needs; None when it needs nothing."""
    best: Needs = None
    run = ""
    for op, argument in items:
        if op is sre_parse.LITERAL and chr(argument) not in sets:
            run += chr(argument)
            continue
        best, run = _better(best, {run} if run else None), ""
        best = _better(best, _needed_of(op, argument, sets))
    return _better(best, {run} if run else None)


def _needed_of(op: Any, argument: Any, sets: Mapping[str, Needs]) -> Needs:
    if op is sre_parse.LITERAL:
        return sets[chr(argument)]
    if op is sre_parse.SUBPATTERN:
        return _needed(argument[3], sets)
    if op is sre_parse.MAX_REPEAT and argument[0] > 0:
        return _needed(argument[2], sets)
    if op is sre_parse.BRANCH:
        branches = [_needed(branch, sets) for branch in argument[1]]
        return None if any(b is None for b in branches) else set().union(*(b for b in branches if b))
    return None


def _better(first: Needs, second: Needs) -> Needs:
    """Return the set whose shortest fragment is longest: it rules out most messages."""
    if first is None or second is None:
        return second if first is None else first
    return max((first, second), key=lambda s: (min(min(map(len, s)), 5), -len(s)))


# --- Both together -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thresholds:
    """How likely danger must be, by the surest kind: for a crisis, and for a soft line of support.

    Below ``doubt`` the words of a doubtful rule are taken for harmless ones, and get support only. Inside a question
    about rights it takes ``asking`` to interrupt, or ``beside`` in a clause that stands beside the question.
    """

    crisis: Mapping[str, float]
    support: Mapping[str, float]
    default_crisis: float = 0.9
    default_support: float = 0.65
    doubt: float = 0.3
    asking: float = 0.98
    beside: float = 0.75

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> Thresholds:
        """Read `thresholds.yml`."""
        data = _read(folder / "thresholds.yml")
        default = data["default"]
        bars = {name: data[name] for name in ("crisis", "support", "doubt", "asking", "beside")}
        return cls(**bars, default_crisis=default["crisis"], default_support=default["support"])

    def tier(self, kind: str, probability: float) -> str | None:
        """Return the tier that a probability reaches, or None."""
        if probability >= self.crisis.get(kind, self.default_crisis):
            return CRISIS
        if probability >= self.support.get(kind, self.default_support):
            return SUPPORT
        return None


def combine(
    found: Finding | None,
    scores: Mapping[str, float],
    is_rights_question: bool,
    rules: SafetyRules,
    thresholds: Thresholds,
) -> Finding | None:
    """Return one finding from a rule's finding and the classifier's probabilities.

    A crisis by rule stands; by a doubtful rule alone it is softened to support when the classifier is all but sure
    that the message is harmless. Otherwise the classifier's surest kind counts when it reaches its threshold; inside
    a question about rights, which may name a danger without being in it, it has to be surer to interrupt.
    """
    if found is not None and found.tier == CRISIS:
        unlikely = scores.get(ANY, 1.0) < thresholds.doubt
        return replace(found, tier=SUPPORT) if unlikely and not found.sure else found
    guess = _surest(scores, rules, thresholds)
    if guess is not None and is_rights_question and guess.score < thresholds.asking:
        guess = replace(guess, tier=SUPPORT)
    if found is None:
        return guess
    return guess if guess is not None and guess.tier == CRISIS else found


def _surest(scores: Mapping[str, float], rules: SafetyRules, thresholds: Thresholds) -> Finding | None:
    known = [kind for kind in rules.all_kinds if kind in scores]
    if not known:
        return None
    kind = max(known, key=lambda k: scores[k])
    danger = scores.get(ANY, scores[kind])
    tier = thresholds.tier(kind, danger)
    return Finding(kind, rules.topic(kind), tier, CLASSIFIER, danger) if tier else None
