"""Spelling: txt-speak written out and typos mended, before a sentence is understood.

The raw text is always kept beside the mended one: safety reads both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path

import yaml

from bot.nlu.readings import read
from bot.nlu.sounds import sound
from bot.nlu.text import squeeze, words_of

_WORD = re.compile(r"[a-z]+|\d+|[^a-z\d\s]+|\s+")
_SHORTEST = 2
_DOTTED = re.compile(r"\b(?:[a-z][.\-_*]){2,}[a-z]\b")  # "c.u.t": nobody's words are split so but to be hidden
_VOWEL = re.compile("[aeiou]")
# A word without vowels has at least so many letters ("kll"), and one that is several run together so many ("helpme"). Nobody
# runs more together than this, and to put thousands of letters apart would make everybody wait.
_BARE, _RUN_TOGETHER, _NO_WORD = 3, 6, 40
# How many of the dictionary's words a typo may be mended to, the commonest: "mumsnet" is no "musket", and they load in half
# the time of all 82,765.
_TARGETS = 40_000
# A word that training questions hold so often is right as it is. A shorter word than `_LONG` letters is as often slang as a
# typo: it is mended only to one of the very commonest, and what the dictionary calls a word ("ou", "hse") counts for nothing.
_COMMON, _VERY_COMMON, _LONG = 3, 10, 4
# A word is so much likelier to be meant than another one near it to be mistyped just so: "abut" is a typo, "ally" may be one.
_MISTYPED = 30_000
# What a typo may stand for weighs so much when it is near in letters alone, and in sounds alone; in both, 1.
_LOOKS, _SOUNDS = 0.5, 0.05
_REAL = 20_000
# A pair of words seen but once may be chance.
_PAIR = 2
_FEW = 30  # candidates that are weighed
# How likely one word follows another: what was seen, and this much of how likely the second is anywhere (additive smoothing).
_TRUST, _UNSEEN, _WORDS = 1.0, 0.05, 50_000

Candidates = Mapping[str, float]  # what a word may stand for -> how well it fits, wherever it stands


class Speller:
    """Mends the words of a message with a frequency dictionary and what training questions hold.

    Of several words that a typo is equally near to, the one that stands oftenest between its neighbours is taken:
    "uder 16" is under, not user. So is what is a word and stands where it never did, if another fits far better: "tell
    me hat they know". What it gains: docs/decisions/0002-understanding.md.
    """

    def __init__(
        self,
        txt_speak: Mapping[str, str],
        known: Iterable[str],
        emoji: Mapping[str, str] | None = None,
        seen: Mapping[str, int] | None = None,
        misspelt: Mapping[str, str] | None = None,
    ) -> None:
        """Load the dictionary.

        Args:
            txt_speak: how young people write a word -> the word or words it stands for.
            known: words that are right as they are; they also win over the dictionary's guess.
            emoji: sign -> the word it stands for when it is all somebody says.
            seen: word, or two words in a row -> how often training questions hold it (`seen_in`).
            misspelt: how a word is misspelt -> the word; what is a word of its own, as "dose" for "does", is left alone.
        """
        from symspellpy import SymSpell, Verbosity

        self._closest, self._all = Verbosity.CLOSEST, Verbosity.ALL
        self._txt = dict(txt_speak)
        self._emoji = dict(emoji or {})
        self.seen = dict(seen or {})
        common = {word for word, count in self.seen.items() if word.isalpha() and count >= _COMMON}
        self._common = common | set(self._txt)
        self._right = {w for w in known if w.isalpha()}
        self._known = self._right | common
        self._bare: dict[str, list[str]] = {}
        self._heard: dict[str | None, list[str]] = {}
        for word in sorted(common, key=lambda word: -self.seen[word]):
            self._bare.setdefault(_VOWEL.sub("", word), []).append(word)
            self._heard.setdefault(sound(word), []).append(word)
        self._heard.pop(None, None)
        self._dictionary = SymSpell(max_dictionary_edit_distance=2, prefix_length=5)
        # The commonest words alone, which a search for each word of a message passes through much faster.
        self._everyday = SymSpell(max_dictionary_edit_distance=1)
        counts = _word_counts()
        total = sum(counts.values())
        self._shares = {word: count / total for word, count in counts.items()}
        self._words = counts.keys() | {w for w in self._known if w not in common or len(w) >= _LONG}
        self._txt = {wrong: right for wrong, right in (misspelt or {}).items() if wrong not in self._words} | self._txt
        for word, count in self.seen.items():
            if word.isalpha() and count >= _VERY_COMMON:
                self._everyday.create_dictionary_entry(word, count)
        for word in self._known:
            self._dictionary.create_dictionary_entry(word, 10_000_000_000 + self.seen.get(word, 0))
        for word, count in list(counts.items())[:_TARGETS]:
            # An entry made twice would count twice.
            if word not in self._known:
                self._dictionary.create_dictionary_entry(word, count)

    @classmethod
    def load(cls, path: Path, seen: Mapping[str, int]) -> Speller:
        """Read ``data/spelling.yml``; ``seen`` is what the training questions hold."""
        # BaseLoader: "no" is a word here, not a truth value.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        typos = read(path.parent / "safety" / "normalise.yml")["typos"]
        misspelt = {wrong: right for right, words in typos.items() for wrong in words}
        return cls(content["txt_speak"], content["known"], content["emoji"], seen, misspelt)

    def knows(self, word: str) -> bool:
        """Return whether a lower-case word is English or a young person's way of writing it."""
        return word in self._txt or word in self._words

    def mend(self, text: str) -> str:
        """Return ``text`` in lower case with txt-speak written out and typos mended."""
        # Nothing is remembered from one message to the next: these are people's words.
        return self._mend(text, self._candidates)

    def remembering(self) -> Callable[[str], str]:
        """Return `mend` for training texts: what it has mended it remembers, words and whole texts."""
        candidates = cache(self._candidates)
        return cache(lambda text: self._mend(text, candidates))

    def _mend(self, text: str, candidates: Callable[[str], Candidates]) -> str:
        for sign, word in self._emoji.items():
            text = text.replace(sign, f" {word} ")
        text = _DOTTED.sub(lambda match: re.sub(r"\W|_", "", match.group()), words_of(text))
        parts = _WORD.findall(squeeze(text))
        places = [i for i, part in enumerate(parts) if part.isalnum()]
        words = [parts[i] for i in places]
        numbered = any(map(str.isdigit, words))
        for place, (i, word) in enumerate(zip(places, words, strict=True)):
            # Letters beside a number, as in a postcode, are no typo.
            if word.isascii() and word.isalpha() and (word in self._txt or not (numbered and _beside_a_number(parts, i))):
                meant = self._meant(candidates, words, place)
                parts[i] = words[place] = self._txt.get(meant, meant)
        return re.sub(r"\s+", " ", "".join(parts)).strip()

    def _candidates(self, word: str) -> Candidates:
        """Return what a squeezed word may stand for, at least one word, and what each weighs."""
        if word in self._txt or word in self._right or len(word) < _SHORTEST:
            return {word: 1.0}
        if word in self._known or (word in self._words and len(word) >= _LONG):
            return self._as_written(word)
        if len(word) >= _BARE and not _VOWEL.search(word) and (said := self._bare.get(word)):
            return dict.fromkeys(said[:_FEW], 1.0)
        if len(word) < _LONG:
            return self._weighed(word, self._near(word)) or {word: 1.0}
        near = self._dictionary.lookup(word, self._closest, max_edit_distance=1 if len(word) < 6 else 2)
        if not (near and near[0].distance == 1) and (apart := self._apart(word)):
            return {apart: 1.0}
        return self._weighed(word, [s.term for s in near][:_FEW]) or {word: 1.0}

    def _near(self, word: str) -> list[str]:
        """Return the very common words that one letter makes of this one."""
        return [s.term for s in self._everyday.lookup(word, self._all, max_edit_distance=1) if s.distance][:_FEW]

    def _as_written(self, word: str) -> Candidates:
        """Return what a word may stand for: itself, or a common word near it that fits its neighbours far better."""
        if len(word) < _BARE:
            return {word: 1.0}
        often = 1.0 if word in self._known else self._shares[word] * _WORDS / _UNSEEN
        return {word: often * _MISTYPED, **{w: 1.0 for w in self._near(word) if len(w) >= _BARE}}

    def _weighed(self, word: str, near: Sequence[str]) -> Candidates:
        """Weigh the words that look like a typo, and those that sound like it; what does both is likeliest."""
        heard = self._heard.get(sound(word), [])
        weights = {w: 1.0 if w in heard else _LOOKS for w in near}
        return weights | {w: _SOUNDS for w in heard[:_FEW] if w not in weights}

    def _apart(self, word: str) -> str | None:
        """Return the common words that were run together ("iwanttodie"), if they were."""
        if not _RUN_TOGETHER <= len(word) <= _NO_WORD:
            return None
        words = self._dictionary.word_segmentation(word, max_edit_distance=0).corrected_string.split()
        if len(words) < 2 or not all(w in self._common and (len(w) > 1 or w in ("i", "a")) for w in words):
            return None
        return " ".join(self._txt.get(w, w) for w in words)

    def _meant(self, candidates: Callable[[str], Candidates], words: Sequence[str], place: int) -> str:
        """Return what stands best at ``place`` among the ``words`` of a message: the word there, or what it may stand for."""
        word, before = words[place], words[place - 1].rpartition(" ")[2] if place else ""
        if (known := word in self._known) and f"{before} {word}" in self.seen:
            return word
        following = words[place + 1] if place + 1 < len(words) else ""
        after = self._txt.get(following, following).partition(" ")[0]
        if known and f"{word} {after}" in self.seen:
            return word
        found = candidates(word)
        if len(found) == 1:
            return next(iter(found))
        # A next word that was never seen, a typo too, says nothing.
        says = after in self.seen
        return max(found, key=lambda w: found[w] * self._follows(before, w) * (self._follows(w, after) if says else 1.0))

    def _follows(self, first: str, second: str) -> float:
        likely = (self.seen.get(second, 0) + _UNSEEN) / _WORDS
        return (self.seen.get(f"{first} {second}", 0) + _TRUST * likely) / (self.seen.get(first, 0) + _TRUST)


