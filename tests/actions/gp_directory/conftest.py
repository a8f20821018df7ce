"""A directory of invented surgeries, and the real list where there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from actions.gp_directory import Directory, Paths
from actions.gp_directory.postcodes import Postcodes

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gp_helpers import REAL_LIST, TODAY, as_csv, invented  # noqa: E402

# Tests on the real list are collected only where there is one; it is never part of this repository.
collect_ignore = [] if REAL_LIST.exists() else ["test_gp_real_list.py"]


@pytest.fixture(scope="session")
def postcodes() -> Postcodes:
    """Return the tables of the repository."""
    return Postcodes.load()


@pytest.fixture
def gp_file(tmp_path: Path) -> Path:
    """Return a file with the invented list."""
    path = tmp_path / "practices.csv"
    path.write_text(as_csv(invented()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """Return a directory of the invented list, made 30 days before the day of the tests."""
    path = tmp_path_factory.mktemp("gp") / "practices.csv"
    path.write_text(as_csv(invented()), encoding="utf-8")
    return Directory.open(Paths(path, list_date=date(2026, 10, 24)), today=lambda: TODAY)


@pytest.fixture(scope="session")
def names(directory: Directory) -> Callable[..., list[str]]:
    """Return a function from a look-up's arguments to the names it found."""

    def found(*args: object, **kwargs: object) -> list[str]:
        return [result.name for result in directory.look_up(*args, **kwargs).results]  # type: ignore[arg-type]

    return found
