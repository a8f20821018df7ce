"""``ownit evaluate``: figures about understanding and safety on questions nobody trained on."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.commands.train import ensure_model
from bot.content import read_yaml
from bot.converse import offered
from bot.evaluation import Case, Scores, flatten, wilson
from bot.nlu.pipeline import Pipeline
from bot.settings import ROOT, Settings

QUESTIONS = ROOT / "tests" / "questions"
SAFETY = ROOT / "tests" / "safety"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--questions", type=Path, help="a questions file (topic: [lines]) instead of tests/questions")
    parser.add_argument("--danger", type=Path, help="a danger file (kind: style: [lines]) instead of tests/safety/danger.yml")
    parser.add_argument("--safe", type=Path, help="a file of hard negatives instead of tests/safety/safe.yml")
    parser.add_argument("--only", choices=("questions", "safety"), help="one part alone")
    parser.add_argument("--misses", action="store_true", help="list every miss")
    parser.add_argument("--baseline", action="store_true", help="train Rasa's default pipeline too and show it beside")
    parser.add_argument("--each", type=int, help="with --baseline: train both on so many questions of each sort")
    parser.add_argument("--page", type=Path, help="write the HTML page here (default var/evaluation.html)")


def run(arguments: argparse.Namespace) -> int:
    """Print the figures and write the page."""
    settings = Settings.from_env()
    pipeline = Pipeline.load(ensure_model(), settings.content)
    if arguments.only != "safety":
        scores = Scores(classify(read_questions(arguments.questions), pipeline))
        print_scores(scores, arguments.misses)
        write_page(scores, arguments.page or settings.var / "evaluation.html")
        # The preview shows the misses of our own questions beside the answers; others' questions are not ours to show.
        if arguments.questions is None:
            write_cases(scores, settings.var / "evaluation.json", datetime.now(timezone.utc))
        if arguments.baseline:
            from bot.commands.baseline import compare, trained_on

            pairs = read_questions(arguments.questions)
            if arguments.each:
                scores = Scores(classify(pairs, trained_on(arguments.each, pipeline, settings.content)))
            compare(scores, pairs, arguments.each)
    if arguments.only != "questions":
        evaluate_safety(pipeline, arguments.danger, arguments.safe, arguments.misses)
    return 0


def read_questions(file: Path | None) -> list[tuple[str, str]]:
    """Return (question, topic) pairs of ``file``, or of all of tests/questions."""
    files = [file] if file else sorted(QUESTIONS.glob("*.yml"))
    return [pair for f in files for pair in flatten(read_yaml(f).data)]


def classify(pairs: Iterable[tuple[str, str]], pipeline: Pipeline) -> list[Case]:
    """Return what the bot makes of each question."""
    cases = []
    for text, expected in pairs:
        intent, confidence, heard = pipeline.conclude(text)
        topic = heard.topics[0][0] if intent in ("nlu_fallback", "follow_up") else intent
        if intent == "follow_up":
            topic = "help" if heard.follow_up == "restart" else topic
        choices = offered(heard.ranking)
        cases.append(Case(text, expected, topic, confidence, intent == "nlu_fallback", choices))
    return cases


def print_scores(scores: Scores, misses: bool = False) -> None:
    """Print the figures of understanding."""
    print(f"Understanding, {len(scores.cases)} questions")
    for label, value in (
        ("accuracy, all topics", scores.accuracy()),
        ("accuracy, the six questions", scores.accuracy("own_it_")),
        ("macro F1", scores.macro_f1),
        ("wrong and confident", scores.wrong_and_confident),
        ("asked what was meant", scores.asked),
        ("right among the choices", scores.right_among_choices),
        ("out-of-scope caught", scores.out_of_scope_recall),
    ):
        print(f"  {label:<30}{value:7.1%}")
    print(f"\n  {'topic':<28}{'precision':>10}{'recall':>8}{'n':>5}")
    for topic, (precision, recall, count) in scores.by_topic().items():
        print(f"  {topic:<28}{precision:>10.1%}{recall:>8.1%}{count:>5}")
    print("\n  worst confusions (expected -> understood)")
    for (expected, topic), count in scores.confusions.most_common(12):
        print(f"  {count:>3}  {expected} -> {topic}")
    if misses:
        for case in scores.cases:
            if not case.right:
                mark = "!" if case.wrong_and_confident else " "
                print(f" {mark} {case.confidence:.2f} {case.expected} -> {case.topic}: {case.text}")


def evaluate_safety(pipeline: Pipeline, danger: Path | None, safe: Path | None, misses: bool) -> None:
    """Print recall by kind and by style, and false alarms."""
    rows: list[tuple[str, str, str, str | None]] = []
    for kind, styles in read_yaml(danger or SAFETY / "danger.yml").data.items():
        for style, lines in styles.items():
            rows += [(kind, style, line, _found(pipeline, line)) for line in lines]
    print(f"\nSafety, {len(rows)} lines of danger")
    for title, column in (("kind", 0), ("style", 1)):
        for name in dict.fromkeys(row[column] for row in rows):
            mine = [row for row in rows if row[column] == name]
            _print_share(f"{title} {name}", sum(r[3] == "crisis" for r in mine), len(mine))
    _print_share("all", sum(r[3] == "crisis" for r in rows), len(rows))
    _print_share("all, support line counted", sum(r[3] is not None for r in rows), len(rows))
    alarms: list[tuple[str, str]] = []
    for title, lines in (
        ("hard negatives", list(lines_of(read_yaml(safe or SAFETY / "safe.yml").data))),
        ("ordinary questions", [t for t, topic in read_questions(None) if not topic.startswith("crisis_")]),
    ):
        hits = [line for line in lines if _found(pipeline, line) == "crisis"]
        alarms += [(title, line) for line in hits]
        _print_share(f"false alarms, {title}", len(hits), len(lines))
    if misses:
        for kind, style, line, found in rows:
            if found != "crisis":
                print(f"  missed ({found}) {kind}/{style}: {line}")
        for title, line in alarms:
            print(f"  false alarm, {title}: {line}")


def _found(pipeline: Pipeline, line: str) -> str | None:
    finding = pipeline.parse(line).finding
    return finding.tier if finding else None


def lines_of(data: Any) -> Iterable[str]:
    """Return every line of a list or of lists by name, however deep."""
    if isinstance(data, str):
        yield data
    else:
        for item in data.values() if isinstance(data, dict) else data:
            yield from lines_of(item)


def _print_share(label: str, hits: int, of: int) -> None:
    low, high = wilson(hits, of)
    print(f"  {label:<34}{hits:>4}/{of:<4}{hits / of if of else 0:7.1%}   95 %: {low:.1%} to {high:.1%}")


def write_page(scores: Scores, path: Path) -> None:
    """Write the HTML page with the confusion matrix and the reliability curve as pictures (SVG)."""
    from bot.evaluation_page import page

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(scores), encoding="utf-8")
    print(f"\n  page: {path}")


def write_cases(scores: Scores, path: Path, now: datetime) -> None:
    """Write what the bot made of each test question, for ``ownit preview``."""
    cases = [{"text": c.text, "expected": c.expected, "topic": c.topic, "asked": c.asked} for c in scores.cases]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"made": now.isoformat(timespec="minutes"), "cases": cases}, indent=1), encoding="utf-8")
