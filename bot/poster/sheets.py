"""Making the files: one layout (``sheets.typ``), set by Typst as PDF, SVG and PNG."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import segno
import typst
from fontTools.ttLib import TTFont

from bot.errors import ContentError, SettingError
from bot.poster.words import BREAK

HERE = Path(__file__).resolve().parent
FONTS = Path(str(resources.files("font_lato"))) / "files"
FORMATS: tuple[Literal["pdf", "svg", "png"], ...] = ("pdf", "svg", "png")
# PDF/UA: tagged for screen readers.
_EXTRA: dict[str, Any] = {"pdf": {"pdf_standards": ["ua-1"]}}


@dataclass(frozen=True)
class Sheet:
    """One thing to print or post.

    Attributes:
        ppi: dots an inch of the PNG; the picture is laid out in points that become its pixels.
    """

    name: str
    title: str
    ppi: int


SHEETS = (Sheet("poster-a4", "poster", 200), Sheet("card-a6", "card", 300), Sheet("social-1200x630", "picture", 72))


def make(sheet: Sheet, words: Mapping[str, Any], codes: Sequence[Mapping[str, str]]) -> dict[str, bytes]:
    """Return one sheet in each format; each of ``codes`` holds its QR code as ``svg``.

    Raises:
        ContentError: a letter is not in the font.
        SettingError: the words do not fit on the sheet.
    """
    given = json.dumps({"sheet": sheet.title, "words": words, "codes": codes}, ensure_ascii=False)
    _can_be_written(given)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    compiler = typst.Compiler(HERE / "sheets.typ", font_paths=fonts, sys_inputs={"given": given})
    pages = [compiler.compile(format=format_, ppi=sheet.ppi, **_EXTRA.get(format_, {}), timestamp=0) for format_ in FORMATS]
    # A PDF is one file however long; of the others, two pages are two files.
    made: dict[str, bytes] = {format_: page for format_, page in zip(FORMATS, pages, strict=True) if isinstance(page, bytes)}
    if len(made) < len(FORMATS):
        mend = "Give a shorter --url, or shorter words in data/poster.yml."
        raise SettingError(sheet.name, "the words do not fit on it.", mend)
    return made


def qr_codes(links: Sequence[str]) -> list[str]:
    """Return the QR codes of ``links`` as SVG, all with dots of one size and the white edge that scanners need."""
    version = max(int(segno.make_qr(link, error="m").version) for link in links)
    return [_svg(segno.make_qr(link, error="m", version=version)) for link in links]


def _svg(code: segno.QRCode) -> str:
    out = io.BytesIO()
    code.save(out, kind="svg", border=4, xmldecl=False)
    return out.getvalue().decode()


def _can_be_written(given: str) -> None:
    """Refuse a script that the font lacks: it would be printed as empty boxes."""
    with TTFont(FONTS / "Lato-Regular.ttf") as font:
        known = set(font.getBestCmap())
    missing = sorted({sign for sign in given if ord(sign) not in known} - {BREAK})
    if missing:
        mend = "Choose a font that has them in bot/poster/sheets.py and sheets.typ."
        raise ContentError("data/poster.yml", f"the poster's font has no letters {' '.join(missing[:8])}.", mend)
