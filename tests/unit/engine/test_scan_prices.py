"""The bound over departures by resource: its terms add up to the bound, and bound the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engine.test_large import optimum_of, plain_problem
from tests.unit.engine.test_scan_bound import ROUGH, SEEDS, scan_of

from landbridge.engine import Limits, SolveStatus, prices
from landbridge.engine.relax.scan_prices import price_scans
from landbridge.engine.relax.split import SplitPrices
from landbridge.engine.relax.terms import run_earnings


@pytest.mark.parametrize("seed", SEEDS)
def test_what_runs_earn_is_what_the_bound_counts(seed: int) -> None:
    """At shaken prices, limits of runs priced too; the bound counts runs by a kernel that goes run by run."""
    bound = scan_of(seed)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        bound.advance(40, 1.0, ROUGH)
        room, toll = (x * rng.uniform(0.5, 3.0, size=x.shape) for x in (bound.room, bound.toll))
        limit = np.where(np.isfinite(bound.carriers.cap), rng.uniform(0.0, 30.0, size=bound.limit.shape), 0.0)
        shaken = SplitPrices(room, toll, limit)
        found = bound.bound(shaken)
        total, first = run_earnings(bound, shaken)
        gain = np.minimum(bound.cost[bound.blocks.demand] - bound.blocks.worth, 0.0) * bound.blocks.qty
        paid = limit > 0
        limits = (limit[paid] * bound.carriers.cap[paid]).sum()
        assert gain.sum() + bound.master.penalty_constant - total.sum() - limits == pytest.approx(found)
        assert (total <= np.maximum(first, 0.0) * bound.carriers.most + 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_terms_bound_the_optimum_and_are_as_sharp_as_the_bound(seed: int) -> None:
    optimum = optimum_of(seed, plain=True)
    assert optimum.status is SolveStatus.OPTIMAL
    bound = scan_of(seed)
    for _ in range(30):
        bound.advance(60, 1.0, ROUGH)
    proved = bound.prove()
    found = price_scans(bound)
    assert found is not None
    paid = found.limit > 0
    value = found.block.sum() + found.vehicle.sum() + (found.limit[paid] * bound.carriers.cap[paid]).sum()
    p = bound.master.problem
    spread = float((p.block_qty * (p.block_value + p.block_penalty)).sum())
    assert value >= -optimum.upper - 1e-6 * max(1.0, abs(optimum.upper))
    assert value <= -proved + 0.02 * spread


def test_where_nothing_was_proved_there_is_no_list() -> None:
    bound = scan_of(1)
    bound.done = lambda: True
    bound.advance(10, 1.0, ROUGH)
    assert bound.prove() == -np.inf
    assert price_scans(bound) is None


def test_a_problem_of_many_orders_is_priced_over_departures(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = plain_problem(1)
    assert problem.vehicle_timed.all()
    relaxed = prices.price_resources(problem).value
    monkeypatch.setattr(prices, "is_large", lambda master: True)
    found = prices.price_resources(problem, Limits(work=20.0))
    assert found.point is None
    limits = (found.limit_price * found.limit_cap).sum()
    assert found.value == pytest.approx(float((found.block * problem.block_qty).sum() + found.vehicle.sum() + limits))
    assert found.value == pytest.approx(relaxed, rel=0.2)
