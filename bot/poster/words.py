"""What stands on the sheets, from ``data/poster.yml``, the answers' titles and the contacts of a place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from bot.answers import Book
from bot.content import TOPICS, Document, read_shaped
from bot.errors import ContentError, SettingError
from bot.places import Place

SIX = TOPICS["own_it"]
ENGLISH = "en"
_LOOPBACK = ("127.0.0.1", "localhost")
# Where a line may break, unseen: in an address after its dots and slashes, in a bot's name before its capitals.
BREAK = "\u200b"
_BREAKS = re.compile(r"(?<=[./_-])|(?<=[a-z])(?=[A-Z])")
_LONGEST_PIECE = 14


@dataclass(frozen=True)
class Link:
    """Where a QR code leads, and how that is printed beside it."""

    to: str
    shown: str


def links(url: str, telegram: str, place: Place, places: Mapping[str, Place]) -> dict[str, Link]:
    """Return the links of a poster for ``place``, by channel; without a bot's name, the web's alone.

    Raises:
        SettingError: an address or a bot's name cannot be one.
    """
    found = {"web": Link(_web_link(url, place), _shown(url))}
    if telegram:
        bot = _bot_name(telegram)
        found["telegram"] = Link(f"https://t.me/{bot}?start={start_code(place, places)}", f"@{bot}")
    return found


def _bot_name(telegram: str) -> str:
    bot = telegram.strip().removeprefix("https://").removeprefix("t.me/").removeprefix("@").partition("?")[0].rstrip("/")
    # Telegram's own rule for the name of a bot.
    if not (5 <= len(bot) <= 32 and bot.replace("_", "").isalnum() and bot.isascii() and bot.lower().endswith("bot")):
        raise SettingError("--telegram", f"'{telegram}' is no bot's name.", "Give it as @OwnItBot, as @BotFather told you.")
    return bot


def start_code(place: Place, places: Mapping[str, Place]) -> str:
    """Return what a Telegram link carries for ``place``: its initials, or its id where they could mean another place."""
    mine = _initials(place.id)
    return mine if len(mine) > 1 and [p for p in places if _initials(p) == mine] == [place.id] else place.id


def _initials(id_: str) -> str:
    return "".join(part[0] for part in id_.split("-"))


def _web_link(url: str, place: Place) -> str:
    """Return what the web's QR code opens; a bare address is Own It's own site, any other one a school's page."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise SettingError("--url", f"'{url}' is no address of a page.", "Give it whole, starting with https://.")
    if parts.path not in ("", "/") or parts.query:
        return url.strip()
    return f"{parts.scheme}://{parts.netloc}/chat?place={place.id}"


def _shown(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.netloc.removeprefix('www.')}{parts.path}".rstrip("/")


def read_words(content: Path) -> Document:
    """Read ``data/poster.yml``.

    Raises:
        ContentError: it cannot be read, or has the wrong shape.
    """
    return read_shaped(content / "poster.yml", "poster")


def sheet_words(document: Document, language: str, book: Book, place: Place) -> dict[str, Any]:
    """Return everything that stands on the sheets; `codes` adds what stands beside the QR codes.

    Raises:
        ContentError: the language is not there, not reviewed, or names a contact that is not there.
    """
    words = _chosen(document, language)
    titles = {t: book.answers[t].title for t in SIX}
    questions = titles if language == ENGLISH else words["questions"]
    signed = words["reviewed_by"] and all(book.answers[t].reviewed_by for t in SIX)
    return {
        **{key: words[key] for key in ("headline", "lead", "promise", "about", "web", "telegram", "scan")},
        "language": language,
        "questions": [questions[t] for t in SIX],
        "help": [_help_line(document, language, id_, lines, place) for id_, lines in words["help"].items()],
        "draft": "" if signed else words["draft"],
    }


def codes(words: Mapping[str, Any], leading: Mapping[str, Link], min_age: int) -> list[dict[str, str]]:
    """Return what stands beside each QR code, and what a screen reader says of it."""
    return [
        {
            "title": Template(words[channel]).safe_substitute(age=min_age),
            "shown": breakable(link.shown),
            "says": Template(words["scan"]).safe_substitute(link=link.to),
        }
        for channel, link in leading.items()
    ]


def breakable(shown: str) -> str:
    """Return an address that fits beside its code: it may break between words, and a long word anywhere."""
    pieces = _BREAKS.sub(BREAK, shown).split(BREAK)
    return BREAK.join(BREAK.join(piece) if len(piece) > _LONGEST_PIECE else piece for piece in pieces)


def _chosen(document: Document, language: str) -> dict[str, Any]:
    listed = document.data
    if language not in listed:
        ready = ", ".join(code for code in listed if code == ENGLISH or listed[code]["reviewed_by"])
        mend = f"Ready: {ready}. Add '{language}:' there and let a speaker review it."
        raise ContentError(document.where(), f"there are no words in '{language}'.", mend)
    words: dict[str, Any] = listed[language]
    if language != ENGLISH and not words["reviewed_by"]:
        what = f"no speaker has reviewed the words in {words['name']}, so no poster is made in it."
        raise ContentError(document.where((language, "reviewed_by")), what, "Let one read them and put the name there.")
    if language != ENGLISH and set(words.get("questions", ())) != set(SIX):
        what = f"{words['name']} does not have the six questions."
        raise ContentError(document.where((language, "questions")), what, f"Give one each for {', '.join(SIX)}.")
    return words


def _help_line(document: Document, language: str, id_: str, lines: list[str], place: Place) -> list[str]:
    if id_ not in place.contacts:
        where = document.where((language, "help", id_))
        raise ContentError(where, f"there is no contact '{id_}'.", "Contacts are in data/places/*.yml.")
    contact = place.contact(id_)
    return [Template(li).safe_substitute(phone=contact.phone, word=contact.sms_word, number=contact.sms) for li in lines]
