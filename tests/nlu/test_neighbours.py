"""Which training questions a message stands nearest to, on vectors of our own."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.neighbours import Neighbours
from bot.nlu.regression import Floats


def _sentences(count: int) -> Floats:
    """Vectors that stand together in groups, as questions about one thing do."""
    random = np.random.default_rng(0)
    groups = random.normal(size=(40, 256))
    return (groups[random.integers(0, 40, count)] + random.normal(0, 0.7, (count, 256))).astype(np.float32)


@pytest.mark.parametrize("questions", [3, 250, 4000])
def test_the_nearest_questions_are_those_that_a_look_at_every_one_finds(questions: int) -> None:
    memory = _sentences(questions)
    near = Neighbours.of(memory)
    found = 0
    for row in range(0, questions, max(1, questions // 50)):
        asked = memory[row] + np.random.default_rng(row).normal(0, 0.05, 256).astype(np.float32)
        rows, cosines = near.nearest(asked, 5)
        assert rows[cosines.argmax()] == row
        assert cosines == pytest.approx(memory[rows] @ asked, rel=1e-2)
        found += len(set(rows.tolist()) & set(np.argsort(-(memory @ asked))[:5].tolist()))
    assert found >= 0.9 * len(range(0, questions, max(1, questions // 50))) * min(5, questions)


def test_some_of_the_questions_keep_their_order() -> None:
    memory = _sentences(1000)
    rows = np.arange(0, 1000, 3)
    near = Neighbours.of(memory)[rows]
    for number, row in enumerate(rows[:50]):
        found, cosines = near.nearest(memory[row], 1)
        assert found.tolist() == [number]
        assert cosines == pytest.approx([memory[row] @ memory[row]], rel=1e-2)


def test_neighbours_are_the_same_when_read_again() -> None:
    memory = _sentences(300)
    near = Neighbours.of(memory)
    again = Neighbours.from_arrays(near.to_arrays())
    assert again.nearest(memory[7], 4)[0].tolist() == near.nearest(memory[7], 4)[0].tolist()
