"""The slips of docs/for-maintainers.md: the words quoted there are what ``ownit check`` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.check.slips import plainly, shape_plainly
from bot.content import read_yaml, shape_errors
from bot.errors import ContentError
from bot.settings import ROOT

ENTRY = """own_it_5_pharmacy:
  title: "Can I use a pharmacy on my own?"
  text:
      - "**Yes, you can.** You can ask."
      - "At 13 to 15 you can. You can say: \\"Hello.\\""
  by_age:
    U13: ["Yes."]
    13-15: ["Yes."]
    16-17: ["Yes."]
    18+: ["Yes."]
  checked_on: 2026-11-01
  check_by: 2027-03-31
  reviewed_by: ""
"""
# In the order of the page: what is there, and what somebody wrote.
SLIPS = (
    ("      - \"At", "\t- \"At"),
    ("You can ask.\"", "You can ask."),
    ("\"**Yes, you can.** You can ask.\"", "**Yes, you can.** You can ask."),
    ("\"**Yes, you can.** You can ask.\"", "At 13 to 15: you can."),
    ("\\\"Hello.\\\"", "\"Hello.\""),
    ("      - \"At", "      \"At"),
    ("      - \"At", "       - \"At"),
    ("    13-15: [\"Yes.\"]", "    13-15"),
    ("  by_age:", "  by_aged:"),
    ("2027-03-31", "31/03/2027"),
)  # fmt: skip


def documented() -> list[str]:
    page = (ROOT / "docs" / "for-maintainers.md").read_text(encoding="utf-8")
    table = page.partition("## Ten usual slips")[2].partition("And slips of content")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [row[-1].replace("\\\\", "\\") for row in rows[1:]]


def told(path: Path) -> str:
    try:
        errors = [shape_plainly(error) for error in shape_errors(read_yaml(path), "answers")]
    except ContentError as error:
        errors = [plainly(error, path.read_text(encoding="utf-8"))]
    return f"{errors[0].what} {errors[0].mend}"


@pytest.mark.parametrize(("number", "old", "new"), [(n, *slip) for n, slip in enumerate(SLIPS)])
def test_the_page_quotes_what_the_check_says(number: int, old: str, new: str, tmp_path: Path) -> None:
    assert old in ENTRY
    path = tmp_path / "own_it.yml"
    path.write_text(ENTRY.replace(old, new, 1), encoding="utf-8")
    assert told(path) == documented()[number]


def test_every_slip_of_the_page_is_tried() -> None:
    assert len(documented()) == len(SLIPS)
