"""The Telegram channel: python-telegram-bot inside the front.

It polls, or takes Telegram's calls at ``/telegram/webhook`` when ``TELEGRAM_WEBHOOK_URL`` is set. Whatever
is wrong with the token or the link, the rest of the front runs and this part goes on trying.
Reading an update is in `telegram_read`, the look of an answer in `telegram_render`, sending in
`telegram_send`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import BotCommand, BotDescription, BotShortDescription, Update
from telegram.constants import BotDescriptionLimit
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.request import HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter  # no public name for what RequestData is made of

from bot.answers import Book, payload_of
from bot.channels.lanes import Lanes, Recent
from bot.channels.strings import Strings
from bot.channels.telegram_read import COMMANDS, Sent, read, unreadable
from bot.channels.telegram_render import Bubble, Words, bubbles, room_for_keyboard
from bot.channels.telegram_send import Sender, arrive, make_bot
from bot.doorway import Doorway
from bot.fading import Fading
from bot.logs import get_logger
from bot.markdown import to_plain
from bot.messages import Button, Incoming, Reply, Turn
from bot.settings import ROOT, Settings
from bot.shelf import EXPIRES

log = get_logger(__name__)

PATH = "/telegram/webhook"
_UPDATES = ("message", "edited_message", "channel_post", "callback_query", "my_chat_member")
_MENU = ("menu", "helpnow", "about", "delete")
_LONG_POLL = 20  # seconds Telegram holds a poll that has nothing to say
# Preparing the next poll takes some milliseconds of computing; those who wait for an answer go first.
_ANSWERS_FIRST = 0.005
# A server that does not hold polls is asked less and less often while nobody writes: every 0.1 s in the end.
_EMPTY_POLLS, _LONGEST_PAUSE = 50, 0.1
# Waits between tries (seconds): a link comes back by itself, a wrong token needs somebody.
_FIRST_WAIT, _LONGEST_WAIT, _TOKEN_WAIT = 0.5, 5.0, 60.0
_MOST_IN_HAND = 2_000
_MOST_BODY = 512 * 1024
_MOST_PEOPLE = 20_000
_GRACE = 8.0  # seconds for answers in hand when told to stop
_QUIET = 5.0  # seconds between two lines about the link


class TelegramChannel:
    """Brings Telegram's messages to the doorway and its answers back.

    Attributes:
        state: ``off`` (no token), ``connecting``, ``ready`` or ``retrying``.
    """

    def __init__(self, doorway: Doorway, settings: Settings) -> None:
        """Prepare; nothing is connected before `start`."""
        _silence_libraries()
        self.state = "off"
        self._settings, self._token = settings, settings.telegram_token
        self._visits = Visits(doorway, settings)
        self._lanes = Lanes(_MOST_IN_HAND)
        self._seen = Recent(10_000)
        self._tasks: list[asyncio.Task[None]] = []
        self._offset = self._empty = 0
        self._stopping = False
        self._told = ("", 0.0)
        if self._token:
            self._bot = make_bot(self._token, settings.telegram_api_url)
            self._polling = HTTPXRequest(connection_pool_size=1, connect_timeout=5)
            self._visits.sender = Sender(self._bot)

    # Life

    async def start(self) -> None:
        """Begin to connect, and return at once."""
        if not self._token:
            log.info("telegram_off", to_add_it="set TELEGRAM_BOT_TOKEN to the token that @BotFather gave you")
            return
        self.state = "connecting"
        self._tasks.append(asyncio.create_task(self._run()))

    async def stop(self) -> None:
        """Take no more messages, finish those in hand, and disconnect."""
        if not self._token:
            return
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._offset and not self._webhook_url:
            # What was taken must not be handed out again to the next run.
            with contextlib.suppress(TelegramError, asyncio.TimeoutError):
                await asyncio.wait_for(self._get_updates(wait=0, most=1), 2)
        lost = await self._lanes.drain(_GRACE)
        if lost:
            log.error("telegram_unanswered", messages=lost)
        await self._polling.shutdown()
        await self._bot.shutdown()
        self.state = "off"

    async def _run(self) -> None:
        """Stay connected: the one place that meets a link or a token that does not work."""
        connected, wait = False, _FIRST_WAIT
        # Being cancelled is not enough: Python 3.10 can lose that in the moment when an answer comes.
        while not self._stopping:
            try:
                if not connected:
                    await self._connect()
                    connected = True
                    self._tasks.append(asyncio.create_task(self._introduce()))
                if self._webhook_url:
                    self._note("ready")
                    return
                await self._poll()
                wait = _FIRST_WAIT
            except Exception as error:  # noqa: BLE001 - whatever it was, the bot must not go deaf
                connected = connected and not isinstance(error, InvalidToken)
                self._note("retrying", type(error).__name__)
                await asyncio.sleep(_TOKEN_WAIT if isinstance(error, InvalidToken) else wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _note(self, state: str, error: str = "") -> None:
        """Keep the state, and log a change of it: once, however long it lasts or often it flaps."""
        self.state = state
        said, when = self._told
        if said == state + error or (error and time.monotonic() - when < _QUIET):
            return
        self._told = (state + error, time.monotonic())
        if error:
            log.warning("telegram_retrying", error=error)
        else:
            log.info("telegram_ready", mode="webhook" if self._webhook_url else "polling")

    async def _connect(self) -> None:
        await self._bot.initialize()
        if self._webhook_url:
            await self._bot.set_webhook(
                self._webhook_url, secret_token=self._secret, allowed_updates=_UPDATES, drop_pending_updates=False
            )
        else:
            # A server that will not is polled all the same: if there is a webhook after all, it says so then.
            with contextlib.suppress(BadRequest, InvalidToken):
                await self._bot.delete_webhook(drop_pending_updates=False)

    async def _introduce(self) -> None:
        """Set the command menu and descriptions where they differ: Telegram limits how often that may be done."""
        book, words = self._visits.book, self._visits.strings
        ids = {c: COMMANDS[c].removeprefix("/") for c in _MENU}
        commands = tuple(BotCommand(c, book.title(i)) for c, i in ids.items() if i in book.answers)
        short = f"{words['name']}: {words['tagline']}"[: BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH]
        long = _as_many_as_fit(self._visits.welcome().text, int(BotDescriptionLimit.MAX_DESCRIPTION_LENGTH))
        bot = self._bot
        await _set_to(commands, bot.get_my_commands, partial(bot.set_my_commands, commands))
        await _set_to(BotDescription(long), bot.get_my_description, partial(bot.set_my_description, long))
        await _set_to(BotShortDescription(short), bot.get_my_short_description, partial(bot.set_my_short_description, short))

    # Updates

    async def _poll(self) -> None:
        await self._lanes.room()
        # A poll that waits says nothing about whether the link works, so the first one does not.
        raw = await self._get_updates(wait=_LONG_POLL if self.state == "ready" else 0)
        await self._take_all(raw)
        self._note("ready")
        self._empty = 0 if raw else self._empty + 1
        await asyncio.sleep(min(_ANSWERS_FIRST * (1 + self._empty // _EMPTY_POLLS), _LONGEST_PAUSE))

    async def _get_updates(self, wait: int, most: int = 100) -> list[dict[str, Any]]:
        # Bot.get_updates reads all updates at once, so that one it cannot read holds up the rest for ever.
        fields = {"offset": self._offset, "limit": most, "timeout": wait, "allowed_updates": _UPDATES}
        data = RequestData([RequestParameter.from_input(name, value) for name, value in fields.items()])
        result = await self._polling.post(f"{self._bot.base_url}/getUpdates", data, read_timeout=wait + 5)
        return [raw for raw in result if _is_update(raw)] if isinstance(result, list) else []

    async def _take_all(self, raw: Sequence[dict[str, Any]]) -> None:
        if raw:
            # Not the highest ever: after a week of silence Telegram begins the numbers anew, and perhaps lower.
            self._offset = max(update["update_id"] for update in raw) + 1
        for update in raw:
            self._take(update)

    def _take(self, raw: dict[str, Any]) -> None:
        """Put one update, seen for the first time, behind the earlier ones of its chat."""
        if not self._seen.add(raw["update_id"]):
            return
        try:
            sent = read(Update.de_json(raw, self._bot))
        except Exception as error:  # noqa: BLE001 - whoever waits for an answer gets one
            log.error("update_unreadable", error=type(error).__name__)
            sent = unreadable(raw)
        if sent and not self._lanes.put(sent.chat, partial(self._visits.meet, sent)):
            log.warning("telegram_flooded")

    # Webhook

    def routes(self) -> list[Route]:
        """Return the webhook's route, if Telegram is to call us."""
        return [Route(PATH, self._called, methods=["POST"])] if self._token and self._webhook_url else []

    @property
    def _webhook_url(self) -> str:
        base = self._settings.telegram_webhook_url.rstrip("/")
        return base if not base or base.endswith(PATH) else base + PATH

    @property
    def _secret(self) -> str:
        """What Telegram must show us; made from our key, so that all copies of the front agree."""
        return hmac.new(self._settings.key, b"ownit telegram webhook " + self._token.encode(), hashlib.sha256).hexdigest()

    async def _called(self, request: Request) -> Response:
        """Take one update from Telegram; answering it goes on after this has returned."""
        shown = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(shown.encode(), self._secret.encode()):
            return Response(status_code=403)
        raw = _update(await _body(request))
        if raw is None:
            return Response(status_code=400)
        if self._stopping or self._lanes.full:
            # Telegram keeps it and calls again.
            return Response(status_code=503)
        self._take(raw)
        return Response(status_code=200)


