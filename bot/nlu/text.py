"""Plain text work that every part of the understanding shares."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHE = re.compile(r"(?<=\w)['’‘`´](?=\w)")
_REPEAT = re.compile(r"([a-z])\1{2,}")
_SENTENCE = re.compile(
    r"(?<=[.?!])\s+|\n+|\s+(?:also|an?d also|oh and|another (?:thing|question)|plus)\s+|(?:^|\s+)\(?[1-5][).]\s+", re.I
)
_ASKS = r"(?:can|could|do|does|will|would|is|are|what|how|when|where|who|why|am|may|if)\b"
_QUESTION = re.compile(rf"\s*,?\s+(?:and|an|also|plus|&)\s+(?={_ASKS})", re.I)
_COMMA = re.compile(rf"(?<=\w)\s*,\s*(?=(?!(?:if|when|who)\b){_ASKS})", re.I)
_ASKED = re.compile(rf"\b(?!(?:if|when|who)\b){_ASKS}", re.I)
MAX_SEGMENTS = 5


def words_of(text: str) -> str:
    """Return ``text`` in lower case, compatibility-folded, without apostrophes inside words."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+", " ", _APOSTROPHE.sub("", folded)).strip()


def squeeze(word: str) -> str:
    """Return ``word`` with a letter written three times or more written twice ("sooo" -> "soo")."""
    return _REPEAT.sub(r"\1\1", word)


def segments(text: str) -> list[str]:
    """Return the parts of ``text`` that may be questions of their own, at most `MAX_SEGMENTS`.

    A part of one or two words stays with its neighbour: alone it means nothing.
    """
    rough = [q for s in _SENTENCE.split(text) for p in _QUESTION.split(s) if p and p.strip() for q in _by_comma(p)]
    parts: list[str] = []
    for part in rough:
        if parts and (len(part.split()) < 3 or len(parts[-1].split()) < 3):
            parts[-1] = f"{parts[-1]} {part}"
        else:
            parts.append(part.strip())
    return parts[:MAX_SEGMENTS]


def _by_comma(part: str) -> list[str]:
    """Return the questions that commas part; "im 14, can i" is one, for no question stands before the comma."""
    found: list[str] = []
    for piece in _COMMA.split(part):
        if found and not _ASKED.search(found[-1]):
            found[-1] = f"{found[-1]}, {piece}"
        else:
            found.append(piece)
    return found


# "when i was little" says when, so it stays with what happened then.
_CLAUSE = re.compile(
    r"[,.;:!?\n]+|\s(?:and|but|so|because|cos|coz|cuz|bc|then|also|plus|anyway|though|since|while|or"
    r"|when(?!\s(?:i|he|she|they|we)\s(?:was|were)\b))\s",
    re.I,
)
MAX_CLAUSES = 10


def clauses(text: str) -> list[str]:
    """Return the clauses of a long message, at most `MAX_CLAUSES`; none for a short one.

    A cry for help in the middle of an ordinary story is heard only when it is listened to alone.
    Clauses under four words are joined to the one before.
    """
    if len(text.split()) <= 12:
        return []
    parts: list[str] = []
    for part in (p.strip() for p in _CLAUSE.split(text)):
        if parts and len(parts[-1].split()) < 4:
            parts[-1] = f"{parts[-1]} {part}"
        elif part:
            parts.append(part)
    return parts[:MAX_CLAUSES] if len(parts) > 1 else []
