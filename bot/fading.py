"""What is held in memory for a while and no longer: the one way in which this process remembers people."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakSet

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Fading(Generic[Key, Value]):
    """A bounded dictionary that forgets what was not put again for some time, whether or not anybody asks for it."""

    _all: WeakSet[Fading[Hashable, object]] = WeakSet()

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep at most ``most`` values, for ``seconds`` each."""
        self._most, self._seconds, self._clock = most, seconds, clock
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        Fading._all.add(self)  # type: ignore[arg-type]

    def get(self, key: Key) -> Value | None:
        """Return the value, or None when there is none or its time is over."""
        self.sweep()
        return self._kept[key][1] if key in self._kept else None

    def put(self, key: Key, value: Value) -> None:
        """Keep the value, as the newest."""
        self._kept[key] = (self._clock() + self._seconds, value)
        self._kept.move_to_end(key)
        self.sweep()

    def drop(self, key: Key) -> None:
        """Forget the value now."""
        self._kept.pop(key, None)

    def keys(self) -> list[Key]:
        """Return the keys of what is kept, oldest first."""
        self.sweep()
        return list(self._kept)

    def __contains__(self, key: Key) -> bool:
        """Tell whether a value is kept."""
        self.sweep()
        return key in self._kept

    def __len__(self) -> int:
        """Return how many values are kept."""
        self.sweep()
        return len(self._kept)

    def sweep(self) -> None:
        """Let go of what is past its time or over the bound."""
        now = self._clock()
        while self._kept:
            until, _ = next(iter(self._kept.values()))
            if until > now and len(self._kept) <= self._most:
                return
            self._kept.popitem(last=False)


def sweep_all() -> None:
    """Let go of all that is past its time in this process, also where nobody writes any more."""
    for fading in list(Fading._all):
        fading.sweep()
