"""Static problems through the door of the engine, against a MIP and a checker that know nothing of it."""

from __future__ import annotations

import threading
import time
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, Net, Vehicle, optimum, random_net
from tests.unit.engine.static.made import arc, check_solution, to_problem

from landbridge.engine import DesignProblem, DesignSolution, Limits, Progress, SolveStatus, solve
from landbridge.engine.static.network import static_network

SEEDS = range(7)
INF = np.inf
WORK = 2400.0
"""Annealing to its end and some neighbourhoods."""


@cache
def optimum_of(net: Net) -> float | None:
    return optimum(net)


def assert_holds(net: Net, problem: DesignProblem, found: DesignSolution) -> None:
    """Bound <= optimum <= cost of the plan, which is one; a status that is a proof is one."""
    best = optimum_of(net)
    if best is None:
        assert np.isinf(found.upper)
        assert len(found.run_vehicle) == len(found.path_qty) == 0
        return
    tolerance = 1e-6 * max(1.0, abs(best))
    assert found.status is not SolveStatus.INFEASIBLE
    assert found.lower <= best + tolerance
    assert np.isfinite(found.upper), "a plan is found"
    assert found.upper >= best - tolerance
    assert check_solution(net, problem, found) == pytest.approx(found.upper, rel=1e-6, abs=1e-6)
    if found.status is SolveStatus.OPTIMAL:
        assert found.upper == pytest.approx(best, rel=1e-6, abs=1e-6)


def bounded(**changes: float) -> Limits:
    """Counted work, and seconds in case it does not run out."""
    return Limits(**({"work": WORK, "time_s": 10.0} | changes))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_bound_and_plan_stand_on_both_sides_of_the_optimum(seed: int, kind: str) -> None:
    net = random_net(seed, kind)
    problem = to_problem(net)
    assert static_network(problem) is not None
    found = solve(problem, bounded())
    assert_holds(net, problem, found)
    if optimum_of(net) is None:
        assert found.status is SolveStatus.INFEASIBLE


@pytest.mark.parametrize("kind", KINDS)
def test_two_threads_hold_too(kind: str) -> None:
    net = random_net(3, kind)
    problem = to_problem(net)
    assert_holds(net, problem, solve(problem, Limits(time_s=1.0, threads=2)))


def split(ways: int) -> Net:
    """A demand that needs all of some ways from 0 to 1, of one unit each."""
    vehicles = [arc(0, 2 + n, float(n), capacity=1.0) for n in range(ways)]
    vehicles += [arc(2 + n, 1, capacity=1.0) for n in range(ways)]
    return Net(num_nodes=2 + ways, vehicles=tuple(vehicles), demands=((0, 1, float(ways), INF),))


