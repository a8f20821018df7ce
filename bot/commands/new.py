"""``ownit new topic NAME GROUP``: make the stubs of a new topic, so that ``ownit check`` guides the rest."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from bot.content import GROUPS
from bot.errors import ContentError
from bot.settings import ROOT, Settings

_NAME = re.compile(r"[a-z][a-z0-9_]{2,29}")
_STUB = "TO DO"
_DAYS = 181  # until the first check: half a year


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("what", choices=("topic",), help="what to make")
    parser.add_argument("name", help="its name: small letters, digits and _, such as dentist")
    parser.add_argument("group", choices=GROUPS, help="whose files it goes into")


def run(arguments: argparse.Namespace) -> int:
    """Write the stubs and say which."""
    try:
        changed = add_topic(arguments.name, arguments.group, Settings.from_env().content, ROOT, date.today())
    except ContentError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Made the topic {arguments.name}. Fill in every TO DO in:")
    waiting = [path for path in changed if _STUB in path.read_text(encoding="utf-8")]
    for path in waiting:
        print(f"  {_name(path)}")
    print(f"Nothing is left to do in {' and '.join(_name(path) for path in changed if path not in waiting)}.")
    print("`make check` says what is left; then `make train` teaches the bot the questions.")
    return 0


def add_topic(name: str, group: str, data: Path, root: Path, today: date) -> list[Path]:
    """Add the stubs of a topic to its five files and return their paths; all are changed, or none.

    Raises:
        ContentError: the name cannot be used, or ``domain.yml`` has lost the place for it.
    """
    if not _NAME.fullmatch(name):
        raise ContentError(name, "is no name for a topic.", "Use 3 to 30 small letters, digits and _, such as dentist.")
    domain = root / "domain.yml"
    if re.search(rf"(?m)^- (?:utter_)?{name}$", domain.read_text(encoding="utf-8")):
        raise ContentError(name, "is there already.", "Look for it in data/answers.")
    edits: dict[Path, Callable[[str], str]] = {
        domain: lambda text: _into_domain(text, name),
        data / "answers" / f"{group}.yml": lambda text: _after(text, "\n" + _answer(name, today)),
        data / "nlu" / f"{group}.yml": lambda text: _after(text, _questions(name)),
        data / "stories" / f"{group}.yml": lambda text: _after(text, _rule(name)),
        root / "tests" / "questions" / f"{group}.yml": lambda text: _after(text, f"\n{_tests(name)}"),
    }
    after = {path: edit(path.read_text(encoding="utf-8")) for path, edit in edits.items()}
    for path, text in after.items():
        path.write_text(text, encoding="utf-8")
    return list(after)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _after(text: str, stub: str) -> str:
    return text.rstrip("\n") + "\n" + stub


def _into_domain(text: str, name: str) -> str:
    for last in ("out_of_scope", "utter_out_of_scope"):
        prefix = "utter_" if last.startswith("utter_") else ""
        before, found, after = text.partition(f"\n- {last}\n")
        if not found:
            raise ContentError("domain.yml", f"has no line '- {last}'.", "Bring it back: new topics go below it.")
        text = f"{before}{found}- {prefix}{name}\n{after}"
    return text


def _answer(name: str, today: date) -> str:
    return f"""{name}:
  title: "TO DO: the question, 40 letters at most"
  text:
    - "**TO DO: the answer in one sentence.** Then the condition that matters."
    - "TO DO: what to say or do next."
  contacts: []
  related: [help]
  sources:
    - {{name: "TO DO: who says so", url: "https://www.nhs.uk", seen_on: {today}}}
  checked_on: {today}
  check_by: {today + timedelta(days=_DAYS)}
  reviewed_by: ""
"""


def _questions(name: str) -> str:
    return f"""  - intent: {name}
    examples: |
      - TO DO: 25 or more ways that people ask about {name}, one a line
"""


def _rule(name: str) -> str:
    return f"""- rule: {name}
  steps:
  - intent: {name}
  - action: utter_{name}
"""


def _tests(name: str) -> str:
    return f"""{name}:
  - "TO DO: 5 or more questions about {name}, in other words than in data/nlu"
"""
