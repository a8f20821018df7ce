"""Which contacts somebody may be shown."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answers import Book
from bot.messages import Band
from bot.places import load_places
from bot.settings import ROOT

PLACES = load_places(ROOT / "data" / "places")
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(("band", "shown"), [(None, False), ("U13", False), ("13-15", True), ("18+", True)])
def test_the_havens_are_shown_only_to_somebody_known_to_be_old_enough(band: Band | None, shown: bool) -> None:
    contacts = PLACES["north-west-london"].shown(["childline", "havens"], band, TODAY)
    assert ("havens" in [c.id for c in contacts]) is shown


def test_childline_is_there_for_every_age_and_when_overdue(book: Book) -> None:
    contacts = PLACES["england"].shown(["childline", "emergency_999"], None, date(2040, 1, 1))
    assert [c.id for c in contacts] == ["childline", "emergency_999"]
