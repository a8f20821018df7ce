"""What is said to one message, given what the conversation remembers."""

from __future__ import annotations

import pytest

from bot.answers import Book
from bot.converse import turn_for
from bot.memory import Heard, Memory, recall, summary
from bot.messages import BANDS, Understanding

SEEN_ALONE = "own_it_3_seen_alone"
PHARMACY = "own_it_5_pharmacy"


NEW = Memory()


def heard(topic: str = SEEN_ALONE, memory: Memory = NEW, **fields: object) -> Heard:
    return Heard(Understanding(**{"topics": ((topic, 0.9),), "ranking": ((topic, 0.9),), **fields}), memory)  # type: ignore[arg-type]


@pytest.mark.parametrize("band", BANDS)
def test_the_answer_fits_the_age_that_was_said(book: Book, band: str) -> None:
    turn = turn_for(SEEN_ALONE, heard(band=band), book)
    assert turn.replies[0].text == book.answers[SEEN_ALONE].words.by_age[band]  # type: ignore[index]
    assert turn.age_band == band


def test_an_age_said_after_a_question_answers_that_question_for_the_age(book: Book) -> None:
    turn = turn_for("state_age", heard("state_age", Memory(topic=PHARMACY), band="16-17"), book)
    assert (turn.topic, turn.age_band) == (PHARMACY, "16-17")
    assert turn.replies[0].text == book.answers[PHARMACY].words.by_age["16-17"]


def test_a_parent_is_told_as_a_parent(book: Book) -> None:
    turn = turn_for(SEEN_ALONE, heard(reader="parent"), book)
    assert turn.replies[0].text == book.answers[SEEN_ALONE].by_reader["parent"].versions[0]


@pytest.mark.parametrize("manner", ["simpler", "why"])
def test_a_follow_up_goes_on_with_the_last_topic(book: Book, manner: str) -> None:
    turn = turn_for("follow_up", heard("out_of_scope", Memory(topic=SEEN_ALONE), follow_up=manner), book)
    assert turn.topic == SEEN_ALONE
    assert turn.replies[0].text == getattr(book.answers[SEEN_ALONE], manner)


def test_unsure_means_ask_and_a_second_miss_shows_the_menu(book: Book) -> None:
    ranking = ((SEEN_ALONE, 0.4), ("out_of_scope", 0.3), (PHARMACY, 0.2), ("greet", 0.1))
    first = turn_for("did_you_mean", heard(ranking=ranking), book)
    assert first.outcome == "clarified"
    assert first.choices == (SEEN_ALONE, PHARMACY)
    assert [b.payload for b in first.replies[0].buttons] == [f"/{SEEN_ALONE}", f"/{PHARMACY}", "/something_else"]
    second = turn_for("did_you_mean", heard(memory=Memory(misses=1), ranking=ranking), book)
    assert second.replies[0].answer == "menu"
    assert second.replies[0].contacts


def test_a_choice_can_be_made_by_its_number(book: Book) -> None:
    memory = Memory(choices=(SEEN_ALONE, PHARMACY))
    turn = turn_for("follow_up", heard(memory=memory, follow_up="choice:2"), book)
    assert turn.topic == PHARMACY


def test_three_questions_are_answered_one_after_the_other_and_no_more(book: Book) -> None:
    topics = (SEEN_ALONE, PHARMACY, "gp_register", "tip_notes")
    asked = heard(topics=tuple((t, 0.9) for t in topics))
    turn = turn_for(SEEN_ALONE, asked, book)
    assert [r.answer.split(".")[0] for r in turn.replies] == [*topics[:3], "more_questions"]


def test_a_word_of_danger_in_a_rights_question_gets_support_and_the_answer(book: Book) -> None:
    turn = turn_for("own_it_4_parents_told", heard("own_it_4_parents_told", safety=("self_harm", "support")), book)
    assert turn.replies[0].answer == "crisis_selfharm_suicide.support"
    assert turn.replies[1].answer.startswith("own_it_4_parents_told")
    assert turn.outcome == "answered"


