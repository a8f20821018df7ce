"""A front with the Telegram channel, served on loopback in a thread, for tests and the soak.

`FakeDoorway` stands in for the engine, unless the settings of a running engine are given: then `Front`
serves the whole front that ``ownit run`` does.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unittest import mock

import uvicorn
from starlette.applications import Starlette

from bot import front
from bot.answers import Library, payload_of
from bot.channels.telegram import TelegramChannel
from bot.messages import Incoming, Reply, Turn
from bot.settings import ROOT, Settings
from tests.telegram_fake import TOKEN, FakeTelegram, Message

PUBLIC = "https://bot.example.org"
QUESTION = "can i see a doctor alone"


@lru_cache(maxsize=1)
def library() -> Library:
    """Return the real answers, read once for all tests."""
    return Library(ROOT / "data")


class FakeDoorway:
    """Answers from the real book as the engine would, as far as a channel can tell."""

    WORDS = (
        ("kill", "crisis_selfharm_suicide"),
        ("parents", "own_it_4_parents_told"),
        ("pharmac", "own_it_5_pharmacy"),
        ("gp", "gp_contact"),
        ("delete", "delete_my_data"),
    )

    def __init__(self) -> None:
        self.library = library()
        self.heard: list[Incoming] = []
        self.waits: dict[str, float] = {}  # seconds that a text containing this takes
        self.turns: dict[str, Turn] = {}  # what a text gets, instead of an answer of the book
        self.answered: dict[str, float] = {}  # text -> when the doorway was done with it
        self.echo = self.off = False

    async def handle(self, incoming: Incoming) -> Turn:
        """Answer one message."""
        self.heard.append(incoming)
        text = incoming.text or ""
        await asyncio.sleep(next((s for part, s in self.waits.items() if part in text), 0))
        turn = self._turn(incoming, text)
        self.answered[text] = time.monotonic()
        return turn

    def _turn(self, incoming: Incoming, text: str) -> Turn:
        book = self.library.book
        if self.echo or text in self.turns:
            return self.turns.get(text) or Turn("answered", (Reply("echo", (f"You said {text}",)),))
        if incoming.payload is not None and incoming.payload not in book.payloads:
            return Turn("refused", (book.reply("menu"),))
        topic = next((t for w, t in self.WORDS if w in text), "own_it_3_seen_alone")
        if incoming.location:
            topic = "gp_register"
        if incoming.payload:
            topic = next(a for a in book.answers if payload_of(a) == incoming.payload.partition("{")[0])
        reply = book.reply(topic, place=incoming.place)
        return Turn(
            "crisis" if topic.startswith("crisis_") else "answered",
            (reply,),
            topic,
            0.9,
            (topic,),
            awaiting_place=topic == "gp_contact",
            forget=topic == "delete_my_data",
        )

    async def forget(self, person: str) -> None:
        """Do nothing: nothing is kept."""


def said(*texts: str) -> list[str]:
    """Return what an echoing doorway answers to ``texts``."""
    return [f"You said {t}" for t in texts]


class Front:
    """A front that is up between ``with`` and the end of its block."""

    def __init__(
        self, telegram: FakeTelegram, webhook: bool = False, token: str = TOKEN, engine: Settings | None = None
    ) -> None:
        self.telegram = telegram
        env = {"PATH": "/usr/bin:/bin", "OWNIT_KEY": "k" * 40, "OWNIT_VAR": "/nonexistent", **(engine.env if engine else {})}
        env |= {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": telegram.url}
        if webhook:
            env["TELEGRAM_WEBHOOK_URL"] = PUBLIC
        self.settings = Settings.from_env(env)
        self.doorway = FakeDoorway()
        self._real = engine is not None
        self.channel: TelegramChannel

    def __enter__(self) -> Front:
        config = uvicorn.Config(
            self._app(),
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        end = time.monotonic() + 10
        while not self._server.started:
            assert self._thread.is_alive(), "the front did not start"
            assert time.monotonic() < end, "the front did not start in time"
            time.sleep(0.005)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        self.telegram.deliver_to = self.url
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop as on SIGTERM, and wait until it is down."""
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the front did not stop"

    def wait_for(self, state: str, seconds: float = 5) -> None:
        """Wait until Telegram's state is ``state``."""
        end = time.monotonic() + seconds
        while self.channel.state != state:
            assert time.monotonic() < end, f"still {self.channel.state}"
            time.sleep(0.005)

    def _app(self) -> Starlette:
        if self._real:
            with mock.patch.object(front, "TelegramChannel", self._keep):
                return front.make_app(self.settings)
        channel = self._keep(self.doorway, self.settings)

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await channel.start()
            yield
            await channel.stop()

        return Starlette(routes=channel.routes(), lifespan=lifespan)

    def _keep(self, doorway: Any, settings: Settings) -> TelegramChannel:
        self.channel = TelegramChannel(doorway, settings)
        return self.channel


@dataclass
class Person:
    """Somebody who writes to the bot; each method returns what the bot sent since, at least ``number`` messages."""

    telegram: FakeTelegram
    chat: int

    def says(self, text: str, number: int = 1, **extra: Any) -> list[Message]:
        """Send a text."""
        return self.sends(number, text=text, **extra)

    def sends(self, number: int = 1, **content: Any) -> list[Message]:
        """Send anything."""
        before = len(self.telegram.to(self.chat))
        self.telegram.sends(self.chat, **content)
        return self.gets(before, number)

    def presses(self, message: Message, title: str = "", data: str | None = None, number: int = 1) -> list[Message]:
        """Press a button under a message."""
        before = len(self.telegram.to(self.chat))
        self.telegram.presses(self.chat, message, title, data)
        return self.gets(before, number)

    def gets(self, before: int, number: int = 1) -> list[Message]:
        """Wait for messages after the first ``before``."""
        return self.telegram.answers(self.chat, before + number)[before:]

    @property
    def got(self) -> list[Message]:
        """Everything the bot sent to this person."""
        return self.telegram.to(self.chat)
