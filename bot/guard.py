"""The lock on engine and action server where others than this machine could reach them."""

from __future__ import annotations

import hmac
from typing import Any

# What a cluster's health checks ask; it says nothing and starts nothing.
_OPEN = ("/", "/health")


def guard(app: Any, secret: str) -> None:
    """Let a Sanic app answer only those who show ``secret`` as a bearer token; none set, all may ask."""
    if not secret:
        return
    from sanic.response import empty

    wanted = f"Bearer {secret}".encode()

    async def check(request: Any) -> Any:
        given = request.headers.get("authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, wanted) and not (request.method == "GET" and request.path in _OPEN):
            return empty(status=403)
        return None

    app.register_middleware(check, "request")
