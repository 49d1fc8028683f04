"""The relaxation over departures for long windows: ways by scanning rides, its bound, and a dive from it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.test_large import PLAIN, cheapest_in_time, optimum_of, plain_problem

from landbridge.engine import Limits, SolveStatus, large, solve
from landbridge.engine.beside import side_by_side
from landbridge.engine.construct.dive import can_dive, dive
from landbridge.engine.construct.on_runs import put_on_runs
from landbridge.engine.improve.rebuild import Rebuilder, suits_rebuilding
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray
from landbridge.engine.relax import scan_bound
from landbridge.engine.relax.scan_bound import EXACT, ScanBound
from landbridge.engine.relax.scan_kernels import Look
from landbridge.engine.relax.split import SplitPrices, suits_split_bound
from landbridge.engine.relax.timed_bound import TimedBound
from landbridge.engine.space import scan
from landbridge.engine.space.flat import flatten
from landbridge.planning import PlanLimits, plan
from landbridge.verify import verify

SEEDS = tuple(range(8))
ROUGH = Look(0.2, 1.0)


def scan_of(seed: int, threads: int = 1) -> ScanBound:
    problem = plain_problem(seed)
    master = Master(problem)
    if not (suits_split_bound(master) and suits_rebuilding(master)):
        pytest.skip("not plain enough")
    return ScanBound(master, flatten(problem, master.net), threads)


@pytest.fixture
def all_is_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every problem that suits for one of many orders, with time enough for steps over departures."""
    monkeypatch.setattr(large, "MANY_TERMINALS", -1)
    monkeypatch.setattr(large, "LONG_RIDES", -1.0)
    monkeypatch.setattr(large, "SCAN_S_PER_RIDE", 0.0)
    monkeypatch.setattr(large, "SCAN_WORK_PER_RIDE", 0.0)


def least_costs(bound: ScanBound, room: FloatArray, toll: FloatArray) -> FloatArray:
    """Least cost of a unit of each demand, by labels over every arc; inf where it is not worth it."""
    master, p = bound.master, bound.master.problem
    may_run = (master.run_is_free | (master.run_most > 0))[master.net.slot_run]
    least = np.full(len(p.commodity_origin), np.inf)
    for k in range(len(least)):
        supply = float(master.supply[p.commodity_supply[k]])
        if supply <= 0:
            continue
        price = np.where(may_run, (room / bound.capacity) @ p.commodity_load[k] * supply, np.inf)
        known = int(bound.ways.num_entries[k])
        np.add.at(price, bound.ways.leg[k, :known], toll[k, :known])
        cost = cheapest_in_time(master, k, price)
        if cost < bound.demands.worth[k] * supply - 1e-6:
            least[k] = cost / supply
    return least


