"""The web chat's door: plain HTTPS and JSON, described in ``docs/web-protocol.md``.

The server names the session, so nobody can read or write another's conversation. Words that a
person reads come from ``data`` and from ``widget/strings.json``.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.answers import Book, Library
from bot.channels.pages import Pages, Posted
from bot.channels.strings import Strings, digits
from bot.channels.web_sessions import LIFETIME, Clock, RateLimit, Refused, Sessions, Tokens
from bot.intake import QUESTION_LIMIT, TEXT_LIMIT
from bot.logs import get_logger
from bot.markdown import to_tree
from bot.messages import Contact, Incoming, Reply, Turn
from bot.settings import ROOT, Settings

log = get_logger(__name__)

# JSON writes an emoji in twelve bytes, and so does a form: whatever may be said fits.
MAX_BODY = 12 * TEXT_LIMIT + 1024
# A class of thirty shares one address, so an address may do far more than a person.
PER_SESSION, PER_ADDRESS, SESSIONS_PER_ADDRESS = 30, 900, 240
WIDGET = ROOT / "widget"
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PLACE = re.compile(r"[a-z0-9-]{1,40}")


class Doorway(Protocol):
    """What this channel needs of the doorway."""

    library: Library

    @property
    def off(self) -> bool:
        """Whether an operator has taken all answers away."""

    async def handle(self, incoming: Incoming) -> Turn:
        """Answer one message; never raises."""

    async def forget(self, person: str) -> None:
        """Remove a person's conversation."""


Endpoint = Callable[[Request], Awaitable[Response]]
Helpful = Callable[[str, bool], None]


def count_helpful(answer: str, helpful: bool) -> None:
    """Count that somebody found an answer helpful or not; nothing about who."""
    metrics.HELPFUL.labels(answer, "yes" if helpful else "no").inc()


def routes(
    doorway: Doorway, settings: Settings, *, on_helpful: Helpful = count_helpful, clock: Clock = time.time
) -> list[Route]:
    """Return the routes of the web chat and of its pages.

    Args:
        doorway: answers messages.
        settings: key and allowed origins.
        on_helpful: told the answer's id and whether it was helpful.
        clock: tells the seconds since the epoch.
    """
    return WebChannel(doorway, settings, on_helpful, clock).routes()


