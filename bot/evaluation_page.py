"""The evaluation as one HTML page, its two pictures drawn as SVG."""

from __future__ import annotations

from collections import Counter
from html import escape

from bot.evaluation import Scores

_CELL = 16


def page(scores: Scores) -> str:
    """Return the page."""
    figures = "".join(
        f"<tr><th>{label}</th><td>{value:.1%}</td></tr>"
        for label, value in (
            ("Accuracy", scores.accuracy()),
            ("Accuracy, the six questions", scores.accuracy("own_it_")),
            ("Macro F1", scores.macro_f1),
            ("Wrong and confident", scores.wrong_and_confident),
            ("Right among the choices", scores.right_among_choices),
            ("Out-of-scope caught", scores.out_of_scope_recall),
        )
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Own It: evaluation</title>'
        "<style>body{font:16px sans-serif;margin:2rem}th{text-align:left;padding-right:2rem}text{font:9px sans-serif}</style>"
        f"<h1>Evaluation on {len(scores.cases)} questions</h1><table>{figures}</table>"
        f"<h2>Confusions (rows: expected)</h2>{_matrix(scores)}<h2>Reliability</h2>{_curve(scores)}</html>"
    )


def _matrix(scores: Scores) -> str:
    topics = sorted({c.expected for c in scores.cases} | {c.topic for c in scores.cases})
    at = {t: i for i, t in enumerate(topics)}
    totals = Counter(c.expected for c in scores.cases)
    left, size = 170, _CELL * len(topics)
    cells = [
        f'<rect x="{left + at[t] * _CELL}" y="{left + at[e] * _CELL}" width="{_CELL}" height="{_CELL}" '
        f'fill="{"#005eb8" if e == t else "#d5281b"}" fill-opacity="{max(0.12, n / totals[e]):.2f}">'
        f"<title>{escape(e)} as {escape(t)}: {n}</title></rect>"
        for (e, t), n in Counter((c.expected, c.topic) for c in scores.cases).items()
    ]
    labels = [
        f'<text x="{left - 4}" y="{left + i * _CELL + 11}" text-anchor="end">{t}</text>'
        f'<text transform="translate({left + i * _CELL + 11},{left - 4}) rotate(-60)">{t}</text>'
        for t, i in at.items()
    ]
    whole = left + size + 40
    return f'<svg width="{whole}" height="{whole}" role="img" aria-label="Confusion matrix">{"".join(labels + cells)}</svg>'


def _curve(scores: Scores) -> str:
    points = [(40 + 300 * c, 340 - 300 * r, n) for c, r, n in scores.reliability()]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="#005eb8"><title>{n} questions</title></circle>' for x, y, n in points
    )
    return (
        '<svg width="400" height="380" role="img" aria-label="Reliability curve"><rect x="40" y="40" width="300" height="300" '
        'fill="none" stroke="#768692"/><line x1="40" y1="340" x2="340" y2="40" stroke="#768692" stroke-dasharray="4"/>'
        f'<polyline points="{line}" fill="none" stroke="#005eb8"/>{dots}'
        '<text x="150" y="370">confidence</text><text transform="translate(20,220) rotate(-90)">share right</text></svg>'
    )
