"""The bound over departures by first-order steps, on small problems, and what plans and simplex make of it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.test_large import (
    BOUND_SEEDS,
    PLAIN,
    cheapest_in_time,
    optimum_of,
    plain_problem,
    problem_of,
)

from landbridge.engine import DesignProblem, Limits, SolveStatus, large, solve
from landbridge.engine.construct.dive import can_dive, dive
from landbridge.engine.exact import compact
from landbridge.engine.improve.rounding import flows_of_runs
from landbridge.engine.improve.submodel import Frame
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import plan_from_point
from landbridge.engine.relax import crossover
from landbridge.engine.relax.bounds import lagrangian
from landbridge.engine.relax.crossover import cross_over, hints_of, settle
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.relaxation import solve_by_steps, solve_relaxation
from landbridge.engine.relax.split import SplitPrices, suits_split_bound
from landbridge.engine.relax.split_kernels import _to_simplex, inspect_runs
from landbridge.engine.relax.timed_bound import TimedBound
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch
from landbridge.planning import PlanLimits, plan
from landbridge.verify import verify

SEEDS = (0, 2, 3, 4, 5, 6, 8, 9, 10, 11)


def bound_of(problem: DesignProblem) -> TimedBound:
    master = Master(problem)
    return TimedBound(master, flatten(problem, master.net))


def plain_bound(seed: int) -> TimedBound:
    if not suits_split_bound(Master(plain_problem(seed))):
        pytest.skip("not plain enough")
    return bound_of(plain_problem(seed))


@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_it_is_below_the_optimum_whatever_the_prices(seed: int) -> None:
    optimum = optimum_of(seed)
    if optimum.status is not SolveStatus.OPTIMAL:
        pytest.skip("cannot be served")
    bound = bound_of(problem_of(seed))
    limit = optimum.upper + 1e-6 * max(1.0, abs(optimum.upper))
    rng = np.random.default_rng(seed)
    for _ in range(8):
        assert bound.round() <= limit
        room, toll, price = (
            x * rng.uniform(0.0, 3.0, size=x.shape) for x in (bound.room, bound.toll, bound.limit + 1.0)
        )
        price[~np.isfinite(bound.carriers.cap)] = 0.0
        assert bound.bound(SplitPrices(room, toll, price)) <= limit


@pytest.mark.slow
@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_it_comes_near_the_strong_relaxation_or_above(seed: int) -> None:
    """A bound that says nothing would pass the test above; what it leaves out, here too, only lowers it."""
    problem = problem_of(seed)
    bound = bound_of(problem)
    master = bound.master
    if len(problem.fleet_count) or len(problem.share_vehicle) or len(master.net.row_cap_t):
        pytest.skip("leaves out what binds")
    if (problem.block_low > 0).any() or master.low_index.size:
        pytest.skip("what must be is left out")
    for _ in range(150):
        bound.round()
    strong = solve_relaxation(Master(problem), Watch(Limits()))
    spread = float((problem.block_qty * (problem.block_value + problem.block_penalty)).sum())
    assert bound.best >= strong.bound - 5e-3 * spread


@pytest.mark.parametrize("seed", SEEDS)
def test_ways_are_the_cheapest_and_the_paths_are_theirs(seed: int) -> None:
    """Against labels over every arc of the expanded network, first without tolls, then at those of some rounds."""
    bound = plain_bound(seed)
    master, p = bound.master, bound.master.problem
    for turn in range(3):
        bound.round()
        toll = np.zeros_like(bound.toll) if turn == 0 else bound.toll.copy()
        by_slot = bound.room / bound.capacity
        bound.find_ways(bound.room, toll)
        for k in range(len(p.commodity_origin)):
            supply = float(master.supply[p.commodity_supply[k]])
            if supply <= 0:
                continue
            price = by_slot @ p.commodity_load[k] * supply
            known = int(bound.ways.num_entries[k])
            np.add.at(price, bound.ways.leg[k, :known], toll[k, :known])
            least = cheapest_in_time(master, k, price)
            expected = least / supply if least < bound.demands.worth[k] * supply - 1e-6 else np.inf
            assert bound.cost[k] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    bound.round()
    batch = bound.paths(1e-6)
    rides = (bound.part[:, 1:] >= 1e-6).sum()
    assert len(batch.sinks) == rides
    for i, s in enumerate(batch.sinks.tolist()):
        span = slice(int(batch.ptr[i]), int(batch.ptr[i + 1]))
        path = master.path_index(s, batch.arcs[span], batch.cycles[span])
        costs = bound.ways.cost[s, : bound.ways.num_ways[s]] / bound.demands.quantity[s]
        assert np.isclose(master.paths.cost[path], costs, rtol=1e-6, atol=1e-6).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_simplex_goes_on_from_it_to_the_same_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = plain_bound(seed).master.problem
    usual = solve_relaxation(Master(problem), Watch(Limits()))
    monkeypatch.setattr(crossover, "MANY_DEMANDS", -1)
    offered: list[object] = []
    quick = solve_relaxation(Master(problem), Watch(Limits()), offer=offered.append)
    assert quick.converged
    assert len(offered) == 1
    assert quick.bound == pytest.approx(usual.bound, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_cross_over(seed: int) -> None:
    """At them a master proves no more than the optimum, and nearly what the steps proved."""
    bound = plain_bound(seed)
    settle(bound, Watch(Limits()), lambda: False, None)
    master = Master(bound.master.problem)
    dual = cross_over(bound, hints_of(bound), master)
    _, reduced = price_columns(master, read_duals(master, dual))
    found = lagrangian(master, master.extend_dual(dual), reduced)
    optimum = optimum_of(seed, plain=True).upper
    assert found <= optimum + 1e-6 * max(1.0, abs(optimum))


def test_runs_that_must_be_are_counted() -> None:
    """Against every number of runs from the least on."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        bound = bound_of(plain_problem(3))
        bound.round()
        count = len(bound.carriers.run_cost)
        least = np.where(rng.random(count) < 0.3, np.minimum(bound.carriers.most, 2.0), 0.0)
        room, toll = bound.room * rng.uniform(0.0, 2.0), bound.toll * rng.uniform(0.0, 2.0)
        heaviest, none = bound.binds.argmax(axis=1), np.zeros(count)
        args = bound.ways, bound.carriers.leg_ptr, bound.carriers.run_cost
        rest = heaviest, room.sum(axis=1), toll
        free = inspect_runs(*args, none, bound.carriers.most, *rest)
        forced = inspect_runs(*args, least, bound.carriers.most, *rest)
        assert forced >= free - 1e-9
        fixed = inspect_runs(*args, least, np.maximum(least, 0.0), *rest)
        assert forced <= fixed + 1e-9


