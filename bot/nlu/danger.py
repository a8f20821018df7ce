"""The classifier of danger: catches what no phrase rule of `bot.nlu.safety` foresaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.network import Network
from bot.nlu.regression import Floats, side_by_side, stopping_early
from bot.nlu.safety import ANY, SAFE
from bot.nlu.views import Views
from bot.nlu.wording import Counted, Wording

# How far meaning may be sure beside the words, and what the surest part counts beside the whole message: the least false
# alarms for the same dangers found, on messages nobody trained on (docs/decisions/0004-danger.md).
_MEANING_MOST, _PART_WEIGHS = 8.0, 0.5


@dataclass(frozen=True)
class DangerClassifier:
    """How likely a message is about danger, and which kind that would be.

    Attributes:
        network: tells danger from what only sounds like it by meaning; ``wording`` does by the words.
        kinds: which kind a danger is, by both.
    """

    network: Network
    wording: Wording
    kinds: Views

    @classmethod
    def train(cls, vectors: Floats, texts: Sequence[str], labels: Sequence[str], alike: Mapping[str, str]) -> DangerClassifier:
        """Fit on mended ``texts`` with their vectors and kinds (`SAFE` for harmless ones)."""
        danger = np.array([label != SAFE for label in labels])
        rows = np.flatnonzero(danger)
        names = tuple(sorted(set(labels) - {SAFE}))
        answers = np.array([names.index(labels[i]) for i in rows], np.int32)
        counted = Counted.of(texts, alike)
        # A thread each: the network lets go of Python's lock while it multiplies.
        with stopping_early(), side_by_side(1) as pool:
            network = pool.submit(Network.train, vectors, danger.astype(np.int32))
            wording = Wording.train(counted, danger.astype(np.int32), 2)
            kinds = Views.train(names, vectors[rows], counted[rows], answers)
        return cls(network.result(), wording, kinds)

    def score(self, vectors: Floats, texts: Sequence[str]) -> dict[str, float]:
        """Return the probability of each kind in the surest of a message, which comes first, and its parts.

        The key `ANY` holds the probability that the message is about danger of whatever kind: kinds overlap, so a message is
        often surely dangerous before it is surely of one kind. A part torn from its message sounds worse than it is ("i dont
        want her in there"), so the surest part counts only together with the whole.
        """
        odds = self._odds(vectors, texts)
        surest = int(odds.argmax())
        shares, _ = self.kinds.shares(vectors[surest], texts[surest])
        scores = dict(zip(self.kinds.labels, (_probability(odds[surest]) * shares).tolist(), strict=True))
        whole = max(odds[0], (1 - _PART_WEIGHS) * odds[0] + _PART_WEIGHS * odds[surest])
        return {**scores, ANY: _probability(whole)}

    def _odds(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        """Return the logarithm of the odds of danger for each part."""
        safe, danger = np.stack([self.wording.shares(text) for text in texts]).T
        by_words = np.log(danger + 1e-9) - np.log(safe + 1e-9)
        odds: Floats = np.clip(self.network.odds(vectors), -_MEANING_MOST, _MEANING_MOST) + by_words
        return odds

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return {**self.network.to_arrays(), **self.wording.to_arrays(), **under("kind", self.kinds.to_arrays())}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> DangerClassifier:
        """Rebuild the classifier from `to_arrays`."""
        return cls(Network.from_arrays(arrays), Wording.from_arrays(arrays), Views.from_arrays(within("kind", arrays)))


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
