"""A second opinion: coopgame-py, an independent library, on published and random games."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest
from tests.conftest import skip_or_fail
from tests.helpers.games import published, random_convex, random_superadditive

from landbridge.cooperation import exact_game, gately, least_core, nucleolus, shapley, warn_superadditivity


@pytest.fixture(scope="module")
def coopgame() -> ModuleType:
    try:
        return importlib.import_module("coopgame")
    except ImportError:
        skip_or_fail("coopgame-py is not installed: pip install coopgame-py")
        raise


def agree(coopgame: ModuleType, worth: np.ndarray) -> None:
    num_players = len(worth).bit_length() - 1
    other = coopgame.Game(worth[1:].tolist())
    tol = {"abs": 1e-6 * max(1.0, float(np.abs(worth).max())), "rel": 1e-6}
    alone = worth[[1 << i for i in range(num_players)]]
    shares = [float(share) for share in nucleolus(worth).shares]
    assert shares == pytest.approx(coopgame.nucleolus(other)["allocation"], **tol)
    assert shapley(worth) == pytest.approx(list(coopgame.shapley(other)), **tol)
    if warn_superadditivity(exact_game([str(i) for i in range(num_players)], worth[1:])):
        return  # there the other library's least core keeps individual rationality, and ours does not
    assert least_core(worth).epsilon == pytest.approx(coopgame.least_core(other)["epsilon"], **tol)
    without = worth[[len(worth) - 1 ^ (1 << i) for i in range(num_players)]]
    if (worth[-1] - without - alone).sum() > 1e-6:
        assert gately(worth[-1], alone, without) == pytest.approx(list(coopgame.gately_point(other)), **tol)


@pytest.mark.data
def test_published_games(coopgame, data_dir):
    for game in published(data_dir).values():
        if len(game.players) <= 6:
            agree(coopgame, game.worth)


@pytest.mark.parametrize("num_players", [3, 4, 5, 6, 7])
def test_random_games(coopgame, num_players):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        agree(coopgame, random_superadditive(rng, num_players))
        agree(coopgame, random_convex(rng, num_players))
