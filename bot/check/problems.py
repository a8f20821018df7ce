"""What a rule finds, and the list that rules put themselves on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.check.files import Files


@dataclass(frozen=True)
class Problem:
    """One thing to mend: ``where`` is file:line, ``mend`` is an instruction."""

    where: str
    what: str
    mend: str = ""
    warning: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """File and line, for sorting."""
        file, _, line = self.where.rpartition(":")
        return file, int(line)

    def __str__(self) -> str:
        """Return the line that a maintainer reads."""
        level = "WARNING" if self.warning else "ERROR"
        return f"{level} {self.where}: {self.what} {self.mend}".rstrip()


Check = Callable[["Files"], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One registered rule.

    Attributes:
        needs: kinds of files that must have the right shape, else the rule has nothing to go by.
        deep: whether it is too slow for every save.
    """

    check: Check
    needs: frozenset[str]
    deep: bool = False


RULES: list[Rule] = []


def rule(*needs: str, deep: bool = False) -> Callable[[Check], Check]:
    """Put a function on the list of rules."""

    def register(check: Check) -> Check:
        RULES.append(Rule(check, frozenset(needs), deep))
        return check

    return register


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str) -> str:
    """Return the mend for a mistyped id."""
    names = set(known)
    if " " in wrong and names.issuperset(wrong.split()):
        return "Put a comma between the two."
    close = get_close_matches(wrong, sorted(names), 1, 0.6)
    return f"Did you mean '{close[0]}'?" if close else otherwise
