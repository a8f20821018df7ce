"""The web chat's door: who may speak to it, what it refuses, and what it never lets out."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from functools import partialmethod
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.answers import Library
from bot.channels.web import PER_SESSION, origin_allowed, routes
from bot.channels.web_bodies import MAX_BODY
from bot.channels.web_json import reply_json
from bot.channels.web_sessions import LIFETIME, RateLimit, Sessions, Tokens
from bot.intake import TEXT_LIMIT
from bot.logs import _JsonLines
from bot.markdown import to_html
from bot.messages import Contact, Reply
from bot.settings import ROOT, Settings
from tests.channels.web_fakes import FakeDoorway

KEY = "a key for tests, thirty-two chars or more"
SCHOOL = "https://www.greenfield.sch.example"
CANARY = "zebra-marmalade-canary"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        """Begin at a fixed moment."""
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


class Client:
    """Asks an app without a network; an exception that the app lets out fails the test."""

    def __init__(self, app: Starlette) -> None:
        """Ask ``app``."""
        self._transport = httpx.ASGITransport(app)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to one request."""

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://testserver") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")
    delete = partialmethod(request, "DELETE")
    options = partialmethod(request, "OPTIONS")


class Web:
    """The web chat with a fake doorway behind it, and one visitor."""

    def __init__(self, library: Library, **env: str) -> None:
        """Serve with ``env`` as settings."""
        self.clock, self.doorway = Clock(), FakeDoorway(library)
        self.votes: list[tuple[str, bool]] = []
        settings = Settings.from_env({"OWNIT_KEY": KEY, "OWNIT_ORIGINS": SCHOOL, **env})
        self.app = Starlette(
            routes=routes(self.doorway, settings, on_helpful=lambda a, h: self.votes.append((a, h)), clock=self.clock)
        )
        self.client = Client(self.app)
        self.sent = 0

    def start(self) -> str:
        """Return a new session's token."""
        response = self.client.post("/api/session", json={})
        assert response.status_code == 201
        return str(response.json()["session"]["token"])

    def send(self, token: str, body: Any = None, **fields: Any) -> Any:
        """Send one message, with an id unless the body says otherwise."""
        self.sent += 1
        body = {"id": f"message-{self.sent}", **fields} if body is None else body
        return self.client.post("/api/message", json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def library() -> Library:
    """The real answers."""
    return Library(Settings.from_env().content)


@pytest.fixture
def web(library: Library) -> Web:
    """A fresh web chat."""
    return Web(library)


def error_of(response: Any) -> str:
    """Return the code of a refusal, after checking that it also says why in words."""
    error = response.json()["error"]
    assert error["message"].endswith(".")
    assert "$" not in error["message"]
    return str(error["code"])


# Sessions


def test_a_message_gets_the_answer_of_its_topic(web: Web) -> None:
    turn = web.send(web.start(), text="will my parents know").json()["turn"]
    assert turn["topic"] == "own_it_4_parents_told"
    reply = turn["replies"][0]
    assert reply["messages"][0][0]["lines"][0][0]["bold"] is True
    assert reply["checked_on"]
    assert reply["sources"]
    assert isinstance(reply["draft"], bool)


def test_a_number_to_call_in_an_answer_is_a_link_that_calls_it(web: Web) -> None:
    replies = web.send(web.start(), text="i want to kill myself").json()["turn"]["replies"]
    spans = [s for r in replies for message in r["messages"] for block in message for line in block["lines"] for s in line]
    call = spans.index({"text": "999", "bold": True, "href": "tel:999"})
    assert spans[call - 1]["text"].endswith("call ")
    assert spans[call + 1]["text"].startswith(" or go to A&E")


@pytest.mark.parametrize("text", ["option 1999", "in 2999", "2023"])
def test_other_digits_are_no_number_to_call(text: str) -> None:
    reply = Reply("help_now", (text,), contacts=(Contact("emergency_999", "999", phone="999"),))
    assert reply_json(reply)["messages"] == [[{"kind": "p", "lines": [[{"text": text}]]}]]


def test_a_person_is_named_by_the_server_and_stays_the_same_person(web: Web) -> None:
    first = web.send(web.start(), text="hello")
    web.send(first.json()["session"]["token"], text="and you")
    people = {i.person for i in web.doorway.heard}
    assert len(people) == 1
    assert len(people.pop()) >= 20


def test_a_client_cannot_name_the_person(web: Web) -> None:
    web.send(web.start(), text="hello", person="somebody-else", sender="somebody-else")
    assert web.doorway.heard[0].person != "somebody-else"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic abc",
        "Bearer person.99999999999.",
        "Bearer ..",
    ],
)
def test_without_a_session_of_ours_nothing_is_answered(web: Web, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = web.client.post("/api/message", json={"id": "message-1", "text": "hi"}, headers=headers)
    assert (response.status_code, error_of(response)) == (401, "no_session")
    assert not web.doorway.heard


def test_a_token_with_any_character_changed_is_refused(web: Web) -> None:
    token = web.start()
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        assert web.send(token[:place] + other + token[place + 1 :], text="hi").status_code == 401


def test_a_token_signed_with_another_key_is_refused(web: Web) -> None:
    assert web.send(Tokens(b"another key" * 4, web.clock).issue(), text="hi").status_code == 401


def test_a_session_ends_after_thirty_minutes_of_silence_and_not_before(web: Web) -> None:
    token = web.start()
    for _ in range(3):
        web.clock.now += LIFETIME - 60
        response = web.send(token, text="still here")
        assert response.status_code == 200
        token = response.json()["session"]["token"]
    web.clock.now += LIFETIME + 1
    assert error_of(web.send(token, text="late")) == "no_session"


def test_nothing_is_kept_of_a_session_that_expired() -> None:
    clock = Clock()
    sessions = Sessions(clock)

    async def answer() -> str:
        return "words"

    asyncio.run(sessions.once("person", "message-1", answer))
    assert len(sessions) == 1
    clock.now += LIFETIME + 1
    assert len(sessions) == 0


def test_ending_a_session_forgets_the_person_and_refuses_the_token_at_once(web: Web) -> None:
    token = web.start()
    web.send(token, text="hi")
    response = web.client.delete("/api/session", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 204
    assert web.doorway.forgotten == [web.doorway.heard[0].person]
    assert web.send(token, text="hi").status_code == 401


def test_two_sessions_never_share_a_person_or_an_answer(web: Web) -> None:
    first, second = web.start(), web.start()
    same = {"id": "the-same-id"}
    one = web.send(first, {**same, "text": "parents"}).json()["turn"]["topic"]
    two = web.send(second, {**same, "text": "choose"}).json()["turn"]["topic"]
    assert one != two
    assert len({i.person for i in web.doorway.heard}) == 2


def test_what_was_asked_to_be_forgotten_goes_on_as_another_person(web: Web) -> None:
    answer = web.send(web.start(), payload="/delete_my_data").json()
    assert answer["turn"]["forget"] is True
    web.send(answer["session"]["token"], text="hi")
    assert len({i.person for i in web.doorway.heard}) == 2


def test_the_session_token_holds_nothing_but_a_random_id_and_its_end(web: Web) -> None:
    person, expires, _signature = web.start().split(".")
    assert re.fullmatch(r"[\w-]{22}", person)
    assert int(expires) == int(web.clock.now) + LIFETIME


# A retry


def test_a_repeated_message_is_answered_once(web: Web) -> None:
    token, body = web.start(), {"id": "message-1", "text": "can i choose"}
    first, again = web.send(token, body), web.send(token, body)
    assert first.json()["turn"] == again.json()["turn"]
    assert len(web.doorway.heard) == 1


def test_a_repeat_while_the_first_is_still_being_answered_waits_for_it(library: Library) -> None:
    web = Web(library)
    token = web.start()
    web.doorway.delay = 0.05

    async def both() -> list[Any]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web.app), base_url="http://testserver") as client:
            post: dict[str, Any] = {"json": {"id": "message-1", "text": "hi"}, "headers": {"Authorization": f"Bearer {token}"}}
            return list(await asyncio.gather(client.post("/api/message", **post), client.post("/api/message", **post)))

    first, again = asyncio.run(both())
    assert first.json() == again.json()
    assert len(web.doorway.heard) == 1


