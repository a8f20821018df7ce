"""Sending: what is tried again, what is not, and that "typing" never outlives the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.channels import telegram_send
from bot.channels.telegram_send import Sender, arrive, make_bot


class SlowBot:
    """A bot whose typing sign takes its time, or fails."""

    def __init__(self, takes: float = 0.0, error: Exception | None = None) -> None:
        self.takes, self.error = takes, error
        self.events: list[str] = []

    async def send_chat_action(self, *_: Any) -> None:
        await asyncio.sleep(self.takes)
        self.events.append("typing")
        if self.error:
            raise self.error


def _events(bot: SlowBot, seconds: float) -> list[str]:
    async def scenario() -> None:
        async with Sender(bot).typing(1):  # type: ignore[arg-type]
            await asyncio.sleep(seconds)
        bot.events.append("answer")
        await asyncio.sleep(0.1)

    asyncio.run(scenario())
    return bot.events


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_send, "TYPING_AFTER", 0.02)
    monkeypatch.setattr(telegram_send, "_FIRST_WAIT", 0.0)


def test_a_quick_answer_shows_no_typing() -> None:
    assert _events(SlowBot(), 0) == ["answer"]


def test_a_typing_sign_on_its_way_is_waited_for() -> None:
    assert _events(SlowBot(takes=0.05), 0.04) == ["typing", "answer"]


def test_typing_goes_on_while_the_answer_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_send, "_TYPING_LASTS", 0.02)
    assert _events(SlowBot(), 0.2)[:3] == ["typing"] * 3


def test_a_typing_sign_that_fails_does_not_stop_the_answer() -> None:
    assert _events(SlowBot(error=Forbidden("blocked")), 0.04)[-1] == "answer"


def _tries(*errors: Exception, give_up_after: float = 5) -> int:
    left, tries = list(errors), 0

    async def call() -> None:
        nonlocal tries
        tries += 1
        if left:
            raise left.pop(0)

    try:
        asyncio.run(arrive(call, give_up_after))
    except type(errors[-1]):
        return -tries
    return tries


@pytest.mark.parametrize("error", [NetworkError("x"), TimedOut(), RetryAfter(0)])
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert _tries(error, error) == 3


@pytest.mark.parametrize("error", [BadRequest("x"), Forbidden("x"), InvalidToken("x"), ChatMigrated(1)])
def test_what_telegram_will_never_take_is_tried_once(error: Exception) -> None:
    assert _tries(error) == -1


@pytest.mark.parametrize("error", [TypeError("x"), ValueError("year 58863 is out of range"), AttributeError("x")])
def test_what_telegram_took_with_a_receipt_that_nobody_can_read_is_not_sent_again(error: Exception) -> None:
    assert _tries(error) == 1


def test_a_wait_longer_than_anybody_would_read_on_for_is_not_kept() -> None:
    assert _tries(RetryAfter(3_600), give_up_after=600) == -1


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "http://127.0.0.1:9/bot"])
def test_the_address_of_another_server_may_end_in_bot_or_not(base: str) -> None:
    assert make_bot("1:x", base).base_url == "http://127.0.0.1:9/bot1:x"


def test_messages_go_out_as_fast_as_telegram_allows_and_other_calls_at_once() -> None:
    bot = make_bot("1:x", "http://127.0.0.1:9")
    limiter = bot.rate_limiter
    assert limiter is not None
    passed: list[tuple[str, float]] = []

    async def call(endpoint: str) -> bool:
        passed.append((endpoint, asyncio.get_running_loop().time()))
        return True

    async def scenario() -> None:
        calls = ["sendMessage"] * 25 + ["editMessageReplyMarkup"] * 25
        await asyncio.gather(*(limiter.process_request(call, (e,), {}, e, {"chat_id": n}, None) for n, e in enumerate(calls)))

    asyncio.run(scenario())
    assert [e for e, _ in passed[:35]].count("editMessageReplyMarkup") == 25
    times = [at for e, at in passed if e == "sendMessage"]
    assert len(times) == 25
    # However slow the machine: ten at once, then thirty a second.
    assert times[-1] - times[0] > 0.3


def test_a_flood_of_one_chat_is_not_made_everybodys_wait() -> None:
    limiter = make_bot("1:x", "http://127.0.0.1:9").rate_limiter
    assert limiter is not None

    async def flooded() -> bool:
        raise RetryAfter(30)

    with pytest.raises(RetryAfter):
        asyncio.run(limiter.process_request(flooded, (), {}, "sendMessage", {"chat_id": 1}, None))
