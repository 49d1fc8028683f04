"""The fairest of the Owen prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from landbridge.cooperation import Effort, ShareWishes, share
from landbridge.cooperation.fair import fairest
from landbridge.cooperation.made_up import make_case
from landbridge.errors import NoShare
from landbridge.planning import PlanLimits
from landbridge.verify import check_division

WISHES = ShareWishes(method="fair_owen", plan_limits=PlanLimits(time_s=10), effort=Effort(time_s=5))


def test_two_that_trade_at_any_price_get_the_price_between():
    """One owns all trucks, one all goods; prices may give all to either. Of sizes 1 and 3 one gets a quarter."""
    worths = np.array([[12.0, 0.0], [0.0, 12.0]])
    assert fairest(worths, np.array([1.0, 1.0])) @ worths == pytest.approx([6.0, 6.0])
    assert fairest(worths, np.array([1.0, 3.0])) @ worths == pytest.approx([3.0, 9.0])


def test_lists_that_are_worse_are_not_mixed_in_and_players_without_size_are_not_compared():
    worths = np.array([[10.0, 2.0, 0.0], [6.0, 6.0, 1.0], [2.0, 10.0, 0.0]])
    weights = fairest(worths, np.array([1.0, 1.0, 0.0]))
    assert weights[1] == 0
    assert weights @ worths == pytest.approx([6.0, 6.0, 0.0])
    with pytest.raises(NoShare, match="size"):
        fairest(worths, np.zeros(3))


def test_no_mixture_tried_is_fairer():
    rng = np.random.default_rng(0)
    for _ in range(20):
        worths = rng.dirichlet(np.ones(4), size=5) * 100.0
        base = rng.uniform(1.0, 5.0, 4)

        def spread(weights, worths=worths, base=base):
            relative = weights @ worths / base
            return relative.max() - relative.min()

        found = spread(fairest(worths, base))
        assert all(found <= spread(weights) + 1e-6 for weights in rng.dirichlet(np.ones(5), size=200))


@pytest.mark.slow
def test_fair_owen_shares_spread_less_than_owen_shares_and_are_certified():
    plain = share(make_case(6), replace(WISHES, method="owen"))
    fair = share(make_case(6), WISHES)
    base = {row.player: 0.0 for row in fair.tables.shares}
    home = {party.party: party.region for party in make_case(6).parties}
    for order in make_case(6).orders:
        base[home[order.party]] += order.qty * order.price_per_unit

    def spread(found):
        relative = [row.share / base[row.player] for row in found.tables.shares]
        return max(relative) - min(relative)

    assert spread(fair) <= spread(plain) + 1e-9
    assert check_division(fair.tables) == ()
    assert float(fair.tables.summary.notes["rho"]) > 0.9