def test_only_the_last_answers_of_a_session_are_kept(web: Web) -> None:
    token = web.start()
    for number in range(10):
        web.send(token, {"id": f"number-{number}", "text": "hi"})
    web.send(token, {"id": "number-0", "text": "hi"})
    assert len(web.doorway.heard) == 11


# Origins


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://www.greenfield.sch.example", f"{SCHOOL}.evil.example"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/session"), ("POST", "/api/message"), ("OPTIONS", "/api/message"), ("GET", "/widget-strings.json")],
)
def test_another_site_is_told_clearly_that_it_may_not(web: Web, origin: str, method: str, path: str) -> None:
    response = web.client.request(method, path, headers={"Origin": origin})
    assert (response.status_code, error_of(response)) == (403, "origin")
    assert ("access-control-allow-origin" in response.headers) is (method == "GET")


def test_a_listed_site_may_and_sees_exactly_one_permission(web: Web) -> None:
    preflight = web.client.options("/api/message", headers={"Origin": SCHOOL, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert preflight.headers.get_list("access-control-allow-origin") == [SCHOOL]
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    answer = web.client.post("/api/session", json={}, headers={"Origin": SCHOOL})
    assert answer.status_code == 201
    assert answer.headers.get_list("access-control-allow-origin") == [SCHOOL]
    assert "access-control-allow-credentials" not in answer.headers


def test_our_own_pages_may(web: Web) -> None:
    assert web.client.post("/api/session", json={}, headers={"Origin": "http://testserver"}).status_code == 201


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.brent.sch.uk", True),
        ("https://brent.sch.uk", False),
        ("http://a.brent.sch.uk", False),
        ("https://a.brent.sch.uk.evil.example", False),
        ("https://evilbrent.sch.uk", False),
    ],
)
def test_a_star_allows_the_sites_under_a_name_only(origin: str, allowed: bool) -> None:
    assert origin_allowed(origin, frozenset({"https://*.brent.sch.uk"}), "ownit.example") is allowed


