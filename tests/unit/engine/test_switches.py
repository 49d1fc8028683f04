"""Switches against the enumeration of their settings, each written into the problem by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.hand_made import ints, lorry

from landbridge.engine import DesignProblem, Limits, SolveStatus, solve
from landbridge.engine.exact import compact
from landbridge.network import build_network

SEEDS = (0, 2, 3, 5, 8, 9, 12, 15, 17)
NUM_SWITCHES = 3


def with_switches(seed: int) -> DesignProblem:
    """A random case with switches on some blocks and limits, costs near what they may gain, and a budget."""
    p = build_network(random_case(seed), "in_force").problem
    rng = np.random.default_rng(seed)
    stake = float(((p.block_value + p.block_penalty) * p.block_qty).clip(0.0).sum())
    num_runs, num_flows = len(p.limit_cap), len(p.flow_limit_cap_t)
    finite = np.where(np.isfinite(p.limit_cap))[0]
    lowered = p.limit_cap.copy()
    lowered[finite] = np.maximum(np.floor(lowered[finite] / 2), p.limit_low[finite])
    return replace(
        p,
        limit_cap=lowered,
        switch_cost=np.round(rng.uniform(-0.02, 0.06, NUM_SWITCHES) * stake, 2),
        switch_low=np.zeros(NUM_SWITCHES, dtype=np.int64),
        switch_high=np.ones(NUM_SWITCHES, dtype=np.int64),
        budget_cap=np.array([2.0, 0.0]),
        budget_use_budget=ints(0, 0, 0, 1, 1),
        budget_use_switch=ints(0, 1, 2, 0, 1),
        budget_use_amount=np.array([1.0, 1.0, 1.0, 1.0, -1.0]),  # two of three; the first needs the second
        block_switch=rng.integers(-2, NUM_SWITCHES, len(p.block_qty)).clip(-1),
        limit_add_limit=np.arange(num_runs),
        limit_add_switch=rng.integers(0, NUM_SWITCHES, num_runs),
        limit_add_runs=rng.integers(1, 4, num_runs).astype(np.float64),
        flow_add_limit=np.arange(num_flows),
        flow_add_switch=rng.integers(0, NUM_SWITCHES, num_flows),
        flow_add_t=rng.uniform(1.0, 9.0, num_flows),
    )


def written_out(p: DesignProblem, setting: tuple[int, ...]) -> tuple[DesignProblem, float]:
    """The problem at one setting without switches, and what the setting costs."""
    on = np.array(setting, dtype=np.float64)
    there = np.where(p.block_switch >= 0, on[p.block_switch], 1.0)
    caps, tonnes = p.limit_cap.copy(), p.flow_limit_cap_t.copy()
    np.add.at(caps, p.limit_add_limit, p.limit_add_runs * on[p.limit_add_switch])
    np.add.at(tonnes, p.flow_add_limit, p.flow_add_t * on[p.flow_add_switch])
    plain = DesignProblem(
        **{
            name: getattr(p, name)
            for name in DesignProblem.__dataclass_fields__
            if not name.startswith(("switch_", "budget_", "block_switch", "limit_add", "flow_add"))
        }
        | {
            "limit_cap": caps,
            "flow_limit_cap_t": tonnes,
            "block_qty": p.block_qty * there,
            "block_low": p.block_low * there,
        }
    )
    return plain, float((p.switch_cost * on).sum())


def allowed(p: DesignProblem, setting: tuple[int, ...]) -> bool:
    use = np.zeros(len(p.budget_cap))
    np.add.at(use, p.budget_use_budget, p.budget_use_amount * np.array(setting)[p.budget_use_switch])
    return bool((use <= p.budget_cap).all())


@cache
def enumerated(seed: int) -> dict[tuple[int, ...], float]:
    """Optimal cost of each setting within the budgets; called before anything is taken for large."""
    p = with_switches(seed)
    found = {}
    for setting in product((0, 1), repeat=NUM_SWITCHES):
        if allowed(p, setting):
            plain, cost = written_out(p, setting)
            solved = solve(plain, Limits(time_s=60.0))
            assert solved.status in (SolveStatus.OPTIMAL, SolveStatus.INFEASIBLE)
            found[setting] = solved.upper + cost
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_setting_is_found(seed: int) -> None:
    p = with_switches(seed)
    costs = enumerated(seed)
    best = min(costs.values())
    found = solve(p, Limits(time_s=60.0))
    assert found.status is SolveStatus.OPTIMAL
    assert found.upper == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert found.lower == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert costs[tuple(found.switch_on.tolist())] == pytest.approx(best, rel=1e-6, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_a_fixed_setting_is_as_if_written_into_the_problem(seed: int) -> None:
    p = with_switches(seed)
    for setting, cost in enumerated(seed).items():
        at = np.array(setting, dtype=np.int64)
        found = solve(replace(p, switch_low=at, switch_high=at), Limits(time_s=60.0))
        assert found.upper == pytest.approx(cost, rel=1e-6, abs=1e-6)
        assert tuple(found.switch_on.tolist()) == setting


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_at_free_switches_is_valid(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p = with_switches(seed)
    costs = enumerated(seed)
    monkeypatch.setattr(compact, "MOST_FLOWS", -1)
    found = solve(p, Limits(work=500.0, time_s=30.0))
    best = min(costs.values())
    assert found.lower <= best + 1e-6 * max(1.0, abs(best))
    if np.isfinite(found.upper):
        setting = tuple(found.switch_on.tolist())
        assert allowed(p, setting)
        assert found.upper >= costs[setting] - 1e-6 * max(1.0, abs(best))


def test_no_setting_within_the_budgets_is_infeasible() -> None:
    on = ints(1)
    p = lorry(
        switch_cost=np.ones(1),
        switch_low=on,
        switch_high=on,
        budget_cap=np.zeros(1),
        budget_use_budget=ints(0),
        budget_use_switch=ints(0),
        budget_use_amount=np.ones(1),
    )
    assert solve(p).status is SolveStatus.INFEASIBLE


@pytest.mark.parametrize(("cost", "on", "upper"), [(30.0, 1, -10.0), (41.0, 0, 0.0)])
def test_a_project_is_built_when_it_pays(cost: float, on: int, upper: float) -> None:
    """The lorry earns 90 - 50 = 40; without the project it may not run."""
    p = lorry(
        limit_cap=np.zeros(1),
        limit_low=np.zeros(1),
        limit_period_min=ints(0),
        limit_shift_min=ints(0),
        use_limit=ints(0),
        use_vehicle=ints(0),
        use_departure=ints(-1),
        use_offset_min=ints(0),
        switch_cost=np.array([cost]),
        switch_low=ints(0),
        switch_high=ints(1),
        limit_add_limit=ints(0),
        limit_add_switch=ints(0),
        limit_add_runs=np.ones(1),
    )
    found = solve(p)
    assert found.status is SolveStatus.OPTIMAL
    assert found.upper == pytest.approx(upper)
    assert found.switch_on.tolist() == [on]
