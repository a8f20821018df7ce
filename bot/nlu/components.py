"""The understanding steps as Rasa graph components, in the order of ``config.yml``.

Each class is a thin shell: it loads or trains one piece and runs one step of
`bot.nlu.understand`. Trained pieces are kept as JSON and npz: skops, which Rasa's own components
use, costs seconds of start-up, and pickle runs what it reads.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.messages import SURE
from bot.nlu import understand
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import shared_encoder
from bot.nlu.foreign import ForeignModel
from bot.nlu.learning import Learnt, learnt
from bot.nlu.phrases import SafetyRules
from bot.nlu.safety import Thresholds
from bot.nlu.sources import step_fingerprint
from bot.nlu.spelling import Speller
from bot.nlu.topics import TopicModel
from bot.nlu.training import labelled
from bot.nlu.understand import Parsed
from bot.settings import Settings

# Featurizers too are registered so: Rasa would load those in a training, for questions that `learn` reads by itself.
_CLASSIFIER = DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER
PARSED = "parsed"


class _Step(GraphComponent):
    """What every step shares: its configuration and its place in the model archive."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._content = Settings.from_env().content

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> _Step:
        """Make the component for training (Rasa's graph protocol)."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> _Step:
        """Make the component for a trained model (Rasa's graph protocol)."""
        step = cls(config, model_storage, resource)
        step.prepare()
        return step

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return what else the trained step depends on: Rasa's cache sees neither our files nor our modules."""
        return step_fingerprint(cls.__name__)

    def prepare(self) -> None:
        """Read what the step needs: what training left, unless it learns nothing."""
        with self._storage.read_from(self._resource) as folder:
            self.restore(folder)

    def restore(self, folder: Path) -> None:
        """Read what training left in ``folder``."""
        raise NotImplementedError

    def learnt(self, training_data: TrainingData) -> Learnt:
        """Return what all steps learn from the training questions and their labels, out-of-scope ones by kind."""
        examples = labelled(
            (m.get(TEXT), m.get(INTENT), ((m.get("metadata") or {}).get(INTENT) or {}).get("kind"))
            for m in training_data.intent_examples
        )
        return learnt(tuple(examples), self._content)

    def process(self, messages: list[Message]) -> list[Message]:
        """Run this step on each message."""
        for message in messages:
            self.step(message)
        return messages

    def step(self, message: Message) -> None:
        """Run this step on one message."""
        raise NotImplementedError


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=True)
class SpellCorrector(_Step):
    """Splits a message into its questions and mends their spelling."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the training questions, and which stand beside which."""
        with self._storage.write_to(self._resource) as folder:
            (folder / "seen.json").write_text(json.dumps(self.learnt(training_data).seen))
        return self._resource

    def restore(self, folder: Path) -> None:
        """Read the words learnt in training."""
        self._speller = Speller.load(self._content / "spelling.yml", json.loads((folder / "seen.json").read_text()))

    def step(self, message: Message) -> None:
        """Split and mend one message."""
        parsed = Parsed(message.get(TEXT) or "")
        understand.spell(parsed, self._speller)
        message.set(PARSED, parsed)


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=False)
class SentenceEncoder(_Step):
    """Turns each question of a message into a sentence vector."""

    def prepare(self) -> None:
        """Read the weights: the first message must not wait for them."""
        shared_encoder().load()

    def step(self, message: Message) -> None:
        """Begin to encode one message."""
        understand.encode(message.get(PARSED), shared_encoder())


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=False)
class PhraseRules(_Step):
    """Looks for danger in the words while the encoders multiply."""

    def prepare(self) -> None:
        """Read the rules, and compile them behind the scenes."""
        self._rules = _rules(self._content / "safety")
        self._rules.warm()

    def step(self, message: Message) -> None:
        """Look at one message."""
        understand.look(message.get(PARSED), self._rules)


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=True)
class TopicClassifier(_Step):
    """Finds the topic, and how likely the message goes on with each other one."""

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the classifier and its confidence."""
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "topics.npz", **self.learnt(training_data).topics)
        return self._resource

    def restore(self, folder: Path) -> None:
        """Read the trained arrays."""
        with np.load(folder / "topics.npz", allow_pickle=False) as arrays:
            self._model = TopicModel.from_arrays(arrays)

    def step(self, message: Message) -> None:
        """Guess the topic of each question in one message."""
        understand.classify(message.get(PARSED), self._model)


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=True)
class ForeignListener(_Step):
    """Ranks the topics of a message that is not English."""

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on English questions."""
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "foreign.npz", **self.learnt(training_data).foreign)
        return self._resource

    def restore(self, folder: Path) -> None:
        """Read the trained arrays; the encoder waits for the first message that needs it."""
        with np.load(folder / "foreign.npz", allow_pickle=False) as arrays:
            self._model = ForeignModel.from_arrays(arrays)

    def step(self, message: Message) -> None:
        """Look at one message."""
        understand.classify_foreign(message.get(PARSED), self._model)


@DefaultV1Recipe.register([_CLASSIFIER], is_trainable=True)
class SafetyDetector(_Step):
    """Weighs danger, which beats every other topic, and concludes what was understood."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: below ``bar`` the bot asks what was meant."""
        return {"bar": SURE}

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the danger classifier on ``data/safety`` and, as safe, the ordinary questions."""
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "danger.npz", **self.learnt(training_data).danger)
        return self._resource

    def restore(self, folder: Path) -> None:
        """Read the trained arrays and the phrase rules."""
        with np.load(folder / "danger.npz", allow_pickle=False) as arrays:
            self._danger = DangerClassifier.from_arrays(arrays)
        self._rules = _rules(self._content / "safety")
        self._bars = Thresholds.load(self._content / "safety")

    def step(self, message: Message) -> None:
        """Check one message and write what Rasa's rules and answers read."""
        parsed: Parsed = message.get(PARSED)
        understand.check_safety(parsed, self._rules, self._danger, self._bars)
        intent, confidence, heard = understand.conclude(parsed, self._config["bar"])
        message.set(INTENT, {"name": intent, "confidence": confidence}, add_to_output=True)
        ranking = [{"name": t, "confidence": p} for t, p in heard.ranking]
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set("understanding", asdict(heard), add_to_output=True)
        slots = {"age_band": heard.band if heard.lasting else None, "reader": heard.reader}
        entities = [_entity(name, value, message) for name, value in slots.items() if value]
        message.set(ENTITIES, entities, add_to_output=True)
        message.data.pop(PARSED)


@lru_cache(maxsize=1)
def _rules(folder: Path) -> SafetyRules:
    return SafetyRules.load(folder)


def _entity(name: str, value: str, message: Message) -> dict[str, Any]:
    """Return a whole-message entity: where in the words the age stood is nobody's business."""
    return {"entity": name, "value": value, "start": 0, "end": len(message.get(TEXT) or ""), "extractor": "SafetyDetector"}
