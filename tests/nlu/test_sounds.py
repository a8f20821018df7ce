"""What sounds alike to somebody who spells by ear, and what must not."""

from __future__ import annotations

import pytest

from bot.nlu.sounds import sound


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kist", "kissed"),
        ("brooses", "bruises"),
        ("bruvver", "brother"),
        ("fingas", "fingers"),
        ("sumfing", "something"),
        ("frotled", "throttled"),
        ("teecher", "teacher"),
        ("maridge", "marriage"),
        ("apoyntment", "appointment"),
        ("skool", "school"),
    ],
)
def test_a_word_spelt_by_ear_sounds_like_the_word(typed: str, meant: str) -> None:
    assert sound(typed) == sound(meant) is not None


@pytest.mark.parametrize(("first", "second"), [("teacher", "doctor"), ("pharmacy", "surgery"), ("chaperone", "sharpener")])
def test_other_words_sound_otherwise(first: str, second: str) -> None:
    assert sound(first) != sound(second)


@pytest.mark.parametrize("word", ["night", "gun", "a", ""])
def test_a_word_of_few_sounds_is_left_alone(word: str) -> None:
    assert sound(word) is None
