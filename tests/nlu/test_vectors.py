"""Sentence vectors kept between trainings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.regression import Floats
from bot.nlu.vectors import encoded, whole

Encode = Callable[[list[str]], Floats]


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def lengths(asked: list[str]) -> Encode:
    """An encoder whose vector is the sentence's length."""

    def encode(sentences: list[str]) -> Floats:
        asked.extend(sentences)
        return np.array([[len(s)] for s in sentences], np.float32)

    return encode


def test_only_a_new_sentence_is_encoded_in_the_next_training(tmp_path: Path, asked: list[str], lengths: Encode) -> None:
    file = tmp_path / "new" / "english.npz"
    encoded(["one", "four", "one"], lengths, file, "an encoder")
    assert encoded(["three", "one"], lengths, file, "an encoder").tolist() == [[5.0], [3.0]]
    assert asked == ["one", "four", "three"]


def test_another_encoder_remembers_nothing_of_the_last(tmp_path: Path, asked: list[str], lengths: Encode) -> None:
    encoded(["one"], lengths, tmp_path / "english.npz", "an encoder 1.0")
    encoded(["one"], lengths, tmp_path / "english.npz", "an encoder 1.1")
    assert asked == ["one", "one"]


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 cut off", b"\x00" * 100])
def test_a_file_that_cannot_be_read_is_made_anew(tmp_path: Path, asked: list[str], lengths: Encode, broken: bytes) -> None:
    file = tmp_path / "english.npz"
    file.write_bytes(broken)
    assert encoded(["one"], lengths, file, "an encoder").tolist() == [[3.0]]
    encoded(["one"], lengths, file, "an encoder")
    assert asked == ["one"]


def test_what_was_encoded_longest_ago_is_forgotten_first(
    tmp_path: Path, asked: list[str], lengths: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.nlu.vectors._MOST", 2)
    for sentence in ("one", "two", "three"):
        encoded([sentence], lengths, tmp_path / "english.npz", "an encoder")
    encoded(["three", "two"], lengths, tmp_path / "english.npz", "an encoder")
    assert asked == ["one", "two", "three"]
    encoded(["one"], lengths, tmp_path / "english.npz", "an encoder")
    assert asked == ["one", "two", "three", "one"]


def test_a_write_that_fails_leaves_what_stood_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    writing = whole(path)
    writing.__enter__().write(b"half of it")
    assert not writing.__exit__(OSError, OSError("disk full"), None)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_who_waits_for_many_sentences_is_told_how_far_it_is(
    tmp_path: Path, lengths: Encode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.nlu.vectors._AT_ONCE", 2)
    assert encoded(["a", "to", "the"], lengths, tmp_path / "english.npz", "an encoder").tolist() == [[1.0], [2.0], [3.0]]
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "… 2 of 3 sentences encoded",
        "… 3 of 3 sentences encoded",
    ]
    encoded(["a", "four"], lengths, tmp_path / "english.npz", "an encoder")
    assert capsys.readouterr().err == ""
