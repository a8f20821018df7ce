"""Two views of a sentence, meaning and wording, joined into one probability for each label.

One is small networks over the sentence vectors (`bot.nlu.network`), one a logistic regression over the words
(`bot.nlu.wording`). Their logarithms are averaged: both have to find a label likely. What the second
view gains: docs/decisions/0002-understanding.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.corpus import Corpus
from bot.nlu.network import Network
from bot.nlu.regression import Floats, softmax
from bot.nlu.wording import Wording

_WORDS_WEIGH = 0.5  # of the two logarithms; the vectors' has the rest


@dataclass(frozen=True)
class Views:
    """Both trained views, all arrays.

    Attributes:
        labels: what a sentence may be, in the order of the views' numbers.
        meaning: the view of vectors; ``wording``: the view of words.
    """

    labels: tuple[str, ...]
    meaning: Network
    wording: Wording

    @classmethod
    def train(
        cls,
        labels: tuple[str, ...],
        corpus: Corpus,
        answers: npt.NDArray[np.int32],
    ) -> Views:
        """Fit both views on a corpus; of the ``labels``, ``answers`` holds the number of each sentence's."""
        meaning = Network.train(corpus.vectors, answers, len(labels), axes=corpus.axes)
        return cls(labels, meaning, Wording.train(corpus.counted, answers, len(labels)))

    def shares(self, vector: Floats, text: str) -> tuple[Floats, Floats]:
        """Return the probability of each label by both views together, and by the words alone."""
        return self._joined(vector, self.wording.shares(text))

    def shares_of(self, corpus: Corpus) -> tuple[Floats, Floats]:
        """Return `shares` of many sentences at once, each of shape (sentences, labels)."""
        return self._joined(corpus.vectors, self.wording.shares_of(corpus.counted))

    def _joined(self, vectors: Floats, worded: Floats) -> tuple[Floats, Floats]:
        return softmax((1 - _WORDS_WEIGH) * self.meaning.logits(vectors) + _WORDS_WEIGH * np.log(worded + 1e-9)), worded

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the views as arrays that ``numpy.savez`` writes without pickling."""
        labels = np.frombuffer(json.dumps(self.labels).encode(), np.uint8)
        return {"labels": labels, **self.meaning.to_arrays(), **self.wording.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Views:
        """Rebuild the views from `to_arrays`."""
        labels = tuple(json.loads(bytes(arrays["labels"].astype(np.uint8))))
        return cls(labels, Network.from_arrays(arrays), Wording.from_arrays(arrays))
