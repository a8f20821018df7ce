"""The list of GP practices: reading it in each of its formats, and the nearest ones to a point.

Formats: the ODS report `epraccur` as published today (27 columns, no header, status ACTIVE, role
RO76), the same report as published until 2025 (status A, prescribing setting 4), and a CSV with
a header line and at least the columns ods, name, address, postcode and phone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from heapq import nsmallest
from itertools import chain
from math import cos, radians
from pathlib import Path
from typing import NamedTuple

from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.grid import distance_km
from actions.gp_directory.names import NameIndex
from actions.gp_directory.postcodes import ENGLAND, Postcodes, split
from actions.gp_directory.text import phone_digits, plain

COLUMNS = 27
_ACTIVE = frozenset(("A", "ACTIVE"))
_GP = frozenset(("4", "RO76"))
# Rows that are on the list although nobody can register there: hubs, schemes, hospital clinics.
_NOT_ORDINARY = re.compile(
    r"\b(?:HOMELESS|SPECIAL(?:IST)? (?:ALLOCATION|SERVICES)|SAS|ASYLUM|CARE HOME SERVICE|(?<!WELLBEING )HUBS?|PCN"
    r"|(?:EXTENDED|IMPROVED|ENHANCED) ACCESS|WINTER PRESSURES|GYNAECOLOGY|DERMATOLOGY|COVID"
    r"|URGENT (?:CARE|TREATMENT)|UCC|WALK[- ]IN|OUT OF HOURS|OOH|FEDERAT(?:ION|ED)|VULNERABLE"
    r"|TREATMENT,? ADVICE|SPCL|SELECT CARE|GPA|NIMBUSCARE|MINISTRIES|SOCIAL ENTERPRISE|HMP|PRISON"
    r"|PRACTICES NETWORK|AT HAND BIRMINGHAM)\b"
)


class Practice(NamedTuple):
    """One practice; text as published, tidied only when it is shown."""

    ods: str
    name: str
    address: str
    postcode: str
    phone: str
    lat: float
    lon: float
    lad: str
    ordinary: bool

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.lat, self.lon


@dataclass
class PracticeList:
    """All practices of England that are open, with what is needed to search them."""

    practices: list[Practice]
    list_date: date | None
    by_ods: dict[str, Practice]
    ordinary: list[Practice]

    @classmethod
    def of(cls, practices: Iterable[Practice], list_date: date | None) -> PracticeList:
        """Index the practices."""
        listed = list(practices)
        return cls(listed, list_date, {p.ods: p for p in listed}, [p for p in listed if p.ordinary])

    def warm(self) -> None:
        """Make what the first look-up would otherwise wait for."""
        self.mentioning("")
        self.names.exact("")

    @cached_property
    def names(self) -> NameIndex:
        """The names of `practices`, at the same positions."""
        return NameIndex([p.name for p in self.practices])

    @cached_property
    def _texts(self) -> list[str]:
        return [f" {plain(p.name)} {plain(p.address)} " for p in self.ordinary]

    def mentioning(self, plain_words: str) -> list[Practice]:
        """Return the ordinary practices whose name or address holds these very words."""
        wanted = f" {plain_words} "
        return [p for p, text in zip(self.ordinary, self._texts, strict=True) if wanted in text]

    def nearest(
        self,
        point: tuple[float, float],
        count: int = 5,
        wanted: Callable[[Practice], bool] | None = None,
    ) -> list[tuple[float, Practice]]:
        """Return up to ``count`` (kilometres, practice), nearest first, then by name.

        The first choice is made on a flat map, which is quick; a wide margin of it is then
        measured on the globe.
        """
        lat, lon = point
        squeeze = cos(radians(lat))
        pool = self.ordinary if wanted is None else [p for p in self.ordinary if wanted(p)]
        flat = [((p.lat - lat) ** 2 + ((p.lon - lon) * squeeze) ** 2, index) for index, p in enumerate(pool)]
        near = [pool[index] for _, index in nsmallest(4 * count + 10, flat)]
        measured = [(distance_km(point, p.point), p) for p in near]
        return sorted(measured, key=lambda pair: (round(pair[0], 3), pair[1].name, pair[1].ods))[:count]


class Row(NamedTuple):
    """What we keep of one row of any format."""

    ods: str
    name: str
    address: str
    postcode: str
    phone: str
    flag: str | None


class Reading(NamedTuple):
    """What a list says: its open English practices, its length, and its newest date (yyyymmdd)."""

    rows: list[Row]
    length: int
    newest: str

    @property
    def made_on(self) -> date | None:
        """The day of the newest entry, which is when the list was made at the earliest."""
        try:
            return date(int(self.newest[:4]), int(self.newest[4:6]), int(self.newest[6:]))
        except ValueError:
            return None


def read_list(text: str, where: str, today: date) -> Reading:
    """Return the open English GP practices in the text of a list.

    Raises:
        GpDirectoryError: the text is not one of the known formats.
    """
    sample = text.lstrip("\ufeff \r\n").rstrip()
    if not sample:
        raise GpDirectoryError(where, "is empty.", "Download it again.")
    if sample.startswith("<"):
        raise GpDirectoryError(where, "is a web page, not the list.", "Download the CSV or zip.")
    # Row by row: the whole report as lists of strings would cost more memory than all else here; so would
    # StringIO, which holds four bytes for a letter.
    reader = csv.reader((f"{line}\n" for line in sample.split("\n")), strict=True)
    limit = today.strftime("%Y%m%d")
    try:
        first = next(reader)
        if first and first[0].strip().lower() == "ods":
            return _read_own(first, reader, where, limit)
        return _read_report(chain([first], reader), where, limit)
    except csv.Error as error:
        raise GpDirectoryError(where, f"is not CSV ({error}).", "Download it again.") from error


def _newest(newest: str, dates: Iterable[str], limit: str) -> str:
    return max((d for d in dates if len(d) == 8 and d.isdigit() and newest < d <= limit), default=newest)


def _read_own(first: list[str], reader: Iterable[list[str]], where: str, limit: str) -> Reading:
    header = [column.strip().lower() for column in first]
    missing = {"ods", "name", "address", "postcode", "phone"} - set(header)
    if missing:
        raise GpDirectoryError(where, f"has no column {', '.join(sorted(missing))}.", "Add it.")
    rows, length, newest = [], 0, ""
    for cells in reader:
        length += 1
        cell = dict(zip(header, cells, strict=False))
        newest = _newest(newest, [cell.get("open", "")], limit)
        if cell.get("ods"):
            texts = [cell.get(key, "") for key in ("ods", "name", "address", "postcode", "phone")]
            ods, name, address, postcode, phone = texts
            rows.append(Row(ods, name, address, postcode, phone, cell.get("flag")))
    return Reading(rows, length, newest)


def _read_report(reader: Iterable[list[str]], where: str, limit: str) -> Reading:
    rows, length, newest = [], 0, ""
    for cells in reader:
        length += 1
        if not cells:
            continue
        if len(cells) != COLUMNS:
            raise GpDirectoryError(
                where,
                f"has {len(cells)} columns in row {length}, not {COLUMNS}.",
                "Use the ODS report epraccur as it is published.",
            )
        newest = _newest(newest, (cells[10], cells[11], cells[15], cells[16]), limit)
        if _is_open_in_england(cells):
            lines = dict.fromkeys(line.strip() for line in cells[4:9] if line.strip())
            rows.append(Row(cells[0], cells[1], ", ".join(lines), cells[9], cells[17], None))
    return Reading(rows, length, newest)


def _is_open_in_england(cells: list[str]) -> bool:
    return (
        cells[12].strip().upper() in _ACTIVE and bool(_GP.intersection(cells[25].split("|"))) and not cells[0].startswith("W")
    )


def locate(rows: Iterable[Row], postcodes: Postcodes) -> Iterator[Practice]:
    """Give each row its point and local authority; rows that cannot be placed are left out."""
    for row in rows:
        parts = split(row.postcode)
        spot = postcodes.nearest_known(*parts) if parts else None
        if parts is None or spot is None or spot.nation != ENGLAND:
            continue
        ordinary = not row.flag if row.flag is not None else not _NOT_ORDINARY.search(row.name.upper())
        yield Practice(
            row.ods,
            row.name,
            row.address,
            " ".join(parts),
            phone_digits(row.phone),
            spot.lat,
            spot.lon,
            spot.lad,
            ordinary,
        )


def load(path: Path, postcodes: Postcodes, today: date, list_date: date | None = None) -> PracticeList:
    """Read the list at ``path``.

    Raises:
        GpDirectoryError: it cannot be read or holds no practice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", "Run ownit gp update.") from error
    reading = read_list(text, str(path), today)
    found = PracticeList.of(locate(reading.rows, postcodes), list_date or reading.made_on)
    if not found.practices:
        raise GpDirectoryError(str(path), "holds no open English practice.", "Run ownit gp update.")
    return found
