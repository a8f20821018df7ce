"""Order and repetition: one chat's messages one after another, many chats at once, none twice."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.channels.lanes import MOST_OF_ONE, Lanes, Recent


def _run(scenario: object) -> None:
    asyncio.run(scenario)  # type: ignore[arg-type]


def test_jobs_of_one_key_run_in_order_and_those_of_others_beside_them() -> None:
    async def scenario() -> None:
        lanes, done, gate = Lanes(100), [], asyncio.Event()

        async def job(name: str, waits: bool = False) -> None:
            if waits:
                await gate.wait()
            done.append(name)

        lanes.put("a", partial(job, "a1", waits=True))
        lanes.put("a", partial(job, "a2"))
        lanes.put("b", partial(job, "b1"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == ["b1"]
        gate.set()
        assert await lanes.drain(5) == 0
        assert done == ["b1", "a1", "a2"]

    _run(scenario())


def test_a_job_that_fails_stops_neither_the_next_nor_the_others() -> None:
    async def scenario() -> None:
        lanes, done = Lanes(100), []

        async def bad() -> None:
            raise RuntimeError

        async def good() -> None:
            done.append(1)

        for job in (bad, good, bad, good):
            lanes.put("a", job)
        assert await lanes.drain(5) == 0
        assert done == [1, 1]

    _run(scenario())


def test_full_lanes_let_nobody_in_until_there_is_room() -> None:
    async def scenario() -> None:
        lanes, gate = Lanes(2), asyncio.Event()
        for key in ("a", "b"):
            lanes.put(key, partial(_wait, gate))
        assert lanes.full
        room = asyncio.create_task(lanes.room())
        await asyncio.sleep(0)
        assert not room.done()
        gate.set()
        await asyncio.wait_for(room, 5)
        assert not lanes.full
        await lanes.drain(5)

    _run(scenario())


def test_one_who_floods_takes_no_more_than_a_share_of_the_room() -> None:
    async def scenario() -> None:
        lanes, gate = Lanes(10_000), asyncio.Event()
        put = [lanes.put("a", partial(_wait, gate)) for _ in range(MOST_OF_ONE + 1)]
        assert put == [True] * MOST_OF_ONE + [False]
        assert lanes.put("b", partial(_wait, gate))
        gate.set()
        assert await lanes.drain(5) == 0

    _run(scenario())


def test_draining_ends_what_takes_too_long_and_says_how_much_was_lost() -> None:
    async def scenario() -> None:
        lanes = Lanes(100)
        for key in ("a", "a", "b"):
            lanes.put(key, partial(_wait, asyncio.Event()))
        assert await lanes.drain(0.01) == 3

    _run(scenario())


async def _wait(gate: asyncio.Event) -> None:
    await gate.wait()


@pytest.mark.parametrize(("added", "known"), [([1, 2, 3], [2, 3]), ([1, 2, 1, 3], [1, 3])])
def test_the_newest_keys_are_remembered(added: list[int], known: list[int]) -> None:
    recent = Recent(2)
    for key in added:
        recent.add(key)
    assert [key for key in (1, 2, 3) if key in recent] == known


def test_a_key_is_new_once_and_again_when_it_was_forgotten() -> None:
    recent = Recent(2)
    assert [recent.add(1), recent.add(1)] == [True, False]
    recent.drop(1)
    assert recent.add(1)
