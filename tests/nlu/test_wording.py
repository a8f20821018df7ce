"""The view of words: what counts as one word, and that a kept view says the same."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bot.nlu.wording import Counted, Wording, groups, read_alike
from bot.settings import ROOT

ALIKE = {r"\b(?:mum|dad|foster carer)s?\b": "parent"}
TEXTS = [
    "can my mum see my records",
    "can my dad see my notes",
    "when does the chemist open",
    "is the chemist open late",
    "hello there",
    "hello you",
] * 3
ANSWERS = np.array([0, 0, 1, 1, 2, 2] * 3, np.int32)


@pytest.fixture(scope="module")
def view() -> Wording:
    return Wording.train(Counted.of(TEXTS, ALIKE), ANSWERS, 4)


def test_a_question_about_mum_teaches_the_one_about_a_foster_carer(view: Wording) -> None:
    shares = view.shares("can my foster carer see my letters")
    assert shares.argmax() == 0


def test_the_shares_of_all_labels_sum_to_one_and_an_unseen_label_has_none(view: Wording) -> None:
    shares = view.shares("is the chemist open")
    assert shares.sum() == pytest.approx(1.0)
    assert shares.argmax() == 1
    assert shares[3] < 1e-6


def test_words_nobody_trained_on_leave_the_labels_even(view: Wording) -> None:
    shares = view.shares("zzz")
    assert abs(shares[0] - shares[1]) < 0.2


def test_a_kept_view_says_the_same(view: Wording) -> None:
    again = Wording.from_arrays(view.to_arrays())
    assert np.allclose(again.shares(TEXTS[0]), view.shares(TEXTS[0]), atol=1e-3)


def test_groups_are_word_sequences_and_letters_inside_words() -> None:
    found = groups("see gp")
    assert {"see", "gp", "see gp", " see", "see ", " gp "} <= set(found)
    assert "e g" not in found


def test_every_kin_word_of_the_spelling_file_stands_for_a_parent() -> None:
    alike = {kind: pattern for pattern, kind in read_alike(ROOT / "data" / "spelling.yml").items()}
    for text in ("mum", "stepdad", "foster carer", "aunties", "grandparents"):
        assert groups(text, ((re.compile(alike["parent"]), "parent"),))[0] == "parent", text
