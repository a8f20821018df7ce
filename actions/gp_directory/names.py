"""Finding a name that somebody half remembers or misspells.

A name is compared by its core: 'THE LANARK MEDICAL CENTRE' is about 'lanark', and whoever types
'lanark surgery' or 'lanrak med ctr' means it. The generic words would otherwise decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from heapq import nlargest

from actions.gp_directory.text import plain, word_set

EXPAND = {
    "ctr": "centre",
    "ctre": "centre",
    "cntr": "centre",
    "center": "centre",
    "med": "medical",
    "hlth": "health",
    "hth": "health",
    "pract": "practice",
    "grp": "group",
    "ptnrs": "partners",
    "ptnr": "partners",
    "rd": "road",
    "st": "st",
    "saint": "st",
    "doctor": "dr",
    "doctors": "dr",
    "drs": "dr",
    "surgeries": "surgery",
    "practices": "practice",
    "centres": "centre",
}
GENERIC = word_set(
    """the a an and of surgery practice medical centre health group house dr partners partnership clinic
    healthcare care primary family gp gps hc mc pms ltd llp general service services"""
)
_FUZZY_GENERIC = tuple(word for word in GENERIC if len(word) >= 6) + ("centre", "health")


def words(text: str) -> list[str]:
    """Return the words of a name with abbreviations written out."""
    return [EXPAND.get(word, word) for word in plain(text).split()]


def edits(one: str, other: str, limit: int) -> int:
    """Return the number of typing slips between two words, or ``limit`` + 1 when there are more.

    A slip is a letter missing, added, changed, or swapped with its neighbour.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    older: list[int] = []
    previous = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        current = [i]
        for j, b in enumerate(other, 1):
            cost = min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        older, previous = previous, current
    return min(previous[-1], limit + 1)


def _grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[i : i + n] for n in (2, 3) for i in range(len(padded) - n + 1)}


class NameIndex:
    """Names searched by their core words, in any order, with typing slips."""

    def __init__(self, names: Sequence[str], generic: frozenset[str] = GENERIC) -> None:
        """Index ``names``; a result is a position in it."""
        self._generic = generic
        self._cores = [self.core(name) for name in names]
        self._full = [_compact(name) for name in names]
        self._known = {word for core in self._cores for word in core.split()}
        self._exact: dict[str, list[int]] = defaultdict(list)
        for index, core in enumerate(self._cores):
            self._exact[core].append(index)
        self._sizes = [0] * len(names)
        self._postings: dict[str, list[int]] = defaultdict(list)
        for core, positions in self._exact.items():
            grams = _grams(core)
            for index in positions:
                self._sizes[index] = len(grams)
            for gram in grams:
                self._postings[gram].extend(positions)

    def core(self, name: str) -> str:
        """Return the words of a name that tell it from others (all of them when none does)."""
        all_words = words(name)
        return " ".join(word for word in all_words if word not in self._generic) or " ".join(all_words)

    def exact(self, text: str) -> list[int]:
        """Return the names whose core is that of ``text``."""
        return list(self._exact.get(self.core(text), ()))

    def is_full(self, position: int, text: str) -> bool:
        """Say whether ``text`` is the whole name at ``position``, generic words and all."""
        return self._full[position] == _compact(text)

    def search(self, text: str, limit: int = 5, preferred: Container[int] = ()) -> list[tuple[float, int]]:
        """Return up to ``limit`` (likeness from 0 to 1, position), likeliest first.

        Of names about as likely, those at ``preferred`` positions come first.
        """
        query = self._query(text)
        if not query:
            return []
        grams = _grams(query)
        hits: dict[int, float] = defaultdict(float)
        for gram in grams:
            listed = self._postings.get(gram, ())
            weight = 1.0 if len(listed) < 600 else 0.5
            for index in listed:
                hits[index] += weight
        rough = nlargest(60, ((2 * hit / (len(grams) + self._sizes[index]), index) for index, hit in hits.items()))
        full = _compact(text)
        scored = []
        for rank, (dice, index) in enumerate(rough):
            likeness = self._likeness(query, full if rank < 30 else "", index, dice)
            scored.append((likeness, index))
        bonus = 0.04
        scored.sort(key=lambda pair: (-pair[0] - bonus * (pair[1] in preferred), pair[1]))
        return scored[:limit]

    def _query(self, text: str) -> str:
        """Return the core of what was typed; misspelt generic words go as well."""
        typed = words(text)
        kept = [w for w in typed if w not in self._generic and not self._is_slip_of_generic(w)]
        return " ".join(kept) or " ".join(typed)

    def has_misspelt_generic(self, text: str) -> bool:
        """Say whether a word such as 'surgrey' or 'medcial' stands in the text."""
        return any(self._is_slip_of_generic(word) for word in words(text))

    def _is_slip_of_generic(self, word: str) -> bool:
        if len(word) < 5 or word in self._known:
            return False
        limit = 1 if len(word) < 7 else 2
        return any(edits(word, generic, limit) <= limit for generic in _FUZZY_GENERIC)

    def _likeness(self, query: str, full: str, index: int, dice: float) -> float:
        """Return how likely ``query`` (a core) and ``full`` (all that was typed) mean this name."""
        core = self._cores[index]
        slips_in_full = edits(full, self._full[index], 4) if full else 5
        if query == core:
            return 1.0 - 0.004 * slips_in_full
        longest = max(len(query), len(core))
        slips = edits(query.replace(" ", ""), core.replace(" ", ""), max(2, longest // 2))
        if slips_in_full <= 4:
            slips = min(slips, slips_in_full)
        close = 1 - min(slips, longest) / longest
        whole = _shared_words(query.split(), core.split())
        blend = 0.35 * min(1.0, dice) + 0.4 * close + 0.25 * whole
        return min(0.97, max(blend, 0.95 * close)) - 0.004 * slips_in_full


def _compact(text: str) -> str:
    return "".join(words(text))


def _shared_words(query: list[str], core: list[str]) -> float:
    """Return the share of the core's words that were typed, allowing one slip in longer ones."""
    left, found = list(query), 0.0
    for word in core:
        best = 0.0
        taken = None
        for candidate in left:
            if candidate == word:
                best, taken = 1.0, candidate
                break
            slips = 1 if len(word) < 7 else 2
            if len(word) > 3 and (gap := edits(candidate, word, slips)) <= slips and best < 1 - 0.2 * gap:
                best, taken = 1 - 0.2 * gap, candidate
        if taken is not None:
            left.remove(taken)
        found += best
    return 2 * found / (len(core) + len(query))
