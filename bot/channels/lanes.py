"""Order and repetition: one chat's messages one after another, many chats at once, none twice."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Hashable

from bot.fading import Fading
from bot.logs import get_logger

log = get_logger(__name__)
Job = Callable[[], Awaitable[None]]
# More than anybody types while waiting for an answer: one key must not take the room of all.
MOST_OF_ONE = 200


class Lanes:
    """Runs jobs: those of one key in the order they came, those of different keys side by side."""

    def __init__(self, most: int) -> None:
        """Hold at most ``most`` jobs; `full` tells when no more may be put."""
        self._most = most
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def full(self) -> bool:
        """Whether as many jobs are held as may be."""
        return self._held >= self._most

    def put(self, key: Hashable, job: Job) -> bool:
        """Run ``job`` after every earlier job of ``key``; False when ``key`` has too many waiting already."""
        if len(self._waiting.get(key, ())) >= MOST_OF_ONE:
            return False
        self._held += 1
        if self.full:
            self._room.clear()
        self._waiting.setdefault(key, deque()).append(job)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._run(key))
        return True

    async def room(self) -> None:
        """Wait until another job may be put."""
        await self._room.wait()

    async def drain(self, seconds: float) -> int:
        """Give what is held ``seconds`` to finish, end the rest, and return how many jobs were lost."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        lost = self._held
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return lost

    async def _run(self, key: Hashable) -> None:
        jobs = self._waiting[key]
        try:
            while jobs:
                try:
                    await jobs.popleft()()
                except Exception as error:
                    # One bad job must not stop those behind it.
                    log.error("job_failed", error=type(error).__name__)
                finally:
                    self._held -= 1
                    if not self.full:
                        self._room.set()
        finally:
            del self._waiting[key], self._tasks[key]


class Recent(Fading[Hashable, None]):
    """Remembers the newest keys, up to a bound, and for a while if it is told how long (seconds)."""

    def __init__(self, most: int, seconds: float = math.inf) -> None:
        """Remember at most ``most`` keys."""
        super().__init__(most, seconds)

    def add(self, key: Hashable) -> bool:
        """Remember ``key``; False when it was known already."""
        new = key not in self
        self.put(key, None)
        return new
