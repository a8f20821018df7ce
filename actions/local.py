"""Rasa's actions: look for a GP surgery, and for the borough that a message names.

Each has its own deadline: Rasa would wait for minutes, and nobody may wait more than 3 seconds.
Nothing of what was asked is kept: the answer goes back as the slot ``found``, which is taken out
before the conversation is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.gp_directory import Directory, GpDirectoryError
from bot.logs import get_logger
from bot.nlu.context import without_aside

log = get_logger(__name__)

DEADLINE = 2.0  # seconds


@lru_cache(maxsize=1)
def shared_directory() -> Directory:
    """Return the process's one directory, read at start."""
    directory = Directory.open()
    if directory.problem:
        log.warning("gp_directory_not_used", what=directory.problem.what)
    return directory


class FindGp(Action):
    """Finds GP surgeries near what the person typed or the pin they sent."""

    def name(self) -> str:
        """Return the name the rules use."""
        return "action_find_gp"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Return what was found as a slot."""
        message = tracker.latest_message or {}
        pin = (message.get("metadata") or {}).get("location")
        text = message.get("text") or ""
        asked = bool(tracker.get_slot("awaiting_place"))
        misses = sum("gp_not_found" in _said(e) for e in tracker.events[-30:])

        def look_up() -> dict[str, Any]:
            typed = None if pin or text.startswith("/") else without_aside(text) if asked else text
            return shared_directory().look_up(typed, tuple(pin) if pin else None, asked=asked, misses=misses).as_dict()

        found = await _in_time(lambda: asyncio.get_running_loop().run_in_executor(None, look_up))
        return [SlotSet("found", found)]


class FindBorough(Action):
    """Finds the borough that a message names or a surgery in it stands in: whose routes and nurses to show."""

    def name(self) -> str:
        """Return the name the rules use."""
        return "action_find_borough"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Return the borough found as a slot; most messages name none."""
        text = (tracker.latest_message or {}).get("text") or ""
        if text.startswith("/"):
            return []

        def look_up() -> dict[str, Any]:
            return shared_directory().look_up(text).as_dict()

        found = await _in_time(lambda: asyncio.get_running_loop().run_in_executor(None, look_up))
        return [SlotSet("found", {"borough": found["borough"]})] if found and found["borough"] else []


def _said(event: dict[str, Any]) -> list[str]:
    said = (event.get("metadata") or {}).get("said") or {}
    return list(said.get("answers", ()))


async def _in_time(work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any] | None:
    try:
        return await asyncio.wait_for(work(), DEADLINE)
    except (TimeoutError, asyncio.TimeoutError, GpDirectoryError, OSError) as error:
        log.warning("look_up_failed", error=type(error).__name__)
        return None
