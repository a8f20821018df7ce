"""The pages of ``ownit preview``: the list of answers, and one answer in all its forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from html import escape
from string import Template
from urllib.parse import urlencode

from bot.answers import Answer, Asked, Book, choose
from bot.channels.telegram_render import long_date
from bot.check.problems import Problem
from bot.check.style import MOST_WORDS, OLD_AGE, reading_age, sentences
from bot.content import BUTTON_NOTICES, GROUPS, TOPICS, read_yaml
from bot.messages import BANDS, READERS, Band, Reply
from bot.places import DEFAULT
from bot.preview import PAGES, View
from bot.preview_bubbles import read_strings, source_link, telegram, web
from bot.settings import ROOT

CHANNELS = ("web", "telegram")
_AGES: tuple[Band | None, ...] = (None, *BANDS)
_TOPICS = frozenset(t for names in TOPICS.values() for t in names)
Form = tuple[Asked, Reply]


class Page:
    """Makes the pages from a view of the files."""

    def __init__(self) -> None:
        """Read the words of the page and those around an answer."""
        self._words: Mapping[str, str] = read_yaml(PAGES / "preview.yml").data
        self._strings = read_strings()
        schema = json.loads((ROOT / "schemas" / "answers.schema.json").read_text(encoding="utf-8"))
        self._most = schema["definitions"]["message"]["maxLength"]

    def show(self, view: View, query: Mapping[str, str]) -> tuple[str, int]:
        """Return the page that ``query`` asks for, and its HTTP status."""
        id_, _, part = query.get("of", "").partition(".")
        book = view.book
        title, status = self._words["title"], 200
        if book is None:
            main, status = f"<h1>{self._say('broken_title')}</h1>", 503
        elif not id_:
            main = self._list(view, book)
        elif id_ not in book.answers:
            main, status = f"<h1>{self._say('unknown_title')}</h1><p>{self._say('unknown')}</p>", 404
        else:
            main = _Answer(self, view, book, book.answers[id_], query, part).html()
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

    def _say(self, line: str, /, **values: object) -> str:
        """Return words as HTML; ``values`` are plain text."""
        return escape(Template(self._words[line]).substitute(values))

    def _state(self, view: View) -> str:
        if not view.broken:
            return f"<p>{self._say('state_checked' if view.checked else 'state_checking')}</p>"
        says = self._say("broken_old" if view.book else "broken_none")
        items = "".join(f"<li>{self._problem(p)}</li>" for p in view.broken)
        return f'<div class="broken"><p><strong>{self._say("broken_title")}</strong></p><p>{says}</p><ul>{items}</ul></div>'

    def _problem(self, problem: Problem) -> str:
        level = self._say("warning" if problem.warning else "error")
        mark = f'<span class="mark {"soft" if problem.warning else "hard"}">{level}</span>'
        return f"{mark} <code>{escape(problem.where)}</code> {escape(problem.what)} {escape(problem.mend)}"

    # The list

    def _list(self, view: View, book: Book) -> str:
        groups = "".join(self._group(view, book, group, full=True) for group in GROUPS)
        return f"<h1>{self._say('all')}</h1><p>{self._say('intro')}</p>{groups}"

    def _nav(self, view: View, book: Book, id_: str) -> str:
        groups = "".join(self._group(view, book, group, here=id_) for group in GROUPS)
        return f'<p><a href="/">{self._say("all")}</a></p>{groups}'

    def _group(self, view: View, book: Book, group: str, full: bool = False, here: str = "") -> str:
        mine = [a for a in book.answers.values() if a.group == group]
        topics = [a for a in mine if a.id in _TOPICS or a.sources]
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
        found, _ = self.sort(view, answer)
        hard = sum(not p.warning for p in found)
        marks = ((hard, "error", "hard"), (len(found) - hard, "warning", "soft"))
        told = "".join(f' <span class="mark {css}">{self._say(f"count_{n}s", count=c)}</span>' for c, n, css in marks if c)
        return f"<li>{link}{name}{told}</li>"

    @staticmethod
    def sort(view: View, answer: Answer) -> tuple[list[Problem], list[Problem]]:
        """Return the problems of an answer, and those elsewhere in its file."""
        file, start = view.starts.get(answer.id, (f"data/answers/{answer.group}.yml", 0))
        end = min((line for f, line in view.starts.values() if f == file and line > start), default=1_000_000)
        mine: list[Problem] = []
        others: list[Problem] = []
        for problem in view.problems:
            name, line = problem.place
            if name == file:
                (mine if start and start <= line < end else others).append(problem)
        return mine, others


class _Answer:
    """The page of one answer."""

    def __init__(self, page: Page, view: View, book: Book, answer: Answer, query: Mapping[str, str], part: str) -> None:
        """Keep what it is made from; an unknown choice in ``query`` counts as none."""
        self._page, self._view, self._book, self._answer, self._part = page, view, book, answer, part
        self._say, self._words, self._strings = page._say, page._words, page._strings
        self._reader = query.get("reader", "") if query.get("reader") in READERS else ""
        self._band = query.get("band", "") if query.get("band") in ("unknown", *BANDS) else ""
        self._channel = query.get("channel", "") if query.get("channel") in CHANNELS else ""
        self._place = query.get("place", "") if query.get("place") in book.places else DEFAULT

    def html(self) -> str:
        """Return the page's main part."""
        answer = self._answer
        title = f"<h1>{escape(answer.title or answer.id)}</h1>"
        return "".join((title, self._facts(), self._problems(), self._choose(), self._forms(), self._questions()))

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
        mine, others = self._page.sort(self._view, self._answer)
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
        return f'<ul class="problems">{"".join(f"<li>{self._page._problem(p)}</li>" for p in problems)}</ul>'

    # What to show

    def _choose(self) -> str:
        places = [(id_, place.name) for id_, place in self._book.places.items()]
        fields = (
            self._select("reader", self._reader, [(r, self._words[f"reader_{r}"]) for r in READERS]),
            self._select("band", self._band, [(b, self._words[f"band_{b}"]) for b in ("unknown", *BANDS)]),
            self._select("channel", self._channel, [(c, self._words[f"channel_{c}"]) for c in CHANNELS]),
            self._select("place", self._place, places, every=False),
        )
        hidden = f'<input type="hidden" name="of" value="{escape(self._answer.id)}">'
        button = f"<button>{self._say('show')}</button>"
        return f'<form class="choose" action="/" aria-label="{self._say("choose")}">{hidden}{"".join(fields)}{button}</form>'

    def _select(self, name: str, chosen: str, options: Iterable[tuple[str, str]], every: bool = True) -> str:
        rows = [("", self._words["every"]), *options] if every else list(options)
        made = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
            for value, label in rows
        )
        label = f'<label for="choose-{name}">{self._say(name)}</label>'
        return f'<div>{label}<select id="choose-{name}" name="{name}">{made}</select></div>'

    # The answer in all its forms

    def _forms(self) -> str:
        answer = self._answer
        out = [self._section("main", self._words["main"], Asked())]
        for name, part in answer.parts.items():
            title = Template(self._words["part"]).substitute(title=part.title)
            patterns = "".join(f"<li><code>{escape(w.pattern)}</code></li>" for w in part.when)
            when = f'<details id="when-{name}"><summary>{self._say("part_when")}</summary><ul>{patterns}</ul></details>'
            out.append(self._section(f"part-{name}", title, Asked(part=name), when, here=name == self._part))
        for name in answer.kinds:
            title = Template(self._words["kind"]).substitute(name=name.replace("_", " "))
            out.append(self._section(f"kind-{name}", title, Asked(kind=name)))
        for manner in ("simpler", "why"):
            if getattr(answer, manner):
                out.append(self._section(manner, self._words[f"manner_{manner}"], Asked(manner=manner)))
        if answer.support:
            replies = [("", Reply(f"{answer.id}.support", (line,))) for line in answer.support]
            out.append(self._in_section("support", self._words["support"], replies))
        return "".join(out)

    def _section(self, id_: str, title: str, asked: Asked, before: str = "", here: bool = False) -> str:
        return self._in_section(id_, title, self._labelled(asked), before, here)

    def _in_section(
        self, id_: str, title: str, forms: Iterable[tuple[str, Reply]], before: str = "", here: bool = False
    ) -> str:
        body = before + "".join(self._form(label, reply) for label, reply in forms)
        if id_ == "main":
            return f"<section><h2>{escape(title)}</h2>{body}</section>"
        # Folded, because some answers have a dozen of these; open where a button of the chat led to it.
        opened = " open" if here else ""
        return f'<details id="{escape(id_)}" class="fold"{opened}><summary><h2>{escape(title)}</h2></summary>{body}</details>'

    def _labelled(self, asked: Asked) -> Iterator[tuple[str, Reply]]:
        """Yield each different wording with the people it is for."""
        same: dict[str, list[Form]] = {}
        for form in forms(self._book, self._answer, asked, self._place):
            reply = form[1]
            key = repr((form[0].version, reply.text, [c.id for c in reply.contacts], reply.buttons))
            same.setdefault(key, []).append(form)
        versions = 1 + max(found[0][0].version for found in same.values())
        for found in same.values():
            if not any(self._wanted(a) for a, _ in found):
                continue
            label = self._label([a for a, _ in found])
            if versions > 1:
                number = found[0][0].version + 1
                label += ", " + Template(self._words["version"]).substitute(number=number, of=versions)
            yield label, found[0][1]

    def _wanted(self, asked: Asked) -> bool:
        return self._reader in ("", asked.reader) and self._band in ("", asked.band or "unknown")

    def _label(self, asked: list[Asked]) -> str:
        words, out = self._words, []
        by_reader = {r: [a.band for a in asked if a.reader == r] for r in READERS}
        if all(len(bands) == len(_AGES) for bands in by_reader.values()):
            return f"{words['everyone']}, {words['any_age']}"
        if len({tuple(bands) for bands in by_reader.values()}) == 1:
            by_reader, name = {READERS[0]: by_reader[READERS[0]]}, words["everyone"]
        else:
            name = ""
        for reader, bands in by_reader.items():
            if bands:
                ages = [words[f"band_{b or 'unknown'}"] for b in bands]
                aged = words["any_age"] if len(bands) == len(_AGES) else ", ".join(ages)
                out.append(f"{name or words[f'reader_{reader}']}, {aged}")
        return "; ".join(out)

    def _form(self, label: str, reply: Reply) -> str:
        looks = {"web": lambda: web(reply, self._strings), "telegram": lambda: telegram(reply, self._book, self._strings)}
        shown = "".join(
            f'<div class="look"><p class="where">{self._say(f"channel_{channel}")}</p>{looks[channel]()}</div>'
            for channel in CHANNELS
            if self._channel in ("", channel)
        )
        head = f"<h3>{escape(label)}</h3>" if label else ""
        return f'<div class="form">{head}{self._measures(reply)}<div class="looks">{shown}</div></div>'

    def _measures(self, reply: Reply) -> str:
        age = reading_age(" ".join(reply.text))
        longest = max(map(len, reply.text))
        every = [len(s.split()) for message in reply.text for s in sentences(message)] or [0]
        age_words = "measure_age_high" if age > OLD_AGE else "measure_age" if age else "measure_short"
        parts = (
            (age > OLD_AGE, self._say(age_words, age=f"{age:.0f}")),
            (False, self._say("measure_words", words=sum(every))),
            (longest > self._page._most, self._say("measure_message", length=longest, most=self._page._most)),
            (max(every) > MOST_WORDS, self._say("measure_sentence", length=max(every), most=MOST_WORDS)),
        )
        said = " ".join(f'<span class="mark soft">{text}</span>' if over else text for over, text in parts)
        return f'<p class="measures">{said}</p>'

    # Questions

    def _questions(self) -> str:
        answer, view = self._answer, self._view
        if answer.id in BUTTON_NOTICES or (answer.id not in _TOPICS and not answer.sources):
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


def forms(book: Book, answer: Answer, asked: Asked, place: str) -> Iterator[Form]:
    """Yield the answer for every reader, age and turn of its versions; ``asked`` says what the question is about."""
    for reader in READERS:
        for band in _AGES:
            who = Asked(band, reader, asked.part, asked.kind, 0, asked.manner)
            words, messages = choose(answer, who)
            turns = len(words.versions) if messages in words.versions else 1
            for version in range(turns):
                who = Asked(band, reader, asked.part, asked.kind, version, asked.manner)
                yield who, book.reply(answer.id, who, place)


def _natural(id_: str) -> list[tuple[int, str]]:
    """Return a key that puts T2 before T10."""
    return [(int(digits or 0), letters) for digits, letters in re.findall(r"(\d*)(\D*)", id_)]
