"""How a message is read before the phrase rules look at it."""

from __future__ import annotations

from bot.nlu.readings import normalise


def test_a_plain_message_has_one_reading() -> None:
    assert normalise("Can I see a doctor?") == ["can i see a doctor |"]


def test_signs_are_read_as_words() -> None:
    assert "pills" in normalise("took all of them 💊")[0]
