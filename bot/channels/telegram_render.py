"""How an answer looks in Telegram: a turn as messages in Telegram's HTML with buttons under them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from string import Template

from bot.channels.strings import long_date
from bot.logs import get_logger
from bot.markdown import to_plain, to_telegram
from bot.messages import Button, Contact, Reply, Turn

log = get_logger(__name__)

# Telegram's limits. Importing the library for two numbers would cost `ownit check`, which renders every answer, dearly.
LIMIT, PAYLOAD_LIMIT = 4096, 64  # UTF-16 units of a message, bytes of a button's payload
MARK = "\u2713 "  # before a button that was pressed
# Two titles of this many characters stand side by side on a phone of 320 px.
_SHORT = 14
# Telegram drops links that are not http(s); its apps make a number in the text tappable themselves.
_NUMBER_LINK = re.compile(r'<a href="(?:tel|sms):[^"]*">(.*?)</a>', re.DOTALL)
Rows = Sequence[Sequence[Button]]


@dataclass(frozen=True)
class Bubble:
    """One Telegram message.

    Attributes:
        html: its words in Telegram's HTML.
        plain: the same words without marks, for the case that Telegram refuses the HTML.
        rows: buttons under it.
        ask_place: title of a button that sends the person's location, if one is wanted.
    """

    html: str
    plain: str
    rows: Rows = ()
    ask_place: str = ""


@dataclass(frozen=True)
class Words:
    """The few words that stand around an answer, such as "Call $phone"."""

    lines: Mapping[str, str] = field(repr=False)

    def fill(self, line: str, **values: str) -> str:
        """Return a line with its values."""
        return Template(self.lines[line]).safe_substitute(values)


def bubbles(turn: Turn, words: Words, always: Button | None = None) -> list[Bubble]:
    """Return the messages of a turn: one for each reply, more where Telegram's limit asks for it.

    Args:
        always: the button that stands under every last message (help is one tap away).
    """
    out: list[Bubble] = []
    for number, reply in enumerate(turn.replies):
        last = number == len(turn.replies) - 1
        buttons = _with(reply.buttons, always if last else None)
        parts = split(_paragraphs(reply, words, calm=turn.outcome == "crisis"))
        out += [Bubble(*part) for part in parts[:-1]]
        out.append(Bubble(*parts[-1], rows=rows(buttons)))
    return out


def room_for_keyboard(sent: Sequence[Bubble]) -> list[Bubble]:
    """Return the messages with one that has no buttons first, where they can be parted at all.

    Telegram takes the location keyboard away only with a message that carries nothing else.
    """
    first = sent[0]
    html, gap, rest = first.html.partition("\n\n")
    if not first.rows or not gap:
        return list(sent)
    plain, _, plain_rest = first.plain.partition("\n\n")
    return [Bubble(html, plain), replace(first, html=rest, plain=plain_rest), *sent[1:]]


def rows(buttons: Iterable[Button]) -> Rows:
    """Return buttons one to a row, two where both titles are short."""
    out: list[list[Button]] = []
    for button in buttons:
        if not 0 < len(button.payload.encode()) <= PAYLOAD_LIMIT:
            # One button too few is better than a message that Telegram refuses whole.
            log.error("payload_too_long", bytes=len(button.payload.encode()))
            continue
        beside = out[-1] if out else []
        if len(beside) == 1 and len(button.title) <= _SHORT and len(beside[0].title) <= _SHORT:
            beside.append(button)
        else:
            out.append([button])
    return out


def units(text: str) -> int:
    """Return the length of ``text`` as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def split(paragraphs: Sequence[tuple[str, str]], limit: int = LIMIT) -> list[tuple[str, str]]:
    """Join (HTML, plain) paragraphs into as few messages as fit the limit, at least one."""
    out: list[tuple[str, str]] = []
    for paragraph in paragraphs:
        (html, plain), *rest = _cut(paragraph, limit)
        if out and units(out[-1][0]) + units(html) + 2 <= limit and units(out[-1][1]) + units(plain) + 2 <= limit:
            out[-1] = (f"{out[-1][0]}\n\n{html}", f"{out[-1][1]}\n\n{plain}")
        else:
            out.append((html, plain))
        out += rest
    return out


def _cut(paragraph: tuple[str, str], limit: int) -> list[tuple[str, str]]:
    """Cut a paragraph that is over the limit by itself, at spaces; its marks are lost."""
    html, plain = paragraph
    if units(html) <= limit and units(plain) <= limit:
        return [paragraph]
    pieces, start = [], 0
    while start < len(plain):
        end = start + limit
        while (size := units(escape(plain[start:end]))) > limit:
            end = start + (end - start) * limit // size
        if end < len(plain):
            space = max(plain.rfind(" ", start + 1, end), plain.rfind("\n", start + 1, end))
            end = space + 1 if space > start else end
        pieces.append(plain[start:end])
        start = end
    return [(escape(p), p) for p in pieces]


def _paragraphs(reply: Reply, words: Words, calm: bool) -> list[tuple[str, str]]:
    out = [(_NUMBER_LINK.sub(r"\1", to_telegram(t)), to_plain(t)) for t in reply.text]
    out += [_contact(c, words) for c in reply.contacts]
    if reply.sources and not calm:
        out.append(_source(reply, words))
    return [p for p in out if p[1].strip()] or [(escape(reply.answer), reply.answer)]


def _contact(contact: Contact, words: Words) -> tuple[str, str]:
    """Return who to reach, for whom, when and how, a line each."""
    lines = [contact.what, words.fill("for", who=contact.who) if contact.who else "", contact.hours]
    if contact.phone:
        lines.append(words.fill("call", phone=contact.phone))
    if contact.sms:
        line = "text_word" if contact.sms_word else "text_any"
        lines.append(words.fill(line, word=contact.sms_word, number=contact.sms))
    if contact.bsl:
        lines.append(words.fill("bsl", bsl=contact.bsl))
    plain = [contact.name, *filter(None, lines)]
    html = [f"<b>{escape(contact.name)}</b>", *map(escape, filter(None, lines))]
    if contact.web.startswith("https://"):
        html.append(f'<a href="{escape(contact.web)}">{escape(words.fill("visit"))}</a>')
        plain.append(f"{words.fill('visit')}: {contact.web}")
    return "\n".join(html), "\n".join(plain)


def _source(reply: Reply, words: Words) -> tuple[str, str]:
    """Return where the answer comes from and when it was checked, in one line."""
    names = dict.fromkeys((s["name"], s["url"]) for s in reply.sources)
    linked = ", ".join(f'<a href="{escape(url)}">{escape(name)}</a>' for name, url in names)
    tail = [words.fill("checked", date=long_date(reply.checked_on))] if reply.checked_on else []
    tail += [words.fill("draft")] if reply.draft else []
    head, end = words.fill("source"), " ".join(tail)
    return (
        f"{escape(head)} {linked}. {escape(end)}".strip(),
        f"{head} {', '.join(name for name, _ in names)}. {end}".strip(),
    )


def _with(buttons: Sequence[Button], always: Button | None) -> Sequence[Button]:
    if always is None or any(b.payload == always.payload for b in buttons):
        return buttons
    return (*buttons, always)
