"""A turn as the web protocol sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from bot.channels.strings import digits
from bot.markdown import to_tree
from bot.messages import Contact, Reply, Turn


def turn_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as the web protocol sends it."""
    return {
        "outcome": turn.outcome,
        "topic": turn.topic,
        "age_band": turn.age_band,
        "awaiting_place": turn.awaiting_place,
        "forget": turn.forget,
        "replies": [reply_json(r) for r in turn.replies],
    }


def reply_json(reply: Reply) -> dict[str, Any]:
    """Return one reply with its messages as trees, so that a browser parses no markup."""
    return {
        "answer": reply.answer,
        "messages": [_to_call(to_tree(t), reply.contacts) for t in reply.text],
        "buttons": [asdict(b) for b in reply.buttons],
        "contacts": [asdict(c) for c in reply.contacts],
        "sources": [dict(s) for s in reply.sources],
        "checked_on": reply.checked_on,
        "draft": reply.draft,
    }


def _to_call(tree: list[dict[str, Any]], contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    """Make the contacts' phone numbers links where the text names them: in danger the list below may be out of view."""
    phones = "|".join(re.escape(c.phone) for c in contacts if c.phone)
    if not phones:
        return tree
    number = re.compile(rf"(?<!\d)({phones})(?!\d)")
    return [{**b, "lines": [[p for span in line for p in _pieces(span, number)] for line in b["lines"]]} for b in tree]


def _pieces(span: dict[str, Any], number: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    if "href" in span:
        yield span
        return
    # With a group in the pattern every second piece is a number.
    for place, piece in enumerate(number.split(span["text"])):
        if piece:
            yield {**span, "text": piece} | ({"href": f"tel:{digits(piece)}"} if place % 2 else {})
