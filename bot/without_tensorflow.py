"""Run Rasa without importing TensorFlow, which nothing here uses and which costs seconds and hundreds of MiB.

Rasa 3.6 imports TensorFlow whatever the configuration says: its base class of policies leads to DIET's
and TED's modules, which name TensorFlow's classes when they are defined. Stand-ins let those
definitions pass. Anything else done with a stand-in raises `TensorFlowMissing`: a component that does
need TensorFlow fails at once and by name, it never answers with a dummy. Gains, and what was given up:
docs/decisions/0003-without-tensorflow.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_REPLACED = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras", "jax")


class TensorFlowMissing(ImportError):
    """Something wanted to compute with TensorFlow."""

    def __init__(self, name: str) -> None:
        """Name what was wanted and the way out."""
        super().__init__(f"{name} was used, but the engine runs without TensorFlow. Set OWNIT_TENSORFLOW=1 to import it.")


class _StandInType(type):
    """A class that may be named, subclassed and asked for further names, and never used."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        # A decorator's only use while modules are read: `@tf.function` around a function.
        if len(args) == 1 and callable(args[0]) and not kwargs and not isinstance(args[0], _StandInType):
            return args[0]
        raise TensorFlowMissing(cls.__qualname__)

    def __getitem__(cls, _: Any) -> Any:
        return cls

    def __or__(cls, _: Any) -> Any:
        return cls

    __ror__ = __or__


def _stand_in(name: str) -> type:
    return _StandInType(name.rpartition(".")[2], (), {"__qualname__": name, "__module__": __name__})


class _StandInModule(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = _stand_in(f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    """Finds a stand-in for every module of `_REPLACED`."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in _REPLACED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stand-in is empty."""


def install() -> None:
    """Put the stand-ins before the real modules; a TensorFlow that is imported already stays."""
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())
