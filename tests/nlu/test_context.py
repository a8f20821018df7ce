"""What continues the message before it, and what tells the bot to delete."""

from __future__ import annotations

import pytest

from bot.nlu.context import (
    asks,
    asks_to_delete,
    continues,
    corrects_a_person,
    follow_up,
    is_afraid,
    is_bare,
    is_postcode,
    only_introduces,
    seeks_help,
    without_correction,
    without_introduction,
)
from bot.nlu.text import segments

FOLLOW_UPS = {
    "does that go for hospitals too": "same",
    "is that true for my sister shes 17": "same",
    "what about if ur 14": "age",
    "ok but why tho": "why",
    "how": "same",
    "how old": "same",
    "where": "same",
    "how r u": None,
    "how do i book": None,
    "why would they": "why",
    "wdym": "simpler",
    "too long. shorter": "simpler",
    "thats a lot can u say it shorter": "simpler",
    "Too wordy for my lot, got a simpler version?": "simpler",
    "can you say that in an easier way please": "simpler",
    "explain it like im 11": "simpler",
    "can you make it simpler for year 7?": "simpler",
    "y7": "age",
    "can you explain": "simpler",
    "start again": "restart",
    "sos": "help_now",
    "i need urgent help": "help_now",
    "helpnow": "help_now",
    "i need help with booking": None,
    "the second one": "choice:2",
    "phone number of the first one": "choice:1",
    "for the first time": None,
    "what was the first one again": "choice:1",
    "and the third when im 18": "choice:3",
    "the second one, say it simpler": "choice:2:simpler",
    "the first time i go to the doctors": None,
    "5": "choice:5",
    "14": "age",
    "ok. sorry. can we go back to my question": "back",
    "promise?": "why",
    "wheres that written down": "why",
    "and opticians": "same",
    "idk": "else",
    "what if my boyfriend is 17": "age",
    "something else": "else",
    "huh? say that again but simpler": "simpler",
    "what": "simpler",
    "start over pls": "restart",
    "im 14 is that a problem": "age",
    "am i too young im 11": "age",
    "and the mum part?": "which",
    "the bit about my mate": "which",
    "its at the hospital not the gp tho": "same",
    "the question is can i see a doctor alone": None,
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


@pytest.mark.parametrize(
    "text", ["what if they still say no", "how old do i have to be", "so at 15 they can", "do u have to be 16", "where do i go"]
)
def test_a_message_without_a_subject_is_known(text: str) -> None:
    assert is_bare(text)


@pytest.mark.parametrize(
    "text",
    [
        "can i get a prescription",
        "will they tell my mum",
        "what can you do",
        "is this private",
        "what should i ask",
        "how long is the wait",
        "how do they get help",
        "i dont know",
        "",
    ],
)
def test_a_message_with_a_subject_or_about_the_bot_is_not_bare(text: str) -> None:
    assert not is_bare(text)


def test_no_i_meant_is_taken_off_what_was_meant() -> None:
    assert without_correction("No, I meant prescriptions") == "prescriptions"
    assert without_correction("what i mean is can i go alone") == "can i go alone"
    assert without_correction("no i mean") == "no i mean"
    assert continues("no i meant prescriptions")


def test_a_correction_may_say_who_was_meant() -> None:
    assert corrects_a_person("no i mean the doctor")
    assert not corrects_a_person("the doctor")
    assert not corrects_a_person("no i mean find me a doctor")


def test_a_comma_parts_two_questions() -> None:
    asked = "hey im 14, can i see a doctor on my own, will they tell my parents and can i get free prescriptions?"
    parts = ["hey im 14, can i see a doctor on my own", "will they tell my parents", "can i get free prescriptions?"]
    assert segments(asked) == parts


def test_a_comma_does_not_part_what_is_told_from_what_is_asked() -> None:
    asked = "im a school nurse, can a 13 year old consent"
    assert segments(asked) == [asked]
    assert segments("can they tell my mum, if i say no") == ["can they tell my mum, if i say no"]


@pytest.mark.parametrize("text", ["hi im a foster carer", "Hello, I'm a school nurse", "im a teacher", "i am her dad"])
def test_a_grown_up_who_only_says_who_they_are_asks_nothing_yet(text: str) -> None:
    assert only_introduces(text)


@pytest.mark.parametrize(
    "text", ["hi im 14", "im a dad can i see his records?", "a parent rang us", "is a school nurse a doctor"]
)
def test_whoever_says_more_or_is_no_grown_up_does_not_only_introduce_themselves(text: str) -> None:
    assert not only_introduces(text)


@pytest.mark.parametrize("words", ["who do i ring", "wot do i do", "how do i get out", "where do i go"])
def test_what_to_do_about_a_danger_is_asked(words: str) -> None:
    assert seeks_help(words)
    assert not seeks_help(words.replace(" do ", " did "))


@pytest.mark.parametrize(
    ("words", "question"), [("and can he", True), ("wot if", True), ("it happens?", True), ("it happens when", False)]
)
def test_a_question_is_told_from_what_is_told(words: str, question: bool) -> None:
    assert asks(words) == question


@pytest.mark.parametrize(
    "text", ["im scared", "is it my fault", "what do i do", "nobody cares", "she doesnt want me to call anyone"]
)
def test_fear_that_goes_on_after_danger_is_heard(text: str) -> None:
    assert is_afraid(text)


@pytest.mark.parametrize("text", ["can i book on my own", "thanks", "im 13"])
def test_what_holds_no_fear_is_not_taken_for_it(text: str) -> None:
    assert not is_afraid(text)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Hi, I'm a school nurse. Can a 14 year old see their GP alone?", "Can a 14 year old see their GP alone?"),
        ("Receptionist here - do we turn away a child of 12?", "do we turn away a child of 12?"),
        ("I'm a school nurse. Can a pupil see me on their own?", "I'm a school nurse. Can a pupil see me on their own?"),
        ("im a nurse. hi", "im a nurse. hi"),
        ("School nurse. Can a pupil of 12 be seen alone?", "Can a pupil of 12 be seen alone?"),
        ("my teacher. is it ok that he texts at night", "my teacher. is it ok that he texts at night"),
        ("the nurse here. can she ring home without asking", "the nurse here. can she ring home without asking"),
        ("can i see the school nurse. is it private or not", "can i see the school nurse. is it private or not"),
    ],
)
def test_who_asks_is_not_what_is_asked_about(said: str, asked: str) -> None:
    assert without_introduction(said) == asked
