"""Parts of a model in one file of arrays: each part's names get its own name in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


def under(part: str, arrays: Arrays) -> dict[str, npt.NDArray[Any]]:
    """Return ``arrays`` with ``part`` in front of their names."""
    return {f"{part}_{name}": array for name, array in arrays.items()}


def within(part: str, arrays: Arrays) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that `under` put under ``part``, by their own names."""
    return {name.removeprefix(f"{part}_"): array for name, array in arrays.items() if name.startswith(f"{part}_")}
