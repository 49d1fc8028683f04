"""Published games: shares as printed, or computed by an independent programme."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from tests.helpers.games import Published, published

from landbridge.cooperation import (
    certify,
    equal_profit,
    gately,
    is_convex,
    least_core,
    least_subsidy,
    nucleolus,
    owen_shares,
    shapley,
    tau,
    warn_superadditivity,
)
from landbridge.cooperation.coalitions import coalition_sums, sizes
from landbridge.cooperation.rationals import exact
from landbridge.errors import NoShare
from landbridge.model.shares import Verdict

pytestmark = pytest.mark.data

IDS = [
    "glove_1_2",
    "talmud_100",
    "talmud_200",
    "talmud_300",
    "airport_1_2_3_6",
    "ferguson_3",
    "peleg_sudholter_5_5_12",
    "coopgame_r_67_1",
    "coopgame_r_4p",
    "coopgame_r_15_1",
    "coopgame_r_tau_5p",
    "lemaire_investors",
    "gately_1974_power",
    "tva",
    "young_1985_cost",
    "skane_1982",
    "gta_epm_3",
    "mst_bird",
    "majority_3",
    "half_truck_empty_core",
    "owen_lp_3",
    "worked_cap10",
    "worked_cap8",
    "worked_cap8_bounds",
]

PRINTED = 0.0075
"""Half a printed digit, with what the papers' own rounding adds."""


@pytest.fixture(params=IDS)
def game(request, data_dir) -> Published:
    return published(data_dir)[request.param]


def test_the_collection_is_whole(data_dir):
    assert sorted(published(data_dir)) == sorted([*IDS, "un_security_council"])


def test_nucleolus(game):
    found = nucleolus(game.worth)
    assert found.is_proved
    shares = np.array([float(share) for share in found.shares])
    assert shares == pytest.approx(game.expected("expected", "nucleolus"), abs=1e-6, rel=1e-9)
    if (printed := game.expected("published", "nucleolus")) is not None:
        assert shares == pytest.approx(printed, abs=PRINTED)


def test_the_nucleolus_is_exact_to_the_last_fraction(game):
    """Where the collection has fractions, ours are the same fractions, not floats near them."""
    expected = [game.sign * Fraction(text) for text in game.facts["expected"]["nucleolus"]]
    assert list(nucleolus(game.worth).shares) == expected


def test_shapley(game):
    shares = shapley(game.worth)
    assert shares == pytest.approx(game.expected("expected", "shapley"), abs=1e-6, rel=1e-9)
    if (printed := game.expected("published", "shapley")) is not None:
        assert shares == pytest.approx(printed, abs=PRINTED)


def test_tau(game):
    expected = game.expected("expected", "tau")
    if expected is None:
        with pytest.raises(NoShare, match="tau value is not defined"):
            tau(game.worth)
    else:
        assert tau(game.worth) == pytest.approx(expected, abs=1e-6, rel=1e-9)


def test_least_core_and_least_subsidy(game):
    expected = game.facts["expected"]
    assert least_core(game.worth).epsilon == pytest.approx(expected["least_core_epsilon"], abs=1e-6)
    assert float(least_subsidy(game.worth).amount) == pytest.approx(expected["cost_of_stability"], abs=1e-6)


def test_flags(game):
    expected = game.facts["expected"]
    assert is_convex(game.worth) == expected["convex"]
    assert (warn_superadditivity(game.game) == "") == expected["superadditive"]
    excess = (game.worth - coalition_sums(shapley(game.worth)))[1:-1].max()
    assert (excess <= 1e-7 * np.abs(game.worth).max()) == expected["shapley_in_core"]


@pytest.mark.parametrize("name", ["airport_1_2_3_6", "tva", "young_1985_cost", "skane_1982", "gta_epm_3", "mst_bird"])
def test_equal_profit(data_dir, name):
    """All cost games of the collection that have a core."""
    game = published(data_dir)[name]
    expected = game.facts["expected"]["epm"]
    found = equal_profit(game.worth, -game.alone)
    assert found.spread == pytest.approx(expected["f"], abs=1e-6)
    assert -found.shares == pytest.approx(np.array(expected["allocation"]), abs=1e-6, rel=1e-8)


