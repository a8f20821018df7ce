"""A small network that tells sorts of sentence apart by their vectors.

One hidden layer draws the bends that a straight line cannot: "i cant live without my hoodie" stands nearer
to despair than to clothes. What it gains: docs/decisions/0002-understanding.md and 0004-danger.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.regression import SIDES, Floats

# One layer of this size along the main directions judges as well as three of half the size along all, in a third of the time.
_HIDDEN, _AXES = 256, 512
# Large batches, and a pace that falls from six times the library's to a third of it: as good on messages that nobody trained
# on as at one pace, in a third of the rounds. Few examples are looked at more often: a network needs its steps.
_BATCH, _ROUNDS, _STEPS = 512, 5, 150
_FASTEST, _SLOWEST = 6e-3, 3e-4
_DECAY = 0.01
# The numbers of a unit vector are small; the library's first steps are made for larger ones.
_SCALE = 10.0


@dataclass(frozen=True)
class Network:
    """A trained network, all arrays.

    Attributes:
        inner: shape (dimensions, hidden); ``inner_bias``: shape (hidden,).
        outer: shape (hidden, sorts); ``outer_bias``: shape (sorts,).
    """

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    @classmethod
    def train(
        cls,
        vectors: Floats,
        answers: npt.NDArray[np.int32],
        sorts: int = 2,
        hidden: int = _HIDDEN,
        scale: float = _SCALE,
        axes: Floats | None = None,
        voices: int = 1,
    ) -> Network:
        """Fit on ``vectors``, shape (sentences, dimensions), and the number of each one's sort.

        Args:
            sorts: how many there are; one without an example gets next to no probability.
            hidden: size of the hidden layer.
            scale: what brings the numbers to about 1; the default is for unit sentence vectors.
            axes: the vectors' `main_axes`, where they are known.
            voices: how many networks, from different starts, speak together as one of their size.
        """
        # Imported here: scikit-learn costs a second of start-up and only training needs it.
        from sklearn.neural_network import MLPClassifier

        # The library's steps suit each direction by itself, so they are taken along those in which the vectors differ: as much
        # found as without after twice the rounds.
        axes = (main_axes(vectors) if axes is None else axes) * scale
        turned = vectors @ axes
        batch = min(_BATCH, len(vectors))
        rounds = max(_ROUNDS, math.ceil(_STEPS * batch / len(vectors)))
        models = [
            MLPClassifier((hidden,), alpha=_DECAY, batch_size=batch, learning_rate_init=_FASTEST, random_state=seed)
            for seed in range(voices)
        ]
        for model in models:
            for pace in np.linspace(_FASTEST, _SLOWEST, rounds + 1)[1:]:
                model.partial_fit(turned, answers, range(sorts))
                # The library lets no pace fall with the steps that suit a network best.
                model._optimizer.learning_rate_init = pace
        inner = axes @ np.hstack([model.coefs_[0] for model in models])
        outer = np.vstack([model.coefs_[1] for model in models])
        inner_bias = np.concatenate([model.intercepts_[0] for model in models])
        outer_bias = np.sum([model.intercepts_[1] for model in models], axis=0)
        share = (SIDES if sorts == len(SIDES) else 1.0) / voices
        arrays = (inner, inner_bias, outer * share, outer_bias * share)
        return cls(*(np.ascontiguousarray(a, np.float32) for a in arrays))

    def logits(self, vectors: Floats) -> Floats:
        """Return how likely each vector is of each sort, as logarithms that a softmax makes shares of, shape (..., sorts)."""
        found: Floats = np.maximum(vectors @ self.inner + self.inner_bias, 0) @ self.outer + self.outer_bias
        return found

    def odds(self, vectors: Floats) -> Floats:
        """Return how likely each vector is of the second of two sorts, as the logarithm of the odds, shape (...)."""
        logits = self.logits(vectors)
        return logits[..., 1] - logits[..., 0]

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return under("network", vars(self))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Network:
        """Rebuild the network from `to_arrays`."""
        ours = within("network", arrays)
        return cls(*(np.ascontiguousarray(ours[name], np.float32) for name in cls.__dataclass_fields__))


def main_axes(vectors: Floats, most: int = _AXES) -> Floats:
    """Return the directions in which the vectors differ most, strongest last, shape (dimensions, ``most`` or fewer)."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    return np.ascontiguousarray(axes[:, -most:], np.float32)
