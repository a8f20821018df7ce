"""Rules about places: every contact can be reached, and is named once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check.files import Files
from bot.check.problems import Problem, did_you_mean, rule
from bot.check.style import phone_numbers
from bot.places import DEFAULT, NEVER_HIDDEN

_WAYS = ("phone", "text", "web", "email", "bsl")
_PHONE = re.compile(r"999|111|101|18000|(0\d{2,4}|116) \d[\d ]{2,8}")


@rule("places")
def nobody_loses_the_lines_of_crisis(files: Files) -> Iterator[Problem]:
    """999, 111, Childline and Samaritans stand in england.yml, whatever else is changed."""
    document = files.documents["places"][DEFAULT]
    for id_ in sorted(NEVER_HIDDEN - set(files.places[DEFAULT].contacts)):
        yield Problem(document.where(("contacts",)), f"the contact {id_} is missing.", "It can never be taken out.")


@rule("places", "poster")
def the_poster_takes_its_numbers_from_places(files: Files) -> Iterator[Problem]:
    """A number on a wall is there for years, so it comes from the one place where it is looked after."""
    document = files.documents["poster"]["poster"]
    contacts = files.places[DEFAULT].contacts if DEFAULT in files.places else {}
    for language, words in document.data.items():
        for id_, lines in words["help"].items():
            where = document.where((language, "help", id_))
            if id_ not in contacts:
                mend = did_you_mean(id_, contacts, "The poster's contacts are in data/places/england.yml.")
                yield Problem(where, f"there is no contact '{id_}'.", mend)
            for number in phone_numbers(" ".join(lines)):
                yield Problem(where, f"the phone number '{number}' is typed here.", "Write $phone or $number for it.")


@rule("places")
def contacts_stand_once(files: Files) -> Iterator[Problem]:
    """A number that stands in two files would one day be changed in one of them only."""
    seen: dict[str, str] = {}
    for document in files.documents["places"].values():
        for id_ in document.data.get("contacts") or {}:
            where = document.where(("contacts", id_))
            if id_ in seen:
                yield Problem(where, f"the contact {id_} stands in {seen[id_]} too.", "Keep one; a place inherits it.")
            seen[id_] = where


@rule("places")
def contacts_can_be_reached(files: Files) -> Iterator[Problem]:
    """A contact without a way to reach it helps nobody; a mistyped number reaches somebody else."""
    for document in files.documents["places"].values():
        for id_, entry in (document.data.get("contacts") or {}).items():
            keys = ("contacts", id_)
            if not any(entry.get(way) for way in _WAYS):
                mend = f"Add one of: {', '.join(_WAYS)}."
                yield Problem(document.where(keys), f"{id_} has no way to reach it.", mend)
            phone = entry.get("phone")
            if phone and not _PHONE.fullmatch(phone):
                mend = 'Write it in groups, in quotes, as "0800 1111" or "020 7450 4000".'
                yield Problem(document.where((*keys, "phone")), f"'{phone}' does not look like a phone number.", mend)
            if entry.get("min_age", 0) > entry.get("max_age", 120):
                yield Problem(
                    document.where((*keys, "min_age")), f"{id_} is for nobody: min_age is over max_age.", "Swap them."
                )


@rule("places")
def boroughs_name_their_contacts(files: Files) -> Iterator[Problem]:
    """What a borough points to must exist, and the borough must be one of the place."""
    for name, place in files.places.items():
        document = files.documents["places"][name]
        boroughs = document.data.get("boroughs") or []
        for borough, routes in (document.data.get("by_borough") or {}).items():
            where = document.where(("by_borough", borough))
            if borough not in boroughs:
                yield Problem(
                    where, f"'{borough}' is no borough of {name}.", did_you_mean(borough, boroughs, "Add it to boroughs.")
                )
            for route, id_ in routes.items():
                if id_ not in place.contacts:
                    mend = did_you_mean(str(id_), place.contacts, "Add it to contacts.")
                    yield Problem(document.where(("by_borough", borough, route)), f"there is no contact '{id_}'.", mend)
