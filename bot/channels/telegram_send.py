"""Sending to Telegram so that an answer arrives: through floods, failures and lost links."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from telegram import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram_read import marked
from bot.channels.telegram_render import MARK, Bubble, Rows
from bot.logs import get_logger

log = get_logger(__name__)
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

# An answer that is not there after this long (seconds) is shown to be on its way.
TYPING_AFTER = 0.4
_TYPING_LASTS = 4.5
# How long an answer is tried for while the link is down, and the longest wait between two tries.
GIVE_UP_AFTER = 600.0
_LONGEST_WAIT = 5.0
_FIRST_WAIT = 0.2
# A pressed button shows that it waits for about this long.
_PRESS_WAITS = 8.0
_CONNECTIONS = 64
# Telegram takes 30 messages a second. The library's limiter, a bucket that leaks, would let twice as many through in
# the first second if the bucket held them all.
_BURST, _BURST_SECONDS = 10, 1 / 3
# The library warns at every flood that this kind of number will change, unless it is told that we know.
os.environ.setdefault("PTB_TIMEDELTA", "1")
# httpcore looks for this library eight times an answer, through every folder of packages: a fifth of what an answer takes.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment] # Python's way to say that there is none


class SendLimiter(AIORateLimiter):
    """Holds messages to what Telegram allows: 30 a second.

    Other calls, such as a press's answer, do not count as messages and pass at once. A wait that
    Telegram asks for is kept by `arrive`: the library would make everybody wait for one flooded chat.
    """

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Send one request, later if it must be."""
        if endpoint != "sendMessage":
            return await callback(*args, **kwargs)
        return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)


def make_bot(token: str, api_url: str) -> ExtBot[int]:
    """Return the bot, not yet connected."""
    request = HTTPXRequest(
        connection_pool_size=_CONNECTIONS, connect_timeout=5, read_timeout=10, write_timeout=10, pool_timeout=60
    )
    return ExtBot(
        token,
        base_url=f"{api_url.removesuffix('/bot')}/bot",
        request=request,
        get_updates_request=HTTPXRequest(connection_pool_size=1, connect_timeout=5),
        rate_limiter=SendLimiter(_BURST, _BURST_SECONDS, max_retries=0),
    )


class Sender:
    """Sends messages to chats; a person who blocked the bot is no error."""

    def __init__(self, bot: ExtBot[int]) -> None:
        """Send through ``bot``."""
        self._bot = bot

    async def say(self, chat: int, bubble: Bubble, clear: bool = False) -> None:
        """Send one message, until it has arrived or nobody is there to get it.

        Args:
            clear: whether to take the location keyboard away.
        """
        markup = _keyboard(bubble) or (ReplyKeyboardRemove() if clear else None)
        # Whatever Telegram dislikes about the marks, or then about the buttons, the words still have to get there.
        ways = [(bubble.html, ParseMode.HTML, markup), (bubble.plain, None, markup), (bubble.plain, None, None)]
        while ways:
            try:
                await arrive(partial(self._send, chat, *ways.pop(0)))
                return
            except BadRequest as error:
                if not ways or not _is_about_words(error):
                    raise
                log.error("telegram_refused_html")

    async def _send(self, chat: int, text: str, mode: str | None, markup: Markup) -> None:
        await self._bot.send_message(
            chat, text, parse_mode=mode, reply_markup=markup, link_preview_options=LinkPreviewOptions(is_disabled=True)
        )

    @contextlib.asynccontextmanager
    async def typing(self, chat: int) -> AsyncIterator[None]:
        """Show "typing" while the body takes long, and never after it has ended."""
        done = asyncio.Event()
        task = asyncio.create_task(self._type(chat, done))
        try:
            yield
        finally:
            done.set()
            # One that is on its way would show after the answer, so it is waited for.
            await asyncio.wait((task,), timeout=1)
            task.cancel()

    async def _type(self, chat: int, done: asyncio.Event) -> None:
        pause = TYPING_AFTER
        while not await _happens(done, pause):
            with contextlib.suppress(TelegramError):
                await self._bot.send_chat_action(chat, ChatAction.TYPING)
            pause = _TYPING_LASTS

    async def acknowledge(self, press: CallbackQuery) -> None:
        """End the wait that Telegram shows on a pressed button, and mark the button as chosen."""
        with contextlib.suppress(TelegramError):
            await arrive(lambda: self._bot.answer_callback_query(press.id), _PRESS_WAITS)
        new = marked(press, MARK)
        if new is None or press.message is None:
            return
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=p) for t, p in row] for row in new])
        edit = partial(self._bot.edit_message_reply_markup, press.message.chat.id, press.message.message_id)
        with contextlib.suppress(TelegramError):
            await arrive(lambda: edit(reply_markup=keyboard), give_up_after=0)

    async def leave(self, chat: int, bubble: Bubble | None) -> bool:
        """Leave a group or channel, after ``bubble`` has been said; False when that failed."""
        try:
            if bubble:
                with contextlib.suppress(TelegramError):
                    await self.say(chat, bubble)
            await arrive(lambda: self._bot.leave_chat(chat))
        except ChatMigrated as moved:
            return await self.leave(moved.new_chat_id, None)
        except TelegramError as error:
            log.info("telegram_not_left", error=type(error).__name__)
            return False
        return True


async def arrive(call: Callable[[], Awaitable[Any]], give_up_after: float = GIVE_UP_AFTER) -> None:
    """Make a call to Telegram until it got through.

    Where a link breaks before Telegram's answer, nobody can know whether the message arrived. It is
    sent again: a double answer does less harm than none.

    Raises:
        TelegramError: Telegram will not take it, or the link stayed down for ``give_up_after`` seconds.
    """
    end, wait = time.monotonic() + give_up_after, _FIRST_WAIT
    while True:
        try:
            await call()
            return
        except (BadRequest, ChatMigrated, Forbidden, InvalidToken):
            raise
        except (AttributeError, TypeError, ValueError) as error:
            # Telegram has taken it; its receipt is of a kind that the library cannot read.
            log.warning("telegram_receipt_unreadable", error=type(error).__name__)
            return
        except TelegramError as error:
            wait = min(wait * 2, _LONGEST_WAIT)
            pause = max(wait, _asked(error))
            if time.monotonic() + pause > end:
                raise
        await asyncio.sleep(pause)


def _asked(error: TelegramError) -> float:
    """Return how many seconds Telegram asks to wait, and a little more."""
    if not isinstance(error, RetryAfter):
        return 0.0
    asked = error.retry_after
    return 0.1 + (asked if isinstance(asked, int) else asked.total_seconds())


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


def _keyboard(bubble: Bubble) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    if bubble.ask_place:
        button = KeyboardButton(bubble.ask_place, request_location=True)
        return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
    return inline(bubble.rows) if bubble.rows else None


def inline(rows: Rows) -> InlineKeyboardMarkup:
    """Return our buttons as Telegram's."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(b.title, callback_data=b.payload) for b in row] for row in rows])


def _is_about_words(error: BadRequest) -> bool:
    said = error.message.lower()
    return any(sign in said for sign in ("parse", "entit", "too long", "button", "markup"))
