"""A strict fake of Telegram's Bot API on loopback, and the people who write to the bot through it.

It keeps Telegram's rules (``telegram.constants``): what the real API refuses is refused here and noted
in ``refused``. Faults come on demand. It runs in a thread of its own, so that a test can be
written as one person's conversation: say something, wait for the answer.

    with FakeTelegram() as telegram:
        telegram.says(1001, "can i see a doctor alone")     # after the bot was started on telegram.url
        answer = telegram.answer(1001)
        telegram.presses(1001, answer, "Will my parents be told?")
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from telegram.constants import (
    BotCommandLimit,
    BotDescriptionLimit,
    CallbackQueryLimit,
    ChatAction,
    FloodLimit,
    InlineKeyboardButtonLimit,
    InlineKeyboardMarkupLimit,
    MessageLimit,
    PollingLimit,
    WebhookLimit,
)

# Made up, and too short for a real one, so that no search for secrets takes it for one.
TOKEN = "1234567890:made-up-for-tests"
BOT = {"id": 1234567890, "is_bot": True, "first_name": "Own It", "username": "own_it_test_bot"}
_TAG = re.compile(r"<(/?)([a-z-]+)((?:\s[^<>]*)?)>")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
# The documents call the limits of messages a second approximate: bursts of this many times are forgiven.
_FORGIVEN = 2
_BURST_OF_ONE_CHAT, _BURST_SECONDS = 30, 10.0
_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler"}
_FIELDS = {
    "getMe": set(),
    "getMyCommands": set(),
    "getMyDescription": set(),
    "getMyShortDescription": set(),
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "setWebhook": {"url", "secret_token", "allowed_updates", "drop_pending_updates", "max_connections"},
    "deleteWebhook": {"drop_pending_updates"},
    "sendMessage": {"chat_id", "text", "parse_mode", "reply_markup", "link_preview_options"},
    "sendChatAction": {"chat_id", "action"},
    "answerCallbackQuery": {"callback_query_id", "text"},
    "editMessageReplyMarkup": {"chat_id", "message_id", "reply_markup"},
    "setMyCommands": {"commands"},
    "setMyDescription": {"description"},
    "setMyShortDescription": {"short_description"},
    "leaveChat": {"chat_id"},
}


class Refusal(Exception):
    """What the API answers to a call it will not do."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class Message:
    """One message that the bot sent."""

    id: int
    chat: int
    text: str
    html: str
    at: float
    markup: dict[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Inline buttons as (title, payload)."""
        return [(b["text"], b["callback_data"]) for row in self.markup.get("inline_keyboard", ()) for b in row]

    @property
    def asks_location(self) -> bool:
        """Whether it offers to send the location."""
        return any(b.get("request_location") for row in self.markup.get("keyboard", ()) for b in row)


@dataclass
class Fault:
    """What happens to the next calls of a method: a refusal, or a dropped connection."""

    method: str
    times: int
    refusal: Refusal | None = None  # None: the connection is dropped
    after: bool = False  # drop it after the call was done
    chat: int | None = None

    def meets(self, method: str, fields: dict[str, Any]) -> bool:
        """Tell whether it happens to this call."""
        return self.method == method and self.times > 0 and self.chat in (None, int(fields.get("chat_id") or 0))


class FakeTelegram:
    """The API's server. Everything public may be called from any thread."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.messages: list[Message] = []
        self.calls: list[tuple[str, dict[str, Any], float]] = []
        self.refused: list[tuple[str, str]] = []
        self.blocked: set[int] = set()
        self.left: list[int] = []
        self.commands: list[dict[str, str]] = []
        self.description = self.short_description = ""
        self.webhook: dict[str, Any] = {}
        self.webhook_answers: list[int] = []
        self.deliver_to = ""  # base address that stands in for the public one of the webhook
        self.people: dict[int, str] = {}
        self.page = int(PollingLimit.MAX_LIMIT)  # most updates that one poll gets
        self.noise: list[Any] = []  # what every poll gets beside updates
        self.holds = True  # whether a poll is held open until there is news
        self.whim: Callable[[str], Fault | None] = lambda method: None  # a fault for a call, beside those on demand
        self._faults: list[Fault] = []
        self._updates: list[dict[str, Any]] = []
        self._given: list[dict[str, Any]] = []
        self._repeat = 0
        self._next_update, self._next_message = 7000, 100
        self._presses: dict[str, bool] = {}
        self._sent: dict[int, deque[float]] = defaultdict(deque)
        self._polls = 0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._loop = asyncio.new_event_loop()
        self._news: asyncio.Event
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    # Life

    def __enter__(self) -> FakeTelegram:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self) -> None:
        """Cut the link: connections break, new ones are refused."""
        self._call(self._unlisten())

    def mend(self) -> None:
        """Bring the link back."""
        self._call(self._listen())

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _open(self) -> None:
        self._news = asyncio.Event()
        self._http = ClientSession(timeout=ClientTimeout(total=10))
        self._server = web.Server(self._serve, access_log=None)
        self._deliveries = asyncio.create_task(self._deliver())
        self._listener: asyncio.base_events.Server | None = None
        await self._listen()

    async def _close(self) -> None:
        while not self._deliveries.done():
            # More than once: asyncio.wait_for of Python 3.10 can swallow a cancellation.
            self._deliveries.cancel()
            await asyncio.wait((self._deliveries,), timeout=0.1)
        await self._http.close()
        await self._unlisten()

    async def _listen(self) -> None:
        self._listener = await self._loop.create_server(self._server, "127.0.0.1", self.port, reuse_address=True)

    async def _unlisten(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        await self._server.shutdown(0)
        # Server.shutdown is final for its connections only; a new listener may use it again.

    # What tests ask

    def wait(self, until: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Wait until something is true of this server and return it.

        Raises:
            AssertionError: it did not come true in time.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while not (found := until()):
                left = end - time.monotonic()
                calls = Counter(m for m, _, _ in self.calls)
                assert left > 0, f"nothing after {seconds} s; calls: {calls}, refused: {self.refused}"
                self._changed.wait(min(left, 0.25))
        return found

    def answers(self, chat: int, number: int = 1, seconds: float = 5.0) -> list[Message]:
        """Return the messages sent to ``chat``, once there are at least ``number``."""
        self.wait(lambda: len(self.to(chat)) >= number, seconds)
        return self.to(chat)

    def answer(self, chat: int, number: int = 1, seconds: float = 5.0) -> Message:
        """Return the newest of at least ``number`` messages to ``chat``."""
        return self.answers(chat, number, seconds)[-1]

    def to(self, chat: int) -> list[Message]:
        """Return the messages sent to ``chat`` so far."""
        with self._lock:
            return [m for m in self.messages if m.chat == chat]

    def called(self, method: str, chat: int | None = None) -> list[dict[str, Any]]:
        """Return the calls of ``method`` that came in, refused ones too."""
        with self._lock:
            return [f for m, f, _ in self.calls if m == method and (chat is None or str(f.get("chat_id")) == str(chat))]

    def settled(self) -> bool:
        """Tell whether every update was taken."""
        with self._lock:
            return not self._updates

    # What people do

    def says(self, chat: int, text: str, **extra: Any) -> int:
        """Send a text."""
        return self.sends(chat, text=text, **extra)

    def sends(self, chat: int, kind: str = "private", **content: Any) -> int:
        """Send a message with any content, in any kind of chat; returns the update's id."""
        return self.update(message=self._message(chat, kind, content))

    def edits(self, chat: int, text: str, after: int) -> int:
        """Edit a message to ``text``, ``after`` seconds after it was sent."""
        message = self._message(chat, "private", {"text": text})
        return self.update(edited_message={**message, "edit_date": message["date"] + after})

    def presses(self, chat: int, message: Message, title: str = "", data: str | None = None) -> int:
        """Press the button called ``title`` under ``message``, or forge one with ``data``."""
        if data is None:
            data = next(p for t, p in message.buttons if t == title)
        with self._lock:
            press = f"press{self._next_update}"
            self._presses[press] = False
        shown = {**self._message(chat, "private", {"text": message.text}), "message_id": message.id, "from": BOT}
        if "inline_keyboard" in message.markup:
            shown["reply_markup"] = message.markup
        return self.update(
            callback_query={
                "id": press,
                "from": self._person(chat),
                "chat_instance": "1",
                "data": data,
                "message": shown,
            }
        )

    def changes_membership(self, chat: int, kind: str, status: str) -> int:
        """Add the bot to a chat, remove it, block it or unblock it."""
        user = {"user": BOT, "status": status, **({"until_date": 0} if status == "kicked" else {})}
        self.people.setdefault(chat, kind)
        return self.update(
            my_chat_member={
                "chat": self._chat(chat, kind),
                "from": self._person(77),
                "date": int(time.time()),
                "old_chat_member": {"user": BOT, "status": "left"},
                "new_chat_member": user,
            }
        )

    def update(self, update_id: int | None = None, **content: Any) -> int:
        """Queue an update."""
        with self._changed:
            if update_id is None:
                self._next_update += 1
                update_id = self._next_update
            self._updates.append({"update_id": update_id, **content})
        self._loop.call_soon_threadsafe(self._news.set)
        return update_id

    def renumbers(self) -> None:
        """Begin the numbers of updates anew, lower, as Telegram may after a week without any."""
        with self._lock:
            self._next_update = 50

    def repeats(self, number: int = 5) -> None:
        """Hand the newest ``number`` updates out once more, as happens after a lost confirmation."""
        with self._lock:
            self._repeat = number
        self._loop.call_soon_threadsafe(self._news.set)

    def _message(self, chat: int, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.people.setdefault(chat, kind)
            self._next_message += 1
            number = self._next_message
        sender = {} if kind == "channel" else {"from": self._person(chat)}
        return {"message_id": number, "date": int(time.time()), "chat": self._chat(chat, kind), **sender, **content}

    @staticmethod
    def _person(chat: int) -> dict[str, Any]:
        return {"id": abs(chat), "is_bot": False, "first_name": "Canary", "username": "canary_name"}

    @staticmethod
    def _chat(chat: int, kind: str) -> dict[str, Any]:
        name = {"first_name": "Canary"} if kind == "private" else {"title": "Class 9B"}
        return {"id": chat, "type": kind, **name}

    # Faults

    @staticmethod
    def flood(retry_after: int) -> Refusal:
        """Return the refusal of a call that came too fast."""
        return Refusal(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)

    def floods(self, retry_after: int, times: int = 1, method: str = "sendMessage", chat: int | None = None) -> None:
        """Answer 429 to the next calls."""
        self._fault(Fault(method, times, self.flood(retry_after), chat=chat))

    def fails(self, status: int = 502, times: int = 1, method: str = "sendMessage") -> None:
        """Answer a server error to the next calls."""
        self._fault(Fault(method, times, Refusal(status, "Bad Gateway")))

    def drops(self, times: int = 1, method: str = "sendMessage", after: bool = False) -> None:
        """Drop the connection of the next calls, before or after they were done."""
        self._fault(Fault(method, times, after=after))

    def refuses(self, status: int, description: str, times: int = 1, method: str = "sendMessage", **parameters: Any) -> None:
        """Refuse the next calls in the API's own words."""
        self._fault(Fault(method, times, Refusal(status, description, **parameters)))

    def _fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def _next_fault(self, method: str, fields: dict[str, Any]) -> Fault | None:
        with self._lock:
            fault = next((f for f in self._faults if f.meets(method, fields)), None)
            if fault:
                fault.times -= 1
            return fault or self.whim(method)

    # The server

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        if not match or match[1] != self.token:
            return _refusal(Refusal(401, "Unauthorized") if match else Refusal(404, "Not Found"))
        method = match[2]
        # The real one reads an address's parameters too; not every stand-in does, so none may depend on that.
        fields: dict[str, Any] = dict(await request.post() if request.method == "POST" else request.query)
        if request.content_type == "application/json" and request.can_read_body:
            fields |= await request.json()
        with self._changed:
            self.calls.append((method, fields, time.monotonic()))
            self._changed.notify_all()
        fault = self._next_fault(method, fields)
        if fault and not fault.after:
            return _refusal(fault.refusal) if fault.refusal else _drop(request)
        try:
            result = await self._do(method, fields)
        except Refusal as refusal:
            with self._lock:
                self.refused.append((method, refusal.description))
            return _refusal(refusal)
        if fault and fault.after:
            return _drop(request)
        return web.json_response({"ok": True, "result": result})

    async def _do(self, method: str, fields: dict[str, Any]) -> Any:
        if method not in _FIELDS:
            raise Refusal(404, "Not Found")
        if unknown := set(fields) - _FIELDS[method]:
            raise Refusal(400, f"Bad Request: the fake does not know {sorted(unknown)}")
        if method == "getUpdates":
            return await self._get_updates(fields)
        with self._changed:
            result = getattr(self, f"_{method}")(fields)
            self._changed.notify_all()
        self._news.set()
        return result

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        offset, limit = int(fields.get("offset", 0)), int(fields.get("limit", 100))
        _check(PollingLimit.MIN_LIMIT <= limit <= PollingLimit.MAX_LIMIT, "limit is out of range")
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        mine, end = self._polls, time.monotonic() + float(fields.get("timeout", 0)) * self.holds
        self._news.set()  # an older poll has to notice that it was replaced
        while True:
            if mine != self._polls:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
            with self._changed:
                if offset > self._next_update + 1:
                    offset = 0  # none of ours: the numbers have begun anew
                if taken := [u for u in self._updates if u["update_id"] < offset]:
                    self._given += taken
                    self._updates = [u for u in self._updates if u["update_id"] >= offset]
                    self._changed.notify_all()
                again = self._given[-self._repeat :] if self._repeat else []
                self._repeat = 0
                if ready := again + self._updates:
                    return [*self.noise, *ready[: min(limit, self.page)]]
            left = end - time.monotonic()
            if left <= 0 or self._listener is None:
                return []
            self._news.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, 0.5))

    async def _deliver(self) -> None:
        """Deliver updates to the webhook, in order, again until it takes them."""
        while True:
            with self._lock:
                queue = [*(self._given[-self._repeat :] if self._repeat else []), *self._updates] if self.webhook else []
                self._repeat = 0
            if not queue:
                self._news.clear()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.5)
            for update in queue:
                if not await self._handed_over(update):
                    break
                with self._changed:
                    if update in self._updates:
                        self._updates.remove(update)
                        self._given.append(update)
                    self._changed.notify_all()

    async def _handed_over(self, update: dict[str, Any]) -> bool:
        """Deliver one update; False when the webhook was taken away before that."""
        while self.webhook:
            if await self._delivered(update):
                return True
            await asyncio.sleep(0.1)
        return False

    async def _delivered(self, update: dict[str, Any]) -> bool:
        target = self.deliver_to + urlsplit(self.webhook["url"]).path
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
        try:
            async with self._http.post(target, json=update, headers=headers) as response:
                self.webhook_answers.append(response.status)
                return response.status == 200
        except (ClientError, asyncio.TimeoutError, OSError):
            return False

    # Methods of the API; each checks what the real one checks

    def _getMe(self, _: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def _setWebhook(self, fields: dict[str, Any]) -> bool:
        url, secret = fields.get("url", ""), fields.get("secret_token", "")
        _check(url.startswith("https://"), "bad webhook: HTTPS url must be provided for webhook")
        _check(len(secret) <= WebhookLimit.MAX_SECRET_TOKEN_LENGTH, "secret token is too long")
        _check(bool(re.fullmatch(r"[A-Za-z0-9_-]+", secret)), "secret token contains unallowed characters")
        self.webhook = {"url": url, "secret_token": secret}
        return True

    def _deleteWebhook(self, _: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    def _sendMessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat = self._known_chat(fields)
        html = fields.get("text", "")
        _check(fields.get("parse_mode") in (None, "HTML"), "unsupported parse_mode")
        text, entities = parse_html(html) if fields.get("parse_mode") else (html, [])
        _check(bool(text.strip()), "message text is empty")
        _check(_units(text) <= MessageLimit.MAX_TEXT_LENGTH, "message is too long")
        markup = json.loads(fields.get("reply_markup", "{}"))
        _check_markup(markup, self.people[chat])
        self._count(chat)
        self._next_message += 1
        self.messages.append(Message(self._next_message, chat, text, html, time.monotonic(), markup))
        shown = {"reply_markup": markup} if "inline_keyboard" in markup else {}
        return {
            "message_id": self._next_message,
            "date": int(time.time()),
            "from": BOT,
            "text": text,
            "entities": entities,
            "chat": self._chat(chat, self.people[chat]),
            **shown,
        }

    def _sendChatAction(self, fields: dict[str, Any]) -> bool:
        self._known_chat(fields)
        _check(fields.get("action") in list(ChatAction), "wrong parameter action in request")
        return True

    def _answerCallbackQuery(self, fields: dict[str, Any]) -> bool:
        press = fields.get("callback_query_id", "")
        _check(self._presses.get(press) is False, "query is too old and response timeout expired or query ID is invalid")
        _check(len(fields.get("text", "")) <= CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH, "MESSAGE_TOO_LONG")
        self._presses[press] = True
        return True

    def _editMessageReplyMarkup(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat, number = self._known_chat(fields), int(fields["message_id"])
        message = next((m for m in self.messages if m.id == number and m.chat == chat), None)
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        markup = json.loads(fields.get("reply_markup", "{}"))
        _check(set(markup) <= {"inline_keyboard"}, "inline keyboard expected")
        _check("keyboard" not in message.markup and "remove_keyboard" not in message.markup, "message can't be edited")
        _check(markup != message.markup, "message is not modified: specified new message content is exactly the same")
        _check_markup(markup, self.people[chat])
        message.markup = markup
        return {
            "message_id": number,
            "date": int(time.time()),
            "from": BOT,
            "text": message.text,
            "chat": self._chat(chat, self.people[chat]),
            "reply_markup": markup,
        }

    def _getMyCommands(self, _: dict[str, Any]) -> list[dict[str, str]]:
        return self.commands

    def _getMyDescription(self, _: dict[str, Any]) -> dict[str, str]:
        return {"description": self.description}

    def _getMyShortDescription(self, _: dict[str, Any]) -> dict[str, str]:
        return {"short_description": self.short_description}

    def _setMyCommands(self, fields: dict[str, Any]) -> bool:
        commands = json.loads(fields["commands"])
        _check(len(commands) <= BotCommandLimit.MAX_COMMAND_NUMBER, "too many commands")
        for command in commands:
            name, said = command["command"], command["description"]
            _check(bool(re.fullmatch(rf"[a-z0-9_]{{1,{int(BotCommandLimit.MAX_COMMAND)}}}", name)), "command is invalid")
            _check(1 <= len(said) <= BotCommandLimit.MAX_DESCRIPTION, "command description length")
        self.commands = commands
        return True

    def _setMyDescription(self, fields: dict[str, Any]) -> bool:
        said = fields.get("description", "")
        _check(len(said) <= BotDescriptionLimit.MAX_DESCRIPTION_LENGTH, "description is too long")
        self.description = said
        return True

    def _setMyShortDescription(self, fields: dict[str, Any]) -> bool:
        said = fields.get("short_description", "")
        _check(len(said) <= BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH, "short description is too long")
        self.short_description = said
        return True

    def _leaveChat(self, fields: dict[str, Any]) -> bool:
        chat = self._known_chat(fields)
        _check(self.people[chat] != "private", "chat is private")
        self.left.append(chat)
        del self.people[chat]
        return True

    def _count(self, chat: int) -> None:
        """Refuse a flood, of messages to one chat or to all (kept under 0, which is no chat)."""
        now = time.monotonic()
        limits = ((0, FloodLimit.MESSAGES_PER_SECOND * _FORGIVEN, 1.0), (chat, _BURST_OF_ONE_CHAT, _BURST_SECONDS))
        for key, most, seconds in limits:
            times = self._sent[key]
            while times and times[0] < now - seconds:
                times.popleft()
            if len(times) >= most:
                raise self.flood(1)
            times.append(now)

    def _known_chat(self, fields: dict[str, Any]) -> int:
        chat = int(fields.get("chat_id", 0))
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        _check(chat in self.people, "chat not found")
        return chat


def _check(fine: bool, description: str) -> None:
    if not fine:
        raise Refusal(400, f"Bad Request: {description}")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parse_html(html: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and entities of a message in Telegram's HTML.

    Raises:
        Refusal: it is not well-formed, or holds a mark that Telegram does not know.
    """
    text, entities, opened = "", [], []
    for part in _parts(html):
        match = _TAG.fullmatch(part)
        if match is None:
            _check("<" not in part and ">" not in part, "can't parse entities: unescaped < or >")
            _check("&" not in _ENTITY.sub("", part), "can't parse entities: unescaped &")
            text += unescape(part)
            continue
        close, tag, attributes = match[1], match[2], match[3].strip()
        _check(tag in _TAGS, f'can\'t parse entities: unsupported start tag "{tag}"')
        if not close:
            _check(not attributes or tag in ("a", "code", "blockquote"), f"can't parse entities: attributes of {tag}")
            opened.append((tag, attributes, _units(text)))
            continue
        _check(bool(opened) and opened[-1][0] == tag and not attributes, "can't parse entities: unmatched end tag")
        tag, attributes, start = opened.pop()
        kind = "bold" if tag in ("b", "strong") else tag
        entity: dict[str, Any] = {"type": kind, "offset": start, "length": _units(text) - start}
        if tag == "a":
            link = re.fullmatch(r'href="(https?://[^"<>\s]+|tg://[^"<>\s]+)"', attributes)
            _check(link is not None, "can't parse entities: a link that is not http(s) would be dropped")
            entity |= {"type": "text_link", "url": unescape(link[1])} if link else {}
        entities.append(entity)
    _check(not opened, "can't parse entities: can't find end tag")
    return text, entities


def _parts(html: str) -> Iterator[str]:
    end = 0
    for match in _TAG.finditer(html):
        yield html[end : match.start()]
        yield match[0]
        end = match.end()
    yield html[end:]


def _check_markup(markup: dict[str, Any], chat_kind: str) -> None:
    if "inline_keyboard" in markup:
        rows = markup["inline_keyboard"]
        _check(sum(map(len, rows)) <= InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER, "too many buttons")
        for button in (b for row in rows for b in row):
            data = button.get("callback_data", "")
            _check(bool(button.get("text", "").strip()), "button text is empty")
            _check(set(button) == {"text", "callback_data"}, "a button needs exactly one action")
            size = len(data.encode())
            least, most = InlineKeyboardButtonLimit.MIN_CALLBACK_DATA, InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
            _check(least <= size <= most, "BUTTON_DATA_INVALID")
        _check(all(0 < len(row) <= InlineKeyboardMarkupLimit.BUTTONS_PER_ROW for row in rows), "row is empty or too long")
    elif "keyboard" in markup:
        asks = any(b.get("request_location") for row in markup["keyboard"] for b in row)
        _check(not asks or chat_kind == "private", "location can be requested in private chats only")
    else:
        _check(set(markup) <= {"remove_keyboard", "selective"}, "object expected as reply markup")


def _refusal(refusal: Refusal) -> web.Response:
    body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.status)


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


def per_chat(messages: list[Message]) -> dict[int, list[Message]]:
    """Return messages by chat, in the order they were sent."""
    found: dict[int, list[Message]] = defaultdict(list)
    for message in messages:
        found[message.chat].append(message)
    return found
