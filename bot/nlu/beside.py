"""A call made on the other core while this one works, for training."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from multiprocessing import get_context
from typing import Generic, TypeVar

from bot.nlu.progress import failed

Found = TypeVar("Found")


class Beside(Generic[Found]):
    """A call in a process of its own, which knows all that was read before it.

    Only Linux copies a process safely; elsewhere the call is made when its result is asked for.
    """

    def __init__(self, call: Callable[[], Found]) -> None:
        """Begin; the process ends with this one at the latest."""
        self._call, self._process = call, None
        if sys.platform == "linux":
            fork = get_context("fork")
            self._receiver, sender = fork.Pipe(duplex=False)
            self._process = fork.Process(target=lambda: sender.send(call()))
            self._process.start()
            sender.close()
            atexit.register(self._process.terminate)

    def result(self) -> Found:
        """Wait for the result, which can be fetched once.

        Raises:
            EngineError: the process failed, after printing why, or was ended.
        """
        if self._process is None:
            return self._call()
        try:
            found: Found = self._receiver.recv()
        except EOFError:
            raise failed() from None
        return found
