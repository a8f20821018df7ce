"""What is said to one message, given what the conversation remembers."""

from __future__ import annotations

import pytest

from bot.answers import Asked, Book
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


def said_in_danger(book: Book, kind: str, **before: int) -> tuple[str, ...]:
    said = heard(memory=Memory(crises=before), safety=(kind, "crisis"))
    return turn_for("crisis_selfharm_suicide", said, book).replies[0].text


def test_a_crisis_is_never_answered_with_the_same_text_twice_in_a_row(book: Book) -> None:
    texts = [said_in_danger(book, "suicidal_thoughts", suicidal_thoughts=n) for n in range(4)]
    assert all(a != b for a, b in zip(texts, texts[1:], strict=False))


def test_a_danger_told_for_the_first_time_gets_the_whole_reply_whatever_was_told_before(book: Book) -> None:
    first = said_in_danger(book, "suicidal_thoughts")
    assert said_in_danger(book, "suicidal_thoughts", distress=1, self_harm=1) == first


def test_fear_after_a_crisis_gets_the_next_words_for_the_same_danger(book: Book) -> None:
    memory = Memory(crisis="crisis_abuse", crisis_kind="grooming", since_crisis=0, crises={"grooming": 1})
    turn = turn_for("did_you_mean", heard("did_you_mean", memory, words=("im scared",)), book)
    assert turn.kind == "grooming"
    assert turn.replies[0].text == book.answers["crisis_abuse"].kinds["grooming"].versions[1]


def test_what_was_told_of_danger_is_counted_by_kind_and_remembered(book: Book) -> None:
    turn = turn_for("crisis_abuse", heard(safety=("grooming", "crisis")), book)
    once = summary(turn, Memory())
    memory = recall([once, summary(turn, recall([once], {}, None))], {}, None)
    assert (memory.crisis, memory.crisis_kind, memory.crises) == ("crisis_abuse", "grooming", {"grooming": 2})
    assert recall([{**once, "crises": 3}], {}, None).crises == {}


@pytest.mark.parametrize(
    ("asked", "answers"), [("own_it_4_parents_told", 2), ("tip_prepare", 1), ("own_it_5_pharmacy", 1), ("greet", 1)]
)
def test_a_crisis_reply_is_followed_by_an_answer_about_rights_only(book: Book, asked: str, answers: int) -> None:
    turn = turn_for("crisis_selfharm_suicide", heard(asked, safety=("suicidal_thoughts", "crisis")), book)
    assert turn.outcome == "crisis"
    assert len(turn.replies) == answers


def test_help_stays_in_view_for_three_replies_after_a_crisis(book: Book) -> None:
    after = [turn_for(SEEN_ALONE, heard(memory=Memory(since_crisis=n)), book).replies[-1].answer for n in range(4)]
    assert after == ["still_here", "still_here", "still_here", SEEN_ALONE]


TOLD = {"crisis_abuse": 1}
ENDANGERED = Memory(topic=SEEN_ALONE, crisis="crisis_abuse", since_crisis=0, crises=TOLD)


@pytest.mark.parametrize("rule", ["did_you_mean", "medical_advice", "deny"])
def test_fear_that_goes_on_after_a_crisis_gets_help_again_in_other_words(book: Book, rule: str) -> None:
    turn = turn_for(rule, heard(rule, ENDANGERED, words=("im scared",)), book)
    assert (turn.outcome, turn.topic) == ("crisis", "crisis_abuse")
    assert turn.replies[0].text != turn_for("crisis_abuse", heard(safety=("grooming", "crisis")), book).replies[0].text


@pytest.mark.parametrize(
    ("rule", "outcome"), [("did_you_mean", "crisis"), ("define_chaperone", "crisis"), ("thanks", "answered")]
)
def test_danger_that_is_played_down_gets_help_again_and_thanks_do_not(book: Book, rule: str, outcome: str) -> None:
    said = heard(rule, ENDANGERED, words=("its not that bad",), goes_on=(("crisis_abuse", 0.8),))
    assert turn_for(rule, said, book).outcome == outcome
    other = heard(rule, ENDANGERED, words=("its not that bad",), goes_on=((SEEN_ALONE, 0.4),))
    assert turn_for(rule, other, book).outcome != "crisis"


