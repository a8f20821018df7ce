"""What people do in Telegram and what they see, by polling and by webhook, on a strict fake of the Bot API."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest

from bot.answers import Book
from bot.channels.telegram import Visits
from bot.messages import Button, Contact, Reply, Turn
from bot.settings import Settings
from tests.channels.telegram_front import QUESTION, FakeDoorway, Front, Person
from tests.telegram_fake import TOKEN, FakeTelegram

pytestmark = pytest.mark.slow

PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
FILE = {"file_id": "f", "file_unique_id": "u"}


def _opening(book: Book, answer: str) -> str:
    """Return the bold words that an answer opens with."""
    return book.reply(answer).text[0].split("**")[1]


# Words


@pytest.mark.parametrize("said", ["/start", "/start nwl--own_it_5_pharmacy"])
def test_while_the_bot_is_off_nobody_is_welcomed(
    ann: Person, doorway: FakeDoorway, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(doorway, "off", True)
    before = len(doorway.heard)
    ann.says(said)
    assert [(i.payload, i.text) for i in doorway.heard[before:]] == [("/menu", None)]


def test_a_question_gets_its_answer_its_source_and_help_one_tap_away(ann: Person) -> None:
    (answer,) = ann.says(QUESTION)
    assert answer.html.startswith("<b>Yes, you can ask to be seen on your own at any age.</b>")
    assert 'Source: <a href="https://' in answer.html
    assert "Draft: not yet approved by a clinician." in answer.text
    assert answer.buttons[-1] == ("Get help now", "/help_now")


def test_a_link_shows_no_preview_that_would_fill_the_screen(ann: Person, telegram: FakeTelegram) -> None:
    ann.says(QUESTION)
    (call,) = telegram.called("sendMessage", ann.chat)
    assert json.loads(call["link_preview_options"]) == {"is_disabled": True}


def test_a_crisis_reply_has_contacts_first_and_no_source(ann: Person) -> None:
    (reply,) = ann.says("i want to kill myself")
    assert "999" in reply.text
    assert "<b>" in reply.html
    assert "Source:" not in reply.text


def test_every_mark_that_a_text_could_hold_arrives_as_it_is(ann: Person, doorway: FakeDoorway) -> None:
    hostile = "<b>x</b> & < > _a_ *b* [c](d) `e` ~f~ &amp; <a href='x'>"
    doorway.turns["marks"] = Turn("answered", (Reply("a", (f"**{hostile}**\n- {hostile}",)),))
    (answer,) = ann.says("marks")
    assert answer.text == f"{hostile}\n• {hostile}"


def test_lists_links_and_numbers_are_shown_as_telegram_can(ann: Person, doorway: FakeDoorway) -> None:
    text = "See [NHS](https://www.nhs.uk/x?a=1&b=2), or [call 111](tel:111).\n- one\n- two"
    doorway.turns["links"] = Turn("answered", (Reply("a", (text,)),))
    (answer,) = ann.says("links")
    assert answer.html == 'See <a href="https://www.nhs.uk/x?a=1&amp;b=2">NHS</a>, or call 111.\n• one\n• two'


def test_a_long_answer_is_split_at_paragraphs_with_the_buttons_last(ann: Person, doorway: FakeDoorway) -> None:
    paragraphs = tuple(f"{n} " + "😀 ok" * 300 for n in range(9))
    doorway.turns["long"] = Turn("answered", (Reply("a", paragraphs, buttons=(Button("More", "/help"),)),))
    parts = ann.says("long", number=5)
    assert "\n\n".join(p.text for p in parts) == "\n\n".join(paragraphs)
    assert [len(p.buttons) for p in parts] == [0, 0, 0, 0, 2]


def test_buttons_stand_one_to_a_row_unless_short(ann: Person, doorway: FakeDoorway) -> None:
    titles = ("Will my parents be told?", "Yes", "No", "Under 13", "Find a GP surgery near me")
    doorway.turns["rows"] = Turn("answered", (Reply("a", ("Choose",), buttons=tuple(Button(t, "/help") for t in titles)),))
    (answer,) = ann.says("rows")
    rows = [[b["text"] for b in row] for row in answer.markup["inline_keyboard"]]
    assert rows == [[titles[0]], ["Yes", "No"], ["Under 13"], [titles[4]], ["Get help now"]]


def test_a_contact_says_who_for_whom_when_and_how(ann: Person, doorway: FakeDoorway) -> None:
    contact = Contact("c", "A & B", "listens", "under 19", "any time", "0800 000", "85258", "SHOUT", "https://a.example")
    doorway.turns["contact"] = Turn("answered", (Reply("a", ("Try",), contacts=(contact,)),))
    (answer,) = ann.says("contact")
    assert "<b>A &amp; B</b>\nlistens\nFor under 19\nany time\nCall 0800 000\nText SHOUT to 85258" in answer.html
    assert '<a href="https://a.example">Website</a>' in answer.html


def test_two_questions_in_one_message_get_two_answers(ann: Person, doorway: FakeDoorway) -> None:
    doorway.turns["two"] = Turn("answered", (Reply("a", ("One",)), Reply("b", ("Two",))))
    assert [m.text for m in ann.says("two", number=2)] == ["One", "Two"]


# Commands and links


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/start", "welcome_telegram"), ("/help", "help"), ("/menu", "help"), ("/helpnow", "help_now"),
        ("/delete", "delete_my_data"), ("/about", "bot_identity"), ("/privacy", "bot_privacy"),
        ("/HELP", "help"), ("/help@own_it_test_bot", "help"),
    ],
)  # fmt: skip
def test_a_command_gets_its_answer(command: str, answer: str, ann: Person, book: Book) -> None:
    (shown,) = ann.says(command)
    assert shown.text.startswith(_opening(book, answer))


@pytest.mark.parametrize("typed", ["/restart", '/x{"slot":1}', '/own_it_5_pharmacy{"age":99}', "/session_start"])
def test_a_typed_payload_is_only_ever_text(typed: str, ann: Person, doorway: FakeDoorway) -> None:
    ann.says(typed)
    heard = doorway.heard[-1]
    assert (heard.text, heard.payload) == (typed, None)


def test_the_welcome_says_what_the_bot_is_who_can_see_messages_and_the_age(ann: Person) -> None:
    (welcome,) = ann.says("/start")
    for said in ("I'm a computer program", "Telegram itself can see messages", "16 or over", "call 999"):
        assert said in welcome.text
    assert "$" not in welcome.text


def test_a_posters_link_names_a_place_that_later_answers_know(ann: Person, doorway: FakeDoorway) -> None:
    ann.says("/start nwl")
    ann.says(QUESTION)
    assert doorway.heard[-1].place == "north-west-london"


def test_a_posters_link_to_a_topic_welcomes_and_answers(ann: Person, doorway: FakeDoorway) -> None:
    welcome, answer = ann.says("/start nwl--own_it_5_pharmacy", number=2)
    assert welcome.text.startswith("Hi, I'm Own It")
    assert not welcome.buttons
    assert answer.buttons
    assert (doorway.heard[-1].payload, doorway.heard[-1].place) == ("/own_it_5_pharmacy", "north-west-london")


@pytest.mark.parametrize("worn", ["nowhere", "--", "own_it_99", "a" * 64])
def test_a_worn_link_still_welcomes(worn: str, ann: Person) -> None:
    (welcome,) = ann.says(f"/start {worn}")
    assert welcome.text.startswith("Hi, I'm Own It")


def test_deleting_forgets_the_place_of_the_poster(ann: Person, doorway: FakeDoorway) -> None:
    ann.says("/start nwl")
    ann.says("/delete")
    ann.says(QUESTION)
    assert doorway.heard[-1].place is None


def test_the_menu_and_the_descriptions_are_set(telegram: FakeTelegram) -> None:
    telegram.wait(lambda: telegram.short_description)
    assert [c["command"] for c in telegram.commands] == ["menu", "helpnow", "about", "delete"]
    assert telegram.short_description == "Own It: Your healthcare rights in England"
    assert "Telegram itself can see messages" in telegram.description
    assert "16 or over" in telegram.description


# Buttons


def test_a_button_is_answered_marked_as_chosen_and_gets_its_answer(ann: Person, telegram: FakeTelegram, book: Book) -> None:
    (first,) = ann.says(QUESTION)
    title, payload = first.buttons[0]
    presses = len(telegram.called("answerCallbackQuery"))
    (second,) = ann.presses(first, title)
    assert second.text.startswith(_opening(book, payload[1:]))
    telegram.wait(lambda: first.buttons[0][0] == f"✓ {title}")
    assert len(telegram.called("answerCallbackQuery")) == presses + 1


def test_a_button_of_an_earlier_version_gets_the_menu(ann: Person, telegram: FakeTelegram, book: Book) -> None:
    (first,) = ann.says(QUESTION)
    presses = len(telegram.called("answerCallbackQuery"))
    (answer,) = ann.presses(first, data="/gone_since_spring")
    assert answer.text.startswith(_opening(book, "menu"))
    telegram.wait(lambda: len(telegram.called("answerCallbackQuery")) == presses + 1)


@pytest.mark.parametrize("shown", [{}, {"message": {"message_id": 3, "date": 0}}])
def test_a_button_under_a_message_too_old_to_see_still_answers(
    shown: dict[str, Any], ann: Person, telegram: FakeTelegram
) -> None:
    ann.says(QUESTION)
    if shown:
        shown["message"]["chat"] = {"id": ann.chat, "type": "private", "first_name": "Canary"}
    press = {"id": "press-old", "from": telegram._person(ann.chat), "chat_instance": "1", "data": "/own_it_5_pharmacy"}
    telegram._presses["press-old"] = False
    telegram.update(callback_query={**press, **shown})
    assert len(ann.gets(1)) == 1
    telegram.wait(lambda: telegram._presses["press-old"])


def test_a_button_pressed_twice_is_answered_twice_and_marked_once(ann: Person, telegram: FakeTelegram) -> None:
    (first,) = ann.says(QUESTION)
    title = first.buttons[0][0]
    ann.presses(first, title)
    telegram.wait(lambda: first.buttons[0][0] == f"✓ {title}")
    ann.presses(first, f"✓ {title}")
    assert first.buttons[0][0] == f"✓ {title}"
    assert len(telegram.called("editMessageReplyMarkup", ann.chat)) == 1


# Places


def test_the_location_is_asked_for_by_a_keyboard_that_goes_away(ann: Person) -> None:
    _, ask = ann.says("where is my nearest gp", number=2)
    assert ask.asks_location
    assert ask.markup["one_time_keyboard"] is True
    (answer, *_) = ann.sends(location={"latitude": 51.51234567, "longitude": -0.17654321})
    assert answer.markup == {"remove_keyboard": True}


def test_a_pin_is_rounded_used_once_and_not_kept(ann: Person, doorway: FakeDoorway, front: Front) -> None:
    ann.says("where is my nearest gp", number=2)
    ann.sends(2, location={"latitude": 51.51234567, "longitude": -0.17654321})
    assert doorway.heard[-1].location == (51.512, -0.177)
    ann.says(QUESTION)
    assert doorway.heard[-1].location is None
    assert "51.51" not in repr(vars(front.channel)) + repr(vars(front.channel._visits))


def test_a_postcode_takes_the_keyboard_away_too(ann: Person) -> None:
    ann.says("where is my nearest gp", number=2)
    shown = ann.says(QUESTION, number=2)
    assert shown[0].markup == {"remove_keyboard": True}
    assert shown[1].buttons


def test_the_keyboard_of_an_answer_with_no_room_goes_with_the_next(ann: Person, doorway: FakeDoorway) -> None:
    doorway.turns["short"] = Turn("answered", (Reply("a", ("One paragraph",), buttons=(Button("More", "/help"),)),))
    ann.says("where is my nearest gp", number=2)
    assert ann.says("short")[0].buttons
    assert ann.says(QUESTION, number=2)[0].markup == {"remove_keyboard": True}


def test_a_live_location_is_one_pin_however_it_moves(ann: Person, telegram: FakeTelegram, doorway: FakeDoorway) -> None:
    pin = {"latitude": 51.5, "longitude": -0.17, "live_period": 900}
    ann.sends(location=pin)
    now = int(time.time())
    moved = {**telegram._message(ann.chat, "private", {"location": pin}), "edit_date": now}
    telegram.update(edited_message=moved)
    ann.says(QUESTION)
    assert len(ann.got) == 2


# What is not typed words

NOT_WORDS: dict[str, dict[str, Any]] = {
    "a sticker": {"sticker": {**FILE, "width": 9, "height": 9, "is_animated": False, "is_video": False, "type": "regular"}},
    "a photo": {"photo": PHOTO},
    "a voice message": {"voice": {**FILE, "duration": 3}},
    "a video": {"video": {**FILE, "width": 9, "height": 9, "duration": 3}},
    "a round video": {"video_note": {**FILE, "length": 9, "duration": 3}},
    "an animation": {"animation": {**FILE, "width": 9, "height": 9, "duration": 3}},
    "music": {"audio": {**FILE, "duration": 3}},
    "a document": {"document": FILE},
    "a contact": {"contact": {"phone_number": "07700900000", "first_name": "Canary"}},
    "a poll": {
        "poll": {
            "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True,
            "type": "regular", "allows_multiple_answers": False,
        }
    },
    "a dice": {"dice": {"emoji": "🎲", "value": 4}},
    "something that Telegram invents next year": {"hologram": {"file_id": "f"}},
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_WORDS)
def test_what_is_not_words_gets_a_kind_reply_with_help(kind: str, ann: Person) -> None:
    (reply,) = ann.sends(**NOT_WORDS[kind])
    assert reply.text.startswith("Sorry, I can only read words")
    assert "999" in reply.text
    assert ("Get help now", "/help_now") in reply.buttons


def test_the_words_under_a_photo_are_answered(ann: Person, doorway: FakeDoorway) -> None:
    notice, answer = ann.sends(2, photo=PHOTO, caption=QUESTION)
    assert notice.text.startswith("Sorry, I can only read words")
    assert answer.text.startswith("Yes, you can ask")
    assert doorway.heard[-1].text == QUESTION


def test_danger_under_a_photo_gets_the_crisis_reply_first(ann: Person) -> None:
    (reply, *rest) = ann.sends(photo=PHOTO, caption="i want to kill myself")
    assert "999" in reply.text
    assert not rest
    assert "can only read words" not in reply.text


def test_an_album_gets_one_reply(ann: Person, telegram: FakeTelegram) -> None:
    for _ in range(5):
        telegram.sends(ann.chat, photo=PHOTO, media_group_id="album1")
    ann.gets(0)
    ann.says(QUESTION)
    assert len(ann.got) == 2


def test_the_words_under_any_picture_of_an_album_are_answered_after_one_notice(
    ann: Person, telegram: FakeTelegram, doorway: FakeDoorway
) -> None:
    captions = [{}, {"caption": QUESTION}, {"caption": "parents"}]
    for caption in captions:
        telegram.sends(ann.chat, photo=PHOTO, media_group_id="album2", **caption)
    notice, *answers = ann.gets(0, 3)
    assert notice.text.startswith("Sorry, I can only read words")
    assert [h.text for h in doorway.heard] == [QUESTION, "parents"]
    assert not any("can only read words" in answer.text for answer in answers)


def test_forwarded_words_are_answered_as_perhaps_somebody_elses(ann: Person) -> None:
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Canary"}
    notice, answer = ann.says(QUESTION, number=2, forward_origin=origin)
    assert "Get help now" in notice.text
    assert "999" in notice.text
    assert answer.text.startswith("Yes, you can ask")


def test_forwarded_danger_gets_the_crisis_reply(ann: Person) -> None:
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Canary"}
    (reply,) = ann.says("i will kill you", forward_origin=origin)
    assert "999" in reply.text


def test_a_forwarded_command_deletes_nothing(ann: Person, doorway: FakeDoorway) -> None:
    ann.says("/delete", number=2, forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "Canary"})
    assert doorway.heard[-1].payload is None


def test_an_edit_within_a_minute_is_answered_as_new_text(ann: Person, telegram: FakeTelegram, doorway: FakeDoorway) -> None:
    telegram.edits(ann.chat, "parents", after=60)
    ann.gets(0)
    assert doorway.heard[-1].text == "parents"


def test_a_later_edit_is_not_answered(ann: Person, telegram: FakeTelegram) -> None:
    telegram.edits(ann.chat, "parents", after=61)
    (answer,) = ann.says(QUESTION)
    assert answer.text.startswith("Yes, you can ask")


def test_a_service_message_is_nobodys_question(ann: Person, telegram: FakeTelegram) -> None:
    telegram.sends(ann.chat, message_auto_delete_timer_changed={"message_auto_delete_time": 9})
    assert len(ann.says(QUESTION)) == 1


# Groups, channels, and people who block


@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_a_group_gets_one_line_and_is_left(kind: str, group: int, telegram: FakeTelegram, doorway: FakeDoorway) -> None:
    telegram.changes_membership(group, kind, "member")
    telegram.wait(lambda: group in telegram.left)
    (line,) = telegram.to(group)
    assert line.text.startswith("I only talk in private")
    assert not line.markup
    assert doorway.heard == []


def test_words_in_a_group_are_not_answered(group: int, telegram: FakeTelegram, doorway: FakeDoorway) -> None:
    telegram.sends(group, "group", text=QUESTION)
    telegram.wait(lambda: group in telegram.left)
    assert len(telegram.to(group)) == 1
    assert doorway.heard == []


def test_a_channel_is_left(group: int, telegram: FakeTelegram) -> None:
    telegram.update(channel_post=telegram._message(group, "channel", {"text": QUESTION}))
    telegram.wait(lambda: group in telegram.left)
    assert len(telegram.to(group)) == 1


def test_being_taken_out_of_a_group_is_no_reason_to_speak(group: int, telegram: FakeTelegram, ann: Person) -> None:
    telegram.changes_membership(group, "group", "left")
    ann.says(QUESTION)
    assert telegram.to(group) == []
    assert group not in telegram.left


def test_blocking_and_unblocking_are_no_questions(ann: Person, telegram: FakeTelegram) -> None:
    telegram.changes_membership(ann.chat, "private", "kicked")
    telegram.changes_membership(ann.chat, "private", "member")
    assert len(ann.says(QUESTION)) == 1


# Order and repetition


def test_six_quick_messages_are_answered_in_order_each_once(ann: Person, doorway: FakeDoorway, telegram: FakeTelegram) -> None:
    for n in range(6):
        doorway.turns[f"quick {n}"] = Turn("answered", (Reply("a", (f"Answer {n}",)),))
        doorway.waits[f"quick {n}"] = 0.02 * (6 - n)
        telegram.says(ann.chat, f"quick {n}")
    ann.gets(0, 6)
    ann.says(QUESTION)
    assert [m.text for m in ann.got[:6]] == [f"Answer {n}" for n in range(6)]
    assert len(ann.got) == 7


def test_an_update_that_comes_again_is_not_answered_again(ann: Person, telegram: FakeTelegram) -> None:
    ann.says(QUESTION)
    telegram.wait(telegram.settled)
    telegram.repeats(3)
    ann.says("parents")
    assert len(ann.got) == 2


def test_a_slow_answer_shows_typing_before_it_and_never_after(
    ann: Person, ben: Person, doorway: FakeDoorway, telegram: FakeTelegram
) -> None:
    doorway.waits["slowly"] = 0.7
    telegram.says(ann.chat, "slowly")
    ben.says(QUESTION)
    assert not ann.got, "a slow answer must not hold the others"
    (answer,) = ann.gets(0)
    (typed,) = [at for m, f, at in telegram.calls if m == "sendChatAction" and int(f["chat_id"]) == ann.chat]
    assert typed < answer.at
    assert telegram.called("sendChatAction", ben.chat) == []


# Privacy


def test_a_conversation_is_known_by_a_keyed_hash_only(ann: Person, ben: Person, doorway: FakeDoorway, front: Front) -> None:
    ann.says(QUESTION)
    first = doorway.heard[-1].person
    ben.says(QUESTION)
    second = doorway.heard[-1].person
    ann.says(QUESTION)
    assert doorway.heard[-1].person == first != second
    assert len(first) == 32
    assert str(ann.chat) not in first
    elsewhere = Visits(doorway, Settings({**front.settings.env, "OWNIT_KEY": "z" * 40}))  # type: ignore[arg-type]
    assert elsewhere.person(ann.chat) != first


def test_no_log_line_holds_a_word_a_name_an_id_or_the_token(
    ann: Person, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fails(502)
    telegram.refuses(400, "Bad Request: can't parse entities: zebracorn")
    (first, *_) = ann.says(f"zebracorn {QUESTION}")
    ann.presses(first, first.buttons[0][0])
    ann.sends(photo=PHOTO, caption="zebracorn")
    telegram.update(message={"chat": {"id": ann.chat, "type": "private"}, "text": "zebracorn", "from": "nobody"})
    telegram._presses["zebracorn"] = False
    telegram.update(callback_query={"id": "zebracorn", "from": {"id": ann.chat}, "data": "/help"})
    ann.gets(5)
    telegram.wait(lambda: telegram._presses["zebracorn"])
    said = " ".join(f"{r.getMessage()} {r.__dict__.get('fields')} {r.exc_text} {r.args}" for r in caplog.records).lower()
    assert "telegram_refused_html" in said
    assert "update_unreadable" in said
    for secret in ("zebracorn", "canary", str(ann.chat), TOKEN.lower(), TOKEN.partition(":")[2].lower()):
        assert secret not in said
