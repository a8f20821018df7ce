"""Rasa's view of a stored conversation: what comes back is what Rasa itself would read, and no word anybody typed."""

from __future__ import annotations

import asyncio
import json
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import EngineError

if TYPE_CHECKING:
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.privacy import PrivateTrackerStore

pytestmark = pytest.mark.slow

SAID = {"topic": "gp_contact", "forget": False, "place_open": True}


@pytest.fixture(scope="module")
def store() -> PrivateTrackerStore:
    names = ("age_band", "reader", "place", "awaiting_place", "found")
    slots = {name: {"type": "any", "mappings": [{"type": "custom"}]} for name in names}
    domain = {"version": "3.1", "intents": ["gp_contact"], "slots": slots}
    # Rasa imports SQLAlchemy for stores that are not used here, and that warns.
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
        from rasa.shared.core.domain import Domain

        from bot.privacy import PrivateTrackerStore

        return PrivateTrackerStore(Domain.from_dict(domain))


def conversation(store: PrivateTrackerStore, person: str, said: dict[str, Any]) -> DialogueStateTracker:
    from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    events = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
        UserUttered("zebracorn near W2 1NY", {"name": "gp_contact", "confidence": 0.9}, [{"entity": "place", "value": "W2"}]),
        SlotSet("age_band", "13-15"),
        SlotSet("found", {"label": "zebracorn"}),
        ActionExecuted("utter_gp_contact"),
        BotUttered("zebracorn", metadata={"said": said}),
        ActionExecuted("action_listen"),
    ]
    return DialogueStateTracker.from_events(person, events, store.domain.slots)


def test_a_conversation_comes_back_as_rasa_itself_would_read_it(store: PrivateTrackerStore) -> None:
    from rasa.shared.core.trackers import DialogueStateTracker

    asyncio.run(store.save(conversation(store, "person", SAID)))
    ours = asyncio.run(store.retrieve("person"))
    theirs = DialogueStateTracker.from_dict("person", json.loads(store._shelf.get("person") or ""), store.domain.slots)
    assert ours is not None
    assert [e.as_dict() for e in ours.events] == [e.as_dict() for e in theirs.events]
    assert [type(e) for e in ours.events] == [type(e) for e in theirs.events]
    assert ours.current_slot_values() == theirs.current_slot_values()
    assert ours.get_slot("age_band") == "13-15"


def test_nothing_that_was_typed_or_found_is_stored(store: PrivateTrackerStore) -> None:
    asyncio.run(store.save(conversation(store, "person", SAID)))
    kept = store._shelf.get("person") or ""
    assert "gp_contact" in kept
    assert "zebracorn" not in kept
    assert "W2" not in kept


def test_who_asks_to_be_forgotten_is_forgotten_at_once(store: PrivateTrackerStore) -> None:
    asyncio.run(store.save(conversation(store, "person", SAID)))
    asyncio.run(store.save(conversation(store, "person", {**SAID, "forget": True})))
    assert asyncio.run(store.retrieve("person")) is None


def test_a_conversation_that_cannot_be_stripped_is_dropped_and_not_left_to_rasa(
    store: PrivateTrackerStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from rasa.core.tracker_store import FailSafeTrackerStore

    safe = FailSafeTrackerStore(store)
    asyncio.run(safe.save(conversation(store, "person", SAID)))
    monkeypatch.setattr("bot.privacy.strip", lambda *_: 1 / 0)
    asyncio.run(safe.save(conversation(store, "person", SAID)))
    assert store._shelf.get("person") is None
    assert safe._fallback_tracker_store is None
    assert [r.msg for r in caplog.records] == ["conversation_not_kept"]


def test_the_engine_serves_with_no_store_but_ours(store: PrivateTrackerStore) -> None:
    from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore

    from bot.engine_main import _is_private

    _is_private(SimpleNamespace(tracker_store=FailSafeTrackerStore(store)))
    with pytest.raises(EngineError, match="privately"):
        _is_private(SimpleNamespace(tracker_store=FailSafeTrackerStore(InMemoryTrackerStore(store.domain))))


@pytest.mark.parametrize("damaged", ["", "{", "5", "[5]", '[{"event": "of another version"}]', '[{"no": "event"}]', "null"])
def test_a_damaged_conversation_begins_anew(store: PrivateTrackerStore, damaged: str) -> None:
    store._shelf.put("damaged", damaged)
    assert asyncio.run(store.retrieve("damaged")) is None
