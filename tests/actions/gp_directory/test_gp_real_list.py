"""The real list of surgeries, where this machine has one (OWNIT_GP_FILE): it is no part of the repository."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from gp_helpers import NEARBY, REAL_LIST, ROOT, TODAY

from actions.gp_directory import Directory, Paths
from actions.gp_directory.grid import distance_km
from actions.gp_directory.text import phone
from actions.gp_directory.update import NORTH_WEST_LONDON, Bounds, update

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def real() -> Directory:
    return Directory.open(Paths(REAL_LIST, list_date=date(2026, 2, 3)), today=lambda: TODAY)


def random_postcodes(directory: Directory, count: int) -> list[str]:
    rng = random.Random(20261123)
    tables = directory.postcodes
    column, found = tables.packed.columns[0], []
    while len(found) < count:
        outcode = rng.choice(list(tables.packed.spans))
        number = column[rng.randrange(*tables.packed.spans[outcode])]
        incode = f"{number // 676}{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}"
        spot = tables.find(outcode, incode)
        if spot and spot.nation == "E":
            found.append(f"{outcode} {incode}")
    return found


def test_the_nearest_surgeries_are_those_of_brute_force(real: Directory) -> None:
    assert real.practices
    for postcode in random_postcodes(real, 300):
        spot = real.postcodes.find(*postcode.split())
        assert spot
        brute = sorted(distance_km(spot.point, p.point) for p in real.practices.ordinary)[:5]
        quick = [km for km, _ in real.practices.nearest(spot.point)]
        assert quick == pytest.approx(brute, abs=0.0011), postcode


def slip(rng: random.Random, text: str) -> str:
    """Return the text with one letter dropped, swapped, changed or added."""
    at = rng.randrange(len(text) - 1)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return rng.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + letter + text[at + 1 :],
            text[:at] + letter + text[at:],
        ]
    )


def test_surgeries_of_north_west_london_are_found_with_two_slips_in_their_names(real: Directory) -> None:
    assert real.practices
    rng = random.Random(7)
    listed = real.practices.practices
    local = [index for index, p in enumerate(listed) if p.lad in NORTH_WEST_LONDON]
    assert 300 <= len(local) <= 380
    first_three = 0
    for index in local * 2:
        typed = slip(rng, slip(rng, listed[index].name.lower()))
        first_three += index in [at for _, at in real.practices.names.search(typed, 3)]
    assert first_three / len(local) / 2 >= 0.97


def test_a_misspelt_name_survives_the_whole_look_up(real: Directory) -> None:
    # Some names are also places, and some slips make another name: a little less than the search alone.
    assert real.practices
    rng = random.Random(11)
    local = [p for p in real.practices.practices if p.lad in NORTH_WEST_LONDON]
    found = 0
    for practice in local:
        typed = slip(rng, slip(rng, practice.name.lower()))
        shown = real.look_up(typed, asked=True, home=NORTH_WEST_LONDON).results[:3]
        found += practice.ods in [result.ods for result in shown]
    assert found / len(local) >= 0.95


def test_every_surgery_is_found_by_its_code(real: Directory) -> None:
    assert real.practices
    local = [p for p in real.practices.practices if p.lad in NORTH_WEST_LONDON]
    for practice in local:
        by_code = real.look_up(practice.ods, asked=True)
        assert [r.ods for r in by_code.results] == [practice.ods]


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("W2 1NY", "postcode"),
        ("W2 1", "sector"),
        ("NW10", "outcode"),
        ("W1", "group"),
        ("Ealing", "borough"),
        ("Notting Hill", "place"),
        ("hamersmith", "place"),
        ("Ladbroke Grove", "place"),
        ("Hammersmith Surgery", "practice"),
        ("E87008", "ods"),
        ("hao 4uz", "postcode"),
    ],
)
def test_every_kind_of_input_finds_surgeries(real: Directory, typed: str, kind: str) -> None:
    found = real.look_up(typed, asked=True)
    assert found.kind == kind
    assert found.results
    assert found.notices[1:] == ("gp_old_list", "gp_who_covers")


def test_phones_are_formatted_for_nearly_all(real: Directory) -> None:
    assert real.practices
    shown = sum(bool(phone(p.phone)) for p in real.practices.practices)
    assert shown >= 0.98 * len(real.practices.practices)


def test_opening_costs_less_than_60_mib() -> None:
    program = (
        "import resource, requests, csv, json, lzma\n"
        "from pathlib import Path\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "from actions.gp_directory import Directory, Paths\n"
        f"d = Directory.open(Paths(Path({str(REAL_LIST)!r})))\n"
        "d.look_up('hamersmith', asked=True)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) / 1024 <= 60


if NEARBY.exists():

    def test_the_report_of_february_2026_has_the_known_figures(tmp_path: Path, real: Directory) -> None:
        # The file at hand holds GP rows only, so it is shorter than the whole report.
        report = update(
            NEARBY,
            tmp_path / "practices.csv",
            postcodes=real.postcodes,
            bounds=Bounds(rows=8_000),
            today=TODAY,
        )
        assert (report.rows, report.practices, report.north_west_london) == (8_189, 6_207, 338)
        assert report.with_phone == 6_203
