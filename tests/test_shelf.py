"""What a stored conversation may hold."""

from __future__ import annotations

import json
from typing import Any

from bot.shelf import MemoryShelf, RedisShelf, strip

TURN = [
    {"event": "action", "name": "action_session_start", "policy": None, "confidence": 1.0, "timestamp": 1.0},
    {"event": "session_started", "timestamp": 1.0},
    {"event": "slot", "name": "session_started_metadata", "value": {"location": [51.5, -0.1]}, "timestamp": 1.0},
    {"event": "action", "name": "action_listen", "policy": None, "confidence": None, "timestamp": 1.0},
    {
        "event": "user", "text": "marked words W2 1NY", "timestamp": 2.0, "input_channel": "web",
        "metadata": {"location": [51.5, -0.1]},
        "parse_data": {
            "text": "marked words W2 1NY", "intent": {"name": "gp_contact", "confidence": 0.9},
            "entities": [{"entity": "age_band", "value": "13-15"}], "understanding": {"words": ["marked words"]},
        },
    },
    {"event": "slot", "name": "found", "value": {"label": "W2 1NY"}, "timestamp": 2.1},
    {
        "event": "bot", "text": "near W2 1NY", "data": {"custom": {"x": "W2 1NY"}}, "timestamp": 2.2,
        "metadata": {"said": {"outcome": "answered", "topics": ["gp_contact"], "answers": ["gp_found"]}},
    },
]  # fmt: skip


def test_no_word_a_person_typed_is_stored() -> None:
    kept = json.dumps(strip(TURN, {"age_band": "13-15", "found": {"label": "W2 1NY"}}))
    assert "marked" not in kept
    assert "W2" not in kept
    assert "51.5" not in kept


def test_the_summary_of_a_turn_and_the_age_band_are_kept_and_no_message() -> None:
    kept = strip(TURN, {"age_band": "13-15"})
    assert [(e["name"], e["value"]) for e in kept if e["event"] == "slot"] == [("age_band", "13-15")]
    assert [e["metadata"]["said"]["answers"] for e in kept if e["event"] == "bot"] == [["gp_found"]]
    assert not [e for e in kept if e["event"] == "user"]


def test_what_is_stored_ends_where_rasa_waits_for_the_next_message() -> None:
    assert strip(TURN, {})[-1]["name"] == "action_listen"


def test_a_long_conversation_keeps_its_last_turns_and_its_age() -> None:
    kept = strip(TURN + TURN[4:] * 40, {"age_band": "U13"})
    assert sum(e["event"] == "bot" for e in kept) == 6
    assert sum(e["event"] == "session_started" for e in kept) == 1
    assert any(e.get("name") == "age_band" for e in kept)


def test_a_conversation_is_forgotten_after_its_time_and_when_there_are_too_many() -> None:
    shelf = MemoryShelf(most=2, expires=60)
    for key in "abc":
        shelf.put(key, key)
    assert shelf.keys() == ["b", "c"]
    gone = MemoryShelf(expires=0)
    gone.put("a", "a")
    assert gone.get("a") is None


def test_a_deleted_conversation_is_gone_at_once() -> None:
    shelf = MemoryShelf()
    shelf.put("a", "a")
    shelf.drop("a")
    assert shelf.get("a") is None


class Redis:
    """A Redis that can be away."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.away, self.asked = False, 0

    def __getattr__(self, name: str) -> Any:
        from redis import ConnectionError as Away

        def call(key: str, *value: str, **_: Any) -> Any:
            self.asked += 1
            if self.away:
                raise Away
            return {"get": self.kept.get, "set": self.kept.__setitem__, "delete": self.kept.pop}[name](key, *value)

        return call


def redis_shelf() -> tuple[RedisShelf, Redis, list[float]]:
    now = [0.0]
    shelf, redis = RedisShelf("redis://127.0.0.1:1/0", lambda: now[0]), Redis()
    shelf._redis = redis  # type: ignore[assignment]
    return shelf, redis, now


def test_without_redis_there_is_no_context_and_it_is_left_alone_for_a_moment() -> None:
    shelf, redis, now = redis_shelf()
    shelf.put("a", "text")
    redis.away = True
    now[0] += 10
    assert [shelf.get("a") for _ in range(5)] == [None] * 5
    assert redis.asked == 2
    redis.away = False
    now[0] += 10
    assert shelf.get("a") == "text"


def test_what_was_to_be_forgotten_while_redis_was_away_is_gone_before_it_can_be_read() -> None:
    shelf, redis, now = redis_shelf()
    shelf.put("a", "text")
    redis.away = True
    now[0] += 10
    shelf.drop("a")
    redis.away = False
    now[0] += 10
    redis.kept.setdefault("ownit:a", "text")
    assert shelf.get("a") is None
    assert not redis.kept
