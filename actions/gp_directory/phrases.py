"""How people ask: the words around a place or a name, and where in a sentence one stands."""

from __future__ import annotations

import re

from actions.gp_directory.names import GENERIC, words
from actions.gp_directory.text import plain, word_set

# Words before an outcode or a place that say a place follows.
CUE = re.compile(
    r"\b(?:in|near|nearest to|nearby|around|round|at|by|from|within|live in|based in|close to|next to"
    r"|postcode(?: is)?|post code(?: is)?|area(?: is)?|im in|opposite)\s+(?=\S)"
)
AREA_AFTER = re.compile(
    r"\s+(?:area|postcode|please|pls|plz|thanks|thank you|ta|x+|england|borough|instead|(?:tube |train )?station)$"
)
PRACTICE_WORDS = word_set("surgery surgeries practice practices medical med clinic health hlth centre center ctr dr")
# What people say around a name; never part of one.
FILLER = word_set(
    """hi hey hello please pls plz thanks thank you ta can could would will do does did is are was be been i im
    ive id me my mine we our us u ur your he she his her their they it its this that there here what whats
    where wheres who whos which when how find found get give tell show look looking search need needs want
    wanna know number phone telephone contact details address email website local near nearest nearby
    closest around round live living stay based go going called call name named with to for from at in
    on by a an any some one gp gps doc docs doctor doctors surgeries nhs register registered registering
    sign up moved moving just also and or ok okay so like think maybe about somewhere something area
    place postcode code mum mums dad dads mother father book booking appointment ring open opening times
    hours help instead actually rather try them those these have has got far away belong belongs cover covers catchment"""
)
# Last words of street names: villages called Street or Grove are hardly meant by them.
STREET_WORDS = word_set(
    "street road lane avenue grove park green hill way close court place square terrace gardens crescent church station"
)
# Answers that name no place at all.
VAGUE = word_set(
    """no nope nah yes yeah yep idk dont know not sure never mind nothing none want say tell why what when home house
    flat school college uni university work new somewhere anywhere nowhere uk boy girl other another different
    first second third fourth fifth last next top bottom 1st 2nd 3rd nearer closer further more best"""
)


def place_expected(loud: str, match: re.Match[str]) -> bool:
    """Say whether an outcode stands where a place would: alone, or after a word such as 'near'."""
    before, after = strip(loud[: match.start()].lower()), strip(loud[match.end() :].lower())
    if not before and not after:
        return True
    return any(cue.end() == match.start() for cue in CUE.finditer(loud.lower()))


def clean(text: str) -> str:
    """Return the text without what follows a place: 'acton area please' -> 'acton'."""
    text = text.strip(" .!?;:")
    while (shorter := AREA_AFTER.sub("", text)) != text:
        text = shorter.strip(" .!?;:")
    return text


def strip(text: str) -> str:
    """Return the text without the words people say around a name."""
    return " ".join(word for word in plain(text).split() if word not in FILLER)


def core(text: str) -> str:
    """Return the words that could tell one name from another, or ''."""
    return " ".join(word for word in words(text) if word not in GENERIC and word not in FILLER)


def is_vague(text: str) -> bool:
    """Say whether nothing in the text could be a place or a name: 'i dont know my postcode'."""
    return set(plain(text).split()) <= FILLER | VAGUE | PRACTICE_WORDS | {"the", "of"}


def has_practice_word(text: str) -> bool:
    """Say whether a word such as 'surgery' stands in the text."""
    return any(word in PRACTICE_WORDS for word in plain(text).split())


def ends_as_practice(text: str) -> bool:
    """Say whether the text ends as names of surgeries do: 'acton surgery', not 'surgery in acton'."""
    return plain(text).rpartition(" ")[2] in PRACTICE_WORDS


def practice_phrase(text: str) -> str:
    """Return the name in a sentence: 'complain about hillview surgery now' -> 'hillview surgery', or ''."""
    said = plain(text).split()
    at = next((i for i, word in enumerate(said) if word in PRACTICE_WORDS and word != "dr"), None)
    if at is None:
        return ""
    start = at
    while start > 0 and at - start < 4 and said[start - 1] not in FILLER:
        start -= 1
    end = at + 1
    while end < len(said) and said[end] in PRACTICE_WORDS:
        end += 1
    phrase = " ".join(said[start:end])
    return phrase if re.search("[a-z]{3}", core(phrase)) else ""
