"""The pages the server makes itself: every answer without JavaScript, the chat alone, the nurse's page.

Their frames are the templates in ``widget/pages``; their words come from ``data`` and
``widget/strings.json``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.answers import Answer, Asked, Book, Library
from bot.channels.strings import Strings, digits, long_date
from bot.channels.web_sessions import Refused
from bot.intake import clean
from bot.markdown import to_html
from bot.messages import BANDS, Contact, Reply, Turn
from bot.places import Place
from bot.settings import ROOT

_SHOWN_GROUPS = ("own_it", "words", "tips", "local", "feelings")
_ABOUT_US = ("bot_privacy", "bot_identity")
_NURSE = 200  # characters of a school's line that are shown, here and in the chat


class Doorway(Protocol):
    """What the pages need of the doorway."""

    library: Library

    @property
    def off(self) -> bool:
        """Whether an operator has taken all answers away."""


@dataclass(frozen=True)
class Posted:
    """What became of the form of the first page.

    Attributes:
        session: the token that the next form carries.
        turn: the answer, if anything was asked.
        text: what was typed and has not been read; ``refused``: why not.
    """

    session: str
    turn: Turn | None = None
    text: str = ""
    refused: Refused | None = None


Post = Callable[[Request], Awaitable[Posted]]


class Pages:
    """Renders the plain pages."""

    def __init__(self, doorway: Doorway, strings: Strings, folder: Path, origins: frozenset[str], post: Post) -> None:
        """Keep where words and frames come from.

        Args:
            doorway: has the answers, unless they are off.
            strings: the words around them.
            folder: the widget's folder.
            origins: sites that may show the chat in a frame.
            post: answers the form of the first page.
        """
        self._doorway, self._strings, self._folder, self._post = doorway, strings, folder, post
        self._framers = " ".join(("'self'", *sorted(origins)))

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/", self.index, methods=["GET", "POST"]),
            Route("/chat", self.chat, methods=["GET"]),
            Route("/embed", self.embed, methods=["GET"]),
            Route("/demo", self.demo, methods=["GET"]),
            Route("/privacy", self.privacy, methods=["GET"]),
            Route("/accessibility", self.accessibility, methods=["GET"]),
        ]

    async def index(self, request: Request) -> Response:
        """Serve every answer, the help numbers and a form that needs no JavaScript."""
        posted = await self._post(request) if request.method == "POST" else Posted("")
        news, answer = self._outcome(posted)
        book = self._book
        place = book.place(request.query_params.get("place"))
        return self._page(
            "index",
            status=posted.refused.status if posted.refused else 200,
            news=news,
            answer=answer,
            session=escape(posted.session),
            text=escape(posted.text),
            place=escape(place.id),
            help=self._help(book, place),
            all=self._messages(book.reply("off")) if self._doorway.off else self._all_answers(book, place),
        )

    def _outcome(self, posted: Posted) -> tuple[str, str]:
        """Return what the title of a page that answers a form begins with, and its section."""
        if posted.refused:
            title = self._words["sorry_title"]
            reason = self._strings.error(posted.refused.code, seconds=str(posted.refused.wait))
            return title, self._section("answer", title, f"<p>{escape(reason)}</p>")
        return (self._words["answer_title"], self._answer_section(posted.turn)) if posted.turn else ("", "")

    async def chat(self, request: Request) -> Response:
        """Serve the chat alone on a page, for a frame on a site that allows no script."""
        book = self._book
        place = book.place(request.query_params.get("place"))
        # Only listed sites may frame it. Opened by itself, a link could show anybody's number as the school nurse's.
        framed = request.headers.get("sec-fetch-dest", "iframe") == "iframe"
        return self._page(
            "chat",
            frames=True,
            frame="bare",
            place=escape(place.id),
            nurse=escape(_nurse(request)) if framed else "",
            help=self._help(book, place),
        )

    async def embed(self, request: Request) -> Response:
        """Serve the page on which a school nurse makes the line for her school's site."""
        book = self._book
        place, nurse = book.place(request.query_params.get("place")), _nurse(request)
        base = str(request.base_url)
        options = "".join(
            f'<option value="{escape(p.id)}"{" selected" if p is place else ""}>{escape(p.name)}</option>'
            for p in book.places.values()
        )
        chat = f"{base}chat?{urlencode({'place': place.id, **({'school_nurse': nurse} if nurse else {})})}"
        return self._page(
            "embed",
            options=options,
            nurse=escape(nurse),
            base=escape(base),
            preview=escape(chat),
            tag=escape(_script_tag(base, place.id, nurse)),
            frame_tag=escape(_frame_tag(chat, self._words["name"])),
        )

    async def demo(self, _: Request) -> Response:
        """Serve a made-up school's page with the chat on it."""
        return self._page("demo", frame="bare")

    async def privacy(self, _: Request) -> Response:
        """Serve what the chat keeps, in the chat's own words, and how to delete it."""
        book = self._book
        return self._page("privacy", answers="".join(self._shown(book, a, book.place(None)) for a in _ABOUT_US))

    async def accessibility(self, _: Request) -> Response:
        """Serve the accessibility statement, ``docs/accessibility.md``."""
        statement = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")
        return self._page("accessibility", statement=document_html(statement))

    @property
    def _words(self) -> Mapping[str, str]:
        return self._strings.pages

    @property
    def _book(self) -> Book:
        """The newest answers: each look asks the disk, so a page looks once."""
        return self._doorway.library.book

    def _page(
        self, name: str, *, frames: bool = False, status: int = 200, frame: str = "base", news: str = "", **html: str
    ) -> Response:
        """Fill the template ``name``; values in ``html`` are markup already, ``news`` leads the title."""
        words = {k: escape(v) for k, v in self._words.items()}
        body = self._template(name).substitute(words, **html)
        title = ": ".join(filter(None, (escape(news), words[f"{name}_title"])))
        page = self._template(frame).substitute(words, title=title, body=body)
        return HTMLResponse(page, status, headers=page_headers(self._framers if frames else "'none'"))

    def _template(self, name: str) -> Template:
        return Template((self._folder / "pages" / f"{name}.html").read_text(encoding="utf-8"))

    def _help(self, book: Book, place: Place) -> str:
        reply = book.reply("help_now", place=place.id)
        return self._messages(reply) + self._contacts(reply.contacts)

    def _all_answers(self, book: Book, place: Place) -> str:
        out = []
        for group in _SHOWN_GROUPS:
            # What rests on no source is a notice of the software, not an answer.
            answers = [a.id for a in book.answers.values() if a.group == group and a.sources]
            out.append(
                f"<h3>{escape(self._words[f'group_{group}'])}</h3>" + "".join(self._answer(book, a, place) for a in answers)
            )
        return "".join((*out, self._everybody(book, place)))

    def _everybody(self, book: Book, place: Place) -> str:
        """Return every service that any answer names, for whoever looks for one without asking."""
        ids = dict.fromkeys(c for answer in book.answers.values() for c in answer.contacts)
        # For whom each is stands beside it.
        fitting = {c.id: c for band in (None, *BANDS) for c in place.shown(ids, band, date.today())}
        title = escape(self._words["group_contacts"])
        listed = self._contacts(fitting[id_] for id_ in ids if id_ in fitting)
        return f"<h3>{title}</h3><details><summary>{title}</summary>{listed}</details>"

    def _answer(self, book: Book, id_: str, place: Place) -> str:
        """Return an answer folded under its question, as one of a group under an h3."""
        summary = f"<summary>{escape(book.answers[id_].title)}</summary>"
        return f'<details id="{escape(id_)}">{summary}{self._body(book, id_, place, 4)}</details>'

    def _shown(self, book: Book, id_: str, place: Place) -> str:
        """Return an answer in full under an h2."""
        return f"<h2>{escape(book.answers[id_].title)}</h2>{self._body(book, id_, place, 3)}"

    def _body(self, book: Book, id_: str, place: Place, level: int) -> str:
        answer, reply = book.answers[id_], book.reply(id_, place=place.id)
        body = [
            self._messages(reply),
            self._ages(answer, level),
            self._parts(book, answer, place, level),
            self._contacts(reply.contacts),
            self._source(reply),
        ]
        return "".join(body)

    def _ages(self, answer: Answer, level: int) -> str:
        if not answer.words.by_age:
            return ""
        bands = (
            f"<h{level}>{escape(self._words[f'band_{b}'])}</h{level}>" + "".join(map(to_html, answer.words.by_age[b]))
            for b in BANDS
            if b in answer.words.by_age
        )
        return "".join(bands)

    def _parts(self, book: Book, answer: Answer, place: Place, level: int) -> str:
        replies = ((part.title, book.reply(answer.id, Asked(part=name), place.id)) for name, part in answer.parts.items())
        return "".join(f"<h{level}>{escape(title)}</h{level}>{self._messages(reply)}" for title, reply in replies)

    def _answer_section(self, turn: Turn) -> str:
        body = []
        for reply in turn.replies:
            body += [self._messages(reply), self._contacts(reply.contacts), self._source(reply)]
            body += [f"<h3>{escape(self._words['next_title'])}</h3>"] if reply.buttons else []
            body += [f'<button name="payload" value="{escape(b.payload)}">{escape(b.title)}</button>' for b in reply.buttons]
        return self._section("answer", self._words["answer_title"], "".join(body))

    @staticmethod
    def _section(id_: str, title: str, body: str) -> str:
        heading = f'<h2 id="{id_}-title">{escape(title)}</h2>'
        return f'<section id="{id_}" class="answer" aria-labelledby="{id_}-title">{heading}{body}</section>'

    @staticmethod
    def _messages(reply: Reply) -> str:
        return "".join(map(to_html, reply.text))

    def _contacts(self, contacts: Iterable[Contact]) -> str:
        items = "".join(f"<li>{self._contact(c)}</li>" for c in contacts)
        return f'<ul class="contacts">{items}</ul>' if items else ""

    def _contact(self, contact: Contact) -> str:
        words = self._words
        lines = [
            f"<b>{escape(contact.name)}</b>",
            escape(contact.what),
            escape(_fill(words["for"], who=contact.who)) if contact.who else "",
            escape(contact.hours),
        ]
        links = []
        if contact.phone:
            links.append((f"tel:{digits(contact.phone)}", _fill(words["call"], phone=contact.phone)))
        if contact.sms:
            word = words["text_word"] if contact.sms_word else words["text_any"]
            links.append((f"sms:{digits(contact.sms)}", _fill(word, word=contact.sms_word, number=contact.sms)))
        if contact.web.startswith("https://"):
            links.append((contact.web, _fill(words["visit"], name=contact.name)))
        lines += [f'<a href="{escape(href)}">{escape(label)}</a>' for href, label in links]
        lines += [escape(_fill(words["bsl"], bsl=contact.bsl))] if contact.bsl else []
        return "<br>".join(filter(None, lines))

    def _source(self, reply: Reply) -> str:
        if not reply.sources:
            return ""
        words = self._words
        names = [
            f'<a href="{escape(s["url"])}">{escape(s["name"])}</a>' if s["url"].startswith("https://") else escape(s["name"])
            for s in reply.sources
        ]
        parts = [words["draft"]] if reply.draft else []
        parts += [_fill(words["checked"], date=long_date(reply.checked_on))] if reply.checked_on else []
        line = " ".join(map(escape, parts)) + f" {escape(words['source'])} {', '.join(names)}."
        return f'<p class="source">{line}</p>'


