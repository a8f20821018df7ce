"""Which training questions a message stands nearest to, on vectors of our own."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from bot.nlu.regression import Floats
from bot.nlu.topics import TopicModel
from bot.nlu.views import Views


def _model(memory: Floats) -> TopicModel:
    """Return a model that knows only its neighbours; the main directions come last."""
    axes = np.eye(memory.shape[1], dtype=np.float32)
    return TopicModel(cast(Views, None), axes, memory, np.zeros(len(memory), np.int32), np.zeros(6, np.float32))


@pytest.mark.parametrize("questions", [3, 250, 4000])
def test_the_nearest_questions_are_those_that_a_look_at_every_one_finds(questions: int) -> None:
    random = np.random.default_rng(0)
    # As with real questions, most of what tells them apart lies along the last directions.
    memory = (random.normal(size=(questions, 256)) * np.linspace(0.05, 1, 256)).astype(np.float32)
    model = _model(memory)
    found = 0
    for row in range(0, questions, max(1, questions // 50)):
        asked = memory[row] + random.normal(0, 0.05, 256).astype(np.float32)
        nearest = model.neighbours(asked)
        assert nearest[0] == (row, pytest.approx(float(memory[row] @ asked), rel=1e-4))
        assert [cosine for _, cosine in nearest] == sorted((cosine for _, cosine in nearest), reverse=True)
        found += len({i for i, _ in nearest} & set(np.argsort(-(memory @ asked))[:5].tolist()))
    assert found >= 0.75 * len(range(0, questions, max(1, questions // 50))) * min(5, questions)
