"""An optional look-up on the internet for postcodes that are newer than our table.

Off by default: it sends a postcode to somebody else. It never raises and never takes longer than
its time-outs; after three failures in a row it is left alone for five minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from os import urandom
from typing import Any
from urllib.parse import quote

import requests

from actions.gp_directory.find import links
from actions.gp_directory.postcodes import CROWN, ENGLAND, NORTHERN_IRELAND, SCOTLAND, WALES, Spot
from bot.fading import Fading
from bot.logs import get_logger

log = get_logger(__name__)

TIMEOUT = (2.0, 3.0)
FAILURES = 3
LEFT_ALONE_SECONDS = 300.0
KEPT_SECONDS = 30 * 86_400.0
MOST_KEPT = 2_000
COUNTRIES = {
    "England": ENGLAND,
    "Scotland": SCOTLAND,
    "Wales": WALES,
    "Northern Ireland": NORTHERN_IRELAND,
    "Channel Islands": CROWN,
    "Isle of Man": CROWN,
}


class PostcodesOnline:
    """postcodes.io, or a copy of it that a school's network runs itself."""

    def __init__(
        self,
        base: str = "",
        timeout: tuple[float, float] = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the service at ``base`` (default: the address in data/links.json)."""
        self._base = (base or str(links()["postcodes_online"])).rstrip("/")
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._left_alone_until = float("-inf")
        # What is kept is hashed with a salt of this process: a memory dump shows no postcode.
        self._salt = urandom(16)
        self._kept: Fading[bytes, Spot | None] = Fading(MOST_KEPT, KEPT_SECONDS, clock)

    def postcode(self, postcode: str) -> Spot | None:
        """Return where a postcode is; None when the service does not know it or does not answer."""
        key = blake2b(postcode.encode(), key=self._salt, digest_size=12).digest()
        with self._lock:
            if key in self._kept:
                return self._kept.get(key)
            if self._clock() < self._left_alone_until:
                return None
        answered, spot = self._ask(f"{self._base}/postcodes/{quote(postcode.replace(' ', ''))}")
        with self._lock:
            self._count(answered)
            if answered:
                self._kept.put(key, spot)
        return spot

    def _count(self, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= FAILURES:
            self._failures = 0
            self._left_alone_until = self._clock() + LEFT_ALONE_SECONDS

    def _ask(self, url: str) -> tuple[bool, Spot | None]:
        """Return (whether the service answered, what it said); one more attempt after a failure."""
        for _ in range(2):
            try:
                response = requests.get(url, timeout=self._timeout, headers={"Accept": "application/json"})
                if response.status_code == 404:
                    return True, None
                response.raise_for_status()
                return True, _spot(response.json()["result"])
            except (requests.RequestException, ValueError, KeyError, TypeError) as error:
                # The error's text would hold the address, and with it the postcode.
                log.warning("postcodes_online_failed", error=type(error).__name__)
        return False, None


def _spot(result: Any) -> Spot | None:
    if not isinstance(result, dict):
        raise TypeError("no result")
    nation = COUNTRIES.get(str(result.get("country")), "")
    lat, lon = result.get("latitude"), result.get("longitude")
    if not nation or (nation == ENGLAND and (lat is None or lon is None)):
        return None
    lad = str((result.get("codes") or {}).get("admin_district") or "")
    return Spot(float(lat or 0), float(lon or 0), lad, nation)
