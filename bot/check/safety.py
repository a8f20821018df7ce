"""Rules about danger: every kind has words, rules and examples, and every phrase rule holds.

These files decide whether somebody in danger is heard, so a slip in one is always an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache

from bot.check.files import TABLES, Files
from bot.check.problems import Problem, did_you_mean, rule
from bot.check.topics import TOPICS
from bot.content import Document
from bot.nlu.patterns import SET


@rule("safety")
def every_kind_leads_to_an_answer(files: Files) -> Iterator[Problem]:
    """A danger that is found and has no topic to answer it would be passed over."""
    orders: dict[int, str] = {}
    for document in _rule_files(files):
        topic = document.data.get("topic")
        if topic is not None and topic not in TOPICS["safety"]:
            mend = did_you_mean(str(topic), TOPICS["safety"], f"One of: {', '.join(TOPICS['safety'])}.")
            yield Problem(document.where(("topic",)), f"'{topic}' is no topic of danger.", mend)
        order = document.data.get("order")
        if order is not None and order in orders:
            what = f"order {order} is that of {orders[order]} too, so it is not said which is more urgent."
            yield Problem(document.where(("order",)), what, "Give each kind its own number.")
        if order is not None:
            orders[order] = document.path.name


@rule("safety")
def phrase_rules_have_their_own_id(files: Files) -> Iterator[Problem]:
    """The id says in a log which rule spoke, so it must be the only one of its name."""
    seen: dict[str, str] = {}
    for document in _rule_files(files):
        for number, phrase in enumerate(document.data["phrases"]):
            where = document.where(("phrases", number))
            if phrase["id"] in seen:
                yield Problem(where, f"the id {phrase['id']} stands in {seen[phrase['id']]} too.", "Choose another.")
            seen[phrase["id"]] = where


@rule("safety")
def phrase_rules_can_be_read(files: Files) -> Iterator[Problem]:
    """A pattern that is no regular expression stops the bot from starting."""
    if "normalise" not in files.documents["safety"]:
        return
    sets = {n: "(?:" + "|".join(w) + ")" for n, w in files.documents["safety"]["normalise"].data["sets"].items()}
    for document in _rule_files(files):
        kinds = {d.data.get("kind") for d in _rule_files(files)}
        for number, phrase in enumerate(document.data["phrases"]):
            if phrase.get("kind", document.data.get("kind")) not in kinds - {None}:
                where = document.where(("phrases", number))
                yield Problem(where, f"the phrase rule {phrase['id']} is of no kind.", "Name the kind of danger.")
            for key in ("pattern", "unless"):
                if key in phrase:
                    yield from _pattern(phrase[key], sets, document.where(("phrases", number, key)))


def _pattern(raw: str, sets: dict[str, str], where: str) -> Iterator[Problem]:
    for name in SET.findall(raw):
        if name not in sets:
            mend = did_you_mean(name, sets, "Word sets are in data/safety/normalise.yml.")
            yield Problem(where, f"there is no word set '<{name}>'.", mend)
            return
    try:
        # Only the grammar is looked at: compiling every pattern would take longer than all other rules.
        _parse(SET.sub(lambda m: "(?:x)", raw))
    except re.error as error:
        yield Problem(where, f"the pattern cannot be read: {error}.", "Look for a bracket that is not closed.")


@cache
def _parse(pattern: str) -> None:
    if sys.version_info >= (3, 11):
        from re import _parser as parser
    else:
        import sre_parse as parser
    parser.parse(pattern)


@rule("safety", deep=True)
def phrase_rules_hold(files: Files) -> Iterator[Problem]:
    """Every phrase rule matches what it must, and leaves alone what it must not match."""
    from bot.nlu.phrases import SafetyRules

    rules = SafetyRules.load(files.folder("safety"))
    for document in _rule_files(files):
        for number, phrase in enumerate(document.data["phrases"]):
            for key, wanted in (("must_match", True), ("must_not_match", False)):
                for i, text in enumerate(phrase.get(key) or []):
                    if (phrase["id"] in rules.matches(str(text))) != wanted:
                        where = document.where(("phrases", number, key, i))
                        what = f"'{text}' is {'not found' if wanted else 'found'} by {phrase['id']}."
                        yield Problem(where, what, "Mend the pattern, or take the line out.")


def _rule_files(files: Files) -> list[Document]:
    return [d for name, d in files.documents["safety"].items() if name not in TABLES and "phrases" in d.data]
