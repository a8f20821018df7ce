"""Meaning and wording joined, on vectors and words of our own."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.corpus import Corpus
from bot.nlu.views import Views

LABELS = ("book", "pharmacy", "letters", "notes")


@pytest.mark.parametrize("count", [2, 3, 4])
def test_where_the_words_say_nothing_the_meaning_decides(count: int) -> None:
    vectors = (np.repeat(np.eye(4)[:count], 20, axis=0) + np.random.default_rng(0).normal(0, 0.05, (20 * count, 4))).astype(
        np.float32
    )
    answers = np.repeat(np.arange(count), 20).astype(np.int32)
    views = Views.train(LABELS[:count], Corpus.of(["can i do that"] * len(vectors), vectors, {}), answers)
    for number in range(count):
        shares, worded = views.shares(np.eye(4, dtype=np.float32)[number], "can i do that")
        assert int(shares.argmax()) == number
        assert worded == pytest.approx(np.full(count, 1 / count), abs=0.01)


def test_many_sentences_at_once_are_judged_as_one_by_one() -> None:
    texts = ["can i see her alone", "does the chemist help", "can she see my letters"] * 4
    vectors = np.tile(np.eye(4, dtype=np.float32)[:3], (4, 1))
    corpus = Corpus.of(texts, vectors, {r"\bshe\b": "parent"})
    views = Views.train(LABELS[:3], corpus, np.tile(np.arange(3, dtype=np.int32), 4))
    together, worded = views.shares_of(corpus[np.array([1, 2])])
    for row, text in enumerate(texts[1:3]):
        one, one_worded = views.shares(vectors[row + 1], text)
        assert together[row] == pytest.approx(one, abs=1e-5)
        assert worded[row] == pytest.approx(one_worded, abs=1e-5)
