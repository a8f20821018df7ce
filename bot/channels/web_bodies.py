"""What a request to the web chat says: read up to the limit, and refused where it is not what the protocol asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.channels.web_sessions import Refused
from bot.intake import TEXT_LIMIT

# JSON writes an emoji in twelve bytes, and so does a form: whatever may be said fits.
MAX_BODY = 12 * TEXT_LIMIT + 1024
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


async def _body(request: Request) -> bytes:
    """Return the body, giving up at the limit instead of reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "too_big")
    return bytes(body)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the object that a body of JSON is.

    Raises:
        Refused: it is none, or too large.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "not_json")
    try:
        data = json.loads(await _body(request))
    # A deep nest of brackets ends in RecursionError, not in ValueError.
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json") from None
    if not isinstance(data, dict):
        raise Refused(400, "bad_json")
    return data


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        Refused: it is none, or too large.
    """
    try:
        return dict(parse_qsl((await _body(request)).decode(), max_num_fields=20))
    except ValueError:
        raise Refused(400, "bad_form") from None


def read_id(body: Mapping[str, Any]) -> str:
    """Return the id that a client gave its message.

    Raises:
        Refused: it is none.
    """
    given = body.get("id")
    if not isinstance(given, str) or not _MESSAGE_ID.fullmatch(given):
        raise Refused(400, "bad_id")
    return given


def check_text(text: Any) -> None:
    """Look whether ``text`` can be read.

    Raises:
        Refused: it is no text, is empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "bad_text")
    if len(text) > TEXT_LIMIT:
        raise Refused(413, "too_long")
    # A lone surrogate is a str to JSON and cannot be written as UTF-8 further on.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(400, "bad_text") from None


def read_location(given: Any) -> tuple[float, float] | None:
    """Return a location in degrees, or None where none was given.

    Raises:
        Refused: it is none on Earth.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Refused(400, "bad_location")
    return _degrees(given.get("latitude"), 90), _degrees(given.get("longitude"), 180)


def _degrees(number: Any, most: int) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not -most <= number <= most:
        raise Refused(400, "bad_location")
    return float(number)
