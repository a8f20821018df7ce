"""``ownit train``: what makes it train, without training."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from bot.commands import train
from bot.settings import ROOT


def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        info = tarfile.TarInfo("metadata.json")
        info.size = 5000
        tar.addfile(info, io.BytesIO(bytes(i * i % 251 for i in range(5000))))
    return file.getvalue()


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The models that were trained; training writes a good one at once."""
    done: list[Path] = []

    def run(*_: object) -> tuple[int, str]:
        done.append(tmp_path / "models" / "own-it-now.tar.gz")
        done[-1].write_bytes(archive())
        return 0, ""

    (tmp_path / "models").mkdir()
    monkeypatch.setattr(train, "ROOT", tmp_path)
    monkeypatch.setattr(train, "fingerprint", lambda: "now")
    monkeypatch.setattr(train, "newest_model", lambda: None)
    monkeypatch.setattr(train, "_run", run)
    return done


def test_a_good_model_of_the_same_inputs_is_kept(trained: list[Path], tmp_path: Path) -> None:
    (tmp_path / "models" / "own-it-now.tar.gz").write_bytes(archive())
    train.ensure_model()
    assert trained == []


@pytest.mark.parametrize("damaged", [b"", b"no archive", archive()[:-400], archive()[:200] + bytes(200) + archive()[400:]])
def test_a_model_that_is_damaged_is_trained_anew(trained: list[Path], tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "models" / "own-it-now.tar.gz"
    path.write_bytes(damaged)
    assert train.ensure_model() == path
    assert trained == [path]
    assert path.read_bytes() == archive() or train._whole(path)


def test_a_model_of_other_inputs_is_not_taken(trained: list[Path], tmp_path: Path) -> None:
    (tmp_path / "models" / "own-it-before.tar.gz").write_bytes(archive())
    train.ensure_model()
    assert len(trained) == 1


def test_who_waits_is_told_how_far_a_training_is_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; from bot.nlu.progress import tell; print('Rasa says much', flush=True); tell('half done'); sys.exit(3)"
    status, said = train._run([sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(ROOT)})
    assert status == 3
    assert "Rasa says much" in said
    assert capfd.readouterr().err.strip() == "… half done"