# Refusals


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "bad_json"),
        (5, "bad_json"),
        ("hi", "bad_json"),
        ({}, "one_of_three"),
        ({"text": "hi"}, "bad_id"),
        ({"id": "message-1"}, "one_of_three"),
        ({"id": "message-1", "text": ""}, "bad_text"),
        ({"id": "message-1", "text": "  "}, "bad_text"),
        ({"id": "message-1", "text": 5}, "bad_text"),
        ({"id": "message-1", "text": ["hi"]}, "bad_text"),
        ({"id": "short", "text": "hi"}, "bad_id"),
        ({"id": 12345678, "text": "hi"}, "bad_id"),
        ({"id": "message-1", "text": "hi", "payload": "/greet"}, "one_of_three"),
        ({"id": "message-1", "payload": "/session_start"}, "bad_payload"),
        ({"id": "message-1", "payload": '/greet{"age_band":"18+"}'}, "bad_payload"),
        ({"id": "message-1", "payload": {}}, "bad_payload"),
        ({"id": "message-1", "location": {"latitude": "x", "longitude": 1}}, "bad_location"),
        ({"id": "message-1", "location": {"latitude": 91, "longitude": 1}}, "bad_location"),
        ({"id": "message-1", "location": [1, 2]}, "bad_location"),
        ({"id": "message-1", "location": {"latitude": True, "longitude": 1}}, "bad_location"),
        ({"id": "message-1", "text": "hi", "place": "../../etc/passwd"}, "bad_place"),
        ({"id": "message-1", "text": "hi", "place": 5}, "bad_place"),
        ({"id": "message-1", "text": "\ud800"}, "bad_text"),
    ],
)
def test_a_wrong_body_is_refused_with_a_reason(web: Web, body: Any, code: str) -> None:
    response = web.client.post(
        "/api/message",
        content=json.dumps(body),
        headers={
            "Authorization": f"Bearer {web.start()}",
            "Content-Type": "application/json",
        },
    )
    assert (response.status_code, error_of(response)) == (400, code)
    assert not web.doorway.heard


@pytest.mark.parametrize(
    ("raw", "status"),
    [(b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 8000, 400), (b'{"a":NaN}', 400), (b"x" * (MAX_BODY + 1), 413)],
)
def test_bytes_that_are_no_json_are_refused(web: Web, raw: bytes, status: int) -> None:
    response = web.client.post(
        "/api/message", content=raw, headers={"Authorization": f"Bearer {web.start()}", "Content-Type": "application/json"}
    )
    assert response.status_code == status
    assert error_of(response)


