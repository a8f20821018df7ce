"""What was found in a message: of which kind, how urgent, and by what."""

from __future__ import annotations

from dataclasses import dataclass

CRISIS = "crisis"
SUPPORT = "support"
SAFE = "safe"  # the kind of what is no danger
ANY = "any"  # danger of whatever kind
CLASSIFIER = "classifier"  # what stands in place of a rule's id


@dataclass(frozen=True)
class Finding:
    """What was found in a message, without any word of the message.

    ``rule`` is the id of the phrase rule, or ``classifier``. ``score`` is 1.0 for a rule, else a probability.
    ``language`` is the two-letter code of the language the rule is written for. ``sure`` is False when only rules
    matched whose words are as often harmless: the classifier may then soften a crisis to support.
    """

    kind: str
    topic: str
    tier: str
    rule: str
    score: float
    language: str = "en"
    sure: bool = True
