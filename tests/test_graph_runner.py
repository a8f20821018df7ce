"""Our way through Rasa's graph gives what Rasa's own does, on a small graph that is no model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage

from bot.graph_runner import StepByStep

pytestmark = pytest.mark.engine


class Add(GraphComponent):
    """Adds what it is given; remembers how often it ran."""

    runs = 0

    @classmethod
    def create(cls, *_: Any, **__: Any) -> Add:
        return cls()

    def run(self, a: int, b: int) -> int:
        Add.runs += 1
        return a + b


def _node(**needs: str) -> SchemaNode:
    return SchemaNode(needs=needs, uses=Add, fn="run", constructor_name="create", config={}, eager=True)


GRAPH = GraphSchema(
    {
        "twice": _node(a="once", b="once"),
        "once": _node(a="x", b="y"),
        "all": _node(a="twice", b="y"),
        "other": _node(a="x", b="x"),
    }
)


@pytest.fixture
def runners(tmp_path: Path) -> list[DaskGraphRunner]:
    storage = LocalModelStorage.create(tmp_path)
    return [kind.create(GRAPH, storage, ExecutionContext(GRAPH)) for kind in (StepByStep, DaskGraphRunner)]


@pytest.mark.parametrize("targets", [["all"], ["twice", "other"], ["once"]])
def test_the_targets_come_out_as_by_rasas_own_runner(runners: list[DaskGraphRunner], targets: list[str]) -> None:
    ours, theirs = (runner.run({"x": 2, "y": 3}, targets) for runner in runners)
    assert ours == theirs
    assert list(ours) == targets


def test_a_step_runs_once_and_only_when_a_target_needs_it(runners: list[DaskGraphRunner]) -> None:
    Add.runs = 0
    assert runners[0].run({"x": 2, "y": 3}, ["twice"]) == {"twice": 10}
    assert Add.runs == 2


def test_what_is_missing_or_bears_the_name_of_a_step_is_refused(runners: list[DaskGraphRunner]) -> None:
    with pytest.raises(GraphRunError):
        runners[0].run({"x": 2}, ["once"])
    with pytest.raises(GraphRunError):
        runners[0].run({"x": 2, "y": 3, "once": 1}, ["all"])


def test_what_ran_ahead_is_not_run_again(runners: list[DaskGraphRunner]) -> None:
    ours = runners[0]
    assert isinstance(ours, StepByStep)
    Add.runs = 0
    with ours.ahead({"x": 2, "y": 3}, "once") as put_out:
        assert put_out == 5
        assert ours.run({"x": 2, "y": 3}, ["all"]) == {"all": 13}
    assert Add.runs == 3


def test_what_ran_ahead_of_one_message_is_never_taken_for_anothers(runners: list[DaskGraphRunner]) -> None:
    ours = runners[0]
    assert isinstance(ours, StepByStep)

    async def one(x: int) -> int:
        with ours.ahead({"x": x, "y": 3}, "once"):
            await asyncio.sleep(0)
            found: int = ours.run({"x": x, "y": 3}, ["twice"])["twice"]
            return found

    async def together() -> list[int]:
        return await asyncio.gather(*map(one, range(8)))

    assert asyncio.run(together()) == [2 * (x + 3) for x in range(8)]
    assert ours.run({"x": 1, "y": 1}, ["once"]) == {"once": 2}
