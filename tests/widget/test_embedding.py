"""What the chat costs the page around it, and the chat in a frame of a site that allows no script."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FrameLocator, expect

from bot.channels.web import WIDGET
from bot.settings import ROOT

pytestmark = pytest.mark.browser
WORDS = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))["widget"]
ELSEWHERE = "https://www.bbc.co.uk/**"
# The line of a slow phone: milliseconds for a trip, bytes in a millisecond.
TRIP, SPEED = 150, 1.6e6 / 8 / 1000


def asked_of(chat: Any) -> list[str]:
    """Return the paths that the page fetched from the chat's site, in order."""
    return [urlsplit(u).path for u in chat.requests if u.startswith(chat.site.chat)]


def framed(chat: Any, page: str = "frame") -> FrameLocator:
    """Visit a school's page that shows the chat in a frame."""
    chat.page.goto(f"{chat.site.school}/{page}")
    return chat.page.frame_locator("iframe")


# The school's page


def test_the_schools_page_is_there_before_the_chats_script(visitor: Any) -> None:
    chat, held = visitor(), []
    chat.page.route("**/widget.js", lambda route: held.append(route))
    chat.page.goto(f"{chat.site.school}/plain", wait_until="domcontentloaded")
    expect(chat.page.get_by_role("heading", name="Greenfield School")).to_be_visible()
    held[0].continue_()
    expect(chat.page.locator("ownit-chat .launch")).to_be_visible()


def test_a_script_that_never_comes_costs_the_school_nothing_else(visitor: Any) -> None:
    chat = visitor()
    chat.page.route("**/widget.js", lambda route: route.abort())
    chat.page.goto(f"{chat.site.school}/plain")
    expect(chat.page.get_by_role("link", name="A link")).to_be_visible()
    assert all("ERR_FAILED" in complaint for complaint in chat.complaints)


def test_a_link_that_is_down_for_a_moment_only_delays_the_chat(visitor: Any) -> None:
    chat = visitor()
    for name in ("widget.css", "widget-strings.json*"):
        chat.page.route(f"**/{name}", lambda route: route.abort(), times=1)
    chat.visit().open()
    assert chat.page.locator("ownit-chat").count() == 1
    assert chat.page.locator("dialog").evaluate("(d) => getComputedStyle(d).position") == "fixed"


def test_the_chat_is_one_script_one_style_sheet_and_its_words(chat: Any) -> None:
    chat.open()
    assert Counter(asked_of(chat)) == {"/widget.js": 1, "/widget.css": 1, "/widget-strings.json": 1}


def test_style_sheet_and_words_are_fetched_side_by_side(visitor: Any) -> None:
    chat, held = visitor(), []
    chat.page.route("**/widget-strings.json*", lambda route: held.append(route))
    with chat.page.expect_response("**/widget.css"):
        chat.page.goto(f"{chat.site.school}/plain")
    held[0].continue_()
    expect(chat.page.locator("ownit-chat .launch")).to_be_visible()


def test_the_greeting_is_few_trips_and_bytes_away_on_a_slow_line(chat: Any) -> None:
    words = chat.page.request.get(f"{chat.site.chat}/widget-strings.json", headers={"Accept-Encoding": "identity"}).body()
    files = [(WIDGET / name).read_bytes() for name in ("widget.js", "widget.css")]
    size = sum(len(gzip.compress(data, 9)) for data in (*files, words))
    # To connect, for the script, and for style sheet and words together.
    assert 3 * TRIP + size / SPEED < 600
    assert chat.open().log.locator(".message.bot").count() >= 1


# A page of ours


def test_exit_on_the_first_page_leaves_no_way_back_to_it(visitor: Any) -> None:
    chat = visitor()
    chat.page.goto(f"{chat.site.chat}/accessibility")
    chat.page.goto(f"{chat.site.chat}/")
    chat.page.locator("ownit-chat .root").wait_for(state="attached")
    chat.page.get_by_role("link", name=WORDS["exit"]).click(no_wait_after=True)
    chat.page.wait_for_url(ELSEWHERE)
    chat.page.go_back()
    assert chat.page.url.endswith("/accessibility")


# A frame


def test_a_listed_site_shows_the_chat_in_a_frame(visitor: Any) -> None:
    chat = visitor()
    frame = framed(chat)
    frame.locator("#box").fill("can i choose")
    frame.locator("#box").press("Enter")
    frame.locator(".source").wait_for()
    assert chat.complaints == []
    frame.locator("[aria-controls=help]").click()
    expect(frame.locator("#help .nurse")).to_contain_text("Text the school nurse on Tuesdays")


def test_a_site_that_is_not_listed_cannot_frame_the_chat(visitor: Any) -> None:
    chat = visitor()
    unlisted = chat.site.school.replace("127.0.0.1", "localhost")
    with chat.page.expect_console_message(lambda m: "frame-ancestors" in m.text):
        chat.page.goto(f"{unlisted}/frame")
    expect(chat.page.frame_locator("iframe").locator("#box")).to_have_count(0)


@pytest.mark.parametrize("how", ["button", "shift"])
def test_exit_in_a_frame_leaves_the_whole_page(visitor: Any, how: str) -> None:
    chat = visitor()
    frame = framed(chat)
    if how == "button":
        frame.get_by_role("button", name=WORDS["exit"]).click(no_wait_after=True)
    else:
        frame.locator("#box").click()
        for _ in range(3):
            chat.page.keyboard.press("Shift")
    chat.page.wait_for_url(ELSEWHERE)
    assert "parents" not in chat.stored
