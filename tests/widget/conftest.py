"""A browser, the web chat, and a school's site on another origin that shows it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import axe_playwright_python
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.answers import Library
from bot.channels.web import routes
from bot.settings import Settings
from tests.channels.web_fakes import FakeDoorway

# Without these Chromium looks up its maker's hosts at every start.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_RUN = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
    .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.flat().join(' ')).join(', ')))"""
NURSE = "Text the school nurse on Tuesdays"
ELSEWHERE = "https://www.bbc.co.uk/**"


class Server:
    """One site, served by a thread on a free port of this machine."""

    def __init__(self, app: Starlette, name: str) -> None:
        """Serve ``app``; another ``name`` makes another origin of the same machine."""
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        # Rasa brings a `websockets` too old for uvicorn; the chat uses none.
        config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Begin to serve, and wait until it does."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """End, with whatever is in hand."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._socket.close()


class School:
    """A school's site: pages with the chat's one line on them, in different surroundings."""

    def __init__(self) -> None:
        """Begin without the chat's address, which is not known yet."""
        self.chat = ""
        self.app = Starlette(routes=[Route("/{page}", self.page)])

    async def page(self, request: Any) -> Response:
        """Serve the page named in the path."""
        name = request.path_params["page"]
        if name == "style.css":
            return Response("* {all: unset !important} button, dialog {display: none !important}", media_type="text/css")
        css = '<link rel="stylesheet" href="/style.css">' if name == "hostile" else ""
        rtl = ' dir="rtl"' if name == "rtl" else ""
        nurse = escape(request.query_params.get("nurse", NURSE))
        tag = f'<script src="{self.chat}/widget.js" data-place="north-west-london" data-school-nurse="{nurse}" async></script>'
        source = f"{self.chat}/chat?{urlencode({'school_nurse': NURSE})}"
        frame = f'<iframe title="Own It" src="{source}" width="400" height="600"></iframe>'
        lines = {"twice": tag * 2, "frame": frame}.get(name, tag)
        body = f"<main><h1>Greenfield School</h1><p>Welcome. <a href='#'>A link</a></p></main>{lines}"
        policy = f"default-src 'none'; img-src data:; script-src {self.chat}; style-src 'self' {self.chat}; "
        policy += f"connect-src {self.chat}; frame-src {self.chat}; require-trusted-types-for 'script'"
        html = f'<!DOCTYPE html><html lang="en"{rtl}><head><title>School</title>'
        html += '<meta name="viewport" content="width=device-width">'
        headers = {"Content-Security-Policy": policy}
        return HTMLResponse(f'{html}{css}<link rel="icon" href="data:,"></head><body>{body}</body></html>', headers=headers)


class Site:
    """The chat, the school, and what stands behind the chat."""

    def __init__(self, chat: Server, school: Server, doorway: FakeDoorway) -> None:
        """Hold them together."""
        self.chat, self.school, self.doorway = chat.url, school.url, doorway


@pytest.fixture(scope="module")
def servers() -> Iterator[Site]:
    """Both sites, for all tests of a module."""
    doorway, school_site = FakeDoorway(Library(Settings.from_env().content)), School()
    school = Server(school_site.app, "127.0.0.1")
    settings = Settings.from_env({"OWNIT_KEY": "k" * 40, "OWNIT_ORIGINS": school.url})
    chat = Server(Starlette(routes=routes(doorway, settings)), "localhost")
    school_site.chat = chat.url
    for server in (school, chat):
        server.start()
    yield Site(chat, school, doorway)
    for server in (school, chat):
        server.stop()


@pytest.fixture
def site(servers: Site) -> Site:
    """Both sites, with nothing left of the test before."""
    doorway = servers.doorway
    doorway.delay, doorway.extra = 0.0, None
    doorway.heard.clear()
    doorway.forgotten.clear()
    return servers


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a module's only, because its driver's event loop would bar asyncio.run from later tests."""
    path = os.environ.get("OWNIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "The browser tests need Chromium (Debian: apt-get install chromium), or OWNIT_CHROMIUM=its path."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield chromium
        chromium.close()


class Chat:
    """The chat as one visitor sees it, with what the browser said and fetched meanwhile."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        """Open a tab."""
        self.site, self.context, self.page = site, context, context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda r: self.requests.append(r.url))

    def visit(self, page: str = "plain") -> Chat:
        """Go to a page of the school and wait for the chat's button."""
        self.page.goto(f"{self.site.school}/{page}")
        self.page.locator("ownit-chat .root").wait_for(state="attached")
        return self

    def open(self) -> Chat:
        """Press the chat's button."""
        self.page.locator(".launch").click()
        self.box.wait_for()
        return self

    def ask(self, text: str, wait: bool = True) -> Chat:
        """Type a question and send it with Enter; wait for the answer."""
        answers = self.sources.count()
        self.box.fill(text)
        self.box.press("Enter")
        if wait:
            self.sources.nth(answers).wait_for()
        return self

    @property
    def box(self) -> Locator:
        """The text box."""
        return self.page.locator("ownit-chat #box")

    @property
    def log(self) -> Locator:
        """The messages."""
        return self.page.locator("ownit-chat [role=log]")

    @property
    def sources(self) -> Locator:
        """The line under each answer."""
        return self.log.locator(".source")

    @property
    def stored(self) -> str:
        """What the tab's storage holds."""
        return str(self.page.evaluate("() => JSON.stringify({...sessionStorage, ...localStorage})"))

    def button(self, name: str) -> Locator:
        """A button of the chat by its name."""
        return self.page.locator("ownit-chat").get_by_role("button", name=name, exact=True)

    def focused(self) -> str:
        """Return the name of what has the focus inside the chat, or of its tag."""
        script = "() => { const e = document.querySelector('ownit-chat')?.shadowRoot.activeElement || document.activeElement;"
        return str(self.page.evaluate(script + " return e.id || e.textContent.trim() || e.tagName; }"))

    def axe(self) -> list[str]:
        """Return what axe-core finds wrong on the page as it is now."""
        self.page.evaluate(AXE)
        return list(self.page.evaluate(AXE_RUN))


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Any]:
    """A function that makes a visitor with a browser profile of their own."""
    contexts: list[BrowserContext] = []

    def make(width: int = 1000, height: int = 760, **options: Any) -> Chat:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(10_000)
        context.route(ELSEWHERE, lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
        contexts.append(context)
        return Chat(site, context)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def chat(visitor: Any) -> Chat:
    """A visitor on the school's page."""
    return visitor().visit()


__all__ = ["Chat", "Page", "Site"]
