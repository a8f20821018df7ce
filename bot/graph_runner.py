"""Rasa's graph run step by step: what dask, made for clusters, adds to a message is a twelfth of its time.

The graph of a bot that serves is the same for every message, so the order of its steps is found once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner

_AHEAD: ContextVar[dict[str, tuple[str, Any]]] = ContextVar("steps that ran ahead", default={})  # noqa: B039 - only read


class StepByStep(DaskGraphRunner):
    """Runs the steps that Rasa's own runner would, in this thread and without planning anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the steps, as Rasa's own runner does."""
        super().__init__(*args, **kwargs)
        self._orders: dict[tuple[str, ...], Sequence[str]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Return the output of each target (Rasa's graph protocol).

        Raises:
            GraphRunError: an input bears the name of a step, or a step lacks something.
        """
        inputs = inputs or {}
        if clash := inputs.keys() & self._graph_schema.nodes.keys():
            raise GraphRunError(f"Inputs bear the names of steps: {sorted(clash)}")
        wanted = tuple(targets or self._graph_schema.target_names)
        done = _AHEAD.get() | {name: (name, value) for name, value in inputs.items()}
        self._run(wanted, done)
        return dict(done[name] for name in wanted)

    @contextmanager
    def ahead(self, inputs: dict[str, Any], last: str) -> Iterator[Any]:
        """Run all up to the step that bears ``last`` in its name and yield its output; a `run` inside goes on from there."""
        step = next(name for name in self._graph_schema.nodes if last in name)
        done = {name: (name, value) for name, value in inputs.items()}
        self._run((step,), done)
        before = _AHEAD.set({name: done[name] for name in self._order((step,))})
        try:
            yield done[step][1]
        finally:
            _AHEAD.reset(before)

    def _run(self, targets: tuple[str, ...], done: dict[str, tuple[str, Any]]) -> None:
        """Run the steps that the targets need and that are not ``done``, and put down what comes out."""
        for name in self._order(targets):
            if name not in done:
                # A step tells by name, and not by a pair, which input it was not given.
                needs = (done.get(need, need) for need in self._graph_schema.nodes[name].needs.values())
                done[name] = self._instantiated_nodes[name](*needs)

    def _order(self, targets: tuple[str, ...]) -> Sequence[str]:
        if targets not in self._orders:
            nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
            order = TopologicalSorter({name: node.needs.values() for name, node in nodes.items()}).static_order()
            self._orders[targets] = [name for name in order if name in nodes]
        return self._orders[targets]
