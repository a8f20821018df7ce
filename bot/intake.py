"""What the doorway does to a message's characters before anything else sees them."""

from __future__ import annotations

import re
import unicodedata

QUESTION_LIMIT = 1_000  # characters read as a question
TEXT_LIMIT = 4_096  # characters that safety reads; also Telegram's limit for one message

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){13,18}\d(?!\d)")
_PHONE = re.compile(r"(?<![\w£])(?:(?:\+44|0044|0)[\s().-]*(?:\d[\s().-]*){8,9}|\+[1-9](?:\d[\s().-]*){7,13})\d(?!\w)")
_NHS_NUMBER = re.compile(r"(?<![\d+])\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_PERSONAL = (_EMAIL, _CARD, _PHONE, _NHS_NUMBER)
# Helplines a young person may quote are not personal: Childline is too short to be masked, this is not.
_HELPLINES = re.compile(r"(?:0|\+44|0044)800\W*068\W*4141")


def rounded(pin: tuple[float, float]) -> tuple[float, float]:
    """Return a pin to some hundred metres: enough to find a surgery, too little to find a home."""
    return round(pin[0], 3), round(pin[1], 3)


def clean(text: str) -> str:
    """Return ``text`` without control, tag and direction characters, trimmed, without a leading slash.

    Unicode tag characters (U+E0000 to U+E007F) hide instructions; direction marks reorder what is
    shown; a leading slash is how Rasa's own intent payloads begin, and only our buttons may send
    those.
    """
    kept = "".join(c if c in "\n\t" or not _hidden(c) else " " for c in text)
    return re.sub(r"^[\s/]+", "", kept).strip()


def _hidden(char: str) -> bool:
    category = unicodedata.category(char)
    # ZWJ and ZWNJ (Cf) are letters' glue in Urdu, Bengali and emoji, so they stay.
    return category in ("Cc", "Co", "Cs", "Cn") or category == "Cf" and char not in "\u200c\u200d"


def mask(text: str) -> tuple[str, bool]:
    """Return ``text`` with NHS numbers, cards, e-mail addresses and phone numbers masked.

    The second value tells whether anything was masked.
    """
    masked = False

    def hide(match: re.Match[str]) -> str:
        nonlocal masked
        if _HELPLINES.fullmatch(match[0]):
            return match[0]
        masked = True
        return " *** "

    for pattern in _PERSONAL:
        text = pattern.sub(hide, text)
    return text, masked
