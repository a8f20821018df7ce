"""Docs and code say the same: every test, file, command, setting and topic that a page names exists, and none is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.check.style import reading_age, sentences
from bot.cli import COMMANDS
from bot.content import GROUPS, TOPICS
from bot.messages import SURE
from bot.settings import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
HAZARDS = yaml.safe_load((DOCS / "hazards.yml").read_text(encoding="utf-8"))
ITEMS: list[dict[str, Any]] = HAZARDS["hazards"]
FOR_OPERATORS = DOCS / "for-operators.md"
STANDARDS = 15
REQUIREMENTS = [f"SAFE-{n:02}" for n in range(1, 31)] + [f"DCS-{n}" for n in range(1, 5)]

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"tests/[\w/]+\.py::\w+")
_CODE = re.compile(r"`([^`\n]+)`|^(?: {4}|```\w*\n)(.+)$", re.MULTILINE)
_FILE = re.compile(r"(?:bot|actions|data|docs|tests|scripts|widget|schemas|deploy)/[\w./-]*\w/?")
_SETTING = re.compile(r"\b(?:OWNIT_[A-Z_]+[A-Z]|TELEGRAM_[A-Z_]+[A-Z]|REDIS_URL)\b")
_TOPIC = re.compile(r"\b(?:own_it_\d|define|tip|crisis|gp)_\w+")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(path: Path) -> list[str]:
    """Return what a page sets in the type of code: between backticks, or in a block."""
    return [inline or block for inline, block in _CODE.findall(text(path))]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file, read without importing it."""
    tree = ast.parse(text(path))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(f.name for f in functions if f.name.startswith("test_"))


def test_the_maintainers_page_shows_the_bar_below_which_the_bot_asks() -> None:
    assert f"asks below {SURE:.2f}" in text(DOCS / "for-maintainers.md")


def missing(named: str) -> bool:
    file, _, name = named.partition("::")
    return not (ROOT / file).is_file() or name not in names_in(ROOT / file)


def sources(*folders: str) -> Iterator[str]:
    for folder in folders:
        yield from (text(path) for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".py", ".yml", ".yaml", ".sh"})


# The hazard log


def test_every_hazard_of_the_requirements_is_in_the_log_in_order() -> None:
    assert [item["id"] for item in ITEMS] == [f"H{n}" for n in range(1, len(ITEMS) + 1)]
    assert len(ITEMS) >= 18


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_a_hazard_is_told_whole(item: dict[str, Any]) -> None:
    wanted = {"id", "hazard", "cause", "effect", "initial", "controls", "open", "residual", "owner", "status"}
    assert set(item) == wanted
    assert all(isinstance(item[key], str) and item[key].strip() for key in ("hazard", "cause", "effect", "owner"))
    assert isinstance(item["open"], list)
    assert item["status"] in {"open", "for review", "closed"}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_a_risk_follows_from_severity_and_likelihood(item: dict[str, Any]) -> None:
    matrix = HAZARDS["matrix"]
    for level in (item["initial"], item["residual"]):
        assert set(level) == {"severity", "likelihood", "risk"}
        assert level["risk"] == matrix[level["likelihood"]][matrix["severity"].index(level["severity"])]
    assert item["residual"]["risk"] <= item["initial"]["risk"]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_every_control_names_a_test_that_exists(item: dict[str, Any]) -> None:
    assert item["controls"]
    for control in item["controls"]:
        assert set(control) == {"text", "tests"}
        assert control["tests"], control["text"]
        assert not [t for t in control["tests"] if missing(t)], control["text"]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_nothing_is_closed_by_nobody(item: dict[str, Any]) -> None:
    assert item["status"] != "closed" or item["owner"] != "to be named"
    assert item["status"] == "open" or item["residual"]["risk"] < 4


# Pages


def test_the_papers_of_the_safety_case_are_there() -> None:
    names = ("safety-case.md", "hazards.yml", "dpia.md", "childrens-code.md", "privacy-notice.md", "for-operators.md")
    assert not [name for name in names if not (DOCS / name).is_file()]


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    assert not [t for t in _TEST.findall(text(page)) if missing(t)]


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    dead = []
    for target in _LINK.findall(text(page)):
        file, _, heading = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        there = page if not file else (page.parent / file).resolve()
        if not there.exists() or (heading and heading not in anchors(there)):
            dead.append(target)
    assert not dead


