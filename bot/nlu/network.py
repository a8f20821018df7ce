"""A small network that tells two sorts of sentence apart by their vectors.

One hidden layer draws the bends that a straight line cannot: "i cant live without my hoodie" stands nearer
to despair than to clothes. What it gains beside the two views: docs/decisions/0004-danger.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.regression import Floats

# A network's judgement of a hard message hangs on its first random numbers: three small ones together are steadier than a large
# one, at the same cost.
_NETWORKS, _HIDDEN, _ROUNDS = 3, 128, 8
# Large batches at twice the library's pace: as good on messages that nobody trained on, in half the time.
_BATCH, _PACE = 512, 2e-3
_DECAY = 0.1
# The numbers of a unit vector are small; the library's first steps are made for larger ones.
_SCALE = 10.0


@dataclass(frozen=True)
class Network:
    """A trained network, all arrays.

    Attributes:
        inner: shape (dimensions, hidden); ``inner_bias``: shape (hidden,).
        outer: shape (hidden,); ``outer_bias``: shape (1,).
    """

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    @classmethod
    def train(
        cls, vectors: Floats, yes: npt.NDArray[np.bool_], hidden: int = _HIDDEN, rounds: int = _ROUNDS, scale: float = _SCALE
    ) -> Network:
        """Fit on ``vectors``, shape (sentences, dimensions), and whether each is of the sort looked for.

        Args:
            hidden: size of the hidden layer; ``rounds``: how often all are looked at.
            scale: what brings the numbers to about 1; the default is for unit sentence vectors.
        """
        # Imported here: scikit-learn costs a second of start-up and only training needs it.
        from sklearn.neural_network import MLPClassifier

        scaled = vectors * scale
        models = []
        for number in range(_NETWORKS):
            model = MLPClassifier(
                (hidden,), alpha=_DECAY, batch_size=min(_BATCH, len(vectors)), learning_rate_init=_PACE, random_state=number
            )
            for _ in range(rounds):
                model.partial_fit(scaled, yes, (False, True))
            models.append((*model.coefs_, *model.intercepts_))
        # The mean of networks with one hidden layer is a wider network of the same kind.
        inner, outer, inner_bias, outer_bias = zip(*models, strict=True)
        arrays = (
            np.hstack(inner) * scale,
            np.hstack(inner_bias),
            np.vstack(outer)[:, 0] / _NETWORKS,
            np.mean(outer_bias, axis=0),
        )
        return cls(*(np.ascontiguousarray(a, np.float32) for a in arrays))

    def logits(self, vectors: Floats) -> Floats:
        """Return how likely each vector is of the sort looked for, as the logarithm of the odds."""
        found: Floats = np.maximum(vectors @ self.inner + self.inner_bias, 0) @ self.outer + self.outer_bias
        return found

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return {f"network_{name}": array for name, array in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Network:
        """Rebuild the network from `to_arrays`."""
        return cls(*(np.ascontiguousarray(arrays[f"network_{name}"], np.float32) for name in cls.__dataclass_fields__))
