"""``ownit report``: what is due, signed, covered and asked, and counts that tell nothing about a few people."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.check.files import Files
from bot.cli import main
from bot.content import read_yaml
from bot.errors import ContentError, SettingError
from bot.report.counts import BASE, OTHER, SMALL, fetch, protect, read_counts
from bot.report.findings import Findings, look
from bot.report.page import PAGES, Page
from bot.settings import ROOT
from tests.check.test_mutations import change, copy_content, swap

pytestmark = pytest.mark.slow

TODAY = date(2026, 12, 1)
METRICS = """\
# TYPE ownit_messages counter
ownit_messages_total{channel="web",outcome="answered"} 400.0
ownit_messages_total{channel="telegram",outcome="answered"} 152.0
ownit_messages_total{channel="web",outcome="clarified"} 61.0
ownit_messages_total{channel="web",outcome="crisis"} 3.0
# TYPE ownit_topics counter
ownit_topics_total{topic="own_it_5_pharmacy"} 122.0
ownit_topics_total{topic="own_it_4_parents_told"} 201.0
ownit_topics_total{topic="gp_contact"} 41.0
ownit_topics_total{topic="crisis_abuse"} 2.0
ownit_topics_total{topic="my name is Jo Example"} 19.0
# TYPE ownit_helpful counter
ownit_helpful_total{answer="own_it_5_pharmacy.collecting",helpful="yes"} 31.0
ownit_helpful_total{answer="own_it_5_pharmacy",helpful="no"} 9.0
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_content(tmp_path)


def found_in(root: Path, today: date = TODAY) -> Findings:
    return look(Files(root / "data", root), today)


def page(root: Path, *metrics: str, today: date = TODAY) -> str:
    found = found_in(root, today)
    return Page(found, read_counts(metrics, found.titles) if metrics else None, len(metrics)).html()


# What is due, signed, covered and asked


def test_an_overdue_answer_comes_first_and_is_counted(root: Path) -> None:
    change(root / "data/answers/own_it.yml", swap("check_by: ", "check_by: 2026-11-24 #"), "own_it.yml")
    found = found_in(root)
    assert (found.answers[0].name, found.answers[0].days) == ("own_it_1_decisions", -7)
    assert found.answers[0].stretch == "overdue"
    assert '<span class="mark hard">-7</span>' in page(root)


@pytest.mark.parametrize(
    ("days", "stretch"), [(-1, "overdue"), (0, "month"), (30, "month"), (31, "quarter"), (90, "quarter"), (91, "later")]
)
def test_how_soon_something_is_due_goes_by_days(root: Path, days: int, stretch: str) -> None:
    first = found_in(root).answers[0]
    today = first.day - timedelta(days=days)
    assert found_in(root, today).answers[0].stretch == stretch


def test_every_contact_of_every_place_is_looked_at(root: Path) -> None:
    files = {due.file for due in found_in(root).contacts}
    assert files == {f"data/places/{p.name}" for p in (root / "data" / "places").glob("*.yml")}


def test_a_signature_takes_an_answer_off_the_drafts(root: Path) -> None:
    before = found_in(root)
    change(root / "data/answers/own_it.yml", swap('reviewed_by: ""', 'reviewed_by: "Ada Example"'), "own_it.yml")
    after = found_in(root)
    assert len(after.unsigned) == len(before.unsigned) - 1
    assert after.signed["own_it"][0] == before.signed["own_it"][0] + 1


def test_each_line_of_the_checklist_has_its_square(root: Path) -> None:
    found = found_in(root)
    assert len(found.checklist) == 49
    shown = page(root)
    assert not [c.id for c in found.checklist if f">{c.id}</text>" not in shown]


def test_a_line_that_nobody_covers_is_shown_as_open(root: Path) -> None:
    for file in (root / "data" / "answers").glob("*.yml"):
        file.write_text(re.sub(r"\bT6\b(?=[,\]])", "N19", file.read_text(encoding="utf-8")), encoding="utf-8")
    line = next(c for c in found_in(root).checklist if c.id == "T6")
    assert line.by == ()
    assert "nobody" in page(root)


