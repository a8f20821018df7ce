"""A front with Telegram, by polling and by webhook, and two people who write to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from bot.channels import telegram as channel
from bot.channels import telegram_send
from tests.channels.telegram_front import FakeDoorway, Front, Person
from tests.telegram_fake import FakeTelegram

chats = count(500_001)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again sooner than in life, where Telegram does not say when."""
    monkeypatch.setattr(telegram_send, "_FIRST_WAIT", 0.02)
    monkeypatch.setattr(channel, "_FIRST_WAIT", 0.05)


@pytest.fixture(scope="module", params=["polling", "webhook"])
def telegram_front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with FakeTelegram() as telegram:
        with Front(telegram, webhook=request.param == "webhook") as front:
            front.wait_for("ready")
            yield front
        unmeant = [r for r in telegram.refused if r[0] != "getUpdates" and not r[1].startswith("Forbidden")]
        assert unmeant == [], "the bot broke a rule of Telegram's"


@pytest.fixture
def front(telegram_front: Front) -> Front:
    doorway = telegram_front.doorway
    doorway.echo = False
    doorway.heard.clear()
    doorway.waits.clear()
    doorway.turns.clear()
    telegram_front.telegram._faults.clear()
    return telegram_front


@pytest.fixture
def doorway(front: Front) -> FakeDoorway:
    return front.doorway


@pytest.fixture
def telegram(front: Front) -> FakeTelegram:
    return front.telegram


@pytest.fixture
def ann(telegram: FakeTelegram) -> Person:
    return Person(telegram, next(chats))


@pytest.fixture
def ben(telegram: FakeTelegram) -> Person:
    return Person(telegram, next(chats))


@pytest.fixture
def group() -> int:
    return -next(chats)
