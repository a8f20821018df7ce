"""Place names: boroughs and other authorities, towns and districts, stations, whole counties."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.grid import distance_km
from actions.gp_directory.names import NameIndex
from actions.gp_directory.postcodes import CROWN, DATA, ENGLAND, REBUILD, Postcodes
from actions.gp_directory.text import plain

# Two entries of one name closer than this are one place (a district and its station).
SAME_PLACE_KM = 3.0
# Nearest surgeries to the middle of a larger authority would help almost nobody in it.
WIDE_M = 12_000
LONDON_BOROUGH = "E09"
NATIONS = {
    "S": ("scotland",),
    "W": ("wales", "cymru"),
    "N": ("northern ireland", "ni", "ulster"),
    "C": ("jersey", "guernsey", "isle of man", "alderney", "sark", "channel islands"),
}
# What people call an authority besides its official name.
ALIASES = {
    "E09000013": ("h and f", "lbhf", "hammersmith fulham"),
    "E09000020": ("rbkc", "k and c", "kensington chelsea", "royal borough of kensington and chelsea"),
    "E09000033": ("city of westminster",),
    "E09000001": ("city of london", "the city"),
    "E09000002": ("barking dagenham", "lbbd"),
    "E09000027": ("richmond upon thames",),
    "E09000021": ("kingston",),
    "E06000010": ("hull",),
}
# Counties and regions that are no single authority: too wide to list surgeries for.
_WIDE = """
england, uk, united kingdom, britain, great britain, london, greater london, north london, south london, east london,
west london, north west london, northwest london, nw london, central london, inner london, outer london, kent, surrey,
essex, norfolk, suffolk, hampshire, hertfordshire, herts, bedfordshire, berkshire, oxfordshire, cambridgeshire,
lincolnshire, leicestershire, nottinghamshire, derbyshire, staffordshire, worcestershire, warwickshire, gloucestershire,
devon, sussex, east sussex, west sussex, lancashire, cumbria, cheshire, greater manchester, merseyside, west midlands,
east midlands, the midlands, midlands, yorkshire, west yorkshire, south yorkshire, tyne and wear, northamptonshire,
middlesex, south east, south west, north east, north west, avon, humberside, teesside
"""
WIDE_NAMES = frozenset(name.strip() for name in _WIDE.split(","))
# What people write after a London place.
_LONDON = frozenset(("london", "greater london", "middlesex", "middx"))


@dataclass(frozen=True, slots=True)
class Place:
    """A named place."""

    kind: str  # borough, place or station
    name: str
    point: tuple[float, float]
    nation: str = ENGLAND
    outcode: str = ""
    lad: str = ""
    population: int = 0
    wide: bool = False


@dataclass
class Places:
    """Every place by its plain name."""

    authorities: dict[str, Place]
    by_name: dict[str, list[Place]] = field(repr=False)

    @classmethod
    def load(cls, postcodes: Postcodes, folder: Path = DATA, stations: Path | None = None) -> Places:
        """Read the tables of ``folder`` and, where there is one, a file of stations.

        `places.csv` is built; `more_places.csv` is written by hand: neighbourhoods that GeoNames
        lacks, each with the sector or outcode it is best found by.

        Raises:
            GpDirectoryError: a table is missing or damaged.
        """
        authorities = {row["lad"]: _authority(row) for row in _rows(folder / "authorities.csv")}
        by_name: dict[str, list[Place]] = defaultdict(list)
        for row in _rows(folder / "places.csv"):
            _add(by_name, _place(row, "place"))
        for row in _rows(folder / "more_places.csv"):
            _add(by_name, _near_postcode(row, postcodes))
        _add_short_names(by_name)
        if stations:
            for row in _rows(stations):
                _add(by_name, _place({**row, "lad": "", "nation": ENGLAND}, "station"))
        for place in authorities.values():
            _add_authority(by_name, place)
        return cls(authorities, dict(by_name))

    def find(self, text: str) -> list[Place]:
        """Return the places of that very name, largest first; 'Acton, Ealing' names one of them."""
        name, _, area = text.partition(",")
        found = self._named(plain(name))
        if not found and (after := re.fullmatch(r"(.+) (london|middlesex|middx|uk|england)", plain(text))):
            name, area = after.groups()
            found = self._named(name)
        wanted = "london" if plain(area) in _LONDON else plain(area)
        return [place for place in found if wanted in self._areas(place)] or found

    def nation_named(self, text: str) -> str:
        """Return the letter of the nation that ``text`` names, or ''."""
        wanted = plain(text)
        return next((letter for letter, names in NATIONS.items() if wanted in names), "")

    def is_wide(self, text: str) -> bool:
        """Say whether ``text`` names a county or region that is too wide for a list."""
        return plain(text) in WIDE_NAMES

    def similar(self, text: str, limit: int = 3) -> list[tuple[float, str]]:
        """Return (likeness, plain name) of names spelled about like ``text``."""
        return [(likeness, self._names[at]) for likeness, at in self._index.search(text, limit)]

    def lad_name(self, lad: str) -> str:
        """Return the name of an authority, or ''."""
        return self.authorities[lad].name if lad in self.authorities else ""

    def label(self, place: Place) -> str:
        """Return what tells a place from the others of its name, in words that `find` understands."""
        others = [other for other in self._named(plain(place.name)) if other != place]
        if not others:
            return place.name
        area = self._area(place)
        alike = [other for other in others if other.kind != "borough" and self._area(other) == area]
        clash = alike or not area or plain(area) == plain(place.name)
        if place.nation == ENGLAND and place.outcode and clash:
            area = place.outcode
        return f"{place.name}, {area}" if area else place.name

    def _area(self, place: Place) -> str:
        if place.kind == "borough":
            return "London"
        if place.nation == CROWN:
            return "Isle of Man" if place.point[0] > 53 else "Channel Islands"
        if place.nation != ENGLAND:
            return NATIONS[place.nation][0].title()
        return self.lad_name(place.lad)

    def warm(self) -> None:
        """Make what the first look-up would otherwise wait for."""
        self.similar("warm")

    def _named(self, name: str) -> list[Place]:
        for variant in (name, re.sub(r"^(?:the|city of|borough of|london borough of) ", "", name)):
            found = self.by_name.get(_saint(variant))
            if found:
                return sorted(found, key=lambda p: (p.kind != "borough", -p.population))
        return []

    def _areas(self, place: Place) -> set[str]:
        names = {plain(self._area(place)), place.outcode.lower(), *NATIONS.get(place.nation, ())}
        if place.lad.startswith(LONDON_BOROUGH):
            names.add("london")
        return names - {""}

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self.by_name)

    @cached_property
    def _index(self) -> NameIndex:
        return NameIndex(self._names, frozenset())


def _saint(name: str) -> str:
    return re.sub(r"\bsaint\b", "st", name)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", REBUILD) from error


def _place(row: dict[str, str], kind: str) -> Place:
    try:
        return Place(
            kind,
            row["name"],
            (float(row["lat"]), float(row["lon"])),
            row["nation"],
            row["outcode"],
            row["lad"],
            int(row["population"] or 0),
        )
    except (KeyError, ValueError) as error:
        raise GpDirectoryError("place table", f"has a bad row ({error}): {row}.", REBUILD) from error


def _near_postcode(row: dict[str, str], postcodes: Postcodes) -> Place:
    near = row.get("near", "")
    spot = postcodes.sectors.get(near) or postcodes.outcodes.get(near)
    if spot is None:
        mend = "Use a sector such as 'W2 1' or an outcode."
        raise GpDirectoryError("more_places.csv", f"has an unknown place {row}.", mend)
    return Place("place", row["name"], spot.point, spot.nation, near.split()[0], spot.lad)


def _add_short_names(by_name: dict[str, list[Place]]) -> None:
    """Let 'Newcastle' mean Newcastle upon Tyne or under Lyme as well as the village of that name."""
    for listed in list(by_name.values()):
        for place in listed:
            short = re.match(r"(.{4,}?)[ -](?:upon|on|under)[ -]", place.name, re.IGNORECASE)
            if short and place.population >= 20_000:
                _add(by_name, place, short.group(1))


def _authority(row: dict[str, str]) -> Place:
    name = re.sub(r"^(.*), (?:City|County) of$", r"\1", row["name"])
    point = float(row["lat"]), float(row["lon"])
    wide = int(row["radius_m"]) > WIDE_M
    return Place("borough", name, point, ENGLAND, "", row["lad"], 1_000_000, wide)


def _add(by_name: dict[str, list[Place]], place: Place, name: str = "") -> None:
    listed = by_name[_saint(plain(name or place.name))]
    near = (distance_km(place.point, other.point) < SAME_PLACE_KM for other in listed)
    if not any(near):
        listed.append(place)


def _add_authority(by_name: dict[str, list[Place]], place: Place) -> None:
    """Put an authority among the places of its name.

    'Ealing' means the London borough; 'Lancaster' means the town rather than the countryside
    around it. Villages elsewhere that share a borough's name are hardly ever meant.
    """
    key = _saint(plain(place.name))
    others = by_name[key]
    inside = [other for other in others if other.lad == place.lad]
    if place.lad.startswith(LONDON_BOROUGH) or not inside:
        in_london = place.lad.startswith(LONDON_BOROUGH)
        kept = [o for o in others if in_london and o not in inside and o.population >= 3_000]
        by_name[key] = [place, *kept]
    for alias in ALIASES.get(place.lad, ()):
        by_name[alias] = [place] + [o for o in by_name[alias] if o.lad != place.lad and o.population >= 3000]
