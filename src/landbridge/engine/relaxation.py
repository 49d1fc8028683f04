"""Column generation over paths with strong inequalities added when violated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master import Master
from landbridge.engine.problem import FloatArray
from landbridge.engine.watch import Watch

CLOSED_TOL = 1e-9
"""Relative distance of bound and master objective below which column generation has converged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """
    Result of column generation.

    Parameters
    ----------
    x, row_dual, objective
        The last optimal master: its point, its duals, and its value (with the penalty of all that could be unserved).
    bound
        Proved: no plan costs less.
    is_feasible
        Whether what must be served can be, in the relaxation.
    converged
        Whether no path and no strong inequality was missing.
    """

    x: FloatArray
    row_dual: FloatArray
    objective: float
    bound: float
    is_feasible: bool
    converged: bool


def solve_relaxation(master: Master, watch: Watch, *, strong: bool = True) -> Relaxation:
    """
    Solve the strong relaxation; stops early when the watch says so, with the bound proved by then.

    The bound of each round is Lagrangian: the master's value plus, for each
    terminal, all it could send on its cheapest path [1]_.

    References
    ----------
    .. [1] Desaulniers, G., J. Desrosiers, and M. M. Solomon (eds.) (2005). *Column Generation*. Springer.
           https://doi.org/10.1007/b135457.
    """
    watch.phase = "relaxation"
    best = -np.inf
    converged = False
    while True:
        result = master.solve(max(watch.seconds_left, 0.1))
        watch.work = master.work
        if not result.is_optimal:
            break
        objective = result.objective + master.penalty_constant
        added, reduced = master.price(master.duals(result.row_dual))
        watch.work = master.work
        bound = master.lagrangian(result.objective, reduced)
        if bound > best:
            best = bound
            if not has_artificials(master, result.x):
                watch.improve_lower(bound)
        gap = objective - bound
        small = gap <= 1e-4 * max(1.0, abs(objective))
        cuts = master.separate_strong(result.x) if strong and (small or added == 0) else 0
        if added == 0 and cuts == 0:
            converged = True
            break
        if gap <= CLOSED_TOL * max(1.0, abs(objective)) and cuts == 0:
            converged = True
            break
        if watch.stop() is not None:
            break
    if not result.is_optimal:
        result = master.solve()
    artificials = has_artificials(master, result.x)
    return Relaxation(
        x=result.x, row_dual=result.row_dual, objective=result.objective + master.penalty_constant, bound=best,
        is_feasible=not (artificials and converged and not _phase_one(master, watch)), converged=converged,
    )


def has_artificials(master: Master, x: FloatArray) -> bool:
    """Whether a point leaves unserved what must be served."""
    first = master.artificial_col
    return bool(x[first : first + master.num_artificials].sum() > 1e-7 * max(1.0, master.supply.max(initial=0.0)))


def _phase_one(master: Master, watch: Watch) -> bool:
    """Whether what must be served can be served in the relaxation, found by minimising what is not."""
    model = master.model
    cost = model.costs()
    first = master.artificial_col
    phase = np.zeros(len(cost))
    phase[first : first + master.num_artificials] = 1.0
    model.set_costs(np.arange(len(cost)), phase)
    feasible = True
    while watch.stop() is None:
        num_before = model.num_cols
        result = master.solve(max(watch.seconds_left, 0.1))
        if not result.is_optimal or not has_artificials(master, result.x):
            break
        added, _ = master.price(master.duals(result.row_dual, phase_one=True), phase_one=True)
        if added == 0:
            feasible = False
            break
        fresh = np.arange(num_before, model.num_cols)
        cost = np.concatenate([cost, model.costs()[fresh]])
        model.set_costs(fresh, np.zeros(len(fresh)))
    model.set_costs(np.arange(len(cost)), cost)
    return feasible
