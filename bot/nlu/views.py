"""Two views of a sentence, meaning and wording, joined into one probability for each label.

Each view is a multinomial logistic regression, one over sentence vectors and one over words
(`bot.nlu.wording`). Their logarithms are averaged: both have to find a label likely. What the second
view gains: docs/decisions/0002-understanding.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.regression import Floats, fit, side_by_side
from bot.nlu.wording import Wording

_WORDS_WEIGH = 0.4  # of the two logarithms; the vectors' has the rest


@dataclass(frozen=True)
class Views:
    """Both trained views, all arrays.

    Attributes:
        labels: the label of each row of ``weights``.
        weights: shape (labels, dimensions); ``bias``: shape (labels,).
        wording: the view of words.
    """

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    wording: Wording

    @classmethod
    def train(
        cls,
        labels: tuple[str, ...],
        vectors: Floats,
        texts: Sequence[str],
        answers: npt.NDArray[np.int32],
        alike: Mapping[str, str],
        strength: float,
    ) -> Views:
        """Fit both views.

        Args:
            labels: every label; ``answers`` holds the number of each sentence's.
            vectors: unit sentence vectors, shape (sentences, dimensions).
            texts: the mended sentences themselves.
            alike: words that count as one (`bot.nlu.wording.read_alike`).
            strength: inverse of the smoothing of the vectors' view.
        """
        # A thread each: the regression lets go of Python's lock while it multiplies.
        with side_by_side(2) as pool:
            wording = pool.submit(Wording.train, texts, answers, len(labels), alike)
            weights, bias = fit(vectors, answers, len(labels), strength)
        return cls(labels, weights, bias, wording.result())

    def shares(self, vector: Floats, text: str) -> tuple[Floats, Floats]:
        """Return the probability of each label by both views together, and by the words alone."""
        worded = self.wording.shares(text)
        logits = (1 - _WORDS_WEIGH) * (self.weights @ vector + self.bias) + _WORDS_WEIGH * np.log(worded + 1e-9)
        shares = np.exp(logits - logits.max())
        return shares / shares.sum(), worded

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the views as arrays that ``numpy.savez`` writes without pickling."""
        labels = np.frombuffer(json.dumps(self.labels).encode(), np.uint8)
        return {"labels": labels, "weights": self.weights, "bias": self.bias, **self.wording.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Views:
        """Rebuild the views from `to_arrays`."""
        labels = tuple(json.loads(bytes(arrays["labels"].astype(np.uint8))))
        weights, bias = (np.ascontiguousarray(arrays[name], np.float32) for name in ("weights", "bias"))
        return cls(labels, weights, bias, Wording.from_arrays(arrays))
