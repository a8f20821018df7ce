"""What the engine changes about Rasa's way of serving."""

from __future__ import annotations

import asyncio

from bot.engine_main import _in_turn


async def _look_up(said: list[str]) -> None:
    """A conversation with the action server: each step of it comes with the next round of the event loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    said.append("look-up")


def test_a_look_up_does_not_wait_until_everybody_elses_message_is_understood() -> None:
    said: list[str] = []

    async def parse(number: int) -> None:
        said.append(f"message {number}")

    async def together() -> None:
        ours = _in_turn(parse)
        await asyncio.gather(*(ours(number) for number in range(8)), _look_up(said))

    asyncio.run(together())
    assert said.index("look-up") < said.index("message 7")
    assert [s for s in said if s != "look-up"] == [f"message {number}" for number in range(8)]


def test_a_message_that_cannot_be_understood_lets_the_next_one_in() -> None:
    async def parse(number: int) -> int:
        if number == 0:
            raise ValueError
        return number

    async def together() -> list[object]:
        ours = _in_turn(parse)
        return await asyncio.gather(*(ours(number) for number in range(3)), return_exceptions=True)

    first, *rest = asyncio.run(together())
    assert isinstance(first, ValueError)
    assert rest == [1, 2]
