"""Which of the training sentences stand nearest to a message: a look at every one would take longer than all the rest.

What is gained by it: docs/decisions/0002-understanding.md (how sure a topic is) and 0004-danger.md (what is danger).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.network import main_axes
from bot.nlu.regression import Floats, Rows

# Nearness along these directions is nearly that along all (correlation 0.94), in a third of the time and memory.
_AXES = 256
# Sentences are kept by the place they stand nearest to, and those of the places nearest to a message are looked at: five in six
# of the true neighbours are among them. To look at all takes twenty times as long, and judges no better.
_PLACES, _LOOKED_AT, _LEAST = 512, 16, 64
# Places settle in so many rounds, and every eighth sentence is enough for it.
_ROUNDS, _EVERY = 4, 8


@dataclass(frozen=True)
class Neighbours:
    """Sentence vectors along the directions in which they differ most, by the place they stand nearest to.

    Attributes:
        axes: the directions, strongest last, shape (dimensions, directions).
        places: means of sentences that stand together, shape (places, directions).
        starts: where the sentences of each place start in ``memory``, and where the last ones end, shape (places + 1,).
        memory: the vectors along the directions, shape (sentences, directions).
        numbers: which sentence each of them is, shape (sentences,).
    """

    axes: Floats
    places: Floats
    starts: Rows
    memory: Floats
    numbers: Rows

    @classmethod
    def of(cls, vectors: Floats, axes: Floats | None = None) -> Neighbours:
        """Remember unit ``vectors``, shape (sentences, dimensions); their main ``axes`` are found unless they are known."""
        axes = main_axes(vectors, _AXES) if axes is None else np.ascontiguousarray(axes[:, -_AXES:])
        along = vectors @ axes
        places = _settled(along[::_EVERY], min(_PLACES, 1 + len(along) // _LEAST))
        place = _nearest_places(along, places)
        numbers = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[numbers], np.arange(len(places) + 1))
        return cls(axes, places, starts, along[numbers], numbers)

    def __getitem__(self, rows: Rows) -> Neighbours:
        """Return some of the sentences, by their numbers in rising order, at the same places; the first of them is number 0."""
        kept = np.isin(self.numbers, rows)
        starts = np.append(0, np.cumsum(kept))[self.starts]
        return replace(self, starts=starts, memory=self.memory[kept], numbers=np.searchsorted(rows, self.numbers[kept]))

    def nearest(self, vector: Floats, count: int) -> tuple[Rows, Floats]:
        """Return the numbers of the ``count`` nearest sentences, in no order, and their cosines (-1 to 1)."""
        along = vector @ self.axes
        spans = [slice(*self.starts[place : place + 2]) for place in _largest(self.places @ along, _LOOKED_AT)]
        cosines = np.concatenate([self.memory[span] @ along for span in spans])
        best = _largest(cosines, count)
        return np.concatenate([self.numbers[span] for span in spans])[best], cosines[best]

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return under("near", vars(self) | {"memory": self.memory.astype(np.float16)})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Neighbours:
        """Rebuild the neighbours from `to_arrays`."""
        ours = within("near", arrays)
        axes, places, memory = (np.ascontiguousarray(ours[name], np.float32) for name in ("axes", "places", "memory"))
        starts, numbers = (ours[name].astype(np.intp) for name in ("starts", "numbers"))
        return cls(axes, places, starts, memory, numbers)


def _settled(along: Floats, count: int) -> Floats:
    """Return ``count`` places, each the mean of the vectors that stand nearest to it (Lloyd's rounds of k-means)."""
    places: Floats = along[np.linspace(0, len(along) - 1, count, dtype=np.intp)]
    for _ in range(_ROUNDS):
        place = _nearest_places(along, places)
        sums = np.zeros_like(places)
        np.add.at(sums, place, along)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        places = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), places)
    return places


def _nearest_places(along: Floats, places: Floats) -> Rows:
    return np.concatenate([np.argmax(some @ places.T, axis=1) for some in np.array_split(along, 1 + len(along) // 4096)])


def _largest(numbers: Floats, count: int) -> Rows:
    """Return where the ``count`` largest numbers stand, in no order; all of them if there are no more."""
    return np.argpartition(-numbers, count)[:count] if count < len(numbers) else np.arange(len(numbers))