def test_questions_are_counted_by_topic(root: Path) -> None:
    before = {a.topic: a for a in found_in(root).asked}
    change(
        root / "tests/questions/own_it.yml", swap("own_it_5_pharmacy:\n", "own_it_5_pharmacy:\n  - one more\n"), "own_it.yml"
    )
    after = {a.topic: a for a in found_in(root).asked}
    assert after["own_it_5_pharmacy"].tests == before["own_it_5_pharmacy"].tests + 1
    assert after["own_it_5_pharmacy"].training == before["own_it_5_pharmacy"].training >= 25


def test_files_that_are_broken_are_told_of_and_not_reported_on(root: Path) -> None:
    change(root / "data/answers/own_it.yml", swap("own_it_1_decisions:\n", "own_it_1_decisions\n"), "own_it.yml")
    with pytest.raises(ContentError, match="own_it.yml"):
        found_in(root)


# Small numbers


def shown(rows: dict[str, int]) -> tuple[dict[str, int | None], int | None]:
    table = protect({label: (n,) for label, n in rows.items()})
    return {label: numbers[0] for label, numbers in table.rows.items()}, table.totals[0] if table.totals else None


def test_a_small_number_is_held_back_and_others_are_rounded() -> None:
    assert shown({"a": 122, "b": 3, "c": 6, "d": 48}) == ({"a": 120, "b": None, "c": None, "d": 50}, 180)


def test_one_hidden_number_hides_the_next_smallest_so_that_the_total_does_not_tell_it() -> None:
    assert shown({"a": 122, "b": 3, "c": 9, "d": 48}) == ({"a": 120, "b": None, "c": None, "d": 50}, 180)


def test_hidden_numbers_that_come_to_a_small_number_together_hide_another() -> None:
    assert shown({"a": 122, "b": 1, "c": 1, "d": 48}) == ({"a": 120, "b": None, "c": None, "d": None}, 170)


def test_where_no_row_is_left_the_total_is_hidden() -> None:
    assert shown({"a": 5}) == ({"a": None}, None)
    assert shown({"a": 1, "b": 2}) == ({"a": None, "b": None}, None)


def test_nothing_at_all_may_be_shown() -> None:
    assert shown({"a": 0, "b": 30}) == ({"a": 0, "b": 30}, 30)
    assert shown({}) == ({}, None)


def test_the_order_of_hidden_rows_tells_nothing() -> None:
    assert list(shown({"z": 7, "m": 100, "a": 1, "k": 3})[0]) == ["m", "a", "k", "z"]


def test_a_row_with_one_small_number_is_hidden_whole() -> None:
    table = protect({"a": (52, 4), "b": (14, 0), "c": (31, 9)})
    assert table.rows == {"b": (15, 0), "a": (None, None), "c": (None, None)}
    assert table.totals == (95, 15)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1))
def test_no_small_number_can_be_read_or_worked_out(rows: dict[str, tuple[int, int]]) -> None:
    table = protect(rows)
    hidden = [label for label, numbers in table.rows.items() if None in numbers]
    seen = {n for numbers in (*table.rows.values(), table.totals) for n in numbers if n is not None}
    assert all(n == 0 or (n > SMALL and n % BASE == 0) for n in seen)
    for column, total in enumerate(table.totals):
        if total is not None and hidden:
            left = sum(rows[label][column] for label in hidden)
            assert left == 0 or (left > SMALL and len(hidden) > 1)


