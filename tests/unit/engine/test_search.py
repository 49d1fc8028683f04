"""The search for plans, on small problems taken for large ones, against the optimum the exact close proves."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from functools import cache
from itertools import count
from pathlib import Path

import highspy
import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.hand_made import lorry

import landbridge
from landbridge.engine import DesignProblem, DesignSolution, Limits, SolveStatus, solve
from landbridge.engine.construct.insertion import construct
from landbridge.engine.exact import compact
from landbridge.engine.lp import LinearModel, LpResult, MipLimits
from landbridge.engine.master.master import Master, _values
from landbridge.engine.master.plan import plan_from_point
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.tables import read_case
from landbridge.verify import verify

SEEDS = (0, 1, 2, 3, 5, 7, 8, 9, 10, 12, 14, 15, 17, 22, 35)
"""Random cases that can be served; 14, 17 and 35 gave the construction nothing to insert."""

WORK = 500.0


@pytest.fixture
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search for plans as in a large problem, whatever its size."""
    monkeypatch.setattr(compact, "MOST_FLOWS", -1)


@cache
def problem_of(seed: int) -> DesignProblem:
    return build_network(random_case(seed), "in_force").problem


@cache
def optimum_of(seed: int) -> float:
    """The optimal cost; called before anything is taken for large."""
    found = solve(problem_of(seed), Limits(time_s=60.0))
    assert found.status is SolveStatus.OPTIMAL
    return found.upper


@pytest.fixture(scope="module", autouse=True)
def optima() -> None:
    for seed in SEEDS:
        optimum_of(seed)


def assert_same(a: DesignSolution, b: DesignSolution) -> None:
    """All but seconds and what hangs on them."""
    for item in fields(DesignSolution):
        first, second = getattr(a, item.name), getattr(b, item.name)
        if isinstance(first, np.ndarray):
            assert first.tobytes() == second.tobytes(), item.name
        elif item.name in ("status", "upper", "lower", "work", "num_candidates"):
            assert first == second, item.name


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_searched_plan_is_valid_and_never_better_than_the_optimum(seed: int) -> None:
    case = random_case(seed)
    found = plan(case, limits=PlanLimits(work=WORK, time_s=60.0))
    best = -optimum_of(seed)
    tol = 1e-6 * max(1.0, abs(best))
    assert found.summary.bound is not None
    assert found.summary.bound >= best - tol
    if found.summary.value is not None:
        assert found.summary.value <= best + tol
        assert verify(found, case) == []


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("seed", [1, 10])
def test_what_must_run_runs_in_a_searched_plan(seed: int) -> None:
    """Its runs may carry nothing, so that no neighbourhood of freight has them."""
    assert problem_of(seed).limit_low.any()
    assert np.isfinite(solve(problem_of(seed), Limits(work=WORK)).upper)


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
def test_the_search_finds_most_optima() -> None:
    hits = 0
    for seed in SEEDS:
        upper = solve(problem_of(seed), Limits(work=WORK, time_s=60.0)).upper
        hits += upper <= optimum_of(seed) + 1e-4 * max(1.0, abs(optimum_of(seed)))
    assert hits >= 0.7 * len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_constructed_plan_is_never_better_than_the_optimum(seed: int) -> None:
    master = Master(problem_of(seed))
    x = construct(master, np.zeros(0), lambda: False)
    if x is None:
        assert (master.problem.block_low > 0).any() or master.low_index.size or len(master.problem.fleet_count)
        return
    built = plan_from_point(master, x)
    assert built is not None
    assert built.cost >= optimum_of(seed) - 1e-6 * max(1.0, abs(optimum_of(seed)))


@pytest.mark.parametrize("seed", [0, 3, 9, 15])
def test_the_same_seed_and_work_give_the_same_small_plan(seed: int) -> None:
    limits = Limits(work=WORK, seed=7)
    assert_same(solve(problem_of(seed), limits), solve(problem_of(seed), limits))


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("seed", [0, 3, 9, 15])
def test_the_same_seed_and_work_give_the_same_searched_plan(seed: int) -> None:
    limits = Limits(work=WORK, seed=7)
    assert_same(solve(problem_of(seed), limits), solve(problem_of(seed), limits))


@pytest.mark.usefixtures("all_is_large")
def test_counted_work_runs_out_even_where_nothing_is_left_to_try() -> None:
    """Case 2: its neighbourhoods close without a simplex iteration, each step counts all the same."""
    found = solve(problem_of(2), Limits(work=100.0, time_s=30.0))
    assert found.status in (SolveStatus.WORK_LIMIT, SolveStatus.OPTIMAL)


@pytest.mark.usefixtures("all_is_large")
def test_a_start_gives_a_plan_no_worse() -> None:
    """The paths of the first plan are there from the first round of the second."""
    for seed in (0, 8, 15):
        first = solve(problem_of(seed), Limits(work=WORK))
        again = solve(problem_of(seed), Limits(work=2 * WORK), start=first.pool)
        assert again.upper <= first.upper + 1e-6 * abs(first.upper)