def test_what_is_taken_back_after_a_crisis_gets_help_again_and_a_plain_no_does_not(book: Book) -> None:
    back = heard("deny", ENDANGERED, words=("i shouldnt have said that",), goes_on=(("crisis_abuse", 0.8),))
    assert turn_for("deny", back, book).outcome == "crisis"
    no = heard("deny", ENDANGERED, words=("no",), goes_on=(("crisis_abuse", 0.8),))
    assert turn_for("deny", no, book).outcome == "answered"


@pytest.mark.parametrize(
    ("rule", "guessed", "words", "topic"),
    [
        ("crisis_selfharm_suicide", True, "please dont tell anyone", "crisis_abuse"),
        ("crisis_selfharm_suicide", False, "please dont tell anyone", "crisis_selfharm_suicide"),
        ("crisis_selfharm_suicide", True, "i see no way out", "crisis_selfharm_suicide"),
        ("crisis_medical", True, "i swallowed it, dont tell anyone", "crisis_medical"),
    ],
)
def test_fear_after_a_crisis_is_about_it_where_no_rule_names_another_danger(
    book: Book, rule: str, guessed: bool, words: str, topic: str
) -> None:
    said = heard(rule, ENDANGERED, safety=("distress", "crisis"), guessed=guessed, words=(words,))
    turn = turn_for(rule, said, book)
    assert (turn.outcome, turn.topic) == ("crisis", topic)


@pytest.mark.parametrize(("since", "outcome"), [(0, "crisis"), (1, "answered")])
def test_who_finds_out_right_after_a_crisis_is_whoever_does_the_harm(book: Book, since: int, outcome: str) -> None:
    told = "own_it_4_parents_told"
    memory = Memory(topic=SEEN_ALONE, crisis="crisis_abuse", since_crisis=since, crises=TOLD)
    said = heard(told, memory, words=("what if he finds out",), topics=((told, 0.97),))
    assert turn_for(told, said, book).outcome == outcome


@pytest.mark.parametrize(
    ("words", "since", "topic"),
    [
        ("it happens most weeks", 0, "crisis_abuse"),
        ("it happens most weeks", 1, "tip_follow_up"),
        ("can i take a friend", 0, "tip_follow_up"),
        ("who do i ring", 0, "crisis_abuse"),
        ("wot do i do", 0, "crisis_abuse"),
        ("wot do i do", 1, "tip_follow_up"),
    ],
)
def test_what_is_told_or_asked_about_it_right_after_a_crisis_gets_help_again_and_a_question_its_answer(
    book: Book, words: str, since: int, topic: str
) -> None:
    memory = Memory(topic=SEEN_ALONE, crisis="crisis_abuse", since_crisis=since, crises=TOLD)
    said = heard("tip_follow_up", memory, words=(words,), topics=(("tip_follow_up", 0.97),), goes_on=(("crisis_abuse", 0.86),))
    assert turn_for("tip_follow_up", said, book).topic == topic


@pytest.mark.parametrize(("sure", "outcome"), [(0.7, "crisis"), (0.9, "answered")])
def test_what_may_be_a_goodbye_after_a_crisis_is_one_only_when_it_surely_is(book: Book, sure: float, outcome: str) -> None:
    said = heard("goodbye", ENDANGERED, words=("every night",), topics=(("goodbye", sure),), goes_on=(("crisis_abuse", 0.99),))
    assert turn_for("goodbye", said, book).outcome == outcome


LETTERS = Memory(topic="tip_letters")


def opens_them(memory: Memory = LETTERS, goes_on: float = 0.95, **fields: object) -> Heard:
    topic = memory.topic or ""
    return heard("crisis_abuse", memory, safety=("domestic_abuse", "crisis"), goes_on=((topic, goes_on),), **fields)


