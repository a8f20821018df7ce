"""Print the web chat's size and speed beside those of two widgets people would use instead.

All are measured in one run, in Chromium with the CPU four times slower and a 1.6 Mbit/s line of 150 ms.
The others come from the npm registry (``npm pack``) into ``var/bench-widget``. Needs Chromium and npm.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
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
ROUNDS = 5
PAGES = {
    "own-it": '<script src="/widget.js" async></script>',
    "deep-chat": '<script src="/peer/deep-chat" type="module"></script><deep-chat></deep-chat>',
    "rasa-webchat": '<script src="/peer/rasa-webchat"></script><script src="/start.js"></script>',
}
# rasa-webchat hides its button until a socket server answers, so it counts as ready once the button exists.
READY = {
    "own-it": "() => document.querySelector('ownit-chat')?.shadowRoot.querySelector('.launch')?.offsetWidth > 0",
    "deep-chat": "() => document.querySelector('deep-chat')?.shadowRoot?.querySelector('[contenteditable]')?.offsetWidth > 0",
    "rasa-webchat": "() => document.querySelector('.rw-launcher') !== null",
}
START = "WebChat.default({customData: {}, socketUrl: location.origin, title: 'x', hideWhenNotConnected: false}, null);"


def peer_files(folder: Path) -> dict[str, bytes]:
    """Return each peer's main browser file, fetched once."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, (version, path) in PEERS.items():
        tarball = folder / f"{name}-{version}.tgz"
        if not tarball.exists():
            npm = shutil.which("npm") or "npm"
            subprocess.run([npm, "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
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


def ready_ms(browser: Browser, name: str) -> float:
    """Return the milliseconds from the visit to a chat that can be used."""
    context = browser.new_context()
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    line = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 1.6e6 / 8}
    wire.send("Network.emulateNetworkConditions", line)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"http://127.0.0.1:{PORT}/page/{name}", wait_until="commit")
    page.wait_for_function(READY[name], timeout=60_000, polling=10)
    spent = float(page.evaluate("() => performance.now()"))
    context.close()
    return spent


def main() -> None:
    """Measure, and print one line a widget."""
    settings = Settings.from_env()
    peers = peer_files(settings.var / "bench-widget")
    ours = {n: (ROOT / "widget" / n).read_bytes() for n in ("widget.js", "widget.css")}
    server = serve(peers, settings)
    chromium = os.environ.get("OWNIT_CHROMIUM") or shutil.which("chromium")
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for name in PAGES:
            files = [peers[name]] if name in peers else list(ours.values())
            times = [ready_ms(browser, name) for _ in range(ROUNDS)]
            rows.append(
                {
                    "widget": name,
                    "gzip_bytes": sum(len(gzip.compress(f, 9)) for f in files),
                    "ready_ms_median": round(statistics.median(times)),
                    "ready_ms": [round(t) for t in times],
                }
            )
        browser.close()
    server.should_exit = True
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