def test_a_form_or_plain_text_of_another_site_is_refused(web: Web) -> None:
    response = web.client.post("/api/session", content="{}", headers={"Content-Type": "text/plain"})
    assert (response.status_code, error_of(response)) == (415, "not_json")


def test_text_over_the_limit_is_refused_and_text_at_the_limit_is_read(web: Web) -> None:
    token = web.start()
    assert error_of(web.send(token, text="x" * 4097)) == "too_long"
    assert web.send(token, text="x" * 4096).status_code == 200


def test_a_large_body_is_not_read_to_its_end(web: Web) -> None:
    token, given = web.start(), 0

    def chunks() -> Iterator[bytes]:
        nonlocal given
        for _ in range(1024):
            given += 1
            yield b"x" * 1024

    async def pour() -> int:
        received = []
        body = chunks()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": next(body), "more_body": True}

        async def send(event: Any) -> None:
            received.append(event)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/message",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "http_version": "1.1",
        }
        await web.app(scope, receive, send)
        return int(received[0]["status"])

    assert asyncio.run(pour()) == 413
    assert given <= MAX_BODY // 1024 + 2


def test_messages_that_come_too_fast_are_told_how_long_to_wait(web: Web) -> None:
    token = web.start()
    statuses = [web.send(token, text="hi").status_code for _ in range(PER_SESSION + 1)]
    assert statuses == [200] * PER_SESSION + [429]
    response = web.send(token, text="hi")
    wait = int(response.headers["Retry-After"])
    assert str(wait) in response.json()["error"]["message"]
    web.clock.now += wait
    assert web.send(token, text="hi").status_code == 200


def test_one_person_in_a_hurry_does_not_slow_down_the_next(web: Web) -> None:
    hasty, calm = web.start(), web.start()
    for _ in range(PER_SESSION + 5):
        web.send(hasty, text="hi")
    assert web.send(calm, text="hi").status_code == 200


def test_a_rate_limit_remembers_a_bounded_number_of_keys() -> None:
    limit = RateLimit(1, Clock(), most=10)
    for number in range(1000):
        limit.wait(str(number))
    assert len(limit._buckets) == 10


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "text", "payload", "location", "place"), JSON))


@hypothesis_settings(max_examples=150, deadline=None)
@given(body=JSON | FIELDS | st.builds(lambda f: {"id": "message-1", **f}, FIELDS))
def test_no_body_ends_in_a_server_error(library: Library, body: Any) -> None:
    web = Web(library)
    response = web.client.post(
        "/api/message",
        content=json.dumps(body),
        headers={
            "Authorization": f"Bearer {web.start()}",
            "Content-Type": "application/json",
        },
    )
    assert response.status_code < 500


def test_a_fault_of_ours_is_told_without_its_details_and_logged_without_the_words(
    web: Web, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Any) -> Any:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(web.doorway, "handle", fail)
    with caplog.at_level(logging.DEBUG):
        response = web.send(web.start(), text=f"my secret {CANARY}")
    lines = "\n".join(_JsonLines().format(r) for r in caplog.records)
    assert (response.status_code, error_of(response)) == (500, "server")
    assert CANARY not in response.text
    assert CANARY not in lines
    assert "web_failed" in lines
    assert "RuntimeError" in lines


