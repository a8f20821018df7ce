"""The Telegram channel."""

from __future__ import annotations

from starlette.routing import Route

from bot.settings import Settings


class TelegramChannel:
    """Stands in until the channel is written."""

    def __init__(self, doorway: object, settings: Settings) -> None:
        self.state = "off"

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    def routes(self) -> list[Route]:
        """Return no routes."""
        return []