@pytest.mark.parametrize("seed", SEEDS)
def test_ways_are_the_cheapest_whatever_the_prices(seed: int) -> None:
    """Against labels over every arc of the expanded network; what may not run is not ridden."""
    bound = scan_of(seed)
    rng = np.random.default_rng(seed)
    for turn in range(4):
        bound.advance(40, 1.0, ROUGH if turn < 2 else EXACT)
        room = bound.room * rng.uniform(0.0, 3.0, size=bound.room.shape)
        toll = bound.toll * rng.uniform(0.0, 3.0, size=bound.toll.shape) * (turn > 0)
        assert bound.find_ways(room, toll)
        least = least_costs(bound, room, toll)
        assert np.allclose(bound.cost, least, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_are_those_of_the_ways(seed: int) -> None:
    bound = scan_of(seed)
    for _ in range(4):
        bound.advance(40, 1.0, EXACT)
    batch = bound.paths(1e-6)
    assert len(batch.sinks) == (bound.part[:, 1:] >= 1e-6).sum()
    for i, s in enumerate(batch.sinks.tolist()):
        span = slice(int(batch.ptr[i]), int(batch.ptr[i + 1]))
        path = bound.master.path_index(s, batch.arcs[span], batch.cycles[span])
        costs = bound.ways.cost[s, : bound.ways.num_ways[s]] / bound.demands.quantity[s]
        assert np.isclose(bound.master.paths.cost[path], costs, rtol=1e-6, atol=1e-6).any()


@pytest.mark.parametrize("room_for", ["MOST_LABELS", "MOST_ARCS"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_that_runs_out_of_room_promises_no_more(
    seed: int, room_for: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A way that is not found must not make what is proved dearer than it is."""
    monkeypatch.setattr(scan, room_for, 3)
    bound = scan_of(seed)
    for _ in range(3):
        bound.advance(40, 1.0, EXACT)
        assert bound.find_ways(bound.room, bound.toll)
        assert (bound.cost <= least_costs(bound, bound.room, bound.toll) + 1e-6).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proved_is_below_the_optimum_whatever_the_prices(seed: int) -> None:
    bound = scan_of(seed)
    optimum = optimum_of(seed, plain=True)
    assert optimum.status is SolveStatus.OPTIMAL
    limit = optimum.upper + 1e-6 * max(1.0, abs(optimum.upper))
    rng = np.random.default_rng(seed)
    for _ in range(6):
        bound.advance(40, 1.0, ROUGH)
        assert bound.prove() <= limit
        room, toll = (x * rng.uniform(0.0, 3.0, size=x.shape) for x in (bound.room, bound.toll))
        assert bound.bound(SplitPrices(room, toll, bound.limit)) <= limit
    assert bound.best <= limit


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_it_comes_near_the_optimum_or_the_relaxation(seed: int) -> None:
    """A bound that says nothing would pass the test above: rounds of the bound by A* are a second way to it."""
    bound = scan_of(seed)
    for _ in range(80):
        bound.advance(60, 1.0, EXACT)
    bound.prove()
    by_star = TimedBound(bound.master, bound.flat)
    for _ in range(80):
        by_star.round()
    p = bound.master.problem
    spread = float((p.block_qty * (p.block_value + p.block_penalty)).sum())
    assert bound.best >= by_star.best - 1e-2 * spread


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_two_threads_go_where_one_does(seed: int) -> None:
    one, two = scan_of(seed), scan_of(seed, threads=2)
    for _ in range(3):
        one.advance(40, 1.0, ROUGH)
        two.advance(40, 1.0, ROUGH)
    assert np.allclose(one.runs, two.runs, atol=1e-6)
    assert np.allclose(one.room, two.room, rtol=1e-6, atol=1e-6)
    assert one.prove() == pytest.approx(two.prove(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_of_a_dive_costs_what_was_counted_and_no_less_than_the_optimum(seed: int) -> None:
    bound = scan_of(seed)
    if not can_dive(bound.master):
        pytest.skip("more limits than runs may have here")
    for _ in range(15):
        bound.advance(60, 1.0, EXACT)
    trial = bound.fork()
    runs = dive(trial, lambda _: 0.3, lambda: trial.advance(60, 1.0, EXACT), lambda: False)
    assert runs is not None
    assert (runs == np.round(runs)).all()
    assert (runs <= bound.master.run_most + 1e-9).all()
    rebuilder = Rebuilder(bound.master, bound.flat, 0)
    put_on_runs(rebuilder, trial, runs, lambda: False)
    made = rebuilder.plan()
    assert made.cost == pytest.approx(rebuilder.best_total, rel=1e-7, abs=1e-5)
    optimum = optimum_of(seed, plain=True)
    assert made.cost >= optimum.upper - 1e-6 * max(1.0, abs(optimum.upper))


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_scanned")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_plans_by_a_dive_are_valid(seed: int, threads: int) -> None:
    optimum = optimum_of(seed, plain=True)
    found = solve(plain_problem(seed), Limits(time_s=1.0, threads=threads))
    margin = 1e-6 * max(1.0, abs(optimum.upper))
    assert found.lower <= optimum.upper + margin
    assert found.upper >= optimum.upper - margin
    assert np.isfinite(found.upper)


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_scanned")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_verify_accepts_plans_by_a_dive(seed: int, threads: int) -> None:
    case = random_case(seed, features=PLAIN)
    found = plan(case, limits=PlanLimits(time_s=1.0, threads=threads))
    assert verify(found, case) == []


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_scanned")
def test_the_same_seed_and_work_give_the_same_plan_by_a_dive() -> None:
    first, second = (solve(plain_problem(3), Limits(work=60.0, threads=1, seed=7)) for _ in range(2))
    assert (first.upper, first.lower) == (second.upper, second.lower)


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_scanned")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_dive_that_is_cancelled_returns_at_once(threads: int) -> None:
    begun = time.monotonic()
    found = solve(
        plain_problem(3), Limits(time_s=60.0, threads=threads, cancelled=lambda: time.monotonic() > begun + 1)
    )
    assert time.monotonic() - begun < 4.0
    assert np.isfinite(found.upper)


def test_demands_that_wait_count_in_what_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the worth is enough for rounds; what is proved counts all."""
    monkeypatch.setattr(scan_bound, "NEARLY_ALL", 0.5)
    bound = scan_of(3)
    assert len(bound.dear) < len(bound.demands.order)
    for _ in range(5):
        bound.advance(40, 1.0, ROUGH)
    optimum = optimum_of(3, plain=True)
    assert bound.prove() <= optimum.upper + 1e-6 * max(1.0, abs(optimum.upper))


def test_what_one_thread_raises_ends_the_others() -> None:
    def work(thread: int) -> None:
        if thread == 1:
            raise ValueError("the second")

    with pytest.raises(ValueError, match="the second"):
        side_by_side(work, 3)
