"""What did the person type? From free text or a pin to one place, one practice, or a clear problem.

The order is the one that misleads least: pin; postcode; BFPO and 'no fixed address' codes;
mistyped postcode; sector, outcode and outcode group (only where a place is expected, because
'vitamin b12' and 'room E5' hold real outcodes); ODS code; borough or place; practice name; place
with a typing slip; street.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from actions.gp_directory.grid import distance_km
from actions.gp_directory.names import NameIndex
from actions.gp_directory.phrases import (
    CUE,
    FILLER,
    PRACTICE_WORDS,
    STREET_WORDS,
    clean,
    core,
    ends_as_practice,
    has_practice_word,
    is_vague,
    place_expected,
    practice_phrase,
    strip,
)
from actions.gp_directory.places import Place, Places
from actions.gp_directory.postcodes import (
    BFPO,
    CROWN,
    ENGLAND,
    MISTYPED,
    NO_FIXED_ADDRESS,
    NORTHERN_IRELAND,
    OUTCODE,
    POSTCODE,
    SCOTLAND,
    SECTOR,
    WALES,
    Postcodes,
    Spot,
)
from actions.gp_directory.practices import PracticeList
from actions.gp_directory.text import plain, tidy, upper
from bot.intake import rounded

Point = tuple[float, float]

LONGEST = 300
NATION_PROBLEMS = {
    SCOTLAND: "scotland",
    WALES: "wales",
    NORTHERN_IRELAND: "northern_ireland",
    CROWN: "crown",
}
MOST_CHOICES = 6
MOST_NAMED = 5
# Likeness from which a name counts: lower when we have just asked for a place or a name.
ALMOST_CERTAIN, SURE, SURE_WHEN_ASKED = 0.93, 0.75, 0.68
GUESS, GUESS_OF_FEW_WORDS = 0.45, 0.62
PLACE_SLIP = 0.72
ONE_STREET_KM = 5.0
SAME_NAME_MARGIN = 0.06
ODS_CODE = re.compile(r"(?<![A-Z0-9])([A-HJ-NPV-Y][0-9]{5})(?![A-Z0-9])")


@dataclass(frozen=True)
class Resolution:
    """What the text or pin turned out to be; places and postcodes never show in a repr."""

    kind: str = ""  # postcode sector outcode group borough place station street practice ods pin
    problem: str = ""
    precision: str = ""  # postcode, pin, practice, area, borough
    point: Point | None = field(default=None, repr=False)
    label: str = field(default="", repr=False)
    lad: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    choices: tuple[str, ...] = field(default=(), repr=False)
    suggestion: str = field(default="", repr=False)
    practices: tuple[str, ...] = field(default=(), repr=False)
    refers: bool = False  # to what was shown: "the first one"


class PlacesOnline(Protocol):
    """A service that may know what the tables do not (see `live`)."""

    def postcode(self, postcode: str) -> Spot | None:
        """Return where a postcode is, or None."""


@dataclass
class Resolver:
    """The tables, and the order in which they are asked."""

    postcodes: Postcodes
    places: Places
    practices: PracticeList | None = None
    online: PlacesOnline | None = None
    home: Container[str] = ()  # authorities of the school's area: their places and names come first

    def resolve(self, text: str | None = None, pin: Point | None = None, asked: bool = False) -> Resolution:
        """Return what was meant; ``asked`` says that we had asked for a place or a name."""
        if pin is not None:
            return self._pin(pin)
        loud = upper(text or "")[:LONGEST]
        if not plain(loud):
            return Resolution(problem="empty")
        for step in (_special, self._postcode, self._mistyped, self._sector, self._outcode, self._ods):
            found = step(loud, asked)
            if found:
                return found
        return self._named(loud.lower(), asked)

    # -- pins --------------------------------------------------------------------------------

    def _pin(self, pin: Point) -> Resolution:
        point = rounded(pin)
        if not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
            return Resolution("pin", "not_found")
        spot = self._sector_at(point)
        # Belfast is 40 km from Scotland: what lies in the boxes must be near a sector to be in it.
        if distance_km(point, spot.point) > 12 and (nation := _by_box(point)):
            return Resolution("pin", NATION_PROBLEMS[nation])
        if distance_km(point, spot.point) > 60:
            return Resolution("pin", "abroad")
        if spot.nation != ENGLAND:
            return Resolution("pin", NATION_PROBLEMS[spot.nation])
        return Resolution("pin", precision="pin", point=point, lad=spot.lad)

    # -- postcodes ---------------------------------------------------------------------------

    def _postcode(self, loud: str, asked: bool) -> Resolution | None:
        candidates = [(m.group(1), m.group(2)) for m in POSTCODE.finditer(loud)]
        for outcode, incode in candidates:
            spot = self.postcodes.find(outcode, incode)
            if spot:
                return _at_postcode(outcode, incode, spot)
        for outcode, incode in candidates:
            found = self._unlisted(outcode, incode)
            if found:
                return found
        return Resolution("postcode", "not_found") if candidates and asked else None

    def _unlisted(self, outcode: str, incode: str) -> Resolution | None:
        """Resolve what looks like a postcode and is not in the table of England."""
        postcode = f"{outcode} {incode}"
        nation = self.postcodes.nation(outcode, incode)
        if nation and nation != ENGLAND:
            return Resolution("postcode", NATION_PROBLEMS[nation])
        near = self.postcodes.nearest_known(outcode, incode)
        if near and self.postcodes.is_retired(outcode, incode):
            label = f"{outcode} {incode[0]}"
            return Resolution("postcode", "terminated", "area", near.point, label, near.lad, postcode)
        repairs = self.postcodes.repairs(outcode, incode)
        if repairs:
            return self._typo(repairs)
        spot = self.online.postcode(postcode) if self.online else None
        if spot:
            return _at_postcode(outcode, incode, spot)
        if near:
            sector = f"{outcode} {incode[0]}"
            known = sector in self.postcodes.sectors
            return _in_area("sector" if known else "outcode", sector if known else outcode, near)
        return None

    def _typo(self, repairs: list[str]) -> Resolution:
        if len(repairs) > 1:
            return Resolution("postcode", "typo", choices=tuple(repairs[:MOST_CHOICES]))
        outcode, incode = repairs[0].split()
        spot = self.postcodes.find(outcode, incode)
        assert spot is not None  # a repair is a postcode of the table
        found = _at_postcode(outcode, incode, spot)
        return found if found.problem else replace(found, problem="typo", suggestion=repairs[0])

    def _mistyped(self, loud: str, _: bool) -> Resolution | None:
        for match in MISTYPED.finditer(loud):
            # Without a letter in both halves it is a number: '15 111' is no L15 1LL.
            if re.search("[0-9]", match.group()) and all(re.search("[A-Z]", half) for half in match.groups()):
                repairs = self.postcodes.repairs(match.group(1), match.group(2))
                if repairs:
                    return self._typo(repairs)
        return None

    # -- parts of postcodes ------------------------------------------------------------------

    def _sector(self, loud: str, asked: bool) -> Resolution | None:
        for match in SECTOR.finditer(loud):
            sector = f"{match.group(1)} {match.group(2)}"
            spot = self.postcodes.sectors.get(sector)
            if spot and (asked or place_expected(loud, match)):
                return _in_area("sector", sector, spot)
        compact = re.fullmatch(r"\s*([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9])[A-Z]?\s*", loud)
        if compact and loud.strip() not in self.postcodes.outcodes:
            sector = f"{compact.group(1)} {compact.group(2)}"
            spot = self.postcodes.sectors.get(sector)
            return _in_area("sector", sector, spot) if spot else None
        return None

    def _outcode(self, loud: str, asked: bool) -> Resolution | None:
        for match in OUTCODE.finditer(loud):
            if not (asked or place_expected(loud, match)):
                continue
            code = match.group(1)
            nation = self.postcodes.nation(code)
            if nation and nation != ENGLAND:
                return Resolution("outcode", NATION_PROBLEMS[nation])
            found = self.postcodes.area(code)
            if found:
                return _in_area(found[0], code, found[1])
        # "Hull" is a place before it is HU11 misspelt.
        repaired = self.postcodes.outcode_repairs(loud.strip()) if asked and not self.places.find(loud) else []
        spot = self.postcodes.outcodes[repaired[0]] if len(repaired) == 1 else None
        if spot and spot.nation == ENGLAND:
            return replace(_in_area("outcode", repaired[0], spot), problem="typo", suggestion=repaired[0])
        return None

    def _ods(self, loud: str, _: bool) -> Resolution | None:
        if self.practices:
            for match in ODS_CODE.finditer(loud):
                practice = self.practices.by_ods.get(match.group(1))
                if practice:
                    return self._practice("ods", [practice.ods])
        return None

    # -- names -------------------------------------------------------------------------------

    def _named(self, text: str, asked: bool) -> Resolution:
        quiet = re.sub(r"['’‘`]", "", text)
        bare = strip(quiet)
        if is_vague(quiet) and not (self._is_full_name(quiet) and (asked or core(quiet))):
            return Resolution(problem="empty", refers=True)
        phrase = practice_phrase(quiet)
        after_cue = [clean(quiet[match.end() :]) for match in CUE.finditer(quiet)]
        exact = self._exact_in(quiet, phrase, after_cue)
        whole = self._place(clean(quiet)) or self._place(bare)
        if not whole and not (exact and ends_as_practice(quiet)):
            whole = self._place(core(quiet))
        if whole and not (exact and ends_as_practice(quiet)):
            return whole
        at = next((place for part in after_cue if (place := self._leading_place(part))), None)
        if at and not (exact and any(has_practice_word(part) for part in after_cue)):
            before = CUE.split(quiet)[0]
            name = practice_phrase(before) or ("" if has_practice_word(before) or not asked else strip(before))
            named = self._by_name([name], asked, True, at) if core(name) and not is_vague(name) else None
            return named or at
        if exact:
            # Only a part of the text is a name: 'the grove medical pratcice' means one 'grove' of many.
            whole_name = self._is_full_name(quiet) or self._is_full_name(phrase)
            likest = None if whole_name else self._by_name([phrase, quiet], asked, True, None)
            return likest or self._practice("practice", exact)
        if "," in quiet and (street := self._street(quiet)):
            return street
        likely = bool(phrase) or self.names is not None and self.names.has_misspelt_generic(bare)
        named = self._by_name([phrase, bare, quiet] if likely else [bare], asked, likely, None)
        found = named or self._last_chances(bare, phrase, after_cue, asked)
        # One short word is as like 'Parks Surgery' as it is like Paris.
        if found.problem == "not_found" and asked and (likely or " " in bare):
            bar = GUESS if likely else GUESS_OF_FEW_WORDS
            return self._by_name([phrase, bare, quiet], asked, True, None, guess=bar) or found
        return found

    def _last_chances(self, bare: str, phrase: str, after_cue: list[str], asked: bool) -> Resolution:
        """Resolve what is neither a known place nor a known name; a sure 'no' beats a wild guess."""
        if phrase:
            found = self._part_of_name(core(phrase)) or self._name_then_place(bare, asked)
            return found or self._street(core(bare)) or Resolution(problem="not_found")
        if not asked:
            streets = (self._street(strip(part)) for part in after_cue)
            return next((street for street in streets if street), Resolution(problem="empty"))
        similar = self.places.similar(bare)
        found = (
            self._similar_place(similar, PLACE_SLIP + 0.13)
            or self._street(core(bare))
            or self._similar_place(similar, PLACE_SLIP)
            or self._place_inside(bare)
        )
        return found or Resolution(problem="not_found")

    def _name_then_place(self, text: str, asked: bool) -> Resolution | None:
        """Resolve 'grove park surgery chiswick': a name, and without any word between a place."""
        said = text.split()
        for start in range(max(1, len(said) - 3), len(said)):
            at = self._place(" ".join(said[start:]))
            if at and at.point:
                name = " ".join(said[:start])
                return self._by_name([name], asked, True, at) or self._part_of_name(core(name)) or at
        return None

    def _place(self, text: str) -> Resolution | None:
        nation = self.places.nation_named(text)
        if nation:
            return Resolution("place", NATION_PROBLEMS[nation])
        found = self.places.find(text)
        if not found and self.places.is_wide(text):
            return Resolution("place", "wide", label=text.strip().title())
        if not found:
            return None
        at_home = [place for place in found if place.lad in self.home]
        if len(at_home) == 1:
            found = at_home
        if len({place.nation for place in found} - {ENGLAND}) == 1 and all(place.nation != ENGLAND for place in found):
            found = found[:1]
        if len(found) > 1:
            choices = dict.fromkeys(self.places.label(place) for place in found)
            return Resolution("place", "ambiguous", choices=tuple(choices)[:MOST_CHOICES])
        return self._at_place(found[0])

    def _at_place(self, place: Place) -> Resolution:
        if place.nation != ENGLAND:
            return Resolution("place", NATION_PROBLEMS[place.nation])
        if self.places.is_wide(place.name) or place.wide:
            return Resolution(place.kind, "wide", label=place.name, lad=place.lad)
        precision = "borough" if place.kind == "borough" else "area"
        lad = place.lad or self._sector_at(place.point).lad
        return Resolution(place.kind, "", precision, place.point, place.name, lad)

    def _sector_at(self, point: Point) -> Spot:
        return min(self.postcodes.sectors_near(*point), key=lambda pair: pair[0])[1]

    def _leading_place(self, text: str) -> Resolution | None:
        """Return the place that ``text`` begins with, the longest name first."""
        parts = text.split()
        for count in range(min(5, len(parts)), 0, -1):
            found = self._place(clean(" ".join(parts[:count])))
            if found:
                return found
        return None

    def _place_inside(self, text: str) -> Resolution | None:
        """Ask whether a place named somewhere in the text is meant; in an address it comes last."""
        parts = text.split()
        labels: dict[str, None] = {}
        for count in range(min(4, len(parts)), 0, -1):
            for start in range(len(parts) - count, -1, -1):
                name = " ".join(parts[start : start + count])
                if len(name) >= 4 and name not in STREET_WORDS:
                    labels |= dict.fromkeys(self._labels(name))
        return Resolution("place", "typo", choices=tuple(labels)[:MOST_CHOICES]) if labels else None

    def _similar_place(self, similar: list[tuple[float, str]], limit: float) -> Resolution | None:
        alike = [name for likeness, name in similar if likeness >= max(limit, similar[0][0] - 0.08)]
        at_home = [name for name in alike if any(p.lad in self.home for p in self.places.find(name))]
        if len(at_home) == 1:
            alike = at_home
        if not alike or len(alike[0]) < 5:
            return None
        found = self._place(alike[0])
        if found is None or found.problem or len(alike) > 1:
            labels = dict.fromkeys(label for name in alike for label in self._labels(name))
            return Resolution("place", "typo", choices=tuple(labels)[:MOST_CHOICES])
        return replace(found, problem="typo", suggestion=found.label)

    def _labels(self, name: str) -> Iterator[str]:
        return (self.places.label(place) for place in self.places.find(name))

    # -- practices ---------------------------------------------------------------------------

    @property
    def names(self) -> NameIndex | None:
        """The names of the practices, when there is a list of them."""
        return self.practices.names if self.practices else None

    def _exact_in(self, text: str, phrase: str, after_cue: list[str]) -> list[str]:
        """Return the codes of the practices that the text, or the part of it that names one, names exactly."""
        parts = [part for part in after_cue if has_practice_word(part)]
        return next((codes for part in (text, phrase, *parts) if (codes := self._exact_name(part))), [])

    def _is_full_name(self, text: str) -> bool:
        """Say whether the text is a whole name such as 'School House Surgery'."""
        at = self.names.exact(text) if self.names else []
        return any(self.names.is_full(i, text) for i in at) if self.names else False

    def _exact_name(self, text: str) -> list[str]:
        """Return the codes of up to five practices whose name, or its core, is ``text``."""
        if not self.names or not self.practices or not text:
            return []
        meant = " ".join(w for w in plain(text).split() if w not in FILLER or w in PRACTICE_WORDS)
        found = (self.names.exact(text) if has_practice_word(text) or core(text) else []) or (
            self.names.exact(meant) if core(meant) else []
        )
        listed = self.practices.practices
        full = {i for i in found if self.names.is_full(i, text) or self.names.is_full(i, meant)}
        ranked = sorted(full or found, key=lambda i: (listed[i].lad not in self.home, i))
        return [listed[i].ods for i in ranked[:MOST_NAMED]]

    def _by_name(
        self, texts: list[str], asked: bool, likely: bool, at: Resolution | None, guess: float = 0.0
    ) -> Resolution | None:
        """Return the practices whose names are likest to one of the texts.

        With ``guess`` the likest three of at least that likeness count, and it is said that we guess.
        """
        if not self.names or not self.practices:
            return None
        listed = self.practices.practices
        preferred = {i for i, p in enumerate(listed) if p.lad in self.home} if self.home else set()
        scores: dict[int, float] = {}
        for text in dict.fromkeys(text for text in texts if len(text) > 2):
            for score, index in self.names.search(text, 12, preferred):
                scores[index] = max(score, scores.get(index, 0.0))
        bar = guess or _bar(asked, likely)
        hits = sorted((-score - 0.04 * (i in preferred), i) for i, score in scores.items() if score >= bar)
        if not hits or not likely and self._place_is_likelier(texts[0], scores[hits[0][1]]):
            return None
        if guess:
            names = [listed[index].ods for _, index in hits[:3]]
            first = self._practice("practice", names)
            return replace(first, problem="typo", suggestion=tidy(listed[hits[0][1]].name))
        best = scores[hits[0][1]]
        margin = 0.02 if best > 0.975 else SAME_NAME_MARGIN
        close = [listed[index] for _, index in hits if scores[index] >= best - margin]
        if at and at.point:
            here = at.point
            near = [p for p in close if distance_km(here, p.point) < 25]
            close = sorted(near or close, key=lambda p: distance_km(here, p.point))
        return self._practice("practice", [p.ods for p in close[:MOST_NAMED]])

    def _place_is_likelier(self, text: str, likeness: float) -> bool:
        wanted = core(text)
        if len(wanted) >= 5 and self.practices and self.practices.mentioning(wanted):
            return True
        alike = self.places.similar(text, 1)
        return bool(alike) and alike[0][0] >= max(PLACE_SLIP, likeness - 0.02)

    def _practice(self, kind: str, codes: list[str]) -> Resolution:
        assert self.practices is not None
        first = self.practices.by_ods[codes[0]]
        lad = first.lad if len(codes) == 1 else ""
        return Resolution(kind, "", "practice", first.point, "", lad, practices=tuple(codes))

    def _part_of_name(self, text: str) -> Resolution | None:
        """Return the few practices whose names hold the very words."""
        wanted = text.removeprefix("the ")
        if not self.practices or not core(wanted):
            return None
        found = [p for p in self.practices.mentioning(wanted) if f" {wanted} " in f" {plain(p.name)} "]
        if not 0 < len(found) <= MOST_NAMED:
            return None
        return self._practice("practice", [p.ods for p in found])

    def _street(self, text: str) -> Resolution | None:
        """Return the surroundings of surgeries whose address or name holds the very words."""
        name, _, area = text.partition(",")
        wanted = plain(name).removeprefix("the ")
        if not self.practices or len(wanted) < 5 or not core(wanted):
            return None
        found = self.practices.mentioning(wanted)
        if plain(area):
            found = [p for p in found if plain(self.places.lad_name(p.lad)) == plain(area)]
        elif self.home:
            found = [p for p in found if p.lad in self.home] or found
        if not found:
            return None
        # Many streets share a name: say in which borough this one is.
        labels = {p.lad: f"{wanted.title()}, {self.places.lad_name(p.lad)}" for p in found}
        if any(distance_km(found[0].point, p.point) > ONE_STREET_KM for p in found) and len(labels) > 1:
            few = len(labels) <= MOST_CHOICES
            return Resolution("street", "ambiguous", choices=tuple(labels.values())) if few else None
        lat = sum(p.lat for p in found) / len(found)
        lon = sum(p.lon for p in found) / len(found)
        return Resolution("street", "", "area", (lat, lon), labels[found[0].lad], found[0].lad)


def _special(loud: str, _: bool) -> Resolution | None:
    if BFPO.search(loud):
        return Resolution("postcode", "bfpo")
    if NO_FIXED_ADDRESS.search(loud):
        return Resolution("postcode", "no_fixed_address")
    return None


def _bar(asked: bool, about_practice: bool) -> float:
    if about_practice:
        return SURE_WHEN_ASKED if asked else SURE
    return SURE if asked else ALMOST_CERTAIN


def _at_postcode(outcode: str, incode: str, spot: Spot) -> Resolution:
    if spot.nation != ENGLAND:
        return Resolution("postcode", NATION_PROBLEMS[spot.nation])
    postcode = f"{outcode} {incode}"
    return Resolution("postcode", "", "postcode", spot.point, postcode, spot.lad, postcode)


def _in_area(kind: str, label: str, spot: Spot) -> Resolution:
    if spot.nation != ENGLAND:
        return Resolution(kind, NATION_PROBLEMS[spot.nation])
    return Resolution(kind, "", "area", spot.point, label, spot.lad)


def _by_box(point: Point) -> str:
    lat, lon = point
    if 54.0 <= lat <= 55.4 and -8.3 <= lon <= -5.4:
        return NORTHERN_IRELAND
    if 54.0 <= lat <= 54.5 and -4.9 <= lon <= -4.2 or 49.1 <= lat <= 49.8 and -2.8 <= lon <= -1.9:
        return CROWN
    return ""
