"""The usual slips of hand in a YAML file, in words for somebody who has never heard of YAML.

The reader of `bot.content` says what the parser tripped over, which is often a line further on than
the slip. Here the lines themselves are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.errors import ContentError

_LOOK_BACK = 3
_UNLIKE = re.compile(
    r"^(?P<name>.+?) is not as expected: (?P<value>.*?) (?:does not match|is not of type) '(?P<wanted>.*)'\.$", re.S
)
_NUMBER = re.compile(r"-?\d[\d.]* is not ")
_KEY = r"(?:[\w.+-]+|\"[^\"]+\")"
_VALUE = re.compile(rf"^\s*(?:- +)*(?:{_KEY}:\s+)?(?P<value>\S.*)$")
_QUOTES = 'Put the whole text in "double quotes".'
Slip = tuple[str, str]


def plainly(error: ContentError, text: str) -> ContentError:
    """Return ``error`` with the line of the slip and what to do about it, where it is a known one."""
    file, _, number = error.where.rpartition(":")
    lines = text.splitlines()
    for at in range(int(number), max(0, int(number) - _LOOK_BACK - 1), -1):
        if at > len(lines) or not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#"):
            continue
        for look in _LOOKS:
            if slip := look(lines[at - 1]):
                return ContentError(f"{file}:{at}", *slip)
    if slip := _uneven(lines, int(number)):
        return ContentError(error.where, *slip)
    # A stray line at the top is only tripped over where the entries begin.
    for at, line in enumerate(lines, 1):
        if slip := _stray(line):
            return ContentError(f"{file}:{at}", *slip)
    return error


def shape_plainly(error: ContentError) -> ContentError:
    """Return ``error`` about a value of the wrong shape without the words of schemas."""
    name, _, value = error.what.partition(" is not as expected: ")
    if name == "the file" and value.startswith("None "):
        return ContentError(error.where, "The file is empty.", "Put its entries back, as they were before.")
    if _NUMBER.match(value) and "date" not in error.mend and ("is not of type 'string'" in value or "{ }" in error.mend):
        return ContentError(error.where, f"{name} is a number, and it has to be a text.", _QUOTES)
    if value.startswith("{"):
        return ContentError(error.where, "A colon stands inside text that has no quotes.", _QUOTES)
    if value.startswith(("'' ", '"" ')):
        return ContentError(error.where, f"{name} is empty.", "Write the text between the quotes, or delete the line.")
    if value and "no { } < >" in error.mend and not value.startswith(("None ", "[")):
        return ContentError(error.where, f"{name} holds one of the signs {{ }} < >.", "Take it out; for bold write **words**.")
    match = _UNLIKE.match(error.what)
    if not match:
        # Cut off in the middle of a long list or text, which says nothing to a reader.
        return ContentError(error.where, f"{name} does not have the right form.", error.mend) if value and error.mend else error
    name, value, wanted = match["name"], match["value"], match["wanted"]
    if value == "None":
        otherwise = "Write each item after a dash, below it." if wanted == "array" else "Write it after the colon or dash."
        mend = error.mend or otherwise
        return ContentError(error.where, f"{name} is empty.", f"{mend} A # outside quotes hides the rest of a line.")
    if value in ("True", "False"):
        return ContentError(error.where, f"{name} is yes or no, and it has to be a text.", error.mend or _QUOTES)
    if wanted == "array":
        mend = error.mend or "Put it in [square brackets], or write each item after a dash."
        return ContentError(error.where, f"{name} is not a list.", mend)
    if wanted == "string" and value.startswith("["):
        return ContentError(error.where, f"{name} is a list, and it has to be one text.", "Take out its dash or brackets.")
    if wanted == "object":
        return ContentError(error.where, f"{name} has no entries.", "An entry is a name, a colon, and indented lines below it.")
    return ContentError(error.where, f"{name} is {value[:80]}, which does not fit.", error.mend)


def _tab(line: str) -> Slip | None:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "There is a tab at the start of the line.", "Replace it by spaces: two for each step."
    if re.match(r"^ *-[ \t]*\t", line):
        return "There is a tab after the dash.", "Replace it by one space."
    return None


def _odd_spaces(line: str) -> Slip | None:
    if "\u00a0" in line[: len(line) - len(line.lstrip())]:
        return "The spaces at the start of the line are of a kind that does not count.", "Delete them and type spaces."
    return None


def _joined(line: str) -> Slip | None:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        what = "Two people changed these lines, and both versions stand here."
        return what, "Keep the right one, and delete the lines with <<<<<<<, ======= and >>>>>>>."
    return None


def _stray(line: str) -> Slip | None:
    if re.match(r"^[A-Za-z][^:]*$", line):
        return "The line is neither an entry nor a comment.", "Delete it, or put # and a space in front of it."
    return None


def _sign(line: str) -> Slip | None:
    value = _value(line)
    if value[:1] in "*@`%&!|>" and value not in ("|", ">", "|-", ">-"):
        return f"The text starts with {value[0]} and has no quotes around it.", _QUOTES
    if re.match(r"(\[[^\]]*\]|\{[^}]*\})\s*[^\s#]", value):
        return f"The text starts with {value[0]} and has no quotes around it.", _QUOTES
    return None


def _quotes(line: str) -> Slip | None:
    value = _value(line).replace('\\"', "")
    if re.match(r"'(?:[^']|'')*'(?!')\s*[^\s#:]", value):
        return "There is an apostrophe in a text between single quotes.", _QUOTES
    if not value.startswith('"'):
        return None
    if value.count('"') == 1:
        return "The text starts with a quote that is not closed.", 'Put " at the end of the text, on the same line.'
    if re.match(r'"[^"]*"\s*[^\s#:"][^"]*$', value):
        return "Something stands after the closing quote.", "Delete it, or move the quote to the end of the text."
    if value.count('"') > 2 and not value.endswith(("]", "}")):
        return "There are quotes inside the quotes.", 'Write \\" for each one inside.'
    return None


def _dash(line: str) -> Slip | None:
    if match := re.match(r"^\s*([\u2010-\u2015\u2022\u00b7*])\s*[\"'\u201c]", line):
        return f"The line starts with {match[1]} where a dash belongs.", "Put - and a space in its place."
    if re.match(r"^\s*-[^\s-]", line):
        return "There is no space after the dash.", "Write a dash, a space and the text."
    if re.match(r"^- +[\"']", line):
        return "The dash stands at the start of the line.", "Move it to the right, under its neighbours."
    if re.match(r"^\s+\"[^\"]*\"?[^:]*$", line):
        return "The text has no dash in front of it.", "Write a dash and a space before the quote."
    return None


def _colon(line: str) -> Slip | None:
    if match := re.match(r"^\s*([a-zA-Z0-9][\w+-]*)\s*[;=\uff1a]?(?:\s+[\"\[].*)?\s*$", line):
        return f"There is no colon after '{match[1]}'.", f"Write {match[1]}: and a space."
    if match := re.match(r"^\s*([a-z][a-z0-9_]*):[^\s/]", line):
        return f"There is no space after '{match[1]}:'.", "Write a space after the colon."
    value = _value(line)
    if value[:1] not in "\"'[{" and re.search(r":(\s|$)", value) and re.match(rf"^\s*{_KEY}:\s", line):
        return "A colon stands inside text that has no quotes.", _QUOTES
    return None


def _indent(line: str) -> Slip | None:
    spaces = len(line) - len(line.lstrip(" "))
    if spaces % 2:
        return f"The line starts with {spaces} spaces.", f"Make it {spaces - 1} or {spaces + 1}, as its neighbours have."
    return None


def _uneven(lines: list[str], at: int) -> Slip | None:
    """Compare where a line that does not fit starts with where the one above it that it belongs to starts."""
    if at > len(lines) or not lines[at - 1].strip():
        return None
    dashed, spaces = _dashed(lines[at - 1]), _spaces(lines[at - 1])
    items = False  # whether only items of a list stand between the two
    for above in range(at - 1, 0, -1):
        other = lines[above - 1]
        if not other.strip() or other.lstrip().startswith("#"):
            continue
        if _dashed(other) and dashed and spaces != _spaces(other):
            what = f"The dash stands after {spaces} spaces, and the dash of line {above} after {_spaces(other)}."
            return what, "Put them under each other."
        if _dashed(other):
            items = True
            continue
        key = re.match(rf"^\s*({_KEY}):(\s+[^\s#].*)?\s*$", other)
        block = bool(key and (key[2] or "").strip() in ("|", ">"))
        if key and dashed and spaces < _spaces(other) + block:
            what = f"The dash stands after {spaces} spaces, and '{key[1]}' above it after {_spaces(other)}."
            return what, f"Move the dash to the right: {_spaces(other) + 2} spaces."
        if key and not dashed and (items or key[2]) and spaces > _spaces(other):
            what = f"The line starts with {spaces} spaces, and '{key[1]}' of line {above} with {_spaces(other)}."
            return what, "Lines of one kind start alike: move the one that is wrong."
        return None
    return None


def _dashed(line: str) -> bool:
    return line.lstrip().startswith("- ")


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _value(line: str) -> str:
    match = _VALUE.match(line)
    return match["value"].strip() if match else ""


_LOOKS: tuple[Callable[[str], Slip | None], ...] = (_joined, _tab, _odd_spaces, _sign, _quotes, _dash, _colon, _indent)