def test_nearest_shares_sum_to_one() -> None:
    """Against the projection by sorting (Duchi et al. 2008)."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        v = rng.normal(size=int(rng.integers(1, 12))) * 10.0 ** rng.integers(-3, 6)
        if rng.random() < 0.3:
            v[:] = v[0]
        u = np.sort(v)[::-1]
        steps = np.cumsum(u) - 1.0
        rho = np.nonzero(u - steps / np.arange(1, len(u) + 1) > 0)[0][-1] if len(u) else 0
        expected = np.maximum(v - steps[rho] / (rho + 1), 0.0)
        found = v.copy()
        _to_simplex(found, len(found))
        assert found == pytest.approx(expected, abs=1e-9 * max(1.0, float(np.abs(v).max())))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dive_makes_runs_whole_within_limits_and_a_plan_of_them(seed: int) -> None:
    bound = plain_bound(seed)
    if not can_dive(bound.master):
        pytest.skip("not any runs make a plan")
    settle(bound, Watch(Limits()), lambda: False, None)
    before, best = bound.runs.copy(), bound.best
    trial = bound.fork()
    runs = dive(trial, lambda _: 0.3, lambda: trial.round(100, 1.0), lambda: False)
    assert runs is not None
    assert bound.best == best
    assert (bound.runs == before).all()
    assert (runs == np.round(runs)).all()
    master = bound.master
    rows = master.run_rows
    used = np.zeros(len(rows.cap))
    np.add.at(used, rows.row, rows.count * np.repeat(runs, np.diff(rows.ptr)))
    assert (used <= rows.cap + 1e-9).all()
    assert (runs <= master.run_most).all()
    batch = trial.paths(1e-3)
    master.add_paths(batch.sinks, batch.ptr, batch.arcs, batch.cycles)
    setting = master.problem.switch_low.astype(np.float64)
    x, _ = flows_of_runs(master, Frame.of(master), setting, runs, 10.0)
    assert x is not None
    found = plan_from_point(master, x)
    assert found is not None
    optimum = optimum_of(seed, plain=True).upper
    assert found.cost >= optimum - 1e-6 * max(1.0, abs(optimum))
    assert float(master.model.costs() @ x) + master.penalty_constant == pytest.approx(found.cost, abs=1e-6)


def test_a_dive_stops_when_told() -> None:
    bound = bound_of(plain_problem(3))
    bound.round()
    trial = bound.fork()
    assert dive(trial, lambda _: 0.3, lambda: trial.round(100, 1.0), lambda: True) is None


@pytest.fixture(params=["simplex after steps", "steps alone"])
def steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every plain problem for one of so many orders that first-order steps come first, or do all."""
    for seed in SEEDS[:5]:
        optimum_of(seed, plain=True)  # while the optimum can be found
    monkeypatch.setattr(crossover, "MANY_DEMANDS", -1)
    monkeypatch.setattr(compact, "MOST_FLOWS", -1)
    if request.param == "steps alone":
        monkeypatch.setattr(large, "MANY_TERMINALS", -1)
        monkeypatch.setattr(large, "LONG_RIDES", np.inf)


