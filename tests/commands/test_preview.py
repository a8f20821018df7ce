"""``ownit preview``: what its page shows of the files, and what of a save that cannot be used."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.commands.evaluate import write_cases
from bot.commands.preview import listen
from bot.content import read_yaml
from bot.errors import SettingError
from bot.evaluation import Case, Scores
from bot.preview.server import PAGES, Desk, app, changes
from bot.settings import ROOT
from tests.check.test_mutations import change, copy_content, swap

pytestmark = pytest.mark.slow

NOW_SAYS = "Yes, a pharmacist will talk to you."
PHARMACY = "**Yes, you can ask a pharmacist for advice at any age.**"


class Browser:
    """Fetches pages of an app that runs in this process."""

    def __init__(self, app: Starlette, base: str = "http://localhost") -> None:
        self._app, self._base = app, base

    def get(self, path: str, **params: Any) -> httpx.Response:
        return asyncio.run(self._get(path, **params))

    async def _get(self, path: str, **params: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url=self._base) as client:
            return await client.get(path, **params)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_content(tmp_path)


@pytest.fixture
def desk(root: Path) -> Desk:
    return Desk(root / "data", root, root / "var")


@pytest.fixture
def page(desk: Desk) -> Browser:
    return Browser(app(desk))


def save(root: Path, old: str, new: str, file: str = "answers/own_it.yml") -> None:
    """Save a change, at a time the disk can tell from the last."""
    path = root / "data" / file
    before = path.stat().st_mtime_ns
    change(path, swap(old, new), file)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def settle(desk: Desk) -> None:
    while desk.look():
        pass


def test_every_answer_is_listed_and_has_its_page(page: Browser, desk: Desk) -> None:
    listed = page.get("/").text
    assert desk.view.book
    for id_ in desk.view.book.answers:
        assert f'"/?of={id_}"' in listed
        assert page.get(f"/?of={id_}").status_code == 200, id_


def test_an_answer_is_shown_at_each_age_and_to_each_reader(page: Browser) -> None:
    shown = page.get("/?of=own_it_5_pharmacy").text
    for who in ("age not said", "12 or under", "13 to 15", "16 or 17", "18 or over"):
        assert f"<h3>Young person, {who}</h3>" in shown
    assert "<h3>Parent or carer, any age</h3>" in shown
    assert "<h3>Professional, any age</h3>" in shown


def test_one_reader_one_age_and_one_channel_can_be_chosen(page: Browser) -> None:
    shown = page.get("/?of=own_it_5_pharmacy&reader=young_person&band=13-15&channel=telegram").text
    assert "Young person, 13 to 15" in shown
    assert "Young person, 16 or 17" not in shown
    assert "Parent or carer, any age" not in shown
    assert 'class="telegram"' in shown
    assert 'class="web"' not in shown


def test_both_channels_show_their_own_look(page: Browser) -> None:
    shown = page.get("/?of=own_it_3_seen_alone&band=13-15").text
    assert '<div class="message bot"><p><b>' in shown
    assert '<div class="said"><b>' in shown
    assert '<div class="keys">' in shown


@pytest.mark.parametrize(("id_", "words"), [("crisis_abuse", "version 1 of "), ("crisis_abuse", "Kind: sexual abuse")])
def test_turns_and_kinds_of_a_crisis_are_shown(page: Browser, id_: str, words: str) -> None:
    assert words in page.get(f"/?of={id_}").text


def test_parts_why_and_simpler_are_shown(page: Browser, desk: Desk) -> None:
    assert desk.view.book
    shown = html.unescape(page.get("/?of=own_it_1_decisions").text)
    titles = [p.title for p in desk.view.book.answers["own_it_1_decisions"].parts.values()]
    for words in (*(f"Narrower question: {t}" for t in titles), "Said more simply", "The reason behind it"):
        assert words in shown


def test_reading_age_length_source_and_review_stand_beside_the_words(page: Browser, desk: Desk) -> None:
    settle(desk)
    shown = page.get("/?of=own_it_5_pharmacy").text
    assert "Reading age about" in shown
    assert "of 300 characters" in shown
    assert "Draft: no clinician has signed these words." in shown
    assert "Check again by" in shown
    assert "Own It, Connecting Care for Children" in shown
    assert "Q5.2</b> Collecting one&#x27;s own prescriptions from 16" in shown


def test_a_signed_answer_names_who_signed_it(root: Path, desk: Desk, page: Browser) -> None:
    save(root, 'reviewed_by: ""', 'reviewed_by: "Ada Example"')
    settle(desk)
    assert "Signed by Ada Example." in page.get("/?of=own_it_1_decisions").text


def test_training_and_test_questions_are_listed(page: Browser, desk: Desk) -> None:
    settle(desk)
    shown = page.get("/?of=own_it_5_pharmacy").text
    first = next(q.text for q in desk.view.training if q.topic == "own_it_5_pharmacy")
    assert "Training questions (" in shown
    assert f"<li>{first}</li>" in shown
    assert "run: make evaluate" in shown


def test_misses_come_from_the_newest_evaluation(root: Path, desk: Desk, page: Browser) -> None:
    cases = [
        Case("is it <me>", "own_it_5_pharmacy", "own_it_5_pharmacy", 0.9, False),
        Case("pills for my gran", "own_it_5_pharmacy", "medical_advice", 0.8, False),
        Case("can i get the pill", "sexual_health_access", "own_it_5_pharmacy", 0.4, True),
    ]
    write_cases(Scores(cases), root / "var" / "evaluation.json", datetime(2026, 11, 20, tzinfo=timezone.utc))
    settle(desk)
    shown = page.get("/?of=own_it_5_pharmacy").text
    assert "Measured on 20 November 2026: the bot understood 1 of 2 test questions on this topic." in shown
    assert "“pills for my gran”" in shown
    assert 'taken for <a href="/?of=medical_advice">' in shown
    assert 'is about <a href="/?of=sexual_health_access">' in shown


@pytest.mark.parametrize("broken", ["", "[]", '{"made": 1}'])
def test_an_evaluation_that_cannot_be_read_counts_as_none(root: Path, desk: Desk, page: Browser, broken: str) -> None:
    (root / "var").mkdir()
    (root / "var" / "evaluation.json").write_text(broken, encoding="utf-8")
    settle(desk)
    assert "run: make evaluate" in page.get("/?of=own_it_5_pharmacy").text


def test_the_problems_of_the_file_are_shown_those_of_the_answer_first(root: Path, desk: Desk, page: Browser) -> None:
    save(root, PHARMACY, "**Yes, ask at a chemist at any age.**")
    settle(desk)
    shown = page.get("/?of=own_it_5_pharmacy").text
    assert "In this answer" in shown
    assert "&#x27;chemist&#x27; is a word to avoid" in shown
    other = page.get("/?of=own_it_1_decisions").text
    assert "Elsewhere in" in other
    assert "In this answer" not in other
    assert "errors: 1" in page.get("/").text


def test_a_save_is_shown_before_the_check_is_done(root: Path, desk: Desk, page: Browser) -> None:
    settle(desk)
    before = desk.view.number
    save(root, PHARMACY, NOW_SAYS)
    assert desk.look()
    shown = page.get("/?of=own_it_5_pharmacy").text
    assert NOW_SAYS in shown
    assert "Checking them" in shown
    assert f'data-number="{before + 1}"' in shown
    settle(desk)
    assert "The page follows each save." in page.get("/?of=own_it_5_pharmacy").text
    assert desk.view.number == before + 2


def test_a_broken_save_shows_the_last_good_version_under_the_words_of_the_check(root: Path, desk: Desk, page: Browser) -> None:
    settle(desk)
    save(root, f'    - "{PHARMACY}', f'\t- "{NOW_SAYS}')
    settle(desk)
    shown = page.get("/?of=own_it_5_pharmacy")
    assert shown.status_code == 200
    assert "The last save cannot be used" in shown.text
    assert "There is a tab at the start of the line." in shown.text
    assert "can ask a pharmacist for advice at any age." in shown.text
    assert "In this answer" in shown.text
    save(root, f'\t- "{NOW_SAYS}', f'    - "{NOW_SAYS}')
    settle(desk)
    mended = page.get("/?of=own_it_5_pharmacy").text
    assert "The last save cannot be used" not in mended
    assert NOW_SAYS in mended


def test_files_that_are_broken_from_the_start_are_told_of_and_followed(root: Path) -> None:
    save(root, f'"{PHARMACY}', f"'{NOW_SAYS}")
    desk = Desk(root / "data", root, root / "var")
    page = Browser(app(desk))
    shown = page.get("/?of=own_it_5_pharmacy")
    assert shown.status_code == 503
    assert "There is no good version to show yet." in shown.text
    save(root, f"'{NOW_SAYS}", f'"{NOW_SAYS}')
    settle(desk)
    assert NOW_SAYS in page.get("/?of=own_it_5_pharmacy").text


def test_an_unknown_answer_is_not_found_and_nothing_typed_is_markup(page: Browser) -> None:
    found = page.get("/", params={"of": "<script>alert(1)</script>"})
    assert found.status_code == 404
    assert "<script>alert" not in found.text
    assert page.get("/", params={"of": "own_it_5_pharmacy.<b>", "band": "<i>", "place": "<u>"}).status_code == 200


def test_the_page_lets_nothing_in_from_elsewhere(page: Browser) -> None:
    policy = page.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    for file in ("base.css", "preview.css", "preview.js", "bubbles.css", "icon.svg"):
        assert page.get(f"/{file}").status_code == 200, file


def test_a_name_that_is_not_this_machine_is_refused(desk: Desk) -> None:
    assert Browser(app(desk), "http://evil.example").get("/").status_code == 400


def test_an_event_tells_of_each_new_view(root: Path, desk: Desk) -> None:
    async def two() -> list[str]:
        told = changes(desk)
        first = await anext(told)
        save(root, PHARMACY, NOW_SAYS)
        desk.look()
        return [first, await anext(told)]

    number = desk.view.number
    assert asyncio.run(two()) == [f"data: {number}\n\n", f"data: {number + 1}\n\n"]


def test_a_taken_port_is_told_in_plain_words() -> None:
    with listen(0) as taken:
        taken.listen()
        with pytest.raises(SettingError, match="--port 0"):
            listen(taken.getsockname()[1])


def test_the_preview_needs_no_rasa() -> None:
    code = "import sys, bot.commands.preview, bot.preview.page; print([m for m in sys.modules if m.split('.')[0] == 'rasa'])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_evaluation_keeps_what_the_preview_reads(tmp_path: Path) -> None:
    write_cases(
        Scores([Case("a", "greet", "thanks", 0.5, True)]), tmp_path / "e.json", datetime(2026, 1, 2, tzinfo=timezone.utc)
    )
    kept = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    assert kept["cases"] == [{"text": "a", "expected": "greet", "topic": "thanks", "asked": True}]


def test_every_word_of_the_page_is_used() -> None:
    source = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "bot" / "preview").glob("*.py"))
    built = ("group_", "reader_", "band_", "channel_", "fact_", "manner_", "count_")
    words = [w for w in read_yaml(PAGES / "preview.yml").data if not w.startswith(built)]
    assert not [w for w in words if not re.search(rf"""["']{w}["']""", source)]
