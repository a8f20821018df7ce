"""Postcodes: the packed table, parts of postcodes, nations, and typing slips."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from actions.gp_directory import Directory, GpDirectoryError, Paths
from actions.gp_directory.grid import distance_km, to_wgs84
from actions.gp_directory.postcodes import DATA, POSTCODE, Postcodes, split


@pytest.mark.parametrize(
    ("easting", "northing", "lat", "lon"),
    [
        (530269, 179641, 51.50055, -0.12456),  # Westminster, from published pairs
        (651409.903, 313177.270, 52.65757, 1.71791),  # the Ordnance Survey's worked example
    ],
)
def test_grid_references_become_latitude_and_longitude(easting: float, northing: float, lat: float, lon: float) -> None:
    assert distance_km(to_wgs84(easting, northing), (lat, lon)) < 0.15


def test_london_to_manchester_is_about_262_km() -> None:
    assert distance_km((51.5074, -0.1278), (53.4808, -2.2426)) == pytest.approx(262.1, abs=1.0)


@pytest.mark.parametrize("typed", ["W2 1NY", "w21ny", " w2  1ny ", "W2-1NY", "W2.1NY"])
def test_a_postcode_is_read_in_any_spelling(typed: str) -> None:
    assert split(typed) == ("W2", "1NY")


@pytest.mark.parametrize("typed", ["W2", "hello", "W2 1N", "ABC 1AA", "W2 1CC"])
def test_what_is_no_postcode_is_not_read_as_one(typed: str) -> None:
    assert split(typed) is None


def test_a_postcode_inside_a_sentence_is_seen() -> None:
    match = POSTCODE.search("MY POSTCODE IS NW10 4UA THANKS")
    assert match
    assert match.groups() == ("NW10", "4UA")


def test_a_live_postcode_has_a_point_and_a_borough(postcodes: Postcodes) -> None:
    spot = postcodes.find("SW1A", "1AA")
    assert spot
    assert spot.lad == "E09000033"
    assert distance_km(spot.point, (51.5010, -0.1416)) < 0.1


def test_england_is_complete_enough(postcodes: Postcodes) -> None:
    assert len(postcodes.packed.columns[0]) > 1_480_000
    assert len(postcodes.sectors) > 10_000
    assert len(postcodes.outcodes) > 2_800


def test_incodes_are_sorted_inside_every_outcode(postcodes: Postcodes) -> None:
    column = postcodes.packed.columns[0]
    for start, end in list(postcodes.packed.spans.values())[::50]:
        part = list(column[start:end])
        assert part == sorted(set(part))


def test_al1_and_al10_do_not_mix(postcodes: Postcodes) -> None:
    st_albans, hatfield = postcodes.outcodes["AL1"], postcodes.outcodes["AL10"]
    assert distance_km(st_albans.point, hatfield.point) > 5
    assert postcodes.find("AL1", "0AA") is None


@pytest.mark.parametrize("group", ["W1", "SW1", "EC1", "EC4", "WC2"])
def test_outcode_groups_people_type_are_known(postcodes: Postcodes, group: str) -> None:
    found = postcodes.area(group)
    assert found
    assert found[0] == "group"


@pytest.mark.parametrize(
    ("outcode", "incode", "nation"),
    [
        ("EH1", "1AA", "S"),
        ("CF10", "1AA", "W"),
        ("BT1", "1AA", "N"),
        ("JE2", "3AB", "C"),
        ("IM1", "1AA", "C"),
        ("W2", "1NY", "E"),
        ("TD9", "0AA", "S"),
        ("CH4", "0DR", "W"),
        ("CH4", "7AA", "E"),
        ("LD1", "5AA", "W"),
        ("ZZ1", "1AA", ""),
    ],
)
def test_the_nation_of_a_postcode_is_known(postcodes: Postcodes, outcode: str, incode: str, nation: str) -> None:
    assert postcodes.nation(outcode, incode) == nation


@pytest.mark.parametrize(
    ("outcode", "incode", "meant"),
    [("HAO", "4UZ", "HA0 4UZ"), ("W2", "INY", "W2 1NY"), ("WI0", "4AA", "W10 4AA"), ("W2", "lNY", "")],
)
def test_o_and_0_and_i_and_1_are_repaired(postcodes: Postcodes, outcode: str, incode: str, meant: str) -> None:
    assert postcodes.repairs(outcode, incode)[:1] == ([meant] if meant else [])


def test_a_postcode_that_is_right_needs_no_repair(postcodes: Postcodes) -> None:
    assert "W2 1NY" not in postcodes.repairs("W2", "1NY")


@pytest.fixture
def small_tables(tmp_path: Path) -> Path:
    """A folder with the small tables and without the packed one."""
    for table in DATA.glob("*.csv"):
        (tmp_path / table.name).symlink_to(table)
    return tmp_path


def test_a_missing_table_is_named_with_its_mend(small_tables: Path) -> None:
    with pytest.raises(GpDirectoryError, match=r"head\.json.*build_postcodes"):
        _ = Postcodes.load(small_tables).packed


def packed_tables(folder: Path, **changed: bytes) -> Path:
    """Link the packed table into ``folder``, but for the columns given."""
    (folder / "postcodes").mkdir()
    for file in (DATA / "postcodes").iterdir():
        (folder / "postcodes" / file.name).symlink_to(file)
    for name, content in changed.items():
        (folder / "postcodes" / f"{name}.xz").unlink()
        (folder / "postcodes" / f"{name}.xz").write_bytes(content)
    return folder


def test_a_cut_column_is_refused(small_tables: Path) -> None:
    whole = (DATA / "postcodes" / "lad.xz").read_bytes()
    with pytest.raises(GpDirectoryError, match=r"lad\.xz: cannot be read"):
        _ = Postcodes.load(packed_tables(small_tables, lad=whole[: len(whole) // 2])).packed


def test_a_column_of_another_length_is_refused(small_tables: Path) -> None:
    with pytest.raises(GpDirectoryError, match=r"lad\.xz: is cut short"):
        _ = Postcodes.load(packed_tables(small_tables, lad=lzma.compress(b"too little"))).packed


def test_a_damaged_table_is_told_when_the_directory_opens(small_tables: Path) -> None:
    tables = packed_tables(small_tables, lad=b"")
    with pytest.raises(GpDirectoryError, match=r"lad\.xz"):
        Directory.open(Paths(practices=small_tables / "none.csv", data=tables))
