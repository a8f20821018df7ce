"""The words of the preview, and the few things that both its list and its pages of an answer show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from string import Template

from bot.answers import Answer
from bot.check.problems import Problem
from bot.content import TOPICS, read_yaml
from bot.preview.bubbles import read_strings
from bot.preview.server import PAGES, View
from bot.settings import ROOT

_TOPICS = frozenset(t for names in TOPICS.values() for t in names)


class Words:
    """The words of ``bot/pages/preview.yml`` and those around an answer.

    Attributes:
        lines: the page's own words.
        strings: the words of the chat.
        most: how many characters fit a message.
    """

    def __init__(self) -> None:
        """Read the files."""
        self.lines: Mapping[str, str] = read_yaml(PAGES / "preview.yml").data
        self.strings = read_strings()
        schema = json.loads((ROOT / "schemas" / "answers.schema.json").read_text(encoding="utf-8"))
        self.most: int = schema["definitions"]["message"]["maxLength"]

    def fill(self, line: str, /, **values: object) -> str:
        """Return words as plain text."""
        return Template(self.lines[line]).substitute(values)

    def say(self, line: str, /, **values: object) -> str:
        """Return words as HTML; ``values`` are plain text."""
        return escape(self.fill(line, **values))

    def problem(self, problem: Problem) -> str:
        """Return one line of the check."""
        level = self.say("warning" if problem.warning else "error")
        mark = f'<span class="mark {"soft" if problem.warning else "hard"}">{level}</span>'
        return f"{mark} <code>{escape(problem.where)}</code> {escape(problem.what)} {escape(problem.mend)}"


def is_asked(answer: Answer) -> bool:
    """Return whether people ask for this answer; the others are notices of the software."""
    return answer.id in _TOPICS or bool(answer.sources)


def sort_problems(view: View, answer: Answer) -> tuple[list[Problem], list[Problem]]:
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
