"""What ``ownit check`` says, and the usual slips in a YAML file with the words a maintainer reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.check import style
from bot.check.files import Files
from bot.check.run import only, problems
from bot.cli import main
from bot.errors import SettingError
from bot.settings import ROOT
from tests.check.test_mutations import change, copy_content

pytestmark = pytest.mark.slow

ENTRY = """
a_new_answer:
  title: "May I ask?"
  text:
    - "**Yes, you can ask.** Anybody may."
    - "You can say: \\"I'd like to ask.\\""
  covers: [Q1]
  checked_on: 2026-11-01
  check_by: 2099-01-01
  reviewed_by: ""
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return copy_content(tmp_path)


def told(root: Path) -> list[str]:
    """Return the errors of a copy of the content, without the path of the copy."""
    found = problems(Files(root / "data", root))
    return [str(p).replace(f"{root}/", "") for p in found if not p.warning]


def test_the_content_of_this_repository_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("All good: ")


def test_errors_come_first_and_make_the_command_fail(
    content: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNIT_CONTENT", str(content / "data"))
    slip = ("related: [delete_my_data, bot_i", "related: [delete_my_date, bot_i")
    change(content / "data/answers/chat.yml", lambda t: t.replace(*slip), "")
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ERROR ")
    assert "delete_my_date" in lines[0]
    assert "Did you mean 'delete_my_data'?" in lines[0]
    assert lines[-1].startswith("1 error,")


def test_one_file_can_be_looked_at_alone() -> None:
    files = Files(ROOT / "data")
    found = only(problems(files), [str(ROOT / "data/answers/safety.yml")], files)
    assert {p.place[0] for p in found} <= {"data/answers/safety.yml"}


def test_a_file_looked_at_alone_is_not_all_good_when_others_miss_something(
    content: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNIT_CONTENT", str(content / "data"))
    file = content / "data/answers/own_it.yml"
    change(file, lambda t: t.replace("  covers: [Q5, ", "  covers: [", 1), "")
    assert main(["check", "--quiet", str(file)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Nothing to mend in {file}. Other files have 1 error: `ownit check` names them.")


def test_whoever_reads_may_stop_early() -> None:
    with subprocess.Popen([sys.executable, "-m", "bot.cli", "check"], cwd=ROOT, stdout=-1, stderr=-1, text=True) as check:
        assert check.stdout
        assert check.stderr
        check.stdout.close()
        assert check.stderr.read() == ""
        assert check.wait() == 141


def test_a_file_that_is_no_content_is_said_to_be_none() -> None:
    files = Files(ROOT / "data")
    with pytest.raises(SettingError, match="is not a content file"):
        only([], ["README.md"], files)
    assert main(["check", "README.md"]) == 2


def test_it_imports_neither_rasa_nor_a_model() -> None:
    code = (
        "import sys, bot.cli; bot.cli.main(['check', '--quiet']); "
        "bad = {'rasa', 'tensorflow', 'sklearn', 'onnxruntime', 'numpy'} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


SLIPS = (
    ("a tab", "  title:", "\ttitle:", 3, "There is a tab"),
    ("a quote not closed", "may.\"", "may.", 5, "a quote that is not closed"),
    ("no quotes", '"**Yes, you can ask.** Anybody may."', "**Yes, you can ask.** Anybody may.", 5, "starts with * and has no quotes"),  # noqa: E501
    ("a key twice", "  text:", '  title: "May I?"\n  text:', 4, "'title' stands twice"),
    ("a mistyped key", "  title:", "  titel:", 3, "'titel' is not a key of a_new_answer. Did you mean 'title'?"),
    ("an indent too deep", "  text:", "   text:", 4, "starts with 3 spaces"),
    ("an indent lost", '    - "**', '- "**', 5, "The dash stands at the start of the line"),
    ("a colon in text", '"May I ask?"', "Asking: may I?", 3, "A colon stands inside text that has no quotes"),
    ("a dash lost", '    - "**', '    "**', 5, "The text has no dash"),
    ("no space after the dash", '    - "**', '    -"**', 5, "no space after the dash"),
    ("a colon lost", "  title:", "  title", 3, "There is no colon after 'title'"),
    ("no space after the colon", '  title: "', '  title:"', 3, "There is no space after 'title:'"),
    ("quotes in quotes", '\\"I\'d like to ask.\\"', '"I\'d like to ask."', 6, "There are quotes inside the quotes"),
    ("a date that does not exist", "2099-01-01", "2099-13-41", 9, "'2099-13-41' is no day of the calendar"),
    ("a date the other way round", "2099-01-01", "01/01/2099", 9, "A date written as 2026-11-23"),
    ("yes for a name", 'reviewed_by: ""', "reviewed_by: yes", 10, "is yes or no, and it has to be a text"),
    ("nothing after the colon", '  title: "May I ask?"', "  title:", 3, "a_new_answer.title is empty"),
    ("a title too long", "May I ask?", "May I ask? " * 5, 3, "At most 40 fit; shorten it"),
    ("a brace", "Anybody may.", "{Anybody} may.", 5, "holds one of the signs { } < >"),
    ("a colon in a list's text", '"**Yes, you can ask.** Anybody may."', "Yes: you can ask.", 5, "A colon stands inside text"),
    ("an empty text", '"**Yes, you can ask.** Anybody may."', '""', 5, "a_new_answer.text, item 1 is empty"),
    ("a name without its colon", "  text:", "  text", 4, "There is no colon after 'text'"),
    ("spaces from a web page", '    - "**', '\u00a0\u00a0\u00a0\u00a0- "**', 5, "of a kind that does not count"),
    ("two people's changes", "  text:", "<<<<<<< HEAD\n  text:", 4, "Two people changed these lines"),
    ("a line from elsewhere", "\na_new_answer:", "\nPlease change this\na_new_answer:", 2, "neither an entry nor a comment"),
    ("a tab after the dash", '    - "**', '    -\t"**', 5, "There is a tab after the dash"),
    ("a dash from a word processor", '    - "**', '    \u2013 "**', 5, "starts with \u2013 where a dash belongs"),
    ("a semicolon for a colon", "  text:", "  text;", 4, "There is no colon after 'text'"),
    ("a backslash too many", "I'd like", "I\\'d like", 6, "A backslash (\\) stands where none is needed"),
    ("a [ not closed", "covers: [Q1]", "covers: [Q1", 7, "A [ is opened and ] does not close it. Put ] at the end"),
    ("a dash too far right", '    - "You', '      - "You', 6, "The dash stands after 6 spaces, and the dash of line"),
    ("a dash too far left", "  covers: [Q1]", '  by_age:\n    U13:\n  - "Yes."', 9, "after 2 spaces, and 'U13' above it after 4. Move"),  # noqa: E501
    ("a key too far right", "  check_by", "    check_by", 9, "starts with 4 spaces, and 'checked_on' of line"),
    ("a key too far left", '  title: "M', 'title: "M', 4, "starts with 2 spaces, and 'title' of line"),
    ("a list for a text", '"May I ask?"', '["May I ask?"]', 3, "a_new_answer.title is a list, and it has to be one text"),
    ("a dash alone", '"**Yes, you can ask.** Anybody may."', "", 5, "a_new_answer.text, item 1 is empty"),
    ("a list of nothing", "covers: [Q1]", "covers:", 7, "a_new_answer.covers is empty. Write each item after a dash"),
    ("an apostrophe in single quotes", '"**Yes, you can ask.** Anybody may."', "'You can't.'", 5, "an apostrophe in a text between single"),  # noqa: E501
    ("a text in brackets", '"**Yes, you can ask.** Anybody may."', "[Yes] you can.", 5, "starts with [ and has no quotes"),
    ("a comma after the quote", 'Anybody may."', 'Anybody may.",', 5, "Something stands after the closing quote"),
    ("an equals sign for a colon", "  title: ", "  title = ", 3, "There is no colon after 'title'"),
    ("a line of dashes", "\na_new_answer:", "---\na_new_answer:", 1, "A line of three dashes stands here. Delete it"),
    ("a sign that cannot be seen", "Anybody", "Any\x07body", 5, "A sign that cannot be seen stands here"),
    ("a number for a text", '"**Yes, you can ask.** Anybody may."', "13", 5, "item 1 is a number, and it has to be a text"),
    ("a part with a capital", "  covers", '  parts: {My Part: {title: "A", when: [aaa], text: ["B."]}}\n  covers', 7, "'My Part' is no name"),  # noqa: E501
    ("a text that is no list", '  covers: [Q1]', '  covers: Q1', 7, "a_new_answer.covers is not a list"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "line", "words"), SLIPS, ids=[s[0] for s in SLIPS])
def test_a_slip_is_told_on_its_line_and_in_plain_words(
    content: Path, name: str, old: str, new: str, line: int, words: str
) -> None:
    file = content / "data/answers/words.yml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before + ENTRY.replace(old, new, 1), encoding="utf-8")
    at = before.count("\n") + line
    # Slips are told while reading, before any rule is run.
    found = [str(p).replace(f"{content}/", "") for p in Files(content / "data", content).problems]
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith(f"ERROR data/answers/words.yml:{at}:")


def test_a_list_written_twice_is_one_error(content: Path) -> None:
    # The second is shorter, so that items of the first are no longer there.
    change(content / "data/answers/words.yml", lambda t: t.replace("  simpler:", '  text: ["Yes."]\n  simpler:', 1), "")
    assert [t.partition(": ")[2] for t in told(content)] == ["'text' stands twice. Keep one of them."]


def test_an_answer_whose_name_lost_its_colon_is_one_error(content: Path) -> None:
    change(content / "data/answers/words.yml", lambda t: t.replace("\ndefine_consent:\n", "\ndefine_consent\n"), "")
    assert [t.partition(": ")[2] for t in told(content)] == [
        "There is no colon after 'define_consent'. Write define_consent: and a space."
    ]


def test_a_file_that_cannot_be_read_brings_no_other_errors_with_it(content: Path) -> None:
    change(content / "data/answers/words.yml", lambda t: t.replace("  title:", "\ttitle:", 1), "")
    assert len(told(content)) == 1


@pytest.mark.parametrize("text", ["", "only words\n", "- a list\n"])
def test_a_file_without_entries_is_one_error(content: Path, text: str) -> None:
    (content / "data/answers/words.yml").write_text(text, encoding="utf-8")
    assert len(told(content)) == 1


@pytest.mark.parametrize("file", ["data/answers/words.yml", "data/spelling.yml", "data/safety/safe.yml"])
def test_an_empty_file_is_said_to_be_empty(content: Path, file: str) -> None:
    (content / file).write_text("# nothing but a remark\n", encoding="utf-8")
    assert told(content) == [f"ERROR {file}:1: The file is empty. Put its entries back, as they were before."]


@pytest.mark.parametrize(
    "file", ["data/nlu/tips.yml", "data/places/england.yml", "data/safety/normalise.yml", "data/spelling.yml", "domain.yml"]
)
def test_a_file_that_is_gone_is_told_in_one_error(content: Path, file: str) -> None:
    (content / file).unlink()
    assert told(content) == [f"ERROR {file}:1: The file is not there. Put it back, under this very name."]


@pytest.mark.parametrize("start", ["{\\rtf1\\ansi ", "<!DOCTYPE html>", "<html>"])
def test_formatted_text_is_told_from_plain_text(content: Path, start: str) -> None:
    change(content / "data/answers/words.yml", lambda t: start + t, "")
    found = told(content)
    assert len(found) == 1
    assert found[0].startswith("ERROR data/answers/words.yml:1: This is formatted text or a web page")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("data/safety/normalise.yml", "\nsets:", "\nset:", "'set' is not a key of the file. Did you mean 'sets'?"),
        (
            "data/safety/thresholds.yml",
            "doubt: 0.2",
            "doubt: some",
            "doubt is 'some', which does not fit. A number from 0 to 1",
        ),
        ("data/safety/bullying.yml", "kind: bullying\n", "", "the file has no 'kind'"),
        ("data/spelling.yml", "\nalike:", "\nalikes:", "'alikes' is not a key of the file. Did you mean 'alike'?"),
        ("domain.yml", "\nactions:", "\naction:", "there is no list of actions"),
    ],
)
def test_a_slip_in_a_file_of_the_software_is_one_error(content: Path, file: str, old: str, new: str, words: str) -> None:
    change(content / file, lambda t: t.replace(old, new, 1), "")
    found = told(content)
    assert len(found) == 1, found
    assert found[0].startswith(f"ERROR {file}:")
    assert words in found[0]


@pytest.mark.parametrize(("encoding", "line"), [("utf-16", 1), ("cp1252", None)])
def test_a_file_saved_by_a_word_processor_is_told_in_one_error(content: Path, encoding: str, line: int | None) -> None:
    file = content / "data/answers/words.yml"
    text = file.read_text(encoding="utf-8") + "# it’s\n"
    file.write_bytes(text.encode(encoding))
    at = line or text.count("\n")
    assert told(content) == [
        f"ERROR data/answers/words.yml:{at}: The file cannot be read: it is not saved as plain text in UTF-8. "
        "Open it in a text editor and save it as plain text, encoding UTF-8."
    ]


def test_a_renamed_topic_is_told_in_two_errors_not_in_twenty(content: Path) -> None:
    change(content / "data/answers/own_it.yml", lambda t: t.replace("\nown_it_5_pharmacy:", "\nown_it_5_pharmacys:"), "")
    missing, unknown = sorted(told(content), key=lambda t: "is no topic" in t)
    assert "there is no answer to the topic own_it_5_pharmacy." in missing
    assert "'own_it_5_pharmacys' is no topic" in unknown
    assert "Did you mean 'own_it_5_pharmacy'?" in unknown


def test_a_file_nobody_reads_is_told(content: Path) -> None:
    (content / "data/answers/more.yml").write_text("a: 1\n", encoding="utf-8")
    (content / "data/nlu/tips.yaml").write_text("a: 1\n", encoding="utf-8")
    assert [t.partition(": ")[2] for t in told(content)] == [
        "is not the name of a group, so nobody reads it. Groups: own_it, words, tips, local, feelings, safety, chat.",
        "ends in .yaml, so nobody reads it. Name it .yml.",
    ]


def test_an_answer_that_does_not_fit_one_telegram_message_is_told(content: Path) -> None:
    contacts = (
        "childline, shout, samaritans, papyrus, nhs_111, nhs_111_mental_health, emergency_999, emergency_text, kooth, havens"
    )
    more = "nspcc_adults, switchboard, police_101, care_opinion, pohwer, school_nurse_westminster, healthwatch_harrow"
    change(
        content / "data/places/england.yml",
        lambda t: t.replace('what: "Someone to listen', 'what: "' + "Someone to listen. " * 5 + "Someone to listen"),
        "",
    )
    change(
        content / "data/places/england.yml",
        lambda t: t.replace('who: "anyone"', 'who: "anyone at all, ' + "wherever they are and " * 30 + 'whoever"'),
        "",
    )
    change(
        content / "data/answers/words.yml",
        lambda t: t + ENTRY.replace("  covers", f"  contacts: [{contacts}, {more}]\n  covers"),
        "",
    )
    assert any("4096 fit in one message" in t for t in told(content)), told(content)


def test_safety_phrases_are_tried_on_their_examples_when_asked(content: Path) -> None:
    file = content / "data/safety/bullying.yml"
    change(file, lambda t: t.replace("must_match: [", "must_match: [what a lovely day, ", 1), "")
    files = Files(content / "data", content)
    found = [str(p) for p in problems(files, deep=True)]
    assert any("'what a lovely day' is not found by bullied" in t for t in found)
    assert not any("what a lovely day" in str(p) for p in problems(files))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two? Three!", 3),
        ('You can say: "I want to." Then wait.', 3),
        ("**Yes.** You can", 2),
        ("- one thing\n- two things", 2),
        ("It opens at 9.30 on 020 7946 0000.", 1),
    ],
)
def test_sentences_are_found(text: str, count: int) -> None:
    assert len(style.sentences(text)) == count


def test_plain_words_have_a_lower_reading_age_than_hard_ones() -> None:
    plain = "You can see a nurse on your own. You can ask to talk in a room with a shut door. " * 2
    hard = (
        "Practitioners occasionally communicate confidential information to safeguarding organisations whenever "
        "considerations of proportionality necessitate immediate intervention regarding significant vulnerability."
    )
    assert style.reading_age(plain) < 10
    assert style.reading_age(hard + " " + hard) > 18
    assert style.reading_age("Yes.") == 0


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Call 0800 1111.", True),
        ("Call 020 7946 0000.", True),
        ("Text 85258.", True),
        ("Call 0800 and so on", True),
        ("Call 999 or NHS 111.", False),
        ("Relay UK: 18001 111", False),
        ("From 16, or 13 to 15", False),
        ("Checked on 2026-11-23", False),
    ],
)
def test_only_services_known_by_their_number_may_be_typed(text: str, typed: bool) -> None:
    assert bool(style.phone_numbers(text)) is typed


def test_the_editor_knows_the_shape_of_every_file() -> None:
    mapped = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))["yaml.schemas"]
    assert {Path(schema).name for schema in mapped} == {p.name for p in (ROOT / "schemas").glob("*.json")}
    globs = [glob for listed in mapped.values() for glob in ([listed] if isinstance(listed, str) else listed)]
    found = [path for glob in globs for path in ROOT.glob(glob)]
    assert sorted(found) == sorted({*ROOT.glob("data/**/*.yml"), *ROOT.glob("tests/questions/*.yml")})
