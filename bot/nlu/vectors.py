"""Sentence vectors kept between trainings: encoding takes longest, and an edit changes few sentences.

A file holds the training sentences of one model with their vectors. It is only a memory: without it, or
when it is of another encoder or cannot be read, every sentence is encoded again.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from bot.nlu.progress import tell
from bot.nlu.regression import Floats
from bot.settings import ROOT

# Half the precision is a ten-thousandth of a unit vector, and half the file.
Halves = npt.NDArray[np.float16]

FOLDER = ROOT / "models" / "vectors"
# One and a half trainings' worth, 200 MiB; what was encoded longest ago goes first.
_MOST = 120_000
_AT_ONCE = 8192  # sentences, some ten seconds


def encoded(sentences: Sequence[str], encode: Callable[[list[str]], Floats], path: Path, encoder: str) -> Floats:
    """Return the vector of each sentence, encoding only the new ones.

    Args:
        encode: returns a row for each sentence it is given.
        path: the file of this encoder's vectors; new ones are added to it.
        encoder: the encoder and its version; another one makes every sentence new.
    """
    known, vectors = _read(path, encoder)
    rows = {sentence: row for row, sentence in enumerate(known)}
    if new := [s for s in dict.fromkeys(sentences) if s not in rows]:
        made = _in_parts(new, encode)
        known, vectors = [*known, *new], np.concatenate([vectors, made]) if known else made
        _write(path, encoder, known[-_MOST:], vectors[-_MOST:])
        rows = {sentence: row for row, sentence in enumerate(known)}
    return vectors[[rows[s] for s in sentences]].astype(np.float32)


def _in_parts(sentences: list[str], encode: Callable[[list[str]], Floats]) -> Halves:
    """Encode sentences, and tell how far that is when there are so many that somebody has to wait."""
    made = []
    for start in range(0, len(sentences), _AT_ONCE):
        made.append(encode(sentences[start : start + _AT_ONCE]).astype(np.float16))
        if len(sentences) > _AT_ONCE:
            tell(f"{sum(map(len, made)):,} of {len(sentences):,} sentences encoded")
    return np.concatenate(made)


def _read(path: Path, encoder: str) -> tuple[list[str], Halves]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            head, vectors = json.loads(bytes(arrays["head"])), arrays["vectors"]
            if head["encoder"] == encoder and len(head["sentences"]) == len(vectors):
                return head["sentences"], vectors
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    return [], np.zeros((0, 0), np.float16)


def _write(path: Path, encoder: str, sentences: Sequence[str], vectors: Halves) -> None:
    head = np.frombuffer(json.dumps({"encoder": encoder, "sentences": list(sentences)}).encode(), np.uint8)
    with whole(path) as file:
        np.savez(file, head=head, vectors=vectors)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that stands at ``path`` when all is written; when that fails nothing is left, and what stood there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            yield file
            file.flush()
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    os.replace(file.name, path)
