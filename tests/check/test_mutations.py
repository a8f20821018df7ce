"""Breaks each rule of ``ownit check`` once, in a copy of the content, and looks whether it is caught.

Breaks that can stand side by side are made in one copy: a maintainer gets all problems in one run too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.check.files import Files
from bot.check.problems import RULES, Problem, Rule
from bot.check.run import problems
from bot.settings import ROOT

Edit = Callable[[str], str]
# A question that stands nowhere in the content.
TWICE = "who wears the striped consent hat"


def copy_content(to: Path) -> Path:
    """Copy what ``ownit check`` reads."""
    shutil.copytree(ROOT / "data", to / "data")
    shutil.copytree(ROOT / "tests" / "questions", to / "tests" / "questions")
    shutil.copy(ROOT / "domain.yml", to / "domain.yml")
    return to


def change(file: Path, edit: Edit, name: str) -> None:
    before = file.read_text(encoding="utf-8")
    after = edit(before)
    assert after != before, f"{name}: the edit changes nothing"
    file.write_text(after, encoding="utf-8")


def swap(old: str, new: str) -> Edit:
    """Return an edit that puts ``new`` in place of the first ``old``."""
    return lambda text: text.replace(old, new, 1)


def in_answer(id_: str, pattern: str, new: str) -> Edit:
    """Return an edit of the first match of ``pattern`` after the start of an answer."""

    def edit(text: str) -> str:
        head, start, rest = text.partition(f"\n{id_}:\n")
        return head + start + re.sub(pattern, new, rest, count=1)

    return edit


def with_message(id_: str, message: str) -> Edit:
    """Return an edit that makes ``message`` the first one of an answer."""
    return in_answer(id_, r'(?m)^    - ".*"$', lambda _: f'    - "{message}"')  # type: ignore[arg-type]


def drop_answer(id_: str) -> Edit:
    return lambda text: re.sub(rf"(?ms)^{id_}:\n.*?(?=^[a-z\"#])", "", text)


def add_question(topic: str, line: str) -> Edit:
    return lambda text: re.sub(rf"(- intent: {topic}\n    examples: \|\n)", rf"\1      - {line}\n", text, count=1)


def keep_questions(topic: str, count: int) -> Edit:
    return lambda text: re.sub(
        rf"(- intent: {topic}\n    examples: \|\n(?:      - .*\n){{{count}}})(?:      - .*\n)+", r"\1", text, count=1
    )


def _stub(id_: str) -> str:
    return f'\n{id_}:\n  title: "A"\n  text: ["Hello."]\n  checked_on: 2026-11-01\n  check_by: 2099-01-01\n  reviewed_by: ""\n'


def _moved(group: str, id_: str) -> str:
    """Return an answer as it stands in another file; the file it came from keeps it under another name."""
    text = (ROOT / "data" / "answers" / f"{group}.yml").read_text(encoding="utf-8")
    found = re.search(rf"(?ms)^{id_}:\n.*?(?=^[a-z\"#]|\Z)", text)
    assert found
    return "\n" + found.group()


def _contact_dates(text: str, id_: str, checked_on: str, check_by: str) -> str:
    pattern = rf"(\n  {id_}:\n(?:    .*\n)*?    checked_on: )\S+\n    check_by: \S+"
    return re.sub(pattern, rf"\g<1>{checked_on}\n    check_by: {check_by}", text, count=1)


@dataclass(frozen=True)
class Break:
    """One thing broken: in which file, how (None: by the one before it), and the words that tell it."""

    name: str
    file: str
    edit: Edit | None
    told: str
    warning: bool = False


ANSWERS = "data/answers"
BREAKS = (
    # the poster
    Break(
        "a poster's contact that does not exist",
        "data/poster.yml",
        swap("emergency_999: [", "emergency_99: ["),
        "no contact 'emergency_99'. Did you mean 'emergency_999'?",
    ),
    Break(
        "a number typed on the poster",
        "data/poster.yml",
        swap("Childline $phone", "Childline 0800 1111"),
        "'0800 1111' is typed here",
    ),
    # what people say next
    Break(
        "a follow-up to a topic that does not exist",
        "data/follow_ups/tips.yml",
        swap("\ntip_notes:\n", "\ntip_nots:\n"),
        "no topic 'tip_nots'. Did you mean 'tip_notes'?",
    ),
    Break(
        "a follow-up that moves to its own topic",
        "data/follow_ups/words.yml",
        lambda t: re.sub(r"(?s)(\ndefine_consent:\n.*?\n  moves:\n)", r"\1    define_consent:\n      - and what is it\n", t),
        "'define_consent' cannot move to itself",
    ),
    # what answers point to
    Break("a topic has no answer", f"{ANSWERS}/tips.yml", drop_answer("tip_notes"), "no answer to the topic tip_notes"),
    Break(
        "a topic stands in another group's file",
        f"{ANSWERS}/words.yml",
        lambda t: t + _moved("local", "get_involved"),
        "get_involved stands in the wrong file",
    ),
    Break("an answer in two files", f"{ANSWERS}/local.yml", None, "'get_involved' stands in"),
    Break(
        "a notice that nothing uses",
        f"{ANSWERS}/feelings.yml",
        lambda t: t + _stub("nobody_reads_me"),
        "'nobody_reads_me' is no topic",
    ),
    Break("a notice the software uses is gone", f"{ANSWERS}/chat.yml", drop_answer("too_long"), "uses a notice 'too_long'"),
    Break(
        "a next question that does not exist",
        f"{ANSWERS}/chat.yml",
        in_answer("greet", "own_it_3_seen_alone", "own_it_3_seen_alnoe"),
        "there is no question 'own_it_3_seen_alnoe' to go on with. Did you mean 'own_it_3_seen_alone'",
    ),
    Break(
        "a next question without a title",
        f"{ANSWERS}/chat.yml",
        in_answer("thanks", r"related: \[help", "related: [sorry"),
        "'sorry' has no title",
    ),
    Break(
        "a contact that does not exist",
        f"{ANSWERS}/chat.yml",
        in_answer("menu", "nhs_111", "nhs_112"),
        "there is no contact 'nhs_112'. Did you mean 'nhs_111'",
    ),
    Break(
        "a name too long for a button",
        f"{ANSWERS}/local.yml",
        lambda t: t + _stub("a" * 70),
        "makes a button of 71 bytes",
    ),
    Break(
        "a claim the checklist does not know",
        f"{ANSWERS}/chat.yml",
        in_answer("bot_privacy", r"covers: \[N18\]", "covers: [N99]"),
        "the checklist has no line 'N99'",
    ),
    Break(
        "no source",
        f"{ANSWERS}/words.yml",
        in_answer("define_chaperone", r"(?m)^  sources:\n(?:    - .*\n)+", ""),
        "define_chaperone names no source",
    ),
    Break(
        "a signature that names nobody",
        f"{ANSWERS}/chat.yml",
        in_answer("goodbye", 'reviewed_by: ""', 'reviewed_by: "done"'),
        "reviewed_by is 'done'",
    ),
    Break(
        "a mark that nothing fills",
        f"{ANSWERS}/chat.yml",
        in_answer("welcome_telegram", r"\$age", "$agee"),
        "nothing fills in '$agee' here. Did you mean 'age'",
    ),
    Break("bold left open", f"{ANSWERS}/tips.yml", with_message("tip_contacts", "**Save the numbers."), "not closed"),
    Break(
        "a link to nowhere", f"{ANSWERS}/tips.yml", with_message("tip_letters", "See [this](www.nhs.uk)."), "the link goes to"
    ),
    Break(
        "a curly quote",
        f"{ANSWERS}/words.yml",
        with_message("define_competence", "\u201cIt means you understand.\u201d"),
        "a quote is lost or curly in define_competence",
    ),
    Break(
        "words copied from a word processor",
        f"{ANSWERS}/words.yml",
        with_message("define_chaperone", "It\u2019s somebody who stays with you."),
        "define_chaperone holds a curly quote (\u2019)",
        warning=True,
    ),
    Break(
        "a text cut off by a #",
        f"{ANSWERS}/tips.yml",
        in_answer("tip_bring_someone", r'(?m)^    - ".*"$', "    - You can # write it down."),
        "a # cuts off a text of tip_bring_someone",
    ),
    Break(
        "a title cut off by a #",
        f"{ANSWERS}/local.yml",
        in_answer("school_nurse", r'  title: "[^"]*"', "  title: A nurse # at school"),
        "a # cuts off school_nurse.title",
    ),
    Break(
        "a sign spelt as on a web page",
        f"{ANSWERS}/local.yml",
        with_message("feedback", "Bring a pen &amp; paper."),
        "'&amp;' is shown as it stands",
    ),
    Break(
        "a pattern that no message fits",
        f"{ANSWERS}/own_it.yml",
        in_answer("own_it_2_appointments", r'(when:\n +- )".*"', r'\1"Text My mum"'),
        "'Text My mum' never fits",
    ),
    Break(
        "two lines of the checklist without a comma",
        f"{ANSWERS}/own_it.yml",
        in_answer("own_it_1_decisions", r"covers: \[(Q1), ", r"covers: [\1 "),
        "Put a comma between the two",
    ),
    Break(
        "an amount of medicine in words",
        f"{ANSWERS}/own_it.yml",
        in_answer("own_it_2_appointments", r'(?m)^    - ".*"$', '    - "You can take two tablets."'),
        "'two tablets' puts a number beside a medicine word",
    ),
    Break("a dash without a question", "data/nlu/words.yml", add_question("define_consent", ""), "a dash and no question"),
    Break(
        "a phone number without spaces",
        "data/places/england.yml",
        swap('phone: "0808 800 5000"', 'phone: "08088005000"'),
        "'08088005000' does not look like a phone number",
    ),
    Break(
        "no words for a kind",
        f"{ANSWERS}/safety.yml",
        swap("    worried_friend:", "    worried_freind:"),
        "kind 'worried_friend'",
    ),
    Break("words for no kind", f"{ANSWERS}/safety.yml", None, "kind 'worried_freind'"),
    Break(
        "a translation older than its English",
        f"{ANSWERS}/safety.yml",
        swap('    pl: {text: "', '    pl: {of: 2026-01-01, text: "'),
        "the line in 'pl' was made from the English of 2026-01-01",
        warning=True,
    ),
    Break("a translation nobody reviewed", f"{ANSWERS}/safety.yml", None, "no speaker has reviewed", warning=True),
    # dates
    Break(
        "an answer overdue",
        f"{ANSWERS}/chat.yml",
        in_answer("affirm", r"checked_on: \S+\n  check_by: \S+", "checked_on: 2025-01-01\n  check_by: 2025-06-01"),
        "The answer affirm was due",
        warning=True,
    ),
    Break(
        "a check in the future",
        f"{ANSWERS}/chat.yml",
        in_answer("deny", r"checked_on: \S+", "checked_on: 2099-01-01"),
        "checked_on is 2099-01-01",
    ),
    Break(
        "a check due before it was made",
        f"{ANSWERS}/chat.yml",
        in_answer("deny", r"check_by: \S+", "check_by: 2098-01-01"),
        "is not after checked_on (2099-01-01)",
    ),
    Break(
        "a source seen in the future",
        f"{ANSWERS}/tips.yml",
        in_answer("tip_bring_someone", r"seen_on: \S+\}", "seen_on: 2099-01-01}"),
        "seen_on is 2099-01-01",
    ),
    Break(
        "a line of crisis overdue",
        "data/places/england.yml",
        lambda t: _contact_dates(t, "childline", "2025-01-01", "2025-03-01"),
        "The contact childline was due",
    ),
    Break(
        "an optional line of crisis overdue",
        "data/places/england.yml",
        lambda t: _contact_dates(t, "papyrus", "2025-01-01", "2025-03-01"),
        "The contact papyrus was due",
    ),
    Break(
        "another contact overdue",
        "data/places/england.yml",
        lambda t: _contact_dates(t, "switchboard", "2025-01-01", "2025-03-01"),
        "The contact switchboard was due",
        warning=True,
    ),
    Break(
        "a line of crisis not looked at for a year",
        "data/places/england.yml",
        lambda t: _contact_dates(t, "shout", "2026-11-01", "2099-11-01"),
        "shout is shown in danger, and is not looked at again",
    ),
    # places
    Break(
        "a line of crisis taken out",
        "data/places/england.yml",
        swap("\n  samaritans:\n", "\n  samaritains:\n"),
        "the contact samaritans is missing",
    ),
    Break(
        "a contact in two files",
        "data/places/north-west-london.yml",
        swap("\n  kooth:\n", "\n  papyrus:\n"),
        "the contact papyrus stands in",
    ),
    Break(
        "a contact nobody can reach",
        "data/places/north-west-london.yml",
        lambda t: re.sub(r"(\n  healthwatch_brent:\n(?:    .*\n)*?)    web: .*\n", r"\1", t, count=1),
        "healthwatch_brent has no way to reach it",
    ),
    Break(
        "a phone number with a letter",
        "data/places/england.yml",
        swap('phone: "116 123"', 'phone: "116 12E"'),
        "does not look like a phone number",
    ),
    Break(
        "ages the wrong way round",
        "data/places/north-west-london.yml",
        swap("min_age: 13", "min_age: 13\n    max_age: 12"),
        "havens is for nobody",
    ),
    Break(
        "a borough's contact that does not exist",
        "data/places/north-west-london.yml",
        swap("Harrow: {healthwatch: healthwatch_harrow}", "Harrow: {healthwatch: healthwatch_harow}"),
        "there is no contact 'healthwatch_harow'. Did you mean 'healthwatch_harrow'",
    ),
    Break(
        "a borough that is none",
        "data/places/north-west-london.yml",
        swap("  Hillingdon: {", "  Hillingdonn: {"),
        "'Hillingdonn' is no borough",
    ),
    # words
    Break(
        "a phone number in an answer",
        f"{ANSWERS}/own_it.yml",
        with_message("own_it_6_parents_help", "**Yes.** Call 020 7946 0000."),
        "the phone number '020 7946 0000' is typed in own_it_6_parents_help",
    ),
    Break(
        "an amount of medicine",
        f"{ANSWERS}/own_it.yml",
        with_message("own_it_5_pharmacy", "**Yes.** You can buy 16 tablets."),
        "'16 tablets' puts a number beside a medicine word",
    ),
    Break(
        "a promise about privacy",
        f"{ANSWERS}/own_it.yml",
        with_message("own_it_4_parents_told", "**They will never tell.**"),
        "'never' is a promise that may not hold",
    ),
    Break("a word to avoid", f"{ANSWERS}/tips.yml", with_message("tip_prepare", "Ask the chemist."), "Write pharmacy."),
    Break("should", f"{ANSWERS}/tips.yml", with_message("tip_be_honest", "You should tell them."), "'should'", warning=True),
    Break("an emoji", f"{ANSWERS}/chat.yml", with_message("goodbye", "Bye \U0001f600"), "goodbye holds an emoji"),
    Break(
        "a very long sentence",
        f"{ANSWERS}/tips.yml",
        with_message("tip_follow_up", "You can ask " + "and ask again " * 10 + "for more time."),
        "words in tip_follow_up",
    ),
    Break(
        "a long sentence",
        f"{ANSWERS}/tips.yml",
        with_message("tip_ask_again", "You can ask " + "and ask again " * 6 + "for it."),
        "a sentence of 23 words in tip_ask_again",
        warning=True,
    ),
    Break(
        "hard words",
        f"{ANSWERS}/words.yml",
        with_message(
            "define_confidentiality",
            "Confidentiality obligations necessitate proportionality regarding disclosure. Institutional safeguarding "
            "considerations occasionally supersede individual preferences. Practitioners contemplate "
            "communicating information appropriately. Organisational accountability necessitates documentation.",
        ),
        "needs a reading age of about",
    ),
    # questions
    Break("too few questions", "data/nlu/tips.yml", keep_questions("tip_letters", 20), "tip_letters has 20 training questions"),
    Break(
        "too few of a kind",
        "data/nlu/chat.yml",
        swap("metadata: {kind: homework}", "metadata: {kind: small_talk}"),
        "out_of_scope of the kind homework has 0",
    ),
    Break("a kind that is none", "data/nlu/chat.yml", swap("kind: nonsense", "kind: nonsens"), "no kind 'nonsens'"),
    Break(
        "questions of no topic",
        "data/nlu/feelings.yml",
        swap("- intent: medical_advice", "- intent: medical_advise"),
        "there is no topic 'medical_advise'. Did you mean 'medical_advice'",
    ),
    Break(
        "a question twice in a topic",
        "data/nlu/words.yml",
        add_question("define_consent", f"{TWICE} now\n      - {TWICE} now"),
        "hat now' stands in",
    ),
    Break(
        "a question under two topics",
        "data/nlu/words.yml",
        lambda t: add_question("define_chaperone", TWICE)(add_question("define_consent", TWICE)(t)),
        "too, under define_consent",
    ),
    Break("a bracket", "data/nlu/words.yml", add_question("define_competence", "what is [competence]"), "or a bracket"),
    Break(
        "a question without a dash",
        "data/nlu/words.yml",
        lambda t: t.rstrip("\n") + "\n      is this a question\n",
        "has no dash",
    ),
    Break(
        "too few test questions",
        "tests/questions/words.yml",
        lambda t: re.sub(r"(?m)(^define_chaperone:\n(?:  - .*\n){2})(?:  - .*\n)+", r"\1", t),
        "define_chaperone has 2 test questions",
    ),
    Break(
        "test questions of no topic",
        "tests/questions/tips.yml",
        swap("\ntip_prepare:\n", "\ntip_prepair:\n"),
        "there is no topic 'tip_prepair'",
    ),
    Break(
        "a test question twice",
        "tests/questions/tips.yml",
        lambda t: re.sub(r"(?m)^tip_letters:\n(  - .*\n)", r"tip_letters:\n\1\1", t),
        "the test question",
    ),
    Break(
        "a test question that was trained on",
        "tests/questions/feelings.yml",
        lambda t: re.sub(r"(?m)^(medical_advice:\n)", rf"\1  - {TWICE}\n", t),
        "test questions that were trained on test nothing",
    ),
    # rules and domain
    Break("a topic the domain lacks", "domain.yml", swap("- tip_notes\n", ""), "the topic tip_notes is missing"),
    Break("a response the domain lacks", "domain.yml", swap("- utter_thanks\n", ""), "utter_thanks is missing"),
    Break("an intent twice", "domain.yml", swap("- greet\n", "- greet\n- greet\n"), "'greet' stands twice"),
    Break(
        "a response without words", "domain.yml", swap("- utter_goodbye\n", "- utter_goodbye\n- utter_nothing\n"), "'nothing'"
    ),
    Break("an action without code", "domain.yml", swap("- action_find_gp\n", "- action_find_gp\n- action_fly\n"), "action_fly"),
    Break(
        "a topic without a rule",
        "data/stories/chat.yml",
        swap("  - intent: deny\n", "  - intent: denyy\n"),
        "no rule answers deny",
    ),
    Break("a rule for no topic", "data/stories/chat.yml", None, "domain.yml has no intent 'denyy'"),
    Break(
        "a rule that says nothing",
        "data/stories/words.yml",
        swap("utter_define_consent", "utter_define_consnet"),
        "domain.yml has no action 'utter_define_consnet'. Did you mean 'utter_define_consent'",
    ),
    Break(
        "a rule that says another answer",
        "data/stories/tips.yml",
        swap("action: utter_tip_prepare", "action: utter_tip_notes"),
        "the rule for tip_prepare does not say its answer",
    ),
    # danger
    Break(
        "danger without an answer",
        "data/safety/fgm.yml",
        swap("topic: crisis_abuse", "topic: crisis_abuze"),
        "no topic of danger",
    ),
    Break(
        "two kinds equally urgent",
        "data/safety/bullying.yml",
        lambda t: re.sub(r"order: \d+", "order: 8", t),
        "so it is not said which is more urgent",
    ),
    Break(
        "an id twice", "data/safety/grooming.yml", lambda t: re.sub(r"- id: \w+", "- id: bullied", t, count=1), "the id bullied"
    ),
    Break(
        "a pattern left open",
        "data/safety/running_away.yml",
        lambda t: re.sub(r"pattern: '", "pattern: '(", t, count=1),
        "the pattern cannot be read",
    ),
    Break(
        "a word set that is none",
        "data/safety/county_lines.yml",
        lambda t: re.sub(r"pattern: '", "pattern: '<nobody> ", t, count=1),
        "there is no word set '<nobody>'",
    ),
    # the checklist
    Break(
        "a line that nobody covers",
        "data/checklist.yml",
        swap("must:\n", 'must:\n  Q9: "Something the resource says"\n'),
        "no answer covers Q9",
    ),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A copy of the content in which every rule is broken once."""
    root = copy_content(tmp_path_factory.mktemp("broken"))
    for one in BREAKS:
        if one.edit:
            change(root / one.file, one.edit, one.name)
    return Files(root / "data", root)


@pytest.fixture(scope="module")
def broken(files: Files) -> list[Problem]:
    return problems(files)


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)
def test_check_catches(one: Break, broken: list[Problem]) -> None:
    told = [p for p in broken if one.told in str(p)]
    assert told, f"nothing says {one.told!r}"
    assert any(p.warning == one.warning for p in told), told
    assert any(Path(one.file).name in str(p) for p in told), told


# Broken in test_check.py and, for stubs, in tests/commands/test_new.py.
ELSEWHERE = {"every_variant_renders", "phrase_rules_hold", "stubs_are_filled_in"}
ELSEWHERE |= {"training_stubs_are_filled_in", "test_stubs_are_filled_in"}


@pytest.mark.parametrize("rule", [r for r in RULES if r.check.__name__ not in ELSEWHERE], ids=lambda r: r.check.__name__)
def test_every_rule_has_a_break_of_its_own(rule: Rule, files: Files) -> None:
    assert not rule.needs & files.unread
    assert list(rule.check(files))


def test_content_that_nobody_broke_has_no_error(tmp_path: Path) -> None:
    root = copy_content(tmp_path)
    assert [str(p) for p in problems(Files(root / "data", root)) if not p.warning] == []
