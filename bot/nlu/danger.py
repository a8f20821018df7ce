"""The classifier of danger: catches what no phrase rule (`bot.nlu.phrases`) foresaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.corpus import Corpus
from bot.nlu.finding import ANY, SAFE
from bot.nlu.neighbours import Neighbours
from bot.nlu.network import Network
from bot.nlu.regression import Floats, stopping_early
from bot.nlu.views import Views
from bot.nlu.wording import Wording

# What the surest part counts beside the whole message, how many neighbours are asked, how much more a nearer one says, and how
# sure all of them together may be: the least false alarms for the same dangers found, on messages nobody trained on
# (docs/decisions/0004-danger.md).
_PART_WEIGHS = 0.5
_NEIGHBOURS, _NEARER, _SUREST = 16, 40.0, 0.98
# Two networks err less together than either: what one alone finds and misses changes with its start.
_VOICES = 2
# Where all parts are below these odds (their logarithm), nobody needs to know which kind of danger it would be: one in twenty.
_HARMLESS = -3.0


@dataclass(frozen=True)
class Heard:
    """What the classifier makes of a message, its parts and its clauses.

    Attributes:
        kinds: which kind a danger is.
        odds: the logarithm of the odds of danger for each of the texts, the whole message first, shape (texts,).
        vectors: their unit vectors, shape (texts, dimensions); ``texts``: the texts themselves.
    """

    kinds: Views
    odds: Floats
    vectors: Floats
    texts: Sequence[str]

    def score(self, part: int | None = None) -> dict[str, float]:
        """Return the probability of each kind in the surest of the texts, or of the whole message and one ``part`` of it.

        The key `ANY` holds the probability that the message is about danger of whatever kind: kinds overlap, so a message is
        often surely dangerous before it is surely of one kind; of a harmless message no kind is told. A part torn from its
        message sounds worse than it is ("i dont want her in there"), so the surest part counts only together with the whole.
        """
        rows = np.arange(len(self.odds)) if part is None else np.array([0, part])
        surest = rows[self.odds[rows].argmax()]
        whole = max(self.odds[0], (1 - _PART_WEIGHS) * self.odds[0] + _PART_WEIGHS * self.odds[surest])
        if self.odds[surest] < _HARMLESS:
            return {ANY: _probability(whole)}
        shares, _ = self.kinds.shares(self.vectors[surest], self.texts[surest])
        scores = dict(zip(self.kinds.labels, (_probability(self.odds[surest]) * shares).tolist(), strict=True))
        return {**scores, ANY: _probability(whole)}


@dataclass(frozen=True)
class DangerClassifier:
    """How likely a message is about danger, and which kind that would be.

    Attributes:
        network: tells danger from what only sounds like it by meaning; ``wording`` does by the words.
        kinds: which kind a danger is, by both.
        near: the training messages; ``dangerous``: which of them are danger, shape (messages,).
    """

    network: Network
    wording: Wording
    kinds: Views
    near: Neighbours
    dangerous: npt.NDArray[np.bool_]

    @classmethod
    def train(cls, corpus: Corpus, labels: Sequence[str]) -> DangerClassifier:
        """Fit on texts and their kinds (`SAFE` for harmless ones)."""
        danger = np.array([label != SAFE for label in labels])
        rows = np.flatnonzero(danger)
        names = tuple(sorted(set(labels) - {SAFE}))
        answers = np.array([names.index(labels[i]) for i in rows], np.int32)
        with stopping_early():
            network = Network.train(corpus.vectors, danger.astype(np.int32), axes=corpus.axes, voices=_VOICES)
            wording = Wording.train(corpus.counted, danger.astype(np.int32), 2)
            kinds = Views.train(names, corpus[rows], answers)
        return cls(network, wording, kinds, Neighbours.of(corpus.vectors, corpus.axes), danger)

    def hear(self, vectors: Floats, texts: Sequence[str]) -> Heard:
        """Listen to a message, which comes first, its parts and its clauses, once to each."""
        return Heard(self.kinds, self._odds(vectors, texts), vectors, texts)

    def _odds(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        """Return the logarithm of the odds of danger for each part, shape (parts,)."""
        safe, danger = np.stack([self.wording.shares(text) for text in texts]).T
        by_words = np.log(danger + 1e-9) - np.log(safe + 1e-9)
        odds: Floats = self.network.odds(vectors) + by_words + [self._by_neighbours(vector) for vector in vectors]
        return odds

    def _by_neighbours(self, vector: Floats) -> float:
        """Return the logarithm of the odds of danger by the training messages that stand nearest."""
        rows, cosines = self.near.nearest(vector, _NEIGHBOURS)
        weights = np.exp(_NEARER * (cosines - cosines.max()))
        share = np.clip(weights @ self.dangerous[rows] / weights.sum(), 1 - _SUREST, _SUREST)
        return float(np.log(share / (1 - share)))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return {
            **self.network.to_arrays(),
            **self.wording.to_arrays(),
            **under("kind", self.kinds.to_arrays()),
            **self.near.to_arrays(),
            "dangerous": self.dangerous,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> DangerClassifier:
        """Rebuild the classifier from `to_arrays`."""
        network, wording, kinds = Network.from_arrays(arrays), Wording.from_arrays(arrays), within("kind", arrays)
        return cls(
            network, wording, Views.from_arrays(kinds), Neighbours.from_arrays(arrays), arrays["dangerous"].astype(np.bool_)
        )


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
