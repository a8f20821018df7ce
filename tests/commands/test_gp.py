"""``ownit gp update``: what an operator sees."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.update import Report
from bot.cli import main
from bot.commands import gp

REPORT = Report(
    source="a file",
    list_date=date(2026, 2, 3),
    rows=15_000,
    practices=6_207,
    north_west_london=338,
    with_phone=6_203,
    new=[f"Surgery {n}" for n in range(7)],
)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Replaces the update by one that works; returns what it was given."""
    calls: list[Any] = []

    def update(source: Path | None, progress: Any) -> Report:
        calls.append((source, progress))
        return REPORT

    monkeypatch.setattr(gp, "update", update)
    return calls


def test_it_says_what_changed(given: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gp", "update", "--file", "list.csv"]) == 0
    assert given[0][0] == Path("list.csv")
    out = capsys.readouterr().out
    assert "6,207 surgeries, 338 of them in North West London" in out
    assert "new: Surgery 0, Surgery 1, Surgery 2, Surgery 3, Surgery 4 and 2 more" in out
    assert "gone" not in out


def test_quiet_says_nothing(given: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gp", "update", "--quiet"]) == 0
    assert given == [(None, None)]
    assert capsys.readouterr() == ("", "")


def test_a_refused_list_is_told_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def update(*_: Any, **__: Any) -> Report:
        raise GpDirectoryError("list.csv", "has 3 rows.", "The list in use was kept.")

    monkeypatch.setattr(gp, "update", update)
    assert main(["gp", "update"]) == 1
    assert capsys.readouterr().err == "list.csv: has 3 rows. The list in use was kept.\n"


def test_progress_is_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    line = gp.Progress()
    line(0, 5_000_000)
    line(100, 5_000_000)
    line(5_000_000, 5_000_000)
    line.end()
    err = capsys.readouterr().err
    assert err == "\rFetching the NHS list: 0.0 of 5.0 MB\rFetching the NHS list: 5.0 of 5.0 MB\n"


def test_progress_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    line = gp.Progress()
    line(3_000_000, None)
    line.end()
    assert capsys.readouterr().err == ""
