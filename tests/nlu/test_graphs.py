"""Graphs that are made once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.graphs import Graph, session

MODULE = Path(__file__)


def doubling() -> bytes:
    graph = Graph()
    twice = graph.add("", "Mul", "numbers", graph.constant("two", np.array([2], np.float32)))
    return graph.made({"numbers": (np.float32, ["count"])}, twice, ["count"])


def doubled(kept: Path) -> list[float]:
    found: list[float] = session(doubling, kept, MODULE).run(None, {"numbers": np.array([1, 4], np.float32)})[0].tolist()
    return found


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "graph.onnx"
    assert doubled(path) == [2, 8]
    return path


def test_a_graph_that_is_kept_is_not_made_again(kept: Path) -> None:
    session(lambda: pytest.fail("made again"), kept, MODULE)


@pytest.mark.parametrize("left", [0, 40, -1])
def test_a_graph_that_was_cut_off_is_made_again(kept: Path, left: int) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(whole[:left])
    assert doubled(kept) == [2, 8]
    assert kept.read_bytes() == whole


def test_a_graph_that_other_code_made_is_made_again(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "module.py"
    other.write_text("# another version")
    made = []
    session(lambda: made.append(1) or doubling(), kept, other)
    assert made


def test_where_nothing_can_be_written_the_graph_is_made_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("not a folder")
    assert doubled(tmp_path / "a file" / "graph.onnx") == [2, 8]