def test_the_verdict_on_the_nucleolus_says_whether_there_is_a_core(game):
    found = certify(game.game, nucleolus(game.worth).shares)
    assert (found.verdict is Verdict.STABLE) == game.facts["expected"]["core_nonempty"]
    assert (found.verdict is Verdict.EMPTY) != game.facts["expected"]["core_nonempty"]
    assert float(found.subsidy_low) == pytest.approx(game.facts["expected"]["cost_of_stability"])
    assert found.subsidy_low == found.subsidy_high


def test_gately_of_the_original_case(data_dir):
    """Gately (1974): three regions of South India share the gain from joint electric power."""
    game = published(data_dir)["gately_1974_power"]
    shares = gately(game.worth[-1], game.alone, game.without)
    assert shares == pytest.approx(game.expected("expected", "gately"), abs=1e-6)
    assert shares == pytest.approx(game.expected("published", "gately"), abs=1e-4)


def test_skane_by_four_rules_and_the_pair_that_loses_by_joining(data_dir):
    """Young, Okada and Hashimoto (1982): six groups of Swedish municipalities share a water supply."""
    game = published(data_dir)["skane_1982"]
    size = sizes(6).astype(np.float64)
    cost = np.concatenate(([1.0], -game.worth[1:]))
    for name, found in (
        ("scrb", gately(game.worth[-1], game.alone, game.without)),
        ("percapita_nucleolus", np.array([float(x) for x in nucleolus(game.worth, weight=size).shares])),
        ("proportional_nucleolus", np.array([float(x) for x in nucleolus(game.worth, weight=cost).shares])),
    ):
        assert found == pytest.approx(game.expected("expected", name), abs=1e-6), name
        if name in game.facts["published"]:
            assert found == pytest.approx(game.expected("published", name), abs=0.016), name
    assert "'A H L' and 'M T'" in warn_superadditivity(game.game)


def test_per_capita_savings(data_dir):
    """Young (1985), p. 68: savings of the per-capita nucleolus."""
    game = published(data_dir)["young_1985_cost"]
    shares = nucleolus(game.worth, weight=sizes(3).astype(np.float64)).shares
    savings = [share - exact(alone) for share, alone in zip(shares, game.alone, strict=True)]
    assert savings == [Fraction(text) for text in game.facts["published"]["percapita_savings"]]


def test_the_bird_division_of_a_spanning_tree_is_certified_stable(data_dir):
    game = published(data_dir)["mst_bird"]
    bird = [-Fraction(text) for text in game.facts["published"]["bird"]]
    assert certify(game.game, bird).verdict is Verdict.STABLE


def test_owen_prices(data_dir):
    """Two goods from two resources; the game of the collection is the value of each coalition's own resources."""
    game = published(data_dir)["owen_lp_3"]
    profit, matrix = np.array([4.0, 5.0]), np.array([[1.0, 2.0], [3.0, 1.0]])
    endowments = np.array([[2.0, 3.0], [4.0, 1.0], [0.0, 5.0]])
    found = owen_shares(profit, matrix, endowments)
    assert found.prices == pytest.approx(game.expected("expected", "owen_prices"))
    assert found.shares == pytest.approx(game.expected("published", "owen"))
    for mask in range(1, 8):
        own = [i for i in range(3) if mask >> i & 1]
        assert owen_shares(profit, matrix, endowments[own]).value == pytest.approx(game.worth[mask])
    assert (game.worth - coalition_sums(found.shares)).max() <= 1e-9


@pytest.mark.slow
def test_the_security_council(data_dir):
    """Shapley and Shubik (1954): 15 players, 32,767 coalitions."""
    game = published(data_dir)["un_security_council"]
    permanent, elected = (float(Fraction(game.facts["expected"][f"shapley_{who}"])) for who in ("permanent", "elected"))
    assert shapley(game.worth) == pytest.approx([permanent] * 5 + [elected] * 10, abs=1e-12)
    assert list(nucleolus(game.worth).shares) == [Fraction(1, 5)] * 5 + [Fraction(0)] * 10