def test_doubtful_danger_that_surely_goes_on_with_the_last_answer_gets_support_and_that_answer(book: Book) -> None:
    turn = turn_for("crisis_abuse", opens_them(doubtful=True), book)
    assert (turn.outcome, turn.topic) == ("answered", "tip_letters")
    assert [r.answer for r in turn.replies] == ["crisis_abuse.support", "tip_letters"]


@pytest.mark.parametrize(
    "said",
    [
        opens_them(),
        opens_them(goes_on=0.8, doubtful=True),
        opens_them(Memory(), doubtful=True),
        opens_them(Memory(topic="mental_health_access"), doubtful=True),
        opens_them(Memory(topic="tip_letters", crisis="crisis_abuse", since_crisis=1, crises=TOLD), doubtful=True),
    ],
    ids=["sure", "hardly goes on", "first message", "after an answer about health", "soon after a crisis"],
)
def test_danger_is_not_doubted_otherwise(book: Book, said: Heard) -> None:
    assert turn_for("crisis_abuse", said, book).outcome == "crisis"


def test_the_same_answer_twice_in_a_row_is_told_in_other_words(book: Book) -> None:
    again = turn_for(SEEN_ALONE, heard(memory=Memory(topic=SEEN_ALONE, notice=SEEN_ALONE)), book)
    assert again.replies[0].text == book.answers[SEEN_ALONE].simpler
    older = turn_for(SEEN_ALONE, heard(memory=Memory(topic=SEEN_ALONE, notice=SEEN_ALONE), band="16-17"), book)
    assert older.replies[0].text == book.answers[SEEN_ALONE].words.by_age["16-17"]


def test_a_clear_question_after_a_crisis_is_answered_however_scared_it_sounds(book: Book) -> None:
    asked = heard(
        "own_it_4_parents_told", ENDANGERED, topics=(("own_it_4_parents_told", 0.99),), words=("im scared they tell mum",)
    )
    assert turn_for("own_it_4_parents_told", asked, book).topic == "own_it_4_parents_told"


def test_nobody_in_danger_is_told_that_it_is_outside_what_the_bot_knows(book: Book) -> None:
    turn = turn_for(
        "out_of_scope",
        heard("out_of_scope", ENDANGERED, topics=(("out_of_scope", 0.7),), words=("they are here",), kind="general"),
        book,
    )
    assert [r.answer for r in turn.replies] == ["with_you"]
    assert turn.replies[0].contacts


def test_an_age_told_right_after_a_crisis_gets_help_for_that_age(book: Book) -> None:
    turn = turn_for("state_age", heard("state_age", ENDANGERED, words=("im 12",), band="U13"), book)
    assert (turn.outcome, turn.age_band) == ("crisis", "U13")


def test_the_bit_about_one_of_several_answers_is_told(book: Book) -> None:
    memory = Memory(topic=PHARMACY, choices=(SEEN_ALONE, PHARMACY), listed=True)
    ranking = (("tip_letters", 0.5), (SEEN_ALONE, 0.3), (PHARMACY, 0.2))
    asked = heard("tip_letters", memory, topics=(("tip_letters", 0.5),), ranking=ranking, follow_up="which")
    assert turn_for("follow_up", asked, book).topic == SEEN_ALONE


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


def on(memory: Memory, words: str, topic: str = "out_of_scope", sure: float = 0.7, **fields: object) -> Heard:
    return heard(words=(words,), topics=((topic, sure),), ranking=((topic, sure),), memory=memory, **fields)


def test_a_postcode_after_another_answer_is_no_follow_up(book: Book) -> None:
    typed = on(Memory(topic=PHARMACY), "w2 1ny", "gp_contact", 1.0, goes_on=((PHARMACY, 0.9),))
    assert turn_for("gp_contact", typed, book).topic == "gp_contact"


def test_a_message_that_goes_on_with_the_last_topic_does(book: Book) -> None:
    goes_on = on(Memory(topic="school_nurse"), "and in the holidays", "tip_prepare", 0.9, goes_on=(("school_nurse", 0.8),))
    assert turn_for("tip_prepare", goes_on, book).topic == "school_nurse"
    not_now = on(Memory(topic=PHARMACY), "and in the holidays", "tip_prepare", 0.9, goes_on=(("school_nurse", 0.8),))
    assert turn_for("tip_prepare", not_now, book).topic == "tip_prepare"


