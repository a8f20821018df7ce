"""Fetching the list: what is accepted, what is refused, and that the old list then stays."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from gp_helpers import TODAY, StandIn, as_csv, invented, report_row

from actions.gp_directory import Directory, GpDirectoryError, Paths
from actions.gp_directory.postcodes import Postcodes
from actions.gp_directory.update import Bounds, Report, as_dict, update

pytestmark = pytest.mark.slow

BOUNDS = Bounds(rows=10, practices=(5, 20), north_west_london=(3, 12), fall=0.2)


@pytest.fixture
def nhs() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture
def target(gp_file: Path) -> Path:
    return gp_file


class Fetch:
    """`update` with short time-outs and no waiting."""

    def __init__(self, postcodes: Postcodes) -> None:
        self.postcodes = postcodes
        self.seen: list[tuple[int, int | None]] = []

    def __call__(self, source: str | Path | list[str], target: Path, bounds: Bounds = BOUNDS) -> Report:
        return update(
            source,
            target,
            postcodes=self.postcodes,
            bounds=bounds,
            progress=lambda done, total: self.seen.append((done, total)),
            timeout=(1.0, 0.3),
            pause=lambda seconds: None,
            today=TODAY,
        )


@pytest.fixture
def fetch(postcodes: Postcodes) -> Fetch:
    return Fetch(postcodes)


def zipped(text: str, name: str = "epraccur.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
        archive.writestr("readme.txt", "about")
    return out.getvalue()


def newer() -> str:
    """Return the invented list after one surgery closed, one opened, and three changed."""
    rows = invented()
    rows[0][1] = "THE NEW QUILLFEATHER CENTRE"
    rows[1][9] = "W2 1NY"
    rows[2][17] = "020 7946 0099"
    rows[3][12] = "INACTIVE"
    return as_csv([*rows, report_row("E99040", "BRAND NEW SURGERY", "W2 1NY", "020 7946 0040")])


def test_a_good_list_replaces_the_old_one_and_says_what_changed(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    nhs.body = newer().encode()
    report = fetch(nhs.url, target)
    assert (report.new, report.gone) == (["E99040"], ["E99004"])
    assert (report.renamed, report.moved, report.phone_changed) == (["E99001"], ["E99002"], ["E99003"])
    assert "BRAND NEW" in target.read_text()
    assert fetch.seen[-1][0] == len(nhs.body)
    json.dumps(as_dict(report))


def test_a_fetched_list_is_dated_on_the_day_it_was_fetched(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    fetch(nhs.url, target)
    directory = Directory.open(Paths(target), today=lambda: TODAY)
    assert directory.look_up("W2 1NY").list_date == TODAY.isoformat()


def test_a_first_list_needs_no_old_one(nhs: StandIn, tmp_path: Path, fetch: Fetch) -> None:
    report = fetch(nhs.url, tmp_path / "new" / "folder" / "practices.csv")
    assert report.practices == 9
    assert (report.new, report.gone) == ([], [])


def test_a_passing_fault_is_tried_again(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    nhs.fail_first = 2
    fetch(nhs.url, target)
    assert nhs.asked == 3


def test_the_second_address_is_tried_when_the_first_fails(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    assert fetch(["http://127.0.0.1:1/nobody", nhs.url], target).source == nhs.url


@pytest.mark.parametrize("name", ["epraccur.csv", "EPRACCUR.CSV", "folder/epraccur.csv"])
def test_a_zip_is_unpacked(nhs: StandIn, target: Path, fetch: Fetch, name: str) -> None:
    nhs.body, nhs.kind = zipped(newer(), name), "application/zip"
    assert fetch(nhs.url, target).new == ["E99040"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("old_format", [False, True])
def test_a_file_downloaded_by_hand_is_taken(tmp_path: Path, target: Path, fetch: Fetch, packed: bool, old_format: bool) -> None:
    text = newer()
    if old_format:
        text = text.replace('"INACTIVE"', '"C"').replace('"ACTIVE"', '"A"')
        text = text.replace('"RO76|RO268"', '"4"').replace('"RO76"', '"4"')
    by_hand = tmp_path / ("download.zip" if packed else "download.csv")
    by_hand.write_bytes(zipped(text) if packed else text.encode())
    report = fetch(by_hand, target)
    assert report.new == ["E99040"]
    assert report.list_date.isoformat() == "2026-01-30"


def half(text: str) -> bytes:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: len(lines) // 2]).encode()


def without_phones() -> bytes:
    rows = invented()
    for row in rows:
        row[17] = ""
    return as_csv(rows).encode()


def without_postcodes() -> bytes:
    rows = invented()
    rows[3][9] = "NOT KNOWN"
    return as_csv(rows).encode()


def far_from_london() -> bytes:
    rows = invented()
    for row in rows:
        row[9] = "CH1 4AA"
    return as_csv(rows).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Sorry</body></html>", "web page"),
        (b"", "empty"),
        (half(as_csv(invented())), "rows"),
        (as_csv([row[:20] for row in invented()]).encode(), "20 columns in row 1"),
        (as_csv([[*row, "extra"] for row in invented()]).encode(), "28 columns"),
        (zipped(newer())[:-60], "damaged zip"),
        (zipped("x", "other.txt"), "0 CSV files"),
        (without_phones(), "phone"),
        (without_postcodes(), "without a postcode"),
        (far_from_london(), "North West London"),
        (b"\xff\xfe\x00garbage", "not CSV"),
        (b"ods,name\nE1,X\n", "no column"),
    ],
)
def test_a_list_that_looks_wrong_is_refused_and_the_old_one_stays(
    nhs: StandIn, target: Path, fetch: Fetch, body: bytes, reason: str
) -> None:
    before = target.read_bytes()
    nhs.body = body
    with pytest.raises(GpDirectoryError, match=f"{reason}.*The list in use was kept"):
        fetch(nhs.url, target)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_list_that_lost_many_surgeries_is_refused(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    rows = invented()
    for row in rows[3:6]:
        row[12] = "INACTIVE"
    nhs.body = as_csv(rows).encode()
    with pytest.raises(GpDirectoryError, match="the list in use 9"):
        fetch(nhs.url, target)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses_is_named_with_what_to_do(nhs: StandIn, target: Path, fetch: Fetch, status: int) -> None:
    before = target.read_bytes()
    nhs.status = status
    with pytest.raises(GpDirectoryError, match=rf"answered {status}.*--file"):
        fetch(nhs.url, target)
    assert target.read_bytes() == before


def test_a_server_that_hangs_is_given_up(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    nhs.hangs = True
    with pytest.raises(GpDirectoryError, match="could not be fetched"):
        fetch(nhs.url, target)
    assert nhs.asked == 3


def test_a_download_that_breaks_off_is_refused(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    before = target.read_bytes()
    nhs.promised = len(nhs.body) + 1000
    with pytest.raises(GpDirectoryError, match="could not be fetched"):
        fetch(nhs.url, target)
    assert target.read_bytes() == before


def test_no_network_is_said_plainly(target: Path, fetch: Fetch) -> None:
    with pytest.raises(GpDirectoryError, match="no connection"):
        fetch("http://127.0.0.1:1/", target)


def test_a_missing_file_is_named(tmp_path: Path, target: Path, fetch: Fetch) -> None:
    with pytest.raises(GpDirectoryError, match="gone.csv"):
        fetch(tmp_path / "gone.csv", target)


def test_a_damaged_list_in_use_may_be_replaced(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    target.write_text("<html>")
    assert fetch(nhs.url, target).practices == 9


def test_a_note_about_another_file_is_not_believed(nhs: StandIn, target: Path, fetch: Fetch) -> None:
    fetch(nhs.url, target)
    target.write_text(as_csv(invented()[:6]))
    directory = Directory.open(Paths(target), today=lambda: TODAY)
    assert directory.look_up("W2 1NY").list_date == "2026-01-30"