def test_a_start_from_elsewhere_is_ignored() -> None:
    for start in (solve(problem_of(3)).pool, "no pool"):
        assert solve(problem_of(0), start=start).upper == pytest.approx(optimum_of(0))


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("seed", [0, 1, 8])
def test_two_threads_give_a_valid_plan_and_a_bound(seed: int) -> None:
    case = random_case(seed)
    found = plan(case, limits=PlanLimits(time_s=1.5, threads=2))
    assert found.summary.bound is not None
    assert found.summary.bound >= -optimum_of(seed) - 1e-6 * abs(optimum_of(seed))
    if found.summary.value is not None:
        assert verify(found, case) == []


@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancelled_search_returns_the_best_plan_at_once(threads: int) -> None:
    """Cancelled as soon as a plan costs less than nothing, case 15, whose gap does not close."""
    seen: list[float] = []
    limits = Limits(
        time_s=60.0,
        threads=threads,
        cancelled=lambda: any(upper < 0 for upper in seen),
        report=lambda progress: seen.append(progress.upper),
    )
    begun = time.monotonic()
    found = solve(problem_of(15), limits)
    assert time.monotonic() - begun < 20.0
    assert found.status is SolveStatus.CANCELLED
    assert found.upper <= min(upper for upper in seen if upper < 0) + 1e-6
    assert found.path_qty.sum() > 0


def test_what_must_be_served_and_cannot_is_infeasible() -> None:
    shut = lorry(block_low=np.array([4.0]), leg_access=np.array([[False]]))
    found = solve(shut)
    assert found.status is SolveStatus.INFEASIBLE
    assert found.upper == found.lower == np.inf
    assert len(found.run_vehicle) == 0


def test_what_must_be_served_is_served_at_a_loss() -> None:
    found = solve(lorry(block_low=np.array([4.0]), block_value=np.array([1.0])))
    assert found.upper == pytest.approx(50 - 10)


def test_freight_of_no_worth_stays() -> None:
    found = solve(lorry(block_value=np.array([4.0])))
    assert found.upper == pytest.approx(0.0)
    assert found.block_served.tolist() == [0.0]


def test_flows_are_exact() -> None:
    """A MIP's run of 0.9999999 does not shorten what rides it."""
    found = solve(replace(lorry(), block_value=np.array([9.1])))
    assert found.path_qty.tolist() == [10.0]
    assert found.upper == 50.0 - 91.0


@pytest.mark.usefixtures("all_is_large")
def test_a_gap_that_is_asked_for_is_enough() -> None:
    found = solve(problem_of(0), Limits(gap=0.5, time_s=30.0))
    assert found.status in (SolveStatus.GAP_REACHED, SolveStatus.OPTIMAL)
    assert found.upper - found.lower <= 0.5 * abs(found.upper) + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_a_time_limit_is_kept_on_a_large_case(threads: int) -> None:
    case = read_case(Path(landbridge.__file__).parent / "cases" / "far-east")
    problem = build_network(case, "in_force").problem
    begun = time.monotonic()
    found = solve(problem, Limits(time_s=6.0, threads=threads))
    assert time.monotonic() - begun <= 6.0 + 3.0
    assert found.status is SolveStatus.TIME_LIMIT
    assert found.lower <= found.upper < 0.0


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("works", [0, 2])
@pytest.mark.parametrize("method", ["solve", "solve_mip"])
def test_a_solver_that_gives_up_does_not_lose_the_plan(
    monkeypatch: pytest.MonkeyPatch, method: str, works: int, threads: int
) -> None:
    """HiGHS stopped a sub-problem of far-east with "Solve error" in one run of several; the plan so far was lost."""
    nothing = LpResult(
        has_point=False,
        is_optimal=False,
        is_infeasible=False,
        objective=np.inf,
        bound=-np.inf,
        x=np.zeros(0),
        row_dual=np.zeros(0),
        iterations=0,
    )
    calls = count()
    original = getattr(LinearModel, method)
    monkeypatch.setattr(
        LinearModel, method, lambda self, *args: original(self, *args) if next(calls) < works else nothing
    )
    case = random_case(8)
    found = plan(case, limits=PlanLimits(time_s=1.0, threads=threads))
    assert verify(found, case) == []
    assert found.summary.value is not None
    if found.summary.bound is not None:
        assert found.summary.bound >= -optimum_of(8) - 1e-6


def test_a_status_of_failure_is_a_result_without_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the solver says of a model, asking it raises nothing."""
    model = LinearModel()
    model.add_cols(np.ones(1), np.zeros(1), np.ones(1), np.array([0, 0]), np.zeros(0, dtype=np.int64), np.zeros(0))
    monkeypatch.setattr(model._highs, "getModelStatus", lambda: highspy.HighsModelStatus.kSolveError)
    assert not model.solve().has_point
    assert not model.solve_mip(np.array([0]), MipLimits(time_s=1.0)).has_point


def test_a_run_whose_column_is_younger_than_a_point_has_none_of_it() -> None:
    """Met where HiGHS gave up and the other thread had opened runs meanwhile: an IndexError, and the plan was lost."""
    assert _values(np.array([-1, 1, 2]), np.array([3.0, 4.0])).tolist() == [0.0, 4.0, 0.0]
    assert _values(np.array([-1, 0]), np.zeros(0)).tolist() == [0.0, 0.0]
