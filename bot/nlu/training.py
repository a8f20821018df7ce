"""Training the topic classifier from the questions of ``data/nlu``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bot.content import GROUPS, read_yaml
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import Encoder
from bot.nlu.regression import stopping_early
from bot.nlu.safety import SAFE
from bot.nlu.spelling import Speller
from bot.nlu.topics import OUT_OF_SCOPE, TopicModel
from bot.nlu.wording import read_alike

Example = tuple[str, str]


def labelled(examples: Iterable[tuple[str, str, str | None]]) -> list[Example]:
    """Return (question, label) pairs from (question, intent, out-of-scope kind)."""
    return [(text, f"{intent}:{kind}" if intent == OUT_OF_SCOPE and kind else intent) for text, intent, kind in examples]


def read_entries(content: Path) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield each entry of ``nlu/*.yml`` under ``content`` as (intent, out-of-scope kind, questions)."""
    for group in GROUPS:
        for entry in read_yaml(content / "nlu" / f"{group}.yml").data["nlu"]:
            lines = (line.strip() for line in entry["examples"].splitlines())
            questions = [line[2:].strip() for line in lines if line.startswith("- ")]
            yield entry["intent"], (entry.get("metadata") or {}).get("kind"), questions


def read_questions(content: Path) -> list[Example]:
    """Return every training question of ``nlu/*.yml`` under ``content`` with its label."""
    return labelled((text, intent, kind) for intent, kind, questions in read_entries(content) for text in questions)


def train_topics(examples: Sequence[Example], content: Path, encoder: Encoder) -> TopicModel:
    """Fit the topic classifier and its confidence."""
    texts = _mended(examples, examples, content)
    return TopicModel.train(encoder.encode_many(texts), [label for _, label in examples], texts, _alike(content))


def _mended(examples: Sequence[Example], questions: Sequence[Example], content: Path) -> list[str]:
    """Return the texts of ``examples``, mended as a person's messages will be."""
    speller = Speller.load(content / "spelling.yml", [text for text, _ in questions])
    return speller.mend_all(text for text, _ in examples)


def _alike(content: Path) -> dict[str, str]:
    return read_alike(content / "spelling.yml")


def read_dangers(content: Path) -> list[Example]:
    """Return every example of ``safety/*.yml`` under ``content`` as (message, kind or ``safe``)."""
    documents = (read_yaml(path).data for path in sorted((content / "safety").glob("*.yml")))
    return [
        (line.strip(), d["kind"])
        for d in documents
        if "kind" in d
        for line in str(d.get("examples", "")).splitlines()
        if line.strip()
    ]


def ordinary(questions: Sequence[Example]) -> list[str]:
    """Return the training questions that are surely no danger.

    Questions about mental health stand too near to distress to be called safe without a reading.
    """
    return [text for text, label in questions if not label.startswith(("crisis_", "mental_health_access"))]


def train_danger(questions: Sequence[Example], content: Path, encoder: Encoder) -> DangerClassifier:
    """Fit the danger classifier; ordinary questions count as safe."""
    examples = [*read_dangers(content), *((text, SAFE) for text in ordinary(questions))]
    texts = _mended(examples, questions, content)
    with stopping_early():
        return DangerClassifier.train(encoder.encode_many(texts), texts, [label for _, label in examples], _alike(content))
