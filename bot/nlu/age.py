"""Ages that people say, kept as a band only.

Only words that state an age count ("im 14", "year 9", "my 12 year old", "turning 16 next month");
times, amounts, dates, house numbers and postcodes do not. Where several people's ages stand in one
message, the person asked about wins.

Source of the bands: Own It checklist (under 13, 13 to 15, 16 to 17, 18 or over).
School years: in England a pupil turns 12 in year 7, 13 in year 8 and so on up to 18 in year 13; the
younger age of a year is taken, because claiming too little is safer than claiming too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.messages import Band
from bot.nlu.text import words_of

_NUMBERS = {
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "forteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
}
_NUMBER_WORD = re.compile(r"\b(" + "|".join(_NUMBERS) + r")\b(?! (?:weeks?|days?|months?|times|minutes|hours|years ago))")

_N = r"(?P<n>[5-9]|1\d|2[0-5])"
_NOT_AGE = (
    r"(?!\d|[:.]\d|\s*(?:am|pm|st|nd|rd|th|%|p\b|quid|pounds?|min(?:ute)?s?\b|hours?|hrs?|days?|weeks?|wks?"
    r"|months?(?! old)|times|tablets?|pills?|mg|ml|miles?|km|stone|kg|cm|o ?clock|people|friends"
    r"|years? ago|years? of|weeks? ago|years? in)\b|\s*/\s*\d)"
)
_SOON = r"(?:turning|nearly|almost|about to (?:be|turn)|close to|not (?:quite|yet)|going to (?:be|turn)|gonna (?:be|turn))"
_LATER = r"(?:\s+(?:next|in (?!year)|tomorrow|this (?:week|month|summer|year)|soon|on (?:mon|tue|wed|thu|fri|sat|sun)))"
_SELF = r"(?:im|i am|iam|me|i turned|ive turned|i just turned|ive just turned|i be|a[mn]? i|myself|as an?)"
_OTHER = (
    r"(?:(?:my|our|a|the|this|her|his|their)\s+(?:\w+\s+){0,2}?(?:sister|brother|bro|sis|sibling|cousin|friend|mate|daughter|son|kid"
    r"|child|boy|girl|n(?:ie|ei)ce|nephew|lad|lass|twin|stepson|stepdaughter|stepsister|stepbrother|foster (?:child|son|daughter|kid)|granddaughter"
    r"|grandson|grandchild|patient|pupil|student|teenager|teen|bestie|girlfriend|boyfriend|gf|bf|partner)s?"
    r"|she|shes|he|hes|they|theyre|who|whos|sister|brother|friend|daughter|son|child|patient|pupil|lad|lass)"
)
_ELDER = r"(?:mum|mam|dad|mother|father|nan|gran\w*|aunt\w*|uncle|teacher|doctor|nurse|stepdad|stepmum|carer)s?"
_LINK = r"\s*(?:is|are|am|has|have|just|only|also|still|be|now|turned|aged?|actually|like|a|an|s|who|whos|been|about|basically|nearly|almost|turning|about to be|about to turn|not yet|not quite|gonna be|going to be)?"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "hypothetical",
        re.compile(
            rf"\b(?:when|once|after|if|until|till|wait til|from)\s+(?:i|im|i am|ive|she|shes|he|hes|they|theyre|you|your|youre|u|ur)?\s*(?:am|are|is|be|turn(?:s|ed)?|get to|reach|hit|was|were)?\s*{_N}\b{_NOT_AGE}"
        ),
    ),
    (
        "other",
        re.compile(
            rf"\b(?:girl|boy|lad|lass|son|daughter|child|kid|n(?:ie|ei)ce|nephew|patient|pupil|student|teenager) (?:of|aged?) {_N}\b{_NOT_AGE}"
        ),
    ),
    ("other", re.compile(rf"\b{_OTHER}(?: (?:is|was))?,? {_N}\W*$")),
    ("elder", re.compile(rf"\b{_ELDER}{_LINK}{_LINK}\s*{_N}\b{_NOT_AGE}")),
    ("other", re.compile(rf"\b{_OTHER}{_LINK}{_LINK}\s*{_N}(?:\b|(?=y)){_NOT_AGE}")),
    ("self", re.compile(rf"\b{_SELF}{_LINK}{_LINK}\s*{_N}(?:\b|(?=y)){_NOT_AGE}")),
    (
        "other",
        re.compile(
            rf"\b(?:my|our|an?|her|his|their|the|for|with)\s+(?:\w+ ){{0,1}}{_N}\s*[- ]?(?:yr|year|y)s?[- ]?(?:o\b|olds?)"
        ),
    ),
    ("stated", re.compile(rf"\b{_N}\s*[- ]?(?:yrs?|years?|y)[ -]?(?:old|o\b|of age)")),
    ("stated", re.compile(rf"\b(?:age|aged|age is|age:|turned|at)\s*{_N}\b{_NOT_AGE}")),
    ("stated", re.compile(rf"\b(?:meant|mean|its|actually|wait|no|sorry)\s+{_N}\W*$")),
    ("stated", re.compile(rf"\b{_SOON}\s+{_N}\b{_NOT_AGE}")),
    ("stated", re.compile(rf"^\W*{_N}\W*(?:lol|btw|yo|f|m|x+|pls|please)?\W*$")),
    ("stated", re.compile(rf"\(\s*{_N}\s*(?:[mf]|yo)?\s*\)")),
    ("stated", re.compile(rf"(?:^|[,.]\s*){_N}\s*(?:[mf]\b|here\b|btw\b)")),
    ("stated", re.compile(rf"\b(?:in|a|for|as) (?:a )?{_N}(?:s|yo)?$")),
)
_YEAR = re.compile(
    r"\b(?:in|im|i am|hes|shes|is|theyre|a|my|from)?\s*(?:year|yr|y)\s?(?P<y>[1-9]|1[0-3])\b(?!\s*(?:old|yo|ago))",
)
_PAST = re.compile(r"\b(?:i|she|he|they) (?:was|were)\s+(?:about\s+|only\s+)?$|\bsince (?:i was )?$")
_ADULT = re.compile(r"\bim (?:an adult|over 18)\b|\b(?:im|i am) (?:at|in) uni(?:versity)?\b")
_CHILD = re.compile(
    r"\b(?:im|i am|shes|hes|is) (?:still )?in (?:primary|infant|junior) school\b|\bunder 13\b|\bmonths? old\b|\btoddler\b|\bmy baby\b"
)
_SIXTH = re.compile(
    r"\b(?:in|at|im|doing) (?:lower |upper )?(?:sixth|6th) ?form\b|\bsixth former\b|\bdoing (?:my )?a ?levels\b"
)
# A grown-up partner's age says nothing of the young person who writes.
_PARTNER = re.compile(r"\b(?:boyfriend|girlfriend|bf|gf|partner)s?\b")
_THIRD = re.compile(r"\b(?:she|he|they|her|him|them|shes|hes|theyre|his)\b")


@dataclass(frozen=True)
class Age:
    """The band of the person asked about.

    ``hypothetical`` is true for "when im 16", ``other`` for "my sister is 12": such a band is not the
    writer's own.
    """

    band: Band
    hypothetical: bool = False
    other: bool = False


def band_of(years: int) -> Band:
    """Return the band that an age in whole years belongs to."""
    return "U13" if years < 13 else "13-15" if years < 16 else "16-17" if years < 18 else "18+"


def find_age(text: str) -> Age | None:
    """Return the age band stated in ``text`` for the person asked about, or None.

    A coming birthday ("turning 16 next month", "nearly 13") counts as the age before it.
    """
    words = _NUMBER_WORD.sub(lambda m: str(_NUMBERS[m[1]]), words_of(text))
    mentions = list(_mentions(words))
    for owner, years in mentions:
        if owner == "hypothetical":
            return Age(band_of(years), hypothetical=True)
    others = [y for o, y in mentions if o == "other"]
    selves = [y for o, y in mentions if o in ("self", "stated")]
    if others and (not selves or _asks_about_other(words)):
        return Age(band_of(others[0]), other=True)
    if selves:
        return Age(band_of(selves[-1]))
    return _band_by_stage(words)


def _mentions(words: str) -> Iterator[tuple[str, int]]:
    taken: list[tuple[int, int]] = []
    for owner, pattern in _PATTERNS:
        for match in pattern.finditer(words):
            start, end = match.span("n")
            if any(a <= start < b for a, b in taken):
                continue
            taken.append((start, end))
            before, after = words[:start], words[end:]
            years = int(match["n"])
            grown_up = owner == "elder" or (years >= 18 and _PARTNER.search(match[0]))
            past = _PAST.search(before) or re.search(r"\b(?:was|were)\s*$", before)
            if grown_up or (past and owner != "hypothetical"):
                continue
            coming = re.search(rf"{_SOON}\s*$", before) or re.match(_LATER, after)
            yield owner, years - 1 if coming and owner != "hypothetical" else years


def _asks_about_other(words: str) -> bool:
    question = re.split(r"[.!?]\s+|\b(?=can|could|does|do|will|should|is|may)\b", words)[-1]
    return bool(_THIRD.search(question))


def _band_by_stage(words: str) -> Age | None:
    if match := _YEAR.search(words):
        return Age(band_of(int(match["y"]) + 4))
    if _SIXTH.search(words):
        return Age("16-17")
    if _ADULT.search(words):
        return Age("18+")
    if _CHILD.search(words):
        return Age("U13")
    return None