def test_no_word_token_or_place_of_a_conversation_is_logged(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    token = web.start()
    with caplog.at_level(logging.DEBUG, logger="ownit"):
        web.send(token, text=CANARY, place="north-west-london")
        web.send(token, location={"latitude": 51.5, "longitude": -0.2})
        web.send("forged", text=CANARY)
    lines = "\n".join(_JsonLines().format(r) for r in caplog.records if r.name.startswith("ownit"))
    assert not any(secret in lines for secret in (CANARY, token, "51.5", "north-west-london"))


# What a message may carry


def test_a_button_sends_its_payload_and_typed_text_stays_text(web: Web) -> None:
    token = web.start()
    payload = web.send(token, text="hi").json()["turn"]["replies"][0]["buttons"][0]["payload"]
    assert web.send(token, payload=payload).status_code == 200
    web.send(token, text="/restart")
    assert [(i.text, i.payload) for i in web.doorway.heard[1:]] == [(None, payload), ("/restart", None)]


def test_a_place_reaches_the_doorway(web: Web) -> None:
    web.send(web.start(), text="hi", place="north-west-london")
    assert web.doorway.heard[0].place == "north-west-london"


@pytest.mark.parametrize("letter", ["x", "আ", "😀"])
def test_the_longest_text_fits_in_every_script_in_json_and_in_a_form(web: Web, letter: str) -> None:
    said = letter * TEXT_LIMIT
    assert web.send(web.start(), text=said).status_code == 200
    assert web.client.post("/", data={"text": said}).status_code == 200
    assert [i.text for i in web.doorway.heard] == [said, said]


def test_a_slip_in_a_schools_place_still_gets_an_answer(web: Web) -> None:
    assert web.send(web.start(), text="hi", place="north-west-londn").status_code == 200
    assert web.doorway.heard[0].place is None


def test_a_location_pin_reaches_the_doorway(web: Web) -> None:
    web.send(web.start(), location={"latitude": 51.5, "longitude": -0.19})
    assert web.doorway.heard[0].location == (51.5, -0.19)


def test_helpful_counts_known_answers_only(web: Web) -> None:
    headers = {"Authorization": f"Bearer {web.start()}"}
    yes = web.client.post("/api/helpful", json={"answer": "own_it_1_decisions", "helpful": True}, headers=headers)
    wrong = [
        {"answer": CANARY, "helpful": True},
        {"answer": "own_it_1_decisions", "helpful": "yes"},
        {"answer": 5, "helpful": True},
        {},
    ]
    statuses = [web.client.post("/api/helpful", json=w, headers=headers).status_code for w in wrong]
    assert yes.status_code == 204
    assert statuses == [400] * 4
    assert web.votes == [("own_it_1_decisions", True)]


# The widget's files


def test_the_strings_carry_the_help_numbers_of_the_places_file(web: Web) -> None:
    data = web.client.get("/widget-strings.json?place=north-west-london").json()
    phones = {c["id"]: c["phone"] for c in data["help"]["contacts"]}
    for id_ in ("emergency_999", "childline", "samaritans"):
        assert phones[id_] == web.doorway.library.book.place("england").contact(id_).phone
    assert data["welcome"]["messages"]
    assert data["place"]["name"] == "North West London"


def test_the_widget_holds_no_phone_number_of_its_own() -> None:
    source = (ROOT / "widget" / "widget.js").read_text(encoding="utf-8")
    strings = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))
    for text in (source, *strings["widget"].values(), *strings["pages"].values()):
        assert not re.search(r"\b\d{3,5} ?\d{3,}\b", text.replace("1800000", ""))


def test_files_are_squeezed_kept_and_asked_for_again_by_tag(web: Web) -> None:
    first = web.client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert "max-age" in first.headers["cache-control"]
    assert "content-encoding" not in web.client.get("/widget.js", headers={"Accept-Encoding": "identity"}).headers
    assert web.client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(("name", "most"), [("widget.js", 12_000), ("widget.css", 4_000)])
def test_a_file_is_small_enough_for_a_slow_phone(web: Web, name: str, most: int) -> None:
    response = web.client.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert 0 < response.num_bytes_downloaded <= most


def test_only_the_listed_routes_exist(web: Web) -> None:
    paths = {getattr(route, "path", "") for route in web.app.routes}
    described = yaml.safe_load((ROOT / "docs" / "web-protocol.openapi.yaml").read_text(encoding="utf-8"))["paths"]
    assert paths == set(described)
    for path in ("/webhooks/rest/webhook", "/socket.io/", "/model", "/version", "/widget/strings.json", "/../bot/front.py"):
        assert web.client.get(path).status_code == 404


# Pages


class Tags(HTMLParser):
    """Collects what a page's markup holds."""

    def __init__(self, html: str) -> None:
        """Read the page."""
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