@pytest.mark.parametrize(
    ("last", "topic"),
    [(0.8, "school_nurse"), (0.9, "own_it_4_parents_told")],
    ids=["much likelier after the one before", "not much likelier"],
)
def test_what_is_much_likelier_after_the_topic_before_the_last_goes_back_to_it(book: Book, last: float, topic: str) -> None:
    memory = Memory(topic="own_it_4_parents_told", earlier="school_nurse")
    goes_on = (("own_it_4_parents_told", last), ("school_nurse", 0.99))
    said = on(memory, "how long is the wait", "help", 0.5, goes_on=goes_on)
    assert turn_for("did_you_mean", said, book).topic == topic


@pytest.mark.parametrize(
    ("rule", "sure", "topic"),
    [("out_of_scope", 0.7, "get_involved"), ("out_of_scope", 0.95, "out_of_scope"), ("tip_prepare", 0.7, "tip_prepare")],
)
def test_what_is_rather_no_topic_at_all_goes_on_sooner_than_another_one(book: Book, rule: str, sure: float, topic: str) -> None:
    said = on(Memory(topic="get_involved"), "is there an age limit", rule, sure, goes_on=(("get_involved", 0.5),))
    assert turn_for(rule, said, book).topic == topic


def test_another_country_is_never_taken_for_the_last_topic(book: Book) -> None:
    abroad = on(Memory(topic=PHARMACY), "i live in wales tho", sure=0.9, kind="other_nation", goes_on=((PHARMACY, 0.9),))
    assert turn_for("out_of_scope", abroad, book).outcome == "out_of_scope"


def test_yes_and_no_stand_alone_but_what_says_more_goes_on(book: Book) -> None:
    memory = Memory(topic="school_nurse")
    for words, topic in (("no", "deny"), ("we havent got one i think", "school_nurse")):
        turn = turn_for("deny", on(memory, words, "deny", 0.8, goes_on=(("school_nurse", 0.8),)), book)
        assert turn.topic == topic


def test_a_message_without_a_subject_that_is_surely_a_question_of_its_own_is_answered_as_one(book: Book) -> None:
    turn = turn_for(SEEN_ALONE, on(Memory(topic=PHARMACY), "can i go on my own", SEEN_ALONE, 0.97), book)
    assert turn.topic == SEEN_ALONE


def test_out_of_scope_stays_so_when_it_names_its_own_subject(book: Book) -> None:
    turn = turn_for("out_of_scope", on(Memory(topic=SEEN_ALONE), "can they make me do homework", sure=0.95), book)
    assert turn.outcome == "out_of_scope"


def test_a_message_that_names_only_a_part_of_the_last_topic_gets_that_part(book: Book) -> None:
    turn = turn_for("tip_letters", on(Memory(topic="school_nurse"), "can i text them", "tip_letters", 0.97), book)
    assert turn.replies[0].answer == "school_nurse.text_service"


def test_a_part_of_the_topic_before_the_last_is_found_too(book: Book) -> None:
    memory = Memory(topic="own_it_4_parents_told", earlier="feedback")
    turn = turn_for("did_you_mean", on(memory, "its a hospital tho", "gp_contact", 0.4), book)
    assert turn.replies[0].answer == "feedback.hospital"


def test_the_topic_before_the_last_is_remembered(book: Book) -> None:
    said = [summary(turn_for(t, heard(t), book), NEW) for t in ("feedback", SEEN_ALONE, SEEN_ALONE)]
    memory = recall(said, {}, None)
    assert (memory.topic, memory.earlier) == (SEEN_ALONE, "feedback")


