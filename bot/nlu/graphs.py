"""Graphs of onnxruntime's own operators, made once from a wheel's numbers and kept: they run without Python's lock."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bot.nlu.vectors import whole

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Array = npt.NDArray[Any]
Shape = Sequence[str | int]

OURS = "com.microsoft"  # onnxruntime's operators beyond the standard's
_OPERATORS, _FORMAT = 17, 8  # versions of the standard's operators, and of its files, that all our onnxruntimes read
_SEAL = 32  # bytes of a SHA-256


class Graph:
    """A graph in the making: its methods add operators and return the name of what comes out."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Array) -> str:
        """Numbers of the model."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, domain: str, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """One operator; several outputs come as a list of names."""
        from onnx import helper

        names = [f"{len(self.nodes)}.{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names if outputs > 1 else names[0]

    def made(self, inputs: Mapping[str, tuple[type[np.generic], Shape]], output: str, shape: Shape) -> bytes:
        """Return the graph as onnxruntime reads it, from ``inputs`` (type and shape of each) to ``output``, of fractions."""
        from onnx import helper

        def value(name: str, kind: type[np.generic], shape: Shape) -> Any:
            return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape)

        starts = [value(name, *sort) for name, sort in inputs.items()]
        graph = helper.make_graph(self.nodes, "graph", starts, [value(output, np.float32, shape)], self.constants)
        versions = [helper.make_opsetid("", _OPERATORS), helper.make_opsetid(OURS, 1)]
        return bytes(helper.make_model(graph, opset_imports=versions, ir_version=_FORMAT).SerializeToString())


def session(build: Callable[[], bytes], kept: Path, module: Path) -> InferenceSession:
    """Return a graph, ready to run on one thread.

    Args:
        build: makes the graph.
        kept: where it is kept; made anew when it is not there, damaged, or made by another version of ``module`` or this one.
        module: the file that ``build`` is in.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    graph = _read(kept, module) or _written(build(), kept, module)
    return onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])


def _read(kept: Path, module: Path) -> bytes | None:
    try:
        content = kept.read_bytes()
    except OSError:
        return None
    graph = content[_SEAL:]
    return graph if content[:_SEAL] == _seal(graph, module) else None


def _written(graph: bytes, kept: Path, module: Path) -> bytes:
    """Keep the graph, whole or not at all; where nothing can be written it is made at every start."""
    with contextlib.suppress(OSError), whole(kept) as file:
        file.write(_seal(graph, module))
        file.write(graph)
    return graph


def _seal(graph: bytes, module: Path) -> bytes:
    """Return what tells this graph, whole, from a damaged one or one that other code made."""
    seal = hashlib.sha256(module.read_bytes() + Path(__file__).read_bytes())
    seal.update(graph)
    return seal.digest()
