"""Rasa's default pipeline, trained on the same questions: what ``ownit evaluate --baseline`` compares with."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bot.evaluation import Case, Scores
from bot.nlu.encoder import shared_encoder
from bot.nlu.pipeline import Pipeline
from bot.nlu.training import labelled, read_entries, train_topics
from bot.settings import ROOT

# What `rasa init` of 3.6.21 writes, without the parts that have nothing to do here (synonyms, response selection).
PIPELINE = (
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
)
_FALLBACK = "nlu_fallback"


def baseline_scores(pairs: Sequence[tuple[str, str]], each: int | None = None) -> Scores:
    """Return what Rasa's default pipeline makes of (question, topic) pairs; training it takes many minutes.

    Args:
        each: train on so many questions of each sort (`sample`); None for all.
    """
    with TemporaryDirectory() as folder:
        project = Path(folder)
        _write_project(project, each)
        print("\nTraining Rasa's default pipeline (DIET, 100 epochs: many minutes) …", flush=True)
        _rasa(project, "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml", "--out", "models")
        code = "import sys; from bot.commands.baseline import parse_all; parse_all(sys.argv[1])"
        asked = json.dumps([text for text, _ in pairs])
        command = [sys.executable, "-W", "ignore", "-c", code, str(next((project / "models").glob("*.tar.gz")))]
        done = subprocess.run(command, input=asked, cwd=ROOT, env=_ENV, capture_output=True, text=True, check=True)
    ranked = json.loads(done.stdout.splitlines()[-1])
    return Scores([_case(text, topic, ranking) for (text, topic), ranking in zip(pairs, ranked, strict=True)])


def trained_on(each: int, pipeline: Pipeline, content: Path) -> Pipeline:
    """Return ``pipeline`` with its topics learnt from `sample` alone."""
    examples = labelled((text, intent, kind) for intent, kind, questions in sample(each) for text in questions)
    sampled = copy(pipeline)
    sampled.topics = train_topics(examples, content, shared_encoder())
    return sampled


def sample(each: int | None) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield every entry of ``data/nlu`` (`read_entries`) with ``each`` of its questions, spread over all; None for all."""
    for intent, kind, questions in read_entries(ROOT / "data"):
        step = max(1, len(questions) // each) if each else 1
        yield intent, kind, questions[::step][:each]


def compare(ours: Scores, pairs: Sequence[tuple[str, str]], each: int | None = None) -> None:
    """Print our figures and the default pipeline's side by side."""
    theirs = baseline_scores(pairs, each)
    print(f"\n  {'':<30}{'Own It':>9}{'default':>9}")
    for label, pick in (
        ("accuracy, all topics", lambda s: s.accuracy()),
        ("accuracy, the six questions", lambda s: s.accuracy("own_it_")),
        ("macro F1", lambda s: s.macro_f1),
        ("wrong and confident", lambda s: s.wrong_and_confident),
        ("out-of-scope caught", lambda s: s.out_of_scope_recall),
    ):
        print(f"  {label:<30}{pick(ours):>9.1%}{pick(theirs):>9.1%}")


def parse_all(model: str) -> None:
    """Print the intent rankings of the messages on standard input, as one JSON line; runs in a process of its own."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)

    async def rank(text: str) -> list[tuple[str, float]]:
        parsed = await agent.parse_message(text)
        return [(intent["name"], intent["confidence"]) for intent in parsed["intent_ranking"]]

    texts = json.load(sys.stdin)
    loop = asyncio.new_event_loop()
    print(json.dumps([loop.run_until_complete(rank(text)) for text in texts]))


_ENV = {**os.environ, "OWNIT_TENSORFLOW": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "RASA_TELEMETRY_ENABLED": "false"}


def _rasa(project: Path, *arguments: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "bot.engine_main", *arguments]
    env = {**_ENV, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=project, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def _write_project(project: Path, each: int | None) -> None:
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in questions)} for intent, _, questions in sample(each)
    ]
    config = {"recipe": "default.v1", "language": "en", "pipeline": list(PIPELINE), "policies": [{"name": "RulePolicy"}]}
    for name, data in (("config.yml", config), ("nlu.yml", {"version": "3.1", "nlu": nlu})):
        (project / name).write_text(yaml.safe_dump(data, allow_unicode=True, width=10_000), encoding="utf-8")


def _case(text: str, topic: str, ranking: Sequence[tuple[str, float]]) -> Case:
    named = [(intent, share) for intent, share in ranking if intent != _FALLBACK]
    choices = tuple(intent for intent, _ in named)
    return Case(text, topic, named[0][0], named[0][1], ranking[0][0] == _FALLBACK, choices)
