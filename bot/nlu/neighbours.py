"""Which of the training sentences stand nearest to a message: a look at every one would take longer than all the rest.

What is gained by it: docs/decisions/0002-understanding.md (how sure a topic is) and 0004-danger.md (what is danger).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.network import main_axes
from bot.nlu.regression import Floats

Rows = npt.NDArray[np.intp]

# Nearness along these directions is nearly that along all (correlation 0.94), in a third of the time and memory.
_AXES = 256
# Of the nearest, nine in ten are among the few hundred nearest along the strongest of them: those that are as near as the
# 40th of every sixteenth sentence. To look at all of them takes ten times as long, and judges no better.
_FIRST_AXES, _EVERY, _FIRST = 48, 16, 40


@dataclass(frozen=True)
class Neighbours:
    """Sentence vectors along the directions in which they differ most.

    Attributes:
        axes: the directions, strongest last, shape (dimensions, directions).
        memory: the vectors along them, shape (sentences, directions).
    """

    axes: Floats
    memory: Floats

    @classmethod
    def of(cls, vectors: Floats) -> Neighbours:
        """Remember unit ``vectors``, shape (sentences, dimensions)."""
        axes = main_axes(vectors, _AXES)
        return cls(axes, vectors @ axes)

    def __getitem__(self, rows: Rows) -> Neighbours:
        """Return some of the sentences, by their numbers, along the same directions."""
        return replace(self, memory=self.memory[rows])

    def nearest(self, vector: Floats, count: int) -> tuple[Rows, Floats]:
        """Return the numbers of the ``count`` nearest sentences, in no order, and their cosines (-1 to 1)."""
        along = vector @ self.axes
        rows = _some_of_the_largest(self._first @ along[-_FIRST_AXES:])
        cosines = self.memory[rows] @ along
        best = np.argpartition(-cosines, count)[:count] if count < len(cosines) else np.arange(len(cosines))
        return rows[best], cosines[best]

    @cached_property
    def _first(self) -> Floats:
        return np.ascontiguousarray(self.memory[:, -_FIRST_AXES:])

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return arrays that ``numpy.savez`` writes without pickling."""
        return under("near", {"axes": self.axes, "memory": self.memory.astype(np.float16)})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Neighbours:
        """Rebuild the neighbours from `to_arrays`."""
        ours = within("near", arrays)
        return cls(*(np.ascontiguousarray(ours[name], np.float32) for name in ("axes", "memory")))


def _some_of_the_largest(numbers: Floats) -> Rows:
    """Return where some hundreds of the largest numbers stand; all of them if there are no more."""
    sample = numbers[::_EVERY]
    if len(sample) <= _FIRST:
        return np.arange(len(numbers))
    return np.flatnonzero(numbers >= np.partition(sample, -_FIRST)[-_FIRST])
