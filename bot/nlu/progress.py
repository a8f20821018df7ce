"""How far a training is: lines in what its process prints that are meant for the person who waits."""

from __future__ import annotations

import sys

from bot.errors import EngineError

_MARK = "  … "


def tell(how_far: str) -> None:
    """Print a line that is `told`."""
    sys.stderr.write(f"{_MARK}{how_far}\n")
    sys.stderr.flush()


def failed() -> EngineError:
    """Return the error of a training that has printed why it failed."""
    return EngineError("training", "failed; its last words stand above.", "Run `make check`: it names the line.")


def told(line: str) -> bool:
    """Return whether a printed line is for the person who waits; the rest is Rasa's."""
    return line.startswith(_MARK)
