"""What a trained model, and each step of it, is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bot.settings import ROOT

# Spelling is learnt from questions and dangers, and every step learns from what is spelt right.
_EVERY_STEP = ("requirements.lock", "data/spelling.yml", "data/nlu/*.yml", "data/safety/*.yml", "bot/nlu/*.py")
_FOLLOW_UPS = "data/follow_ups/*.yml"
_STEPS = {"TopicClassifier": (_FOLLOW_UPS,), "SafetyDetector": (_FOLLOW_UPS,)}


def fingerprint(root: Path = ROOT) -> str:
    """Return a hash of everything the model is made from."""
    return _hash((*_EVERY_STEP, _FOLLOW_UPS, "config.yml", "domain.yml", "data/stories/*.yml"), root)


def step_fingerprint(step: str, root: Path = ROOT) -> str:
    """Return a hash of what the class ``step`` of `bot.nlu.components` learns from; Rasa trains it again when that changes."""
    return _hash((*_EVERY_STEP, *_STEPS.get(step, ())), root)


def _hash(patterns: Iterable[str], root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for pattern in patterns for p in root.glob(pattern)):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
