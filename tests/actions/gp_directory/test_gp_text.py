"""Names, addresses and phone numbers as people read them."""

from __future__ import annotations

import pytest

from actions.gp_directory.text import costs_more, phone, plain, tel, tidy


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("ST MARY'S NHS PRACTICE", "St Mary's NHS Practice"),
        ("DR MCDONALD & PARTNERS", "Dr McDonald & Partners"),
        ("DR O'DOWD", "Dr O'Dowd"),
        ("THE MEDICAL CTR", "The Medical Centre"),
        ("STOKE-ON-TRENT HEALTH CENTRE", "Stoke-on-Trent Health Centre"),
        ("HOUSE OF HEALTH", "House of Health"),
        ("THE SURGERY AT THE GREEN", "The Surgery at the Green"),
        ("1ST FLOOR, 12A HIGH STREET", "1st Floor, 12A High Street"),
        ("DR A B SMITH", "Dr A B Smith"),
        ("GP AT HAND", "GP at Hand"),
        ("KINGS ROAD,LONDON", "Kings Road, London"),
        ("Already Tidy Surgery", "Already Tidy Surgery"),
        ("HEALTH CENTRE, LONG LN", "Health Centre, Long Lane"),
        ("ELIZABETH II CENTRE", "Elizabeth II Centre"),
        ("", ""),
    ],
)
def test_names_and_addresses_are_tidied(published: str, shown: str) -> None:
    assert tidy(published) == shown


@pytest.mark.parametrize(
    ("raw", "shown", "link"),
    [
        ("020 79460123", "020 7946 0123", "+442079460123"),
        ("02079 460123", "020 7946 0123", "+442079460123"),
        ("+44 20 7946 0123", "020 7946 0123", "+442079460123"),
        ("0161 4960123", "0161 496 0123", "+441614960123"),
        ("01632 960123", "01632 960123", "+441632960123"),
        ("03069 990123", "0306 999 0123", "+443069990123"),
        ("07700900123", "07700 900123", "+447700900123"),
        ("08081 570123", "0808 157 0123", "+448081570123"),
        ("01539432000", "015394 32000", "+441539432000"),
        ("01900 62000", "01900 62000", "+44190062000"),
        ("01132 82138", "", ""),
        ("02086 47311", "", ""),
        ("none", "", ""),
        ("", "", ""),
    ],
)
def test_phone_numbers_are_written_as_usual(raw: str, shown: str, link: str) -> None:
    assert (phone(raw), tel(raw)) == (shown, link)


def test_numbers_that_cost_more_are_known() -> None:
    assert costs_more("0844 496 0123")
    assert not costs_more("020 7946 0123")


def test_text_is_compared_without_case_accents_and_apostrophes() -> None:
    assert plain("  Saint Mary’s  &  Zoë ") == "saint marys and zoe"
