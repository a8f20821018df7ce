"""Text helpers: what people type made comparable, and what the NHS publishes made readable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_QUOTES = dict.fromkeys(map(ord, "'’‘`´"), None)
_WORD = re.compile(r"[a-z0-9]+")


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set; long lists read better so."""
    return frozenset(words.split())


def plain(text: str) -> str:
    """Return lower-case words of letters and digits only: 'St. Mary’s & Co' -> 'st marys and co'."""
    bare = text.translate(_QUOTES)
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare.lower().replace("&", " and ")))


def upper(text: str) -> str:
    """Return the text as postcodes are matched: compatible characters, upper case."""
    return unicodedata.normalize("NFKC", text).upper()


# -- readable names and addresses -------------------------------------------------------------

_KEEP_UPPER = word_set("NHS GP GPS PCN PMS APMS UCC HC MC PCC HCC CIC LLP UK RAF HMP SAS II III IV VI VII")
_SMALL = word_set("and of the at in on by upon under with near for to le de la en cum super next")
_SHORT_FORMS = word_set("DR DRS MR MRS MS ST CT FL FLR MT GT PK PL NR BLDG BLVD SQ LTD")
_WRITTEN_OUT = {
    "CTR": "CENTRE",
    "CTRE": "CENTRE",
    "CNTR": "CENTRE",
    "HLTH": "HEALTH",
    "HTH": "HEALTH",
    "MED": "MEDICAL",
    "PRACT": "PRACTICE",
    "RD": "ROAD",
    "LN": "LANE",
}
_TOKEN = re.compile(r"[A-Za-z0-9'’]+|[^A-Za-z0-9'’]+")
_ABBREVIATION = re.compile(rf"(?<![A-Z0-9])({'|'.join(_WRITTEN_OUT)})(?![A-Z0-9])\.?")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH)")


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    """Return a name or address in ordinary case: "ST MARY'S NHS CTR" -> "St Mary's NHS Ctr"."""
    text = re.sub(r"\s+", " ", text).strip(" ,")
    if text != text.upper():
        return text
    text = _ABBREVIATION.sub(lambda m: _WRITTEN_OUT[m.group(1)], text)
    tokens = _TOKEN.findall(text)
    return "".join(_tidy_token(token, tokens, index) for index, token in enumerate(tokens))


def _tidy_token(token: str, tokens: list[str], index: int) -> str:
    if not token[0].isalnum():
        return re.sub(r"\s*,\s*", ", ", token) if "," in token else token
    if token in _KEEP_UPPER:
        return token
    if token[0].isdigit():
        return token.lower() if _ORDINAL.fullmatch(token) else token
    before = tokens[index - 1] if index else ""
    opening = not before or "," in before or "(" in before
    if token.lower() in _SMALL and not opening and index + 1 < len(tokens):
        return token.lower()
    if not re.search("[AEIOUY]", token) and token not in _SHORT_FORMS and "'" not in token:
        return token
    return _capital(token)


def _capital(word: str) -> str:
    if re.match(r"MC[A-Z]{3}", word):
        return "Mc" + word[2:].capitalize()
    if re.match(r"[OD]['’][A-Z]{2}", word):
        return word[:2] + word[2:].capitalize()
    return word[0] + word[1:].lower()


# -- telephone numbers ------------------------------------------------------------------------

# Area codes of five digits after the 0, as Ofcom lists them; all others have two to four.
_LONG_AREAS = word_set("13873 15242 15394 15395 15396 16973 16974 16977 17683 17684 17687 19467 19755 19756")
_DIGITS = re.compile(r"\d+")


def phone_digits(raw: str) -> str:
    """Return the national digits of a British number ('02079460123'), or '' when it is none."""
    digits = "".join(_DIGITS.findall(raw.split("ext")[0]))
    if raw.strip().startswith("+") and digits.startswith("44"):
        digits = digits[2:]
    elif digits.startswith("0044"):
        digits = digits[4:]
    significant = digits.lstrip("0")
    if len(significant) == 10 and significant[0] in "123789":
        return "0" + significant
    # Some places still have nine digits: 01900 62241, 016977 2551.
    if len(significant) == 9 and significant[0] == "1" and not _has_seven_digit_locals(significant):
        return "0" + significant
    return ""


def _has_seven_digit_locals(significant: str) -> bool:
    return significant[1] == "1" or significant[2] == "1"


def phone(raw: str) -> str:
    """Return a British number as it is usually written ('020 7946 0123'), or ''."""
    digits = phone_digits(raw)
    if not digits:
        return ""
    return " ".join(_groups(digits))


def _groups(digits: str) -> tuple[str, ...]:
    if digits[1] == "2":
        return digits[:3], digits[3:7], digits[7:]
    if digits[1] in "389" or _has_seven_digit_locals(digits[1:]) and digits[1] == "1":
        return digits[:4], digits[4:7], digits[7:]
    if digits[1:6] in _LONG_AREAS:
        return digits[:6], digits[6:]
    return digits[:5], digits[5:]


def tel(raw: str) -> str:
    """Return the number for a tel: link ('+442079460123'), or ''."""
    digits = phone_digits(raw)
    return f"+44{digits[1:]}" if digits else ""


def costs_more(raw: str) -> bool:
    """Say whether calls cost more than to an ordinary number (084, 087, 09)."""
    return phone_digits(raw)[:3] in {"084", "087", "090", "091", "098"}
