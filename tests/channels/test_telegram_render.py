"""What an answer becomes in Telegram: within every limit, in HTML that Telegram takes, for every answer there is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageLimit

from bot.answers import Asked, Book
from bot.channels.strings import long_date
from bot.channels.telegram import link
from bot.channels.telegram_render import (
    LIMIT,
    PAYLOAD_LIMIT,
    Bubble,
    Words,
    bubbles,
    room_for_keyboard,
    rows,
    split,
    units,
)
from bot.messages import BANDS, READERS, Button, Contact, Reply, Turn
from tests.telegram_fake import Refusal, parse_html

WORDS = Words({
    "for": "for $who", "call": "call $phone", "text_word": "text_word $word $number", "text_any": "text_any $number",
    "bsl": "bsl $bsl", "visit": "visit", "checked": "checked $date", "draft": "draft", "source": "source",
})  # fmt: skip
HELP = Button("Get help now", "/help_now")


def _every_reply(book: Book) -> Iterator[Reply]:
    for answer in book.answers:
        for band in (None, *BANDS):
            yield book.reply(answer, Asked(band=band))
        for reader in READERS:
            yield book.reply(answer, Asked(reader=reader))


def test_the_limits_are_the_librarys() -> None:
    assert (LIMIT, PAYLOAD_LIMIT) == (MessageLimit.MAX_TEXT_LENGTH, InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)


def test_every_answer_keeps_every_limit_of_telegram(book: Book) -> None:
    for reply in _every_reply(book):
        for bubble in bubbles(Turn("answered", (reply,)), WORDS, HELP):
            text, _ = parse_html(bubble.html)
            assert 0 < units(text) <= MessageLimit.MAX_TEXT_LENGTH
            assert 0 < units(bubble.plain) <= MessageLimit.MAX_TEXT_LENGTH
            buttons = [b for row in bubble.rows for b in row]
            assert len(buttons) <= InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER
            assert all(1 <= len(b.payload.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA for b in buttons)
            assert all(b.title.strip() for b in buttons)


def test_no_button_of_an_answer_is_left_out(book: Book) -> None:
    for reply in _every_reply(book):
        shown = [b.payload for row in bubbles(Turn("answered", (reply,)), WORDS)[-1].rows for b in row]
        assert shown == [b.payload for b in reply.buttons]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.sampled_from([1, 40, 700]))
def test_any_words_at_all_keep_the_limits_and_arrive_whole(texts: list[str], times: int) -> None:
    shown = bubbles(Turn("answered", (Reply("echo", tuple(t * times for t in texts)),)), WORDS)
    for bubble in shown:
        assert units(parse_html(bubble.html)[0]) <= LIMIT
        assert units(bubble.plain) <= LIMIT


@pytest.mark.parametrize("word", ["x", "&", "😀", "wörds ", "<b>"])
def test_one_paragraph_too_long_for_a_message_is_cut_without_loss(word: str) -> None:
    text = word * 9_000
    parts = split([(escape(text), text)])
    whole = "".join(plain for _, plain in parts) == text
    assert whole
    whole = "".join(parse_html(html)[0] for html, _ in parts) == text
    assert whole
    assert all(LIMIT / 7 < units(html) <= LIMIT for html, _ in parts[:-1])


def test_a_split_falls_between_words_where_there_are_any() -> None:
    parts = split([("word " * 2_000, "word " * 2_000)])
    assert all(plain.endswith("word ") for _, plain in parts)


def test_length_is_counted_as_telegram_counts_it() -> None:
    assert (units("é"), units("😀"), units("👩‍⚕️")) == (1, 2, 5)


@pytest.mark.parametrize("payload", ["", "/" + "x" * 64, "é" * 33])
def test_a_button_that_telegram_would_refuse_is_left_out(payload: str) -> None:
    assert rows([Button("a", payload), HELP]) == [[HELP]]


def test_help_stands_once_under_the_last_message_only() -> None:
    turn = Turn("answered", (Reply("a", ("One",)), Reply("b", ("Two",), buttons=(HELP,))))
    assert [[b for row in bubble.rows for b in row] for bubble in bubbles(turn, WORDS, HELP)] == [[], [HELP]]


def test_a_reply_without_words_is_still_a_message() -> None:
    (bubble,) = bubbles(Turn("answered", (Reply("quiet", ("", "  ")),)), WORDS)
    assert bubble.html == "quiet"


def test_a_contact_by_text_or_sign_language_is_told_as_such() -> None:
    contacts = (Contact("a", "A", sms="85258"), Contact("b", "B", bsl="18000", web="javascript:x"))
    (bubble,) = bubbles(Turn("answered", (Reply("r", ("Hi",), contacts=contacts),)), WORDS)
    assert bubble.plain == "Hi\n\nA\ntext_any 85258\n\nB\nbsl 18000"


def test_room_is_made_for_taking_the_keyboard_away_where_a_message_can_be_parted() -> None:
    buttons = rows([HELP])
    assert room_for_keyboard([Bubble("a\n\nb", "a\n\nb", buttons)]) == [Bubble("a", "a"), Bubble("b", "b", buttons)]
    for whole in (Bubble("a", "a", buttons), Bubble("a\n\nb", "a\n\nb")):
        assert room_for_keyboard([whole]) == [whole]


def test_a_date_is_written_out() -> None:
    assert long_date("2026-11-03") == "3 November 2026"


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ("nwl", ("north-west-london", None)),
        ("NWL", ("north-west-london", None)),
        ("north-west-london", ("north-west-london", None)),
        ("own_it_5_pharmacy", (None, "own_it_5_pharmacy")),
        ("nwl--own_it_5_pharmacy", ("north-west-london", "own_it_5_pharmacy")),
        ("own_it_5_pharmacy--nwl", ("north-west-london", "own_it_5_pharmacy")),
        ("", (None, None)),
        ("nowhere--nothing", (None, None)),
    ],
)
def test_a_posters_link_names_a_place_and_a_topic(payload: str, found: tuple[str | None, str | None], book: Book) -> None:
    assert link(payload, book) == found


@pytest.mark.parametrize("html", ["<b>", "</b>", "<b><a href='x'></b>", "a < b", "a & b", "<p>x</p>", '<a href="tel:1">x</a>'])
def test_the_fake_refuses_what_telegram_refuses(html: str) -> None:
    with pytest.raises(Refusal):
        parse_html(html)
