"""The doorway: the one place every message passes on its way to an answer, whichever channel it came by.

It never raises and never stays silent: when the engine cannot answer, the person gets the ``sorry``
answer with help in it, and a message of danger still gets its crisis reply.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace

from bot import metrics
from bot.answers import Asked, Book, Library, payload_of
from bot.converse import turn_for
from bot.engine import Engine
from bot.errors import EngineError
from bot.fading import Fading
from bot.intake import QUESTION_LIMIT, TEXT_LIMIT, clean, mask, rounded
from bot.logs import get_logger
from bot.memory import Heard, Memory
from bot.messages import Incoming, Outcome, Turn, Understanding
from bot.nlu.finding import CRISIS, Finding
from bot.nlu.phrases import SafetyRules
from bot.settings import Settings
from bot.shelf import EXPIRES

log = get_logger(__name__)

MESSAGES_A_MINUTE = 20
_MOST_PEOPLE = 20_000
_TRY_AGAIN = 5  # seconds until an engine that is away is asked again to forget somebody
_MOST_WAITING = 8  # of one person's messages in hand at once; more is flooding


class Doorway:
    """Cleans, masks, limits, orders and answers messages."""

    def __init__(self, settings: Settings, engine: Engine, limited: bool = True) -> None:
        """Read the answers and the phrase rules.

        Args:
            limited: whether the per-person rate limit applies (not to ``ownit ask``).

        Raises:
            ContentError: the answers are broken and there is no earlier reading.
        """
        self.library = Library(settings.content)
        self._rules = SafetyRules.load(settings.content / "safety")
        self._rules.warm()
        # To read thousands of letters takes some 50 ms: one such message at a time, so that a flood of them delays nobody else.
        self._reader = ThreadPoolExecutor(1, "long-messages")
        self._engine, self._limited = engine, limited
        self._off = settings.var / "off"
        self._people = _People()
        self._later: set[asyncio.Task[None]] = set()
        # Made while everything is known to be whole, for when nothing is.
        self._last_resort = Turn("sorry", (self.library.book.reply("sorry"),))

    async def handle(self, incoming: Incoming) -> Turn:
        """Return the turn for one message: at least one reply, whatever breaks behind it."""
        start = time.perf_counter()
        try:
            turn = await self._answer(incoming, self.library.book)
        except Exception as error:  # noqa: BLE001 - whoever writes gets an answer, whatever broke
            log.error("doorway_failed", error=type(error).__name__)
            turn = await self._after_a_failure(incoming)
        seconds = time.perf_counter() - start
        metrics.count(incoming.channel, turn, seconds)
        log.info("message", channel=incoming.channel, topic=turn.topic, outcome=turn.outcome, ms=round(seconds * 1000, 1))
        return turn

    async def forget(self, person: str) -> None:
        """Remove the stored conversation of ``person`` now, or as soon as an engine that is away is back."""
        self._people.forget(person)
        if not await self._forgotten(person):
            log.warning("forget_later")
            task = asyncio.create_task(self._forget_later(person))
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    async def _forgotten(self, person: str) -> bool:
        try:
            await self._engine.ask(Incoming(person, "web", payload=payload_of("delete_my_data")))
        except EngineError:
            return False
        return True

    async def _forget_later(self, person: str) -> None:
        # After that it has gone by itself.
        for _ in range(int(EXPIRES / _TRY_AGAIN)):
            await asyncio.sleep(_TRY_AGAIN)
            if await self._forgotten(person):
                return

    @property
    def off(self) -> bool:
        """Whether an operator has taken all answers away (``ownit off``)."""
        return self._off.exists()

    async def _answer(self, incoming: Incoming, book: Book) -> Turn:
        incoming, masked = _read(incoming)
        if (refusal := self._refusal(incoming, book)) is not None:
            return await self._danger(incoming, book) or refusal
        async with self._people.in_turn(incoming.person):
            turn = await self._ask(incoming, book)
        if turn.forget:
            self._people.forget(incoming.person)
        if masked:
            note = book.reply("personal_details")
            turn = replace(turn, replies=(*turn.replies, note) if turn.outcome == "crisis" else (note, *turn.replies))
        return turn

    def _refusal(self, incoming: Incoming, book: Book) -> Turn | None:
        """Return what is said instead of asking the engine, if a message tells of no danger."""
        if self.off:
            return _notice("off", "sorry", incoming, book)
        if incoming.payload is not None and incoming.payload not in book.payloads:
            return _notice("menu", "refused", incoming, book)
        if self._limited and not self._people.may_write(incoming.person):
            return _notice("slow_down", "refused", incoming, book)
        if incoming.text == "":
            return _notice("empty", "refused", incoming, book)
        if incoming.text and len(incoming.text) > QUESTION_LIMIT:
            return _notice("too_long", "refused", incoming, book)
        return None

    async def _ask(self, incoming: Incoming, book: Book) -> Turn:
        try:
            return await self._engine.ask(incoming)
        except EngineError as error:
            log.error("engine_failed", why=error.what)
            return await self._without_engine(incoming, book)

    async def _after_a_failure(self, incoming: Incoming) -> Turn:
        try:
            return await self._without_engine(incoming, self.library.book)
        except Exception as error:  # noqa: BLE001 - even this may be what broke
            log.error("doorway_failed_twice", error=type(error).__name__)
            return self._last_resort

    async def _without_engine(self, incoming: Incoming, book: Book) -> Turn:
        crisis = await self._danger(incoming, book)
        return crisis or self._plain(incoming, book) or _notice("sorry", "sorry", incoming, book)

    @staticmethod
    def _plain(incoming: Incoming, book: Book) -> Turn | None:
        """Answer a pressed button from the book alone: a topic's words need no engine."""
        if incoming.payload not in book.payloads or incoming.payload == payload_of("delete_my_data"):
            return None  # without the engine nothing can be deleted, and it must not say so
        topic = next(a for a in book.answers if payload_of(a) == incoming.payload.partition("{")[0])
        part = incoming.payload.partition('"part":"')[2].rstrip('"}') or None
        return Turn("answered", (book.reply(topic, Asked(part=part), incoming.place),), topic, 1.0, (topic,))

    async def _danger(self, incoming: Incoming, book: Book) -> Turn | None:
        """Return the crisis turn for a message of danger, found by the phrase rules alone."""
        found = await self._found(incoming.text) if incoming.text else None
        if not found or found.tier != CRISIS:
            return None
        before = self._people.crises(incoming.person, found.kind)
        understood = Understanding(safety=(found.kind, CRISIS), language=found.language)
        heard = Heard(understood, Memory(crises=before, place=incoming.place))
        return turn_for(found.topic, heard, book)

    async def _found(self, text: str) -> Finding | None:
        """Return what the phrase rules find in ``text``, while others are answered if it is long."""
        if len(text) <= QUESTION_LIMIT:
            return self._rules.find(text)
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._rules.find, text)


