"""The classifier of danger: catches what no phrase rule of `bot.nlu.safety` foresaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.regression import Floats
from bot.nlu.safety import ANY, SAFE
from bot.nlu.views import Views

# Cross-validated on data/safety: scripts/danger_bars.py.
_STRENGTH = 10.0


@dataclass(frozen=True)
class DangerClassifier:
    """Probabilities of the kinds of danger, with one label for safe messages."""

    views: Views

    @classmethod
    def train(cls, vectors: Floats, texts: Sequence[str], labels: Sequence[str], alike: Mapping[str, str]) -> DangerClassifier:
        """Fit on mended ``texts`` with their vectors and kinds (`SAFE` for harmless ones)."""
        names = tuple(sorted(set(labels)))
        answers = np.array([names.index(label) for label in labels], np.int32)
        return cls(Views.train(names, vectors, texts, answers, alike, _STRENGTH))

    def score(self, vectors: Floats, texts: Sequence[str]) -> dict[str, float]:
        """Return the highest probability of each kind over the parts of a message.

        The key `ANY` holds the highest probability that one of them is about danger of whatever kind: kinds overlap, so
        a message is often surely dangerous before it is surely of one kind.
        """
        shares = np.stack([self.views.shares(v, t)[0] for v, t in zip(vectors, texts, strict=True)])
        labels = self.views.labels
        scores = {label: float(p) for label, p in zip(labels, shares.max(axis=0), strict=True) if label != SAFE}
        if SAFE in labels:
            scores[ANY] = float(1 - shares[:, labels.index(SAFE)].min())
        return scores

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return self.views.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> DangerClassifier:
        """Rebuild the classifier from `to_arrays`."""
        return cls(Views.from_arrays(arrays))
