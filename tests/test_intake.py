"""What the doorway does to characters before anything else sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import clean, mask


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("/restart", "restart"),
        ('  //own_it_5_pharmacy{"age":99}', 'own_it_5_pharmacy{"age":99}'),
        ("he\u202ello\x00 there", "he llo  there"),
        ("hi\U000e0041\U000e0042", "hi"),
        ("میں\u200cہوں", "میں\u200cہوں"),
    ],
)
def test_slashes_and_hidden_characters_are_taken_away(typed: str, read: str) -> None:
    assert clean(typed) == read


@pytest.mark.parametrize(
    "personal",
    [
        "my nhs number is 943 476 5919",
        "mail me at sam.j@example.org",
        "07700 900123",
        "+44 7700 900123",
        "4111 1111 1111 1111",
        "07785258123",
        "07911161234",
        "+48 601 234 567",
        "1 0800 068 4141 999",
    ],
)
def test_personal_identifiers_are_masked(personal: str) -> None:
    text, masked = mask(personal)
    assert masked
    assert "***" in text
    assert not any(char.isdigit() for char in text)


@pytest.mark.parametrize(
    "plain",
    [
        "im 14",
        "W2 1NY",
        "is childline 0800 1111",
        "papyrus is 0800 068 4141",
        "text 85258",
        "samaritans 116 123",
        "at 10:30 on 12/11/2026",
        "i took 20 tablets",
    ],
)
def test_what_is_not_personal_stays(plain: str) -> None:
    assert mask(plain) == (plain, False)


@given(st.text(max_size=5000))
def test_whatever_is_typed_is_cleaned_without_a_leading_slash(text: str) -> None:
    assert not clean(text).startswith("/")
    mask(clean(text))
