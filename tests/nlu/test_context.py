"""What continues the message before it, and what tells the bot to delete."""

from __future__ import annotations

import pytest

from bot.nlu.context import asks_to_delete, continues, follow_up, is_postcode
from bot.nlu.text import segments

FOLLOW_UPS = {
    "does that go for hospitals too": "same",
    "is that true for my sister shes 17": "same",
    "what about if ur 14": "age",
    "ok but why tho": "why",
    "why would they": "why",
    "wdym": "simpler",
    "can you explain": "simpler",
    "start again": "restart",
    "sos": "help_now",
    "i need urgent help": "help_now",
    "helpnow": "help_now",
    "i need help with booking": None,
    "the second one": "choice:2",
    "something else": "else",
    "can i see a doctor alone": None,
    "no": None,
}


@pytest.mark.parametrize("text", FOLLOW_UPS)
def test_a_message_that_only_continues_is_known_by_its_words(text: str) -> None:
    assert follow_up(text) == FOLLOW_UPS[text]


@pytest.mark.parametrize(
    "text", ["so she cant stop me?", "and prescriptions", "what about in england", "even for the pill?", "at school too?"]
)
def test_a_message_may_lean_on_the_one_before(text: str) -> None:
    assert continues(text)


@pytest.mark.parametrize(
    "text", ["delete my data", "can you delete this chat", "pls forget everything i said", "how do i delete this"]
)
def test_telling_it_to_delete_deletes(text: str) -> None:
    assert asks_to_delete(text)


@pytest.mark.parametrize(
    "text",
    ["what do u keep about me", "is this conversation stored?", "does this get deleted", "can i read whats wrote about me"],
)
def test_asking_what_is_kept_deletes_nothing(text: str) -> None:
    assert not asks_to_delete(text)


@pytest.mark.parametrize("text", ["W12 0HS", "oh soz W12 0HS", "my postcode is w12 0hs", "ok back to the gp thing, UB1 3HW"])
def test_a_postcode_with_little_else_is_a_place(text: str) -> None:
    assert is_postcode(text)


def test_numbered_questions_are_questions_of_their_own() -> None:
    parts = segments("1) can i see a doctor alone 2) can i see my notes 3) what is consent")
    assert parts == ["can i see a doctor alone", "can i see my notes", "what is consent"]
