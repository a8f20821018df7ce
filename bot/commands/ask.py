"""``ownit ask``: messages from standard input through the same doorway, engine and action server.

One message a line, plain or as JSON (``{"text": …}``, ``{"location": {"latitude": …, "longitude": …}}``,
``{"payload": "/own_it_5_pharmacy"}``); an empty line starts a new conversation. The per-person rate
limit does not apply here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import time
from typing import Any

from bot.commands.train import ensure_model
from bot.doorway import Doorway
from bot.engine import Engine
from bot.errors import OwnItError
from bot.markdown import to_plain
from bot.messages import Incoming, Turn
from bot.settings import Settings
from bot.stack import running, wait_until_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line out")
    parser.add_argument("--place", help="id of a place of data/places")
    parser.add_argument("--url", help="base URL of a running engine; without it one is started")
    parser.add_argument("message", nargs="*", help="a message; without one, standard input is read")


def run(arguments: argparse.Namespace) -> int:
    """Answer every message, then end the engine that was started for it."""
    settings = Settings.from_env()
    if arguments.url:
        wait_until_up(f"{arguments.url}/")
        return asyncio.run(_ask_all(arguments, Settings({**settings.env, "OWNIT_ENGINE_URL": arguments.url})))
    ensure_model()
    with running(settings) as chosen:
        return asyncio.run(_ask_all(arguments, chosen))


async def _ask_all(arguments: argparse.Namespace, settings: Settings) -> int:
    engine = Engine(settings.engine_url)
    doorway = Doorway(settings, engine, limited=False)
    person = secrets.token_hex(8)
    lines = [" ".join(arguments.message)] if arguments.message else iter(sys.stdin.readline, "")
    for line in lines:
        if not (line := line.rstrip("\n")).strip():
            person = secrets.token_hex(8)
            continue
        start = time.perf_counter()
        try:
            incoming = parse_line(line, person, arguments.place)
        except OwnItError as error:
            print(json.dumps({"error": str(error)}) if arguments.json else f"({error})", flush=True)
            continue
        turn = await doorway.handle(incoming)
        milliseconds = round((time.perf_counter() - start) * 1000, 1)
        print(
            json.dumps(as_json(incoming, turn, milliseconds), ensure_ascii=False) if arguments.json else as_text(turn),
            flush=True,
        )
    await engine.close()
    return 0


def parse_line(line: str, person: str, place: str | None = None) -> Incoming:
    """Return the message that one line stands for.

    Raises:
        OwnItError: it looks like one of our JSON forms but is not.
    """
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        return Incoming(person, "ask", text=line, place=place)
    if isinstance(data.get("text"), str):
        return Incoming(person, "ask", text=data["text"], place=place)
    if isinstance(data.get("payload"), str):
        return Incoming(person, "ask", payload=data["payload"], place=place)
    try:
        pin = float(data["location"]["latitude"]), float(data["location"]["longitude"])
    except (KeyError, TypeError, ValueError):
        raise OwnItError("input", 'a JSON line has "text", "payload" or "location".') from None
    return Incoming(person, "ask", location=pin, place=place)


def as_json(incoming: Incoming, turn: Turn, milliseconds: float) -> dict[str, Any]:
    """Return one answered message as the design's JSON object."""
    said = incoming.text if incoming.text is not None else incoming.payload or "(location)"
    return {
        "text": said,
        "topic": turn.topic,
        "confidence": round(turn.confidence, 4),
        "outcome": turn.outcome,
        "topics": list(turn.topics),
        "choices": list(turn.choices),
        "age_band": turn.age_band,
        "kind": turn.kind,
        "replies": [
            {
                "answer": r.answer,
                "text": "\n\n".join(map(to_plain, r.text)),
                "buttons": [{"title": b.title, "payload": b.payload} for b in r.buttons],
                "contacts": [c.id for c in r.contacts],
                "draft": r.draft,
            }
            for r in turn.replies
        ],
        "ms": milliseconds,
    }


def as_text(turn: Turn) -> str:
    """Return a turn as a terminal shows it."""
    lines = []
    for reply in turn.replies:
        lines += [to_plain(message) for message in reply.text]
        lines += [
            "  " + " · ".join(filter(None, (c.name, c.hours, c.phone, f"{c.sms_word} {c.sms}".strip(), c.web)))
            for c in reply.contacts
        ]
        lines += [f"  [{b.title}]" for b in reply.buttons]
    return "\n".join(lines) + "\n"
