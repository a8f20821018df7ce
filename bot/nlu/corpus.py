"""Training texts and all that is learnt from: each one's vector, and its words counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.nlu.network import main_axes
from bot.nlu.regression import Floats, Rows
from bot.nlu.wording import Counted


@dataclass(frozen=True)
class Corpus:
    """Mended texts, read once for all that learns from some of them.

    Attributes:
        texts: the texts; ``vectors``: the unit vector of each, shape (texts, dimensions).
        counted: their words.
        axes: the `main_axes` of all texts, also where only some of them are left.
    """

    texts: Sequence[str]
    vectors: Floats
    counted: Counted
    axes: Floats

    @classmethod
    def of(cls, texts: Sequence[str], vectors: Floats, alike: Mapping[str, str]) -> Corpus:
        """Read texts with their vectors; ``alike`` words count as one (`bot.nlu.wording.read_alike`)."""
        return cls(texts, vectors, Counted.of(texts, alike), main_axes(vectors))

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.texts)

    def __getitem__(self, rows: Rows) -> Corpus:
        """Return some of the texts, by their numbers."""
        return replace(self, texts=[self.texts[i] for i in rows], vectors=self.vectors[rows], counted=self.counted[rows])
