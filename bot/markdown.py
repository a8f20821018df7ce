"""The small Markdown of an answer: paragraphs, lists, bold and links, and nothing else.

One parser feeds every channel, so that an answer means the same on each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

_SPAN = re.compile(r"\*\*(?P<bold>.+?)\*\*|\[(?P<label>[^\]]+)\]\((?P<href>(?:https|tel|sms):[^)\s]+)\)")


@dataclass(frozen=True)
class Span:
    """A run of text, bold or linked."""

    text: str
    bold: bool = False
    href: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph (one line) or a list (one line an item)."""

    kind: str  # "p" | "ul"
    lines: tuple[tuple[Span, ...], ...]


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of ``text``; a line starting ``- `` is a list item."""
    blocks: list[Block] = []
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        kind, body = ("ul", line[2:]) if line.startswith("- ") else ("p", line)
        spans: tuple[tuple[Span, ...], ...] = (tuple(_spans(body)),)
        if kind == "ul" and blocks and blocks[-1].kind == "ul":
            spans, _ = blocks[-1].lines + spans, blocks.pop()
        blocks.append(Block(kind, spans))
    return tuple(blocks)


def _spans(line: str) -> Iterable[Span]:
    end = 0
    for match in _SPAN.finditer(line):
        if match.start() > end:
            yield Span(line[end : match.start()])
        if match["bold"]:
            yield Span(match["bold"], bold=True)
        else:
            yield Span(match["label"], href=match["href"])
        end = match.end()
    if end < len(line):
        yield Span(line[end:])


def to_plain(text: str) -> str:
    """Return ``text`` without marks, as a terminal or a screen reader's live region says it."""
    return _join(text, "- ", lambda s: s.text if not s.href else f"{s.text} ({s.href})")


def to_telegram(text: str) -> str:
    """Return ``text`` in Telegram's HTML style, everything else escaped.

    Source: Bot API, "Formatting options" (only ``<b>`` and ``<a>`` of its tags are used).
    """
    return _join(text, "• ", _span_html)


def to_html(text: str) -> str:
    """Return ``text`` as HTML paragraphs and lists for a server-made page."""
    out = []
    for block in parse(text):
        lines = ("".join(map(_span_html, line)) for line in block.lines)
        if block.kind == "p":
            out += [f"<p>{line}</p>" for line in lines]
        else:
            out.append("<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>")
    return "".join(out)


def to_tree(text: str) -> list[dict[str, Any]]:
    """Return ``text`` as JSON-able blocks, so that a browser needs no parser and no innerHTML.

    Shape: ``[{"kind": "p" | "ul", "lines": [[{"text", "bold"?, "href"?}]]}]``.
    """
    return [{"kind": b.kind, "lines": [[_span_tree(s) for s in line] for line in b.lines]} for b in parse(text)]


def _span_tree(span: Span) -> dict[str, Any]:
    return {"text": span.text} | ({"bold": True} if span.bold else {}) | ({"href": span.href} if span.href else {})


def _span_html(span: Span) -> str:
    text = escape(span.text)
    if span.bold:
        return f"<b>{text}</b>"
    return f'<a href="{escape(span.href)}">{text}</a>' if span.href else text


def _join(text: str, bullet: str, render: Callable[[Span], str]) -> str:
    parts = []
    for block in parse(text):
        mark = bullet if block.kind == "ul" else ""
        parts.append("\n".join(mark + "".join(map(render, line)) for line in block.lines))
    return "\n".join(parts)