class Visits:
    """What happens when somebody does something: asks the doorway and shows the answer."""

    sender: Sender

    def __init__(self, doorway: Doorway, settings: Settings) -> None:
        """Answer through ``doorway``."""
        self._doorway, self._settings = doorway, settings
        self.strings = Strings(ROOT / "widget" / "strings.json").widget
        self._words = Words(self.strings)
        # Which place each person's poster named.
        self._places: Fading[str, str] = Fading(_MOST_PEOPLE, EXPIRES)
        self._albums, self._groups = Recent(2_000, EXPIRES), Recent(2_000, EXPIRES)
        self._keyboards = Recent(_MOST_PEOPLE, EXPIRES)

    @property
    def book(self) -> Book:
        """The answers."""
        return self._doorway.library.book

    def person(self, chat: int) -> str:
        """Return the conversation's id: a keyed hash, which nobody without the key can turn back."""
        return hmac.new(self._settings.key, f"ownit telegram chat {chat}".encode(), hashlib.sha256).hexdigest()[:32]

    def welcome(self, place: str | None = None) -> Reply:
        """Return what stands before the first question."""
        return self.book.reply("welcome_telegram", place=place, fill={"age": str(self._settings.telegram_min_age)})

    async def meet(self, sent: Sent) -> None:
        """Act on one thing that somebody did; what Telegram will not take is logged, not raised."""
        acknowledged = asyncio.create_task(self.sender.acknowledge(sent.press)) if sent.press else None
        try:
            if sent.kind in ("group", "left"):
                await self._leave(sent)
            elif sent.kind == "blocked":
                self._places.drop(self.person(sent.chat))
            else:
                await self._answer(sent)
        except Forbidden:
            log.info("telegram_blocked")
        except TelegramError as error:
            log.error("telegram_not_sent", error=type(error).__name__)
        finally:
            if acknowledged:
                await asyncio.wait((acknowledged,), timeout=10)
                acknowledged.cancel()

    async def _leave(self, sent: Sent) -> None:
        if sent.kind == "left":
            self._groups.drop(sent.chat)
            return
        first = self._groups.add(sent.chat)
        notice = Turn("refused", (replace(self.book.reply("groups_no"), buttons=(), contacts=()),))
        await self.sender.leave(sent.chat, bubbles(notice, self._words)[0] if first else None)

    async def _answer(self, sent: Sent) -> None:
        person = self.person(sent.chat)
        async with self.sender.typing(sent.chat):
            try:
                shown, clear = self._shown(await self._turn(sent, person), person)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end in silence
                log.error("telegram_failed", error=type(error).__name__)
                shown, clear = bubbles(Turn("sorry", (self.book.reply("sorry"),)), self._words), False
        for number, bubble in enumerate(shown):
            await self.sender.say(sent.chat, bubble, clear=clear and number == 0)

    def _shown(self, turn: Turn | None, person: str) -> tuple[list[Bubble], bool]:
        """Return the messages of a turn, and whether the first takes the location keyboard away."""
        if turn is None:
            return [], False
        if turn.forget:
            self._places.drop(person)
        shown = bubbles(turn, self._words, self._help_button(turn))
        if turn.awaiting_place:
            self._keyboards.add(person)
            return [*shown, self._ask_place()], False
        if person not in self._keyboards:
            return shown, False
        shown = room_for_keyboard(shown)
        # A message carries buttons or takes the keyboard away, not both: where there is no room, the next answer does.
        clear = not shown[0].rows
        if clear:
            self._keyboards.drop(person)
        return shown, clear

    async def _turn(self, sent: Sent, person: str) -> Turn | None:
        if self._doorway.off and sent.kind in ("start", "other"):
            said = {"text": sent.value} if sent.kind == "other" and sent.value else {"payload": payload_of("menu")}
            return await self._ask(person, **said)
        if sent.kind == "start":
            return await self._start(sent, person)
        if sent.kind == "other":
            return await self._not_words(sent, person)
        if sent.kind == "forwarded":
            return await self._after(self.book.reply("forwarded"), sent.value, person)
        if sent.kind == "location":
            return await self._ask(person, location=sent.location)
        return await self._ask(person, **{sent.kind: sent.value})

    async def _ask(self, person: str, **said: Any) -> Turn:
        return await self._doorway.handle(Incoming(person, "telegram", place=self._place_of(person), **said))

    async def _start(self, sent: Sent, person: str) -> Turn:
        """Welcome somebody, who may come from a poster whose link names a place or a topic."""
        place, topic = link(sent.value, self.book)
        if place:
            self._places.put(person, place)
        welcome = self.welcome(self._place_of(person))
        if not topic:
            return Turn("answered", (welcome,))
        turn = await self._ask(person, payload=payload_of(topic))
        return replace(turn, replies=(replace(welcome, buttons=()), *turn.replies))

    async def _not_words(self, sent: Sent, person: str) -> Turn | None:
        """Say that only words can be read, and answer the words under a picture: they may tell of danger."""
        told = sent.album and not self._albums.add((sent.chat, sent.album))
        if told:
            return await self._ask(person, text=sent.value) if sent.value else None
        notice = self.book.reply("not_text", place=self._place_of(person))
        if not sent.value:
            return Turn("refused", (notice,))
        return await self._after(notice, sent.value, person)

    async def _after(self, notice: Reply, text: str, person: str) -> Turn:
        """Answer ``text`` with the notice before it, unless there is danger: then nothing stands before help."""
        turn = await self._ask(person, text=text)
        if turn.outcome == "crisis":
            return turn
        return replace(turn, replies=(replace(notice, buttons=(), contacts=()), *turn.replies))

    def _place_of(self, person: str) -> str | None:
        """Return the place of ``person``, and keep it for another half hour."""
        if place := self._places.get(person):
            self._places.put(person, place)
        return place

    def _help_button(self, turn: Turn) -> Button | None:
        """Return the button that keeps help one tap away, unless help is what the turn is about."""
        book = self.book
        if turn.outcome == "crisis" or "help_now" not in book.answers or turn.replies[-1].answer == "help_now":
            return None
        return Button(book.title("help_now"), payload_of("help_now"))

    def _ask_place(self) -> Bubble:
        ask = bubbles(Turn("answered", (replace(self.book.reply("location_ask"), buttons=(), contacts=()),)), self._words)[0]
        return replace(ask, ask_place=self.book.title("location_ask"))


