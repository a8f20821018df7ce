"""The small networks that judge danger together."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.network import Network

# Four corners, of which opposite ones belong together: no straight line parts them.
CORNERS = np.array([[1, 0.1], [0.1, 1], [1, 1], [0.1, 0.1]], np.float32)
SORTS = np.array([1, 1, 0, 0])


@pytest.fixture(scope="module")
def network() -> Network:
    noise = np.random.default_rng(0).normal(0, 0.05, (1600, 2))
    return Network.train((np.repeat(CORNERS, 400, axis=0) + noise).astype(np.float32), np.repeat(SORTS, 400))


def test_it_draws_a_bend_that_no_straight_line_can(network: Network) -> None:
    assert list(network.odds(CORNERS) > 0) == list(SORTS)


def test_it_survives_being_saved(network: Network) -> None:
    again = Network.from_arrays(network.to_arrays())
    assert again.logits(CORNERS) == pytest.approx(network.logits(CORNERS), abs=1e-5)
