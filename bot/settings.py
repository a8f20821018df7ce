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
from datetime import date
from functools import cached_property
from pathlib import Path

from bot.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent

_WEB = ("http://", "https://")


def read_secret(env: Mapping[str, str], name: str) -> str:
    """Return the secret ``name`` from the environment or from the file ``name``_FILE.

    Raises:
        SettingError: the named file cannot be read, or holds no text.
    """
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        # What Python says of bytes that are no text shows one of them.
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingError(f"{name}_FILE", f"cannot read {path} ({why}).", "Check the path and rights.") from None


@dataclass(frozen=True)
class Settings:
    """One run's settings; one left empty is not set, and one that cannot be used raises a SettingError when it is read."""

    env: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``env`` (default: the process's environment)."""
        return cls(dict(os.environ if env is None else env))

    def check(self) -> None:
        """Read every setting once, so that a wrong one is told before anything starts.

        Raises:
            SettingError: the first that is wrong.
        """
        # `key` is no property: reading it makes it where it is missing, and only the front needs it.
        for name in (name for name, setting in vars(Settings).items() if isinstance(setting, property)):
            getattr(self, name)

    def number(self, name: str, default: int, low: int = 0, high: int = 65_535) -> int:
        """Return a whole number setting between ``low`` and ``high``.

        Raises:
            SettingError: it is not a whole number, or out of range.
        """
        raw = self.env.get(name) or str(default)
        if not raw.isdecimal() or not low <= int(raw) <= high:
            raise SettingError(name, f"is {raw!r}.", f"Use a whole number from {low} to {high}.")
        return int(raw)

    @property
    def host(self) -> str:
        """Address the front listens on (``OWNIT_HOST``); loopback unless an operator says so."""
        return self.env.get("OWNIT_HOST") or "127.0.0.1"

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
    def log_level(self) -> str:
        """How much of our own is logged (``OWNIT_LOG``): ``debug``, ``info``, ``warning`` or ``error``."""
        return _one_of("OWNIT_LOG", self.env.get("OWNIT_LOG", "").lower(), "debug", "info", "warning", "error") or "info"

    @property
    def tensorflow(self) -> bool:
        """Whether the engine imports TensorFlow (``OWNIT_TENSORFLOW=1``); a pipeline of one's own may need it."""
        return self.env.get("OWNIT_TENSORFLOW", "0") == "1"

    @property
    def engine_url(self) -> str:
        """Base URL of the engine (``OWNIT_ENGINE_URL``), or several with commas between them."""
        given = self.env.get("OWNIT_ENGINE_URL") or f"http://127.0.0.1:{self.engine_port}"
        for url in given.split(","):
            _one_of("OWNIT_ENGINE_URL", url.strip(), *_WEB)
        return given

    @property
    def actions_url(self) -> str:
        """Base URL of the action server (``OWNIT_ACTIONS_URL`` in a cluster)."""
        given = _one_of("OWNIT_ACTIONS_URL", self.env.get("OWNIT_ACTIONS_URL", ""), *_WEB)
        return given or f"http://127.0.0.1:{self.actions_port}"

    @property
    def cluster_secret(self) -> str:
        """What engines and action servers beyond loopback ask of who calls them (``OWNIT_CLUSTER_SECRET``).

        Raises:
            SettingError: it is too short.
        """
        return _long_enough("OWNIT_CLUSTER_SECRET", read_secret(self.env, "OWNIT_CLUSTER_SECRET"))

    @property
    def metrics_token(self) -> str:
        """What opens the counts to other machines (``OWNIT_METRICS_TOKEN``); empty means this machine only."""
        return read_secret(self.env, "OWNIT_METRICS_TOKEN")

    @property
    def inner_host(self) -> str:
        """Address that engine and action server listen on (``OWNIT_INNER_HOST``); loopback unless guarded.

        Raises:
            SettingError: it is not loopback and there is no secret.
        """
        host = self.env.get("OWNIT_INNER_HOST") or "127.0.0.1"
        if host not in ("127.0.0.1", "::1", "localhost") and not self.cluster_secret:
            raise SettingError("OWNIT_INNER_HOST", f"is {host!r}.", "Set OWNIT_CLUSTER_SECRET too: others can reach it there.")
        return host

    @property
    def var(self) -> Path:
        """Folder for what a run makes and git ignores (``OWNIT_VAR``): key, GP list, reports."""
        return Path(self.env.get("OWNIT_VAR") or ROOT / "var")

    @property
    def gp_file(self) -> Path:
        """The list of GP surgeries (``OWNIT_GP_FILE``), normally in `var`."""
        return Path(self.env.get("OWNIT_GP_FILE") or self.var / "gp" / "practices.csv")

    @property
    def gp_list_date(self) -> date | None:
        """Date of a list of surgeries that carries none (``OWNIT_GP_LIST_DATE``)."""
        given = self.env.get("OWNIT_GP_LIST_DATE")
        try:
            return date.fromisoformat(given) if given else None
        except ValueError as error:
            raise SettingError("OWNIT_GP_LIST_DATE", f"is {given!r}.", "Write it as 2026-02-03.") from error

    @property
    def stations_file(self) -> Path | None:
        """A list of stations (``OWNIT_STATIONS_FILE``), or None."""
        given = self.env.get("OWNIT_STATIONS_FILE")
        return _readable("OWNIT_STATIONS_FILE", Path(given)) if given else None

    @property
    def postcodes_online(self) -> str:
        """Who is asked for postcodes that the tables lack (``OWNIT_POSTCODES_ONLINE``): ``off``, ``on`` or an address.

        It is off unless an operator says so, because a postcode then leaves the machine.
        """
        given = self.env.get("OWNIT_POSTCODES_ONLINE", "").strip()
        return _one_of("OWNIT_POSTCODES_ONLINE", given, "off", "on", *_WEB) or "off"

    @property
    def content(self) -> Path:
        """Folder of the content files (``OWNIT_CONTENT``), normally ``data``."""
        return _readable("OWNIT_CONTENT", Path(self.env.get("OWNIT_CONTENT") or ROOT / "data"))

    @property
    def origins(self) -> frozenset[str]:
        """Origins of the sites that may show the chat (``OWNIT_ORIGINS``, comma-separated)."""
        listed = self.env.get("OWNIT_ORIGINS", "").split(",")
        return frozenset(o.strip().rstrip("/") for o in listed if o.strip())

    @property
    def redis_url(self) -> str:
        """Where conversations live in a cluster (``REDIS_URL``); empty means memory."""
        return _one_of("REDIS_URL", read_secret(self.env, "REDIS_URL"), "redis://", "rediss://", "unix://")

    @property
    def telegram_token(self) -> str:
        """Telegram's bot token (``TELEGRAM_BOT_TOKEN``); empty means no Telegram."""
        return read_secret(self.env, "TELEGRAM_BOT_TOKEN")

    @property
    def telegram_webhook_url(self) -> str:
        """Public https address for Telegram's webhook (``TELEGRAM_WEBHOOK_URL``), or empty."""
        return _one_of("TELEGRAM_WEBHOOK_URL", self.env.get("TELEGRAM_WEBHOOK_URL", ""), "https://")

    @property
    def telegram_api_url(self) -> str:
        """Base address of the Bot API (``TELEGRAM_API_URL``); a local Bot API server or a test's."""
        given = _one_of("TELEGRAM_API_URL", self.env.get("TELEGRAM_API_URL", ""), *_WEB)
        return (given or "https://api.telegram.org").rstrip("/")

    @property
    def telegram_min_age(self) -> int:
        """Age Telegram's own terms ask for in the UK (``OWNIT_TELEGRAM_MIN_AGE``)."""
        return self.number("OWNIT_TELEGRAM_MIN_AGE", 16, 0, 99)

    @property
    def given_key(self) -> str:
        """The key where an operator gives one (``OWNIT_KEY``), else empty.

        Raises:
            SettingError: it is too short.
        """
        return _long_enough("OWNIT_KEY", read_secret(self.env, "OWNIT_KEY"))

    @cached_property
    def key(self) -> bytes:
        """Key that signs sessions and hashes chat ids (``OWNIT_KEY``, or made at first start).

        Raises:
            SettingError: the key is too short, or its file cannot be made.
        """
        return self.given_key.encode() or _kept_key(self.var / "key")


def _one_of(name: str, given: str, *allowed: str) -> str:
    """Return a setting that is empty or one of those allowed; one that ends in ``//`` stands for every such address."""
    if given and given not in allowed and not given.startswith(tuple(a for a in allowed if a.endswith("//"))):
        # An address may hold a password, so what was given is not told.
        use = " or ".join(f"{a}…" if a.endswith("//") else a for a in allowed)
        raise SettingError(name, "cannot be used.", f"Use {use}.")
    return given


def _long_enough(name: str, secret: str) -> str:
    if secret and len(secret) < 32:
        raise SettingError(name, "is too short.", "Use 32 characters or more.")
    return secret


def _readable(name: str, path: Path) -> Path:
    if not os.access(path, os.R_OK):
        raise SettingError(name, f"cannot read {path}.", "Check the path and rights.")
    return path


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
