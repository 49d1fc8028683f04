"""The flat bound by resource: its terms add up to the bound, at whatever prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.engine.test_large import BOUND_SEEDS, optimum_of, problem_of

from landbridge.engine import Limits, SolveStatus, prices
from landbridge.engine.master.master import Master
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.flat_prices import price_flat
from landbridge.engine.relax.split import SplitPrices
from landbridge.engine.relax.terms import run_earnings
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch


@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_what_orders_and_runs_are_worth_adds_up_to_the_bound(seed: int) -> None:
    """At shaken prices, runs counted here by interpolation and there by a kernel that goes run by run."""
    master = Master(problem_of(seed))
    bound = FlatBound(master, flatten(master.problem, master.net))
    rng = np.random.default_rng(seed)
    for _ in range(4):
        bound.round()
        room = bound.room * rng.uniform(0.5, 3.0, size=bound.room.shape)
        toll = bound.toll * rng.uniform(0.5, 3.0, size=bound.toll.shape)
        found = bound.bound(SplitPrices(room, toll, bound.limit))
        total, first = run_earnings(bound, SplitPrices(room, toll, bound.limit))
        gain = np.minimum(bound.cost[bound.blocks.demand] - bound.blocks.worth, 0.0) * bound.blocks.qty
        assert gain.sum() + master.penalty_constant - total.sum() == pytest.approx(found)
        assert (total <= np.maximum(first, 0.0) * bound.carriers.most + 1e-9).all()


@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_the_terms_bound_the_optimum(seed: int) -> None:
    optimum = optimum_of(seed)
    if optimum.status is not SolveStatus.OPTIMAL:
        pytest.skip("cannot be served")
    found = price_flat(Master(problem_of(seed)), Watch(Limits(work=2.0)))
    assert found.block.sum() + found.vehicle.sum() >= -optimum.upper - 1e-6 * max(1.0, abs(optimum.upper))


def test_a_problem_of_many_orders_is_priced_by_the_flat_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(3)
    assert prices.price_resources(problem).run.size == 0
    monkeypatch.setattr(prices, "is_large", lambda master: True)
    monkeypatch.setattr(prices, "has_time_for_scans", lambda master, watch, share: False)
    found = prices.price_resources(problem, Limits(work=2.0))
    assert found.run.shape == problem.limit_cap.shape
    assert found.value == pytest.approx(float((found.block * problem.block_qty).sum() + found.vehicle.sum()))
    assert found.value == pytest.approx(prices.price_resources(problem).value, rel=0.2)


@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_where_nothing_pays_that_is_proved_without_column_generation(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took 677 rounds and 70 s to prove that 76 orders are not worth a run."""
    problem = problem_of(seed)
    problem = replace(
        problem, block_value=np.zeros_like(problem.block_value), block_low=np.zeros_like(problem.block_low)
    )
    problem = replace(problem, block_penalty=np.zeros_like(problem.block_penalty))
    monkeypatch.setattr(prices.PriceFrame, "price", None)  # not called
    found = prices.price_resources(problem)
    assert found.value == pytest.approx(0.0, abs=1e-6)
    assert found.converged
