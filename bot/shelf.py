"""What a stored conversation may hold, and where it lies: the part of privacy that needs no Rasa."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from bot.fading import Fading
from bot.logs import get_logger

log = get_logger(__name__)

EXPIRES = 30 * 60  # seconds; whole ones: with a fraction Redis refuses and Rasa saves nothing
MOST_CONVERSATIONS = 50_000
KEPT_SLOTS = ("age_band", "reader", "place", "awaiting_place")
# A Redis that failed is left alone for so long (seconds).
_REST = 1.0
# A follow-up looks back at most this many turns; older ones only slow the tracker down.
_KEPT_TURNS = 6


def strip(events: Iterable[Mapping[str, Any]], slots: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events to store: what the bot summed up of each turn, without a word anybody typed.

    No rule looks further back than its own turn, and what a turn means to the next one stands in its summary. So no
    message is stored, not even its topic, and Rasa's policies, which look through every action, have one to look at.

    Args:
        events: the conversation's events as dictionaries, oldest first.
        slots: the slots' values now; only bands and ids are kept of them.
    """
    turns = [e for e in events if e["event"] == "bot" and (e.get("metadata") or {}).get("said")][-_KEPT_TURNS:]
    when = turns[0].get("timestamp") if turns else time.time()
    memory = [{"event": "slot", "name": n, "value": slots[n]} for n in KEPT_SLOTS if slots.get(n) is not None]
    said = [
        {"event": "bot", "text": None, "data": {}, "metadata": {"said": e["metadata"]["said"]}, "timestamp": e.get("timestamp")}
        for e in turns
    ]
    stored = [_action("action_session_start"), {"event": "session_started"}, *memory, *said, _action("action_listen")]
    return [{"timestamp": when} | e for e in stored]


def _action(name: str) -> dict[str, Any]:
    return {"event": "action", "name": name, "policy": None, "confidence": 1.0}


class Shelf(Protocol):
    """Where stripped conversations lie: a dictionary of texts that forget themselves."""

    def get(self, key: str) -> str | None:
        """Return the text, or None when there is none or it has expired."""

    def put(self, key: str, text: str) -> None:
        """Keep the text for `EXPIRES` seconds from now."""

    def drop(self, key: str) -> None:
        """Forget the text now."""

    def keys(self) -> list[str]:
        """Return the keys of what has not expired."""


class MemoryShelf(Fading[str, str]):
    """A bounded dictionary, oldest first: what is past its time or over the bound is let go."""

    def __init__(self, most: int = MOST_CONVERSATIONS, expires: float = EXPIRES) -> None:
        """Keep at most ``most`` texts for ``expires`` seconds each."""
        super().__init__(most, expires)


class RedisShelf:
    """The same in Redis, for several engines; Redis expires the keys itself.

    When Redis is away the bot answers without context rather than not at all. It is then left alone for a
    moment: a Redis that hangs must not hold up everybody for its half second at every message.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Connect lazily to ``url``; a stalled Redis is given up after half a second."""
        import redis

        self._errors, self._clock = redis.RedisError, clock
        self._redis = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True)
        self._away_until = 0.0
        # What somebody asked to forget while Redis was away: it is dropped on its return, and never read before.
        self._to_drop: OrderedDict[str, None] = OrderedDict()

    def _try(self, call: Callable[[], Any]) -> Any:
        if self._clock() < self._away_until:
            return None
        try:
            while self._to_drop:
                self._redis.delete(next(iter(self._to_drop)))
                self._to_drop.popitem(last=False)
            return call()
        except self._errors:
            self._away_until = self._clock() + _REST
            log.warning("redis_away")
            return None

    def get(self, key: str) -> str | None:
        """Return the text, or None when there is none, it has expired or Redis is away."""
        text: str | None = self._try(lambda: self._redis.get(f"ownit:{key}"))
        return text

    def put(self, key: str, text: str) -> None:
        """Keep the text for `EXPIRES` seconds from now."""
        self._try(lambda: self._redis.set(f"ownit:{key}", text, ex=EXPIRES))

    def drop(self, key: str) -> None:
        """Forget the text now, or as soon as Redis is back."""
        self._to_drop[f"ownit:{key}"] = None
        while len(self._to_drop) > MOST_CONVERSATIONS:
            self._to_drop.popitem(last=False)
        self._try(lambda: None)

    def keys(self) -> list[str]:
        """Return the keys of all conversations."""
        found = self._try(lambda: list(self._redis.scan_iter(match="ownit:*", count=1000)))
        return [k.removeprefix("ownit:") for k in found or ()]
