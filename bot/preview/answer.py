"""The page of one answer: facts, problems, its forms, and the questions that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from urllib.parse import urlencode

from bot.answers import Answer, Book
from bot.channels.strings import long_date
from bot.check.problems import Problem
from bot.messages import BANDS, READERS
from bot.preview.bubbles import source_link
from bot.preview.forms import CHANNELS, UNKNOWN, Choice, Forms
from bot.preview.server import View
from bot.preview.words import Words, is_asked, sort_problems


class AnswerPage:
    """The page of one answer."""

    def __init__(self, words: Words, view: View, book: Book, answer: Answer, choice: Choice) -> None:
        """Keep what it is made from."""
        self._words, self._say = words, words.say
        self._view, self._book, self._answer, self._choice = view, book, answer, choice

    def html(self) -> str:
        """Return the page's main part."""
        answer = self._answer
        title = f"<h1>{escape(answer.title or answer.id)}</h1>"
        forms = Forms(self._words, self._book, answer, self._choice).html()
        return "".join((title, self._facts(), self._problems(), self._choose(), forms, self._questions()))

    # Facts and problems

    def _facts(self) -> str:
        answer = self._answer
        signed = self._say("signed", name=answer.reviewed_by) if answer.reviewed_by else self._say("draft")
        rows = [
            ("file", f"<code>{escape(self._where())}</code>"),
            ("review", f'<span class="mark {"good" if answer.reviewed_by else "soft"}">{signed}</span>'),
            ("checked", escape(long_date(answer.checked_on))),
            ("check_by", self._due(answer.check_by)),
            ("sources", self._sources(answer.sources)),
        ]
        covers = sorted({*answer.covers, *(c for p in answer.parts.values() for c in p.covers)}, key=_natural)
        if covers:
            known = self._view.checklist
            items = "".join(f"<li><b>{escape(c)}</b> {escape(known.get(c, ''))}</li>" for c in covers)
            summary = escape(", ".join(covers))
            rows.append(("covers", f'<details id="covers"><summary>{summary}</summary><ul>{items}</ul></details>'))
        if answer.languages:
            rows.append(("languages", escape(", ".join(answer.languages))))
        said = ((name, self._say(f"fact_{name}"), html) for name, html in rows)
        cells = "".join(f'<div class="{name}"><dt>{term}</dt><dd>{html}</dd></div>' for name, term, html in said)
        return f'<section><h2 class="sr">{self._say("facts")}</h2><dl class="facts">{cells}</dl></section>'

    def _where(self) -> str:
        file, line = self._view.starts.get(self._answer.id, (f"data/answers/{self._answer.group}.yml", 0))
        return f"{file}:{line}" if line else file

    def _due(self, check_by: str) -> str:
        days = (date.fromisoformat(check_by) - date.today()).days
        said = self._say("due" if days >= 0 else "overdue", date=long_date(check_by), days=abs(days))
        return said if days >= 0 else f'<span class="mark hard">{said}</span>'

    def _sources(self, sources: Iterable[Mapping[str, str]]) -> str:
        items = [f"<li>{source_link(s)} {self._say('source_seen', date=long_date(s['seen_on']))}</li>" for s in sources]
        return f"<ul>{''.join(items)}</ul>" if items else self._say("no_sources")

    def _problems(self) -> str:
        mine, others = sort_problems(self._view, self._answer)
        out = f'<section><h2 id="problems">{self._say("problems")}</h2>'
        if not mine and not others:
            return out + f"<p>{self._say('problems_none')}</p></section>"
        if mine:
            out += f"<h3>{self._say('problems_here')}</h3>{self._problem_list(mine)}"
        if others:
            head = self._say("problems_file", file=others[0].place[0])
            out += f'<details id="elsewhere"><summary>{head} ({len(others)})</summary>{self._problem_list(others)}</details>'
        return out + "</section>"

    def _problem_list(self, problems: Iterable[Problem]) -> str:
        return f'<ul class="problems">{"".join(f"<li>{self._words.problem(p)}</li>" for p in problems)}</ul>'

    # What to show

    def _choose(self) -> str:
        places = [(id_, place.name) for id_, place in self._book.places.items()]
        fields = (
            self._select("reader", self._choice.reader, [(r, self._words.lines[f"reader_{r}"]) for r in READERS]),
            self._select("band", self._choice.band, [(b, self._words.lines[f"band_{b}"]) for b in (UNKNOWN, *BANDS)]),
            self._select("channel", self._choice.channel, [(c, self._words.lines[f"channel_{c}"]) for c in CHANNELS]),
            self._select("place", self._choice.place, places, every=False),
        )
        hidden = f'<input type="hidden" name="of" value="{escape(self._answer.id)}">'
        button = f"<button>{self._say('show')}</button>"
        return f'<form class="choose" action="/" aria-label="{self._say("choose")}">{hidden}{"".join(fields)}{button}</form>'

    def _select(self, name: str, chosen: str, options: Iterable[tuple[str, str]], every: bool = True) -> str:
        rows = [("", self._words.lines["every"]), *options] if every else list(options)
        made = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
            for value, label in rows
        )
        label = f'<label for="choose-{name}">{self._say(name)}</label>'
        return f'<div>{label}<select id="choose-{name}" name="{name}">{made}</select></div>'

    # Questions

    def _questions(self) -> str:
        answer, view = self._answer, self._view
        if not is_asked(answer):
            return ""
        training = [q.text for q in view.training if q.topic == answer.id]
        tests = [q.text for q in view.tests if q.topic == answer.id]
        out = f'<section><h2 id="questions">{self._say("questions")}</h2>'
        if training:
            out += self._folded("training", training)
        else:
            out += f"<p>{self._say('training_none')}</p>"
        out += self._folded("tests", tests) if tests else ""
        return out + self._measured() + "</section>"

    def _folded(self, name: str, lines: list[str]) -> str:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        summary = self._say(name, count=len(lines))
        return f'<details id="{name}"><summary>{summary}</summary><ul class="lines">{items}</ul></details>'

    def _measured(self) -> str:
        found, id_ = self._view.evaluation, self._answer.id
        if found is None:
            return f"<p>{self._say('measured_none')}</p>"
        mine = [c for c in found.cases if c["expected"] == id_]
        missed = [c for c in mine if c["topic"] != id_]
        taken = [c for c in found.cases if c["topic"] == id_ and c["expected"] != id_]
        made, right = long_date(found.made[:10]), len(mine) - len(missed)
        out = f"<p>{self._say('measured', date=made, right=right, of=len(mine))} {self._say('measured_old')}</p>"
        out += self._confused("misses", missed, "topic", ("miss_as", "miss_asked"))
        return out + self._confused("taken", taken, "expected", ("taken_from", "taken_asked"))

    def _confused(self, head: str, cases: list[Mapping[str, str]], other: str, lines: tuple[str, str]) -> str:
        out = f"<h3>{self._say(head)}</h3>"
        if not cases:
            return out + f"<p>{self._say('misses_none')}</p>"
        items = "".join(
            f"<li>“{escape(c['text'])}” <span class='quiet'>"
            f"{self._say(lines[1 if c['asked'] else 0], topic='$topic').replace('$topic', self._link(c[other]))}</span></li>"
            for c in cases
        )
        return f'{out}<ul class="lines">{items}</ul>'

    def _link(self, topic: str) -> str:
        if topic not in self._book.answers:
            return f"<code>{escape(topic)}</code>"
        return f'<a href="/?{escape(urlencode({"of": topic}))}">{escape(topic)}</a>'


def _natural(id_: str) -> list[tuple[int, str]]:
    """Return a key that puts T2 before T10."""
    return [(int(digits or 0), letters) for digits, letters in re.findall(r"(\d*)(\D*)", id_)]
