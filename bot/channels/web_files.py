"""Files that browsers keep: squeezed, and asked for again by their tag."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response


@lru_cache(maxsize=32)
def _squeezed(body: bytes) -> tuple[bytes, str]:
    return gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:24]


def cached(request: Request, body: bytes, media_type: str, seconds: int) -> Response:
    """Serve a file that browsers may keep, squeezed where they can take it."""
    small, tag = _squeezed(body)
    squeeze = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": f'W/"{tag}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        # Any school's page may load the widget's files; they hold nothing of anybody.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if squeeze:
        headers["Content-Encoding"] = "gzip"
    return Response(small if squeeze else body, headers=headers, media_type=f"{media_type}; charset=utf-8")