def page_headers(framers: str) -> dict[str, str]:
    """Return the headers of every page: nothing from elsewhere, nothing inline, nobody's frame.

    ``same-origin`` keeps the referrer from other sites, and leaves our own form its Origin header.
    """
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "frame-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; "
            f"frame-ancestors {framers}"
        ),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def document_html(markdown: str) -> str:
    """Return one of our own documents as HTML: headings, and the small Markdown between them."""
    out, lines = [], []  # type: tuple[list[str], list[str]]
    for line in (*markdown.splitlines(), "# "):
        heading = re.match(r"(#{1,3}) (.*)", line)
        if not heading:
            # A wrapped line goes on in the paragraph or item above it.
            joins = line.strip() and lines and lines[-1] and not line.startswith("- ")
            if joins:
                lines[-1] += f" {line.strip()}"
            else:
                lines.append(line)
            continue
        out.append(to_html("\n".join(lines)))
        lines = []
        if heading[2]:
            level = len(heading[1])
            out.append(f"<h{level}>{escape(heading[2])}</h{level}>")
    return "".join(out)


def _nurse(request: Request) -> str:
    """Return the line about the school nurse that a page's address carries."""
    return " ".join(clean(request.query_params.get("school_nurse", "")).split())[:_NURSE]


def _script_tag(base: str, place: str, nurse: str) -> str:
    line = f' data-school-nurse="{escape(nurse)}"' if nurse else ""
    return f'<script src="{escape(base)}widget.js" data-place="{escape(place)}"{line} async></script>'


def _frame_tag(chat: str, name: str) -> str:
    return f'<iframe src="{escape(chat)}" title="{escape(name)}" width="100%" height="600" allow="geolocation"></iframe>'


def _fill(words: str, **values: Any) -> str:
    return Template(words).substitute(values)
