"""The answer to a look-up as data: which notices to say, and the surgeries, links and choices in them.

No sentence stands here. A notice is the id of an answer in data/answers; its words are a
maintainer's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.grid import KM_PER_MILE
from actions.gp_directory.places import Places
from actions.gp_directory.postcodes import DATA
from actions.gp_directory.practices import Practice, PracticeList
from actions.gp_directory.resolve import Point, Resolution
from actions.gp_directory.text import costs_more, phone, plain, tel, tidy
from bot.notices import SHOWED

MOST_RESULTS = 5
FAR_MILES = 15.0
MAY_HAVE_CHANGED_DAYS = 90
TOO_OLD_DAYS = 365

NOTICE_OF_PROBLEM = {
    "empty": "gp_ask_place",
    "wide": "gp_too_wide",
    "ambiguous": "gp_which_place",
    "typo": "gp_typo",
    "terminated": "gp_terminated",
    "abroad": "gp_far",
    "scotland": "gp_scotland",
    "wales": "gp_wales",
    "northern_ireland": "gp_northern_ireland",
    "crown": "gp_crown",
    "bfpo": "gp_bfpo",
    "no_fixed_address": "gp_no_fixed_address",
    "not_found": "gp_not_found",
}
NOTICES = frozenset(NOTICE_OF_PROBLEM.values()) | {
    "gp_found",
    "gp_found_area",
    "gp_found_pin",
    "gp_found_named",
    "gp_found_typo",
    "gp_shown_above",
    "gp_ask_place_again",
    "gp_not_found_again",
    "gp_give_up",
    "gp_far",
    "gp_no_directory",
    "gp_old_list",
    "gp_list_date",
    "gp_who_covers",
}


# What is said instead of the same again, in turn; after the last of them nothing is asked any more.
_NEXT_TIME = {
    "gp_ask_place": ("gp_ask_place_again", "gp_give_up"),
    "gp_not_found": ("gp_not_found_again", "gp_give_up"),
    "gp_too_wide": ("gp_ask_place_again", "gp_give_up"),
}


@dataclass(frozen=True)
class Result:
    """One surgery as it is shown."""

    ods: str
    name: str
    address: str
    postcode: str
    phone: str
    tel: str
    costs_more: bool
    miles: float | None
    lad: str
    borough: str
    links: dict[str, str]


@dataclass(frozen=True)
class LookUp:
    """What to say to one question; nothing of it needs keeping, and its repr tells nothing."""

    notices: tuple[str, ...]
    kind: str = ""
    precision: str = ""
    label: str = field(default="", repr=False)
    lad: str = field(default="", repr=False)
    borough: str = field(default="", repr=False)
    results: tuple[Result, ...] = field(default=(), repr=False)
    choices: tuple[str, ...] = field(default=(), repr=False)
    suggestion: str = field(default="", repr=False)
    nearest_miles: float | None = field(default=None, repr=False)
    list_date: str = ""
    list_date_long: str = ""
    links: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def found(self) -> bool:
        """Say whether there are surgeries to show."""
        return bool(self.results)

    def as_dict(self) -> dict[str, Any]:
        """Return the look-up as plain values for JSON."""
        return asdict(self)


@lru_cache(maxsize=1)
def links(path: Path = DATA / "links.json") -> dict[str, Any]:
    """Return the address patterns of the NHS pages and of the list itself.

    Raises:
        GpDirectoryError: the file is missing or is no JSON.
    """
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error}).", "Restore it from git.") from error
    return loaded


def answer(
    found: Resolution,
    places: Places,
    practices: PracticeList | None,
    today: date,
    before: Sequence[str] = (),
) -> LookUp:
    """Return what to say about a resolution; ``before`` are the first notices of the turns just before."""
    if found.problem and found.point is None:
        return _look_up((_asking_notice(found, practices, before),), found, places)
    made = practices.list_date if practices else None
    age = (today - made).days if made else None
    if practices is None or age is None or age > TOO_OLD_DAYS:
        first = [NOTICE_OF_PROBLEM[found.problem]] if found.problem else []
        return _look_up((*first, "gp_no_directory"), found, places)
    results = _results(found, places, practices)
    nearest = results[0].miles if results and found.precision != "practice" else None
    dated = "gp_old_list" if age > MAY_HAVE_CHANGED_DAYS else "gp_list_date"
    return _look_up((_main_notice(found, nearest), dated, "gp_who_covers"), found, places, results, nearest, made)


def _main_notice(found: Resolution, nearest: float | None) -> str:
    if nearest is not None and nearest > FAR_MILES:
        return "gp_far"
    if found.problem == "typo":
        return "gp_found_typo"
    if found.problem:
        return NOTICE_OF_PROBLEM[found.problem]
    exact = {"postcode": "gp_found", "pin": "gp_found_pin", "practice": "gp_found_named"}
    return exact.get(found.precision, "gp_found_area")


def _asking_notice(found: Resolution, practices: PracticeList | None, before: Sequence[str]) -> str:
    """Return what to say when there is nothing to show; never what was said just before."""
    notice = NOTICE_OF_PROBLEM[found.problem]
    if found.problem == "not_found" and practices is None:
        # It may well have been the name of a surgery: do not blame the person.
        return "gp_no_directory"
    last = before[-1] if before else ""
    if found.problem == "empty" and found.refers and last != "gp_shown_above" and SHOWED & set(before[-2:]):
        return "gp_shown_above"
    ladder = (notice, *_NEXT_TIME.get(notice, ()))
    return ladder[ladder.index(last) + 1] if last in ladder[:-1] else notice


def _look_up(
    notices: tuple[str, ...],
    found: Resolution,
    places: Places,
    results: tuple[Result, ...] = (),
    nearest: float | None = None,
    made: date | None = None,
) -> LookUp:
    return LookUp(
        notices=notices,
        kind=found.kind,
        precision=found.precision,
        label=found.label,
        lad=found.lad,
        borough=places.lad_name(found.lad),
        results=results,
        choices=found.choices,
        suggestion=found.suggestion,
        nearest_miles=nearest,
        list_date=made.isoformat() if made else "",
        list_date_long=f"{made.day} {made:%B %Y}" if made else "",
        links=_page_links(found.postcode),
    )


def _page_links(postcode: str) -> dict[str, str]:
    pattern = links()
    start = str(pattern["find_a_gp"])
    if not postcode:
        return {"who_covers": start, "find_a_gp": start}
    covers = str(pattern["who_covers"]).format(postcode=quote(postcode.replace(" ", "")))
    return {"who_covers": covers, "find_a_gp": start}


def _results(found: Resolution, places: Places, practices: PracticeList) -> tuple[Result, ...]:
    if found.precision == "practice":
        named = (practices.by_ods[code] for code in found.practices)
        return tuple(_result(p, None, places) for p in named)
    point: Point = found.point or (0.0, 0.0)
    wanted = None
    if found.precision == "borough":
        lad = found.lad

        def wanted(practice: Practice) -> bool:
            return practice.lad == lad

    near = practices.nearest(point, MOST_RESULTS, wanted)
    return tuple(_result(practice, km / KM_PER_MILE, places) for km, practice in near)


def _result(practice: Practice, miles: float | None, places: Places) -> Result:
    slug = plain(practice.name).replace(" ", "-") or "practice"
    pattern = links()
    return Result(
        ods=practice.ods,
        name=tidy(practice.name),
        address=tidy(practice.address),
        postcode=practice.postcode,
        phone=phone(practice.phone),
        tel=tel(practice.phone),
        costs_more=costs_more(practice.phone),
        miles=None if miles is None else round(miles, 1),
        lad=practice.lad,
        borough=places.lad_name(practice.lad),
        links={
            key: str(pattern[key]).format(slug=slug, ods=practice.ods) for key in ("profile", "hours", "reviews", "register")
        },
    )
