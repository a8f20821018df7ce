"""What holds for every input, tried with many: ages, postcodes, and choosing an answer's words."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from actions.gp_directory.postcodes import POSTCODE, Postcodes, split
from bot.answers import Asked, Book, Library, choose
from bot.messages import BANDS, READERS
from bot.nlu.age import band_of, find_age
from bot.settings import ROOT


@lru_cache(maxsize=1)
def book() -> Book:
    return Library(ROOT / "data").book


@lru_cache(maxsize=1)
def postcodes() -> Postcodes:
    return Postcodes.load()


ASKED = st.builds(
    Asked,
    band=st.none() | st.sampled_from(BANDS),
    reader=st.none() | st.sampled_from(READERS),
    part=st.none() | st.text(max_size=10) | st.sampled_from(["refusing", "records"]),
    kind=st.none() | st.text(max_size=10) | st.sampled_from(["homework", "small_talk"]),
    version=st.integers(min_value=-10, max_value=10_000),
    manner=st.none() | st.sampled_from(["simpler", "why"]),
)
WORDS = ("im", "i", "am", "my sister", "is", "14", "year 9", "turning", "sixteen", "when", "nearly", "16", "3pm", "was")
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
SAYINGS = ("im {}", "I'm {}", "i am {} years old", "{} year old here", "age {}")
POSTCODES = ("W2 1NY", "NW10 4UY", "SW1A 1AA", "EC1A 1BB")


@hypothesis_settings(deadline=None)
@given(st.data())
def test_every_answer_has_words_for_everybody(data: st.DataObject) -> None:
    answer = data.draw(st.sampled_from(sorted(book().answers)))
    words, messages = choose(book().answers[answer], data.draw(ASKED))
    assert messages
    assert all(message.strip() for message in messages)
    assert messages in (*words.versions, *words.by_age.values(), book().answers[answer].simpler, book().answers[answer].why)


@given(st.data())
def test_every_button_of_every_answer_leads_somewhere(data: st.DataObject) -> None:
    reply = book().reply(data.draw(st.sampled_from(sorted(book().answers))), data.draw(ASKED), data.draw(st.none() | st.text()))
    assert {button.payload for button in reply.buttons} <= book().payloads
    assert all(len(button.payload.encode()) <= 64 for button in reply.buttons)


@given(st.text(max_size=300) | SENTENCES)
def test_whatever_is_said_an_age_is_a_band_or_nothing(text: str) -> None:
    age = find_age(text)
    assert age is None or age.band in BANDS


@given(st.integers(min_value=5, max_value=25), st.sampled_from(SAYINGS))
def test_a_stated_age_is_always_found(years: int, saying: str) -> None:
    age = find_age(saying.format(years))
    assert age is not None
    assert age.band == band_of(years)


@given(st.integers(min_value=0, max_value=120), st.integers(min_value=0, max_value=120))
def test_an_older_person_is_never_in_a_younger_band(one: int, other: int) -> None:
    younger, older = sorted((one, other))
    assert BANDS.index(band_of(younger)) <= BANDS.index(band_of(older))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_postcodes(text: str) -> None:
    for match in POSTCODE.finditer(text.upper()):
        postcodes().find(match[1], match[2])
    parts = split(text)
    assert parts is None or len(parts) == 2


@hypothesis_settings(deadline=None)
@given(st.from_regex(r"\A[A-Z]{1,2}[0-9][A-Z0-9]?\Z"), st.from_regex(r"\A[0-9][ABD-HJLNP-UW-Z]{2}\Z"))
def test_a_postcode_that_is_found_lies_in_britain(outcode: str, incode: str) -> None:
    spot = postcodes().find(outcode, incode)
    assert spot is None or (49.0 < spot.lat < 61.0 and -9.0 < spot.lon < 2.0)
    assert all(len(repair) <= 8 for repair in postcodes().repairs(outcode, incode))


@given(st.sampled_from(POSTCODES), st.sampled_from(["", " ", "  ", "-", "."]), st.booleans())
def test_a_postcode_is_read_however_it_is_spaced(postcode: str, gap: str, low: bool) -> None:
    typed = gap.join(postcode.split())
    match = POSTCODE.search(f"gp near {typed.lower() if low else typed} please".upper())
    assert match
    assert (match[1], match[2]) == tuple(postcode.split())