def _read(incoming: Incoming) -> tuple[Incoming, bool]:
    """Return the message as the engine may see it, and whether anything in it was masked."""
    if incoming.location:
        incoming = replace(incoming, location=rounded(incoming.location))
    if incoming.text is None:
        return incoming, False
    text, masked = mask(clean(incoming.text[: TEXT_LIMIT * 2])[:TEXT_LIMIT])
    return replace(incoming, text=text), masked


def _notice(id_: str, outcome: Outcome, incoming: Incoming, book: Book) -> Turn:
    return Turn(outcome, (book.reply(id_, place=incoming.place),))


class _People:
    """What the doorway knows of people while they write: locks and counts, no words."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._written: Fading[str, deque[float]] = Fading(_MOST_PEOPLE, EXPIRES)
        self._crises: Fading[str, Counter[str]] = Fading(_MOST_PEOPLE, EXPIRES)

    def may_write(self, person: str) -> bool:
        """Count one message; False when it is over the limit of a minute or of waiting ones."""
        now = time.monotonic()
        times = self._written.get(person) or deque()
        while times and times[0] < now - 60:
            times.popleft()
        waiting = self._locks[person][1] if person in self._locks else 0
        if len(times) >= MESSAGES_A_MINUTE or waiting >= _MOST_WAITING:
            return False
        times.append(now)
        self._written.put(person, times)
        return True

    @asynccontextmanager
    async def in_turn(self, person: str) -> AsyncIterator[None]:
        """Let one message of ``person`` through at a time, in the order they came."""
        lock, waiting = self._locks.get(person, (asyncio.Lock(), 0))
        self._locks[person] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[person]
            if waiting == 1:
                del self._locks[person]
            else:
                self._locks[person] = (lock, waiting - 1)

    def crises(self, person: str, kind: str) -> Mapping[str, int]:
        """Return how many crisis replies of each kind the doorway itself gave ``person``, and count one more of ``kind``."""
        before = self._crises.get(person) or Counter()
        self._crises.put(person, before + Counter([kind]))
        return before

    def forget(self, person: str) -> None:
        """Drop what was said to ``person``; when they wrote still counts, else whoever deletes could flood."""
        self._crises.drop(person)
