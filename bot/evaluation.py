"""Figures about understanding and safety: the pure part of ``ownit evaluate``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from bot.converse import MAX_CHOICES
from bot.nlu.topics import OUT_OF_SCOPE


@dataclass(frozen=True)
class Case:
    """One test question and what the bot made of it.

    Attributes:
        expected: the right topic.
        topic: the bot's first guess; ``asked`` is true when it asked what was meant instead.
        choices: topics it offered then.
    """

    text: str
    expected: str
    topic: str
    confidence: float
    asked: bool
    choices: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the first guess is right."""
        return self.topic == self.expected

    @property
    def wrong_and_confident(self) -> bool:
        """Whether a wrong topic was answered outright: the worst outcome there is.

        Being sent to the out-of-scope reply is a miss, not a wrong answer.
        """
        return not self.right and not self.asked and self.topic != OUT_OF_SCOPE


@dataclass
class Scores:
    """The figures of a set of cases; every share is from 0 to 1."""

    cases: Sequence[Case]
    confusions: Counter[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Count the confusions once."""
        self.confusions = Counter((c.expected, c.topic) for c in self.cases if not c.right)

    def accuracy(self, prefix: str = "") -> float:
        """Return the share of first guesses that are right, of topics starting with ``prefix``."""
        return _share(c.right for c in self.cases if c.expected.startswith(prefix))

    @property
    def wrong_and_confident(self) -> float:
        """Share of all messages answered outright with a wrong topic."""
        return _share(c.wrong_and_confident for c in self.cases)

    @property
    def asked(self) -> float:
        """Share of messages on which the bot asked what was meant."""
        return _share(c.asked for c in self.cases)

    @property
    def right_among_choices(self) -> float:
        """Of the messages on which it asked, the share whose topic was among the choices."""
        return _share(c.expected in c.choices[:MAX_CHOICES] for c in self.cases if c.asked)

    @property
    def out_of_scope_recall(self) -> float:
        """Share of out-of-scope messages caught as such, or at least not answered."""
        return _share(c.topic == OUT_OF_SCOPE or c.asked for c in self.cases if c.expected == OUT_OF_SCOPE)

    def by_topic(self) -> dict[str, tuple[float, float, int]]:
        """Return (precision, recall, count) of each expected topic."""
        out = {}
        for topic in sorted({c.expected for c in self.cases}):
            mine = [c for c in self.cases if c.expected == topic]
            said = [c for c in self.cases if c.topic == topic]
            out[topic] = (_share(c.right for c in said), _share(c.right for c in mine), len(mine))
        return out

    @property
    def macro_f1(self) -> float:
        """Mean over topics of the harmonic mean of precision and recall."""
        rows = self.by_topic().values()
        return sum(2 * p * r / (p + r) if p + r else 0.0 for p, r, _ in rows) / max(1, len(rows))

    def reliability(self, bins: int = 10) -> list[tuple[float, float, int]]:
        """Return (mean confidence, share right, count) for each tenth of confidence that has cases."""
        buckets: dict[int, list[Case]] = defaultdict(list)
        for case in self.cases:
            buckets[min(bins - 1, int(case.confidence * bins))].append(case)
        return [(sum(c.confidence for c in b) / len(b), _share(c.right for c in b), len(b)) for _, b in sorted(buckets.items())]


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values) if values else 0.0


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson's score interval)."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    middle, spread = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + z * z / of)), min(1.0, (middle + spread) / (1 + z * z / of))


def flatten(data: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return (question, topic) pairs of a questions file; out-of-scope ones stand by kind."""
    pairs = []
    for topic, lines in data.items():
        if isinstance(lines, Mapping):
            pairs += [(str(text), topic) for kind in lines.values() for text in kind]
        else:
            pairs += [(str(text), topic) for text in lines]  # type: ignore[attr-defined]
    return pairs
