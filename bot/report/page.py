"""The page that ``ownit report`` writes: one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from string import Template

from bot.channels.strings import long_date
from bot.content import GROUPS, read_yaml
from bot.report.counts import BASE, OTHER, SMALL, Counts, Table, protect
from bot.report.findings import STRETCHES, Due, Findings
from bot.report.pictures import bar, columns, months, squares, stack
from bot.settings import ROOT

PAGES = ROOT / "bot" / "pages"
_SOON = 90


class Page:
    """Makes the page from what was found."""

    def __init__(self, found: Findings, counts: Counts | None, bots: int = 0) -> None:
        """Keep what it is made from.

        Args:
            found: what the files say.
            counts: what running bots have counted, or None when none was read.
            bots: how many were read.
        """
        self._words: Mapping[str, str] = read_yaml(PAGES / "report.yml").data
        self._found, self._counts, self._bots = found, counts, bots

    def html(self) -> str:
        """Return the whole page."""
        sections: tuple[tuple[str, str, Callable[[], str]], ...] = (
            ("answers", self._say("answers"), lambda: self._due("answers", self._found.answers)),
            ("contacts", self._say("contacts"), lambda: self._due("contacts", self._found.contacts)),
            ("signed", self._say("signed"), self._signed),
            ("checklist", self._say("checklist", count=len(self._found.checklist)), self._checklist),
            ("asked", self._say("asked"), self._asked),
            ("use", self._say("use"), self._use),
        )
        links = "".join(f'<li><a href="#{id_}">{title}</a></li>' for id_, title, _ in sections)
        body = "".join(f'<section><h2 id="{id_}">{title}</h2>{make()}</section>' for id_, title, make in sections)
        style = "".join((PAGES / name).read_text(encoding="utf-8") for name in ("base.css", "report.css"))
        frame = Template((PAGES / "report.html").read_text(encoding="utf-8"))
        return frame.substitute(
            title=self._say("title"),
            style=style,
            made=self._say("made", date=long_date(self._found.today.isoformat())),
            contents=self._say("contents"),
            links=links,
            tiles=self._tiles(),
            body=body,
        )

    def _say(self, line: str, /, **values: object) -> str:
        return escape(Template(self._words[line]).substitute(values))

    # The numbers at the top

    def _tiles(self) -> str:
        found = self._found
        soon = {name: sum(d.stretch in ("overdue", "month") for d in getattr(found, name)) for name in ("answers", "contacts")}
        covered = sum(bool(c.by) for c in found.checklist)
        tiles = (
            ("answers", soon["answers"], len(found.answers), soon["answers"] == 0),
            ("contacts", soon["contacts"], len(found.contacts), soon["contacts"] == 0),
            ("unsigned", len(found.unsigned), len(found.answers), not found.unsigned),
            ("checklist", covered, len(found.checklist), covered == len(found.checklist)),
        )
        return "".join(
            f'<li class="{"good" if good else "soft"}"><b>{number}</b> {self._say(f"tile_{name}", of=of)}</li>'
            for name, number, of, good in tiles
        )

    # What is due

    def _due(self, name: str, dues: Sequence[Due]) -> str:
        counts = {stretch: sum(d.stretch == stretch for d in dues) for _, stretch in STRETCHES}
        picture = stack(list(counts.items()), Template(self._words["due_picture"]).substitute(counts))
        legend = self._legend((css, self._say(css), n) for css, n in counts.items())
        year, drawn = months([d.day for d in dues], self._found.today)
        told = Template(self._words["months_picture"]).substitute(list=", ".join(f"{m} {n}" for m, n in year))
        soon = [d for d in dues if d.days <= _SOON]
        out = f"<p>{self._say(f'{name}_intro')}</p>{picture}{legend}{columns(drawn, told)}"
        if soon:
            out += f"<h3>{self._say('due_soon')}</h3>{self._due_table(soon)}"
        else:
            following = self._say("due_next", name=dues[0].title or dues[0].name, date=_long(dues[0])) if dues else ""
            out += f"<p>{self._say('due_none')} {following}</p>"
        return out + self._fold(self._say("due_all", count=len(dues)), self._due_table(dues))

    def _due_table(self, dues: Sequence[Due]) -> str:
        rows = (
            (
                f"{_named(d.title, d.name)}<br>{_code(d.file)}",
                escape(_long(d)),
                f'<span class="mark hard">{d.days}</span>' if d.days < 0 else str(d.days),
            )
            for d in dues
        )
        return self._table(("column_name", "column_day", "column_left"), rows)

    # What is signed and covered

    def _signed(self) -> str:
        found = self._found
        most = max((sum(pair) for pair in found.signed.values()), default=1)
        rows = (
            (
                self._say(f"group_{group}"),
                f"{yes}{bar('signed', yes, most)}",
                f"{no}{bar('draft', no, most)}",
            )
            for group, (yes, no) in ((g, found.signed[g]) for g in GROUPS)
        )
        yes, no = (sum(pair[i] for pair in found.signed.values()) for i in (0, 1))
        picture = stack([("signed", yes), ("draft", no)], Template(self._words["signed_picture"]).substitute(yes=yes, no=no))
        legend = self._legend((("signed", self._say("signed_yes"), yes), ("draft", self._say("signed_no"), no)))
        items = "".join(f"<li>{_named(title, id_)}</li>" for id_, title, _ in found.unsigned)
        folded = self._fold(self._say("unsigned_all", count=len(found.unsigned)), f'<ul class="names">{items}</ul>')
        table = self._table(("column_name", "signed_yes", "signed_no"), rows)
        return f"<p>{self._say('signed_intro')}</p>{picture}{legend}{table}{folded if found.unsigned else ''}"

    def _checklist(self) -> str:
        lines = self._found.checklist
        kinds = [("signed" if c.signed else "draft" if c.by else "open") for c in lines]
        counts = {kind: kinds.count(kind) for kind in ("signed", "draft", "open")}
        told = Template(self._words["checklist_picture"]).substitute(counts)
        picture = squares([(k, c.id, f"{c.id} {c.line}") for k, c in zip(kinds, lines, strict=True)], told)
        legend = self._legend((k, self._say(f"checklist_{k}"), n) for k, n in counts.items())
        rows = (
            (
                f"<b>{escape(c.id)}</b> {escape(c.line)}",
                ", ".join(map(_code, c.by)) or f'<span class="mark hard">{self._say("nobody")}</span>',
            )
            for c in lines
        )
        table = self._table(("column_line", "column_by"), rows)
        folded = self._fold(self._say("checklist_all", count=len(lines)), table)
        return f"<p>{self._say('checklist_intro')}</p>{picture}{legend}{folded}"

    # Questions

    def _asked(self) -> str:
        asked = self._found.asked
        most = [max(numbers, default=1) for numbers in ([a.training for a in asked], [a.tests for a in asked])]
        rows = (
            (
                _named(self._found.titles[a.topic], a.topic),
                f"{a.training}{bar('training', a.training, most[0])}",
                f"{a.tests}{bar('tests', a.tests, most[1])}",
            )
            for a in asked
        )
        total = (self._say("total"), str(sum(a.training for a in asked)), str(sum(a.tests for a in asked)))
        table = self._table(("column_topic", "asked_training", "asked_tests"), rows, total)
        return f"<p>{self._say('asked_intro')}</p>{table}"

    # Use

    def _use(self) -> str:
        if self._counts is None:
            return f"<p>{self._say('use_none')}</p>"
        counts = self._counts
        intro = f"{self._say('use_intro')} {self._say('use_bots', count=self._bots)}"
        out = f"<p>{intro}</p><p>{self._say('use_small', small=SMALL, base=BASE)}</p>"
        if not sum(counts.outcomes.values()):
            return f"{out}<p>{self._say('use_empty')}</p>"
        outcomes = {k: (n,) for k, n in counts.outcomes.items()}
        names = {k: self._words[f"outcome_{k}"] for k in outcomes if k != OTHER}
        out += f"<h3>{self._say('outcomes')}</h3>{self._counted(protect(outcomes), ('column_outcome', 'column_count'), names)}"
        topics = {k: (n,) for k, n in counts.topics.items()}
        out += f"<h3>{self._say('topics')}</h3>{self._counted(protect(topics), ('column_topic', 'column_count'))}"
        table = self._counted(protect(counts.helpful), ("column_answer", "helpful_yes", "helpful_no"))
        return f"{out}<h3>{self._say('helpful')}</h3><p>{self._say('helpful_intro')}</p>{table}"

    def _counted(self, table: Table, heads: Sequence[str], names: Mapping[str, str] | None = None) -> str:
        """Return a table of counts with a bar in each cell, as far as they may be shown."""
        if not table.rows:
            return f"<p>{self._say('use_empty')}</p>"
        names = {OTHER: self._words["other"], **(names or {})}
        most = max((n for row in table.rows.values() for n in row if n), default=1)
        rows = (
            (
                escape(names[label]) if label in names else _named(self._found.titles[label.split(".")[0]], label),
                *(self._number(n) + (bar("later", n, most) if n else "") for n in row),
            )
            for label, row in table.rows.items()
        )
        return self._table(heads, rows, (self._say("total"), *map(self._number, table.totals)))

    def _number(self, number: int | None) -> str:
        if number is not None:
            return str(number)
        return f'<span aria-hidden="true">{self._say("hidden")}</span><span class="sr">{self._say("hidden_words")}</span>'

    # Parts

    def _legend(self, items: Iterable[tuple[str, str, int]]) -> str:
        rows = "".join(f'<li><span class="key {css}"></span>{label}: <b>{n}</b></li>' for css, label, n in items)
        return f'<ul class="legend">{rows}</ul>'

    def _fold(self, summary: str, inside: str) -> str:
        return f"<details><summary>{summary}</summary>{inside}</details>"

    def _table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str] = ()) -> str:
        head = "".join(f'<th scope="col">{self._say(h)}</th>' for h in heads)
        body = "".join(_row(row) for row in rows)
        foot = f"<tfoot>{_row(total)}</tfoot>" if total else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in others)}</tr>'


def _named(title: str, id_: str) -> str:
    """Return what people and what files call an answer or contact; a notice has only the latter."""
    return f"{escape(title)} {_code(id_)}" if title else _code(id_)


def _code(name: str) -> str:
    """Return a name that may be parted on a narrow screen where its own parts end."""
    return f"<code>{re.sub(r'(?<=[/_.])', '<wbr>', escape(name))}</code>"


def _long(due: Due) -> str:
    return long_date(due.day.isoformat())
