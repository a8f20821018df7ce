"""Private by construction: Rasa's tracker store of this bot, named in ``endpoints.yml``.

Before anything is stored, every word a person typed is taken out: what stays is topics, an age band
and which answers were said. Memory by default, bounded and expiring; Redis when ``REDIS_URL`` is set.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.logs import get_logger
from bot.settings import Settings
from bot.shelf import KEPT_SLOTS, MemoryShelf, RedisShelf, Shelf, strip

log = get_logger(__name__)


class PrivateTrackerStore(TrackerStore):
    """Rasa's view of the shelf: strips on the way in, rebuilds a tracker on the way out."""

    def __init__(self, domain: Domain, event_broker: object = None, **_: Any) -> None:
        """Choose the shelf by the settings; an event broker is refused, nothing leaves here."""
        super().__init__(domain, None)
        url = Settings.from_env().redis_url
        self._shelf: Shelf = RedisShelf(url) if url else MemoryShelf()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the stripped conversation, or remove it if the person asked for that, or if it cannot be stripped.

        Nothing is raised: Rasa would keep a conversation whose store failed whole, with every word in it.
        """
        try:
            self._keep(tracker)
        except Exception as error:  # noqa: BLE001 - whatever it was, no word may be kept
            log.error("conversation_not_kept", error=type(error).__name__)
            self._shelf.drop(tracker.sender_id)

    def _keep(self, tracker: DialogueStateTracker) -> None:
        events = [e.as_dict() for e in tracker.events]
        last: dict[str, Any] = next((e for e in reversed(events) if e["event"] == "bot"), {})
        said = (last.get("metadata") or {}).get("said") or {}
        if said.get("forget"):
            self._shelf.drop(tracker.sender_id)
            return
        slots = {name: tracker.get_slot(name) for name in KEPT_SLOTS}
        # The slot is set here and nowhere else: a rule that starts while it is true must find it so to its
        # end. It stays true a turn longer than the question for a place: what then is none is told apart later.
        slots["awaiting_place"] = said.get("place_open") or None
        self._shelf.put(tracker.sender_id, json.dumps(strip(events, slots)))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation, or None when there is none or it has expired."""
        text = self._shelf.get(sender_id)
        if text is None:
            return None
        try:
            events = [_event(data) for data in json.loads(text)]
            return DialogueStateTracker.from_events(sender_id, events, self.domain.slots)
        except (ValueError, KeyError, TypeError, AttributeError):
            # Left by another version, or damaged: a fresh conversation is better than no answer.
            log.warning("conversation_unreadable")
            return None

    async def retrieve_full_tracker(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation; earlier sessions are never kept."""
        return await self.retrieve(sender_id)

    async def delete(self, sender_id: str) -> None:
        """Forget the conversation now."""
        self._shelf.drop(sender_id)

    async def keys(self) -> Iterable[str]:
        """Return the ids of the stored conversations."""
        return self._shelf.keys()


def _event(data: Mapping[str, Any]) -> Event:
    kind = _kind(data["event"])
    event = kind._from_parameters(dict(data)) if kind else None
    if event is None:
        raise ValueError(data["event"])
    return event


# Rasa looks through every kind of event for each one it reads: without this, a millisecond or two of a message.
_kind = cache(Event.resolve_by_type)
