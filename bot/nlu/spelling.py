"""Spelling: txt-speak written out and typos mended, before a sentence is understood.

The raw text is always kept beside the mended one: safety reads both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import yaml

from bot.nlu.text import squeeze, words_of

_WORD = re.compile(r"[a-z]+|\d+|[^a-z\d\s]+|\s+")
_SHORTEST = 4  # a word of three letters is as often slang as a typo


class Speller:
    """Mends the words of a message with a frequency dictionary and the project's own words."""

    def __init__(self, txt_speak: Mapping[str, str], known: Iterable[str], emoji: Mapping[str, str] | None = None) -> None:
        """Load the dictionary.

        Args:
            txt_speak: how young people write a word -> the word or words it stands for.
            known: words that are right as they are; they also win over the dictionary's guess.
            emoji: sign -> the word it stands for when it is all somebody says.
        """
        from symspellpy import SymSpell, Verbosity

        self._closest = Verbosity.CLOSEST
        self._txt = dict(txt_speak)
        self._emoji = dict(emoji or {})
        self._known = {w for w in known if w.isalpha()}
        self._dictionary = SymSpell(max_dictionary_edit_distance=2, prefix_length=5)
        path = resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
        self._dictionary.load_dictionary(str(path), 0, 1)
        for word in self._known:
            self._dictionary.create_dictionary_entry(word, 2_000_000_000)
        self._fixed: dict[str, str] = {}

    @classmethod
    def load(cls, path: Path, questions: Iterable[str] = ()) -> Speller:
        """Read ``data/spelling.yml`` and learn the words of the training ``questions``."""
        # BaseLoader: "no" is a word here, not a truth value.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        return cls(content["txt_speak"], [*content["known"], *common_words(questions)], content["emoji"])

    @property
    def known(self) -> list[str]:
        """The project's own words, sorted, as a trained model keeps them."""
        return sorted(self._known)

    def knows(self, word: str) -> bool:
        """Return whether a lower-case word is English or a young person's way of writing it."""
        return word in self._txt or word in self._known or word in self._dictionary.words

    def mend(self, text: str) -> str:
        """Return ``text`` in lower case with txt-speak written out and typos mended."""
        for sign, word in self._emoji.items():
            text = text.replace(sign, f" {word} ")
        return re.sub(r"\s+", " ", "".join(map(self._mend, _WORD.findall(words_of(text))))).strip()

    def _mend(self, word: str) -> str:
        if not word.isalpha() or not word.isascii():
            return word
        if (fixed := self._fixed.get(word)) is None:
            fixed = self._look_up(word)
            if len(self._fixed) < 20_000:  # bounded: strangers choose the words
                self._fixed[word] = fixed
        return fixed

    def _look_up(self, word: str) -> str:
        word = squeeze(word)
        if word in self._txt:
            return self._txt[word]
        if word in self._known or len(word) < _SHORTEST or word in self._dictionary.words:
            return word
        reach = 1 if len(word) < 6 else 2
        found = self._dictionary.lookup(word, self._closest, max_edit_distance=reach)
        return found[0].term if found else word


def common_words(questions: Iterable[str], at_least: int = 3) -> list[str]:
    """Return the words that stand in at least ``at_least`` of the questions."""
    counts: dict[str, int] = {}
    for question in questions:
        for word in set(re.findall(r"[a-z]{4,}", words_of(question))):
            counts[word] = counts.get(word, 0) + 1
    return sorted(w for w, n in counts.items() if n >= at_least)
