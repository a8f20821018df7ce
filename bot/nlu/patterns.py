"""Patterns of phrase rules: their word sets written out, and the fragments without which none of them can match."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.nlu.readings import fold

if sys.version_info >= (3, 11):
    from re import _parser as sre_parse
else:
    import sre_parse

SET = re.compile(r"<([a-z_]+)>")  # a word set in a pattern
_PRIVATE = 0xE000  # the first of Unicode's signs that no text holds
_Needs = set[str] | None


@dataclass(frozen=True)
class Sets:
    """The word sets of ``normalise.yml``.

    A sign of Unicode's private area stands for a set while the fragments of a pattern are looked for: with the sets written
    out, that takes longer than all the rest of the start.

    Attributes:
        written: name -> pattern of the whole set; ``signs``: name -> its sign; ``needs``: sign -> what the set needs.
    """

    written: Mapping[str, str]
    signs: Mapping[str, str]
    needs: Mapping[str, _Needs]

    @classmethod
    def of(cls, sets: Mapping[str, Sequence[str]]) -> Sets:
        """Make the patterns and signs of the file's lists."""
        written = {name: "(?:" + "|".join(words) + ")" for name, words in sets.items()}
        signs = {name: chr(_PRIVATE + number) for number, name in enumerate(written)}
        return cls(written, signs, {signs[name]: _needs(pattern, {}) for name, pattern in written.items()})


def expand(pattern: str, sets: Mapping[str, str]) -> str:
    """Put the word sets (`<carer>`) into a pattern; `~` stands for up to five words of the same sentence."""
    pattern = SET.sub(lambda m: sets[m.group(1)], _fold(pattern))
    return pattern.replace(" ~ ", r" (?:[^\s|]+ ){0,5}")


def _fold(pattern: str) -> str:
    """Fold the letters of a pattern as messages are folded; patterns in plain English stay as they are."""
    return pattern if pattern.isascii() else fold(pattern)


def fragments(pattern: str, sets: Sets) -> frozenset[str]:
    """Return fragments of which every match holds at least one, or nothing when there are none long enough."""
    needed = _needs(expand(pattern, sets.signs), sets.needs)
    if needed is None or any(len(fragment) < 3 for fragment in needed):
        return frozenset()
    return frozenset(needed)


def _needs(pattern: str, sets: Mapping[str, _Needs]) -> _Needs:
    parsed: Any = sre_parse.parse(pattern)
    return _needed(parsed, sets)


def _needed(items: Iterable[Any], sets: Mapping[str, _Needs]) -> _Needs:
    """Return the best set of alternatives, one of which a parsed pattern needs; None when it needs nothing."""
    best: _Needs = None
    run = ""
    for op, argument in items:
        if op is sre_parse.LITERAL and chr(argument) not in sets:
            run += chr(argument)
            continue
        best, run = _better(best, {run} if run else None), ""
        best = _better(best, _needed_of(op, argument, sets))
    return _better(best, {run} if run else None)


def _needed_of(op: Any, argument: Any, sets: Mapping[str, _Needs]) -> _Needs:
    if op is sre_parse.LITERAL:
        return sets[chr(argument)]
    if op is sre_parse.SUBPATTERN:
        return _needed(argument[3], sets)
    if op is sre_parse.MAX_REPEAT and argument[0] > 0:
        return _needed(argument[2], sets)
    if op is sre_parse.BRANCH:
        branches = [_needed(branch, sets) for branch in argument[1]]
        return None if any(b is None for b in branches) else set().union(*(b for b in branches if b))
    return None


def _better(first: _Needs, second: _Needs) -> _Needs:
    """Return the set whose shortest fragment is longest: it rules out most messages."""
    if first is None or second is None:
        return second if first is None else first
    return max((first, second), key=lambda s: (min(min(map(len, s)), 5), -len(s)))
