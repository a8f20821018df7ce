"""How an answer looks in the web chat and in Telegram, for the preview.

The web chat's markup is the one that ``widget/widget.js`` makes, so that its own style sheet fits;
Telegram's is made by the code that sends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from string import Template

from bot.answers import Book, payload_of
from bot.channels.strings import long_date
from bot.channels.telegram_render import Bubble, Words, bubbles
from bot.markdown import to_html
from bot.messages import Button, Contact, Reply, Turn
from bot.settings import ROOT

_TARGET = re.compile(r'/(\w+)(?:\{"part":"(\w+)"\})?')


def read_strings() -> dict[str, str]:
    """Return the words around an answer, those of Telegram on top of those of the web chat."""
    strings = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))
    return {**strings["widget"], **strings.get("telegram", {})}


def web(reply: Reply, strings: Mapping[str, str]) -> str:
    """Return one reply as the web chat shows it."""
    body = [f'<div class="message bot">{to_html(message)}</div>' for message in reply.text]
    if reply.contacts:
        items = "".join(_contact(c, strings) for c in reply.contacts)
        body.append(f'<ul class="contacts">{items}</ul>')
    if reply.sources:
        body.append(f'<p class="source">{_source(reply, strings)}</p>')
    if reply.buttons:
        body.append(f'<div class="choices">{"".join(map(_button, reply.buttons))}</div>')
    return f'<div class="web"><div class="root">{"".join(body)}</div></div>'


def telegram(reply: Reply, book: Book, strings: Mapping[str, str]) -> str:
    """Return one reply as Telegram shows it, with its keyboards."""
    crisis = reply.answer.startswith("crisis_")
    always = None if crisis or reply.answer == "help_now" else Button(book.title("help_now"), payload_of("help_now"))
    turn = Turn("crisis" if crisis else "answered", (reply,))
    return f'<div class="telegram">{"".join(map(_bubble, bubbles(turn, Words(strings), always)))}</div>'


def _bubble(bubble: Bubble) -> str:
    rows = ("".join(map(_button, row)) for row in bubble.rows)
    keyboard = "".join(f'<div class="keys">{row}</div>' for row in rows)
    return f'<div class="said">{bubble.html}</div>{keyboard}'


def _button(button: Button) -> str:
    """Return a button that leads to the preview of what it asks."""
    found = _TARGET.fullmatch(button.payload)
    topic, part = found.groups() if found else ("", None)
    to, at = (f"{topic}.{part}", f"#part-{part}") if part else (topic, "")
    return f'<form action="/{at}"><button name="of" value="{escape(to)}">{escape(button.title)}</button></form>'


def _contact(contact: Contact, strings: Mapping[str, str]) -> str:
    def fill(name: str, **values: str) -> str:
        return escape(Template(strings[name]).safe_substitute(values))

    lines = [f"<strong>{escape(contact.name)}</strong>"]
    told = [escape(contact.what), fill("for", who=contact.who) if contact.who else "", escape(contact.hours)]
    lines += [f"<span>{line}</span>" for line in told if line]
    if contact.phone:
        lines.append(f'<a href="tel:{_digits(contact.phone)}">{fill("call", phone=contact.phone)}</a>')
    if contact.sms:
        label = fill("text_word" if contact.sms_word else "text_any", word=contact.sms_word, number=contact.sms)
        lines.append(f'<a href="sms:{_digits(contact.sms)}">{label}</a>')
    if contact.web.startswith("https://"):
        lines.append(f'<a href="{escape(contact.web)}">{fill("visit")}</a>')
    if contact.bsl:
        lines.append(f"<span>{fill('bsl', bsl=contact.bsl)}</span>")
    return f"<li>{''.join(lines)}</li>"


def _source(reply: Reply, strings: Mapping[str, str]) -> str:
    said = [escape(strings["draft"])] if reply.draft else []
    if reply.checked_on:
        said.append(escape(Template(strings["checked"]).safe_substitute(date=long_date(reply.checked_on))))
    names = ", ".join(source_link(s) for s in reply.sources)
    return f"{' '.join(said)} {escape(strings['source'])} {names}"


def source_link(source: Mapping[str, str]) -> str:
    """Return a source's name, linked where it stands on the web."""
    name, url = escape(source["name"]), source["url"]
    return f'<a href="{escape(url)}">{name}</a>' if url.startswith("https://") else name


def _digits(number: str) -> str:
    return re.sub(r"[^\d+]", "", number)
