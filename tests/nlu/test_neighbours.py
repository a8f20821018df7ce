"""Which training questions a message stands nearest to, on vectors of our own."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.neighbours import Neighbours


@pytest.mark.parametrize("questions", [3, 250, 4000])
def test_the_nearest_questions_are_those_that_a_look_at_every_one_finds(questions: int) -> None:
    random = np.random.default_rng(0)
    # As with real questions, most of what tells them apart lies along the last directions.
    memory = (random.normal(size=(questions, 256)) * np.linspace(0.05, 1, 256)).astype(np.float32)
    near = Neighbours(np.eye(256, dtype=np.float32), memory)
    found = 0
    for row in range(0, questions, max(1, questions // 50)):
        asked = memory[row] + random.normal(0, 0.05, 256).astype(np.float32)
        rows, cosines = near.nearest(asked, 5)
        assert rows[cosines.argmax()] == row
        assert cosines == pytest.approx(memory[rows] @ asked, rel=1e-4)
        found += len(set(rows.tolist()) & set(np.argsort(-(memory @ asked))[:5].tolist()))
    assert found >= 0.75 * len(range(0, questions, max(1, questions // 50))) * min(5, questions)
