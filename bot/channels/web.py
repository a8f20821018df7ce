"""The web chat's door: plain HTTPS and JSON, described in ``docs/web-protocol.md``.

The server names the session, so nobody can read or write another's conversation. Words that a
person reads come from ``data`` and from ``widget/strings.json``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.answers import Book, Library
from bot.channels.pages import Pages, Posted
from bot.channels.strings import Strings
from bot.channels.web_bodies import check_text, read_form, read_id, read_json, read_location
from bot.channels.web_files import cached
from bot.channels.web_json import reply_json, turn_json
from bot.channels.web_sessions import LIFETIME, Clock, RateLimit, Refused, Sessions, Tokens
from bot.intake import QUESTION_LIMIT, TEXT_LIMIT
from bot.logs import get_logger
from bot.messages import Incoming, Turn
from bot.settings import ROOT, Settings

log = get_logger(__name__)

# A class of thirty shares one address, so an address may do far more than a person.
PER_SESSION, PER_ADDRESS, SESSIONS_PER_ADDRESS = 30, 900, 240
WIDGET = ROOT / "widget"
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
        await read_json(request)
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
        body = await read_json(request)
        incoming, message_id = self._incoming(person, body), read_id(body)
        return JSONResponse(await self._sessions.once(person, message_id, lambda: self._answer(incoming)))

    async def helpful(self, request: Request) -> Response:
        """Count that an answer was helpful, or was not."""
        person = self._person(request)
        _wait_for(self._per_session.wait(f"helpful {person}"))
        body = await read_json(request)
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
            form = await read_form(request)
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
            check_text(text)
        if payload is not None and (not isinstance(payload, str) or payload not in self._book.payloads):
            raise Refused(400, "bad_payload")
        return Incoming(
            person=person,
            channel="web",
            text=text,
            payload=payload,
            location=read_location(body.get("location")),
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
        return cached(request, body, "application/json", 300)

    def _file(self, name: str, media_type: str) -> Route:
        async def serve(request: Request) -> Response:
            return cached(request, (WIDGET / name).read_bytes(), media_type, 3600)

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


def _known(book: Book, answer: str) -> bool:
    topic, _, part = answer.partition(".")
    return topic in book.answers and (not part or part in book.answers[topic].parts)


def _wait_for(seconds: int) -> None:
    if seconds:
        raise Refused(429, "too_fast", seconds)


def _handler(handlers: Mapping[str, Endpoint], request: Request) -> Endpoint:
    # Starlette adds HEAD wherever GET is served.
    return handlers["GET" if request.method == "HEAD" else request.method]
