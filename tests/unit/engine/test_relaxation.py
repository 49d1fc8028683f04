"""Bounds and inequalities: no plan costs less than a bound, and no whole plan violates an inequality."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.hand_made import lorry

from landbridge.engine import DesignProblem, DesignSolution, Limits, SolveStatus, solve
from landbridge.engine.cuts.finder import CutSetFinder
from landbridge.engine.cuts.strong import separate_strong
from landbridge.engine.improve.submodel import Frame
from landbridge.engine.master.master import Master
from landbridge.engine.relax.bounds import lagrangian
from landbridge.engine.relax.hints import PathBatch
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.solution import Pool
from landbridge.engine.watch import Watch
from landbridge.network import build_network

SEEDS = (0, 2, 3, 5, 7, 8, 9, 12, 14, 15, 22)
"""Random cases that can be served and close within a second."""


@cache
def problem_of(seed: int) -> DesignProblem:
    return build_network(random_case(seed), "in_force").problem


@cache
def optimum_of(seed: int) -> DesignSolution:
    found = solve(problem_of(seed), Limits(time_s=60.0))
    assert found.status is SolveStatus.OPTIMAL
    return found


def tolerance(cost: float) -> float:
    return 1e-6 * max(1.0, abs(cost))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_of_the_relaxation_is_below_the_optimum(seed: int) -> None:
    best = optimum_of(seed).upper
    for tighten in (False, True):
        watch = Watch(Limits(time_s=20.0))
        relaxation = solve_relaxation(Master(problem_of(seed)), watch, tighten=tighten)
        assert relaxation.is_feasible
        assert relaxation.bound <= watch.lower + tolerance(best)
        assert watch.lower <= best + tolerance(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_strong_inequalities_only_raise_the_bound(seed: int) -> None:
    plain = solve_relaxation(Master(problem_of(seed)), Watch(Limits()), strong=False)
    strong = solve_relaxation(Master(problem_of(seed)), Watch(Limits()))
    assert strong.converged
    assert strong.objective >= plain.objective - tolerance(plain.objective)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("coarse", [False, True])
def test_the_lagrangian_bound_at_any_duals_is_below_the_optimum(seed: int, coarse: bool) -> None:
    """A coarse master takes all departures of a leg together: its plans are more, so its bound holds too."""
    best = optimum_of(seed).upper
    rng = np.random.default_rng(seed)
    for scale in (0.0, 0.3, 1.0, 3.0):
        master = Master(problem_of(seed), coarse=coarse)
        if coarse:
            master.open_runs(np.arange(len(master.run_col)))
        dual = rng.normal(size=master.model.num_rows) * scale
        _, reduced = price_columns(master, read_duals(master, dual))
        assert lagrangian(master, master.extend_dual(dual), reduced) <= best + tolerance(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_coarse_relaxation_is_no_higher_than_the_fine_one(seed: int) -> None:
    fine = solve_relaxation(Master(problem_of(seed)), Watch(Limits()), strong=False)
    master = Master(problem_of(seed), coarse=True)
    master.open_runs(np.arange(len(master.run_col)))
    coarse = solve_relaxation(master, Watch(Limits()), strong=False)
    assert coarse.bound <= fine.objective + tolerance(fine.objective)


def tightened(problem: DesignProblem) -> Master:
    """A master with the strong and cut-set inequalities that the relaxation and random points violate."""
    master = Master(problem)
    solve_relaxation(master, Watch(Limits(time_s=20.0)), tighten=True)
    finder = CutSetFinder(master)
    rng = np.random.default_rng(0)
    runs = master.run_col[master.run_col >= 0]
    quantity = master.supply[problem.commodity_supply[problem.sink_commodity[master.paths.sink]]]
    for _ in range(10):
        x = np.zeros(master.model.num_cols)
        x[runs] = rng.uniform(0.1, 1.9, len(runs))
        x[np.array(master.paths.col, dtype=np.int64)] = quantity * rng.uniform(0.0, 1.0, len(quantity))
        separate_strong(master, x)
        finder.separate(x)
    return master


def rows_of_cuts(master: Master) -> set[int]:
    return {row for at in master.cut_at.values() for row, _ in at}


def slots_by_cut(master: Master) -> dict[int, int]:
    slots: dict[int, set[int]] = {}
    for (_, z), at in master.cut_at.items():
        for row, _ in at:
            slots.setdefault(row, set()).add(z)
    return {row: len(found) for row, found in slots.items()}


def point_of(master: Master, plan: DesignSolution) -> np.ndarray:
    """A plan of the same network as a point of a master, which gets its paths."""
    assert isinstance(plan.pool, Pool)
    assert plan.pool.fits(master)
    batch: PathBatch = plan.pool.paths
    paths = [
        master.path_index(int(s), batch.arcs[a:b], batch.cycles[a:b])
        for s, a, b in zip(batch.sinks, batch.ptr[:-1], batch.ptr[1:], strict=True)
    ]
    runs = {(v, t): r for r, (v, t) in enumerate(zip(master.net.run_vehicle, master.net.run_min, strict=True))}
    mine = np.array([runs[v, t] for v, t in zip(plan.run_vehicle, plan.run_min, strict=True)], dtype=np.int64)
    master.open_runs(mine)
    x = np.zeros(master.model.num_cols)
    np.add.at(x, np.array([master.paths.col[i] for i in paths], dtype=np.int64), plan.path_qty)
    has = master.run_col[mine] >= 0
    x[master.run_col[mine][has]] = plan.run_count[has]
    return x


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_whole_plan_violates_an_inequality(seed: int) -> None:
    """Plans for other prices use the network in other ways; the inequalities know nothing of prices."""
    problem = problem_of(seed)
    master = tightened(problem)
    inequalities = sorted({*master.strong_row.values(), *rows_of_cuts(master)})
    rng = np.random.default_rng(seed)
    for n in range(4):
        value = problem.block_value * (1.0 if n == 0 else rng.uniform(0.5, 3.0, len(problem.block_value)))
        plan = solve(replace(problem, block_value=value), Limits(time_s=20.0))
        x = point_of(master, plan)
        frame = Frame.of(master)
        excess = (frame.activity(x) - frame.row_upper)[inequalities]
        assert excess.max(initial=0.0) <= 1e-6


def test_the_inequalities_are_found_at_all() -> None:
    """Otherwise the test above would say nothing."""
    masters = [tightened(problem_of(seed)) for seed in SEEDS]
    assert sum(len(master.strong_row) for master in masters) >= 50
    assert sum(len(rows_of_cuts(master)) for master in masters) >= 50
    several = sum(n > 1 for master in masters for n in slots_by_cut(master).values())
    assert several >= 20


def test_a_relaxation_that_cannot_serve_what_must_be_is_infeasible() -> None:
    shut = lorry(block_low=np.array([4.0]), leg_access=np.array([[False]]))
    assert not solve_relaxation(Master(shut), Watch(Limits())).is_feasible
