"""Sessions of the web chat: signed tokens, answers kept for a retry, and limits.

A session is a random id that the server signs; nothing of it is stored but what lets a repeated
message be answered once. Everything here forgets after 30 minutes of silence.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.fading import Fading

LIFETIME = 30 * 60
_KEPT_ANSWERS = 8
_MOST_SESSIONS = 10_000
Clock = Callable[[], float]


class Refused(Exception):
    """A request we do not serve; its code names the words in ``widget/strings.json``."""

    def __init__(self, status: int, code: str, wait: int = 0) -> None:
        """Keep the HTTP status, the code of the words and the seconds to wait."""
        super().__init__(code)
        self.status, self.code, self.wait = status, code, wait


class Tokens:
    """Signs and reads session tokens: ``<random id>.<expiry>.<signature>``."""

    def __init__(self, key: bytes, clock: Clock = time.time) -> None:
        """Derive a key of our own, so that a token is worth nothing to another part."""
        self._key = hmac.new(key, b"ownit web session", hashlib.sha256).digest()
        self._clock = clock

    def issue(self, person: str | None = None) -> str:
        """Return a token for ``person`` (default: a new random id), good for 30 minutes from now."""
        body = f"{person or secrets.token_urlsafe(16)}.{int(self._clock()) + LIFETIME}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: str) -> str | None:
        """Return the id in ``token``, or None when it is forged or has expired."""
        body, _, signature = token.rpartition(".")
        person, _, expires = body.rpartition(".")
        genuine = hmac.compare_digest(self._sign(body).encode(), signature.encode(errors="replace"))
        if not genuine or int(expires) < self._clock():
            return None
        return person

    def _sign(self, body: str) -> str:
        digest = hmac.new(self._key, body.encode(errors="replace"), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class _Bucket:
    tokens: float
    filled: float


class RateLimit:
    """A token bucket for each key, so that a burst is fine and a flood is not."""

    def __init__(self, per_minute: int, clock: Clock = time.time, most: int = _MOST_SESSIONS) -> None:
        """Allow ``per_minute`` at once, and refill at that speed."""
        self._size, self._clock = per_minute, clock
        # After a minute a bucket is full again, like a new one.
        self._buckets: Fading[str, _Bucket] = Fading(most, 60, clock)

    def wait(self, key: str) -> int:
        """Take one; return 0, or the whole seconds to wait when there is none left."""
        now, speed = self._clock(), self._size / 60
        bucket = self._buckets.get(key) or _Bucket(self._size, now)
        bucket.tokens = min(self._size, bucket.tokens + max(0.0, now - bucket.filled) * speed)
        bucket.filled = now
        self._buckets.put(key, bucket)
        if bucket.tokens < 1:
            return int((1 - bucket.tokens) / speed) + 1
        bucket.tokens -= 1
        return 0


class Sessions:
    """What is kept of live sessions: the last answers, and which sessions were ended."""

    def __init__(self, clock: Clock = time.time) -> None:
        """Start with no session."""
        self._live: Fading[str, OrderedDict[str, asyncio.Future[Any]]] = Fading(_MOST_SESSIONS, LIFETIME, clock)
        self._ended: Fading[str, None] = Fading(_MOST_SESSIONS, LIFETIME + 1, clock)

    def __len__(self) -> int:
        """Return how many sessions have something kept."""
        return len(self._live)

    def ended(self, person: str) -> bool:
        """Return whether this session was ended on purpose."""
        return person in self._ended

    def end(self, person: str) -> None:
        """Forget the session and refuse its tokens, which would be good for a while yet."""
        self._live.drop(person)
        self._ended.put(person, None)

    async def once(self, person: str, message: str, answer: Callable[[], Awaitable[Any]]) -> Any:
        """Return ``answer()``, or what it returned before for the same message of this person.

        A retry that arrives while the first is still being answered waits for that answer.
        """
        answers = self._live.get(person) or OrderedDict()
        self._live.put(person, answers)
        if message in answers:
            return await asyncio.shield(answers[message])
        # A task of its own: the first request may be cut off, and its retry still wants the answer.
        task = asyncio.ensure_future(answer())
        answers[message] = task
        while len(answers) > _KEPT_ANSWERS:
            answers.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            answers.pop(message, None)
            raise