def test_a_question_answered_among_others_can_be_chosen_and_then_another(book: Book) -> None:
    asked = heard(topics=((SEEN_ALONE, 0.9), (PHARMACY, 0.9), ("tip_notes", 0.9)))
    memory = recall([summary(turn_for(SEEN_ALONE, asked, book), NEW)], {}, None)
    second = turn_for("follow_up", heard(memory=memory, follow_up="choice:2:simpler"), book)
    assert second.replies[0].text == book.answers[PHARMACY].simpler
    memory = recall([summary(second, memory)], {}, None)
    assert turn_for("follow_up", heard(memory=memory, follow_up="choice:3"), book).topic == "tip_notes"


def test_a_next_question_can_be_chosen_by_number_or_by_typing_its_title(book: Book) -> None:
    first = turn_for(SEEN_ALONE, heard(), book)
    memory = recall([summary(first, NEW)], {}, None)
    button = first.replies[-1].buttons[1]
    by_number = turn_for("follow_up", heard(memory=memory, follow_up="choice:2"), book)
    by_title = turn_for("did_you_mean", on(memory, button.title.lower(), "help", 0.3), book)
    assert by_number.topic == by_title.topic == button.payload.removeprefix("/").partition("{")[0]


def test_yes_and_no_answer_a_choice_and_nothing_else(book: Book) -> None:
    answered = recall([summary(turn_for(SEEN_ALONE, heard(), book), NEW)], {}, None)
    assert turn_for("affirm", heard("affirm", answered), book).replies[0].answer == "affirm"
    asked = Memory(choices=(PHARMACY,), asked=True)
    assert turn_for("affirm", heard("affirm", asked), book).topic == PHARMACY
    assert turn_for("deny", heard("deny", asked), book).replies[0].answer == "something_else"


def test_nothing_is_deleted_by_choosing_a_number(book: Book) -> None:
    turn = turn_for("follow_up", heard(memory=Memory(choices=("delete_my_data",)), follow_up="choice:1"), book)
    assert not turn.forget


def test_a_question_asked_of_another_country_is_offered_for_england_and_gone_on_with(book: Book) -> None:
    ranking = (("out_of_scope", 0.97), (PHARMACY, 0.02))
    abroad = turn_for("out_of_scope", heard(topics=(("out_of_scope", 0.97),), ranking=ranking, kind="other_nation"), book)
    assert abroad.outcome == "out_of_scope"
    assert abroad.replies[-1].buttons[0].payload == f"/{PHARMACY}"
    memory = recall([summary(abroad, NEW)], {}, None)
    back = heard(memory=memory, ranking=ranking, kind="other_nation", continues=True, words=("what about in england",))
    assert turn_for("did_you_mean", back, book).topic == PHARMACY


def test_back_to_my_question_says_the_last_answer_again(book: Book) -> None:
    assert turn_for("follow_up", heard(memory=Memory(topic=PHARMACY, crises=TOLD), follow_up="back"), book).topic == PHARMACY


def test_words_of_danger_are_not_told_that_they_are_outside_what_the_bot_knows(book: Book) -> None:
    asked = heard(topics=(("out_of_scope", 0.5),), kind="general", safety=("self_harm", "support"))
    assert turn_for("out_of_scope", asked, book).topic == "mental_health_access"


NOWHERE = {"notices": ["gp_not_found"], "results": [], "label": "", "choices": []}
EALING = {"notices": ["gp_found_area"], "results": [], "label": "Ealing", "choices": [], "borough": "Ealing"}


def looked_up(memory: Memory, kind: str, sure: float, intent: str = "out_of_scope") -> Heard:
    return Heard(
        Understanding(topics=(("out_of_scope", sure),), ranking=(("out_of_scope", sure),), kind=kind), memory, intent=intent
    )


def test_a_joke_is_no_place_even_when_a_place_was_asked_for(book: Book) -> None:
    memory = Memory(topic="gp_contact", awaiting_place=True, found=NOWHERE)
    assert turn_for("gp_contact", looked_up(memory, "small_talk", 0.97), book).outcome == "out_of_scope"
    assert turn_for("gp_contact", looked_up(memory, "general", 0.6), book).replies[0].answer == "gp_not_found"


