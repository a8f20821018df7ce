"""Reading an update: whom it is from, what they want, and what nobody waits for, however little it holds."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram_read import Sent, read, unreadable

ANN = 600_001
CHAT = {"id": ANN, "type": "private"}
SOMEBODY = {"id": ANN, "is_bot": False, "first_name": "Canary"}
SENT = {"message_id": 3, "date": 1, "chat": CHAT}
PRESS = {"id": "press1", "from": {"id": ANN}, "data": "/help"}


def _read(**content: Any) -> Sent | None:
    return read(Update.de_json({"update_id": 1, **content}, None))


@pytest.mark.parametrize("kind", ["business_message", "edited_business_message", "edited_channel_post", "guest_message"])
def test_what_was_said_to_somebody_else_is_not_answered(kind: str) -> None:
    assert _read(**{kind: {**SENT, "text": "can i see a doctor alone"}}) is None


@pytest.mark.parametrize(
    "content",
    [
        {"message_reaction": {"chat": CHAT, "message_id": 3, "date": 1, "old_reaction": [], "new_reaction": []}},
        {"inline_query": {"id": "1", "from": SOMEBODY, "query": "", "offset": ""}},
        {"invention_of_next_year": {"chat": CHAT}},
        {},
    ],
)
def test_what_asks_for_nothing_is_passed_over(content: dict[str, Any]) -> None:
    assert _read(**content) is None


@pytest.mark.parametrize(
    "mark", [{"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "C"}}, {"forward_date": 1}]
)
def test_forwarded_words_are_known_by_the_new_mark_and_the_old(mark: dict[str, Any]) -> None:
    assert _read(message={**SENT, "text": "/delete", **mark}) == Sent("forwarded", ANN, "/delete")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/helpnow", Sent("payload", ANN, "/help_now")),
        ("/HelpNow@Own_It_Test_Bot", Sent("payload", ANN, "/help_now")),
        ("/privacy", Sent("payload", ANN, "/bot_privacy")),
        ("/START NWL", Sent("start", ANN, "NWL")),
        ("/start i want to die", Sent("text", ANN, "/start i want to die")),
        ("/helpnow my friend took pills", Sent("text", ANN, "/helpnow my friend took pills")),
        ("/settings", Sent("text", ANN, "/settings")),
    ],
)
def test_a_command_is_one_word_and_all_else_is_words(typed: str, meant: Sent) -> None:
    assert _read(message={**SENT, "text": typed}) == meant


# What the library cannot read, because a field that it insists on is missing or odd


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ({"chat": CHAT, "text": "hi"}, Sent("text", ANN, "hi")),
        ({"chat": {"id": ANN}, "text": "hi"}, Sent("text", ANN, "hi")),
        ({"chat": CHAT, "text": "/start nwl"}, Sent("start", ANN, "nwl")),
        ({"chat": CHAT, "text": "/delete", "forward_origin": {}}, Sent("forwarded", ANN, "/delete")),
        ({"chat": CHAT, "photo": 5, "caption": "i want to die"}, Sent("other", ANN, "i want to die")),
        ({"chat": CHAT, "voice": {}}, Sent("other", ANN)),
        ({"chat": {"id": -5, "type": "group"}, "text": "hi"}, None),
        ({"chat": {"id": -5}, "text": "hi"}, None),
        ({"chat": {"id": "x", "type": "private"}}, None),
        ({"chat": 5}, None),
        (5, None),
    ],
)
def test_words_are_found_in_a_message_that_cannot_be_read(message: Any, meant: Sent | None) -> None:
    assert unreadable({"update_id": 1, "message": message}) == meant


@pytest.mark.parametrize("shown", [{}, {"message": {"chat": CHAT}}])
def test_a_press_is_found_in_an_update_that_cannot_be_read(shown: dict[str, Any]) -> None:
    sent = unreadable({"update_id": 1, "callback_query": {**PRESS, **shown}})
    assert sent is not None
    assert (sent.kind, sent.chat, sent.value) == ("payload", ANN, "/help")
    assert sent.press is not None
    assert sent.press.id == "press1"


@pytest.mark.parametrize(
    "press", [{}, {"id": 5}, {**PRESS, "from": "nobody"}, {**PRESS, "message": {"chat": {"id": -5, "type": "group"}}}]
)
def test_a_press_of_nobody_is_passed_over(press: dict[str, Any]) -> None:
    assert unreadable({"update_id": 1, "callback_query": press}) is None
