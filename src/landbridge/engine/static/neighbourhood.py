"""Better plans by small MIPs: some links free, the rest of the design as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import MipLimits
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.static.master import PathMaster
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.static.pool import total_by
from landbridge.engine.static.relax import relax

RELAX_ROUNDS = 12
"""Rounds of column generation inside a neighbourhood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    The plan found (the one given, where none is better), whether the MIP closed, and its simplex iterations.

    ``other``: the MIP's plan where that is no better, but of another design.
    """

    plan: StaticPlan
    closed: bool
    iterations: int
    other: StaticPlan | None = None


def solve_neighbourhood(
    frame: Frame,
    plan: StaticPlan,
    free: BoolArray,
    paths: IntArray,
    hope: float,
    limits: MipLimits,
    until: float,
    stop: Callable[[], bool],
    ending: Callable[[MipLimits, float, float], MipLimits] = lambda limits, lower, upper: limits,
) -> Outcome:
    """
    Best plan in which links not ``free`` keep their copies.

    The relaxation of what is left is solved with strong inequalities first; the MIP is over its columns and rows.

    Parameters
    ----------
    free
        Shape ``(E,)``.
    paths
        Paths of the pool to start from; those over closed links are left out.
    hope
        Part of the distance between plan and relaxation that reduced costs may take up in the MIP; less of it makes
        the MIP smaller.
    until
        Time limit on the monotonic clock.
    ending
        The MIP's limits once the relaxation's bound and the cost to beat are known.
    """
    is_free = free[frame.net.module_link]
    low = np.where(is_free, 0.0, plan.copies)
    high = np.where(is_free, frame.net.module_most, plan.copies)
    return solve_between(frame, plan, low, high, paths, hope, limits, until, stop, ending)


def solve_between(
    frame: Frame,
    plan: StaticPlan,
    low: FloatArray,
    high: FloatArray,
    paths: IntArray,
    hope: float,
    limits: MipLimits,
    until: float,
    stop: Callable[[], bool],
    ending: Callable[[MipLimits, float, float], MipLimits] = lambda limits, lower, upper: limits,
) -> Outcome:
    """
    Best plan with copies from ``low`` to ``high``, shape ``(M,)``, and one to beat, which need not be among them.

    All else as in :func:`solve_neighbourhood`.
    """
    net = frame.net
    inside = bool(((plan.copies >= low) & (plan.copies <= high)).all())
    own = plan.paths if inside else np.zeros(0, dtype=np.int64)
    master = PathMaster(net, frame.graph, frame.pool, low, high, frame.unserved_cost)
    position, arcs = frame.pool.entries(paths)
    shut = total_by(position, (~master.is_open[net.arc_link[arcs]]).astype(np.float64), len(paths)) > 0
    master.add_paths(np.concatenate([paths[~shut], own]))
    relaxed = relax(master, stop, rounds=RELAX_ROUNDS, cutoff=plan.cost - net.constant, until=until)
    iterations = int(master.take_work())
    if not relaxed.result.has_point or relaxed.bound > plan.cost - net.constant - 1e-6 or stop():
        return Outcome(plan=plan, closed=True, iterations=iterations)
    master.keep_below(relaxed.result.row_dual, hope * (plan.cost - net.constant - relaxed.bound), own)
    if frame.is_complete(plan):
        master.serve_all()
    start: tuple[IntArray, FloatArray] | None = None
    if inside:
        master.set_bounds(np.minimum(master.low, plan.copies), np.maximum(master.high, plan.copies))
        value = np.zeros(len(frame.pool.commodity))
        value[plan.paths] = plan.amounts
        start = (
            np.arange(master.num_first_cols + len(master.paths)),
            np.concatenate([plan.copies, plan.unserved, plan.link_load[master.loaded], value[master.paths]]),
        )
    limits = ending(limits, relaxed.bound, plan.cost - net.constant)
    found = master.model.solve_mip(np.where(master.high > master.low)[0], limits, start)
    iterations += found.iterations
    if not found.has_point:
        return Outcome(plan=plan, closed=found.is_infeasible, iterations=iterations)
    other = frame.plan(master.paths, master.path_flow(found.x))
    if other.cost < plan.cost - 1e-9:
        return Outcome(plan=other, closed=found.is_optimal, iterations=iterations)
    is_other = other.is_other_than(plan)
    return Outcome(plan=plan, closed=found.is_optimal, iterations=iterations, other=other if is_other else None)
