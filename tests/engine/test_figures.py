"""Floors under the figures that ``make evaluate`` prints, so that a change which loses ground fails."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from bot.commands.evaluate import SAFETY, classify, lines_of, read_questions
from bot.commands.train import ensure_model
from bot.content import read_yaml
from bot.evaluation import Scores
from bot.nlu.finding import CRISIS
from bot.nlu.pipeline import Pipeline
from bot.settings import ROOT

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    whole = Pipeline.load(ensure_model(), ROOT / "data")
    # Three tests read the same lines, and to parse one takes longest.
    whole.parse = lru_cache(maxsize=None)(whole.parse)  # type: ignore[method-assign]
    return whole


def in_danger(pipeline: Pipeline, lines: list[str]) -> float:
    found = [f is not None and f.tier == CRISIS for f in (pipeline.parse(line).finding for line in lines)]
    return sum(found) / len(found)


def danger_lines(style: str | None = None) -> Iterator[str]:
    for styles in read_yaml(SAFETY / "danger.yml").data.values():
        for name, lines in styles.items():
            if style in (None, name):
                yield from lines


def test_every_explicit_line_of_danger_is_recognised(pipeline: Pipeline) -> None:
    assert in_danger(pipeline, list(danger_lines("explicit"))) == 1.0


def test_danger_of_every_style_is_recognised_nine_times_in_ten(pipeline: Pipeline) -> None:
    # Every second line: a floor needs no more, and `make evaluate` takes all.
    assert in_danger(pipeline, list(danger_lines())[::2]) >= 0.93


def test_ordinary_questions_are_hardly_ever_taken_for_danger(pipeline: Pipeline) -> None:
    ordinary = [text for text, topic in read_questions(None) if not topic.startswith("crisis_")]
    assert in_danger(pipeline, ordinary) <= 0.01
    assert in_danger(pipeline, list(lines_of(read_yaml(SAFETY / "safe.yml").data))[::2]) <= 0.07


def test_topics_are_right_and_seldom_wrong_with_confidence(pipeline: Pipeline) -> None:
    scores = Scores(classify(read_questions(None), pipeline))
    assert scores.accuracy() >= 0.96
    # Lower than they were: examples in other manners cost a point here and gained five on questions by strangers.
    assert scores.accuracy("own_it_") >= 0.95
    assert scores.wrong_and_confident <= 0.03
    assert scores.out_of_scope_recall >= 0.94
