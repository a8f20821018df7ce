"""Rasa's actions: look for a GP surgery, and for the borough that a message names.

Each has its own deadline: Rasa would wait for minutes, and nobody may wait more than 3 seconds.
Nothing of what was asked is kept: the answer goes back as the slot ``found``, which is taken out
before the conversation is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.gp_directory import Directory, GpDirectoryError
from actions.gp_directory.find import NOTICES
from actions.gp_directory.live import PostcodesOnline
from bot.answers import Library
from bot.errors import OwnItError
from bot.logs import get_logger
from bot.nlu.context import without_aside
from bot.places import Place
from bot.settings import Settings

log = get_logger(__name__)

DEADLINE = 2.0  # seconds


@lru_cache(maxsize=1)
def shared_directory() -> Directory:
    """Return the process's one directory, read at start."""
    return Directory.open(online=online_service(Settings.from_env()))


def online_service(settings: Settings) -> PostcodesOnline | None:
    """Return the service asked for postcodes that the tables lack, or None where an operator wants none."""
    wanted = settings.postcodes_online
    return None if wanted == "off" else PostcodesOnline("" if wanted == "on" else wanted)


@lru_cache(maxsize=1)
def shared_library() -> Library | None:
    """Return the process's one library, or None when its files were broken at the start, which costs only a question."""
    try:
        return Library(Settings.from_env().content)
    except OwnItError as error:
        log.warning("places_not_used", what=error.what)
        return None


def shared_places() -> Mapping[str, Place]:
    """Return the places of ``data/places`` as they were last saved whole."""
    library = shared_library()
    return library.book.places if library else {}


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
        before = led_with(tracker.events[-30:])
        place = (message.get("metadata") or {}).get("place") or tracker.get_slot("place")

        def look_up() -> dict[str, Any]:
            typed = None if pin or text.startswith("/") else without_aside(text) if asked else text
            directory = shared_directory()
            found = directory.look_up(
                typed, tuple(pin) if pin else None, asked=asked, before=before, home=home_of(place, directory)
            )
            return found.as_dict()

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


def led_with(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the first notice of a look-up that each turn said, '' where it said none, oldest first."""
    said = [(e.get("metadata") or {}).get("said") for e in events if e.get("event") == "bot"]
    return [next((a for a in turn.get("answers", ()) if a in NOTICES), "") for turn in said if turn]


def home_of(place: str | None, directory: Directory) -> frozenset[str]:
    """Return the codes of the boroughs of a page's place; of several places with one name theirs is meant."""
    known = shared_places().get(place or "")
    named = known.data.get("boroughs", ()) if known else ()
    return frozenset(a.lad for a in directory.places.authorities.values() if a.name in named)


async def _in_time(work: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any] | None:
    try:
        return await asyncio.wait_for(work(), DEADLINE)
    except (TimeoutError, asyncio.TimeoutError, GpDirectoryError, OSError) as error:
        log.warning("look_up_failed", error=type(error).__name__)
        return None
