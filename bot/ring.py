"""Which engine a conversation belongs to, when there are several.

Rendezvous hashing: every front comes to the same order by itself, and when an engine comes or goes
only its own conversations move. Rasa keeps one conversation's messages apart inside one engine only, so
two engines must not work on one conversation at a time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

# An engine that failed is asked last for so long (seconds), so that nobody else waits for it.
_REST = 2.0


class Ring:
    """Several engines in the order in which a conversation asks them."""

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        """Choose between ``urls``."""
        self.urls, self._clock = tuple(urls), clock
        self._failed: dict[str, float] = {}

    def order(self, person: str) -> list[str]:
        """Return every engine: the one of ``person`` first, those that just failed last."""
        now = self._clock()
        return sorted(self.urls, key=lambda url: (now < self._failed.get(url, 0.0), _weight(url, person)))

    def failed(self, url: str) -> None:
        """Note that ``url`` did not answer."""
        self._failed[url] = self._clock() + _REST

    def answered(self, url: str) -> None:
        """Note that ``url`` works."""
        self._failed.pop(url, None)


def _weight(url: str, person: str) -> bytes:
    return hashlib.blake2b(f"{url} {person}".encode(), digest_size=8).digest()
