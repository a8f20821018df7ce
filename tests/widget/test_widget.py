"""The web chat in a real browser, on a school's page under a strict content policy."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from bot.messages import Reply
from bot.settings import ROOT

pytestmark = pytest.mark.browser
WORDS = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))["widget"]
ELSEWHERE = "https://www.bbc.co.uk/**"
HERE = {"latitude": 51.5, "longitude": -0.25}
PHONE = {"width": 320, "height": 568, "has_touch": True, "is_mobile": True}
LIVE = """() => {
    const live = document.querySelector('ownit-chat').shadowRoot.querySelector('[aria-live=polite]');
    window.live = live;
    window.spoken = [];
    const note = (all) => all.forEach((m) => m.addedNodes.forEach((n) => window.spoken.push(n.textContent)));
    new MutationObserver(note).observe(live, {childList: true});
}"""
SEARCH_WITHOUT_END = "navigator.geolocation.getCurrentPosition = (found, lost) => { Object.assign(window, {found, lost}); }"
AS_SAFARI_TELLS_IT = """(box, key) => {
    box.dispatchEvent(new KeyboardEvent('keydown', {key, keyCode: 229, bubbles: true, composed: true}));
}"""
MOVING = """() => document.getAnimations().length
    + document.querySelector('ownit-chat').shadowRoot.getAnimations().length"""
WIDE = """(dialog) => [...dialog.querySelectorAll('*')]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className)"""
TELL_WHAT_IS_LEFT = """() => addEventListener('beforeunload', () => {
    console.info(`left ${document.body.childElementCount} '${document.title.trim()}'`);
})"""
LOOK = """(all) => all.map((e) => {
    const b = e.getBoundingClientRect(), s = getComputedStyle(e);
    return [b.x, b.y, b.width, b.height, s.color, s.font, s.backgroundColor].join();
})"""


def asking_where(chat: Any) -> Any:
    """Open the chat and get asked for a place."""
    chat.site.doorway.WORDS = {**chat.site.doorway.WORDS, "surgery": "gp_contact"}
    return chat.visit().open().ask("find me a surgery")


# A conversation


def test_a_conversation_by_mouse(chat: Any) -> None:
    chat.open()
    chat.box.fill("will my parents know")
    chat.button(WORDS["send"]).click()
    chat.sources.nth(0).wait_for()
    suggestion = chat.log.locator(".choices").last.locator("button").first
    title = suggestion.inner_text()
    suggestion.click()
    chat.sources.nth(1).wait_for()
    assert [bool(i.payload) for i in chat.site.doorway.heard] == [False, True]
    assert title in chat.log.locator(".me").last.inner_text()
    assert chat.complaints == []


def test_a_conversation_by_keyboard_alone(chat: Any) -> None:
    page = chat.page
    for _ in range(5):
        page.keyboard.press("Tab")
        if chat.focused() == WORDS["launch"]:
            break
    page.keyboard.press("Enter")
    assert chat.focused() == "box"
    page.keyboard.type("can i choose")
    page.keyboard.press("Enter")
    chat.sources.nth(0).wait_for()
    assert chat.focused() == "box"
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("() => !!document.querySelector('ownit-chat').shadowRoot.activeElement?.closest('.choices')"):
            break
    page.keyboard.press("Enter")
    chat.sources.nth(1).wait_for()
    assert chat.focused() == "box"
    page.keyboard.press("Escape")
    assert chat.focused() == WORDS["launch"]


def test_a_link_to_call_names_whom_it_calls_once(chat: Any) -> None:
    chat.open().ask("i want to kill myself")
    calls = chat.log.locator(".contacts").last.locator("a[href^='tel:']").all_text_contents()
    assert calls[0] == "Call 999"
    assert "Call 0800 1111 (Childline)" in calls


def test_the_first_view_welcomes_and_suggests_questions(chat: Any) -> None:
    chat.open()
    assert chat.log.locator(".message.bot").count() >= 1
    assert chat.log.locator(".choices button").count() >= 2


def test_an_answer_shows_its_sources_its_check_date_and_that_it_is_a_draft(chat: Any) -> None:
    line = chat.open().ask("can i choose").sources.last.inner_text()
    assert WORDS["draft"] in line
    assert "Checked on 23 November 2026" in line
    assert chat.sources.last.locator("a").first.get_attribute("href").startswith("https://")


def test_a_reply_to_danger_has_links_to_call_and_text_and_is_not_rated(chat: Any) -> None:
    chat.open().ask("i want to kill myself")
    links = chat.log.locator(".contacts").last.locator("a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert any(h.startswith("tel:") for h in links)
    assert any(h.startswith("sms:85258?body=SHOUT") for h in links)
    assert chat.log.locator(".rating").count() == 0


def test_a_reply_to_danger_can_be_called_from_its_first_words(chat: Any) -> None:
    chat.open().ask("i want to kill myself")
    call = chat.log.locator(".message.bot a[href='tel:999']")
    expect(call).to_be_in_viewport()
    assert call.locator("xpath=..").evaluate("(e) => e.tagName") == "STRONG"


def test_a_chosen_suggestion_stays_readable_and_cannot_be_chosen_again(chat: Any) -> None:
    chat.open()
    chosen, other = (chat.log.locator(".choices").first.locator("button").nth(n) for n in (0, 1))
    chosen.click()
    chat.sources.nth(0).wait_for()
    expect(chosen).to_be_visible()
    assert WORDS["chosen"] in chosen.text_content()
    assert [chosen.get_attribute("tabindex"), other.get_attribute("aria-disabled")] == ["-1", "true"]
    assert chat.focused() == "box"
    other.click(force=True)
    assert len(chat.site.doorway.heard) == 1


def test_the_typing_state_shows_for_a_slow_answer_and_goes_with_it(chat: Any) -> None:
    chat.site.doorway.delay = 1.5
    chat.open().ask("can i choose", wait=False)
    chat.log.locator(".typing").wait_for()
    chat.sources.nth(0).wait_for()
    assert chat.log.locator(".typing").count() == 0


def test_messages_sent_in_a_hurry_are_answered_in_order(chat: Any) -> None:
    chat.open()
    for text in ("can i choose", "will my parents know", "hello"):
        chat.ask(text, wait=False)
    chat.sources.nth(2).wait_for()
    assert [i.text for i in chat.site.doorway.heard] == ["can i choose", "will my parents know", "hello"]


def test_saying_that_an_answer_helped_is_thanked_once(chat: Any) -> None:
    chat.open().ask("can i choose")
    with chat.page.expect_response("**/api/helpful") as sent:
        chat.button(WORDS["yes"]).click()
    assert sent.value.status == 204
    assert WORDS["thanks"] in chat.log.locator(".rating").inner_text()
    chat.button(WORDS["no"]).click(force=True)
    assert sum(u.endswith("/api/helpful") for u in chat.requests) == 1


def test_rating_an_older_answer_leaves_the_newest_to_be_rated_after_a_reload(chat: Any) -> None:
    chat.open().ask("can i choose").ask("will my parents know")
    chat.button(WORDS["yes"]).first.click()
    chat.page.reload()
    chat.box.wait_for()
    assert chat.log.locator(".rating").count() == 1
    with chat.page.expect_request("**/api/helpful") as sent:
        chat.button(WORDS["no"]).click()
    assert sent.value.post_data_json == {"answer": "own_it_4_parents_told", "helpful": False}


@pytest.mark.parametrize(
    ("topic", "answer"), [("own_it_5_pharmacy", "own_it_5_pharmacy.collecting"), ("gp_contact", "gp_found")]
)
def test_an_answer_is_rated_and_not_the_lines_of_support_around_it(chat: Any, topic: str, answer: str) -> None:
    def support(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        (reply,) = data["turn"]["replies"]
        before, after = {**reply, "answer": "crisis_abuse.support"}, {**reply, "answer": "still_here", "sources": []}
        data["turn"] |= {"topic": topic, "replies": [before, {**reply, "answer": answer}, after]}
        route.fulfill(response=response, json=data)

    chat.page.route("**/api/message", support)
    chat.open().ask("will my parents know")
    with chat.page.expect_request("**/api/helpful") as sent:
        chat.button(WORDS["yes"]).click()
    assert sent.value.post_data_json["answer"] == answer


def test_nobody_is_asked_whether_a_word_of_thanks_helped(chat: Any) -> None:
    def thanks(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        data["turn"] |= {"topic": "thanks", "replies": [{**data["turn"]["replies"][0], "answer": "thanks", "sources": []}]}
        route.fulfill(response=response, json=data)

    chat.open()
    before = chat.log.locator(".message.bot").count()
    chat.page.route("**/api/message", thanks)
    chat.ask("will my parents know", wait=False)
    chat.log.locator(".message.bot").nth(before).wait_for()
    assert chat.log.locator(".rating").count() == 0


def test_a_long_question_is_counted(chat: Any) -> None:
    chat.open().box.fill("x" * 900)
    assert chat.page.locator("#count").inner_text() == "100 characters left"
    chat.box.fill("x" * 1005)
    assert chat.page.locator("#count").inner_text().startswith("5 characters too many")


def test_shift_and_enter_makes_a_new_line(chat: Any) -> None:
    chat.open().box.press("Shift+Enter")
    chat.box.press("a")
    assert chat.box.input_value() == "\na"


@pytest.mark.parametrize("key", ["Escape", "Enter"])
def test_a_key_that_ends_an_input_methods_work_neither_closes_nor_sends(chat: Any, key: str) -> None:
    chat.open().box.focus()
    keyboard = chat.context.new_cdp_session(chat.page)
    keyboard.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    chat.page.keyboard.press(key)
    chat.box.evaluate(AS_SAFARI_TELLS_IT, key)
    expect(chat.box).to_be_visible()
    assert chat.log.locator(".me").count() == 0


def test_a_location_is_shared_by_a_button_in_a_named_group(visitor: Any) -> None:
    chat = asking_where(visitor(geolocation=HERE, permissions=["geolocation"]))
    chat.log.get_by_role("group", name=WORDS["location"], exact=True).get_by_role("button").click()
    chat.sources.nth(1).wait_for()
    assert chat.site.doorway.heard[1].location == (51.5, -0.25)


def test_the_nurses_line_stands_in_the_help_list_and_is_sent_nowhere(chat: Any) -> None:
    chat.open()
    with chat.page.expect_request("**/api/message") as sent:
        chat.ask("hello")
    assert "Tuesdays" not in (sent.value.post_data or "")
    chat.button(WORDS["help"]).click()
    assert "Text the school nurse on Tuesdays" in chat.page.locator("#help").inner_text()
    assert chat.site.doorway.heard[0].place == "north-west-london"


@pytest.mark.parametrize(
    "line", ["\u202eText\u2066\x07 Sam\u200f  on\nTuesdays\x85", "😀" * 150 + "x" * 60], ids=["dressed up", "long"]
)
def test_the_nurses_line_is_shown_without_what_could_dress_it_up(visitor: Any, line: str) -> None:
    chat = visitor().visit(f"plain?{urlencode({'nurse': line})}").open().ask("hello")
    shown = chat.page.locator("ownit-chat #help .nurse p").text_content()
    assert shown in ("Text Sam on Tuesdays", "😀" * 150 + "x" * 50)


def test_get_help_now_is_one_press_away_and_back(chat: Any) -> None:
    chat.open()
    chat.button(WORDS["help"]).click()
    numbers = chat.page.locator("#help a[href^='tel:']").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert {"tel:999", "tel:08001111", "tel:116123"} <= set(numbers)
    assert chat.focused() == "help"
    chat.page.keyboard.press("Escape")
    expect(chat.box).to_be_visible()
    assert chat.focused() == WORDS["help"]


# Accessibility


def closed(chat: Any) -> None:
    """Leave the chat closed."""


def opened(chat: Any) -> None:
    """Open the chat."""
    chat.open()


def answering(chat: Any) -> None:
    """Wait for a slow answer."""
    chat.site.doorway.delay = 20
    chat.open().ask("can i choose", wait=False)
    chat.log.locator(".typing").wait_for()


def answered(chat: Any) -> None:
    """Have an answer, with one suggestion chosen and a rating given."""
    chat.open().ask("can i choose")
    chat.button(WORDS["yes"]).click()
    chat.log.locator(".choices").last.locator("button").first.click()
    chat.sources.nth(1).wait_for()


def in_danger(chat: Any) -> None:
    """Have a reply to danger."""
    chat.open().ask("i want to kill myself")


def help_shown(chat: Any) -> None:
    """Look at the help list."""
    chat.open().button(WORDS["help"]).click()


def offline(chat: Any) -> None:
    """Lose the network and try to send."""
    chat.open()
    chat.context.set_offline(True)
    chat.ask("hello", wait=False)
    chat.log.locator(".failed").wait_for()


def too_long(chat: Any) -> None:
    """Type too much."""
    chat.open().box.fill("x" * 1005)


LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", [closed, opened, answering, answered, in_danger, help_shown, offline, too_long])
def test_axe_finds_nothing_wrong(visitor: Any, look: str, state: Any) -> None:
    chat = visitor(**LOOKS[look]).visit()
    state(chat)
    assert chat.axe() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/chat?school_nurse=Text+me", "/embed", "/demo", "/privacy", "/accessibility"])
def test_axe_finds_nothing_wrong_on_a_page(visitor: Any, path: str, scheme: str) -> None:
    chat = visitor(color_scheme=scheme)
    chat.page.goto(chat.site.chat + path)
    chat.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert chat.complaints == []
    assert chat.axe() == []


def test_each_message_is_read_out_once_and_the_region_is_emptied(chat: Any) -> None:
    chat.open()
    chat.page.evaluate(LIVE)
    chat.ask("can i choose")
    chat.page.wait_for_function("() => window.live.childElementCount === 0")
    spoken = chat.page.evaluate("() => window.spoken")
    shown = chat.log.locator(".message.bot").all_text_contents()[-3:]
    read = [s for s in spoken if s.startswith(WORDS["bot_said"])]
    assert len(read) == len(set(read))
    assert [r[:60] for r in read[-3:]] == [s[:60] for s in shown]
    assert "**" not in "".join(read)


def test_an_answer_does_not_move_the_focus(chat: Any) -> None:
    chat.site.doorway.delay = 0.3
    chat.open().ask("can i choose", wait=False)
    chat.button(WORDS["help"]).focus()
    chat.sources.nth(0).wait_for()
    assert chat.focused() == WORDS["help"]


def test_escape_closes_and_gives_the_focus_back(chat: Any) -> None:
    chat.open().page.keyboard.press("Escape")
    expect(chat.box).to_be_hidden()
    assert chat.focused() == WORDS["launch"]


def test_on_a_phone_the_page_behind_cannot_be_reached(visitor: Any) -> None:
    chat = visitor(**PHONE).visit().open()
    assert chat.page.locator("dialog").evaluate("(d) => d.matches(':modal')")
    chat.page.locator(".close").click()
    assert chat.page.locator(".launch").is_visible()


def test_beside_the_page_the_page_stays_usable(chat: Any) -> None:
    chat.open()
    assert not chat.page.locator("dialog").evaluate("(d) => d.matches(':modal')")


def test_zooming_in_and_out_again_shuts_the_page_behind_off_and_lets_it_back(chat: Any) -> None:
    chat.open().ask("can i choose").box.fill("and my mum")
    chat.box.evaluate("(b) => b.setSelectionRange(4, 6)")
    for width, height, modal in ((320, 256, True), (1000, 760, False)):
        chat.page.set_viewport_size({"width": width, "height": height})
        expect(chat.page.locator("dialog:modal")).to_have_count(int(modal))
        assert chat.focused() == "box"
        assert chat.box.evaluate("(b) => [b.value, b.selectionStart, b.selectionEnd]") == ["and my mum", 4, 6]
        expect(chat.page.locator(".launch")).to_be_hidden()
        reached = set()
        for _ in range(40):
            chat.page.keyboard.press("Tab")
            reached.add(chat.page.evaluate("() => document.activeElement.tagName"))
        assert ("A" in reached) is not modal
        chat.box.focus()
    chat.page.get_by_role("link", name="A link").click()


def test_a_page_whose_focus_the_zoomed_chat_covers_hands_it_to_the_chat(chat: Any) -> None:
    chat.open().page.get_by_role("link", name="A link").focus()
    chat.page.set_viewport_size({"width": 320, "height": 256})
    expect(chat.page.locator("dialog:modal")).to_be_visible()
    assert chat.page.evaluate("() => document.activeElement.tagName") == "OWNIT-CHAT"


@pytest.mark.parametrize("size", [{}, PHONE])
def test_everything_to_press_is_large_enough(visitor: Any, size: dict[str, Any]) -> None:
    chat = visitor(**size).visit().open().ask("i want to kill myself").ask("can i choose")
    boxes = chat.page.locator("ownit-chat button:visible, ownit-chat .log .contacts a, ownit-chat .small a").evaluate_all(
        "(all) => all.map((b) => [b.textContent, b.getBoundingClientRect().width, b.getBoundingClientRect().height])"
    )
    assert boxes
    assert [b for b in boxes if b[2] < 44 or b[1] < 24] == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (375, 667), (320, 256)])
def test_a_small_screen_or_large_zoom_needs_no_sideways_scrolling(visitor: Any, width: int, height: int) -> None:
    chat = visitor(width, height).visit().open().ask("i want to kill myself")
    assert chat.page.locator("dialog").evaluate(WIDE) == []
    chat.box.scroll_into_view_if_needed()
    expect(chat.box).to_be_in_viewport()


def test_a_phones_keyboard_leaves_the_box_in_view(visitor: Any) -> None:
    chat = visitor(**PHONE).visit().open()
    # What iOS does when the keyboard opens: the visual viewport shrinks and moves, the layout stays.
    chat.page.evaluate("""() => {
        const set = (name, value) => Object.defineProperty(visualViewport, name, {get: () => value});
        set('height', 300);
        set('offsetTop', 40);
        visualViewport.dispatchEvent(new Event('resize')); }""")
    place = chat.page.locator("dialog").bounding_box()
    assert (round(place["y"]), round(place["height"])) == (40, 300)
    box = chat.box.bounding_box()
    assert box["y"] + box["height"] <= 340


def test_the_box_does_not_make_a_phone_zoom(chat: Any) -> None:
    assert float(chat.open().box.evaluate("(b) => parseFloat(getComputedStyle(b).fontSize)")) >= 16


def test_nothing_moves_for_somebody_who_asked_for_less_motion(visitor: Any) -> None:
    chat = visitor(reduced_motion="reduce").visit()
    answering(chat)
    assert chat.page.evaluate(MOVING) == 0


def test_right_to_left_text_runs_right_to_left(visitor: Any) -> None:
    chat = visitor().visit("rtl").open().ask("هل يمكنني رؤية الطبيب وحدي")
    direction = "(p) => getComputedStyle(p).direction"
    assert chat.log.locator(".me p").last.evaluate(direction) == "rtl"
    assert chat.log.locator(".bot p").last.evaluate(direction) == "ltr"


# The page around it


def test_nothing_is_loaded_from_anybody_else_and_no_policy_is_broken(chat: Any) -> None:
    chat.open().ask("can i choose")
    chat.button(WORDS["help"]).click()
    assert chat.complaints == []
    assert {u.split("/")[2] for u in chat.requests if not u.startswith("data:")} == {
        s.split("/")[2] for s in (chat.site.chat, chat.site.school)
    }
    assert chat.context.cookies() == []


def test_a_hostile_style_sheet_changes_nothing(visitor: Any) -> None:
    looks = []
    for page in ("plain", "hostile"):
        chat = visitor().visit(page)
        expect(chat.page.locator(".launch")).to_be_visible()
        chat.open().ask("can i choose")
        looks.append(
            chat.page.locator("ownit-chat dialog, ownit-chat header, ownit-chat button, ownit-chat .message").evaluate_all(LOOK)
        )
    assert looks[0] == looks[1]


def test_markup_in_a_message_or_an_answer_stays_text(chat: Any) -> None:
    nasty = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    chat.site.doorway.extra = Reply("greet", (nasty, f"[go](javascript:window.hit=1) {nasty}"))
    chat.open().ask(f"can i choose {nasty}")
    assert chat.page.evaluate("() => window.hit") is None
    assert nasty in chat.log.locator(".me").last.inner_text()
    assert chat.log.locator("img, script, a[href^=javascript]").count() == 0


def test_the_line_twice_on_a_page_makes_one_chat(visitor: Any) -> None:
    chat = visitor().visit("twice").open().ask("can i choose")
    assert chat.page.locator("ownit-chat").count() == 1


def test_a_site_that_is_not_listed_gets_no_chat_and_its_console_says_why(visitor: Any) -> None:
    chat = visitor()
    unlisted = chat.site.school.replace("127.0.0.1", "localhost")
    with chat.page.expect_console_message(lambda m: "may not show the chat" in m.text):
        chat.page.goto(f"{unlisted}/plain")
    assert chat.page.locator("ownit-chat").count() == 0


# What stays and what goes


def test_a_reload_resumes_and_a_new_tab_does_not(chat: Any) -> None:
    chat.open().ask("will my parents know")
    chat.page.reload()
    chat.box.wait_for()
    assert "will my parents know" in chat.log.inner_text()
    chat.ask("and again")
    assert len({i.person for i in chat.site.doorway.heard}) == 1
    other = type(chat)(chat.site, chat.context).visit().open()
    assert "will my parents know" not in other.log.inner_text()
    other.ask("hello")
    assert len({i.person for i in chat.site.doorway.heard}) == 2


def test_a_reload_does_not_take_the_pages_focus(chat: Any) -> None:
    chat.open().ask("hello")
    chat.page.reload()
    chat.box.wait_for()
    assert chat.page.evaluate("() => document.activeElement.tagName") == "BODY"


def test_two_visitors_never_mix(visitor: Any) -> None:
    one, two = visitor().visit().open(), visitor().visit().open()
    one.ask("will my parents know")
    two.ask("can i choose")
    assert "will my parents know" not in two.log.inner_text()
    assert len({i.person for i in one.site.doorway.heard}) == 2


def test_clearing_the_chat_forgets_it_here_and_on_the_server(chat: Any) -> None:
    chat.open().ask("will my parents know")
    with chat.page.expect_response(lambda r: r.request.method == "DELETE"):
        chat.button(WORDS["clear"]).click()
    assert "will my parents know" not in chat.log.inner_text()
    assert "parents" not in chat.stored
    assert chat.site.doorway.forgotten == [chat.site.doorway.heard[0].person]
    assert chat.focused() == "box"


def test_clearing_the_chat_empties_the_box_too(chat: Any) -> None:
    chat.open().box.fill("x" * 1005)
    chat.button(WORDS["clear"]).click()
    assert chat.box.input_value() == ""
    expect(chat.page.locator("#count")).to_be_empty()


@pytest.mark.parametrize("end", ["answered", "refused", "lost"])
def test_nothing_asked_before_clearing_goes_on_in_the_new_chat(visitor: Any, end: str) -> None:
    chat, held = visitor(), []
    chat.page.clock.install()
    chat.visit().open()
    chat.page.route("**/api/message", lambda route: held.append(route), times=1)
    with chat.page.expect_request("**/api/message"):
        chat.ask("will my parents know", wait=False)
    chat.ask("can i choose", wait=False)
    answer = held[0].fetch() if end == "answered" else None
    with chat.page.expect_response(lambda r: r.request.method == "DELETE"):
        chat.button(WORDS["clear"]).click()
    chat.page.clock.run_for(1000)
    assert chat.log.locator(".typing").count() == 0
    {"answered": lambda: held[0].fulfill(response=answer), "refused": held[0].continue_, "lost": held[0].abort}[end]()
    chat.ask("hello")
    # Time enough for what was lost to be tried again.
    chat.page.clock.run_for(5000)
    chat.ask("thanks")
    before = ["will my parents know"] if answer else []
    assert [i.text for i in chat.site.doorway.heard] == [*before, "hello", "thanks"]
    assert chat.log.locator(".me").count() == chat.sources.count() == 2
    assert "will my parents know" not in chat.stored


@pytest.mark.parametrize("how", ["found({coords: {latitude: 51, longitude: 0}})", "lost()"], ids=["found", "lost"])
def test_a_location_found_after_clearing_stays_out_of_the_new_chat(visitor: Any, how: str) -> None:
    chat = visitor()
    chat.page.add_init_script(SEARCH_WITHOUT_END)
    asking_where(chat).button(WORDS["share_location"]).click()
    chat.button(WORDS["clear"]).click()
    shown = chat.log.inner_text()
    chat.page.evaluate(f"() => window.{how}")
    assert chat.log.inner_text() == shown
    chat.ask("hello")
    assert [i.location for i in chat.site.doorway.heard] == [None, None]


def test_delete_my_data_also_empties_the_window(chat: Any) -> None:
    chat.site.doorway.WORDS = {**chat.site.doorway.WORDS, "delete": "delete_my_data"}
    chat.open().ask("will my parents know")
    chat.box.fill("delete my data")
    with chat.page.expect_response("**/api/message"):
        chat.box.press("Enter")
    expect(chat.log.locator(".me")).to_have_count(0)
    assert "will my parents know" not in chat.log.inner_text()
    assert "parents" not in chat.stored


@pytest.mark.parametrize("how", ["button", "shift"])
def test_exit_blanks_the_page_forgets_everything_and_cannot_be_undone_by_back(chat: Any, how: str) -> None:
    chat.open().ask("will my parents know")
    chat.page.evaluate(TELL_WHAT_IS_LEFT)
    forgotten, left = (lambda r: r.method == "DELETE"), (lambda m: m.text.startswith("left"))
    with chat.page.expect_request(forgotten), chat.page.expect_console_message(left) as shown:
        if how == "button":
            chat.button(WORDS["exit"]).click(no_wait_after=True)
        else:
            for _ in range(3):
                chat.page.keyboard.press("Shift")
    chat.page.wait_for_url(ELSEWHERE)
    assert shown.value.text == "left 0 ''"
    chat.page.go_back()
    assert "school" not in chat.page.url.lower()
    assert chat.page.url.rstrip("/") != chat.site.school
    chat.visit()
    assert "parents" not in chat.stored
    expect(chat.box).to_be_hidden()


def test_shift_three_times_does_nothing_while_the_chat_is_closed(chat: Any) -> None:
    for _ in range(4):
        chat.page.keyboard.press("Shift")
    assert chat.page.url.startswith(chat.site.school)


def test_thirty_silent_minutes_clear_the_chat(visitor: Any) -> None:
    chat = visitor()
    chat.page.clock.install()
    chat.visit().open().ask("will my parents know")
    chat.page.clock.fast_forward(31 * 60 * 1000)
    expect(chat.log).to_contain_text(WORDS["expired"])
    assert "will my parents know" not in chat.log.inner_text()
    assert "parents" not in chat.stored


@pytest.mark.parametrize(("at", "then"), [("yes", "box"), ("help", WORDS["help"])])
def test_a_chat_cleared_by_silence_says_so_empties_the_box_and_loses_no_focus(visitor: Any, at: str, then: str) -> None:
    chat = visitor()
    chat.page.clock.install()
    chat.visit().open().ask("will my parents know").box.fill("my mum")
    chat.page.evaluate(LIVE)
    chat.button(WORDS[at]).focus()
    chat.page.clock.fast_forward(31 * 60 * 1000)
    expect(chat.log).to_contain_text(WORDS["expired"])
    assert WORDS["expired"] in chat.page.evaluate("() => window.spoken")
    assert chat.box.input_value() == ""
    assert chat.focused() == then


def test_storage_that_is_switched_off_costs_nothing_but_the_resuming(visitor: Any) -> None:
    chat = visitor()
    chat.page.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no'); }})")
    chat.visit().open().ask("can i choose")
    assert chat.complaints == []


# When the network or the server fails


def test_a_lost_answer_is_asked_for_again_and_the_question_answered_once(chat: Any) -> None:
    lost = []

    def lose_first(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    chat.page.route("**/api/message", lose_first)
    chat.open().ask("can i choose")
    assert len(lost) == 1
    assert len(chat.site.doorway.heard) == 1


def test_offline_shows_people_to_reach_and_sends_when_back(chat: Any) -> None:
    offline(chat)
    assert WORDS["offline"] in chat.log.inner_text()
    assert "tel:08001111" in str(chat.log.locator(".failed a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))"))
    chat.context.set_offline(False)
    chat.sources.nth(0).wait_for()
    assert [i.text for i in chat.site.doorway.heard] == ["hello"]
    assert chat.log.locator(".failed").count() == 0


def test_a_server_that_is_down_shows_people_to_reach_and_a_way_to_try_again(visitor: Any) -> None:
    chat = visitor()
    chat.page.clock.install()
    chat.visit().open()
    chat.page.route("**/api/**", lambda r: r.fulfill(status=502, body="<html>Bad gateway</html>"))
    chat.ask("can i choose", wait=False)
    for _ in range(4):
        chat.page.clock.run_for(3500)
    chat.log.locator(".failed").wait_for()
    assert WORDS["not_sent"] in chat.log.inner_text()
    assert chat.log.locator(".failed a[href^='tel:']").count() >= 3
    chat.page.unroute("**/api/**")
    chat.button(WORDS["retry"]).click()
    chat.sources.nth(0).wait_for()
    assert len(chat.site.doorway.heard) == 1


def test_a_session_that_ended_is_replaced_without_a_word(chat: Any) -> None:
    chat.open().ask("hello")
    refused = []

    def refuse_first(route: Any) -> None:
        if refused:
            route.continue_()
            return
        refused.append(1)
        body = {"error": {"code": "no_session", "message": "x."}}
        route.fulfill(status=401, json=body, headers={"Access-Control-Allow-Origin": "*"})

    chat.page.route("**/api/message", refuse_first)
    chat.ask("can i choose")
    assert len({i.person for i in chat.site.doorway.heard}) == 2


def test_too_many_messages_are_told_in_words(chat: Any) -> None:
    error = {"error": {"code": "too_fast", "message": "Wait 7 seconds."}}
    chat.page.route("**/api/message", lambda r: r.fulfill(status=429, json=error, headers={"Access-Control-Allow-Origin": "*"}))
    chat.open().ask("hello", wait=False)
    chat.log.locator(".failed").wait_for()
    assert "Wait 7 seconds." in chat.log.inner_text()


# The pages


def test_the_chat_page_fills_its_frame_and_answers(visitor: Any) -> None:
    chat = visitor(390, 600)
    chat.page.goto(f"{chat.site.chat}/chat?place=north-west-london")
    chat.box.wait_for()
    chat.ask("can i choose")
    expect(chat.page.locator("#ownit-fallback")).to_be_hidden()
    assert chat.complaints == []
    assert chat.site.doorway.heard[0].place == "north-west-london"


def test_the_chat_page_is_open_even_where_the_chat_was_closed_before(visitor: Any) -> None:
    chat = visitor()
    chat.page.goto(f"{chat.site.chat}/demo")
    chat.open().ask("can i choose")
    chat.page.keyboard.press("Escape")
    chat.page.goto(f"{chat.site.chat}/chat")
    chat.box.wait_for()
    assert "can i choose" in chat.log.inner_text()


def test_without_javascript_the_first_page_asks_and_answers(visitor: Any) -> None:
    chat = visitor(java_script_enabled=False)
    chat.page.goto(chat.site.chat)
    chat.page.locator("#text").fill("will my parents know")
    chat.page.get_by_role("button", name="Ask", exact=True).click()
    answer = chat.page.locator("#answer")
    assert answer.locator("p").count() >= 3
    answer.locator("button").first.click()
    assert len({i.person for i in chat.site.doorway.heard}) == 1
    assert chat.site.doorway.heard[1].payload


def test_without_javascript_the_chat_page_shows_the_help_numbers(visitor: Any) -> None:
    chat = visitor(java_script_enabled=False)
    chat.page.goto(f"{chat.site.chat}/chat")
    assert chat.page.locator("a[href='tel:08001111']").is_visible()


def test_the_nurse_makes_her_line_and_sees_the_chat_beside_it(visitor: Any) -> None:
    chat = visitor(1200, 900)
    chat.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=chat.site.chat)
    page = chat.page
    page.goto(f"{chat.site.chat}/embed")
    page.locator("#place").select_option("north-west-london")
    page.locator("#school_nurse").fill('Text "Sam"')
    assert 'data-school-nurse="Text &quot;Sam&quot;"' in page.locator("#tag").input_value()
    frame = page.frame_locator("#preview")
    frame.locator("[aria-controls=help]").click()
    expect(frame.locator("#help .nurse")).to_contain_text('Text "Sam"')
    page.locator("#copy").click()
    expect(page.locator("#copied")).to_contain_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == page.locator("#tag").input_value()
    assert chat.complaints == []
