"""The way through the engine: relaxation, a first plan, an exact close of what is small, neighbourhoods of what is not."""

from __future__ import annotations

import numpy as np

from landbridge.engine.compact import build_layers, solve_compact
from landbridge.engine.improve import dive, improve, restricted_mip
from landbridge.engine.master import Master
from landbridge.engine.plan import InnerPlan
from landbridge.engine.problem import DesignProblem, DesignSolution, Limits, SolveStatus
from landbridge.engine.relaxation import Relaxation, solve_relaxation
from landbridge.engine.solution import to_solution
from landbridge.engine.watch import Watch


def solve(problem: DesignProblem, limits: Limits | None = None, start: object | None = None) -> DesignSolution:
    """
    Solve a service network design problem.

    Never raises for a problem that is infeasible or a limit that is hit: both
    are results. A plan is found whenever nothing must be served, since what is
    not served is priced.

    Parameters
    ----------
    problem
        What to design.
    limits
        When to stop; default: not before the optimum is proved.
    start
        ``pool`` of an earlier solution of a problem with the same network.
    """
    del start
    watch = Watch(limits or Limits())
    return _Search(problem, watch).run()


class _Search:
    def __init__(self, problem: DesignProblem, watch: Watch) -> None:
        self.watch = watch
        self.master = Master(problem)
        self.best: InnerPlan | None = None
        self.relaxation: Relaxation | None = None
        watch.gap_base = self._gap_base

    def run(self) -> DesignSolution:
        watch, master = self.watch, self.master
        if not (master.problem.block_low > 0).any() and not (master.run_rows.low > 0).any():
            self._take(self._idle())
        self.relaxation = relaxation = solve_relaxation(master, watch, until=0.4 * watch.limits.time_s)
        if not relaxation.is_feasible:
            return self._finish(SolveStatus.INFEASIBLE)
        status = watch.stop()
        if status is None:
            self._first_plans(relaxation)
            status = watch.stop()
        if status is None:
            layers = build_layers(master)
            if layers is not None:
                self._take(solve_compact(master, layers, watch, self.best))
                if watch.exact_infeasible and self.best is None:
                    return self._finish(SolveStatus.INFEASIBLE)
                status = watch.stop()
        if status is None and self.best is not None:
            rng = np.random.default_rng(watch.limits.seed)
            improve(master, watch, self.best, self._take, rng, relaxation.x)
            status = watch.stop()
        return self._finish(status or SolveStatus.FEASIBLE)

    def _idle(self) -> InnerPlan:
        from landbridge.engine.plan import settle

        none = np.zeros(len(self.master.run_col))
        return settle(self.master, none, none, {})

    def _first_plans(self, relaxation: Relaxation) -> None:
        watch, master = self.watch, self.master
        self._take(dive(master, watch, relaxation.x))
        if watch.stop() is None and self.best is not None:
            everything = np.ones(len(master.run_col), dtype=np.bool_)
            share = 0.25 * watch.seconds_left if np.isfinite(watch.seconds_left) else 30.0
            if int((master.run_col >= 0).sum()) <= 5000:
                self._take(restricted_mip(master, watch, self.best, self.best.runs, everything, min(share, 15.0)))

    def _take(self, plan: InnerPlan | None) -> None:
        if plan is not None and (self.best is None or plan.cost < self.best.cost):
            self.best = plan
            self.watch.improve_upper(plan.cost)

    def _gap_base(self) -> float:
        if self.best is None:
            return 0.0
        base = self.watch.limits.gap_base
        if base is None:
            return abs(self.best.cost)
        return base(to_solution(self.master, self.best, self.watch, SolveStatus.FEASIBLE, None))

    def _finish(self, status: SolveStatus) -> DesignSolution:
        dual = self.relaxation.row_dual if self.relaxation is not None else None
        return to_solution(self.master, self.best, self.watch, status, dual)
