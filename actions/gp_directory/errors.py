"""The errors of the GP directory."""

from __future__ import annotations

from bot.errors import OwnItError


class GpDirectoryError(OwnItError):
    """A table or the list of surgeries is missing, damaged or not to be trusted."""
