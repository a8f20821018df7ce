"""``ownit preview`` in Chromium: the page follows each save, keeps its place, and is for everyone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.commands.report import write
from bot.preview.server import Desk, app
from tests.check.test_mutations import change, copy_content, swap
from tests.commands.test_report import METRICS
from tests.commands.test_report import page as report_page
from tests.widget.conftest import AXE, AXE_RUN, Server, browser  # noqa: F401 - a fixture

# What the check finds comes when it has read all files: seconds, and more of them on a busy machine.
expect.set_options(timeout=30_000)

pytestmark = pytest.mark.browser

TEXT = "You can ask to talk somewhere private."
NEW = "Ask for a quiet corner to talk in."


@dataclass
class Editor:
    """The preview, and the folder whose files it shows."""

    root: Path
    url: str

    def save(self, old: str, new: str) -> None:
        change(self.root / "data" / "answers" / "own_it.yml", swap(old, new), "own_it.yml")


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    root = copy_content(tmp_path)
    desk = Desk(root / "data", root, root / "var")
    server, end = Server(app(desk), "127.0.0.1"), desk.watch()
    server.start()
    yield Editor(root, server.url)
    end()
    server.stop()


@dataclass
class Tab:
    """One open page, with what the browser complained of."""

    page: Page
    complaints: list[str]

    def axe(self) -> list[str]:
        self.page.evaluate(AXE)
        return list(self.page.evaluate(AXE_RUN))

    def too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[..., Tab]]:  # noqa: F811
    contexts = []

    def make(url: str, width: int = 1280, scheme: str = "light", script: bool = True) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=script,
        )
        contexts.append(context)
        tab = Tab(context.new_page(), [])
        tab.page.on("console", lambda m: tab.complaints.append(m.text))
        tab.page.on("pageerror", lambda e: tab.complaints.append(str(e)))
        tab.page.goto(url)
        return tab

    yield make
    for context in contexts:
        context.close()


def test_a_saved_sentence_is_on_the_page_without_a_reload(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_5_pharmacy")
    tab.page.evaluate("window.mine = 'still the same page'")
    editor.save(TEXT, NEW)
    shown = tab.page.locator(".message", has_text=NEW)
    expect(shown.first).to_be_visible()
    expect(shown.first).to_have_class("message bot changed")
    expect(tab.page.locator(".said", has_text=NEW).first).to_be_visible()
    assert tab.page.evaluate("window.mine") == "still the same page"
    assert tab.complaints == []


def test_a_broken_save_shows_why_on_top_of_the_last_good_version(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_5_pharmacy")
    editor.save(f' {TEXT}"', f" {NEW}")
    banner = tab.page.get_by_role("status").locator(".broken")
    expect(banner).to_contain_text("The last save cannot be used")
    expect(banner).to_contain_text("own_it.yml:")
    assert tab.page.locator(".message", has_text=TEXT).count()
    assert tab.page.locator(".message", has_text=NEW).count() == 0
    assert tab.axe() == []
    editor.save(f" {NEW}", f' {NEW}"')
    expect(tab.page.locator(".message", has_text=NEW).first).to_be_visible()
    expect(banner).to_have_count(0)
    assert tab.complaints == []


def test_what_the_check_finds_comes_after_the_words(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_5_pharmacy")
    editor.save(TEXT, "Ask a chemist.")
    expect(tab.page.locator(".problems")).to_contain_text("'chemist' is a word to avoid")
    expect(tab.page.get_by_role("navigation").get_by_text("errors: 1")).to_be_visible()


def test_a_save_leaves_what_was_open_focused_and_in_view(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_5_pharmacy")
    expect(tab.page.get_by_role("status")).to_contain_text("The page follows each save.")
    tab.page.locator("#simpler summary").click()
    tab.page.locator("#choose-band").focus()
    tab.page.evaluate("window.scrollTo(0, 700)")
    editor.save(TEXT, NEW)
    expect(tab.page.locator(".message", has_text=NEW).first).to_be_attached()
    assert tab.page.locator("#simpler").get_attribute("open") is not None
    assert tab.page.evaluate("document.activeElement.id") == "choose-band"
    assert tab.page.evaluate("window.scrollY") == 700


def test_a_choice_of_age_and_channel_shows_only_those(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_5_pharmacy")
    with tab.page.expect_navigation():
        tab.page.get_by_label("Age").select_option("13 to 15")
    expect(tab.page.get_by_role("heading", name="Young person, 16 or 17")).to_have_count(0)
    with tab.page.expect_navigation():
        tab.page.get_by_label("Where").select_option("Telegram")
    expect(tab.page.locator(".web")).to_have_count(0)
    expect(tab.page.get_by_role("heading", name="Young person, 13 to 15")).to_be_visible()


def test_a_button_of_the_chat_leads_to_what_it_asks(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/?of=own_it_1_decisions&channel=web")
    tab.page.get_by_role("button", name="Can I say no to treatment?").first.click()
    expect(tab.page.locator("#part-refusing")).to_have_attribute("open", "")
    expect(tab.page.locator("#part-refusing > summary")).to_be_in_viewport()


def test_the_page_says_when_the_preview_has_stopped(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/")
    tab.page.route("**/events", lambda route: route.abort())
    tab.page.reload()
    expect(tab.page.get_by_role("status")).to_contain_text("The preview has stopped")


def test_without_javascript_every_answer_can_be_chosen_and_read(editor: Editor, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(f"{editor.url}/", script=False)
    tab.page.get_by_role("link", name="Can I use a pharmacy on my own?").click()
    expect(tab.page.locator(".message").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/", "/?of=own_it_4_parents_told", "/?of=crisis_abuse&band=13-15"])
def test_the_preview_is_for_everyone(editor: Editor, open_tab: Callable[..., Tab], path: str, width: int, scheme: str) -> None:
    tab = open_tab(f"{editor.url}{path}", width, scheme)
    assert tab.axe() == []
    assert not tab.too_wide()
    assert tab.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_report_is_for_everyone(tmp_path: Path, open_tab: Callable[..., Tab], width: int, scheme: str) -> None:
    made = tmp_path / "report.html"
    write(made, report_page(copy_content(tmp_path / "root"), METRICS))
    tab = open_tab(made.as_uri(), width, scheme)
    tab.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.axe() == []
    assert not tab.too_wide()
    assert tab.complaints == []
