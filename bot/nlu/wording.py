"""The second view of a sentence: its very words, where the sentence vectors see its meaning.

A logistic regression over word sequences and letter groups. People of one kind count as one word
("mum", "foster carer" and "dad" are all a parent: ``alike`` in ``data/spelling.yml``), so that one
training question stands for all of them. What it gains: docs/decisions/0002-understanding.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from bot.nlu.regression import Floats, Rows, fit, softmax

_C = 100.0
# Letters by three or five as well, or words by four, are no better.
_WORDS, _LETTERS = (1, 2, 3), 4
_RARE = 3  # a group that stands in fewer questions says nothing about the next one


@dataclass(frozen=True)
class Counted:
    """How often each of some mended texts holds each group, counted once for all that learns from them.

    Attributes:
        alike: pattern of words -> the word that stands for all of them.
        columns: group -> its column in ``counts``, a sparse matrix, shape (texts, groups).
    """

    alike: Mapping[str, str]
    columns: Mapping[str, int]
    counts: Any

    @classmethod
    def of(cls, texts: Sequence[str], alike: Mapping[str, str]) -> Counted:
        """Count the groups of each text; those too rare to say anything are left out."""
        # Imported here: only training needs it.
        from scipy.sparse import csr_matrix

        # The same words come again and again, and these are nobody's: they may be remembered.
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        compiled, letters = _compiled(tuple(alike.items())), cache(_letters)
        found = [[numbers[group] for group in groups(text, compiled, letters)] for text in texts]
        columns = np.array([number for row in found for number in row], np.int32)
        ends = np.cumsum([0, *map(len, found)])
        counts = csr_matrix((np.ones(len(columns), np.float32), columns, ends), (len(texts), len(numbers)))
        counts.sum_duplicates()
        common = _common(counts)
        names = list(numbers)
        return cls(dict(alike), {names[old]: new for new, old in enumerate(common)}, counts[:, common])

    def __getitem__(self, rows: Rows) -> Counted:
        """Return some of the texts, by their numbers."""
        return replace(self, counts=self.counts[rows])


def _common(counts: Any) -> Rows:
    return np.flatnonzero(counts.getnnz(axis=0) >= _RARE)


@dataclass(frozen=True)
class Wording:
    """A trained view of words, all arrays.

    Attributes:
        alike: pattern of words -> the word that stands for all of them.
        vocabulary: group of words or letters -> its row in ``weights``.
        rarity: how much each group says (inverse document frequency), shape (groups,).
        weights: shape (groups, labels); ``bias``: shape (labels,).
    """

    alike: Mapping[str, str]
    vocabulary: Mapping[str, int]
    rarity: Floats
    weights: Floats
    bias: Floats

    @classmethod
    def train(cls, texts: Counted, answers: npt.NDArray[np.int32], classes: int) -> Wording:
        """Fit the view on ``texts`` and the label number of each."""
        # Imported here: scikit-learn costs a second of start-up and only training needs it.
        from sklearn.feature_extraction.text import TfidfTransformer

        common = _common(texts.counts)
        rarity = TfidfTransformer(sublinear_tf=True)
        weights, bias = fit(rarity.fit_transform(texts.counts[:, common]), answers, classes, _C)
        names = list(texts.columns)
        vocabulary = {names[column]: row for row, column in enumerate(common)}
        return cls(texts.alike, vocabulary, rarity.idf_.astype(np.float32), np.ascontiguousarray(weights.T), bias)

    def shares(self, text: str) -> Floats:
        """Return the probability of each label for a mended text; they sum to 1."""
        counts = Counter(g for g in groups(text, _compiled(tuple(self.alike.items()))) if g in self.vocabulary)
        rows = [self.vocabulary[g] for g in counts]
        values = (1 + np.log(np.array(list(counts.values()), np.float32))) * self.rarity[rows]
        return softmax(values @ self.weights[rows] / (np.linalg.norm(values) + 1e-9) + self.bias)

    def shares_of(self, texts: Counted) -> Floats:
        """Return `shares` of many texts at once, shape (texts, labels)."""
        counts = texts.counts[:, [texts.columns[group] for group in self.vocabulary]]
        counts.data = (1 + np.log(counts.data)) * self.rarity[counts.indices]
        lengths = np.sqrt(counts.multiply(counts).sum(axis=1).A) + 1e-9
        return softmax(counts @ self.weights / lengths + self.bias)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the view as arrays that ``numpy.savez`` writes without pickling."""
        words = json.dumps([list(self.vocabulary.items()), dict(self.alike)]).encode()
        return {
            "wording": np.frombuffer(words, np.uint8),
            "wording_rarity": self.rarity,
            "wording_weights": self.weights.astype(np.float16),
            "wording_bias": self.bias,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Wording:
        """Rebuild a view from `to_arrays`."""
        vocabulary, alike = json.loads(bytes(arrays["wording"].astype(np.uint8)))
        rest = (np.asarray(arrays[f"wording_{name}"], np.float32) for name in ("rarity", "weights", "bias"))
        return cls(alike, dict(vocabulary), *rest)


def read_alike(path: Path) -> dict[str, str]:
    """Return the ``alike`` words of ``data/spelling.yml``: pattern -> the word that stands for it."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return {r"\b(?:" + "|".join(words) + r")\b": kind for kind, words in content["alike"].items()}


def _letters(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[i : i + _LETTERS] for i in range(len(padded) - _LETTERS + 1)]


def groups(
    text: str, alike: Sequence[tuple[re.Pattern[str], str]] = (), letters: Callable[[str], Sequence[str]] = _letters
) -> list[str]:
    """Return the word sequences and, inside each word, the letter groups of ``text``; ``letters`` finds those."""
    for pattern, kind in alike:
        text = pattern.sub(kind, text)
    words = text.split()
    found = [" ".join(words[i : i + n]) for n in _WORDS for i in range(len(words) - n + 1)]
    for word in words:
        found += letters(word)
    return found


@cache
def _compiled(alike: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), kind) for pattern, kind in alike)
