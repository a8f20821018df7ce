"""How a message is read before the phrase rules look at it: ``data/safety/normalise.yml`` says what stands for what.

A message with tricks (letters swapped or spaced out, words run together) has several readings.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MAX_CHARACTERS = 4096
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "data" / "safety"
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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


def read(path: Path) -> dict[str, Any]:
    """Return what a file of ``data/safety`` holds."""
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506
    return loaded


def bounded(pattern: str) -> str:
    """Return a pattern that begins and ends where words do."""
    return rf"(?<!\w)(?:{pattern})(?!\w)"


@dataclass(frozen=True)
class Tables:
    """The word tables of ``normalise.yml``, ready to use."""

    words: Mapping[str, str] = field(default_factory=dict)
    typos: Mapping[str, str] = field(default_factory=dict)
    emoji: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    idioms: re.Pattern[str] | None = None

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> Tables:
        """Make the tables of the file's content."""
        known = frozenset(words["real_words"]) | frozenset(words["often_misspelt"])
        typos = _misspellings(words["often_misspelt"], known)
        typos.update({wrong: right for right, wrongs in words["typos"].items() for wrong in wrongs})
        idioms = [bounded(i) for i in words["idioms"]]
        return cls(
            words=words["text_speak"],
            typos=typos,
            # An emoji may come with or without the selector that asks for colour; folding drops the selector.
            emoji={fold(sign): meaning for sign, meaning in words["emoji"].items()},
            joined=words["joined"],
            guarded=frozenset(words["guarded"]),
            idioms=re.compile("|".join(idioms)) if idioms else None,
        )

    @classmethod
    @cache
    def default(cls) -> Tables:
        """Read the tables that come with the bot."""
        return cls.of(read(DEFAULT_FOLDER / "normalise.yml"))


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


def normalise(text: str, tables: Tables | None = None) -> list[str]:
    """Return the readings of a message, the plain one first; a message without tricks has only one."""
    tables = tables or Tables.default()
    folded = _folded(text, tables)
    plain = _clean(folded, tables)
    readings = [plain]
    for other in _other_readings(folded, tables):
        if other not in readings:
            readings.append(other)
    return readings


def as_typed(text: str, tables: Tables) -> str:
    """Return the reading of a message in which no short form and no typo is written out."""
    return _clean(_folded(text, tables), replace(tables, words={}, typos={}))


def _folded(text: str, tables: Tables) -> str:
    return _words_for_emoji(fold(text[:MAX_CHARACTERS]), tables)


def _other_readings(folded: str, tables: Tables) -> Iterable[str]:
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


def _words_for_emoji(text: str, tables: Tables) -> str:
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


def _split_joined(text: str, tables: Tables) -> str:
    for phrase, words in tables.joined.items():
        text = text.replace(phrase, f" {words} ")
    return text


def _clean(text: str, tables: Tables) -> str:
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
