"""Spelling: txt-speak written out and typos mended, before a sentence is understood.

The raw text is always kept beside the mended one: safety reads both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from bot.nlu.text import squeeze, words_of

_WORD = re.compile(r"[a-z]+|\d+|[^a-z\d\s]+|\s+")
_SHORTEST = 4  # a word of three letters is as often slang as a typo
# How many of the dictionary's words a typo may be mended to, the commonest: "mumsnet" is no "musket", and they load in half
# the time of all 82,765.
_TARGETS = 40_000


class Speller:
    """Mends the words of a message with a frequency dictionary and the project's own words."""

    def __init__(self, txt_speak: Mapping[str, str], known: Iterable[str], emoji: Mapping[str, str] | None = None) -> None:
        """Load the dictionary.

        Args:
            txt_speak: how young people write a word -> the word or words it stands for.
            known: words that are right as they are; they also win over the dictionary's guess, and the earlier over the later.
            emoji: sign -> the word it stands for when it is all somebody says.
        """
        from symspellpy import SymSpell, Verbosity

        self._closest = Verbosity.CLOSEST
        self._txt = dict(txt_speak)
        self._emoji = dict(emoji or {})
        self._known = dict.fromkeys(w for w in known if w.isalpha())
        self._dictionary = SymSpell(max_dictionary_edit_distance=2, prefix_length=5)
        counts = _word_counts()
        self._words = self._known.keys() | counts.keys()
        for word, count in list(counts.items())[:_TARGETS]:
            self._dictionary.create_dictionary_entry(word, count)
        for place, word in enumerate(self._known):
            self._dictionary.create_dictionary_entry(word, 2_000_000_000 - place)

    @classmethod
    def load(cls, path: Path, questions: Iterable[str] = ()) -> Speller:
        """Read ``data/spelling.yml`` and learn the words of the training ``questions``."""
        # BaseLoader: "no" is a word here, not a truth value.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        return cls(content["txt_speak"], [*common_words(questions), *content["known"]], content["emoji"])

    @property
    def known(self) -> list[str]:
        """The project's own words, in their order, as a trained model keeps them."""
        return list(self._known)

    def knows(self, word: str) -> bool:
        """Return whether a lower-case word is English or a young person's way of writing it."""
        return word in self._txt or word in self._words

    def mend(self, text: str) -> str:
        """Return ``text`` in lower case with txt-speak written out and typos mended."""
        # Nothing is remembered from one message to the next: these are people's words.
        return self._mend(text, self._look_up)

    def mend_all(self, texts: Iterable[str]) -> list[str]:
        """Return `mend` of each training text, in half the time."""
        remembered = cache(self._look_up)
        return [self._mend(text, remembered) for text in texts]

    def _mend(self, text: str, look_up: Callable[[str], str]) -> str:
        for sign, word in self._emoji.items():
            text = text.replace(sign, f" {word} ")
        parts = (look_up(p) if p.isalpha() and p.isascii() else p for p in _WORD.findall(words_of(text)))
        return re.sub(r"\s+", " ", "".join(parts)).strip()

    def _look_up(self, word: str) -> str:
        word = squeeze(word)
        if word in self._txt:
            return self._txt[word]
        if word in self._words or len(word) < _SHORTEST:
            return word
        reach = 1 if len(word) < 6 else 2
        found = self._dictionary.lookup(word, self._closest, max_edit_distance=reach)
        return found[0].term if found else word


def _word_counts() -> dict[str, int]:
    """Return how often each English word is written, commonest first."""
    lines = (resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt").read_text("utf-8-sig").splitlines()
    counts = {word: int(count) for word, count in (line.split() for line in lines)}
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def common_words(questions: Iterable[str], at_least: int = 3) -> list[str]:
    """Return the words that stand in at least ``at_least`` of the questions, commonest first."""
    counts: dict[str, int] = {}
    for question in questions:
        for word in set(re.findall(r"[a-z]{4,}", words_of(question))):
            counts[word] = counts.get(word, 0) + 1
    return sorted((w for w, n in counts.items() if n >= at_least), key=lambda w: (-counts[w], w))
