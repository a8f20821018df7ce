"""The front: everything a stranger's bytes meet, and the only thing that listens beyond loopback.

An ASGI app with the web channel, the Telegram channel, health and metrics. It is up in a second and
stays up while the engine restarts. Run it with ``python -m bot.front``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timezone

import uvicorn
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.channels import web
from bot.channels.telegram import TelegramChannel
from bot.doorway import Doorway
from bot.engine import Engine
from bot.errors import EngineError
from bot.fading import sweep_all
from bot.logs import get_logger, set_up_logs
from bot.messages import Incoming
from bot.settings import Settings

log = get_logger(__name__)

# A button whose answer needs no look-up: it tells whether a model is loaded and answering.
_PROBE = Incoming("probe", "ask", payload="/bot_identity")
_PROBE_EVERY = {False: 0.2, True: 5.0}  # seconds, by whether the engine answered


class Health:
    """Knows whether the engine answers; asked by load balancers, so it must be cheap."""

    def __init__(self, engine: Engine, telegram: TelegramChannel, settings: Settings) -> None:
        """Watch this engine, this Telegram channel and the settings' list of surgeries."""
        self._engine, self._telegram, self._settings = engine, telegram, settings
        self.ready = False
        # Of two messages of one conversation at once, Rasa lets the second wait for a second.
        self._turn = asyncio.Lock()

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(_PROBE_EVERY[self.ready])

    async def look(self) -> None:
        """Probe the engine, note how things are, and let go of what nobody needs any more."""
        self.ready = await self._probe()
        sweep_all()
        metrics.ENGINE_UP.set(self.ready)
        metrics.TELEGRAM_UP.set(self._telegram.state == "ready")
        metrics.GP_LIST_DAYS.set(days_old(self._settings))

    async def _probe(self) -> bool:
        async with self._turn:
            try:
                return bool((await self._engine.ask(_PROBE)).replies)
            except EngineError:
                return False

    async def live(self, request: Request) -> Response:
        """Answer that the front runs."""
        return JSONResponse({"live": True})

    async def is_ready(self, request: Request) -> Response:
        """Answer 200 when a model has answered a probe, else 503, with Telegram's state beside it."""
        # While one probe waits for an engine that hangs, no others queue behind it.
        if not self.ready and not self._turn.locked():
            self.ready = await self._probe()
        body = {"ready": self.ready, "telegram": self._telegram.state}
        return JSONResponse(body, 200 if self.ready else 503)


def days_old(settings: Settings) -> float:
    """Return the age of the list of GP surgeries in days: by its own date, else by its file's; NaN without a list."""
    path = settings.gp_file
    try:
        made = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc).date()
        with suppress(OSError, ValueError, KeyError, TypeError):
            made = date.fromisoformat(json.loads(path.with_name(f"{path.stem}.meta.json").read_text("utf-8"))["list_date"])
    except OSError:
        return math.nan
    return (datetime.now(timezone.utc).date() - made).days


def make_app(settings: Settings) -> Starlette:
    """Return the front for these settings."""
    engine = Engine(settings.engine_url, secret=settings.cluster_secret)
    doorway = Doorway(settings, engine)
    telegram = TelegramChannel(doorway, settings)
    health = Health(engine, telegram, settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        watcher = asyncio.create_task(health.watch())
        await telegram.start()
        yield
        await telegram.stop()
        watcher.cancel()
        await engine.close()

    token = settings.metrics_token

    async def show_metrics(request: Request) -> Response:
        """Answer Prometheus on loopback, or with the operator's token."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        local = request.client is not None and request.client.host in ("127.0.0.1", "::1")
        forwarded = "x-forwarded-for" in request.headers
        if not (token and hmac.compare_digest(given.encode(), token.encode())) and not (local and not forwarded):
            return PlainTextResponse("Not found", 404)
        return PlainTextResponse(generate_latest(metrics.REGISTRY))

    routes = [
        Route("/health/live", health.live),
        Route("/health/ready", health.is_ready),
        Route("/metrics", show_metrics),
        *telegram.routes(),
        *web.routes(doorway, settings),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve until told to stop; what is in hand is finished first."""
    set_up_logs()
    settings = Settings.from_env()
    # uvicorn's access log would hold addresses and session paths, so it is off.
    uvicorn.run(
        make_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # No web sockets (school networks block them); Rasa brings a websockets too old for uvicorn.
        ws="none",
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        proxy_headers=bool(settings.env.get("OWNIT_PROXIES")),
        forwarded_allow_ips=settings.env.get("OWNIT_PROXIES") or None,
    )


if __name__ == "__main__":
    main()
