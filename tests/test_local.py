"""What a look-up found, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.answers import Book
from bot.converse import turn_for
from bot.local import gp_turn, is_place
from bot.memory import Heard, Memory, recall, summary
from bot.messages import Reply, Understanding
from bot.settings import ROOT

SURGERY: dict[str, Any] = {
    "name": "Quillfeather Medical Centre",
    "address": "4 Inkwell Close, London",
    "postcode": "W2 1LQ",
    "phone": "020 7946 0001",
    "tel": "+442079460001",
    "costs_more": False,
    "miles": 0.4,
    "links": {"profile": "https://nhs.example/p", "hours": "https://nhs.example/h", "reviews": "https://nhs.example/r"},
}
LINKS = {"who_covers": "https://nhs.example/results/W21NY"}


@pytest.fixture(scope="module")
def book() -> Book:
    return Book.load(ROOT / "data")


def said(book: Book, found: dict[str, Any] | None) -> Reply:
    understanding = Understanding(topics=(("gp_contact", 0.9),), ranking=(("gp_contact", 0.9),))
    return gp_turn(Heard(understanding, Memory(found=found)), book).replies[0]


def found(notice: str = "gp_found", **changed: Any) -> dict[str, Any]:
    surgery = SURGERY | changed
    notices = (notice, "gp_list_date", "gp_who_covers")
    return {"notices": notices, "results": (surgery,), "label": "W2 1NY", "list_date_long": "3 February 2026", "links": LINKS}


def test_after_the_surgeries_come_the_date_who_covers_the_address_and_buttons_for_feedback(book: Book) -> None:
    reply = said(book, found())
    heading, surgery, small_print = reply.text
    assert "W2 1NY" in heading
    assert surgery.startswith("**Quillfeather Medical Centre**, about 0.4 miles away")
    assert "[020 7946 0001](tel:+442079460001)" in surgery
    assert "https://nhs.example/r" in surgery
    assert small_print.index("3 February 2026") < small_print.index("https://nhs.example/results/W21NY")
    assert [b.payload for b in reply.buttons[:2]] == ["/feedback", '/feedback{"part":"review"}']


@pytest.mark.parametrize(
    "notice", ["gp_found_pin", "gp_found_named", "gp_found_typo", "gp_found_area", "gp_terminated", "gp_far"]
)
def test_every_list_of_surgeries_ends_in_the_same_buttons(book: Book, notice: str) -> None:
    assert [b.payload for b in said(book, found(notice)).buttons] == [b.payload for b in said(book, found()).buttons]


def test_no_distance_is_shown_as_nothing(book: Book) -> None:
    assert "about 0.1 miles" in said(book, found(miles=0.0)).text[1]
    assert "miles" not in said(book, found("gp_found_named", miles=None)).text[1]


def test_a_number_that_costs_more_says_so(book: Book) -> None:
    assert "cost extra" in said(book, found(costs_more=True)).text[1]
    assert "cost extra" not in said(book, found()).text[1]


def test_names_to_choose_from_can_be_told_apart(book: Book) -> None:
    choices = ("Acton, Ealing", "Acton, Shropshire")
    reply = said(book, {"notices": ("gp_which_place",), "choices": choices})
    assert "Acton, Ealing; Acton, Shropshire." in reply.text[0]


def test_without_an_action_server_the_answer_is_the_link_and_asks_for_nothing(book: Book) -> None:
    heard = Heard(Understanding(topics=(("gp_contact", 0.9),), ranking=()), Memory(awaiting_place=True))
    turn = turn_for("gp_contact", heard, book)
    assert turn.replies[0].answer == "gp_no_directory"
    assert "(https://www.nhs.uk/service-search/find-a-gp)" in turn.replies[0].text[0]
    assert not turn.awaiting_place


@pytest.mark.parametrize(
    "notice", ["gp_ask_place_again", "gp_too_wide", "gp_shown_above", "gp_found_typo", "gp_not_found_again"]
)
def test_what_asks_for_a_place_waits_for_one_and_giving_up_does_not(book: Book, notice: str) -> None:
    heard = Heard(Understanding(topics=(), ranking=()), Memory(found={"notices": (notice,)}))
    assert gp_turn(heard, book).awaiting_place
    gave_up = Heard(Understanding(topics=(), ranking=()), Memory(found={"notices": ("gp_give_up",)}))
    assert not gp_turn(gave_up, book).awaiting_place


@pytest.mark.parametrize(
    ("said_before", "notice"),
    [("gp_found", "gp_shown_above"), ("gp_found_area", "gp_shown_above"), ("gp_which_place", "gp_write_it_out")],
)
def test_the_first_one_of_a_list_that_was_not_kept_is_no_button(book: Book, said_before: str, notice: str) -> None:
    memory = Memory(topic="gp_contact", notice=said_before, choices=("feedback",))
    turn = turn_for("follow_up", Heard(Understanding(topics=(), ranking=(), follow_up="choice:1"), memory), book)
    assert turn.replies[0].answer == notice
    pressed = replace(memory, notice="own_it_5_pharmacy")
    turn = turn_for("follow_up", Heard(Understanding(topics=(), ranking=(), follow_up="choice:1"), pressed), book)
    assert turn.topic == "feedback"


def test_what_a_turn_led_with_is_remembered(book: Book) -> None:
    heard = Heard(Understanding(topics=(), ranking=()), Memory(found=found()))
    turn = gp_turn(heard, book)
    assert recall([summary(turn, heard.memory)], {}, None).notice == "gp_found"


@pytest.mark.parametrize("words", ["i want to complain", "can i leave a review", "who can help me complain"])
def test_when_healthwatch_is_switched_off_nothing_of_it_is_left(book: Book, words: str) -> None:
    def answer(exists: bool) -> str:
        places = {id_: replace(p, data={**p.data, "healthwatch": exists}) for id_, p in book.places.items()}
        asked = Understanding(topics=(("feedback", 0.99),), ranking=(), words=(words,))
        heard = Heard(asked, Memory(found={"borough": "Harrow"}))
        reply = turn_for("feedback", heard, replace(book, places=places)).replies[0]
        return " ".join((*reply.text, *(c.name for c in reply.contacts)))

    assert "Healthwatch Harrow" in answer(exists=True)
    assert "Healthwatch" not in answer(exists=False)


@pytest.mark.parametrize(("borough", "shown"), [("Hillingdon", True), ("Harrow", False)])
def test_an_advocate_of_other_boroughs_is_not_shown(book: Book, borough: str, shown: bool) -> None:
    asked = Understanding(topics=(("feedback", 0.99),), ranking=(), words=("who can help me complain",))
    reply = turn_for("feedback", Heard(asked, Memory(place="north-west-london", found={"borough": borough})), book).replies[0]
    assert ("pohwer" in [c.id for c in reply.contacts]) == shown


def test_feedback_names_healthwatch_everywhere_in_england(book: Book) -> None:
    asked = Understanding(topics=(("feedback", 0.99),), ranking=(), words=("how do i say what i think",))
    assert "Tell Healthwatch" in turn_for("feedback", Heard(asked, Memory()), book).replies[0].text[-1]


def test_a_contact_of_the_borough_is_not_shown_twice(book: Book) -> None:
    asked = Understanding(topics=(("feedback", 0.99),), ranking=(), words=("who can help me complain",))
    turn = turn_for("feedback", Heard(asked, Memory(found={"borough": "Hillingdon"})), book)
    contacts = [c.id for c in turn.replies[0].contacts]
    assert contacts == ["pohwer", "healthwatch_hillingdon"]


def test_a_repaired_postcode_is_a_place_and_a_name_that_sounds_like_one_is_not() -> None:
    assert is_place({"notices": ("gp_found_typo",), "kind": "postcode", "results": (SURGERY,)})
    assert not is_place({"notices": ("gp_found_typo",), "kind": "place", "label": "Hammersmith", "results": (SURGERY,)})
    assert not is_place({"notices": ("gp_typo",), "choices": ("Southall",)})


def test_no_mark_is_left_in_what_people_read(book: Book) -> None:
    for notice in ("gp_found", "gp_found_pin", "gp_found_named", "gp_found_typo", "gp_found_area"):
        assert "$" not in "\n".join(said(book, found(notice)).text)
    for notice in ("gp_too_wide", "gp_ask_place_again", "gp_shown_above", "gp_give_up", "gp_not_found_again"):
        assert "$" not in "\n".join(said(book, {"notices": (notice,), "label": "London"}).text)
