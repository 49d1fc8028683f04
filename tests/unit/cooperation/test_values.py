"""What is told of the bounds on coalitions: what each rests on."""

from __future__ import annotations

import numpy as np

from landbridge.cooperation.endow import endow
from landbridge.cooperation.made_up import make_case
from landbridge.cooperation.price_bound import PriceBound
from landbridge.cooperation.values import Look, Valuation, Valued, start_valuation
from landbridge.runtime import Cache, Workers


def start() -> Valuation:
    """Four players, of whom all together are bounded by branching."""
    valuation = start_valuation(endow(make_case(4)), "all", Workers(), Cache())
    valuation.low[15], valuation.high[15] = 90.0, 100.0
    valuation.is_high_found[15] = "branching"
    return valuation


def relax(valuation: Valuation, mask: int, *worth: float) -> None:
    prices = PriceBound(mask=mask, by_player=np.array(worth), quotas=(), constant=0.0, bounds_parts=True)
    high = sum(worth[player] for player in range(4) if mask >> player & 1)
    valuation.learn(Valued(mask=mask, low=-np.inf, high=high, prices=prices, seconds=0.0), Look.RELAX)


def test_a_bound_that_is_lowered_to_that_of_all_rests_on_what_that_one_does():
    valuation = start()
    relax(valuation, 15, 80.0, 70.0, 10.0, 5.0)
    assert valuation.is_high_found[3] == "prices"
    assert valuation.game(2).high[3] == 100  # prices say 150
    assert valuation.is_high_found[3] == "branching"
    assert valuation.is_high_found[1] == "prices"


def test_a_bound_that_later_prices_lower_rests_on_them():
    valuation = start()
    relax(valuation, 3, 40.0, 30.0, 0.0, 0.0)
    assert valuation.is_high_found[3] == "relaxation"
    relax(valuation, 7, 30.0, 30.0, 10.0, 0.0)
    assert valuation.high[3] == 60
    assert valuation.is_high_found[3] == "prices"
    assert valuation.is_high_found[7] == "relaxation"


def test_a_coalition_of_which_nothing_is_known_rests_on_the_bound_on_all():
    valuation = start()
    valuation.game(2)
    assert {valuation.is_high_found[mask] for mask in range(1, 15)} == {"branching"}
