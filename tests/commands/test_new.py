"""``ownit new topic``: stubs that ``ownit check`` leads a maintainer through."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.check.files import Files
from bot.check.problems import Problem
from bot.check.run import problems
from bot.cli import main
from bot.commands.new import add_topic
from bot.errors import ContentError
from bot.settings import ROOT
from tests.check.test_mutations import copy_content

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_content(tmp_path)


def errors(root: Path) -> list[Problem]:
    return [p for p in problems(Files(root / "data", root)) if not p.warning]


def test_only_files_with_something_to_fill_in_are_named_for_it(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.new.ROOT", root)
    monkeypatch.setenv("OWNIT_CONTENT", str(root / "data"))
    assert main(["new", "topic", "dentist", "tips"]) == 0
    waiting, _, done = capsys.readouterr().out.partition("Nothing is left to do in ")
    assert [line.strip() for line in waiting.splitlines()[1:]] == [
        "data/answers/tips.yml",
        "data/nlu/tips.yml",
        "tests/questions/tips.yml",
    ]
    assert done.startswith("domain.yml and data/stories/tips.yml.")


@pytest.mark.parametrize("group", ["own_it", "chat"])
def test_check_says_what_is_left_to_write_and_nothing_else(root: Path, group: str) -> None:
    changed = add_topic("dentist", group, root / "data", root, date.today())
    assert len(changed) == 5
    left = errors(root)
    assert all("dentist" in p.what for p in left), left
    told = " ".join(p.what for p in left)
    assert "dentist has 1 training questions; it takes 25." in told
    assert "dentist has 1 test questions; it takes 5." in told
    assert "dentist.text, item 1 is a stub." in told
    assert "dentist.sources, item 1, name is a stub." in told


def test_a_topic_that_is_filled_in_is_good(root: Path) -> None:
    add_topic("dentist", "tips", root / "data", root, date.today())
    asks = "".join(f"      - where do i find a dentist number {n}\n" for n in range(25))
    tests = "".join(f"  - my tooth hurts who do i see number {n}\n" for n in range(5))
    for file, old, new in (
        ("data/nlu/tips.yml", "      - TO DO: 25 or more ways that people ask about dentist, one a line\n", asks),
        (
            "tests/questions/tips.yml",
            '  - "TO DO: 5 or more questions about dentist, in other words than in data/nlu"\n',
            tests,
        ),
        ("data/answers/tips.yml", "TO DO: the question, 40 letters at most", "Can I see a dentist?"),
        ("data/answers/tips.yml", "TO DO: the answer in one sentence.", "Yes, you can."),
        ("data/answers/tips.yml", "TO DO: what to say or do next.", "You can ask at reception."),
        ("data/answers/tips.yml", "TO DO: who says so", "NHS"),
    ):
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new), encoding="utf-8")
    assert [str(p) for p in errors(root)] == []


@pytest.mark.parametrize("name", ["Dentist", "my topic", "a", "x" * 31, "../tips", "greet"])
def test_a_name_that_cannot_be_used_changes_nothing(root: Path, name: str) -> None:
    before = {p: p.read_bytes() for p in root.rglob("*.yml")}
    with pytest.raises(ContentError):
        add_topic(name, "tips", root / "data", root, date.today())
    assert {p: p.read_bytes() for p in root.rglob("*.yml")} == before


def test_a_domain_that_lost_its_place_for_topics_changes_nothing(root: Path) -> None:
    domain = root / "domain.yml"
    domain.write_text(domain.read_text(encoding="utf-8").replace("- utter_out_of_scope\n", ""), encoding="utf-8")
    before = {p: p.read_bytes() for p in root.rglob("*.yml")}
    with pytest.raises(ContentError, match="utter_out_of_scope"):
        add_topic("dentist", "tips", root / "data", root, date.today())
    assert {p: p.read_bytes() for p in root.rglob("*.yml")} == before


def test_the_repository_itself_has_no_stub() -> None:
    assert not any("stub" in str(p) for p in problems(Files(ROOT / "data")))