ONE_LINK = Net(num_nodes=2, vehicles=(arc(0, 1, most=3.0, run_cost=10.0),), demands=((0, 1, 15.0, INF),))
HAND_MADE: dict[str, Net] = {
    "one link, of which nothing can be left out": ONE_LINK,
    "flow must split over two ways": split(2),
    "flow must split over more ways than the search keeps": split(8),
    "parallel arcs, the cheap one too small": Net(
        num_nodes=2, vehicles=(arc(0, 1, capacity=4.0), arc(0, 1, 3.0)), demands=((0, 1, 9.0, INF),)
    ),
    "no demand": Net(num_nodes=2, vehicles=(arc(0, 1),), demands=()),
    "no arc, what may stay": Net(num_nodes=2, vehicles=(), demands=((0, 1, 2.0, 3.0),)),
    "no arc, what must go": Net(num_nodes=2, vehicles=(), demands=((0, 1, 2.0, INF),)),
    "nothing to carry": Net(num_nodes=2, vehicles=(arc(0, 1),), demands=((0, 1, 0.0, INF), (0, 1, 0.0, 5.0))),
    "all at home": Net(num_nodes=2, vehicles=(arc(0, 1),), demands=((1, 1, 4.0, INF), (0, 1, 2.0, INF))),
    "nodes apart, what must go": Net(num_nodes=4, vehicles=(arc(0, 1), arc(2, 3)), demands=((0, 3, 1.0, INF),)),
    "nodes apart, what may stay": Net(
        num_nodes=4, vehicles=(arc(0, 1), arc(2, 3)), demands=((0, 3, 1.0, 2.0), (0, 1, 3.0, INF))
    ),
    "the wrong way": Net(num_nodes=2, vehicles=(arc(1, 0),), demands=((0, 1, 1.0, INF),)),
    "too little room": Net(num_nodes=2, vehicles=(arc(0, 1),), demands=((0, 1, 10.5, INF),)),
    "just enough room": Net(
        num_nodes=3, vehicles=(arc(0, 1), arc(1, 2)), demands=((0, 2, 4.0, INF), (0, 1, 6.0, INF), (1, 2, 6.0, INF))
    ),
    "all is free": Net(
        num_nodes=3, vehicles=(arc(0, 1, 0.0, run_cost=0.0), arc(1, 2, 0.0, run_cost=0.0)), demands=((0, 2, 3.0, INF),)
    ),
    "not worth a run": Net(num_nodes=2, vehicles=(arc(0, 1, run_cost=50.0),), demands=((0, 1, 4.0, 2.0),)),
    "worth it only with others": Net(
        num_nodes=2, vehicles=(arc(0, 1, run_cost=8.0),), demands=((0, 1, 4.0, 2.5), (0, 1, 4.0, 2.6))
    ),
    "a part of it is worth a run": Net(
        num_nodes=2, vehicles=(arc(0, 1, run_cost=9.0, most=3.0),), demands=((0, 1, 13.0, 2.5),)
    ),
    "a sliver on a dear arc": Net(
        num_nodes=2,
        vehicles=(arc(0, 1, 0.0, capacity=9.999, run_cost=1.0), arc(0, 1, capacity=10.0, run_cost=1000.0)),
        demands=((0, 1, 10.0, INF),),
    ),
    "loads that cost more than all else": Net(
        num_nodes=2,
        vehicles=(Vehicle(legs=((0, 1, 0.0), (1, 0, 0.0)), capacity=9.0, run_cost=0.0, most=1.0, load_cost=100.0),),
        demands=((0, 1, 5.0, INF),),
    ),
    "very little of it": Net(
        num_nodes=2, vehicles=(arc(0, 1, capacity=0.002), arc(0, 1, 2.0)), demands=((0, 1, 0.003, INF),)
    ),
    "very much of it": Net(
        num_nodes=3,
        vehicles=(arc(0, 1, capacity=3e6), arc(0, 2, capacity=4e6), arc(2, 1, capacity=2e6)),
        demands=((0, 1, 4.5e6, INF), (0, 2, 2e6, INF)),
    ),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_a_network_made_by_hand_is_solved_at_once(name: str) -> None:
    """So small that a plan is found, and a bound, whatever else is tried."""
    net = HAND_MADE[name]
    problem = to_problem(net)
    found = solve(problem, bounded(work=6000.0))
    assert_holds(net, problem, found)
    assert (found.status is SolveStatus.INFEASIBLE) == (optimum_of(net) is None)
    assert found.status is not SolveStatus.TIME_LIMIT
    if optimum_of(net) is not None:
        assert found.upper == pytest.approx(optimum_of(net), rel=1e-6)


@pytest.mark.parametrize("name", ["all is free", "no demand", "nothing to carry", "nodes apart, what must go"])
def test_two_threads_stop_where_nothing_is_to_be_done(name: str) -> None:
    net = HAND_MADE[name]
    found = solve(to_problem(net), Limits(time_s=10.0, threads=2))
    assert found.status is (SolveStatus.INFEASIBLE if optimum_of(net) is None else SolveStatus.OPTIMAL)


def test_what_is_at_home_is_served_in_full() -> None:
    found = solve(to_problem(HAND_MADE["all at home"]), bounded())
    assert found.block_served.tolist() == [4.0, 2.0]


def test_units_and_values_of_the_problem_are_those_of_the_solution() -> None:
    """Units of 4 t of load and 2 t of weight: of the six that are wanted, all ride; serving is worth 9 each."""
    problem = DesignProblem.from_arrays([0], [1], 1.0, 10.0, 5.0, [0, 0], [1, 1], [3, 3], max_runs=4, penalty=1.0)
    problem = replace(
        problem,
        commodity_load=np.full((2, 1), 4.0),
        commodity_weight_t=np.full(2, 2.0),
        block_value=np.full(2, 9.0),
    )
    assert static_network(problem) is not None
    found = solve(problem, bounded())
    assert found.upper == pytest.approx(3 * 5.0 + 6 * 2.0 - 6 * 9.0)
    assert found.block_served.tolist() == [3.0, 3.0]
    assert np.bincount(found.path_commodity, weights=found.path_qty).tolist() == [3.0, 3.0]


def assert_same(a: DesignSolution, b: DesignSolution) -> None:
    """All but seconds and what hangs on them."""
    for item in fields(DesignSolution):
        first, second = getattr(a, item.name), getattr(b, item.name)
        if isinstance(first, np.ndarray):
            assert first.tobytes() == second.tobytes(), item.name
        elif item.name in ("status", "upper", "lower", "work", "num_candidates"):
            assert first == second, item.name


@pytest.mark.parametrize("kind", ["plain", "modules", "undirected", "bidirected elastic"])
def test_the_same_seed_and_work_give_the_same_plan(kind: str) -> None:
    problem = to_problem(random_net(1, kind))
    limits = Limits(work=2200.0, seed=7)
    assert_same(solve(problem, limits), solve(problem, limits))


def middling(num_nodes: int, num_demands: int) -> DesignProblem:
    """Three arcs out of each node, whole vehicles."""
    rng = np.random.default_rng(0)
    tails = np.repeat(np.arange(num_nodes), 3)
    heads = (tails + np.tile([1, 2, 7], num_nodes)) % num_nodes
    origins = rng.integers(num_nodes, size=num_demands)
    return DesignProblem.from_arrays(
        tails=tails,
        heads=heads,
        unit_cost=rng.integers(1, 20, len(tails)),
        capacity=30,
        fixed_cost=rng.integers(20, 200, len(tails)),
        origins=origins,
        destinations=(origins + rng.integers(1, num_nodes, size=num_demands)) % num_nodes,
        quantity=rng.integers(1, 12, num_demands),
        max_runs=INF,
    )


@pytest.mark.slow
def test_counted_work_runs_out_and_the_same_again() -> None:
    problem = middling(20, 30)
    limits = Limits(work=2300.0, seed=3)
    first = solve(problem, limits)
    assert first.status is SolveStatus.WORK_LIMIT
    assert_same(first, solve(problem, limits))


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("num_nodes", "num_demands"), [(20, 30), (40, 100)])
def test_a_time_limit_is_kept_and_a_plan_found(num_nodes: int, num_demands: int, threads: int) -> None:
    problem = middling(num_nodes, num_demands)
    begun = time.monotonic()
    found = solve(problem, Limits(time_s=1.5, threads=threads))
    assert time.monotonic() - begun <= 1.5 + 2.5
    assert found.status in (SolveStatus.TIME_LIMIT, SolveStatus.OPTIMAL)
    assert 0.0 < found.lower <= found.upper < INF


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancelled_solve_returns_its_plan_within_two_seconds(threads: int) -> None:
    """Cancelled once there are a plan and a bound."""
    problem = middling(30, 60)
    known: list[Progress] = []
    at: list[float] = []

    def cancelled() -> bool:
        if not at and known and known[-1].upper < INF and known[-1].lower > 0.0:
            at.append(time.monotonic())
        return bool(at)

    found = solve(problem, Limits(time_s=60.0, threads=threads, cancelled=cancelled, report=known.append))
    assert time.monotonic() - at[0] <= 2.0
    assert found.status is SolveStatus.CANCELLED
    assert found.upper < INF
    assert len(found.path_qty)