class WebChannel:
    """Serves sessions, messages, the widget's files and the plain pages."""

    def __init__(self, doorway: Doorway, settings: Settings, on_helpful: Helpful, clock: Clock) -> None:
        """Read the strings; sign with the settings' key."""
        self._doorway, self._settings, self._on_helpful = doorway, settings, on_helpful
        self._strings = Strings(WIDGET / "strings.json")
        self._tokens = Tokens(settings.key, clock)
        self._sessions = Sessions(clock)
        self._per_session = RateLimit(PER_SESSION, clock)
        self._per_address = RateLimit(PER_ADDRESS, clock)
        self._starts = RateLimit(SESSIONS_PER_ADDRESS, clock)
        self._pages = Pages(doorway, self._strings, WIDGET, settings.origins, self._ask)

    def routes(self) -> list[Route]:
        """Return every route; nothing else of ours is reachable through the web."""
        return [
            self._api("/api/session", {"POST": self.start, "DELETE": self.end}),
            self._api("/api/message", {"POST": self.message}),
            self._api("/api/helpful", {"POST": self.helpful}),
            self._api("/widget-strings.json", {"GET": self.strings}),
            self._file("widget.js", "text/javascript"),
            self._file("widget.css", "text/css"),
            self._file("pages.css", "text/css"),
            self._file("embed.js", "text/javascript"),
            self._file("icon.svg", "image/svg+xml"),
            *self._pages.routes(),
        ]

    # Sessions and messages

    async def start(self, request: Request) -> Response:
        """Begin a session."""
        _wait_for(self._starts.wait(self._address(request)))
        await _json_body(request)
        return JSONResponse({"session": self._session()}, 201)

    async def end(self, request: Request) -> Response:
        """End the session at once and remove its conversation."""
        person = self._person(request)
        self._sessions.end(person)
        await self._doorway.forget(person)
        return Response(status_code=204)

    async def message(self, request: Request) -> Response:
        """Answer one message, and a repeated one with the answer it had before."""
        _wait_for(self._per_address.wait(self._address(request)))
        person = self._person(request)
        _wait_for(self._per_session.wait(person))
        body = await _json_body(request)
        incoming, message_id = self._incoming(person, body), _message_id(body)
        return JSONResponse(await self._sessions.once(person, message_id, lambda: self._answer(incoming)))

    async def helpful(self, request: Request) -> Response:
        """Count that an answer was helpful, or was not."""
        person = self._person(request)
        _wait_for(self._per_session.wait(f"helpful {person}"))
        body = await _json_body(request)
        answer, verdict = body.get("answer"), body.get("helpful")
        if not isinstance(answer, str) or not isinstance(verdict, bool) or not _known(self._book, answer):
            raise Refused(400, "bad_helpful")
        self._on_helpful(answer, verdict)
        return Response(status_code=204)

    async def _answer(self, incoming: Incoming) -> dict[str, Any]:
        turn = await self._doorway.handle(incoming)
        # What was asked to be forgotten must not be continued, so the chat goes on under a new id.
        return {"turn": turn_json(turn), "session": self._session(None if turn.forget else incoming.person)}

    async def _ask(self, request: Request) -> Posted:
        """Answer the form of the plain page, which works without JavaScript."""
        form: dict[str, str] = {}
        try:
            self._check_origin(request)
            _wait_for(self._per_address.wait(self._address(request)))
            form = await _form_body(request)
            return await self._answer_form(request, form)
        except Refused as refused:
            return Posted(form.get("session", ""), text=form.get("text", ""), refused=refused)

    async def _answer_form(self, request: Request, form: Mapping[str, str]) -> Posted:
        person = self._tokens.read(form.get("session", ""))
        if person is None or self._sessions.ended(person):
            _wait_for(self._starts.wait(self._address(request)))
            person = self._tokens.read(self._tokens.issue()) or ""
        _wait_for(self._per_session.wait(person))
        said = {k: form[k] for k in ("payload", "text") if form.get(k, "").strip()}
        if not said:
            return Posted(self._tokens.issue(person))
        if "payload" in said:
            said.pop("text", None)
        turn = await self._doorway.handle(self._incoming(person, {**said, "place": form.get("place") or None}))
        return Posted(self._tokens.issue(None if turn.forget else person), turn)

    def _session(self, person: str | None = None) -> dict[str, Any]:
        return {"token": self._tokens.issue(person), "expires_in": LIFETIME}

    def _person(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        person = self._tokens.read(token.strip()) if scheme.lower() == "bearer" else None
        if person is None or self._sessions.ended(person):
            raise Refused(401, "no_session")
        return person

    def _incoming(self, person: str, body: Mapping[str, Any]) -> Incoming:
        said = [k for k in ("text", "payload", "location") if body.get(k) is not None]
        if len(said) != 1:
            raise Refused(400, "one_of_three")
        text, payload = body.get("text"), body.get("payload")
        if text is not None:
            _check_text(text)
        if payload is not None and (not isinstance(payload, str) or payload not in self._book.payloads):
            raise Refused(400, "bad_payload")
        return Incoming(
            person=person,
            channel="web",
            text=text,
            payload=payload,
            location=_location(body.get("location")),
            place=self._place(body.get("place")),
        )

    def _place(self, place: Any) -> str | None:
        if place is not None and not (isinstance(place, str) and _PLACE.fullmatch(place)):
            raise Refused(400, "bad_place")
        # A slip in a school's tag must not shut its pupils out, so an unknown place means England.
        return place if place in self._book.places else None

    @property
    def _book(self) -> Book:
        return self._doorway.library.book

    # The widget's files

    async def strings(self, request: Request) -> Response:
        """Serve what the widget needs before anybody asks: its words, help numbers and welcome."""
        place = self._book.place(request.query_params.get("place"))
        data = {
            "strings": self._strings.widget,
            "place": {"id": place.id, "name": place.name},
            "help": reply_json(self._book.reply("help_now", place=place.id)),
            "welcome": reply_json(self._book.reply("off" if self._doorway.off else "welcome", place=place.id)),
            "limits": {"question": QUESTION_LIMIT, "text": TEXT_LIMIT, "idle_seconds": LIFETIME},
        }
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        return _cached(request, body, "application/json", 300)

    def _file(self, name: str, media_type: str) -> Route:
        async def serve(request: Request) -> Response:
            return _cached(request, (WIDGET / name).read_bytes(), media_type, 3600)

        return Route(f"/{name}", serve, methods=["GET"])

    # What every endpoint of the API shares

    def _api(self, path: str, handlers: Mapping[str, Endpoint]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                self._check_origin(request)
                response = (
                    self._preflight(handlers) if request.method == "OPTIONS" else await _handler(handlers, request)(request)
                )
            except Refused as refused:
                response = self._refusal(refused)
            except ClientDisconnect:
                response = self._refusal(Refused(400, "bad_json"))
            except Exception as error:
                log.error("web_failed", path=path, error=type(error).__name__)
                response = self._refusal(Refused(500, "server"))
            return self._with_headers(request, response)

        return Route(path, endpoint, methods=[*handlers, "OPTIONS"])

    def _preflight(self, handlers: Mapping[str, Endpoint]) -> Response:
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Methods": ", ".join(handlers),
                "Access-Control-Allow-Headers": "Authorization, Content-Type",
                "Access-Control-Max-Age": "600",
            },
        )

    def _refusal(self, refused: Refused) -> Response:
        message = self._strings.error(refused.code, seconds=str(refused.wait))
        headers = {"Retry-After": str(refused.wait)} if refused.wait else {}
        return JSONResponse({"error": {"code": refused.code, "message": message}}, refused.status, headers)

    def _with_headers(self, request: Request, response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Vary"] = "Origin, Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        origin = request.headers.get("origin")
        # A site that is not listed may read the refusal of the strings, so that its console says why.
        told_why = response.status_code == 403 and request.method == "GET"
        if origin and (told_why or self._allowed(request, origin)):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        return response

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin and not self._allowed(request, origin):
            raise Refused(403, "origin")

    def _allowed(self, request: Request, origin: str) -> bool:
        return origin_allowed(origin, self._settings.origins, request.headers.get("host", ""))

    def _address(self, request: Request) -> str:
        # Only a keyed hash is held, in memory, for as long as the limit needs it.
        host = request.client.host if request.client else ""
        return hmac.new(self._settings.key, host.encode(), hashlib.sha256).hexdigest()[:16]


def origin_allowed(origin: str, allowed: frozenset[str], host: str) -> bool:
    """Return whether a page of ``origin`` may use the chat served at ``host``.

    An allowed origin may be ``https://*.example.sch.uk`` for every site under that name.
    """
    parts = urlsplit(origin)
    if parts.netloc and parts.netloc == host and parts.scheme in ("https", "http"):
        return True
    if origin in allowed:
        return True
    stars = (a.split("//*", 1) for a in allowed if "//*." in a)
    return any(origin.startswith(f"{start}//") and origin.endswith(end) for start, end in stars)


def turn_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as the web protocol sends it."""
    return {
        "outcome": turn.outcome,
        "topic": turn.topic,
        "age_band": turn.age_band,
        "awaiting_place": turn.awaiting_place,
        "forget": turn.forget,
        "replies": [reply_json(r) for r in turn.replies],
    }


def reply_json(reply: Reply) -> dict[str, Any]:
    """Return one reply with its messages as trees, so that a browser parses no markup."""
    return {
        "answer": reply.answer,
        "messages": [_to_call(to_tree(t), reply.contacts) for t in reply.text],
        "buttons": [asdict(b) for b in reply.buttons],
        "contacts": [asdict(c) for c in reply.contacts],
        "sources": [dict(s) for s in reply.sources],
        "checked_on": reply.checked_on,
        "draft": reply.draft,
    }


def _to_call(tree: list[dict[str, Any]], contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    """Make the contacts' phone numbers links where the text names them: in danger the list below may be out of view."""
    phones = "|".join(re.escape(c.phone) for c in contacts if c.phone)
    if not phones:
        return tree
    number = re.compile(rf"(?<!\d)({phones})(?!\d)")
    return [{**b, "lines": [[p for span in line for p in _pieces(span, number)] for line in b["lines"]]} for b in tree]


def _pieces(span: dict[str, Any], number: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    if "href" in span:
        yield span
        return
    # With a group in the pattern every second piece is a number.
    for place, piece in enumerate(number.split(span["text"])):
        if piece:
            yield {**span, "text": piece} | ({"href": f"tel:{digits(piece)}"} if place % 2 else {})


def _known(book: Book, answer: str) -> bool:
    topic, _, part = answer.partition(".")
    return topic in book.answers and (not part or part in book.answers[topic].parts)


def _wait_for(seconds: int) -> None:
    if seconds:
        raise Refused(429, "too_fast", seconds)


def _handler(handlers: Mapping[str, Endpoint], request: Request) -> Endpoint:
    # Starlette adds HEAD wherever GET is served.
    return handlers["GET" if request.method == "HEAD" else request.method]


async def _body(request: Request) -> bytes:
    """Return the body, giving up at the limit instead of reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "too_big")
    return bytes(body)


async def _json_body(request: Request) -> dict[str, Any]:
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


async def _form_body(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl((await _body(request)).decode(), max_num_fields=20))
    except ValueError:
        raise Refused(400, "bad_form") from None


def _message_id(body: Mapping[str, Any]) -> str:
    message_id = body.get("id")
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise Refused(400, "bad_id")
    return message_id


def _check_text(text: Any) -> None:
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "bad_text")
    if len(text) > TEXT_LIMIT:
        raise Refused(413, "too_long")
    # A lone surrogate is a str to JSON and cannot be written as UTF-8 further on.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(400, "bad_text") from None


def _location(location: Any) -> tuple[float, float] | None:
    if location is None:
        return None
    if not isinstance(location, dict):
        raise Refused(400, "bad_location")
    return _degrees(location.get("latitude"), 90), _degrees(location.get("longitude"), 180)


def _degrees(number: Any, most: int) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not -most <= number <= most:
        raise Refused(400, "bad_location")
    return float(number)


@lru_cache(maxsize=32)
def _squeezed(body: bytes) -> tuple[bytes, str]:
    return gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:24]


def _cached(request: Request, body: bytes, media_type: str, seconds: int) -> Response:
    """Serve a file that browsers may keep, squeezed where they can take it."""
    small, tag = _squeezed(body)
    squeeze = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": f'W/"{tag}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        # Any school's page may load the widget's files; they hold nothing of anybody.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if squeeze:
        headers["Content-Encoding"] = "gzip"
    return Response(small if squeeze else body, headers=headers, media_type=f"{media_type}; charset=utf-8")