def anchors(page: Path) -> set[str]:
    """Return the names that links may use for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    words = (word.split("::")[0] for line in code(page) for word in re.split(r"[\s,()]+", line))
    named = {word for word in words if _FILE.fullmatch(word)}
    assert not sorted(n for n in named if not (ROOT / n).exists())


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_says_context_decision_and_consequences(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", text(page), re.MULTILINE)
    assert [h for h in headings if h in {"Context", "Decision", "Consequences"}] == ["Context", "Decision", "Consequences"]


# Commands, targets, settings, topics


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    named = {name for line in code(page) for name in re.findall(r"(?:^|[\s/])ownit ([a-z]+)", line)}
    targets = {name for line in code(page) for name in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", line)}
    assert named <= set(COMMANDS)
    assert targets <= make_targets()


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text(ROOT / "Makefile"), re.MULTILINE))


def test_every_command_is_named_on_a_page_and_has_its_module() -> None:
    words = "\n".join(line for page in PAGES for line in code(page))
    assert not [name for name in COMMANDS if not re.search(rf"\b(?:ownit|make) {name}\b", words)]
    assert not [name for name in COMMANDS if not (ROOT / "bot" / "commands" / f"{name}.py").is_file()]


def test_every_target_of_make_says_what_it_does() -> None:
    said = set(re.findall(r"^([a-z][a-z-]*):.*## ", text(ROOT / "Makefile"), re.MULTILINE))
    assert make_targets() == said


def test_every_setting_of_the_code_is_explained_to_operators() -> None:
    known = settings_read("bot", "actions")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", text(FOR_OPERATORS), re.MULTILINE))
    assert not sorted(known - rows - of_files(known))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_is_read_by_the_code(page: Path) -> None:
    known = settings_read("bot", "actions", "scripts")
    named = set(_SETTING.findall(text(page)))
    assert not sorted(named - known - of_files(named))


def settings_read(*folders: str) -> set[str]:
    """Return the settings whose names stand in quotes in the code."""
    return {found for source in sources(*folders) for found in re.findall(rf"""["'`]({_SETTING.pattern})""", source)}


def of_files(settings: set[str]) -> set[str]:
    """Return the settings that name a file in which a secret stands (``OWNIT_KEY_FILE``)."""
    secrets = {s for source in sources("bot") for s in re.findall(r'read_secret\([\w.]+, "(\w+)"\)', source)}
    return settings & {f"{secret}_FILE" for secret in secrets}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_topic_that_a_page_names_exists(page: Path) -> None:
    topics = {topic for group in TOPICS.values() for topic in group}
    named = {topic for line in code(page) for topic in _TOPIC.findall(line) if "/" not in line}
    assert not sorted(t for t in named if t not in topics and t not in EXAMPLES)


# A topic that a page makes up as an example, and names of logged events.
EXAMPLES = {"gp_directory_not_used"}


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "for-maintainers.md"], ids=lambda page: page.name)
def test_every_group_of_topics_is_named_to_those_who_look_for_it(page: Path) -> None:
    assert not [group for group in GROUPS if f"`{group}`" not in text(page)]


# The safety case, the code for children, the privacy notice


def test_the_safety_case_answers_every_requirement() -> None:
    rows = re.findall(r"^\| ((?:SAFE|DCS)-\d+) \| (met|partly|not)\b", text(DOCS / "safety-case.md"), re.MULTILINE)
    assert [row for row, _ in rows] == REQUIREMENTS


def test_a_requirement_that_is_met_names_its_test() -> None:
    rows = [line for line in text(DOCS / "safety-case.md").splitlines() if re.match(r"\| SAFE-\d+ \| met", line)]
    assert rows
    assert not [line[:12] for line in rows if not _TEST.search(line) and "this page" not in line.lower()]


def test_every_standard_of_the_childrens_code_names_its_tests() -> None:
    rows = re.findall(r"^\| (\d+) .*$", text(DOCS / "childrens-code.md"), re.MULTILINE)
    lines = re.findall(r"^\| \d+ .*$", text(DOCS / "childrens-code.md"), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, STANDARDS + 1))
    assert not [line[:40] for line in lines if not _TEST.search(line) and "not applicable" not in line]


def test_the_privacy_notice_can_be_read_at_the_age_of_eleven() -> None:
    body = text(DOCS / "privacy-notice.md").split("## Who runs this chat")[0]
    plain = re.sub(r"[*`#]|^- ", "", re.sub(r"\n(?![\n-])", " ", body), flags=re.MULTILINE)
    assert reading_age(plain) <= 11
    assert not [s for s in sentences(plain) if len(s.split()) > 25]


def test_the_privacy_notice_and_the_chat_say_the_same() -> None:
    chat = yaml.safe_load(text(ROOT / "data" / "answers" / "chat.yml"))["bot_privacy"]["text"]
    notice = text(DOCS / "privacy-notice.md")
    for fact in ("30 minutes after", "Telegram", "no person reads", "age group", "area"):
        assert fact.lower() in " ".join(chat).lower()
        assert fact.lower() in notice.lower()