def _beside_a_number(parts: Sequence[str], i: int) -> bool:
    return len(parts[i]) < _LONG and any(p.isdigit() for p in (*parts[max(0, i - 1) : i], *parts[i + 1 : i + 2]))


def _word_counts() -> dict[str, int]:
    """Return how often each English word is written, commonest first."""
    lines = (resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt").read_text("utf-8-sig").splitlines()
    counts = {word: int(count) for word, count in (line.split() for line in lines)}
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def _real_words() -> set[str]:
    """Return what is surely a word: of short ones only the commonest, since what people type in haste is counted too ("ou")."""
    counts = _word_counts()
    return {w for w in counts if len(w) >= _LONG} | {w for w in list(counts)[:_REAL] if len(w) >= _BARE}


def seen_in(questions: Iterable[tuple[str, str]], dangers: Iterable[tuple[str, str]] = ()) -> dict[str, int]:
    """Return how often messages hold each word, and each two words in a row ("my mum"), those of chance left out.

    The start of a message counts as an empty first word, its end as an empty second one.

    Args:
        questions: each with its topic; those in other languages teach no spelling.
        dangers: each with its kind. Many are misspelt on purpose: they teach what goes with which, and no new word.
    """
    counts: Counter[str] = Counter()
    for question, topic in questions:
        if topic != "other_language":
            _count(question, counts)
    right = {"", *(said for said, n in counts.items() if n >= _COMMON), *_real_words()}
    for danger, _ in dangers:
        _count(danger, counts, right.__contains__)
    return {said: n for said, n in counts.items() if n >= (_PAIR if " " in said else _COMMON)}


def _count(message: str, counts: Counter[str], counted: Callable[[str], bool] = lambda _: True) -> None:
    words = ["", *re.findall(r"[a-z]+|\d+", words_of(message)), ""]
    counts.update(filter(counted, words[1:]))
    counts.update(f"{first} {second}" for first, second in pairwise(words) if counted(first) and counted(second))
