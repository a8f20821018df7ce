"""The trained understanding without Rasa: for the command-line tools, from the same model archive."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import EngineError
from bot.messages import SURE, Understanding
from bot.nlu import understand
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import shared_encoder
from bot.nlu.foreign import ForeignModel
from bot.nlu.phrases import SafetyRules
from bot.nlu.safety import Thresholds
from bot.nlu.spelling import Speller
from bot.nlu.topics import TopicModel
from bot.nlu.understand import Parsed


class Pipeline:
    """Runs every understanding step on a message."""

    def __init__(
        self,
        speller: Speller,
        topics: TopicModel,
        danger: DangerClassifier,
        foreign: ForeignModel,
        content: Path,
        bar: float = SURE,
    ) -> None:
        """Put the trained pieces together; rules and bars are read from ``content``."""
        self.speller, self.topics, self.danger, self.foreign, self.bar = speller, topics, danger, foreign, bar
        self.rules = SafetyRules.load(content / "safety")
        self.bars = Thresholds.load(content / "safety")

    @classmethod
    def load(cls, model: Path, content: Path) -> Pipeline:
        """Read a model archive that ``rasa train`` wrote.

        Raises:
            EngineError: the archive is not one of this bot's.
        """
        pieces: dict[str, bytes] = {}
        with tarfile.open(model) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member)
                if file and member.name.endswith(("topics.npz", "danger.npz", "foreign.npz", "seen.json")):
                    pieces[Path(member.name).name] = file.read()
        if len(pieces) != 4:
            raise EngineError(str(model), "is not a model of this bot.", "Run `make train`.")
        return cls(
            Speller.load(content / "spelling.yml", json.loads(pieces["seen.json"])),
            TopicModel.from_arrays(_arrays(pieces["topics.npz"])),
            DangerClassifier.from_arrays(_arrays(pieces["danger.npz"])),
            ForeignModel.from_arrays(_arrays(pieces["foreign.npz"])),
            content,
        )

    def parse(self, text: str) -> Parsed:
        """Return the message after every step."""
        parsed = Parsed(text)
        understand.spell(parsed, self.speller)
        understand.encode(parsed, shared_encoder())
        understand.look(parsed, self.rules)
        understand.classify(parsed, self.topics)
        understand.classify_foreign(parsed, self.foreign)
        understand.check_safety(parsed, self.rules, self.danger, self.bars)
        return parsed

    def conclude(self, text: str) -> tuple[str, float, Understanding]:
        """Return the intent, its confidence and all that was understood, as Rasa's rules get it."""
        return understand.conclude(self.parse(text), self.bar)


def _arrays(data: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)
