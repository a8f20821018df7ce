"""The phrase rules find what they are written for, and leave the rest alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.nlu.finding import CRISIS, SUPPORT
from bot.nlu.phrases import SafetyRules
from bot.nlu.readings import MAX_CHARACTERS

FOLDER = Path(__file__).resolve().parents[2] / "data" / "safety"
FILES = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(FOLDER.glob("*.yml"))}
RULE_FILES = {name: data for name, data in FILES.items() if "phrases" in data}
KIND_FILES = {name: data for name, data in RULE_FILES.items() if "kind" in data}
RULES = SafetyRules.load(FOLDER)

# The two kinds of message that chatbots for young people met with cheerful replies in a test by the BBC in 2018. The first
# is the sentence of that test; the second is in our own words.
FORCED = "I'm being forced to have sex and I'm only 12"
EATING = "I get so anxious that I throw up my food and I like feeling empty"


PHRASES = {f"{name}-{rule['id']}": rule for name, data in RULE_FILES.items() for rule in data["phrases"]}


def lines(name: str, field: str) -> list[str]:
    """Return the messages that a file lists one a line."""
    return [line.strip() for line in FILES[name][field].splitlines() if line.strip()]


@pytest.mark.parametrize("rule", PHRASES.values(), ids=PHRASES)
def test_a_rule_matches_what_it_must_and_nothing_that_it_must_not(rule: dict[str, Any]) -> None:
    assert [m for m in rule["must_match"] if rule["id"] not in RULES.matches(m)] == []
    assert [m for m in rule["must_not_match"] if rule["id"] in RULES.matches(m)] == []


@pytest.mark.parametrize("name", RULE_FILES)
def test_every_rule_has_enough_messages_of_both_kinds(name: str) -> None:
    for rule in RULE_FILES[name]["phrases"]:
        assert len(rule["must_match"]) >= 3, rule["id"]
        assert len(rule["must_not_match"]) >= 2, rule["id"]


@pytest.mark.parametrize("name", KIND_FILES)
def test_every_kind_has_forty_examples_and_is_named_after_its_file(name: str) -> None:
    assert FILES[name]["kind"] == name
    assert len(set(lines(name, "examples"))) >= 40


def test_rule_ids_are_used_once() -> None:
    ids = [rule["id"] for data in RULE_FILES.values() for rule in data["phrases"]]
    assert len(ids) == len(set(ids))


def test_there_are_four_hundred_safe_messages() -> None:
    assert len(set(lines("safe", "examples"))) >= 400


@pytest.mark.parametrize("field", ["examples", "may_support"])
def test_no_sure_rule_interrupts_a_safe_message(field: str) -> None:
    found = {message: RULES.find(message) for message in lines("safe", field)}
    assert [m for m, finding in found.items() if finding and finding.tier != SUPPORT and finding.sure] == []


def test_the_kinds_come_in_the_order_of_urgency() -> None:
    kinds = RULES.all_kinds
    assert kinds[0] == "immediate_danger"
    order = [
        "overdose",
        "suicidal_thoughts",
        "sexual_abuse",
        "self_harm",
        "grooming",
        "running_away",
        "eating_disorder",
        "distress",
    ]
    assert [k for k in kinds if k in order] == order


def test_the_most_urgent_danger_leads() -> None:
    found = RULES.find("i cut myself and ive taken loads of tablets")
    assert found is not None
    assert found.kind == "overdose"


@pytest.mark.parametrize(("message", "kind"), [(FORCED, "sexual_abuse"), (EATING, "eating_disorder")])
def test_the_messages_of_the_bbc_test_are_recognised(message: str, kind: str) -> None:
    found = RULES.find(message)
    assert found is not None
    assert (found.kind, found.tier) == (kind, CRISIS)


@pytest.mark.parametrize(
    ("message", "tier"),
    [
        ("can I see a doctor about self harm without mum knowing", SUPPORT),
        ("i want to kill myself can i see a doctor without mum knowing", CRISIS),
        ("i took loads of tablets", CRISIS),
        ("i wont be here tomorrow", CRISIS),
        ("i wont be here tomorrow can i change my appointment", None),
        ("this homework is killing me", None),
        ("kill two birds in one appointment", None),
        ("I'm dying to know my results", None),
        ("im gonna kill him in fortnite", None),
        ("my phone died", None),
        ("i bombed my test", None),
    ],
)
def test_words_of_danger_are_told_from_danger(message: str, tier: str | None) -> None:
    found = RULES.find(message)
    assert (found.tier if found else None) == tier


@pytest.mark.parametrize(
    "message",
    [
        "I WANT TO DIE",
        "i want to k1ll mys3lf",
        "i wanna k m s",
        "k.m.s",
        "k i l l  m y s e l f",
        "i want to dieeeeee",
        "iwanttodie",
        "im gonna unalive myself",
        "i feel su*cidal",
        "i feel suicidle",
        "i want to di\u200be",
        "i wаnt to die",
        "i don\u2019t want to live anymore",
        "wanna kms",
        "going to sewerslide",
    ],
)
def test_tricks_of_spelling_do_not_hide_danger(message: str) -> None:
    found = RULES.find(message)
    assert found is not None
    assert found.kind == "suicidal_thoughts"


def test_danger_is_found_at_the_end_of_a_long_message() -> None:
    message = "hello can i ask about my appointment. " * 100 + "i want to die"
    assert len(message) < MAX_CHARACTERS
    found = RULES.find(message)
    assert found is not None
    assert found.kind == "suicidal_thoughts"


def test_a_joke_cancels_a_rule_only_near_what_it_matched() -> None:
    assert RULES.find("he pulled a knife on me in minecraft") is None
    told = "i was playing minecraft in my room when mum and dad came home from the pub and it all started and "
    found = RULES.find(f"{told} then he pulled a knife on me")
    assert found is not None
    assert (found.kind, found.tier) == ("immediate_danger", CRISIS)


def test_the_finding_names_the_language_of_its_rule() -> None:
    found = RULES.find("chcę umrzeć")
    assert found is not None
    assert (found.kind, found.language) == ("suicidal_thoughts", "pl")


@pytest.mark.parametrize("message", ["", " ", "???", "\u200b", "🙂", "a" * 5000, "|||", "~ ~"])
def test_strange_input_is_no_danger_and_no_error(message: str) -> None:
    assert RULES.find(message) is None


def test_no_text_of_the_message_stands_in_a_finding() -> None:
    found = RULES.find("i want to die because of jordan smith")
    assert "jordan" not in repr(found)


def test_rules_compiled_behind_the_scenes_are_all_compiled() -> None:
    fresh = SafetyRules([replace(rule) for rule in RULES._rules], RULES._kinds, RULES._tables, RULES._questions)
    assert not any("pattern" in vars(rule) for rule in fresh._rules)
    fresh.warm(pause=0).join()
    assert all("pattern" in vars(rule) and "unless" in vars(rule) for rule in fresh._rules)
