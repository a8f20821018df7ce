"""Rules about ``data/stories`` and ``domain.yml``: which topic is answered by what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check.files import Files
from bot.check.problems import Problem, did_you_mean, rule
from bot.check.topics import FIXED, TOPICS, topics
from bot.settings import ROOT

_ACTION_NAME = re.compile(r'return "(action_\w+)"')


@rule("domain")
def the_domain_knows_every_topic(files: Files) -> Iterator[Problem]:
    """An intent that is not in domain.yml is never recognised."""
    document = files.domain
    listed, actions = document.data.get("intents") or [], document.data.get("actions") or []
    for topic in sorted(FIXED):
        if topic not in listed:
            yield Problem(document.where(("intents",)), f"the topic {topic} is missing.", f"Add '- {topic}' under intents.")
    for topic in topics(files):
        if f"utter_{topic}" not in actions:
            yield Problem(document.where(("actions",)), f"utter_{topic} is missing.", f"Add '- utter_{topic}' under actions.")
    for key in ("intents", "actions"):
        names = document.data.get(key) or []
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Problem(document.where((key, number)), f"'{name}' stands twice.", "Keep one of them.")


@rule("domain", "answers")
def every_response_has_its_words(files: Files) -> Iterator[Problem]:
    """An utter_ without an answer would have nothing to say."""
    document = files.domain
    for number, action in enumerate(document.data.get("actions") or []):
        name = action.removeprefix("utter_")
        if action.startswith("utter_") and name not in files.entries and name not in ("follow_up", *FIXED):
            mend = did_you_mean(name, files.entries, f"Add an answer '{name}:' to data/answers.")
            yield Problem(document.where(("actions", number)), f"there is no answer '{name}' for {action}.", mend)


@rule("domain")
def every_action_has_its_code(files: Files) -> Iterator[Problem]:
    """An action_ that no code answers would fail at every call."""
    code = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "actions").glob("*.py")))
    known = set(_ACTION_NAME.findall(code))
    for number, action in enumerate(files.domain.data.get("actions") or []):
        if action.startswith("action_") and action not in known:
            where = files.domain.where(("actions", number))
            yield Problem(where, f"no code answers {action}.", did_you_mean(action, known, "Actions are in actions/."))


@rule("stories", "domain")
def every_topic_has_a_rule(files: Files) -> Iterator[Problem]:
    """The rules say which answer a topic gets; a topic without one gets none."""
    ruled = {intent for intent, _, _ in files.rules}
    for intent in files.domain.data.get("intents") or []:
        if intent not in ruled:
            group = next((g for g, names in TOPICS.items() if intent in names), "chat")
            mend = f"Add one with the steps 'intent: {intent}' and 'action: utter_{intent}'."
            yield Problem(f"data/stories/{group}.yml:1", f"no rule answers {intent}.", mend)


@rule("stories", "domain")
def rules_name_what_exists(files: Files) -> Iterator[Problem]:
    """A mistyped name in a rule breaks training."""
    intents = files.domain.data.get("intents") or []
    actions = files.domain.data.get("actions") or []
    for intent, steps, where in files.rules:
        if intent and intent not in intents:
            yield Problem(where, f"domain.yml has no intent '{intent}'.", did_you_mean(intent, intents, "Add it there."))
        for action in steps:
            if action not in actions:
                yield Problem(where, f"domain.yml has no action '{action}'.", did_you_mean(action, actions, "Add it there."))


@rule("stories")
def a_topic_says_its_own_answer(files: Files) -> Iterator[Problem]:
    """The answer to topic x is utter_x: a rule that says another one is a slip of copying."""
    for intent, steps, where in files.rules:
        if intent in FIXED and f"utter_{intent}" not in steps:
            yield Problem(where, f"the rule for {intent} does not say its answer.", f"Add 'action: utter_{intent}'.")
