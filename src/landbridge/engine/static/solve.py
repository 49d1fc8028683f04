"""The way through a static design: a bound and a search for plans, side by side or in turn."""

from __future__ import annotations

import threading

import numpy as np

from landbridge.engine.beside import Beside
from landbridge.engine.problem import DesignProblem, DesignSolution, FloatArray, Limits, SolveStatus
from landbridge.engine.static.bound import Prover
from landbridge.engine.static.decode import StaticPool, plan_of_pool, to_solution
from landbridge.engine.static.kernels import cheapest_paths, ruin_and_recreate
from landbridge.engine.static.network import StaticNetwork, static_network
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.record import Record
from landbridge.engine.static.search import Searcher
from landbridge.engine.static.turns import Turns
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch

ANNEAL_SHARE, ANNEAL_MOST_S, ANNEAL_MOVES = 0.15, 15.0, 40_000
"""Annealing takes this part of the time, at most so many seconds; so many moves where work is counted."""

LOOK_EVERY_S = 0.05
"""Seconds between two looks while there is no plan."""

STATIC_KERNELS = (ruin_and_recreate, cheapest_paths)
"""What :func:`use_static_kernels` calls."""

ANNEAL_S_BY_SIZE = 3e-4
"""Seconds of annealing for each commodity and arc, at most: small problems are closed by branching."""


def solve_static(problem: DesignProblem, net: StaticNetwork, watch: Watch, start: object | None) -> DesignSolution:
    """Solve a static design; same meaning as :func:`landbridge.engine.solve.solve`."""
    ready = warm_up(watch, STATIC_KERNELS, use_static_kernels)
    search = _StaticSearch(problem, net, watch, start)
    return search.run() if ready else search.solution(watch.stop() or SolveStatus.TIME_LIMIT)


def use_static_kernels() -> None:
    """Run the kernels of static designs on a problem of one arc."""
    one, two = np.array([0]), np.array([1])
    net = static_network(DesignProblem.from_arrays(one, two, 1.0, 1.0, 1.0, one, two, 1.0))
    assert net is not None
    watch = Watch(Limits(work=1.0))
    frame = Frame(net)
    record = Record(frame=frame, watch=watch)
    Prover(frame, record, lambda: False).relax()
    searcher = Searcher(frame, record, np.random.default_rng(0), lambda: False)
    searcher.build()
    searcher.anneal(0.0, 1)


class _StaticSearch:
    def __init__(self, problem: DesignProblem, net: StaticNetwork, watch: Watch, start: object | None) -> None:
        self.problem, self.watch = problem, watch
        self.frame = Frame(net)
        self.record = Record(frame=self.frame, watch=watch)
        self.start = start if isinstance(start, StaticPool) and start.fits(self.frame) else None
        self.ended = threading.Event()
        rng = np.random.default_rng(watch.limits.seed)
        self.prover = Prover(self.frame, self.record, self._stop)
        self.searcher = Searcher(self.frame, self.record, rng, self._stop)
        watch.gap_base = self._gap_base

    def run(self) -> DesignSolution:
        watch = self.watch
        if self.start is not None:
            plan = plan_of_pool(self.frame, self.start)
            if self.frame.fits(plan):
                self.record.take(plan)
        if watch.limits.threads >= 2 and not watch.counts_work:
            self._side_by_side()
        else:
            self._in_turn()
        if self.prover.infeasible:
            return self.solution(SolveStatus.INFEASIBLE)
        return self.solution(watch.stop() or SolveStatus.FEASIBLE)

    def _stop(self) -> bool:
        return self.ended.is_set() or self.watch.stop() is not None

    def _anneal_s(self) -> float:
        net = self.frame.net
        by_size = ANNEAL_S_BY_SIZE * len(net.qty) * net.num_arcs
        return min(ANNEAL_MOST_S, ANNEAL_SHARE * self.watch.limits.time_s, by_size)

    def _anneal_moves(self) -> int:
        net = self.frame.net
        return min(ANNEAL_MOVES, len(net.qty) * net.num_arcs)

    def _in_turn(self) -> None:
        """One thread: a first plan, the relaxation, annealing, then small MIPs and the bound by turns."""
        self.searcher.build()
        self.prover.relax()
        if self.prover.infeasible or self._stop():
            return
        self.searcher.anneal(self._anneal_s(), self._anneal_moves())
        self._by_turns(self.searcher)

    def _by_turns(self, searcher: Searcher) -> None:
        """Prove and search by turns."""
        turns = Turns(self.watch)
        while not self._stop() and not self.prover.infeasible:
            before = turns.now()
            if self.record.best is None and self.prover.finished:
                return
            if self.record.best is not None and (
                self.prover.finished
                or turns.may_search(self.prover.parts, quiet=searcher.quiet > 0, stands=searcher.stands)
            ):
                searcher.step()
                turns.searching += turns.now() - before
            else:
                self.prover.step()
                turns.proving += turns.now() - before
                searcher.wait(turns.now() - before)

    def _side_by_side(self) -> None:
        """Two threads: one searches, the other proves and searches by turns; what one finds the other uses."""
        seed = self.watch.limits.seed

        def prove() -> None:
            self.prover.relax()
            rng = np.random.default_rng((seed, 1))
            self._by_turns(Searcher(self.frame, self.record, rng, self._stop, restless=True))
            if self.prover.infeasible:
                self.ended.set()

        beside = Beside(prove, self.ended.set)
        try:
            self.searcher.build()
            self.searcher.anneal(self._anneal_s(), self._anneal_moves())
            while not self._stop():
                self.searcher.step()
                if self.record.best is None:
                    self.ended.wait(LOOK_EVERY_S)  # for the other thread to find a plan, or that there is none
        finally:
            self.ended.set()
        beside.end()

    def solution(self, status: SolveStatus) -> DesignSolution:
        """What has been found and proved so far."""
        dual: FloatArray | None = self.prover.demand_dual
        return to_solution(self.problem, self.frame, self.record.best, self.watch, status, dual)

    def _gap_base(self) -> float:
        best = self.record.best
        if best is None:
            return 0.0
        base = self.watch.limits.gap_base
        return abs(best.cost) if base is None else base(self.solution(SolveStatus.FEASIBLE))
