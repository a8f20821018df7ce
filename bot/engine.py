"""The front's client of the engine: one message in, one turn out."""

from __future__ import annotations

from typing import Any

import httpx

from bot.errors import EngineError
from bot.messages import Incoming, Turn
from bot.ring import Ring

# How long an answer may take before the doorway says sorry (seconds).
TIME_LIMIT = 3.0


class Engine:
    """Talks to Rasa's REST channel with kept-alive connections, to one engine or to several."""

    def __init__(
        self, urls: str, time_limit: float = TIME_LIMIT, secret: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Connect lazily.

        Args:
            urls: the engine's address, or several with commas between them.
            time_limit: the longest wait for an answer, in seconds.
            secret: what engines beyond loopback ask for.
            transport: stands in for the network, in tests.
        """
        self._ring = Ring([url.strip().rstrip("/") for url in urls.split(",") if url.strip()])
        self._http = httpx.AsyncClient(
            # An address that swallows packets must leave time to ask the next engine.
            timeout=httpx.Timeout(time_limit, connect=min(time_limit, 0.5)),
            limits=httpx.Limits(max_connections=100 * len(self._ring.urls), max_keepalive_connections=32),
            headers={"Authorization": f"Bearer {secret}"} if secret else None,
            transport=transport,
            trust_env=False,
        )

    async def ask(self, incoming: Incoming) -> Turn:
        """Return the engine's turn for one message.

        An engine that cannot be reached, breaks off or says nothing is followed by the next one. One that is
        too slow is not: whoever wrote has waited long enough, and the slow engine may still be at work.

        Raises:
            EngineError: none is up, or it was too slow, failed or said nothing.
        """
        failure = EngineError("engine", "no address")
        for url in self._ring.order(incoming.person):
            try:
                turn = await self._ask(url, incoming)
            except (httpx.HTTPError, ValueError) as error:
                failure = EngineError("engine", type(error).__name__)
                self._ring.failed(url)
                if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
                    break
            except EngineError as error:
                failure = error
            else:
                self._ring.answered(url)
                return turn
        raise failure from None

    async def _ask(self, url: str, incoming: Incoming) -> Turn:
        metadata = {"place": incoming.place, "location": incoming.location}
        body = {
            "sender": incoming.person,
            "message": incoming.payload or incoming.text or "/gp_contact",
            "input_channel": incoming.channel,
            "metadata": {k: v for k, v in metadata.items() if v},
        }
        answer = await self._http.post(f"{url}/webhooks/rest/webhook", json=body)
        said = answer.json() if answer.status_code == httpx.codes.OK else []
        turns = [m["custom"] for m in said if isinstance(m, dict) and "custom" in m] if isinstance(said, list) else []
        if not turns:
            raise EngineError("engine", "said nothing")
        return self._turn(turns[-1])

    @staticmethod
    def _turn(data: dict[str, Any]) -> Turn:
        try:
            return Turn.from_dict(data)
        except (KeyError, TypeError) as error:
            raise EngineError("engine", "said something unreadable") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