def test_cancelled_before_it_began_is_a_result() -> None:
    found = solve(middling(20, 30), Limits(cancelled=lambda: True))
    assert found.status is SolveStatus.CANCELLED


def test_a_gap_that_is_asked_for_is_enough() -> None:
    found = solve(middling(20, 30), Limits(gap=0.5, time_s=20.0))
    assert found.status is SolveStatus.GAP_REACHED
    assert found.upper - found.lower <= 0.5 * found.upper


@pytest.mark.slow
def test_the_trace_only_gets_better() -> None:
    found = solve(middling(20, 30), bounded())
    uppers, lowers = [p.upper for p in found.trace], [p.lower for p in found.trace]
    assert uppers == sorted(uppers, reverse=True)
    assert lowers == sorted(lowers)
    assert uppers[-1] == found.upper


@pytest.mark.parametrize("kind", ["plain", "modules", "undirected", "bidirected", "elastic"])
def test_a_start_gives_a_plan_no_worse(kind: str) -> None:
    net = random_net(5, kind)
    problem = to_problem(net)
    first = solve(problem, bounded())
    again = solve(problem, bounded(work=1.0), start=first.pool)
    assert again.upper <= first.upper + 1e-6 * max(1.0, first.upper)
    assert_holds(net, problem, again)


