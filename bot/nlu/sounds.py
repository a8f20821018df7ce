"""How a word sounds, roughly, to somebody who spells by ear: "kist" like "kissed", "bruvver" like "brother"."""

from __future__ import annotations

import re

_SAME = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^kn", "n"),
        (r"^wr", "r"),
        (r"wh", "w"),
        (r"sch", "sk"),
        (r"ph|th|v", "f"),
        (r"igh|gh(?=t)", "i"),
        (r"[ts]ions?\b", "shn"),
        (r"tch", "ch"),
        (r"dge?(?=$|[ei])|ge$|g(?=es$)", "j"),
        (r"sc(?=[eiy])|c(?=[eiy])|z", "s"),
        (r"ck|c(?!h)|q", "k"),
        (r"x", "ks"),
        (r"ing$", "in"),
        (r"e?d$", "t"),
        (r"(?<=[aeiou])r(?=$|[^aeiouy])", ""),  # no r is heard in "fingers"
        (r"(?<=.)[aeiouyw]", ""),
        (r"(?<=.)h(?<!ch)(?<!sh)", ""),
        (r"(.)\1+", r"\1"),
    )
)
# Shorter ones sound like too many words.
_LEAST = 3


def sound(word: str) -> str | None:
    """Return what a lower-case word sounds like, or None where that says too little."""
    for pattern, same in _SAME:
        word = pattern.sub(same, word)
    return word if len(word) >= _LEAST else None
