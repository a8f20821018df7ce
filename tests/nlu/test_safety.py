"""Phrase rules and classifier together: the classifier can only add to what plain rules find."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest

from bot.nlu.danger import DangerClassifier
from bot.nlu.finding import ANY, CRISIS, SUPPORT, Finding
from bot.nlu.phrases import SafetyRules
from bot.nlu.safety import Thresholds, combine
from bot.nlu.text import clauses
from bot.nlu.topics import Guess
from bot.nlu.understand import Parsed, check_safety, look

RULES = SafetyRules.load()
BARS = Thresholds({}, {}, default_crisis=0.9, default_support=0.6)


@pytest.mark.parametrize(("share", "tier"), [(0.1, SUPPORT), (0.5, CRISIS)])
def test_a_doubtful_rule_interrupts_unless_the_classifier_is_all_but_sure_of_no_harm(share: float, tier: str) -> None:
    finding = combine(RULES.find("im done with life skills lessons"), {ANY: share}, False, RULES, BARS)
    assert finding is not None
    assert finding.tier == tier


def test_the_classifier_never_softens_what_a_plain_rule_found() -> None:
    finding = combine(RULES.find("im going to end my life"), {ANY: 0.0}, False, RULES, BARS)
    assert finding is not None
    assert finding.tier == CRISIS


def test_a_doubtful_rule_counts_in_full_where_no_classifier_runs() -> None:
    finding = combine(RULES.find("i wish i was dead"), {}, False, RULES, BARS)
    assert finding is not None
    assert finding.tier == CRISIS


@pytest.mark.parametrize("message", ["i w1sh i w4s d34d", "i wish i was d e a d"])
def test_words_hidden_by_tricks_are_never_softened(message: str) -> None:
    found = RULES.find(message)
    assert found is not None
    assert found.sure
    assert not cast(Finding, RULES.find("i wish i was dead")).sure


def test_a_question_about_rights_is_interrupted_only_by_a_surer_classifier() -> None:
    tiers = [cast(Finding, combine(None, {"overdose": p, ANY: p}, True, RULES, BARS)).tier for p in (0.95, 0.99)]
    assert tiers == [SUPPORT, CRISIS]


# --- What is told beside a question --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Says:
    """A classifier that always says the same; without a share it finds nothing, so that only the rules speak."""

    share: float | None = None

    def hear(self, vectors: Any, texts: Any) -> Any:
        return self

    def score(self, part: int | None = None) -> dict[str, float]:
        return {} if self.share is None else {"sexual_abuse": self.share, ANY: self.share}


NO_DANGER = Says()


def guess(topic: str, share: float) -> Guess:
    return Guess(((topic, share), ("out_of_scope", 1 - share)), share, None, share)


UNSURE = guess("own_it_1_decisions", 0.5)


def heard(message: str, guess: Guess = UNSURE, classifier: object = NO_DANGER, bars: Thresholds = BARS) -> Finding | None:
    """Return the finding of the safety step."""
    parts = clauses(message)
    parsed = Parsed(message, [message], [message], parts, guesses=[guess])
    parsed.encoded = Future()
    parsed.encoded.set_result(np.zeros((1 + len(parts), 2), np.float32))
    look(parsed, RULES)
    check_safety(parsed, RULES, cast(DangerClassifier, classifier), bars)
    return parsed.finding


@pytest.mark.parametrize(("language", "found"), [(None, "suicidal_thoughts"), ("pl", None)])
def test_danger_that_only_mended_words_show_is_found_unless_they_are_of_another_language(
    language: str | None, found: str | None
) -> None:
    parsed = Parsed("im sucydle", ["im sucydle"], ["im suicidal"], guesses=[UNSURE], language=language)
    parsed.encoded = Future()
    parsed.encoded.set_result(np.zeros((1, 2), np.float32))
    look(parsed, RULES)
    check_safety(parsed, RULES, cast(DangerClassifier, NO_DANGER), BARS)
    assert (parsed.finding and parsed.finding.kind) == found


@pytest.mark.parametrize(
    "message",
    [
        "i stopped self harming last year, can i get cream for the scars without mum",
        "i used to have anorexia, can i ask not to be told my weight",
        "i was bullied in year 7 and saw camhs, can my new school see that",
        "i was abused when i was little, does the gp have to tell mum i want counselling now",
        "my friend is being bullied, can he see the school nurse in private",
        "when i was 13 i took too many tablets and went to hospital, im fine now and im 17, is it on my record",
    ],
)
def test_what_is_over_gets_support_beside_a_question_about_rights(message: str) -> None:
    found = heard(message)
    assert found is not None
    assert found.tier == SUPPORT


@pytest.mark.parametrize(
    "message",
    [
        "if i tell the nurse i used to self harm does she have to tell someone",
        "can a gp keep it secret if someone says they cut",
        "does a doctor always tell parents if someone says theyre suicidal",
        "if u tell the school nurse ur being hit does she have to tell anyone",
    ],
)
def test_what_is_over_or_asked_about_anybody_is_not_interrupted_however_sure_the_classifier(message: str) -> None:
    found = heard(message, classifier=Says(0.99))
    assert found is not None
    assert found.tier == SUPPORT


@pytest.mark.parametrize(
    "message",
    [
        "i used to self harm and its back, can i see someone without mum finding out",
        "i took an overdose last year and i want to die, can i see a doctor without mum",
        "my dad used to hit me and he still does, can i see a nurse on my own please",
        "i was raped last night, can i get a test without my mum knowing about it",
        "my friend is being bullied and i took loads of tablets, can i see a nurse in private",
        "i was bullied in year 7 and he hits me every day, can my new school see that",
        "i went through fgm as a baby, can i see a doctor about it",
    ],
)
def test_what_goes_on_is_a_crisis_beside_any_question(message: str) -> None:
    found = heard(message)
    assert found is not None
    assert found.tier == CRISIS


@pytest.mark.parametrize(
    "message", ["if someone tells you a secret do you have to keep it", "if someone hits me do i tell the nurse"]
)
def test_whoever_may_be_about_to_tell_or_tells_of_themselves_asks_about_nobody_else(message: str) -> None:
    found = heard(message, classifier=Says(0.99))
    assert found is not None
    assert found.tier == CRISIS


def test_a_sure_question_of_ours_takes_a_very_sure_classifier_to_be_interrupted() -> None:
    asked, message = guess("feedback", 0.95), "he looked at my knee for ages"
    assert heard(message, UNSURE, Says(0.9)).tier == CRISIS  # type: ignore[union-attr]
    assert heard(message, asked, Says(0.9)).tier == SUPPORT  # type: ignore[union-attr]
    assert heard(message, asked, Says(0.99)).tier == CRISIS  # type: ignore[union-attr]


def test_who_surely_asks_for_help_with_feelings_gets_support_and_the_answer_unless_a_rule_finds_danger() -> None:
    asks, hardly = guess("mental_health_access", 0.98), guess("mental_health_access", 0.95)
    assert heard("been tearful since nan died, where is support", hardly, Says(0.99)).tier == CRISIS  # type: ignore[union-attr]
    assert heard("been tearful since nan died, where is support", asks, Says(0.99)).tier == SUPPORT  # type: ignore[union-attr]
    assert heard("been tearful since nan died, where is support", UNSURE, Says(0.99)).tier == CRISIS  # type: ignore[union-attr]
    assert heard("i want to kill myself, who do i tell", asks, Says(0.99)).tier == CRISIS  # type: ignore[union-attr]
    assert heard("too tearful to leave the house", asks, Says(0.99)).tier == CRISIS  # type: ignore[union-attr]


def test_a_lone_letter_is_no_danger_however_sure_the_classifier() -> None:
    assert heard("i", UNSURE, Says(0.99)) is None
    assert heard("i.", UNSURE, Says(0.99)) is None


def test_a_clause_beside_a_question_takes_a_surer_classifier_than_a_message_alone() -> None:
    message, bars = "can i see a doctor without my mum, and he was at the park with us", replace(BARS, default_crisis=0.5)
    assert heard(message, UNSURE, Says(0.6), bars).tier != CRISIS  # type: ignore[union-attr]
    assert heard(message, UNSURE, Says(0.8), bars).tier == CRISIS  # type: ignore[union-attr]


def test_a_topic_of_danger_counts_unless_the_classifier_is_all_but_sure_of_the_contrary() -> None:
    danger, message = guess("crisis_abuse", 0.9), "hurted becos of him"
    assert heard(message, danger, Says(0.3)).tier == CRISIS  # type: ignore[union-attr]
    assert heard(message, danger, Says(0.1)) is None


# --- The classifier ------------------------------------------------------------------------------------------------


def test_thresholds_are_probabilities_of_known_kinds_and_support_is_lower() -> None:
    bars = Thresholds.load()
    for kind in {*bars.crisis, *bars.support}:
        assert kind in RULES.all_kinds
    for kind in RULES.all_kinds:
        crisis = bars.crisis.get(kind, bars.default_crisis)
        assert 0 < bars.support.get(kind, bars.default_support) <= crisis < 1


# --- Both together -------------------------------------------------------------------------------------------------

HARM = Finding("self_harm", "crisis_selfharm_suicide", CRISIS, "cutting", 1.0)


def test_a_crisis_by_rule_stands_whatever_the_classifier_says() -> None:
    assert combine(HARM, {"distress": 0.99}, True, RULES, BARS) == HARM
    assert combine(HARM, {}, False, RULES, BARS) == HARM


def test_the_classifier_alone_can_raise_a_crisis() -> None:
    found = combine(None, {"self_harm": 0.95}, False, RULES, BARS)
    assert found == Finding("self_harm", "crisis_selfharm_suicide", CRISIS, "classifier", 0.95)


def test_a_middling_probability_gives_support() -> None:
    found = combine(None, {"distress": 0.7}, False, RULES, BARS)
    assert found is not None
    assert (found.kind, found.tier) == ("distress", SUPPORT)


def test_danger_of_no_sure_kind_still_counts() -> None:
    found = combine(None, {"self_harm": 0.5, "distress": 0.45, ANY: 0.95}, False, RULES, BARS)
    assert found is not None
    assert (found.kind, found.tier, found.score) == ("self_harm", CRISIS, 0.95)


def test_a_low_probability_and_an_unknown_kind_are_nothing() -> None:
    assert combine(None, {"distress": 0.3, "unheard_of": 0.99}, False, RULES, BARS) is None


def test_the_classifier_can_raise_support_by_rule_to_a_crisis() -> None:
    support = Finding("distress", "crisis_selfharm_suicide", SUPPORT, "low", 1.0)
    found = combine(support, {"suicidal_thoughts": 0.97}, False, RULES, BARS)
    assert found is not None
    assert (found.kind, found.tier) == ("suicidal_thoughts", CRISIS)
    assert combine(support, {"distress": 0.7}, False, RULES, BARS) == support
