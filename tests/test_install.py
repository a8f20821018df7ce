"""``scripts/install`` on machines that lack something: what it says, with tools that fail as the real ones do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT

_TOOLS = ("sh", "awk", "cat", "chmod", "cksum", "df", "dirname", "env", "grep", "ls", "mkdir", "rm", "sed")
_PLENTY = "echo head; echo /dev/x 1 1 9000000 1% /"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class Machine:
    """A folder with the project's list of packages, and only the tools it is given."""

    def __init__(self, folder: Path) -> None:
        """Have the basic tools and room on the disk, and nothing else."""
        self._folder, self._bin = folder / "project", folder / "bin"
        self._bin.mkdir()
        (self._folder / "scripts").mkdir(parents=True)
        for name in ("scripts/install", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self._folder / name)
        for tool in _TOOLS:
            (self._bin / tool).symlink_to(shutil.which(tool) or "/bin/false")
        self.has("df", _PLENTY)

    def has(self, name: str, script: str) -> None:
        """Give it a tool that does this."""
        path = self._bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def installs(self) -> tuple[int, str]:
        """Return the status of an installation and what it said."""
        command = [str(self._bin / "sh"), "scripts/install"]
        env = {"PATH": str(self._bin), "HOME": str(self._folder)}
        done = subprocess.run(command, cwd=self._folder, env=env, capture_output=True, text=True)
        return done.returncode, done.stderr


def uv_that_fails(words: str) -> str:
    return f'case "$*" in venv*) mkdir -p .venv/bin;; *sync*) echo "{words}" >&2; exit 1;; esac'


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    status, said = machine.installs()
    assert status == 1
    assert "there is no Python here" in said
    assert "apt install python3" in said


def test_too_little_room_is_told_before_anything_is_fetched(machine: Machine) -> None:
    machine.has("df", "echo head; echo /dev/x 1 1 100000 1% /")
    machine.has("uv", "echo fetched >&2")
    status, said = machine.installs()
    assert status == 1
    assert "the disk has only 97 MiB free" in said
    assert "fetched" not in said


def test_a_python_of_another_version_is_not_used_and_one_that_cannot_be_fetched_is_named(machine: Machine) -> None:
    machine.has("python3.10", "exit 127  # a shim without a version behind it")
    machine.has("python3", "exit 1  # 3.12")
    machine.has("uv", 'case "$*" in "python install"*) exit 1;; esac')
    status, said = machine.installs()
    assert status == 1
    assert "Python 3.10 cannot be fetched" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("error: Failed to fetch: tcp connect error: Network is unreachable", "Check the network"),
        ("  × Failed to build 'dask==2022.10.2': error: command 'cc' failed", "there is no C compiler"),
        ("error: failed to write to file: No space left on device (os error 28)", "the disk is full"),
    ],
)
def test_what_keeps_packages_out_is_told_apart(machine: Machine, words: str, told: str) -> None:
    machine.has("python3.10", "exit 0")
    machine.has("uv", uv_that_fails(words))
    status, said = machine.installs()
    assert status == 1
    assert words.strip() in said
    assert told in said
    assert sum(cause in said for cause in ("Check the network", "C compiler", "disk is full")) == 1


def test_an_installation_that_is_done_ends_at_once(machine: Machine) -> None:
    machine.has("python3.10", "exit 0")
    machine.has("uv", 'echo "$1" >> calls; mkdir -p .venv/bin; echo > .venv/bin/ownit; chmod +x .venv/bin/ownit')
    assert machine.installs()[0] == 0
    status, said = machine.installs()
    assert (status, said) == (0, "")
