"""The server of ``ownit preview``: watches the content files, and shows them as people will see them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.answers import Book, Library
from bot.channels.pages import page_headers
from bot.check.files import Files, Question
from bot.check.problems import Problem
from bot.check.run import problems
from bot.errors import ContentError
from bot.logs import get_logger
from bot.settings import ROOT

log = get_logger(__name__)
PAGES = ROOT / "bot" / "pages"
WIDGET = ROOT / "widget"
_LOOK_EVERY = 0.25
_KEEP_ALIVE = 15.0
_AFTER_FAILURE = 2.0


@dataclass(frozen=True)
class Evaluation:
    """What the newest ``ownit evaluate`` made of the test questions."""

    made: str
    cases: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class View:
    """All that the page shows, as it was at one moment.

    Attributes:
        number: goes up with everything new there is to see.
        book: the last good reading; None when there has been none yet.
        broken: what keeps the newest save from being read.
        problems: what ``ownit check`` says; of the save before while ``checked`` is False.
        starts: id -> file and line at which an answer begins.
    """

    number: int = 0
    book: Book | None = None
    broken: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    checked: bool = False
    training: tuple[Question, ...] = ()
    tests: tuple[Question, ...] = ()
    starts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    checklist: Mapping[str, str] = field(default_factory=dict)
    evaluation: Evaluation | None = None


class Desk:
    """Keeps the newest view of the files."""

    def __init__(self, content: Path, root: Path, var: Path) -> None:
        """Take the first look.

        Args:
            content: the folder ``data``.
            root: the folder that holds ``tests/questions`` and ``domain.yml``.
            var: where ``ownit evaluate`` leaves its findings.
        """
        self._content, self._root, self._evaluation = content, root, var / "evaluation.json"
        self._library: Library | None = None
        self._stamp: tuple[tuple[str, int], ...] = ()
        self.view = View()
        self.look()

    def look(self) -> bool:
        """Look at the disk once; return whether there is something new to show.

        The words come first and the check, which takes longer, with the next look.
        """
        if (stamp := self._times()) != self._stamp:
            new: dict[str, Any] = {**self._words(), "evaluation": read_evaluation(self._evaluation), "checked": False}
        elif not self.view.checked:
            new = {**self._findings(), "checked": True}
        else:
            return False
        self._stamp = stamp
        self.view = replace(self.view, number=self.view.number + 1, **new)
        return True

    def watch(self) -> Callable[[], None]:
        """Go on looking in a thread of its own; return what ends it."""
        ended = threading.Event()

        def keep_looking() -> None:
            wait = 0.0
            while not ended.wait(wait):
                try:
                    wait = 0.0 if self.look() else _LOOK_EVERY
                except Exception as error:  # noqa: BLE001 - a file that is just being replaced must not end the preview
                    log.error("preview_look_failed", error=type(error).__name__)
                    wait = _AFTER_FAILURE

        threading.Thread(target=keep_looking, daemon=True).start()
        return ended.set

    def _times(self) -> tuple[tuple[str, int], ...]:
        folders = (self._content, self._root / "tests" / "questions")
        files = sorted((f for folder in folders for f in folder.rglob("*.yml")), key=str)
        found = [(str(f), f.stat().st_mtime_ns) for f in (*files, self._evaluation) if f.exists()]
        return tuple(found)

    def _words(self) -> dict[str, Any]:
        try:
            self._library = self._library or Library(self._content)
            book, error = self._library.book, self._library.broken
        except ContentError as first:
            return {"broken": self._why(first)}
        return {"book": book, "broken": self._why(error) if error else ()}

    def _why(self, error: ContentError) -> tuple[Problem, ...]:
        """Return why the files cannot be used, in the words of ``ownit check`` where it has some."""
        return tuple(Files(self._content, self._root).problems) or (Problem(error.where, error.what, error.mend),)

    def _findings(self) -> dict[str, Any]:
        files = Files(self._content, self._root)
        checklist = {} if "checklist" in files.unread else files.documents["checklist"]["checklist"].data
        found = ((id_, document.where((id_,)).rpartition(":")) for id_, document in files.entries.items())
        starts = {id_: (file, int(line)) for id_, (file, _, line) in found}
        # Of a file that cannot be read, what is shown stands where it last stood.
        read = {file for file, _ in starts.values()}
        starts |= {id_: at for id_, at in self.view.starts.items() if at[0] not in read}
        return {
            "problems": tuple(problems(files)),
            "starts": starts,
            "training": self.view.training if "nlu" in files.unread else tuple(files.training),
            "tests": self.view.tests if "questions" in files.unread else tuple(files.tests),
            "checklist": {id_: line for lines in checklist.values() for id_, line in lines.items()} or self.view.checklist,
        }


def read_evaluation(path: Path) -> Evaluation | None:
    """Return the newest findings of ``ownit evaluate``, or None when there are none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Evaluation(data["made"], tuple(data["cases"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def changes(desk: Desk) -> AsyncIterator[str]:
    """Yield a server-sent event with the number of each new view, and a sign of life between them."""
    told, said = -1, time.monotonic()
    while True:
        if desk.view.number != told:
            told, said = desk.view.number, time.monotonic()
            yield f"data: {told}\n\n"
        elif time.monotonic() - said > _KEEP_ALIVE:
            said = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(_LOOK_EVERY)


def app(desk: Desk) -> Starlette:
    """Return the preview as an app; it answers to names of this machine alone."""
    from bot.preview.page import Page

    page, headers = Page(), page_headers("'none'")

    async def show(request: Request) -> Response:
        """Serve the list of answers, or one of them."""
        html, status = page.show(desk.view, request.query_params)
        return HTMLResponse(html, status, headers=headers)

    async def events(_: Request) -> Response:
        """Tell the browser about every new view."""
        return StreamingResponse(changes(desk), media_type="text/event-stream", headers=headers)

    async def bubbles(_: Request) -> Response:
        """Serve the chat's own style sheet, kept to the parts of the page that show the chat."""
        css = (WIDGET / "widget.css").read_text(encoding="utf-8")
        return Response(f".web {{\n{css}\n}}", media_type="text/css", headers=headers)

    def file(path: Path) -> Route:
        async def serve(_: Request) -> Response:
            return FileResponse(path, headers=headers)

        return Route(f"/{path.name}", serve)

    files = (PAGES / "base.css", PAGES / "preview.css", PAGES / "preview.js", WIDGET / "icon.svg")
    routes = [Route("/", show), Route("/events", events), Route("/bubbles.css", bubbles), *map(file, files)]
    # Another site's page could otherwise read this one through a name of its own that points here.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[hosts])
