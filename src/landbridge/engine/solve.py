"""The way through the engine: relaxation, an exact close of what is small, neighbourhoods of what is not."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from landbridge.engine.beside import Beside
from landbridge.engine.construct.insertion import COUNTED_RETURN_LIMITS, RETURN_LIMITS, construct
from landbridge.engine.construct.rebuilt import construct_rebuilt
from landbridge.engine.cuts.warm import CUT_KERNELS, find_a_cut
from landbridge.engine.exact.compact import build_layers, solve_compact
from landbridge.engine.improve.neighbourhoods import Improver
from landbridge.engine.improve.polish import polish
from landbridge.engine.large import LargeSearch, has_many_orders, is_large
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan
from landbridge.engine.master.switches import free_switches, nearest_setting
from landbridge.engine.problem import DesignProblem, DesignSolution, FloatArray, Limits, SolveStatus
from landbridge.engine.relax.crossover import suits_steps
from landbridge.engine.relax.relaxation import Relaxation, solve_by_steps, solve_relaxation
from landbridge.engine.relax.warm import STEP_KERNELS, take_a_step
from landbridge.engine.solution import Pool, to_solution
from landbridge.engine.static.network import static_network
from landbridge.engine.static.solve import solve_static
from landbridge.engine.static.steps import has_few_steps
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch

RELAXATION_SHARE, REBUILT_SHARE = 0.4, 0.6
"""Part of the time limit up to which the relaxation goes on when it has no thread of its own: usually, and after a
first plan of many orders."""

WRITING_S_PER_TERMINAL, WRITING_SHARE = 1e-4, 0.05
"""Seconds kept back for the last plan's exact flows and for writing it, and the part of the limit they take at most."""


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
        ``pool`` of an earlier solution of a problem with the same nodes, vehicles and commodities (quantities,
        values and costs may differ): its paths are there from the first round. Anything else is ignored.
    """
    watch = Watch(limits or Limits())
    net = static_network(problem)
    if net is not None and has_few_steps(net):
        return solve_static(problem, net, watch, start)
    ready = warm_up(watch)
    search = _Search(problem, watch, start)
    return search.run() if ready else search.give_up()


class _Search:
    """One solve: the master the plan is over, the best plan, and what is proved."""

    def __init__(self, problem: DesignProblem, watch: Watch, start: object | None) -> None:
        self.watch = watch
        self.master = Master(problem)
        self.start = start if isinstance(start, Pool) and start.fits(self.master) else None
        self.best: InnerPlan | None = None
        self.row_dual: FloatArray | None = None
        self.switches = bool(free_switches(problem).any())
        watch.gap_base = self._gap_base

    def run(self) -> DesignSolution:
        watch, master = self.watch, self.master
        setting = nearest_setting(master.problem, master.problem.switch_low.astype(np.float64))
        if setting is None:
            return to_solution(master, None, watch, SolveStatus.INFEASIBLE, None)
        self.setting = setting
        if is_large(master):
            return self._at_large()
        watch.keep_s = min(WRITING_S_PER_TERMINAL * len(master.supply), WRITING_SHARE * watch.limits.time_s)
        improver = Improver(master, watch, self._take, np.random.default_rng(watch.limits.seed), setting)
        if self.start is not None:
            improver.hear(self.start.paths, None)
        if improver.is_plan():
            self._take(improver.plan())
        if watch.limits.threads >= 2 and not watch.counts_work:
            status = self._together(improver)
        else:
            status = self._in_turn(improver)
        if self.best is not None:
            self.best = polish(master, self.best)
            watch.improve_upper(self.best.cost)
        return to_solution(master, self.best, watch, status, self.row_dual)

    def give_up(self) -> DesignSolution:
        """Nothing at all, for want of time to compile."""
        return to_solution(self.master, None, self.watch, self.watch.stop() or SolveStatus.TIME_LIMIT, None)

    def _at_large(self) -> DesignSolution:
        """Many orders: a bound and plans by methods that grow with the network and the orders, not their product."""
        watch = self.watch
        self.row_dual = LargeSearch(self.master, watch, self._take).run()
        if self.best is not None:
            watch.improve_upper(self.best.cost)
        status = watch.stop() or SolveStatus.TIME_LIMIT
        return to_solution(self.master, self.best, watch, status, self.row_dual)

    def _in_turn(self, improver: Improver) -> SolveStatus:
        watch, master = self.watch, self.master
        layers = build_layers(master)
        usual = REBUILT_SHARE if has_many_orders(master) else RELAXATION_SHARE
        share = 1.0 if layers is not None else usual
        if layers is None and not self._warm_up():
            return watch.stop() or SolveStatus.TIME_LIMIT
        if layers is None and not self.switches:
            self._build(improver)
        relaxation = self._relax(master, improver, share=share, tighten=layers is None)
        self._learn(relaxation, improver)
        if not relaxation.is_feasible:
            return SolveStatus.INFEASIBLE
        if layers is None and self.switches:
            self._build_near(relaxation, improver)
        if layers is not None and watch.stop() is None:
            improver.step()
        if layers is not None and watch.stop() is None:
            self._take(solve_compact(master, layers, watch, self.best))
            if watch.exact_infeasible and self.best is None:
                return SolveStatus.INFEASIBLE
        while watch.stop() is None:
            watch.phase = "improving"
            improver.step()
        return watch.stop() or SolveStatus.FEASIBLE

    def _together(self, improver: Improver) -> SolveStatus:
        """Prove the bound in a second thread, which hands on paths and prices and then joins the search for plans."""
        watch = self.watch
        layers = build_layers(self.master)
        if layers is not None or self.switches:
            return self._in_turn(improver)
        if not self._warm_up():
            return watch.stop() or SolveStatus.TIME_LIMIT
        outcome: list[Relaxation] = []
        stop = threading.Event()

        def prove() -> None:
            prover = Master(self.master.problem, self.master.net)
            outcome.append(self._relax(prover, improver, listens=True, tighten=True, stop=stop.is_set))
            improver.start_near(outcome[0], same=False)
            while outcome[0].is_feasible and self.watch.stop() is None and not stop.is_set():
                improver.step()

        beside = Beside(prove)
        try:
            self._build(improver)
            learnt = False
            while watch.stop() is None and not beside.has_failed:
                watch.phase = "improving" if outcome else "relaxation"
                if outcome and not learnt:
                    learnt = True
                    self.row_dual = outcome[0].row_dual
                    if not outcome[0].is_feasible:
                        return SolveStatus.INFEASIBLE
                improver.step()
            status = watch.stop() or SolveStatus.FEASIBLE
        finally:
            stop.set()
        beside.end()
        if outcome:
            self.row_dual = outcome[0].row_dual
        return status

    def _warm_up(self) -> bool:
        """Compile what relaxation and cuts call; whether it was done in time."""
        if suits_steps(self.master) and not warm_up(self.watch, STEP_KERNELS, take_a_step):
            return False
        return warm_up(self.watch, CUT_KERNELS, find_a_cut)

    def _relax(
        self,
        master: Master,
        improver: Improver,
        *,
        tighten: bool,
        listens: bool = False,
        share: float = 1.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> Relaxation:
        """
        Solve the relaxation: to its optimum and beyond, or, of many orders, as near as first-order steps come.

        The search for plans hears of whole runs, and, where it works meanwhile (``listens``), of paths and prices.
        """
        hear, take_hints = (improver.hear, improver.take_hints) if listens else (None, None)
        if has_many_orders(master):
            return solve_by_steps(master, self.watch, share=share, listen=hear, build=improver.take_runs, stop=stop)
        return solve_relaxation(
            master, self.watch, share=share, listen=hear, offer=take_hints, build=improver.take_runs, tighten=tighten,
            stop=stop,
        )  # fmt: skip

    def _build(self, improver: Improver) -> None:
        """Give the search for plans a point to start from."""
        self.watch.phase = "constructing"
        limits = COUNTED_RETURN_LIMITS if self.watch.counts_work else RETURN_LIMITS
        if has_many_orders(self.master):
            x = construct_rebuilt(self.master, self.watch)
        else:
            x = construct(self.master, self.setting, lambda: self.watch.stop() is not None, limits)
        if x is not None:
            improver.start_from(x)
            self._take(improver.plan())

    def _build_near(self, relaxation: Relaxation, improver: Improver) -> None:
        """Build at the setting of the switches that the relaxation comes nearest to."""
        if len(relaxation.x):
            wish = np.clip(self.master.setting(relaxation.x), 0.0, 1.0)
            setting = nearest_setting(self.master.problem, wish)
            self.setting = self.setting if setting is None else setting
        self._build(improver)

    def _learn(self, relaxation: Relaxation, improver: Improver) -> None:
        self.row_dual = relaxation.row_dual
        improver.start_near(relaxation, same=True)

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
