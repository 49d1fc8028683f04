"""Plans found by diving from the relaxation and improved in neighbourhoods solved as path-form MIPs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.lp import LpResult, MipLimits
from landbridge.engine.master import Master
from landbridge.engine.plan import InnerPlan, add_choices, plan_from_point
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.watch import Watch
from landbridge.units import INTEGER_TOL

Take = Callable[[InnerPlan], None]

FIRST_FREE = 80
"""Runs left free in the first neighbourhood; the number adapts to what a sub-MIP can close."""

SUB_MIP_S = 3.0
"""Most seconds of one sub-MIP."""

SUB_MIP_NODES = 300
"""Most nodes of one sub-MIP when work is counted instead of timed."""


class DesignBounds:
    """Bounds on run columns of a master that are set for a while and restored."""

    def __init__(self, master: Master) -> None:
        self.master = master

    def fix(self, runs: FloatArray, empties: FloatArray, free: BoolArray) -> None:
        """Fix all runs that are not free at the given numbers; free ones get their own bounds."""
        m = self.master
        for cols, fixed, most in ((m.run_col, runs, m.run_most), (m.empty_col, empties, None)):
            has = np.where(cols >= 0)[0]
            if not len(has):
                continue
            upper = most[has] if most is not None else np.array([m._most_empties(int(r)) for r in has])
            low = np.where(free[has], 0.0, fixed[has])
            high = np.where(free[has], upper, fixed[has])
            m.model.set_col_bounds(cols[has], low, np.maximum(high, low))

    def restore(self) -> None:
        """Give all runs their own bounds back."""
        count = len(self.master.run_col)
        zero = np.zeros(count)
        self.fix(zero, zero, np.ones(count, dtype=np.bool_))


def dive(master: Master, watch: Watch, x: FloatArray) -> InnerPlan | None:
    """
    Round runs step by step, re-solving the relaxation in between.

    Each step fixes the runs that are whole or nearly so, and at least a tenth
    of the rest, at the next whole number that the run limits allow.
    """
    watch.phase = "diving"
    bounds = DesignBounds(master)
    result: LpResult | None = None
    fixed = np.zeros(len(master.run_col), dtype=np.bool_)
    fixed_empty = np.zeros(len(master.run_col), dtype=np.bool_)
    try:
        for step in range(60):
            runs, empties = _run_values(master, x)
            todo = (master.run_col >= 0) & ~fixed
            part = runs - np.floor(runs + INTEGER_TOL)
            fractional = todo & (part > INTEGER_TOL)
            if not fractional.any():
                break
            order = np.where(fractional)[0]
            order = order[np.argsort(-part[order], kind="stable")]
            take = order[: max(1, len(order) // 6)]
            take = np.union1d(take, order[part[order] > 0.75])
            target = _rounded(master, runs, take, fixed)
            fixed[take] = True
            runs = np.where(fixed, np.where(np.isin(np.arange(len(runs)), take), target, np.round(runs)), runs)
            bounds.fix(runs, empties, ~fixed)
            _free_empties(master, fixed_empty)
            result = master.solve(max(watch.seconds_left, 0.1))
            watch.work = master.work
            if not result.is_optimal:
                return None
            if step < 6:
                added, _ = master.price(master.duals(result.row_dual))
                if added:
                    _close_new(master, fixed, runs)
                    result = master.solve(max(watch.seconds_left, 0.1))
                    fixed = _grown(fixed, len(master.run_col))
                    if not result.is_optimal:
                        return None
            x = result.x
            if watch.stop() is not None:
                break
    finally:
        bounds.restore()
    runs, empties = _run_values(master, x)
    return complete(master, watch, np.round(np.ceil(runs - 1e-5)), x)


def _run_values(master: Master, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    def values(cols: IntArray) -> FloatArray:
        known = (cols >= 0) & (cols < len(x))
        return np.where(known, x[np.where(known, cols, 0)], 0.0)

    return values(master.run_col), values(master.empty_col)


def _rounded(master: Master, runs: FloatArray, take: IntArray, fixed: BoolArray) -> FloatArray:
    """Round the taken runs up where the run limits leave room beside what is fixed and taken, else down."""
    rows = master.run_rows
    used = np.zeros(len(rows.cap))
    entry_run = np.repeat(np.arange(len(master.run_col)), np.diff(rows.ptr))
    settled = np.where(fixed, np.round(runs), 0.0)
    np.add.at(used, rows.row, settled[entry_run] * rows.count)
    target = np.floor(runs + INTEGER_TOL)
    for r in take.tolist():
        span = slice(int(rows.ptr[r]), int(rows.ptr[r + 1]))
        up = np.ceil(runs[r] - INTEGER_TOL)
        value = (
            up if (used[rows.row[span]] + up * rows.count[span] <= rows.cap[rows.row[span]] + 1e-9).all() else target[r]
        )
        value = min(value, master.run_most[r])
        target[r] = value
        used[rows.row[span]] += value * rows.count[span]
    return target


def _free_empties(master: Master, fixed: BoolArray) -> None:
    cols = master.empty_col
    has = np.where((cols >= 0) & ~fixed)[0]
    if len(has):
        upper = np.array([master._most_empties(int(r)) for r in has])
        master.model.set_col_bounds(cols[has], np.zeros(len(has)), upper)


def _close_new(master: Master, fixed: BoolArray, runs: FloatArray) -> None:
    del master, fixed, runs


def _grown(mask: BoolArray, size: int) -> BoolArray:
    return mask if len(mask) == size else np.concatenate([mask, np.zeros(size - len(mask), dtype=np.bool_)])


def complete(master: Master, watch: Watch, runs: FloatArray, x: FloatArray) -> InnerPlan | None:
    """Best plan with these runs: a small MIP over empty runs, choices and flows on the paths known."""
    del x
    return restricted_mip(master, watch, None, runs, np.zeros(len(runs), dtype=np.bool_), 10.0)


def restricted_mip(
    master: Master,
    watch: Watch,
    incumbent: InnerPlan | None,
    runs: FloatArray,
    free: BoolArray,
    time_s: float,
    reduced_cost: FloatArray | None = None,
) -> InnerPlan | None:
    """
    Best plan over the known paths with all runs fixed but the free ones.

    ``reduced_cost`` by path index, where given, leaves out paths above inf.
    """
    bounds = DesignBounds(master)
    p = master.problem
    empties = np.zeros(len(runs)) if incumbent is None else incumbent.empties
    fleet_runs = (
        p.vehicle_fleet[master.net.run_vehicle] >= 0 if len(p.fleet_count) else np.zeros(len(runs), dtype=np.bool_)
    )
    bounds.fix(runs, empties, free)
    _free_empties(master, np.zeros(len(runs), dtype=np.bool_))
    model = master.model.copy()
    bounds.restore()
    active = [i for i in range(len(master.paths.sink)) if reduced_cost is None or np.isfinite(reduced_cost[i])]
    if reduced_cost is not None and len(active) < len(master.paths.sink):
        shut = np.array([c for i, c in enumerate(master.paths.col) if not np.isfinite(reduced_cost[i])], dtype=np.int64)
        model.set_col_bounds(shut, np.zeros(len(shut)), np.zeros(len(shut)))
    choices = add_choices(model, master, active)
    integer = np.where(master.run_col >= 0, free, False)
    run_cols = master.run_col[integer]
    empty_cols = master.empty_col[(master.empty_col >= 0) & fleet_runs]
    extra = np.array(sorted([*choices.path_choice.values(), *choices.block_choice.values()]), dtype=np.int64)
    start = None
    if incumbent is not None:
        cols = np.concatenate([run_cols, empty_cols])
        values = np.concatenate(
            [
                incumbent.runs[integer],
                incumbent.empties[(master.empty_col >= 0) & fleet_runs],
            ]
        )
        chosen = np.array([1.0 if i in incumbent.flow else 0.0 for i in choices.path_choice])
        filled = np.array([1.0 if incumbent.served[b] > 1e-9 else 0.0 for b in choices.block_choice])
        start = (
            np.concatenate(
                [cols, np.array([*choices.path_choice.values(), *choices.block_choice.values()], dtype=np.int64)]
            ),
            np.concatenate([values, chosen, filled]),
        )
    limits = MipLimits(
        time_s=max(0.1, min(time_s, watch.seconds_left)),
        nodes=SUB_MIP_NODES if watch.counts_work else -1,
        gap=1e-5,
        seed=watch.limits.seed,
        cancelled=watch.limits.cancelled,
        on_bound=lambda upper, lower: watch.tick(),
    )
    result = model.solve_mip(np.concatenate([run_cols, empty_cols, extra]).astype(np.int64), limits, start)
    master.work += result.iterations
    watch.work = master.work
    if not result.has_point:
        return None
    return plan_from_point(master, result.x)


def improve(
    master: Master, watch: Watch, plan: InnerPlan, take: Take, rng: np.random.Generator, x: FloatArray
) -> InnerPlan:
    """Search neighbourhoods of the best plan until the watch says stop; each is a sub-MIP over priced paths."""
    watch.phase = "improving"
    size = FIRST_FREE
    relaxed, _ = _run_values(master, x)
    while watch.stop() is None:
        watch.phase = "improving"
        free = _neighbourhood(master, plan, relaxed, size, rng)
        _price_around(master, watch, plan, free)
        free = _grown(free, len(master.run_col))
        begun = watch.seconds
        better = restricted_mip(master, watch, plan, plan.runs, free, SUB_MIP_S)
        spent = watch.seconds - begun
        if better is not None and better.cost < plan.cost - 1e-7 * max(1.0, abs(plan.cost)):
            plan = better
            take(plan)
        quick = spent < 0.3 * SUB_MIP_S if not watch.counts_work else True
        size = int(min(size * 1.1 + 1, 4000)) if quick else max(20, int(size * 0.85))
        if int((master.run_col >= 0).sum()) <= free.sum() and quick and size > free.sum() * 3:
            break
    return plan


def _price_around(master: Master, watch: Watch, plan: InnerPlan, free: BoolArray) -> None:
    """Add paths that are good around a plan: price with its runs fixed outside the neighbourhood."""
    bounds = DesignBounds(master)
    try:
        for _ in range(3):
            bounds.fix(plan.runs, plan.empties, _grown(free, len(master.run_col)))
            _free_empties(master, np.zeros(len(master.run_col), dtype=np.bool_))
            result = master.solve(max(watch.seconds_left, 0.1))
            watch.work = master.work
            if not result.is_optimal:
                break
            added, _ = master.price(master.duals(result.row_dual))
            if added == 0 or watch.stop() is not None:
                break
    finally:
        bounds.restore()


def _neighbourhood(
    master: Master, plan: InnerPlan, relaxed: FloatArray, size: int, rng: np.random.Generator
) -> BoolArray:
    """
    Choose the runs to free: all that paths of some related terminals ride.

    Terminals are taken in the order in which they are met from a random one
    by shared runs of the plan and the relaxation, so that what could share a vehicle is
    decided together.
    """
    net, paths = master.net, master.paths
    free = np.zeros(len(master.run_col), dtype=np.bool_)
    num_terminals = len(master.supply)
    todo = [int(rng.integers(num_terminals))]
    seen = set(todo)
    terminals_of_run = _terminals_of_runs(master)
    count = 0
    while count < size:
        if not todo:
            fresh = int(rng.integers(num_terminals))
            if fresh in seen and len(seen) >= num_terminals:
                break
            todo.append(fresh)
            seen.add(fresh)
        t = todo.pop(int(rng.integers(len(todo))))
        runs: set[int] = set()
        for i in master.paths_of_terminal[t]:
            runs.update(net.slot_run[paths.slots[i]].tolist())
        for r in runs:
            if not free[r] and master.run_col[r] >= 0:
                free[r] = True
                count += 1
        active = [r for r in runs if plan.runs[r] > 0 or (r < len(relaxed) and relaxed[r] > 1e-6)]
        for r in active:
            for other in terminals_of_run.get(r, ()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
    return free


def _terminals_of_runs(master: Master) -> dict[int, set[int]]:
    p, found = master.problem, {}
    for i, s in enumerate(master.paths.sink):
        t = int(p.commodity_supply[p.sink_commodity[s]])
        for r in master.net.slot_run[master.paths.slots[i]].tolist():
            found.setdefault(r, set()).add(t)
    return found
