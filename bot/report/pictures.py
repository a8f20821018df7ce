"""The pictures of ``ownit report``, drawn as SVG inside the page.

Colours come from the page's style sheet by class, so that they fit light, dark and print.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

_MONTHS = 12
_BAR, _GAP, _HIGH = 26, 6, 84


def stack(parts: Sequence[tuple[str, int]], label: str) -> str:
    """Return one bar cut into parts, each a (class, number)."""
    whole, at, out = sum(n for _, n in parts) or 1, 0.0, []
    for css, number in parts:
        width = 100 * number / whole
        if number:
            out.append(f'<rect class="{css}" x="{at:.2f}" width="{width:.2f}" height="10"/>')
        at += width
    return _svg("stack", "0 0 100 10", label, "".join(out), stretch=True)


def bar(css: str, number: int, most: int) -> str:
    """Return a bar for a cell beside its number, so it needs no words of its own."""
    width = 100 * number / (most or 1)
    rect = f'<rect class="{css}" width="{width:.2f}" height="10"/>'
    return f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{rect}</svg>'


def squares(items: Sequence[tuple[str, str, str]], label: str, columns: int = 7) -> str:
    """Return a square for each (class, name, title) in rows of ``columns``."""
    size, side, out = 46, 43, []
    for number, (css, name, title) in enumerate(items):
        x, y = (number % columns) * size, (number // columns) * size
        rect = f'<rect class="{css}" x="{x + 1}" y="{y + 1}" width="{side}" height="{side}" rx="4"/>'
        text = f'<text class="on-{css}" x="{x + size / 2 - 0.5}" y="{y + size / 2 + 4.5}">{escape(name)}</text>'
        out.append(f"<g><title>{escape(title)}</title>{rect}{text}</g>")
    rows = -(-len(items) // columns)
    return _svg("squares", f"0 0 {columns * size} {rows * size}", label, "".join(out))


def months(days: Sequence[date], today: date) -> tuple[list[tuple[str, int]], str]:
    """Return the (month, number) of the year that begins today, and its columns without the outer tag.

    What is overdue counts with this month, for that is when it has to be done.
    """
    first = today.year * 12 + today.month - 1
    numbers = [0] * _MONTHS
    for day in days:
        month = max(0, day.year * 12 + day.month - 1 - first)
        if month < _MONTHS:
            numbers[month] += 1
    found = [(f"{date((first + i) // 12, (first + i) % 12 + 1, 1):%b}", n) for i, n in enumerate(numbers)]
    most, out = max(numbers) or 1, []
    for i, (name, number) in enumerate(found):
        x, high = i * (_BAR + _GAP), round(_HIGH * number / most)
        middle = x + _BAR / 2
        if number:
            out.append(f'<rect class="later" x="{x}" y="{_HIGH + 16 - high}" width="{_BAR}" height="{high}"/>')
            out.append(f'<text x="{middle}" y="{_HIGH + 12 - high}">{number}</text>')
        out.append(f'<text class="axis" x="{middle}" y="{_HIGH + 31}">{name}</text>')
    line = f'<line x1="0" x2="{_MONTHS * (_BAR + _GAP)}" y1="{_HIGH + 16}" y2="{_HIGH + 16}"/>'
    return found, line + "".join(out)


def columns(inside: str, label: str) -> str:
    """Return the columns of `months` as a picture."""
    return _svg("months", f"0 0 {_MONTHS * (_BAR + _GAP)} {_HIGH + 36}", label, inside)


def _svg(css: str, box: str, label: str, inside: str, stretch: bool = False) -> str:
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    return f'<svg class="{css}" viewBox="{box}"{ratio} role="img" aria-label="{escape(label)}">{inside}</svg>'
