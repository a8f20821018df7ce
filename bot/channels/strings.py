"""The words around the answers, and how numbers and dates are written in them, whichever channel shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from string import Template


class Strings:
    """The words of the widget, the pages and the refusals: ``widget/strings.json``."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        data = json.loads(path.read_text(encoding="utf-8"))
        self.widget: Mapping[str, str] = data["widget"]
        self.pages: Mapping[str, str] = data["pages"]
        self._errors: Mapping[str, str] = data["errors"]

    def error(self, code: str, **fill: str) -> str:
        """Return the words for a refusal."""
        return Template(self._errors[code]).safe_substitute(fill)


def digits(number: str) -> str:
    """Return a phone number as a link needs it: without the spaces people read it by."""
    return re.sub(r"[^\d+]", "", number)


def long_date(iso: str) -> str:
    """Return 2026-11-23 as 23 November 2026."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"
