"""Find danger in what a young person writes.

Two things look at every message. *Phrase rules* (`bot.nlu.phrases`, ``data/safety/<kind>.yml``) are written by people, cost
well under a millisecond and explain themselves by a rule id. A *classifier* (`bot.nlu.danger`) catches what no rule foresaw.
`combine` makes one finding of both. The classifier can raise a finding or a tier. It can lower only what rules marked
``doubtful`` found ("done with life", of a lesson), and no further than to support; where it does not run, they count in full.

A finding has a tier:

* ``crisis`` interrupts whatever the message was about;
* ``support`` is a word of danger inside a question about rights ("can I see a doctor about self-harm without mum
  knowing"): the person gets a short line of support *and* the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.nlu.finding import ANY, CLASSIFIER, CRISIS, SUPPORT, Finding
from bot.nlu.phrases import SafetyRules
from bot.nlu.readings import DEFAULT_FOLDER, read


@dataclass(frozen=True)
class Thresholds:
    """How likely danger must be, by the surest kind: for a crisis, and for a soft line of support.

    Below ``doubt`` the words of a doubtful rule are taken for harmless ones, and get support only. Inside a question
    about rights it takes ``asking`` to interrupt, or ``beside`` in a clause that stands beside the question.
    """

    crisis: Mapping[str, float]
    support: Mapping[str, float]
    default_crisis: float = 0.9
    default_support: float = 0.65
    doubt: float = 0.3
    asking: float = 0.98
    beside: float = 0.75

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> Thresholds:
        """Read `thresholds.yml`."""
        data = read(folder / "thresholds.yml")
        default = data["default"]
        bars = {name: data[name] for name in ("crisis", "support", "doubt", "asking", "beside")}
        return cls(**bars, default_crisis=default["crisis"], default_support=default["support"])

    def tier(self, kind: str, probability: float) -> str | None:
        """Return the tier that a probability reaches, or None."""
        if probability >= self.crisis.get(kind, self.default_crisis):
            return CRISIS
        if probability >= self.support.get(kind, self.default_support):
            return SUPPORT
        return None


def combine(
    found: Finding | None,
    scores: Mapping[str, float],
    is_rights_question: bool,
    rules: SafetyRules,
    thresholds: Thresholds,
) -> Finding | None:
    """Return one finding from a rule's finding and the classifier's probabilities.

    A crisis by rule stands; by a doubtful rule alone it is softened to support when the classifier is all but sure
    that the message is harmless. Otherwise the classifier's surest kind counts when it reaches its threshold; inside
    a question about rights, which may name a danger without being in it, it has to be surer to interrupt.
    """
    if found is not None and found.tier == CRISIS:
        unlikely = scores.get(ANY, 1.0) < thresholds.doubt
        return replace(found, tier=SUPPORT) if unlikely and not found.sure else found
    guess = _surest(scores, rules, thresholds)
    if guess is not None and is_rights_question and guess.score < thresholds.asking:
        guess = replace(guess, tier=SUPPORT)
    if found is None:
        return guess
    return guess if guess is not None and guess.tier == CRISIS else found


def _surest(scores: Mapping[str, float], rules: SafetyRules, thresholds: Thresholds) -> Finding | None:
    known = [kind for kind in rules.all_kinds if kind in scores]
    if not known:
        return None
    kind = max(known, key=lambda k: scores[k])
    danger = scores.get(ANY, scores[kind])
    tier = thresholds.tier(kind, danger)
    return Finding(kind, rules.topic(kind), tier, CLASSIFIER, danger) if tier else None
