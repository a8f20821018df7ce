"""Logs that hold no words of anybody: one JSON line an event, from our own code only.

Libraries log what they were given (Rasa whole trackers, httpx URLs with Telegram's token), so
nothing of theirs but the place and type of a warning or error is let through.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from typing import Any

from bot.settings import Settings

_OURS = "ownit"


class _JsonLines(logging.Formatter):
    """Formats our own events as JSON, and anybody else's as where and what type only."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "level": record.levelname.lower()}
        if record.name.startswith(_OURS):
            event |= {"event": record.msg, **getattr(record, "fields", {})}
        else:
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
            event |= {"event": "library", "from": f"{record.name}:{record.lineno}", **({"error": kind} if kind else {})}
        return json.dumps(event, ensure_ascii=False)


class _Logger:
    """Logs named events with fields; a field is never a message, name, id, token or postcode."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"{_OURS}.{name}")

    def info(self, event: str, **fields: Any) -> None:
        """Log that something went as meant."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: Any) -> None:
        """Log that something needs a look."""
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, **fields: Any) -> None:
        """Log that something failed."""
        self._logger.error(event, extra={"fields": fields})


def get_logger(name: str) -> _Logger:
    """Return the logger of one of our modules."""
    return _Logger(name)


def hush_libraries() -> None:
    """Keep warnings of old calls off the screen: Rasa's libraries make a dozen, and nobody here can mend them."""
    # It asks for every such warning when it is imported, so ours comes after.
    import sanic.app  # noqa: F401

    warnings.simplefilter("ignore", DeprecationWarning)


def set_up_logs() -> None:
    """Send every log line of this process through the filter above.

    ``OWNIT_LOG`` is the level of our own lines (default ``info``); libraries speak from ``warning``.

    Raises:
        SettingError: ``OWNIT_LOG`` is no level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(Settings.from_env().log_level.upper())
