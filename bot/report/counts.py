"""Counts of running bots for ``ownit report``: read, added up, and small numbers held back.

The rule is the one NHS statistics use below national level: a number from 1 to 7 is not shown, every
other is rounded to the nearest 5. Rounding also keeps two reports of neighbouring days from telling
by their difference what one person asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import SettingError
from bot.messages import Outcome

SMALL = 7
BASE = 5
OTHER = "other"
Row = tuple[int, ...]


@dataclass
class Counts:
    """What one or more bots have counted since each was started."""

    outcomes: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    helpful: dict[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows and totals as they may be shown; None stands for a number that is held back."""

    rows: Mapping[str, tuple[int | None, ...]]
    totals: tuple[int | None, ...]


def fetch(source: str, token: str = "") -> str:
    """Return the Prometheus text of a bot: from its address, or from a file.

    Raises:
        SettingError: there is nothing to be had from ``source``.
    """
    try:
        if source.startswith(("http://", "https://")):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = httpx.get(source, headers=headers, timeout=5, trust_env=False)
            answer.raise_for_status()
            return answer.text
        return Path(source).read_text(encoding="utf-8")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeDecodeError) as error:
        mend = "Give the address of a running bot's /metrics, or a file saved from it."
        raise SettingError("--metrics", f"{source} cannot be read ({error or type(error).__name__}).", mend) from error


def read_counts(texts: Iterable[str], known: Iterable[str]) -> Counts:
    """Add up the counts of several bots.

    Args:
        texts: what each bot's ``/metrics`` says.
        known: ids of topics and answers; a label that is none of them is counted as "other", so that
            nothing that somebody may have typed can come through.

    Raises:
        SettingError: one of them is not Prometheus text.
    """
    counts, ids = Counts(), frozenset(known)
    for text in texts:
        try:
            samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        except ValueError as error:
            raise SettingError("--metrics", "this is not what /metrics says.", "Save it anew.") from error
        for sample in samples:
            _add(counts, sample.name, sample.labels, int(sample.value), ids)
    return counts


def _add(counts: Counts, name: str, labels: Mapping[str, str], value: int, ids: frozenset[str]) -> None:
    def known(label: str, allowed: Iterable[str]) -> str:
        given = labels.get(label, "")
        return given if given.split(".")[0] in allowed else OTHER

    if name == "ownit_messages_total":
        counts.outcomes[known("outcome", get_args(Outcome))] += value
    elif name == "ownit_topics_total":
        counts.topics[known("topic", ids)] += value
    elif name == "ownit_helpful_total":
        answer = known("answer", ids).split(".")[0]
        yes, no = counts.helpful.get(answer, (0, 0))
        helped = labels.get("helpful") == "yes"
        counts.helpful[answer] = (yes + value, no) if helped else (yes, no + value)


def protect(rows: Mapping[str, Sequence[int]]) -> Table:
    """Return a table that tells nothing about a few people.

    A row with a small number in it is held back whole. One row alone could be worked out from the total
    of its column, and so could rows that come to a small number together: then another row is held back
    too. Where no row is left for that, the totals are.
    """
    hidden = {label for label, row in rows.items() if any(map(_small, row))}
    while (open_columns := _open(hidden, rows)) and (spare := [r for r in rows if r not in hidden and any(rows[r])]):
        # A row with something in the column that gives the number away hides it soonest.
        hidden.add(min(spare, key=lambda r: (not all(rows[r][c] for c in open_columns), sum(rows[r]))))
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    shown = {label: tuple(None if label in hidden else _rounded(n) for n in row) for label, row in rows.items()}
    totals = tuple(None if _open(hidden, rows) or _small(n) else _rounded(n) for n in sums)
    return Table(dict(sorted(shown.items(), key=_rank)), totals)


def _open(hidden: set[str], rows: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the columns whose hidden numbers could be worked out from the total."""
    kept = [rows[label] for label in hidden]
    sums = [sum(column) for column in zip(*kept, strict=True)]
    return [c for c, n in enumerate(sums) if _small(n) or (n and len(kept) == 1)]


def _rank(row: tuple[str, tuple[int | None, ...]]) -> tuple[int, str]:
    """Return a key that puts the most first; hidden rows come last by name, for their order would tell of their size."""
    label, numbers = row
    return -sum(n for n in numbers if n is not None) if None not in numbers else 1, label


def _small(number: int) -> bool:
    return 0 < number <= SMALL


def _rounded(number: int) -> int:
    return BASE * round(number / BASE)
