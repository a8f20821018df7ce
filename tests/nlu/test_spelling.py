"""Spelling: what is mended, to what, and that nothing typed is remembered."""

from __future__ import annotations

import pytest

from bot.nlu.spelling import Speller, seen_in
from bot.settings import ROOT


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


@pytest.fixture(scope="module")
def taught() -> Speller:
    questions = [*["what if ur under 16", "the user name of the app", "can i see the nurse", "at the horse show"] * 5]
    questions += ["can the nurse tell my mum"] * 30
    return Speller({}, [], seen=seen_in([(q, "") for q in questions], [("i was raped by him", "")] * 3))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("if ur uder 16", "if ur under 16"),
        ("the uder name", "the user name"),
        ("can i see the hurse", "can i see the nurse"),
        ("can tne nurse tell", "can the nurse tell"),
        ("i was rped", "i was raped"),
        ("near ng7", "near ng7"),
        ("mi 7", "my 7"),
        ("mi7", "mi7"),
        ("smh", "smh"),
    ],
)
def test_a_typo_is_mended_to_the_word_that_stands_between_its_neighbours(taught: Speller, typed: str, read: str) -> None:
    assert taught.mend(typed) == read


@pytest.fixture(scope="module")
def in_context() -> Speller:
    questions = [
        "tell me what they know",
        "what about my age",
        "a hat on my head",
        "my fam they know",
        "run from him",
        "a fold from my age",
        "i wanna go",
    ] * 60
    return Speller(
        {"wanna": "want to"}, ["fgm"], seen=seen_in([(q, "") for q in questions], [("a gun and a knife", "county_lines")] * 5)
    )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("tell me hat they know", "tell me what they know"),
        ("a hat on my head", "a hat on my head"),
        ("abut my age", "about my age"),
        ("a form my age", "a form my age"),
        ("my fgm they know", "my fgm they know"),
        ("a gun from him", "a gun from him"),
        ("i wnna know", "i want to know"),
    ],
)
def test_what_is_a_word_is_mended_only_where_another_fits_far_better(in_context: Speller, typed: str, read: str) -> None:
    assert in_context.mend(typed) == read


def test_a_typo_that_only_sounds_like_another_word_is_rather_the_one_that_looks_like_it(mends: Speller) -> None:
    assert mends.mend("he cuold") == "he could"


@pytest.fixture(scope="module")
def mends() -> Speller:
    questions = ["i want to die", "he makes me sell it", "my dad kissed me", "my brother got bruises", "take the tablets"] * 3
    return Speller({"bf": "boyfriend"}, ["tiktok"], seen=seen_in([(q, "") for q in questions]))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("iwanttodie", "i want to die"),
        ("mybfkissedme", "my boyfriend kissed me"),
        ("wednesbury", "wednesbury"),
        ("i wnt to die", "i want to die"),
        ("he mks me sll it", "he makes me sell it"),
        ("d.i.e", "die"),
        ("my bruvver kisst me", "my brother kissed me"),
        ("brooses", "bruises"),
    ],
)
def test_words_run_together_without_vowels_with_dots_or_spelt_by_ear_are_mended(mends: Speller, typed: str, read: str) -> None:
    assert mends.mend(typed) == read


def test_more_letters_than_anybody_runs_together_are_left_alone(mends: Speller) -> None:
    assert mends.mend("iwanttodie" * 4) == " ".join(["i want to die"] * 4)
    assert mends.mend("iwanttodie" * 5) == "iwanttodie" * 5


def test_misspelt_danger_is_mended_unless_it_is_a_word_of_its_own() -> None:
    speller = Speller.load(ROOT / "data" / "spelling.yml", {})
    assert speller.mend("he thretned me") == "he threatened me"
    assert speller.mend("which dose") == "which dose"


def test_danger_and_other_languages_teach_no_word() -> None:
    seen = seen_in([("wizyta sama", "other_language")] * 5, [("he tuched me", "sexual_abuse")] * 5)
    assert not {"wizyta", "tuched"} & seen.keys()


def test_a_rare_word_is_right_as_it_is_and_no_typo_is_mended_to_it(speller: Speller) -> None:
    assert speller.mend("musket") == "musket"
    assert speller.mend("mumsket") != "musket"


def test_training_mends_as_a_message_is_mended(speller: Speller) -> None:
    texts = ["the docter", "a docter", "docs"]
    assert list(map(speller.remembering(), texts)) == [speller.mend(text) for text in texts]


def test_no_word_that_was_typed_is_remembered(speller: Speller) -> None:
    speller.mend("zebracorn")
    assert "zebracorn" not in repr(vars(speller)).lower()
    assert not speller.knows("zebracorn")
