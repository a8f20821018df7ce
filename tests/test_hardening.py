"""Only our routes answer, only the front listens to others, and nothing is loaded or sent that was not meant to be."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette

from bot import metrics
from bot.front import make_app
from bot.guard import guard
from bot.processes import actions_process, engine_process, free_port, front_process
from bot.settings import ROOT, Settings
from bot.stack import wait_until_up
from tests.telegram_fake import TOKEN

# A new route or socket is a decision: add it here, to docs/security.md and to its own tests.
PAGES = {"/", "/chat", "/embed", "/demo", "/privacy", "/accessibility"}
FILES = {"/widget.js", "/widget.css", "/pages.css", "/embed.js", "/icon.svg"}
API = {"/api/session", "/api/message", "/api/helpful", "/widget-strings.json"}
INNER = {"/health/live", "/health/ready", "/metrics"}
WEBHOOK = "/telegram/webhook"
METRICS_TOKEN = "m" * 32


def front(settings: Settings, **env: str) -> Starlette:
    return make_app(Settings.from_env({**settings.env, **env}))


def get(app: Starlette, path: str, client: str = "127.0.0.1", **headers: str | bytes) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://ownit.example") as http:
            return await http.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})  # type: ignore[misc]

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def app(settings: Settings) -> Starlette:
    return front(settings)


# Routes


def test_the_front_answers_on_these_routes_only(app: Starlette) -> None:
    assert {route.path for route in app.routes} == PAGES | FILES | API | INNER  # type: ignore[attr-defined]


def test_the_webhook_is_there_only_when_telegram_is_to_call_us(settings: Settings) -> None:
    telegram = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_URL": "https://ownit.example"}
    paths = {route.path for route in front(settings, **telegram).routes}  # type: ignore[attr-defined]
    assert paths - (PAGES | FILES | API | INNER) == {WEBHOOK}


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/rest/webhook", "/webhook", "/model", "/model/parse", "/version", "/status", "/domain", "/socket.io/",
        "/conversations/p/tracker", "/docs", "/openapi.json", "/static/", "/../pyproject.toml", "/%2e%2e/pyproject.toml",
        "/widget/strings.json", "/.git/config", "/var/key", "/models/",
    ],
)  # fmt: skip
def test_nothing_of_rasa_or_of_the_disk_is_reached_through_the_front(app: Starlette, path: str) -> None:
    assert get(app, path).status_code == 404


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_page_says_what_browsers_may_do_with_it(app: Starlette, path: str) -> None:
    headers = get(app, path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert not re.search(r"unsafe|\*|data:|https?:", policy)
    assert {"frame-ancestors", "form-action", "base-uri"} <= {part.split()[0] for part in policy.split(";")}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert not {"server", "x-powered-by", "set-cookie"} & set(headers)


@pytest.mark.parametrize("path", sorted(FILES | {"/widget-strings.json"}))
def test_every_file_keeps_browsers_from_guessing_its_type(app: Starlette, path: str) -> None:
    assert get(app, path).headers["x-content-type-options"] == "nosniff"


def test_counts_are_shown_to_this_machine_or_to_whoever_has_the_token(settings: Settings) -> None:
    app = front(settings, OWNIT_METRICS_TOKEN=METRICS_TOKEN)
    assert get(app, "/metrics").status_code == 200
    assert get(app, "/metrics", "10.0.0.9", authorization=f"Bearer {METRICS_TOKEN}").status_code == 200
    assert get(app, "/metrics", "10.0.0.9").status_code == 404
    assert get(app, "/metrics", x_forwarded_for="10.0.0.9").status_code == 404
    for wrong in ("Bearer ", f"Bearer {METRICS_TOKEN}x", METRICS_TOKEN[:-1], "Bearer \xe9".encode("latin-1")):
        assert get(app, "/metrics", "10.0.0.9", authorization=wrong).status_code == 404
    assert get(front(settings), "/metrics", "10.0.0.9", authorization="Bearer ").status_code == 404


def test_no_label_of_a_count_could_name_a_person() -> None:
    labels = {label for collector in metrics.REGISTRY._collector_to_names for label in getattr(collector, "_labelnames", ())}
    assert labels == {"channel", "outcome", "topic", "kind", "answer", "helpful"}


# Engine and action server


class Request:
    """What the guard looks at of a request."""

    def __init__(self, method: str, path: str, authorization: str | None) -> None:
        self.method, self.path = method, path
        self.headers = {"authorization": authorization} if authorization is not None else {}


class App:
    """Keeps what is registered, as Sanic does."""

    def __init__(self) -> None:
        self.checks: list[Any] = []

    def register_middleware(self, check: Any, _: str) -> None:
        """Keep it."""
        self.checks.append(check)


@pytest.mark.parametrize(
    ("method", "path", "shown", "passes"),
    [
        ("POST", "/webhook", f"Bearer {'s' * 32}", True),
        ("POST", "/webhook", None, False),
        ("POST", "/webhook", "Bearer ", False),
        ("POST", "/webhook", f"Bearer {'s' * 31}", False),
        ("POST", "/webhook", "Bearer \ud800é", False),
        ("GET", "/actions", None, False),
        ("POST", "/", None, False),
        ("GET", "/health", None, True),
        ("GET", "/", None, True),
    ],
)
def test_a_guarded_server_answers_only_those_who_know_the_secret(
    method: str, path: str, shown: str | None, passes: bool
) -> None:
    app = App()
    guard(app, "s" * 32)
    (check,) = app.checks
    refusal = asyncio.run(check(Request(method, path, shown)))
    assert (refusal is None) is passes
    assert passes or refusal.status == 403


def test_on_loopback_no_secret_is_needed() -> None:
    app = App()
    guard(app, "")
    assert not app.checks


def test_every_process_starts_on_loopback_without_telemetry_api_or_a_model_from_elsewhere(settings: Settings) -> None:
    for process in (engine_process(settings), actions_process(settings), front_process(settings)):
        assert process.env["RASA_TELEMETRY_ENABLED"] == "false"
        assert process.env["SANIC_HOST"] == "127.0.0.1"
    command = engine_process(settings).command
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert not {"--enable-api", "--remote-storage", "--cors", "--auth-token", "--debug"} & set(command)
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    assert set(endpoints) == {"action_endpoint", "nlg", "tracker_store"}
    assert set(yaml.safe_load((ROOT / "credentials.yml").read_text(encoding="utf-8"))) == {"rest"}


def test_nothing_in_the_repository_turns_the_api_on() -> None:
    files = [ROOT / "Makefile", *(ROOT / "deploy").rglob("*"), *(ROOT / "scripts").glob("*"), *(ROOT / "bot").rglob("*.py")]
    assert not [f for f in files if f.is_file() and "--enable-api" in f.read_text(encoding="utf-8", errors="ignore")]


# Builds Rasa's server and the SDK's as the engine and the action server do, and names what they answer.
_ROUTES = """
import json
from bot import without_tensorflow
without_tensorflow.install()
import rasa.core.run, rasa_sdk.endpoint
from rasa.core.channels.rest import RestInput
engine = rasa.core.run.configure_app([RestInput()], enable_api=False)
actions = rasa_sdk.endpoint.create_app("actions", cors_origins="")
print(json.dumps({
    name: sorted(f"{method} /{'/'.join(path)}" for path, route in app.router.routes_all.items() for method in route.methods)
    for name, app in (("engine", engine), ("actions", actions))
}))
"""


@pytest.mark.engine
def test_the_engine_and_the_action_server_answer_on_these_routes_only() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _ROUTES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "engine": ["GET /", "GET /webhooks/rest", "POST /webhooks/rest/webhook"],
        "actions": ["GET /actions", "GET /health", "POST /webhook"],
    }


# Secrets and packages


def _compared(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
            for side in (node.left, *node.comparators):
                name = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
                if re.search(r"token|secret|signature|digest|password", name):
                    yield f"{name} in line {node.lineno}"


def test_secrets_are_compared_in_constant_time() -> None:
    for path in (ROOT / "bot").rglob("*.py"):
        assert not list(_compared(ast.parse(path.read_text(encoding="utf-8")))), path
    for name in ("guard", "front", "channels/web_sessions", "channels/telegram"):
        assert "hmac.compare_digest(" in (ROOT / "bot" / f"{name}.py").read_text(encoding="utf-8"), name


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        var = str(tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, var=var: Settings.from_env({"OWNIT_VAR": var}).key, range(8)))
        (key,) = keys
        assert len(key) >= 32
        assert [p.name for p in Path(var).iterdir()] == ["key"]
        assert (Path(var) / "key").stat().st_mode & 0o077 == 0


def test_every_package_is_pinned_with_its_hashes_and_comes_from_no_address_of_its_own() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pins = re.split(r"\n(?=\S)", lock.strip())
    assert len(pins) > 100
    for pin in pins:
        assert re.match(r"[a-z0-9][\w.-]*(\[[\w,-]+\])?==\S+", pin), pin[:80]
        assert "--hash=sha256:" in pin, pin[:80]


def test_rasa_is_the_version_that_mends_the_known_way_in() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    # CVE-2024-49375: code in a model loaded through the API; mended in 3.6.21, and the API is off.
    assert re.search(r"^rasa==3\.6\.21\b", lock, re.MULTILINE)


# A running bot


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _sockets(pid: int) -> set[str]:
    links = (str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def listening(pid: int) -> set[tuple[str, int]]:
    """Return every address and port that a process or a child of it listens on, UDP too."""
    return {found for member in _family(pid) for found in _listening(member)}


def _listening(pid: int) -> set[tuple[str, int]]:
    mine, found = _sockets(pid), set()
    for table, states in (("tcp", {"0A"}), ("tcp6", {"0A"}), ("udp", {"07"}), ("udp6", {"07"})):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] in states and words[9] in mine:
                address, port = words[1].split(":")
                found.add((address, int(port, 16)))
    return found


@dataclass
class Bot:
    """A bot that ``ownit run`` keeps up, its front open to others."""

    run: subprocess.Popen[bytes]
    ports: dict[str, int]

    def wait(self) -> None:
        """Wait until a probe is answered."""
        wait_until_up(f"http://127.0.0.1:{self.ports['front']}/health/ready", self.run, within=300)

    def process(self, name: str) -> int | None:
        """Return the process that listens on a part's port, None while there is none."""
        # A process may end while it is looked at.
        with suppress(OSError):
            return next((pid for pid in _family(self.run.pid) if self.ports[name] in {p for _, p in _listening(pid)}), None)
        return None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Bot]:
    from bot.commands.train import ensure_model

    ensure_model()
    folder = tmp_path_factory.mktemp("running")
    ports = {name: free_port() for name in ("front", "engine", "actions")}
    names = {"OWNIT_PORT": "front", "OWNIT_ENGINE_PORT": "engine", "OWNIT_ACTIONS_PORT": "actions"}
    env = {**settings.env, **{name: str(ports[part]) for name, part in names.items()}, "OWNIT_VAR": str(folder)}
    env |= {"OWNIT_HOST": "0.0.0.0", "OWNIT_GP_FETCH": "off", "HOME": str(folder)}
    with (folder / "out").open("wb") as out:
        run = subprocess.Popen([sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=env, stdout=out, stderr=out)
    bot = Bot(run, ports)
    try:
        bot.wait()
        yield bot
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(60)


@pytest.mark.engine
def test_a_running_bot_listens_on_three_ports_and_only_the_front_to_others(running: Bot) -> None:
    loopback, everywhere = "0100007F", "00000000"
    ports = running.ports
    sockets = {(everywhere, ports["front"]), (loopback, ports["engine"]), (loopback, ports["actions"])}
    assert listening(running.run.pid) == sockets
    statuses = {
        path: httpx.get(f"http://127.0.0.1:{ports['engine']}{path}", trust_env=False).status_code
        for path in ("/version", "/status", "/model", "/domain", "/conversations/probe/tracker", "/webhooks/telegram/")
    }
    assert set(statuses.values()) == {404}, statuses


@pytest.mark.engine
@pytest.mark.parametrize("name", ["engine", "actions", "front"])
def test_a_part_that_is_killed_is_started_again(running: Bot, name: str) -> None:
    before = running.process(name)
    assert before
    os.kill(before, signal.SIGKILL)
    until = time.monotonic() + 300
    while (now := running.process(name)) in (None, before) and time.monotonic() < until:
        time.sleep(0.1)
    assert now not in (None, before)
    running.wait()


@pytest.mark.engine
def test_ctrl_c_ends_every_part_and_says_so(running: Bot) -> None:
    parts = [running.process(name) for name in running.ports]
    assert all(parts)
    running.run.send_signal(signal.SIGINT)
    assert running.run.wait(60) == 0
    assert not [pid for pid in parts if Path(f"/proc/{pid}").exists()]
