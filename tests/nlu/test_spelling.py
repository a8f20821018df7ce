"""Spelling: what is mended, to what, and that nothing typed is remembered."""

from __future__ import annotations

import pytest

from bot.nlu.spelling import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller({"docs": "doctor", "tmrw": "tomorrow"}, ["contraception"], {"🤮": "sick"})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("can i see the docs tmrw", "can i see the doctor tomorrow"),
        ("contracepton", "contraception"),
        ("perscription", "prescription"),
        ("🤮", "sick"),
        ("gp at 14?", "gp at 14?"),
    ],
)
def test_txt_speak_and_typos_are_mended(speller: Speller, typed: str, read: str) -> None:
    assert speller.mend(typed) == read


def test_a_rare_word_is_right_as_it_is_and_no_typo_is_mended_to_it(speller: Speller) -> None:
    assert speller.mend("musket") == "musket"
    assert speller.mend("mumsket") != "musket"


def test_training_mends_as_a_message_is_mended(speller: Speller) -> None:
    texts = ["the docter", "a docter", "docs"]
    assert speller.mend_all(texts) == [speller.mend(text) for text in texts]


def test_no_word_that_was_typed_is_remembered(speller: Speller) -> None:
    speller.mend("zebracorn")
    assert "zebracorn" not in repr(vars(speller)).lower()
    assert not speller.knows("zebracorn")
