"""The classifier of danger: catches what no phrase rule of `bot.nlu.safety` foresaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.network import Network
from bot.nlu.regression import Floats
from bot.nlu.safety import ANY, SAFE
from bot.nlu.views import Views

# Cross-validated on data/safety: scripts/danger_bars.py.
_STRENGTH = 10.0
# What the odds by the views and by the network count, how far either may be sure, and what the surest part counts beside
# the whole message: the least false alarms for the same dangers found, on messages nobody trained on.
_VIEWS_WEIGH, _NETWORK_WEIGHS, _VIEWS_MOST, _NETWORK_MOST, _PART_WEIGHS = 1.0, 0.6, 4.0, 6.0, 0.5


@dataclass(frozen=True)
class DangerClassifier:
    """Probabilities of the kinds of danger, with one label for safe messages.

    Attributes:
        views: know the kinds by meaning and by wording.
        network: knows danger of any kind by meaning, and draws bends between it and what only sounds like it.
    """

    views: Views
    network: Network

    @classmethod
    def train(cls, vectors: Floats, texts: Sequence[str], labels: Sequence[str], alike: Mapping[str, str]) -> DangerClassifier:
        """Fit on mended ``texts`` with their vectors and kinds (`SAFE` for harmless ones)."""
        names = tuple(sorted(set(labels)))
        answers = np.array([names.index(label) for label in labels], np.int32)
        # A thread each: the network lets go of Python's lock while it multiplies.
        with ThreadPoolExecutor(1) as pool:
            network = pool.submit(Network.train, vectors, np.array([label != SAFE for label in labels]))
            views = Views.train(names, vectors, texts, answers, alike, _STRENGTH)
        return cls(views, network.result())

    def score(self, vectors: Floats, texts: Sequence[str]) -> dict[str, float]:
        """Return the highest probability of each kind over a message, which comes first, and its parts.

        The key `ANY` holds the probability that the message is about danger of whatever kind: kinds overlap, so a message is
        often surely dangerous before it is surely of one kind. A part torn from its message sounds worse than it is ("i dont
        want her in there"), so the surest part counts only together with the whole.
        """
        shares = np.stack([self.views.shares(v, t)[0] for v, t in zip(vectors, texts, strict=True)])
        labels = self.views.labels
        scores = {label: float(p) for label, p in zip(labels, shares.max(axis=0), strict=True) if label != SAFE}
        if SAFE in labels:
            whole, *parts = self._odds(vectors, shares[:, labels.index(SAFE)])
            if parts:
                whole = max(whole, (1 - _PART_WEIGHS) * whole + _PART_WEIGHS * max(parts))
            scores[ANY] = float(1 / (1 + np.exp(-whole)))
        return scores

    def _odds(self, vectors: Floats, safe: Floats) -> Floats:
        """Return the logarithm of the odds of danger for each part."""
        share = np.clip(safe, 1e-6, 1 - 1e-6)
        by_views = np.clip(np.log((1 - share) / share), -_VIEWS_MOST, _VIEWS_MOST)
        by_network = np.clip(self.network.logits(vectors), -_NETWORK_MOST, _NETWORK_MOST)
        odds: Floats = _VIEWS_WEIGH * by_views + _NETWORK_WEIGHS * by_network
        return odds

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return {**self.views.to_arrays(), **self.network.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> DangerClassifier:
        """Rebuild the classifier from `to_arrays`."""
        return cls(Views.from_arrays(arrays), Network.from_arrays(arrays))