def test_a_crisis_is_never_answered_with_the_same_text_twice_in_a_row(book: Book) -> None:
    texts = [
        turn_for("crisis_selfharm_suicide", heard(memory=Memory(crises=n), safety=("suicidal_thoughts", "crisis")), book)
        .replies[0]
        .text
        for n in range(4)
    ]
    assert all(a != b for a, b in zip(texts, texts[1:], strict=False))


def test_help_stays_in_view_for_three_replies_after_a_crisis(book: Book) -> None:
    after = [turn_for(SEEN_ALONE, heard(memory=Memory(since_crisis=n)), book).replies[-1].answer for n in range(4)]
    assert after == ["still_here", "still_here", "still_here", SEEN_ALONE]


def test_memory_is_rebuilt_from_what_was_stored(book: Book) -> None:
    turns = turn_for(SEEN_ALONE, heard(), book), turn_for("thanks", heard("thanks"), book)
    said = [summary(turn, Memory()) for turn in turns]
    memory = recall(said, {"age_band": "U13"}, None)
    assert (memory.topic, memory.band, memory.misses) == (SEEN_ALONE, "U13", 0)


def test_no_crisis_reply_is_like_the_one_before_however_many_there_were(book: Book) -> None:
    memory, texts = Memory(), []
    for _ in range(10):
        turn = turn_for("crisis_abuse", heard("crisis_abuse", safety=("physical_abuse", "crisis"), memory=memory), book)
        texts.append(turn.replies[0].text)
        # Only the last six turns of a conversation are kept.
        memory = recall([summary(turn, memory)][-6:], {}, None)
    assert all(a != b for a, b in zip(texts, texts[1:], strict=False))


def test_nothing_is_deleted_because_somebody_asks_what_is_kept(book: Book) -> None:
    asked = turn_for("delete_my_data", heard("delete_my_data"), book)
    told = turn_for("delete_my_data", heard("delete_my_data", asks_to_delete=True), book)
    assert (asked.replies[0].answer, asked.forget) == ("delete_my_data.kept", False)
    assert (told.replies[0].answer, told.forget) == ("delete_my_data", True)


def test_does_that_go_for_hospitals_too_continues_the_last_topic(book: Book) -> None:
    turn = turn_for("follow_up", heard("out_of_scope", follow_up="same", memory=Memory(topic=SEEN_ALONE, band="13-15")), book)
    assert (turn.topic, turn.age_band) == (SEEN_ALONE, "13-15")


def test_an_unsure_message_that_leans_on_the_last_topic_is_offered_it_first(book: Book) -> None:
    ranking = (("feedback", 0.55), ("gp_contact", 0.3))
    turn = turn_for("did_you_mean", heard(ranking=ranking, continues=True, memory=Memory(topic=SEEN_ALONE)), book)
    assert turn.choices == (SEEN_ALONE, "feedback", "gp_contact")


def test_the_age_of_somebody_else_stands_in_until_the_writer_says_their_own(book: Book) -> None:
    about_sister = turn_for(SEEN_ALONE, heard(band="16-17", lasting=False), book)
    said = [summary(about_sister, Memory())]
    assert recall(said, {}, None).band == "16-17"
    assert recall(said, {"age_band": "U13"}, None).band == "U13"


def test_an_unsure_message_that_leans_on_the_last_topic_and_is_likely_about_no_other_goes_on_with_it(book: Book) -> None:
    ranking = (("feedback", 0.3), ("gp_contact", 0.3))
    turn = turn_for("did_you_mean", heard(ranking=ranking, continues=True, memory=Memory(topic=SEEN_ALONE)), book)
    assert (turn.outcome, turn.topic) == ("answered", SEEN_ALONE)


def test_asking_for_help_now_shows_people_to_call_and_text(book: Book) -> None:
    turn = turn_for("follow_up", heard("help", follow_up="help_now"), book)
    assert turn.replies[0].answer == "help_now"
    assert {"emergency_999", "childline", "shout"} <= {c.id for c in turn.replies[0].contacts}
