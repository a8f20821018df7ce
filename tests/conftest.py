"""What tests share: the real answers, an engine that runs once a session, a doorway on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.answers import Book, Library
from bot.doorway import Doorway
from bot.engine import Engine
from bot.messages import Incoming, Turn
from bot.nlu.phrases import SafetyRules
from bot.settings import ROOT, Settings


@pytest.fixture(scope="session", autouse=True)
def rules_once() -> Iterator[None]:
    """Read the phrase rules of a folder once for all tests: nobody changes them, and hundreds of doorways open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SafetyRules, "load", cache(SafetyRules.load))
        yield


@pytest.fixture(scope="session")
def book() -> Book:
    return Library(ROOT / "data").book


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    var = tmp_path_factory.mktemp("var")
    return Settings.from_env({"PATH": "/usr/bin:/bin", "OWNIT_VAR": str(var), "OWNIT_KEY": "k" * 40})


@pytest.fixture(scope="session")
def engine_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "engine.log"


@pytest.fixture(scope="session")
def engine(settings: Settings, engine_log: Path) -> Iterator[Settings]:
    """A real engine and action server on free ports; yields the settings that name them."""
    from bot.commands.train import ensure_model
    from bot.stack import running

    ensure_model()
    with running(settings, engine_log) as chosen:
        yield chosen


Say = Callable[..., Turn]


@pytest.fixture
def say(engine: Settings) -> Iterator[Say]:
    """Says a message through a real doorway, as one person unless told otherwise."""
    loop = asyncio.new_event_loop()
    client = Engine(engine.engine_url, time_limit=10)
    doorway = Doorway(engine, client, limited=False)
    counter = iter(range(10**6))
    fresh = f"person-{id(loop)}-{next(counter)}"

    def send(text: str | None = None, person: str = fresh, channel: str = "web", **fields: object) -> Turn:
        return loop.run_until_complete(doorway.handle(Incoming(person, channel, text=text, **fields)))  # type: ignore[arg-type]

    yield send
    loop.run_until_complete(client.close())
    loop.close()