def link(value: str, book: Book) -> tuple[str | None, str | None]:
    """Return the place and the topic that a poster's link (``?start=…``) names.

    A place is named by its id or its initials (``nwl``), a topic by its name, both as
    ``nwl--school_nurse``. What is neither is passed over: a worn link still welcomes.
    """
    place = topic = None
    for word in value.lower().split("--"):
        initials = (p for p in book.places if "".join(part[0] for part in p.split("-")) == word)
        place = place or (word if word in book.places else next(initials, None))
        topic = topic or (word if word in book.answers else None)
    return place, topic


def _as_many_as_fit(messages: Sequence[str], limit: int) -> str:
    text = ""
    for message in map(to_plain, messages):
        if len(text) + len(message) + 2 > limit:
            break
        text = f"{text}\n\n{message}".strip()
    return text


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BODY:
            return b""
    return bytes(body)


def _update(body: bytes) -> dict[str, Any] | None:
    """Return the update in ``body``, or None when it is not one."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if _is_update(data) else None


def _is_update(data: Any) -> bool:
    return isinstance(data, dict) and type(data.get("update_id")) is int


async def _set_to(wanted: object, now: Callable[[], Awaitable[object]], tell: Callable[[], Awaitable[object]]) -> None:
    """Tell Telegram what it is not showing already."""
    with contextlib.suppress(TelegramError, AttributeError, TypeError, ValueError):
        if await now() == wanted:
            return
    try:
        await arrive(tell)
    except TelegramError as error:
        log.warning("telegram_not_introduced", error=type(error).__name__)


def _silence_libraries() -> None:
    """Keep the token, which is in every address, and people's words, which are in every update, out of logs."""
    for name in ("telegram", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
