"""Settings: what an operator may set, read once from the environment.

Every setting has an ``OWNIT_`` name (Telegram's and Redis's names are the usual ones). A secret
may stand in a file instead: ``NAME_FILE`` names it (Docker and Kubernetes secrets).
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent


def read_secret(env: Mapping[str, str], name: str) -> str:
    """Return the secret ``name`` from the environment or from the file ``name``_FILE.

    Raises:
        SettingError: the named file cannot be read.
    """
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE", f"cannot read {path} ({error.strerror}).", "Check the path and rights.") from error


@dataclass(frozen=True)
class Settings:
    """One run's settings; `from_env` explains each variable by its use."""

    env: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``env`` (default: the process's environment)."""
        return cls(dict(os.environ if env is None else env))

    def number(self, name: str, default: int, low: int = 0, high: int = 65_535) -> int:
        """Return a whole number setting between ``low`` and ``high``.

        Raises:
            SettingError: it is not a whole number, or out of range.
        """
        raw = self.env.get(name, str(default))
        if not raw.isdecimal() or not low <= int(raw) <= high:
            raise SettingError(name, f"is {raw!r}.", f"Use a whole number from {low} to {high}.")
        return int(raw)

    @property
    def host(self) -> str:
        """Address the front listens on (``OWNIT_HOST``); loopback unless an operator says so."""
        return self.env.get("OWNIT_HOST", "127.0.0.1")

    @property
    def port(self) -> int:
        """Port of the front (``OWNIT_PORT``)."""
        return self.number("OWNIT_PORT", 8080, 1)

    @property
    def engine_port(self) -> int:
        """Loopback port of the engine (``OWNIT_ENGINE_PORT``)."""
        return self.number("OWNIT_ENGINE_PORT", 5005, 1)

    @property
    def actions_port(self) -> int:
        """Loopback port of the action server (``OWNIT_ACTIONS_PORT``)."""
        return self.number("OWNIT_ACTIONS_PORT", 5055, 1)

    @property
    def tensorflow(self) -> bool:
        """Whether the engine imports TensorFlow (``OWNIT_TENSORFLOW=1``); a pipeline of one's own may need it."""
        return self.env.get("OWNIT_TENSORFLOW", "0") == "1"

    @property
    def engine_url(self) -> str:
        """Base URL of the engine (``OWNIT_ENGINE_URL``), or several with commas between them."""
        return self.env.get("OWNIT_ENGINE_URL", f"http://127.0.0.1:{self.engine_port}")

    @property
    def actions_url(self) -> str:
        """Base URL of the action server (``OWNIT_ACTIONS_URL`` in a cluster)."""
        return self.env.get("OWNIT_ACTIONS_URL", f"http://127.0.0.1:{self.actions_port}")

    @property
    def cluster_secret(self) -> str:
        """What engines and action servers beyond loopback ask of who calls them (``OWNIT_CLUSTER_SECRET``).

        Raises:
            SettingError: it is too short.
        """
        secret = read_secret(self.env, "OWNIT_CLUSTER_SECRET")
        if secret and len(secret) < 32:
            raise SettingError("OWNIT_CLUSTER_SECRET", "is too short.", "Use 32 characters or more.")
        return secret

    @property
    def inner_host(self) -> str:
        """Address that engine and action server listen on (``OWNIT_INNER_HOST``); loopback unless guarded.

        Raises:
            SettingError: it is not loopback and there is no secret.
        """
        host = self.env.get("OWNIT_INNER_HOST", "127.0.0.1")
        if host not in ("127.0.0.1", "::1", "localhost") and not self.cluster_secret:
            raise SettingError("OWNIT_INNER_HOST", f"is {host!r}.", "Set OWNIT_CLUSTER_SECRET too: others can reach it there.")
        return host

    @property
    def var(self) -> Path:
        """Folder for what a run makes and git ignores (``OWNIT_VAR``): key, GP list, reports."""
        return Path(self.env.get("OWNIT_VAR", ROOT / "var"))

    @property
    def gp_file(self) -> Path:
        """The list of GP surgeries (``OWNIT_GP_FILE``), normally in `var`."""
        return Path(self.env.get("OWNIT_GP_FILE") or self.var / "gp" / "practices.csv")

    @property
    def content(self) -> Path:
        """Folder of the content files (``OWNIT_CONTENT``), normally ``data``."""
        return Path(self.env.get("OWNIT_CONTENT", ROOT / "data"))

    @property
    def origins(self) -> frozenset[str]:
        """Origins of the sites that may show the chat (``OWNIT_ORIGINS``, comma-separated)."""
        listed = self.env.get("OWNIT_ORIGINS", "").split(",")
        return frozenset(o.strip().rstrip("/") for o in listed if o.strip())

    @property
    def redis_url(self) -> str:
        """Where conversations live in a cluster (``REDIS_URL``); empty means memory."""
        return read_secret(self.env, "REDIS_URL")

    @property
    def telegram_token(self) -> str:
        """Telegram's bot token (``TELEGRAM_BOT_TOKEN``); empty means no Telegram."""
        return read_secret(self.env, "TELEGRAM_BOT_TOKEN")

    @property
    def telegram_webhook_url(self) -> str:
        """Public https address for Telegram's webhook (``TELEGRAM_WEBHOOK_URL``), or empty."""
        return self.env.get("TELEGRAM_WEBHOOK_URL", "")

    @property
    def telegram_api_url(self) -> str:
        """Base address of the Bot API (``TELEGRAM_API_URL``); a local Bot API server or a test's."""
        return self.env.get("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")

    @property
    def telegram_min_age(self) -> int:
        """Age Telegram's own terms ask for in the UK (``OWNIT_TELEGRAM_MIN_AGE``)."""
        return self.number("OWNIT_TELEGRAM_MIN_AGE", 16, 0, 99)

    @cached_property
    def key(self) -> bytes:
        """Key that signs sessions and hashes chat ids (``OWNIT_KEY``, or made at first start).

        Raises:
            SettingError: the key is too short, or its file cannot be made.
        """
        given = read_secret(self.env, "OWNIT_KEY")
        if given:
            if len(given) < 32:
                raise SettingError("OWNIT_KEY", "is too short.", "Use 32 characters or more.")
            return given.encode()
        return _kept_key(self.var / "key")


def _kept_key(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        return path.read_text(encoding="utf-8").strip().encode()
    except OSError as error:
        raise SettingError(
            str(path), f"cannot be written ({error.strerror}).", "Set OWNIT_VAR to a folder it may use."
        ) from error


def _make_key(path: Path) -> None:
    """Put a new key at ``path``, whole and in one step: processes that start together must end up with one key."""
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