def test_an_odd_word_later_on_is_no_place_unless_one_is_found(book: Book) -> None:
    later = Memory(topic="gp_contact", found=NOWHERE)
    assert turn_for("gp_contact", looked_up(later, "general", 0.6), book).outcome == "out_of_scope"
    found = Memory(topic="gp_contact", found=EALING)
    assert turn_for("gp_contact", looked_up(found, "general", 0.6), book).topic == "gp_contact"


@pytest.mark.parametrize("topic", ["feedback", "school_nurse"])
def test_a_borough_named_after_a_local_answer_says_whose_services_to_show(book: Book, topic: str) -> None:
    turn = turn_for("gp_contact", looked_up(Memory(topic=topic, found=EALING), "other_nation", 0.6), book)
    assert turn.topic == topic


def unsure(words: str, topic: str, sure: float, share: float, **fields: object) -> Heard:
    ranking = ((topic, 0.6), (PHARMACY, 0.6 * share))
    understood = {"topics": ((topic, sure),), "ranking": ranking, "words": (words,), **fields}
    return Heard(Understanding(**understood), Memory(topic=PHARMACY))  # type: ignore[arg-type]


def test_what_is_surely_out_of_scope_is_not_swallowed_by_the_last_topic(book: Book) -> None:
    assert turn_for("out_of_scope", unsure("can i buy alcohol", "out_of_scope", 0.83, 0.3), book).outcome == "out_of_scope"
    joke = unsure("tell me a joke", "out_of_scope", 0.7, 0.3, kind="small_talk")
    assert turn_for("out_of_scope", joke, book).outcome == "out_of_scope"


def asked_which(book: Book, first: str, sure: float) -> Memory:
    """Return what is remembered after "did you mean" offered ``first``, this likely, before a pharmacy."""
    offered = heard(topics=((first, sure),), ranking=((first, sure), (PHARMACY, 0.2)))
    return recall([summary(turn_for("did_you_mean", offered, book), NEW)], {}, None)


def test_an_age_after_did_you_mean_answers_the_choice_that_clearly_leads(book: Book) -> None:
    turn = turn_for("state_age", heard("state_age", asked_which(book, SEEN_ALONE, 0.5), band="13-15"), book)
    assert (turn.outcome, turn.topic, turn.age_band) == ("answered", SEEN_ALONE, "13-15")


def test_an_age_after_did_you_mean_is_kept_and_the_choices_offered_again_when_none_leads(book: Book) -> None:
    memory = asked_which(book, SEEN_ALONE, 0.3)
    turn = turn_for("state_age", heard("state_age", memory, band="13-15"), book)
    assert (turn.outcome, turn.choices, turn.age_band) == ("clarified", (SEEN_ALONE, PHARMACY), "13-15")


def test_the_answer_about_languages_and_interpreters_can_be_gone_on_with(book: Book) -> None:
    memory = recall([summary(turn_for("other_language", heard("other_language"), book), NEW)], {}, None)
    cost = on(memory, "does it cost", sure=0.8, goes_on=(("other_language", 0.8),))
    assert turn_for("out_of_scope", cost, book).topic == "other_language"


def test_after_how_to_join_a_surgery_a_place_may_still_come(book: Book) -> None:
    assert summary(turn_for("gp_register", heard("gp_register"), book), NEW)["place_open"]
    assert not summary(turn_for(PHARMACY, heard(PHARMACY), book), NEW)["place_open"]


@pytest.mark.parametrize("part", ["own_it_4_parents_told.see_my_record", "own_it_2_appointments.texts_to_parent"])
def test_a_parent_who_asks_a_narrower_question_is_not_answered_in_their_childs_voice(book: Book, part: str) -> None:
    topic, _, name = part.partition(".")
    child, parent = (" ".join(book.reply(topic, Asked(part=name, reader=reader)).text) for reader in (None, "parent"))
    assert "your child" in parent.lower()
    assert "not my parents" not in parent
    assert child != parent


def test_a_part_without_words_for_a_reader_says_its_own(book: Book) -> None:
    said = [book.reply("own_it_1_decisions", Asked(part="vaccines", reader=reader)).text for reader in (None, "parent")]
    assert said[0] == said[1]
