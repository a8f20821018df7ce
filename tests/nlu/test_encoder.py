"""The encoder: alone or among many, a sentence has one vector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.encoder import DIMENSIONS, Encoder

SENTENCES = ["can i go alone", "will they tell mum", "what is a chaperone and may i have one please", "ok"] * 2


def test_a_sentence_has_the_same_vector_alone_and_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.encoder.FOLDER", tmp_path)
    encoder = Encoder()
    together, alone = encoder.encode_many(SENTENCES), encoder.encode(SENTENCES)
    assert together.shape == (len(SENTENCES), DIMENSIONS)
    assert np.allclose(together, alone, atol=1e-4)


def test_a_single_new_question_is_encoded_beside_those_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.encoder.FOLDER", tmp_path)
    encoder = Encoder()
    encoder.encode_many(SENTENCES)
    assert encoder.encode_many([*SENTENCES, "a new one"]).shape == (len(SENTENCES) + 1, DIMENSIONS)


def test_no_sentences_have_no_vectors() -> None:
    assert Encoder().encode([]).shape == (0, DIMENSIONS)
