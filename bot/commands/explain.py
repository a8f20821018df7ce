"""``ownit explain "text"``: why a message gets the answer it gets."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from bot.answers import Asked, Book
from bot.converse import GOES_ON, offered
from bot.errors import EngineError
from bot.markdown import to_plain
from bot.nlu.encoder import shared_encoder
from bot.nlu.finding import CLASSIFIER
from bot.nlu.pipeline import Pipeline
from bot.nlu.sources import fingerprint
from bot.nlu.training import Example, read_questions
from bot.nlu.understand import conclude
from bot.processes import newest_model
from bot.settings import Settings

_NEAREST = 5
_RANKED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("message", nargs="+", help="what somebody might write, in quotes; several are explained in turn")
    parser.add_argument("--json", action="store_true", help="one JSON object a message")


def run(arguments: argparse.Namespace) -> int:
    """Explain each message."""
    settings = Settings.from_env()
    model = newest_model()
    if model is None:
        raise EngineError("models", "hold no trained model.", "Run `make train`.")
    if fingerprint() not in model.name:
        print("(The content has changed since the model was trained: `make train` brings it up to date.)\n", file=sys.stderr)
    pipeline = Pipeline.load(model, settings.content)
    book = Book.load(settings.content)
    questions = read_questions(settings.content)
    for message in arguments.message:
        found = explain(message, pipeline, questions, book)
        print(json.dumps(found, ensure_ascii=False) if arguments.json else as_text(found), flush=True)
    return 0


def explain(message: str, pipeline: Pipeline, questions: list[Example], book: Book) -> dict[str, Any]:
    """Return all that led to the answer of ``message`` when it is the first of a conversation."""
    parsed = pipeline.parse(message)
    intent, confidence, heard = conclude(parsed, pipeline.bar)
    finding = parsed.finding
    return {
        "text": message,
        "read_as": parsed.mended[0],
        "questions": parsed.parts[1:],
        "intent": intent,
        "confidence": round(confidence, 3),
        "bar": pipeline.bar,
        "topics": [(t, round(c, 3)) for t, c in heard.topics],
        "ranking": [(t, round(p, 3)) for t, p in heard.ranking[:_RANKED]],
        "offered": list(offered(heard.ranking)) if intent == "nlu_fallback" else [],
        "kind": heard.kind if intent == "out_of_scope" else None,
        "nearest": nearest(parsed.vectors[0], pipeline, questions),
        "age_band": heard.band,
        "reader": heard.reader,
        "follow_up": heard.follow_up,
        "goes_on": [(t, round(p, 3)) for t, p in sorted(heard.goes_on, key=lambda g: -g[1]) if p >= GOES_ON],
        "language": heard.language,
        "safety": vars(finding) if finding else None,
        "rules": pipeline.rules.matches(message),
        "is_rights_question": bool(parsed.typed and parsed.typed.asks),
        "answer": _answer(intent, heard, book),
    }


def nearest(vector: Any, pipeline: Pipeline, questions: list[Example]) -> list[tuple[float, str, str]]:
    """Return (cosine, topic, training question) of the nearest ones.

    The model keeps vectors without their words, so the words are found again among the questions
    of the same topics.
    """
    topics = pipeline.topics
    labels = {topics.views.labels[topics.answers[row]] for row, _ in topics.neighbours(vector, 2 * _NEAREST)}
    near = [(text, label) for text, label in questions if label in labels]
    if not near:
        return []
    # Those of the last training are kept, so that none of thousands has to be encoded again.
    vectors = shared_encoder().encode_many([pipeline.speller.mend(text) for text, _ in near])
    cosines = vectors @ vector
    order = sorted(range(len(near)), key=lambda i: -cosines[i])[:_NEAREST]
    return [(round(float(cosines[i]), 3), near[i][1], near[i][0]) for i in order]


def _answer(intent: str, heard: Any, book: Book) -> dict[str, Any] | None:
    if intent not in book.answers:
        return None
    answer = book.answers[intent]
    kind = heard.safety[0] if heard.safety and heard.safety[1] == "crisis" else heard.kind
    part = answer.part_for(heard.words[0]) if heard.words else None
    reply = book.reply(intent, Asked(heard.band, heard.reader, part, kind))
    return {"id": reply.answer, "file": f"data/answers/{answer.group}.yml", "first": to_plain(reply.text[0])}


def as_text(found: dict[str, Any]) -> str:
    """Return an explanation as a terminal shows it."""
    rows: list[tuple[str, str]] = [("read as", found["read_as"])]
    rows += [("one question", q) for q in found["questions"]]
    sure = f"confidence {found['confidence']:.2f}, asks below {found['bar']:.2f}"
    rows.append(("topic", f"{found['intent']}{' / ' + found['kind'] if found['kind'] else ''}   ({sure})"))
    if len(found["topics"]) > 1:
        rows.append(("answers", ", ".join(t for t, _ in found["topics"])))
    if found["offered"]:
        rows.append(("would offer", ", ".join(found["offered"])))
    rows += [("ranking" if n == 0 else "", f"{p:.2f}  {t}") for n, (t, p) in enumerate(found["ranking"])]
    rows += [("nearest" if n == 0 else "", f"{c:.2f}  {q}   [{t}]") for n, (c, t, q) in enumerate(found["nearest"])]
    rows.append(("age", found["age_band"] or "not said"))
    rows.append(("who asks", found["reader"] or "not said: a young person"))
    after = ", ".join(t for t, _ in found["goes_on"])
    rows.append(("follow-up", found["follow_up"] or (f"goes on with the answer before, after {after}" if after else "no")))
    rows.append(("safety", _safety(found)))
    if found["answer"]:
        rows.append(("answer", f"{found['answer']['id']} in {found['answer']['file']}"))
        rows.append(("", found["answer"]["first"]))
    lines = [f'"{found["text"]}"', *(f"  {label:<14}{value}" for label, value in rows)]
    return "\n".join(lines) + "\n"


def _safety(found: dict[str, Any]) -> str:
    finding = found["safety"]
    asks = "; it asks about rights" if found["is_rights_question"] else ""
    if not finding:
        return f"nothing found{asks}"
    by = "the classifier" if finding["rule"] == CLASSIFIER else f"rule {finding['rule']}"
    others = [r for r in found["rules"] if r != finding["rule"]]
    also = f"; also {', '.join(others)}" if others else ""
    return f"{finding['tier']}: {finding['kind']}, by {by} ({finding['score']:.2f}){also}{asks}"