PAGES = ("/", "/chat", "/embed", "/demo", "/privacy", "/accessibility")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline_nothing_foreign_and_strict_headers(web: Web, path: str) -> None:
    response = web.client.get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in response.headers
    for tag, attributes in Tags(response.text).found:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(a.startswith("on") for a in attributes)
        if tag in ("script", "link", "img", "iframe"):
            source = attributes.get("src") or attributes.get("href") or ""
            assert source.startswith(("/", "http://testserver/"))


def test_only_the_chat_page_may_be_framed_and_only_by_listed_sites(web: Web) -> None:
    policies = {path: web.client.get(path).headers["content-security-policy"] for path in PAGES}
    assert f"frame-ancestors 'self' {SCHOOL}" in policies.pop("/chat")
    assert all(p.endswith("frame-ancestors 'none'") for p in policies.values())


def test_the_first_page_has_every_answer_and_the_help_numbers_without_javascript(web: Web) -> None:
    text = Tags(web.client.get("/").text).text
    book = web.doorway.library.book
    answers = [a for a in book.answers.values() if a.group in ("own_it", "words", "tips", "local", "feelings") and a.sources]
    assert answers
    assert all(a.title in text for a in answers)
    place = book.place("england")
    named = {place.contact(c).name for a in book.answers.values() for c in a.contacts if c in place.contacts}
    assert len(named) >= 20
    assert all(name in text for name in named)


def test_while_the_bot_is_off_its_pages_show_no_answer_and_its_welcome_says_so(web: Web) -> None:
    web.doorway.off = True
    page = web.client.get("/").text
    off, alone = (web.doorway.library.book.reply(id_) for id_ in ("off", "own_it_3_seen_alone"))
    assert Tags(to_html(off.text[0])).text in Tags(page).text
    assert alone.text[0].split("**")[1] not in page
    assert web.client.get("/widget-strings.json").json()["welcome"]["answer"] == "off"


def test_a_refused_form_keeps_the_conversation_and_what_was_typed(web: Web) -> None:
    session = hidden_session(web.client.post("/", data={"text": "hi"}).text)
    said = "</textarea> my story " + "x" * TEXT_LIMIT
    page = web.client.post("/", data={"text": said, "session": session})
    assert page.status_code == 413
    assert hidden_session(page.text) == session
    assert unescape(page.text.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]) == said


def test_a_link_to_the_chat_shows_nobody_as_the_school_nurse_outside_a_frame(web: Web) -> None:
    def shown(dest: str) -> str:
        return web.client.get("/chat?school_nurse=Ring+Bob", headers={"Sec-Fetch-Dest": dest}).text

    assert "Ring Bob" in shown("iframe")
    assert "Ring Bob" not in shown("document")


@pytest.mark.parametrize("path", ["/chat", "/embed"])
def test_the_nurses_line_is_shown_without_what_could_dress_it_up(web: Web, path: str) -> None:
    page = web.client.get(path, params={"school_nurse": "Text\u202e me\x00 on\nTuesdays " + "x" * 300}).text
    assert 'data-school-nurse="Text me on Tuesdays xxx' in unescape(page)
    assert "x" * 181 not in page


@pytest.mark.parametrize("path", [p for p in PAGES if p not in ("/chat", "/demo")])
def test_every_page_of_ours_leads_to_help_and_away(web: Web, path: str) -> None:
    links = [a.get("href") for t, a in Tags(web.client.get(path).text).found if t == "a"]
    assert links.index("/#help") < links.index("https://www.bbc.co.uk/weather") < 4


def test_the_privacy_page_says_how_to_delete_a_chat_and_not_that_it_was_done(web: Web) -> None:
    page = Tags(web.client.get("/privacy").text)
    done = web.doorway.library.book.reply("delete_my_data").text[0].split("**")[1]
    assert done.startswith("Done.")
    assert done not in page.text
    assert "press Clear chat" in page.text
    assert not [t for t, _ in page.found if t == "details"]


def test_an_answered_form_has_a_title_of_its_own(web: Web) -> None:
    titles = [
        unescape(page.text.split("<title>")[1].split("</title>")[0])
        for page in (
            web.client.get("/"),
            web.client.post("/", data={"text": "hi"}),
            web.client.post("/", data={"text": "x" * 9000}),
        )
    ]
    assert titles[1] == f"Answer: {titles[0]}"
    assert titles[2] == f"That did not work: {titles[0]}"