@pytest.mark.parametrize(("number", "times"), product((8, 12, 13), (1, 2)))
def test_rounding_goes_to_the_nearest_five(number: int, times: int) -> None:
    assert shown({"a": number * times})[0]["a"] == 5 * ((number * times + 2) // 5)


# Counts of running bots


def test_counts_of_several_bots_are_added_up() -> None:
    counts = read_counts([METRICS, METRICS], ["own_it_5_pharmacy", "own_it_4_parents_told", "gp_contact", "crisis_abuse"])
    assert counts.outcomes == {"answered": 1104, "clarified": 122, "crisis": 6}
    assert counts.topics["own_it_5_pharmacy"] == 244
    assert counts.helpful == {"own_it_5_pharmacy": (62, 18)}


def test_a_label_that_is_no_topic_is_never_shown(root: Path) -> None:
    made = page(root, METRICS)
    assert "Jo Example" not in made
    assert read_counts([METRICS], []).topics == {OTHER: 385}


def test_the_page_says_how_small_numbers_are_treated_and_holds_them_back(root: Path) -> None:
    use = page(root, METRICS).partition('id="use"')[2]
    assert "A number from 1 to 7 is not shown" in use
    row = re.search(r"Help in danger shown</th><td>(.*?)</td>", use)
    assert row
    assert "not shown" in row[1]
    assert ">550<" in use


def test_without_a_bot_the_page_says_how_to_read_one(root: Path) -> None:
    assert "ownit report --metrics" in page(root)


def test_a_bot_that_has_counted_nothing_is_told(root: Path) -> None:
    assert "Nothing has been counted yet." in page(root, "# nothing\n")


def test_a_file_that_is_no_metrics_is_told_of() -> None:
    with pytest.raises(SettingError, match="--metrics"):
        read_counts(["<html>not found</html>"], [])


@pytest.mark.parametrize("source", ["no/such/file.txt", "http://127.0.0.1:1/metrics"])
def test_a_source_that_cannot_be_read_is_named(source: str) -> None:
    with pytest.raises(SettingError, match=re.escape(source)):
        fetch(source)


# The page and the command


class Outside(HTMLParser):
    """Collects what a page would load, and its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {"src", "srcset", "data", "xlink:href"} & {name for name, _ in attrs}
        if tag in ("script", "iframe", "object", "img") or named or (tag == "link" and dict(attrs).get("href") != "data:,"):
            self.found.append(tag)


def test_the_page_is_one_file_that_loads_nothing(root: Path) -> None:
    made, outside = page(root, METRICS), Outside()
    outside.feed(made)
    assert outside.found == []
    assert "url(" not in made
    assert "default-src 'none'" in made


def test_every_picture_says_what_it_shows(root: Path) -> None:
    pictures = re.findall(r"<svg[^>]*>", page(root, METRICS))
    assert len(pictures) > 5
    assert all('role="img" aria-label="' in p or 'aria-hidden="true"' in p for p in pictures)


def test_every_word_of_the_page_is_used() -> None:
    source = (ROOT / "bot" / "report" / "page.py").read_text(encoding="utf-8")
    built = ("group_", "tile_", "outcome_", "checklist_", "overdue", "month", "quarter", "later", "answers_", "contacts_")
    words = [w for w in read_yaml(PAGES / "report.yml").data if not w.startswith(built)]
    assert not [w for w in words if not re.search(rf"""["']{w}["']""", source)]


def test_the_command_writes_the_page_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved, made = tmp_path / "metrics.txt", tmp_path / "new" / "report.html"
    saved.write_text(METRICS, encoding="utf-8")
    assert main(["report", "--output", str(made), "--metrics", str(saved)]) == 0
    assert capsys.readouterr().out == f"{made}\n"
    assert "How the bots are used" in made.read_text(encoding="utf-8")


def test_the_command_goes_without_counts_where_no_bot_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNIT_PORT", "1")
    monkeypatch.setenv("OWNIT_VAR", str(tmp_path))
    assert main(["report"]) == 0
    assert "No bot runs on port 1" in capsys.readouterr().err
    assert (tmp_path / "report.html").is_file()


def test_a_named_bot_that_does_not_answer_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--output", str(tmp_path / "r.html"), "--metrics", "http://127.0.0.1:1/metrics"]) == 1
    assert "--metrics" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()
