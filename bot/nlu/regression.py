"""The one way this project fits a multinomial logistic regression."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

# Of two classes the library tells only how the second differs from the first: each stands half of that from the middle.
SIDES = np.array([-0.5, 0.5])
# How often each example is looked at; more gained nothing (docs/decisions/0002-understanding.md). A fit needs its steps, so
# few examples are looked at more often.
_ROUNDS, _LOOKS = 6, 40_000


@contextmanager
def stopping_early() -> Iterator[None]:
    """Keep quiet, in this and all threads, about fits that could go on (warning filters are the process's).

    BLAS gets one thread: trainings run side by side, and its threads would wait for each other more than they work.
    """
    # Imported here: only training needs it.
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.filterwarnings("ignore", message="The max_iter was reached")
        yield


def softmax(logits: Floats) -> Floats:
    """Return the shares whose logarithms, but for a constant, these are; each row's sum is 1."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    softened: Floats = shares / shares.sum(axis=-1, keepdims=True)
    return softened


def fit(features: Any, answers: npt.NDArray[np.int32], classes: int, strength: float) -> tuple[Floats, Floats]:
    """Return the weights, shape (classes, features), and the bias of each class.

    Args:
        features: a matrix, dense or sparse, with a row for each example.
        answers: the class number of each example; at least two classes must occur.
        classes: how many classes there are; one without an example gets next to no probability.
        strength: inverse of the smoothing (scikit-learn's ``C``).
    """
    # Imported here: scikit-learn costs a second of start-up and only training needs it.
    from sklearn.linear_model import LogisticRegression

    # Steps after each example: after some steps over all at once, the library's usual way, words were still half learnt.
    rounds = max(_ROUNDS, math.ceil(_LOOKS / features.shape[0]))
    model = LogisticRegression(C=strength, solver="sag", max_iter=rounds, random_state=0)
    model.fit(features, answers)
    weights = np.zeros((classes, features.shape[1]), np.float32)
    bias = np.full(classes, -30.0, np.float32)
    sides = SIDES[:, None] if len(model.classes_) == len(SIDES) else 1.0
    weights[model.classes_], bias[model.classes_] = sides * model.coef_, np.ravel(sides * model.intercept_)
    return weights, bias
