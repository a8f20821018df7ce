"""What a trained model is made from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.settings import ROOT

_SOURCES = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data/spelling.yml",
    "data/nlu/*.yml",
    "data/follow_ups/*.yml",
    "data/stories/*.yml",
    "data/safety/*.yml",
    "bot/nlu/*.py",
)


def fingerprint(root: Path = ROOT) -> str:
    """Return a hash of everything the model is made from."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in _SOURCES for p in root.glob(pattern)):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
