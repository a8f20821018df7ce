"""Which engine a conversation belongs to, and what the front does when one fails."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine import Engine
from bot.errors import EngineError
from bot.messages import Incoming, Reply, Turn
from bot.ring import Ring

ONE, TWO, THREE = "http://one:5005", "http://two:5005", "http://three:5005"
HELLO = Turn("answered", (Reply("greet", ("Hello.",)),), "greet", 1.0, ("greet",))
Behaviour = Callable[[httpx.Request], httpx.Response]


@given(st.text(max_size=40), st.permutations([ONE, TWO, THREE]))
def test_every_front_finds_the_same_engine_whatever_the_order_of_its_list(person: str, urls: list[str]) -> None:
    assert Ring(urls).order(person) == Ring([ONE, TWO, THREE]).order(person)


def test_conversations_are_spread_evenly() -> None:
    counts = Counter(Ring([ONE, TWO, THREE]).order(f"person-{n}")[0] for n in range(3000))
    assert all(800 < counts[url] < 1200 for url in (ONE, TWO, THREE))


def test_only_the_conversations_of_an_engine_that_is_taken_away_move() -> None:
    people = [f"person-{n}" for n in range(300)]
    before = {p: Ring([ONE, TWO, THREE]).order(p)[0] for p in people}
    after = {p: Ring([ONE, TWO]).order(p)[0] for p in people}
    assert {before[p] for p in people if before[p] != after[p]} == {THREE}


def test_an_engine_that_failed_is_asked_last_for_a_while_only() -> None:
    now = [100.0]
    ring = Ring([ONE, TWO], lambda: now[0])
    home, other = ring.order("person")
    ring.failed(home)
    assert ring.order("person") == [other, home]
    now[0] += 60
    assert ring.order("person") == [home, other]


def test_when_all_have_failed_the_order_is_as_before() -> None:
    ring = Ring([ONE, TWO])
    before = ring.order("person")
    for url in before:
        ring.failed(url)
    assert ring.order("person") == before


class Engines:
    """Engines that do what each was told to, and note who was asked."""

    def __init__(self, **behaviours: Behaviour) -> None:
        self.behaviours, self.asked = behaviours, []  # type: tuple[dict[str, Behaviour], list[str]]  # type: ignore[assignment]
        self.headers: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.asked.append(host)
        self.headers.append(request.headers.get("authorization"))
        return self.behaviours.get(host, answers)(request)


def answers(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[{"custom": HELLO.as_dict()}])


def silent(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[])


def garbage(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"\xff<html>")


def odd(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"custom": 5})


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def cut_off(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset", request=request)


def hung(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


def ask(engines: Engines, person: str = "person", urls: str = f"{ONE},{TWO}", secret: str = "") -> Turn:
    async def once() -> Turn:
        engine = Engine(urls, secret=secret, transport=httpx.MockTransport(engines))
        try:
            return await engine.ask(Incoming(person, "web", text="hi"))
        finally:
            await engine.close()

    return asyncio.run(once())


def home_first() -> tuple[str, str]:
    first, second = (url.removeprefix("http://").partition(":")[0] for url in Ring([ONE, TWO]).order("person"))
    return first, second


@pytest.mark.parametrize("fault", [refused, cut_off, silent, garbage, odd])
def test_a_message_that_one_engine_loses_is_answered_by_the_next(fault: Behaviour) -> None:
    home, other = home_first()
    engines = Engines(**{home: fault})
    assert ask(engines) == HELLO
    assert engines.asked == [home, other]


def test_an_engine_that_is_too_slow_is_not_followed_by_another_wait() -> None:
    home, _ = home_first()
    engines = Engines(**{home: hung})
    with pytest.raises(EngineError):
        ask(engines)
    assert engines.asked == [home]


def test_after_a_hang_the_next_message_goes_to_another_engine() -> None:
    home, other = home_first()
    engines = Engines(**{home: hung})

    async def twice() -> Turn:
        engine = Engine(f"{ONE},{TWO}", transport=httpx.MockTransport(engines))
        with pytest.raises(EngineError):
            await engine.ask(Incoming("person", "web", text="hi"))
        turn = await engine.ask(Incoming("person", "web", text="hi"))
        await engine.close()
        return turn

    assert asyncio.run(twice()) == HELLO
    assert engines.asked == [home, other]


def test_when_every_engine_fails_the_front_is_told_and_each_was_asked_once() -> None:
    engines = Engines(one=refused, two=cut_off)
    with pytest.raises(EngineError):
        ask(engines)
    assert sorted(engines.asked) == ["one", "two"]


def test_the_clusters_secret_goes_with_every_message_and_nothing_goes_without_one() -> None:
    with_secret, without = Engines(), Engines()
    ask(with_secret, secret="s" * 32)
    ask(without)
    assert with_secret.headers == [f"Bearer {'s' * 32}"]
    assert without.headers == [None]


JSON = st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda o: json.dumps(o).encode())


@given(st.binary(max_size=200) | JSON)
def test_whatever_an_engine_says_the_front_gets_a_turn_or_one_kind_of_error(said: bytes) -> None:
    def say(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=said)

    with pytest.raises(EngineError):
        ask(Engines(one=say, two=say))
