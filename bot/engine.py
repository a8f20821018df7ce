"""The front's client of the engine: one message in, one turn out."""

from __future__ import annotations

from typing import Any

import httpx

from bot.errors import EngineError
from bot.messages import Incoming, Turn

# The longest anybody waits before the doorway says sorry (seconds).
TIME_LIMIT = 3.0


class Engine:
    """Talks to Rasa's REST channel over loopback with kept-alive connections."""

    def __init__(self, url: str, time_limit: float = TIME_LIMIT) -> None:
        """Connect lazily to the engine at ``url``."""
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=32)
        self._http = httpx.AsyncClient(base_url=url, timeout=time_limit, limits=limits, trust_env=False)

    async def ask(self, incoming: Incoming) -> Turn:
        """Return the engine's turn for one message.

        Raises:
            EngineError: it is not up, was too slow, failed or said nothing.
        """
        metadata = {"place": incoming.place, "location": incoming.location}
        body = {
            "sender": incoming.person,
            "message": incoming.payload or incoming.text or "/gp_contact",
            "input_channel": incoming.channel,
            "metadata": {k: v for k, v in metadata.items() if v},
        }
        try:
            answer = await self._http.post("/webhooks/rest/webhook", json=body)
            said = answer.json() if answer.status_code == httpx.codes.OK else []
        except (httpx.HTTPError, ValueError) as error:
            raise EngineError("engine", type(error).__name__) from None
        turns = [self._turn(m["custom"]) for m in said if "custom" in m]
        if not turns:
            raise EngineError("engine", "said nothing")
        return turns[-1]

    @staticmethod
    def _turn(data: dict[str, Any]) -> Turn:
        try:
            return Turn.from_dict(data)
        except (KeyError, TypeError) as error:
            raise EngineError("engine", "said something unreadable") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
