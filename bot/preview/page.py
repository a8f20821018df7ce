"""The page of ``ownit preview``: its frame, the state of the files, and the list of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from string import Template

from bot.answers import Answer, Book
from bot.content import GROUPS
from bot.preview.answer import AnswerPage
from bot.preview.forms import Choice
from bot.preview.server import PAGES, View
from bot.preview.words import Words, is_asked, sort_problems


class Page:
    """Makes the pages from a view of the files."""

    def __init__(self) -> None:
        """Read the words."""
        self._words = Words()
        self._say = self._words.say

    def show(self, view: View, query: Mapping[str, str]) -> tuple[str, int]:
        """Return the page that ``query`` asks for, and its HTTP status."""
        id_ = query.get("of", "").partition(".")[0]
        book = view.book
        title, status = self._words.lines["title"], 200
        if book is None:
            main, status = f"<h1>{self._say('broken_title')}</h1>", 503
        elif not id_:
            main = self._list(view, book)
        elif id_ not in book.answers:
            main, status = f"<h1>{self._say('unknown_title')}</h1><p>{self._say('unknown')}</p>", 404
        else:
            main = AnswerPage(self._words, view, book, book.answers[id_], Choice.read(query, book)).html()
            title = f"{book.answers[id_].title or id_} – {title}"
        frame = Template((PAGES / "preview.html").read_text(encoding="utf-8"))
        return frame.substitute(
            title=escape(title),
            name=self._say("name"),
            skip=self._say("skip"),
            list=self._say("list"),
            page="one" if id_ else "all",
            number=view.number,
            stopped=self._say("state_stopped"),
            state=self._state(view),
            nav=self._nav(view, book, id_) if book and id_ else "",
            main=main,
        ), status

    def _state(self, view: View) -> str:
        if not view.broken:
            return f"<p>{self._say('state_checked' if view.checked else 'state_checking')}</p>"
        says = self._say("broken_old" if view.book else "broken_none")
        items = "".join(f"<li>{self._words.problem(p)}</li>" for p in view.broken)
        return f'<div class="broken"><p><strong>{self._say("broken_title")}</strong></p><p>{says}</p><ul>{items}</ul></div>'

    # The list

    def _list(self, view: View, book: Book) -> str:
        groups = "".join(self._group(view, book, group, full=True) for group in GROUPS)
        return f"<h1>{self._say('all')}</h1><p>{self._say('intro')}</p>{groups}"

    def _nav(self, view: View, book: Book, id_: str) -> str:
        groups = "".join(self._group(view, book, group, here=id_) for group in GROUPS)
        return f'<p><a href="/">{self._say("all")}</a></p>{groups}'

    def _group(self, view: View, book: Book, group: str, full: bool = False, here: str = "") -> str:
        mine = [a for a in book.answers.values() if a.group == group]
        topics = [a for a in mine if is_asked(a)]
        notices = [a for a in mine if a not in topics]
        head = f"<h2>{self._say(f'group_{group}')}</h2>"
        out = head + self._items(view, topics, full, here)
        if notices:
            out += f"<h3>{self._say('notices')}</h3>" + self._items(view, notices, full, here)
        return f"<section>{out}</section>"

    def _items(self, view: View, answers: Iterable[Answer], full: bool, here: str) -> str:
        return f"<ul>{''.join(self._item(view, a, full, here) for a in answers)}</ul>"

    def _item(self, view: View, answer: Answer, full: bool, here: str) -> str:
        current = ' aria-current="page"' if answer.id == here else ""
        link = f'<a href="/?of={escape(answer.id)}"{current}>{escape(answer.title or answer.id)}</a>'
        name = f" <code>{escape(answer.id)}</code>" if full and answer.title else ""
        found, _ = sort_problems(view, answer)
        hard = sum(not p.warning for p in found)
        marks = ((hard, "error", "hard"), (len(found) - hard, "warning", "soft"))
        told = "".join(f' <span class="mark {css}">{self._say(f"count_{n}s", count=c)}</span>' for c, n, css in marks if c)
        return f"<li>{link}{name}{told}</li>"
