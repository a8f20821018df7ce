"""Ages that people say, as bands."""

from __future__ import annotations

import pytest

from bot.nlu.age import Age, band_of, find_age

STATED = {
    "can i see the doctor without my mum im 14": "13-15",
    "I'm fifteen, can I book?": "13-15",
    "im14 and need help": "13-15",
    "i am 12 years old": "U13",
    "14": "13-15",
    "15 btw": "13-15",
    "age 17": "16-17",
    "17yo here": "16-17",
    "im in year 9": "13-15",
    "year 7 here": "U13",
    "yr 12 student": "16-17",
    "im in sixth form": "16-17",
    "turning 16 next month": "13-15",
    "im 16 next week": "13-15",
    "im nearly 13": "U13",
    "im almost 18 can my mum see my records": "16-17",
    "i just turned 16": "16-17",
    "my sister is 12 can she see a nurse alone": "U13",
    "can I see my 15 year old's records": "13-15",
    "im 17 and my brother is 11 can he book": "U13",
    "my boyfriend is 19 im 15 can i get the pill": "13-15",
    "my girlfriend is 15 can she get the pill": "13-15",
    "im a foster carer for a girl of 11": "U13",
    "my lad is 16 now the surgery wont talk to me": "16-17",
    "and her brother, 16?": "16-17",
    "my mum is 45 and im 16": "16-17",
    "my daughter who is 13 wants the vaccine": "13-15",
    "i have a 14-year-old patient": "13-15",
    "im 18": "18+",
    "I'm 19 and at uni": "18+",
    "im only 11 sorry": "U13",
    "im a 16 year old girl": "16-17",
    "16 today!! im 16": "16-17",
    "sorry i meant 16": "16-17",
    "at 14 can you see a doctor alone": "13-15",
}
NOT_STATED = [
    "my appointment is at 14:30",
    "at 3pm",
    "i waited 14 days",
    "im 15 minutes late",
    "for 16 weeks",
    "i live in W12 7RJ",
    "it was in 2014",
    "i take 12 tablets",
    "year 2024",
    "room 14",
    "it costs £15",
    "vitamin b12",
    "im 10 weeks pregnant",
    "my mum is 44",
    "since i was 12",
    "i was 14 when it happened",
    "im on day 14",
    "number 15 bus",
    "my grandad is 17 stone",
    "10 Downing Street",
    "can i see a doctor",
    "i have been ill for fifteen days",
    "the 16th of june",
]


@pytest.mark.parametrize("text", STATED)
def test_a_stated_age_becomes_its_band(text: str) -> None:
    age = find_age(text)
    assert (age.band if age else None) == STATED[text]


@pytest.mark.parametrize("text", NOT_STATED)
def test_a_time_an_amount_or_a_place_is_never_an_age(text: str) -> None:
    assert find_age(text) is None


@pytest.mark.parametrize("text", ["what about when im 16", "and when i turn 16?", "what happens once im 16"])
def test_an_age_to_come_is_meant_for_this_question_alone(text: str) -> None:
    assert find_age(text) == Age("16-17", hypothetical=True)


def test_bands_meet_without_gap_or_overlap() -> None:
    assert [band_of(y) for y in (12, 13, 15, 16, 17, 18)] == ["U13", "13-15", "13-15", "16-17", "16-17", "18+"]
