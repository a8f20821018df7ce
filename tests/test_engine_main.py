"""What the engine changes about Rasa's way of serving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import numpy as np

from bot.engine_main import _by_intent, _in_turn
from bot.nlu.components import PARSED
from bot.nlu.understand import Parsed


class _Processor:
    """Rasa's processor, as far as a message ahead of its turn needs it; ``broken`` is the message that no encoder can read."""

    broken: int | None = None

    @property
    def graph_runner(self) -> _Processor:
        return self

    @contextmanager
    def ahead(self, inputs: dict[str, list[int]], last: str) -> Iterator[list[dict[str, Parsed]]]:
        parsed = Parsed("", encoded=Future())
        assert parsed.encoded is not None
        if inputs["__message__"] == [self.broken]:
            parsed.encoded.set_exception(ValueError())
        else:
            parsed.encoded.set_result(np.zeros((1, 2), np.float32))
        yield [{PARSED: parsed}]


async def _look_up(said: list[str]) -> None:
    """A conversation with the action server: each step of it comes with the next round of the event loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    said.append("look-up")


def test_a_look_up_does_not_wait_until_everybody_elses_message_is_understood() -> None:
    said: list[str] = []

    async def parse(_: _Processor, number: int) -> None:
        said.append(f"message {number}")

    async def together() -> None:
        ours, processor = _in_turn(parse), _Processor()
        await asyncio.gather(*(ours(processor, number) for number in range(8)), _look_up(said))

    asyncio.run(together())
    assert said.index("look-up") < said.index("message 7")
    assert [s for s in said if s != "look-up"] == [f"message {number}" for number in range(8)]


def test_a_message_that_cannot_be_understood_lets_the_next_one_in() -> None:
    processor = _Processor()
    processor.broken = 0

    async def parse(ours: _Processor, number: int) -> int:
        if number == ours.broken:
            raise ValueError
        return number

    async def together() -> list[object]:
        ours = _in_turn(parse)
        return await asyncio.gather(*(ours(processor, number) for number in range(3)), return_exceptions=True)

    first, *rest = asyncio.run(together())
    assert isinstance(first, ValueError)
    assert rest == [1, 2]


def test_only_rules_that_the_last_intent_does_not_rule_out_are_tried() -> None:
    def fitting(policy: object, lookup: dict[str, str], states: list[object]) -> set[str]:
        return set(lookup)

    class Policy:
        @staticmethod
        def _rule_key_to_state(key: str) -> list[dict[str, dict[str, str]]]:
            return [{"user": {"intent": "thanks"}}, {"user": {"intent": key}} if key else {}]

    states = [{"user": {"intent": "thanks"}}, {"user": {"intent": "greet"}}]
    assert _by_intent(fitting)(Policy(), {"greet": "a", "thanks": "b", "": "c"}, states) == {"greet", ""}