def hidden_session(html: str) -> str:
    """Return the session that a page's form carries."""
    return next(a["value"] or "" for t, a in Tags(html).found if t == "input" and a.get("name") == "session")


def test_the_form_answers_without_javascript_and_keeps_the_conversation(web: Web) -> None:
    page = web.client.post("/", data={"text": "will my parents know", "session": hidden_session(web.client.get("/").text)})
    first = web.doorway.library.book.reply("own_it_4_parents_told").text[0].split("**")[1]
    assert page.status_code == 200
    assert first in unescape(page.text.split('id="answer"')[1])
    button = next(a for t, a in Tags(page.text).found if t == "button" and a.get("name") == "payload")
    web.client.post("/", data={"payload": button["value"], "session": hidden_session(page.text)})
    assert len({i.person for i in web.doorway.heard}) == 1
    assert web.doorway.heard[1].payload == button["value"]


def test_a_form_of_another_site_and_a_forged_payload_are_refused(web: Web) -> None:
    assert web.client.post("/", data={"text": "hi"}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert web.client.post("/", data={"payload": "/session_start"}).status_code == 400
    assert web.client.post("/", data={"text": "x" * 9000}).status_code == 413
    assert not web.doorway.heard


@pytest.mark.parametrize("path", ["/chat", "/embed"])
def test_what_a_nurse_types_is_only_ever_text(web: Web, path: str) -> None:
    nasty = '"><script src=https://evil.example/x.js></script><img src=x onerror=alert(1)>'
    page = web.client.get(path, params={"school_nurse": nasty, "place": nasty})
    assert [a.get("src") for t, a in Tags(page.text).found if t == "script"] == [
        "/widget.js" if path == "/chat" else "/embed.js"
    ]
    assert not [t for t, _ in Tags(page.text).found if t == "img"]


def test_the_nurses_page_makes_a_tag_that_carries_her_words(web: Web) -> None:
    page = web.client.get("/embed", params={"school_nurse": 'Text "Sam" & co', "place": "north-west-london"})
    tag = unescape(page.text.split('<textarea id="tag"')[1].split(">", 1)[1].split("</textarea>")[0])
    made = dict(Tags(tag).found)["script"]
    assert made["data-school-nurse"] == 'Text "Sam" & co'
    assert made["data-place"] == "north-west-london"
    assert made["src"] == "http://testserver/widget.js"
    assert "async" in made


def test_the_frames_tag_lets_the_chat_ask_where_somebody_is_and_nothing_else(web: Web) -> None:
    page = web.client.get("/embed", params={"school_nurse": 'Text "Sam" & co', "place": "north-west-london"})
    tag = unescape(page.text.split('<textarea id="frame-tag"')[1].split(">", 1)[1].split("</textarea>")[0])
    made = dict(Tags(tag).found)["iframe"]
    assert made["allow"] == "geolocation"
    assert made["title"] == "Own It"
    asked = dict(parse_qsl(urlsplit(str(made["src"])).query))
    assert asked == {"place": "north-west-london", "school_nurse": 'Text "Sam" & co'}


def test_every_word_in_the_strings_file_is_shown_somewhere() -> None:
    strings = json.loads((ROOT / "widget" / "strings.json").read_text(encoding="utf-8"))
    files = [*(ROOT / "widget").glob("*.js"), *(ROOT / "widget" / "pages").glob("*"), *(ROOT / "bot" / "channels").glob("*.py")]
    shown = "".join(f.read_text(encoding="utf-8") for f in files)
    # Titles, groups and age bands are looked up by a name made of two parts.
    made = re.compile(r"(group|band)_|(accessibility|privacy)_title$")
    keys = {k for part in strings.values() for k in part if not made.search(k)}
    assert sorted(k for k in keys if not re.search(rf"(\bwords\.|[$'\"]){re.escape(k)}\b", shown)) == []


def test_words_of_pages_stand_in_the_strings_file_only() -> None:
    for template in Path(ROOT / "widget" / "pages").glob("*.html"):
        words = re.sub(r"\$\w+", "", Tags(template.read_text(encoding="utf-8")).text)
        assert not re.search(r"[A-Za-z]{2,}", words), template.name
