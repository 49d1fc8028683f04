"""
The way through the engine for many orders of long windows.

With time enough first-order steps over departures, a dive, and plans improved from there; with less a flat bound beside
plans that are rebuilt. Both end with small MIPs that reroute a part of the orders.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from landbridge.engine.beside import Beside
from landbridge.engine.construct.dive import can_dive
from landbridge.engine.construct.on_runs import put_on_runs
from landbridge.engine.construct.scan_dive import dive_by, settle_scans
from landbridge.engine.improve.rebuild import Rebuilder, suits_rebuilding
from landbridge.engine.improve.rebuild_kernels import ruin_and_recreate
from landbridge.engine.improve.reroute import Move, Rerouter
from landbridge.engine.improve.reroute_kernels import list_ways
from landbridge.engine.lp import MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan
from landbridge.engine.problem import FloatArray
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.scan_bound import ScanBound
from landbridge.engine.relax.scan_kernels import scan_ways
from landbridge.engine.relax.split import suits_split_bound
from landbridge.engine.relax.split_kernels import primal_dual_steps
from landbridge.engine.space.flat import flatten
from landbridge.engine.space.rides import LONG_RIDES, rides_in_time
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch

MANY_TERMINALS = 3000
"""With more terminals than this, and long windows, the path master is too large, and this way is taken."""

LARGE_KERNELS = (ruin_and_recreate, primal_dual_steps, list_ways, scan_ways)
"""What :meth:`LargeSearch.use_kernels` calls."""

BOUND_SHARE = 0.4
"""Part of the time or work the bound gets when it has no thread of its own."""

FINISH_S_PER_ORDER = 2.5e-4
"""Time kept back for writing the plan over paths of the master."""

ROUGH_ROUNDS, ROUGH_STEPS, ROUGH_WEIGHT = 45, 40, 1.0
"""The first rounds of the bound are rough: their flows use more lines than settled ones, and guide plans better."""

GUIDE_AFTER = 15
"""Rounds of the bound after which its flows say what room on each leg usually costs."""

UNREACHABLE_AFTER = 15
"""Rounds of the bound after which orders are left out of it that no path brings in time."""

REBUILD_SHARE, REBUILD_SHARE_OF_DIVE = 0.6, 0.4
"""Part of the time or work for improving plans in which they are ruined and recreated; then small MIPs reroute. The
second where the plan comes from a dive."""

COOLED_BY_DIVE = 0.5
"""How far ruin and recreate has cooled where it begins with the plan of a dive."""

SCAN_S_PER_RIDE, SCAN_WORK_PER_RIDE = 3.2e-6, 4e-4
"""Seconds of one core, or counted work, in which steps over departures come near enough, for each ride in time."""

RELAX_SHARE, DIVE_SHARE = 0.38, 0.62
"""Parts of the time or work at which steps over departures, and a dive from there, have ended."""

REROUTE_S, REROUTE_NODES, REROUTE_GAP = 1.5, 50, 1e-4
"""Most seconds of such a MIP (or nodes, where work is counted), and the gap it is solved to."""

MOST_NEWS = 500
"""Moves of another search that wait to be tried."""

EXCHANGE_EVERY_S = 10.0
"""Seconds after which a search for plans looks at the plan of the other."""

LOOK_EVERY_S = 20.0
"""Seconds between two looks at whether the asked gap is reached: each writes the plan."""


def has_many_orders(master: Master) -> bool:
    """Whether a problem has more terminals than insertion gets through soon, and is plain enough to be rebuilt."""
    return len(master.supply) > MANY_TERMINALS and suits_split_bound(master) and suits_rebuilding(master)


def is_large(master: Master) -> bool:
    """Whether a problem is too large for the path master: many orders, each with many rides it may take in time."""
    return has_many_orders(master) and rides_in_time(master.problem, master.net) > LONG_RIDES * len(master.supply)


def has_time_for_scans(master: Master, watch: Watch, share: float) -> bool:
    """Whether a share of the time or work is enough for steps over departures to come near the relaxation."""
    limits, rides = watch.limits, rides_in_time(master.problem, master.net)
    if watch.counts_work:
        return limits.work * share >= SCAN_WORK_PER_RIDE * rides
    return limits.time_s * limits.threads * share >= SCAN_S_PER_RIDE * rides


class PlanSearch:
    """One search for plans: at first it ruins and recreates, then it reroutes; it hears of the moves of another."""

    def __init__(self, rebuilder: Rebuilder, *, is_from_dive: bool = False) -> None:
        self.rebuilder = rebuilder
        self._cooled, self._rebuild_share = 0.0, REBUILD_SHARE
        if is_from_dive:
            self._cooled, self._rebuild_share = COOLED_BY_DIVE, REBUILD_SHARE_OF_DIVE
        self.news: deque[Move] = deque(maxlen=MOST_NEWS)
        self._rerouter: Rerouter | None = None

    def improve(self, progress: float, limits: MipLimits) -> Move | None:
        """Improve the plan a little, ``progress`` going from 0 to 1; a move that others may make too."""
        if progress < self._rebuild_share:
            self.rebuilder.search(self._cooled + (1.0 - self._cooled) * progress / self._rebuild_share)
            return None
        if self._rerouter is None:
            self.rebuilder.go_back()
            self._rerouter = Rerouter(self.rebuilder)
        while self.news:
            self._rerouter.take(self.news.popleft())
        return self._rerouter.step(limits)


class LargeSearch:
    """A bound and a plan side by side (two threads), or one after the other."""

    def __init__(self, master: Master, watch: Watch, take: Callable[[InnerPlan | None], None]) -> None:
        self.master, self.watch, self.take = master, watch, take
        self.flat = flatten(master.problem, master.net)
        self.bound = FlatBound(master, self.flat)
        self.rebuilder = Rebuilder(master, self.flat, watch.limits.seed)
        self._keep_s = FINISH_S_PER_ORDER * len(master.supply)
        self._stop = threading.Event()
        self._begun = 0.0
        self._search = PlanSearch(self.rebuilder)
        self._helper: PlanSearch | None = None
        self._scan: ScanBound | None = None
        self._fills = np.zeros(len(master.problem.leg_tail))

    def run(self) -> FloatArray:
        """Search until the watch says stop; returns row duals of the rows a master has from the start."""
        watch = self.watch
        row_dual = np.zeros(self.master.num_first_rows)
        if not warm_up(watch, LARGE_KERNELS, self.use_kernels):
            self.take(self.rebuilder.plan())
            return row_dual
        watch.phase = "relaxation"
        if self._has_time_for_scans():
            self._dive()
        if self._threads >= 2:
            self._together()
        else:
            if self._scan is None:
                self._prove(BOUND_SHARE)
            self._plan()
        first = self.master.terminal_row
        proved: FlatBound | ScanBound = self.bound if self._scan is None else self._scan
        row_dual[first : first + len(self.master.supply)] = proved.terminal_worth()
        return row_dual

    def prove(self) -> None:
        """Prove the bound alone, until it settles or the watch says stop."""
        if warm_up(self.watch, LARGE_KERNELS, self.use_kernels):
            self._prove(1.0)

    def use_kernels(self) -> None:
        """Run each kernel once: an order put in and taken out, its ways listed, a step of the bound, its flows."""
        self.bound.round(1)
        self.bound.count_time(lambda: False)
        self.bound.leg_fills()
        self.rebuilder.warm()
        ScanBound(self.master, self.flat, 2).warm()
        Rerouter(self.rebuilder).warm()

    @property
    def _threads(self) -> int:
        return 1 if self.watch.counts_work else self.watch.limits.threads

    def _has_time_for_scans(self) -> bool:
        """Whether steps over departures come near the relaxation early enough to dive from there."""
        return can_dive(self.master) and has_time_for_scans(self.master, self.watch, RELAX_SHARE)

    def _dive(self) -> None:
        """Build a first plan, take steps over departures, and make a better plan of the runs they lead to."""
        watch = self.watch
        built = threading.Event()
        beside = Beside(lambda: self._prove(RELAX_SHARE, built.is_set)) if self._threads >= 2 else None
        try:
            self._build()
        finally:
            built.set()
        if beside is not None:
            beside.end(None)
        watch.phase = "relaxation"
        self._scan = bound = ScanBound(self.master, self.flat, self._threads)
        bound.done = self._done
        settle_scans(bound, watch, lambda: self._done(RELAX_SHARE))
        if self._done():
            return
        watch.phase = "constructing"
        trial = bound.fork()
        runs = dive_by(trial, watch, self._progress, DIVE_SHARE, self._done)
        if runs is not None:
            put_on_runs(self.rebuilder, trial, runs, self._done)
            watch.improve_upper(self.rebuilder.best_total)
            self._search = PlanSearch(self.rebuilder, is_from_dive=True)

    def _build(self) -> None:
        self.watch.phase = "constructing"
        self.rebuilder.build(self._done)
        self.watch.improve_upper(self.rebuilder.best_total)

    def _done(self, share: float = 1.0) -> bool:
        watch = self.watch
        over = watch.seconds + self._keep_s > share * watch.limits.time_s or watch.work > share * watch.limits.work
        return over or self._stop.is_set() or watch.stop() is not None

    def _prove(self, share: float, stopped: Callable[[], bool] = lambda: False) -> None:
        """Improve the flat bound until it settles, is stopped, or a share of the time or work is used."""
        rounds = 0
        while not self._done(share) and not self.bound.has_settled():
            if stopped():
                return
            is_rough = rounds < ROUGH_ROUNDS
            if is_rough:
                self.bound.round(ROUGH_STEPS, ROUGH_WEIGHT)
            else:
                self.bound.round()
            self.watch.improve_lower(self.bound.best)
            rounds += 1
            if rounds == UNREACHABLE_AFTER:
                self.bound.leave_out_unreachable(lambda: self._done(share))
            if is_rough and rounds >= GUIDE_AFTER:
                self._fills = self.bound.leg_fills()
                self.rebuilder.guide(self._fills)
            self.watch.work = max(self.watch.work, self.master.work)
        self.bound.count_time(lambda: self._done(share))
        self.watch.improve_lower(self.bound.best)

    def _together(self) -> None:
        """Prove in a second thread, which joins the search for plans when the bound has settled."""

        def prove() -> None:
            if self._scan is None:
                self._prove(1.0)
            if not self._done():
                self._help()

        beside = Beside(prove)
        try:
            self._plan(beside)
        finally:
            self._stop.set()
        beside.end()

    def _help(self) -> None:
        """Search for plans beside the first search; now and then the worse goes on from the better plan."""
        is_from_dive = self._scan is not None
        helper = PlanSearch(Rebuilder(self.master, self.flat, self.watch.limits.seed + 1), is_from_dive=is_from_dive)
        fills = self.rebuilder.fills if is_from_dive else self._fills
        if fills is not None:
            helper.rebuilder.guide(fills)
        helper.rebuilder.adopt(self.rebuilder)
        self._helper = helper
        looked = self.watch.seconds
        while not self._done():
            self._improve(helper, self._search)
            if self.watch.seconds - looked > EXCHANGE_EVERY_S:
                looked = self.watch.seconds
                helper.rebuilder.adopt(self.rebuilder)

    def _plan(self, beside: Beside | None = None) -> None:
        watch, rebuilder = self.watch, self.rebuilder
        if self._scan is None:
            self._build()
        self._begun = self._progress()
        watch.phase = "improving"
        looked = exchanged = watch.seconds
        while not self._done() and not (beside is not None and beside.has_failed):
            self._improve(self._search, self._helper)
            watch.work = max(watch.work, self.master.work)
            if self._helper is not None and watch.seconds - exchanged > EXCHANGE_EVERY_S:
                exchanged = watch.seconds
                rebuilder.adopt(self._helper.rebuilder)
            if watch.limits.gap > 0 and watch.seconds - looked > LOOK_EVERY_S:
                looked = watch.seconds
                self.take(rebuilder.plan())
            watch.improve_upper(rebuilder.best_total)
        if self._helper is not None:
            rebuilder.adopt(self._helper.rebuilder)
        watch.phase = "writing"
        self.take(rebuilder.plan())

    def _improve(self, search: PlanSearch, other: PlanSearch | None) -> None:
        """Improve the plan of one search a little, and tell the other."""
        watch = self.watch
        limits = MipLimits(
            time_s=watch.seconds_left if watch.counts_work else min(REROUTE_S, watch.seconds_left),
            nodes=REROUTE_NODES if watch.counts_work else -1,
            gap=REROUTE_GAP,
            cancelled=self._done,
        )
        move = search.improve(self._used(), limits)
        if move is not None and other is not None:
            other.news.append(move)

    def _used(self) -> float:
        """How much of the time and work for improving plans has been used."""
        return (self._progress() - self._begun) / max(1.0 - self._begun, 1e-9)

    def _progress(self) -> float:
        """How much of the time and work that there is has been used; 0.5 where there is no limit."""
        limits, watch = self.watch.limits, self.watch
        if watch.counts_work:
            return min(watch.used, 1.0)
        if not np.isfinite(limits.time_s):
            return 0.5
        return min(watch.used + self._keep_s / limits.time_s, 1.0) if limits.time_s > 0 else 1.0