@pytest.mark.slow
@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_plans_are_valid_and_near_the_best(seed: int, threads: int) -> None:
    case = random_case(seed, features=PLAIN)
    found = plan(case, limits=PlanLimits(time_s=3.0, threads=threads))
    assert verify(found, case) == []
    best = optimum_of(seed, plain=True)
    assert found.summary.value is not None
    assert found.summary.bound is not None
    room = 1e-6 * max(1.0, abs(best.upper))
    assert found.summary.bound >= -best.upper - room
    assert found.summary.value <= -best.lower + room


@pytest.mark.slow
@pytest.mark.usefixtures("steps")
def test_counted_work_gives_the_same_plan_again() -> None:
    problem = plain_problem(3)
    first, second = (solve(problem, Limits(work=400.0, threads=1, seed=5)) for _ in range(2))
    assert first.upper == second.upper
    assert first.lower == second.lower
    assert (first.run_count == second.run_count).all()


def test_a_search_for_ways_that_is_stopped_proves_nothing() -> None:
    bound = bound_of(plain_problem(3))
    bound.round()
    before = bound.best
    bound.done = lambda: True
    assert bound.bound(SplitPrices(bound.room, bound.toll, bound.limit)) == -np.inf
    assert bound.round() == -np.inf
    assert bound.best == before


@pytest.mark.parametrize("limits", [Limits(time_s=0.0), Limits(cancelled=lambda: True)])
def test_a_relaxation_that_is_stopped_before_its_first_round_has_nothing(
    limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossover, "MANY_DEMANDS", -1)
    bound = bound_of(plain_problem(3))
    assert len(bound.paths(0.0).sinks) == 0
    built: list[object] = []
    found = solve_by_steps(
        Master(plain_problem(3)), Watch(limits), build=lambda batch, runs: built.append((batch, runs))
    )
    assert found.bound == -np.inf
    assert built == []
    assert not solve_relaxation(Master(plain_problem(3)), Watch(limits)).converged
