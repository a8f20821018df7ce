"""Meaning and wording joined, on vectors and words of our own."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.views import Views
from bot.nlu.wording import Counted

LABELS = ("book", "pharmacy", "letters", "notes")


@pytest.mark.parametrize("count", [2, 3, 4])
def test_where_the_words_say_nothing_the_meaning_decides(count: int) -> None:
    vectors = (np.repeat(np.eye(4)[:count], 20, axis=0) + np.random.default_rng(0).normal(0, 0.05, (20 * count, 4))).astype(
        np.float32
    )
    answers = np.repeat(np.arange(count), 20).astype(np.int32)
    views = Views.train(LABELS[:count], vectors, Counted.of(["can i do that"] * len(vectors), {}), answers)
    for number in range(count):
        shares, worded = views.shares(np.eye(4, dtype=np.float32)[number], "can i do that")
        assert int(shares.argmax()) == number
        assert worded == pytest.approx(np.full(count, 1 / count), abs=0.01)
