"""Postcodes: the packed table, sectors, outcodes, and which nation a postcode belongs to.

The table holds every live English postcode in four columns of two-byte numbers, sorted inside
each outcode, so a look-up is one dictionary access and one bisection and the whole of England
costs about 14 MB. `scripts/build_postcodes.py` writes the files and explains them.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.grid import to_wgs84
from actions.gp_directory.text import word_set

DATA = Path(__file__).resolve().parent / "data"
REBUILD = "Run scripts/build_postcodes.py again."

ENGLAND, SCOTLAND, WALES, NORTHERN_IRELAND, CROWN = "E", "S", "W", "N", "C"

# The pattern accepts every live English postcode; the last two letters are never C I K M O V.
POSTCODE = re.compile(r"(?<![A-Z0-9])([A-Z]{1,2}[0-9][A-Z0-9]?)[\s\-.]*([0-9][ABD-HJLNP-UW-Z]{2})(?![A-Z0-9])")
# The same shape when O and 0, or I, L and 1, were mixed up.
MISTYPED = re.compile(r"(?<![A-Z0-9])([A-Z01]{1,2}[0-9OIL][A-Z0-9]?)[\s\-.]*([0-9OIL][A-Z01]{2})(?![A-Z0-9])")
SECTOR = re.compile(r"(?<![A-Z0-9])([A-Z]{1,2}[0-9][A-Z0-9]?)[\s\-.]+([0-9])(?![A-Z0-9])")
OUTCODE = re.compile(r"(?<![A-Z0-9])([A-Z]{1,2}[0-9][A-Z0-9]?)(?![A-Z0-9])")
BFPO = re.compile(r"(?<![A-Z0-9])BFPO\s*[0-9]{0,4}(?![A-Z0-9])|(?<![A-Z0-9])BF1\s*[0-9][A-Z]{2}(?![A-Z0-9])")
NO_FIXED_ADDRESS = re.compile(
    r"(?<![A-Z0-9])ZZ99(?:\s*[0-9][A-Z]{2})?(?![A-Z0-9])"
    r"|\bNO FIXED (?:ABODE|ADDRESS)\b|\bHOMELESS\b|\bSOFA[ -]?SURFING\b"
)

# Areas that lie in one nation as a whole; outcodes of the others are in the table.
AREAS = {
    **dict.fromkeys(word_set("AB DD EH FK G HS IV KA KW KY ML PA PH ZE"), SCOTLAND),
    **dict.fromkeys(["CF", "SA"], WALES),
    "BT": NORTHERN_IRELAND,
    **dict.fromkeys(["JE", "GY", "IM"], CROWN),
}


def incode_number(incode: str) -> int:
    """Return the place of an incode such as '1NY' in the order of the packed table."""
    return int(incode[0]) * 676 + (ord(incode[1]) - 65) * 26 + ord(incode[2]) - 65


class Spot(NamedTuple):
    """A point with what is known about the area around it."""

    lat: float
    lon: float
    lad: str
    nations: str = ENGLAND
    radius_m: int = 0

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.lat, self.lon

    @property
    def nation(self) -> str:
        """The nation to answer for: England when any of the area lies in England."""
        return ENGLAND if ENGLAND in self.nations else self.nations[:1]


@dataclass(frozen=True)
class Packed:
    """The packed table: live postcodes in four columns, and those in use once."""

    lads: list[str]
    origin: tuple[int, int, int]
    spans: dict[str, tuple[int, int]] = field(repr=False)
    columns: tuple[Sequence[int], ...] = field(repr=False)
    retired_spans: dict[str, tuple[int, int]] = field(repr=False)
    retired: Sequence[int] = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Packed:
        """Unpack the table in ``folder``.

        Raises:
            GpDirectoryError: a file of it is missing or damaged.
        """
        head = _head(folder / "head.json")
        live, retired = head["n"], head["retired"]
        sizes = {"incode": live, "east": live, "north": live, "lad": live, "retired": retired}
        # Unpacking leaves the interpreter free: two columns at a time.
        with ThreadPoolExecutor(2) as pool:
            columns = tuple(pool.map(lambda of: _column(folder / f"{of[0]}.xz", of[1]), sizes.items()))
        return cls(
            lads=head["lads"],
            origin=(head["e0"], head["n0"], head["unit"]),
            spans=_spans(head["outcodes"], live),
            columns=columns[:4],
            retired_spans=_spans(head["retired_outcodes"], retired),
            retired=columns[4],
        )


@dataclass
class Postcodes:
    """Every postcode, sector, outcode and outcode group, in memory."""

    sectors: dict[str, Spot] = field(repr=False)
    outcodes: dict[str, Spot] = field(repr=False)
    groups: dict[str, Spot] = field(repr=False)
    _unpacking: Future[Packed] = field(repr=False)

    @classmethod
    def load(cls, folder: Path = DATA) -> Postcodes:
        """Read the small tables of ``folder``, and begin to unpack the large one.

        Raises:
            GpDirectoryError: a small table is missing or damaged; of the large one, `packed` tells.
        """
        # Unpacking takes longest and leaves the interpreter free: everything else is read meanwhile.
        behind = ThreadPoolExecutor(1)
        unpacking = behind.submit(Packed.load, folder / "postcodes")
        behind.shutdown(wait=False)
        return cls(
            sectors=_spots(folder / "sectors.csv", "sector"),
            outcodes=_spots(folder / "outcodes.csv", "outcode"),
            groups=_spots(folder / "outcode_groups.csv", "group"),
            _unpacking=unpacking,
        )

    @property
    def packed(self) -> Packed:
        """The packed table, once it is unpacked.

        Raises:
            GpDirectoryError: it is missing or damaged.
        """
        return self._unpacking.result()

    def find(self, outcode: str, incode: str) -> Spot | None:
        """Return where a live postcode is, or None when the table does not have it."""
        packed = self.packed
        incodes, easts, norths, lads = packed.columns
        index = _position(packed.spans, incodes, outcode, incode)
        if index is None:
            return None
        east0, north0, unit = packed.origin
        lat, lon = to_wgs84(easts[index] * unit + east0, norths[index] * unit + north0)
        lad = packed.lads[lads[index]]
        return Spot(lat, lon, lad, lad[0])

    def is_retired(self, outcode: str, incode: str) -> bool:
        """Say whether an English postcode was in use once and is no longer."""
        return _position(self.packed.retired_spans, self.packed.retired, outcode, incode) is not None

    def nearest_known(self, outcode: str, incode: str) -> Spot | None:
        """Return the best known point of a postcode: itself, its sector, or its outcode."""
        return self.find(outcode, incode) or self.sectors.get(f"{outcode} {incode[0]}") or self.outcodes.get(outcode)

    def area(self, outcode: str) -> tuple[str, Spot] | None:
        """Return ('group' or 'outcode', spot) of what people call an outcode."""
        if outcode in self.groups:
            return "group", self.groups[outcode]
        if outcode in self.outcodes:
            return "outcode", self.outcodes[outcode]
        return None

    def nation(self, outcode: str, incode: str = "") -> str:
        """Return the nation letter of an outcode or postcode, or '' when nobody can know."""
        letters = re.match("[A-Z]*", outcode)
        by_area = AREAS.get(letters.group() if letters else "")
        if by_area:
            return by_area
        known = self.outcodes.get(outcode)
        if incode and known and len(known.nations) > 1:
            spot = self.find(outcode, incode) or self.sectors.get(f"{outcode} {incode[0]}")
            return spot.nation if spot else ""
        return known.nation if known else ""

    def repairs(self, outcode: str, incode: str) -> list[str]:
        """Return the live postcodes that the typed one becomes when O, 0, I, L and 1 are swapped."""
        typed = outcode + incode
        head, tail = typed[:-3], typed[-3:]
        found = []
        for first in product(*(_readings(character) for character in head)):
            for last in product(_digits(tail[0]), _letters(tail[1]), _letters(tail[2])):
                pair = "".join(first), "".join(last)
                if "".join(pair) != typed and self.find(*pair):
                    found.append(" ".join(pair))
        return sorted(set(found), key=lambda code: (_changes(typed, code.replace(" ", "")), code))

    def outcode_repairs(self, typed: str) -> list[str]:
        """Return the outcodes that 'NW1O' or 'WI2' become when O, 0, I, L and 1 are swapped."""
        if not re.search("[A-Z]", typed):
            return []
        readings = ("".join(letters) for letters in product(*(_readings(c) for c in typed[:5])))
        return sorted({code for code in readings if code != typed and code in self.outcodes})

    def sectors_near(self, lat: float, lon: float) -> Iterator[tuple[float, Spot]]:
        """Yield (squared degrees of latitude, spot) of every sector, for the nearest one to a pin."""
        for spot in self.sectors.values():
            yield (spot.lat - lat) ** 2 + ((spot.lon - lon) * 0.6) ** 2, spot


def split(postcode: str) -> tuple[str, str] | None:
    """Return (outcode, incode) of a postcode in any spelling, or None when it is none."""
    match = POSTCODE.fullmatch(postcode.strip().upper())
    return (match.group(1), match.group(2)) if match else None


def _readings(character: str) -> str:
    return {"O": "O0", "0": "0O", "I": "I1", "L": "L1", "1": "1IL"}.get(character, character)


def _digits(character: str) -> str:
    return {"O": "0", "I": "1", "L": "1"}.get(character, character)


def _letters(character: str) -> str:
    return {"0": "O", "1": "IL"}.get(character, character)


def _changes(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _position(spans: dict[str, tuple[int, int]], column: Sequence[int], outcode: str, incode: str) -> int | None:
    span = spans.get(outcode)
    if span is None or len(incode) != 3 or not (incode[0].isdigit() and incode[1:].isalpha()):
        return None
    wanted = incode_number(incode)
    index = bisect_left(column, wanted, *span)
    return index if index < span[1] and column[index] == wanted else None


def _head(path: Path) -> dict[str, Any]:
    try:
        head: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", REBUILD) from error
    return head


def _column(path: Path, count: int) -> Sequence[int]:
    """Return the ``count`` two-byte numbers of a file, which holds their low bytes before their high ones."""
    try:
        planes = lzma.decompress(path.read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", REBUILD) from error
    if len(planes) != 2 * count:
        raise GpDirectoryError(str(path), "is cut short.", REBUILD)
    column, low = bytearray(2 * count), sys.byteorder == "big"
    column[low::2], column[not low :: 2] = planes[:count], planes[count:]
    return memoryview(column).cast("H")


def _spans(starts: Iterable[tuple[str, int]], count: int) -> dict[str, tuple[int, int]]:
    listed = [*starts, ("", count)]
    return {code: (start, after) for (code, start), (_, after) in zip(listed, listed[1:], strict=False)}


def _spots(path: Path, key: str) -> dict[str, Spot]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            head = next(rows, [])
            at, lat, lon, lad = (head.index(name) for name in (key, "lat", "lon", "lad"))
            nations, radius = (head.index(name) if name in head else None for name in ("nations", "radius_m"))
            return {
                row[at]: Spot(
                    float(row[lat]),
                    float(row[lon]),
                    sys.intern(row[lad]),
                    sys.intern(nations is not None and row[nations] or row[lad][0]),
                    int(radius is not None and row[radius] or 0),
                )
                for row in rows
            }
    except (OSError, IndexError, ValueError) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", REBUILD) from error
