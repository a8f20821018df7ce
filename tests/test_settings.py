"""Settings: a wrong one is told by its name and mend, and none is overlooked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.logs import set_up_logs
from bot.settings import Settings

WRONG = {
    "OWNIT_PORT": "eighty",
    "OWNIT_ENGINE_PORT": "0",
    "OWNIT_ACTIONS_PORT": "99999",
    "OWNIT_ENGINE_URL": "http://10.0.0.1:5005,10.0.0.2:5005",
    "OWNIT_ACTIONS_URL": "10.0.0.1:5055",
    "OWNIT_INNER_HOST": "0.0.0.0",
    "OWNIT_CLUSTER_SECRET": "secret",
    "OWNIT_CLUSTER_SECRET_FILE": "/nowhere",
    "OWNIT_CONTENT": "/nowhere",
    "OWNIT_KEY": "secret",
    "OWNIT_KEY_FILE": "/nowhere",
    "OWNIT_METRICS_TOKEN_FILE": "/nowhere",
    "OWNIT_LOG": "verbose",
    "REDIS_URL": "http://:secret@10.0.0.1:6379",
    "REDIS_URL_FILE": "/nowhere",
    "TELEGRAM_BOT_TOKEN_FILE": "/nowhere",
    "TELEGRAM_WEBHOOK_URL": "http://ownit.example",
    "TELEGRAM_API_URL": "localhost:8081",
    "OWNIT_TELEGRAM_MIN_AGE": "sixteen",
    "OWNIT_GP_LIST_DATE": "3 February 2026",
    "OWNIT_POSTCODES_ONLINE": "yes",
    "OWNIT_STATIONS_FILE": "/nowhere",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_cannot_be_used_is_named_with_its_mend(name: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings({name: WRONG[name]}).check()
    assert error.value.where == name
    assert error.value.mend
    assert "secret" not in error.value.what


def test_a_secret_file_of_bytes_that_are_no_text_is_told_without_showing_one(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff")
    with pytest.raises(SettingError, match=r"TELEGRAM_BOT_TOKEN_FILE: cannot read \S+ \(it is no text\)"):
        Settings({"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token")}).check()


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_left_empty_is_one_not_set(name: str) -> None:
    Settings({name: ""}).check()


def test_looking_at_the_settings_makes_no_key_where_none_is_needed(tmp_path: Path) -> None:
    Settings({"OWNIT_VAR": str(tmp_path)}).check()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def ours() -> Iterator[logging.Logger]:
    """Return the logger above all of ours; what a test does to it and to the root is undone."""
    loggers = (logging.getLogger("ownit"), logging.getLogger())
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield loggers[0]
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.parametrize(("given", "level"), [("", logging.INFO), ("debug", logging.DEBUG), ("WARNING", logging.WARNING)])
def test_our_lines_are_logged_from_the_level_that_an_operator_wants(
    given: str, level: int, ours: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNIT_LOG", given)
    set_up_logs()
    assert ours.level == level
