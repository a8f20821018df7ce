"""``ownit train``: train the model when what it is made from has changed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.nlu.progress import failed, told
from bot.nlu.sources import fingerprint
from bot.processes import newest_model
from bot.settings import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--force", action="store_true", help="train even when nothing changed")


def run(arguments: argparse.Namespace) -> int:
    """Train if needed; say what is done and how long it took."""
    print(ensure_model(arguments.force))
    return 0


def ensure_model(force: bool = False) -> Path:
    """Return the trained model, training it when its inputs changed or its file is damaged.

    Raises:
        EngineError: training failed; its own words have been printed.
    """
    name = f"own-it-{fingerprint()}"
    path = ROOT / "models" / f"{name}.tar.gz"
    if path.exists() and not force and _whole(path):
        os.utime(path)  # `rasa run` and ours both take the newest
        return path
    print("Training the model (two minutes or so the first time, half a minute after an edit) …", file=sys.stderr, flush=True)
    start = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "bot.engine_main",
        "train",
        "--fixed-model-name",
        name,
        "--data",
        "data",
        "--out",
        "models",
        "--skip-validation",  # `ownit check` is stricter and says it in plain words
        *(["--force"] if force else []),
    ]
    env = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    status, said = _run(command, env)
    if status or not path.exists():
        print(said, file=sys.stderr)
        raise failed()
    for old in sorted(path.parent.glob("own-it-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-3]:
        old.unlink()
    print(f"Trained in {time.monotonic() - start:.0f} s.", file=sys.stderr, flush=True)
    return newest_model() or path


def _run(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
    """Run a command, pass on what it tells the person who waits, and return its exit status and all it said."""
    said = []
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line)
            if told(line):
                print(line, end="", file=sys.stderr, flush=True)
    return process.returncode, "".join(said)


def _whole(path: Path) -> bool:
    """Return whether a model can be read to its end: one that was cut off while written would never be replaced."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            return bool(archive.getmembers())
    except (OSError, EOFError, zlib.error, tarfile.TarError):
        return False
