"""Print the web chat's size and speed beside those of two widgets people would use instead, and Lighthouse's scores.

All are measured in one run, in Chromium with the CPU four times slower and a 1.6 Mbit/s line of 150 ms, by a clock in the
page. Ready: what a person uses first can be used, our button and rasa-webchat's, Deep Chat's box. Greeted: our button was
pressed at once, and the chat's first message and box are there. The others and Lighthouse come from the npm registry into
``var/bench-widget``. Needs Chromium and npm. Exit status 1: the chat's page has less than Lighthouse's full score.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.channels.web import routes
from bot.doorway import Doorway
from bot.engine import Engine
from bot.settings import ROOT, Settings

PEERS = {"deep-chat": ("2.4.2", "dist/deepChat.bundle.js"), "rasa-webchat": ("1.0.1", "lib/index.js")}
PORT = 8097
ROUNDS = 7
UNDISTURBED_MS = 3000
PAGES = {
    "own-it": '<script src="/widget.js" async></script>',
    "deep-chat": '<script src="/peer/deep-chat" type="module"></script><deep-chat></deep-chat>',
    "rasa-webchat": '<script src="/peer/rasa-webchat"></script><script src="/start.js"></script>',
}
# rasa-webchat hides its button until a socket server answers, so it counts as ready once the button exists.
MARKS = """
(() => {
    const own = () => document.querySelector('ownit-chat')?.shadowRoot;
    const button = () => own()?.querySelector('.launch');
    const states = {
        'own-it': {
            ready: () => button()?.offsetWidth > 0,
            greeted: () => {
                if (button().offsetWidth) button().click();
                return own().querySelector('.message.bot')?.offsetWidth > 0 && own().querySelector('#box').offsetWidth > 0;
            },
        },
        'deep-chat': {
            ready: () => document.querySelector('deep-chat')?.shadowRoot?.querySelector('[contenteditable]')?.offsetWidth > 0,
        },
        'rasa-webchat': { ready: () => document.querySelector('.rw-launcher') !== null },
    }[location.pathname.split('/').pop()];
    window.marks = {};
    const timer = setInterval(() => {
        const next = Object.keys(states).find((name) => !(name in marks));
        if (!next) clearInterval(timer);
        else if (states[next]()) marks[next] = performance.now();
    }, 10);
    window.measured = () => Object.keys(states).every((name) => name in marks);
})();
"""
# Lighthouse 13 wants Node 22; Debian 12 has 18.
LIGHTHOUSE = "12.8.2"
CATEGORIES = ("accessibility", "best-practices")
AUDITED = ("/chat?place=north-west-london", "/demo", "/", "/embed")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
START = "WebChat.default({customData: {}, socketUrl: location.origin, title: 'x', hideWhenNotConnected: false}, null);"


def npm(folder: Path, *command: str) -> None:
    """Run npm in ``folder``, silently.

    Raises:
        CalledProcessError: npm failed; its own words have been printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([shutil.which("npm") or "npm", *command, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def peer_files(folder: Path) -> dict[str, bytes]:
    """Return each peer's main browser file, fetched once."""
    files = {}
    for name, (version, path) in PEERS.items():
        tarball = folder / f"{name}-{version}.tgz"
        if not tarball.exists():
            npm(folder, "pack", f"{name}@{version}")
        with tarfile.open(tarball) as archive:
            member = archive.extractfile(f"package/{path}")
            files[name] = member.read() if member else b""
    return files


def serve(peers: dict[str, bytes], settings: Settings) -> uvicorn.Server:
    """Serve the chat and the peers, all squeezed, on one port."""

    async def peer(request: Request) -> Response:
        return Response(peers[request.path_params["name"]], media_type="text/javascript")

    async def start(request: Request) -> Response:
        return Response(START, media_type="text/javascript")

    async def page(request: Request) -> Response:
        tag = PAGES[request.path_params["name"]]
        return HTMLResponse(f'<!DOCTYPE html><link rel="icon" href="data:,"><title>x</title><p>A school</p>{tag}')

    doorway = Doorway(settings, Engine(settings.engine_url))
    listed = [Route("/peer/{name}", peer), Route("/start.js", start), Route("/page/{name}", page)]
    app = Starlette(routes=[*listed, *routes(doorway, settings)], middleware=[Middleware(GZipMiddleware, compresslevel=9)])
    server = uvicorn.Server(uvicorn.Config(app, port=PORT, ws="none", lifespan="off", log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server


def start_ms(browser: Browser, name: str) -> dict[str, float]:
    """Return the milliseconds from the visit to each state of `MARKS`."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(MARKS)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    line = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 1.6e6 / 8}
    wire.send("Network.emulateNetworkConditions", line)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"http://127.0.0.1:{PORT}/page/{name}", wait_until="commit")
    # Not asked before it is likely over: the first question costs the slowed page some 300 ms.
    page.wait_for_timeout(UNDISTURBED_MS)
    page.wait_for_function("() => measured()", timeout=60_000)
    marks: dict[str, float] = page.evaluate("() => marks")
    context.close()
    return marks


def start_times(chromium: str | None, peers: dict[str, bytes]) -> list[dict[str, object]]:
    """Return one row a widget: what it weighs, and how long it takes to be ready.

    They take turns, so that whatever else the machine does slows all of them alike.
    """
    ours = [(ROOT / "widget" / n).read_bytes() for n in ("widget.js", "widget.css")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        rounds = [{name: start_ms(browser, name) for name in PAGES} for _ in range(ROUNDS)]
        browser.close()
    rows: list[dict[str, object]] = []
    for name in PAGES:
        size = sum(len(gzip.compress(f, 9)) for f in ([peers[name]] if name in peers else ours))
        figures: dict[str, object] = {}
        for state in rounds[0][name]:
            times = [round(one[name][state]) for one in rounds]
            figures |= {f"{state}_ms_median": round(statistics.median(times)), f"{state}_ms": times}
        rows.append({"widget": name, "gzip_bytes": size, **figures})
    return rows


def lighthouse(folder: Path, chromium: str | None, path: str) -> dict[str, object]:
    """Return Lighthouse's scores (0 to 100) for a page of ours, and what it found wrong."""
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        npm(folder, "install", "--no-save", "--ignore-scripts", f"lighthouse@{LIGHTHOUSE}")
    url, categories = f"http://127.0.0.1:{PORT}{path}", ",".join(CATEGORIES)
    flags = f"--chrome-flags=--headless=new {' '.join(FLAGS)}"
    options = ["--quiet", "--output=json", "--no-enable-error-reporting", f"--only-categories={categories}", flags]
    env = {**os.environ, **({"CHROME_PATH": chromium} if chromium else {})}
    done = subprocess.run([str(program), url, *options], env=env, check=True, capture_output=True)
    report = json.loads(done.stdout)
    wrong = [id_ for id_, audit in report["audits"].items() if audit["score"] is not None and audit["score"] < 1]
    scores = {c: round(100 * report["categories"][c]["score"]) for c in CATEGORIES}
    return {"lighthouse": report["lighthouseVersion"], "page": path, **scores, "wrong": wrong}


def main() -> int:
    """Measure, print one line a widget and one a page, and say whether the chat's page is faultless."""
    settings = Settings.from_env()
    folder = settings.var.resolve() / "bench-widget"
    chromium = os.environ.get("OWNIT_CHROMIUM") or shutil.which("chromium")
    peers = peer_files(folder)
    server = serve(peers, settings)
    for row in start_times(chromium, peers):
        print(json.dumps(row), flush=True)
    audits = [lighthouse(folder, chromium, path) for path in AUDITED]
    server.should_exit = True
    for audit in audits:
        print(json.dumps(audit))
    return 0 if all(audits[0][c] == 100 for c in CATEGORIES) else 1


if __name__ == "__main__":
    sys.exit(main())
