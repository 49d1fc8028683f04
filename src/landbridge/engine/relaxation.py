"""Column generation over paths with strong inequalities added when violated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import LpResult
from landbridge.engine.master import Master
from landbridge.engine.problem import FloatArray
from landbridge.engine.watch import Watch

CLOSED_TOL = 1e-6
"""Relative distance of bound and master objective below which column generation has converged."""

CUT_TOL = 3e-2
"""Relative distance below which strong inequalities are looked for."""

SMOOTHING = 0.7
"""Weight of the duals priced last in those priced next [2]_."""

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


def solve_relaxation(master: Master, watch: Watch, *, strong: bool = True, until: float = np.inf) -> Relaxation:
    """
    Solve the strong relaxation; stops early when the watch says so, with the bound proved by then.

    A coarse master, in which all departures of a leg share one capacity row, comes
    first: it converges quickly, and its duals and paths start the fine one.
    Paths are priced at duals smoothed towards the best so far [2]_, and
    the bound of each round is Lagrangian: rows priced out, each terminal sending all it has on its
    cheapest path [1]_.

    References
    ----------
    .. [1] Desaulniers, G., J. Desrosiers, and M. M. Solomon (eds.) (2005). *Column Generation*. Springer.
           https://doi.org/10.1007/b135457.
    .. [2] Pessoa, A., R. Sadykov, E. Uchoa, and F. Vanderbeck (2018). Automation and combination of
           linear-programming based stabilization techniques in column generation. *INFORMS Journal on
           Computing* 30(2): 339-360. https://doi.org/10.1287/ijoc.2017.0784.
    """
    watch.phase = "relaxation"
    center = None
    if not master.net.is_static and len(master.net.slot_run) > 2 * len(master.problem.leg_tail):
        center = _start_from_coarse(master, watch)
    generator = _Generator(master, watch, center)
    converged = generator.run(strong=strong, until=until)
    result = generator.result
    if not result.is_optimal:
        result = master.solve()
    feasible = not has_artificials(master, result.x) or not converged or _phase_one(master, watch)
    return Relaxation(
        x=result.x, row_dual=result.row_dual, objective=result.objective + master.penalty_constant,
        bound=generator.best, is_feasible=feasible, converged=converged,
    )


class _Generator:
    """Column generation with smoothed duals on one master."""

    def __init__(self, master: Master, watch: Watch, center: FloatArray | None) -> None:
        self.master, self.watch = master, watch
        self.center = center
        self.best = -np.inf
        if center is not None:
            _, reduced = master.price(master.duals(center))
            self.center = master.extend_dual(center)
            self.best = master.lagrangian(self.center, reduced)
            watch.improve_lower(self.best)
        self.result: LpResult = master.solve(max(watch.seconds_left, 0.1))

    def run(self, *, strong: bool, tolerance: float = CLOSED_TOL, until: float = np.inf) -> bool:
        """Generate until nothing is missing; False when stopped before."""
        master, watch = self.master, self.watch
        while self.result.is_optimal:
            added = self._price(SMOOTHING)
            objective = self.result.objective + master.penalty_constant
            gap = (objective - self.best) / max(1.0, abs(objective))
            if added == 0 and gap > tolerance:
                added = self._price(0.0)
            cuts = 0
            if strong and (added == 0 or gap <= CUT_TOL):
                cuts = master.separate_strong(self.result.x)
            if cuts == 0 and (added == 0 or gap <= tolerance):
                return True
            if watch.stop() is not None or watch.seconds > until:
                return False
            self.result = master.solve(max(watch.seconds_left, 0.1))
            watch.work = max(watch.work, master.work)
        return False

    def _price(self, smoothing: float) -> int:
        """Price paths at smoothed duals; a better bound makes them the new centre."""
        master = self.master
        out = self.result.row_dual
        dual = out
        if self.center is not None and smoothing > 0:
            center = np.concatenate([self.center, out[len(self.center) :]])
            dual = smoothing * center + (1.0 - smoothing) * out
        added, reduced = master.price(master.duals(dual))
        dual = master.extend_dual(dual)
        bound = master.lagrangian(dual, reduced)
        if bound > self.best:
            self.best = bound
            self.watch.improve_lower(bound)
        if smoothing > 0:
            self.center = dual
        return added


def _start_from_coarse(master: Master, watch: Watch) -> FloatArray:
    """Converge a coarse master; give its useful paths and its best duals to the fine one."""
    coarse = Master(master.problem, master.net, coarse=True)
    generator = _Generator(coarse, watch, None)
    generator.run(strong=False, tolerance=1e-3)
    master.work += coarse.work
    master.open_runs(np.where(coarse.run_col >= 0)[0])
    chosen = coarse.useful_paths(generator.center, 1e-2)
    paths = coarse.paths
    ptr = np.concatenate([[0], np.cumsum([len(paths.arcs[i]) for i in chosen])]).astype(np.int64)
    if chosen:
        master.add_paths(
            np.array([paths.sink[i] for i in chosen]), ptr, np.concatenate([paths.arcs[i] for i in chosen]),
            np.concatenate([paths.cycles[i] for i in chosen]),
        )
    center = np.zeros(master.model.num_rows)
    shared = master.num_first_rows
    center[:shared] = generator.center[:shared]
    has = (master.capacity_row >= 0) & (coarse.capacity_row >= 0)
    center[master.capacity_row[has]] = generator.center[coarse.capacity_row[has]]
    lacks = (master.capacity_row >= 0) & (coarse.capacity_row < 0)
    center[master.capacity_row[lacks]] = -master.default_price[lacks]
    for key, row in master.share_row.items():
        if key in coarse.share_row:
            center[row] = generator.center[coarse.share_row[key]]
    return center


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