TWO_ARCS = Net(num_nodes=2, vehicles=(arc(0, 1), arc(0, 1, 5.0)), demands=((0, 1, 5.0, INF),))


@pytest.mark.parametrize("quantity", [2.0, 8.0, 15.0, 21.0])
def test_a_start_with_other_quantities_is_no_more_than_a_hint(quantity: float) -> None:
    """What was on one arc may not fit there any more, or on no arc."""
    start = solve(to_problem(TWO_ARCS), bounded()).pool
    other = replace(TWO_ARCS, demands=((0, 1, quantity, INF),))
    assert_holds(other, to_problem(other), solve(to_problem(other), bounded(), start=start))


def test_a_start_in_which_other_demands_are_nothing_is_no_more_than_a_hint() -> None:
    """Both have one commodity, but not the same."""
    vehicles = (arc(0, 1), arc(1, 2), arc(0, 2, 3.0))
    first = Net(num_nodes=3, vehicles=vehicles, demands=((0, 1, 5.0, INF), (1, 2, 0.0, INF)))
    other = replace(first, demands=((0, 1, 0.0, INF), (1, 2, 5.0, INF)))
    start = solve(to_problem(first), bounded()).pool
    assert_holds(other, to_problem(other), solve(to_problem(other), bounded(), start=start))


def test_a_start_of_another_network_or_none_at_all_is_ignored() -> None:
    for start in (solve(to_problem(random_net(0, "plain")), bounded(work=1.0)).pool, "no pool"):
        assert_holds(TWO_ARCS, to_problem(TWO_ARCS), solve(to_problem(TWO_ARCS), bounded(), start=start))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 4])
def test_huge_quantities_are_as_good_as_small_ones(kind: str, seed: int) -> None:
    """Sums of large floats exceed a capacity by more than any fixed tolerance."""
    unit = 1e12 / 3.0
    net = random_net(seed, kind)
    vehicles = tuple(
        replace(
            v,
            legs=tuple((i, j, cost / unit) for i, j, cost in v.legs),
            capacity=v.capacity * unit,
            load_cost=v.load_cost / unit,
        )
        for v in net.vehicles
    )
    demands = tuple((i, j, qty * unit, worth / unit) for i, j, qty, worth in net.demands)
    large = Net(num_nodes=net.num_nodes, vehicles=vehicles, demands=demands)
    found = solve(to_problem(large), bounded())
    best = optimum_of(net)
    if best is None:
        assert np.isinf(found.upper)
        return
    assert found.lower <= best + 1e-6 * max(1.0, abs(best))
    assert check_solution(large, to_problem(large), found) == pytest.approx(found.upper, rel=1e-6, abs=1e-6)
    assert found.upper >= best - 1e-6 * max(1.0, abs(best))


def test_many_copies_of_several_sizes_are_no_table_of_steps() -> None:
    """Of 7s and 1s for 20,000 units there are 28 million combinations: the limit is kept, and there is a plan."""
    vehicles = (arc(0, 1, capacity=7.0, run_cost=6.0, most=INF), arc(0, 1, capacity=1.0, run_cost=1.0, most=INF))
    net = Net(num_nodes=2, vehicles=vehicles, demands=((0, 1, 20_000.0, INF),))
    begun = time.monotonic()
    found = solve(to_problem(net), Limits(time_s=10.0))
    assert time.monotonic() - begun <= 13.0
    assert found.upper == pytest.approx(20_000.0 + 2857 * 6.0 + 1.0, rel=1e-3)
    assert check_solution(net, to_problem(net), found) == pytest.approx(found.upper, rel=1e-6)


def test_an_interrupt_leaves_no_thread_behind() -> None:
    """Ctrl-C where nobody turns it into a cancelled solve: in a notebook."""
    reports: list[Progress] = []

    def report(progress: Progress) -> None:
        reports.append(progress)
        if len(reports) > 3 and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(middling(30, 60), Limits(time_s=60.0, threads=2, report=report))
    until = time.monotonic() + 5.0
    while any(t.name == "landbridge-bound" for t in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.05)
    assert all(t.name != "landbridge-bound" for t in threading.enumerate())
