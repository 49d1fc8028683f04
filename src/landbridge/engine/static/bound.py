"""The proof: the strong relaxation, and what tightens it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.problem import FloatArray
from landbridge.engine.static.branch import Part, Tree
from landbridge.engine.static.cuts import CutFinder
from landbridge.engine.static.master import PathMaster
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.record import Hints, PartHint, Record
from landbridge.engine.static.relax import Relaxed, relax
from landbridge.engine.static.turns import READY

INFEASIBLE_UNITS = 1e-5
"""Units left unserved in every plan above which a problem is infeasible."""

MOST_CUTS = 100
"""Cuts added in one round."""

QUIET, QUIET_ROUNDS = 2e-4, 3
"""Rounds of cuts in turn that may move the bound by less than this before branching begins."""

CLOSE = 1e-8
"""Parts within this of the best plan, relative, are not looked at."""

LEAST_DEPTH = 3
"""Copies branched on, at least, in a part that is handed to the search."""

HINT_EVERY = 10
"""Nodes between two hints to the search."""


class Prover:
    """
    Proves bounds in steps and hands what the relaxation says to the search.

    References
    ----------
    .. [1] Gendron, B., and M. Larose (2014). Branch-and-price-and-cut for large-scale multicommodity capacitated
           fixed-charge network design. *EURO Journal on Computational Optimization* 2(1-2): 55-75.
           https://doi.org/10.1007/s13675-014-0020-9.
    """

    def __init__(self, frame: Frame, record: Record, stop: Callable[[], bool]) -> None:
        self.frame, self.record, self.stop = frame, record, stop
        net = frame.net
        self.master = self._master(frame.unserved_cost)
        self.demand_dual: FloatArray | None = None
        self.infeasible = False
        self.finished = False
        self.num_k = len(net.qty)
        self.bound = -np.inf
        self.quiet = 0
        self.tree: Tree | None = None
        self.finder = CutFinder(self.master, np.random.default_rng(record.watch.limits.seed))
        self.fixed_at = np.inf

    @property
    def parts(self) -> int:
        """Parts of the tree so far; 0: branching has not begun."""
        return 0 if self.tree is None else self.tree.count

    def _master(self, unserved_cost: FloatArray) -> PathMaster:
        net = self.frame.net
        return PathMaster(
            net, self.frame.graph, self.frame.pool, np.zeros(len(net.module_cap)), net.module_most, unserved_cost
        )

    def relax(self) -> None:
        """Solve the strong relaxation; finds out whether the problem is infeasible."""
        watch, master, net = self.record.watch, self.master, self.frame.net
        watch.phase = "relaxation"
        relaxed = self._solve(np.inf)
        self.record.bound(relaxed.bound + net.constant)
        if not relaxed.result.has_point:
            self.finished = True
            return
        must = np.isinf(net.penalty)
        if relaxed.converged and (master.unserved(relaxed.result.x)[must] > INFEASIBLE_UNITS).any():
            self.infeasible = self._is_infeasible()
        self.demand_dual = self.dual[: self.num_k]
        self._hint()

    def _is_infeasible(self) -> bool:
        """Whether freight that must be served cannot be, even with every module there is and flows for nothing."""
        net = self.frame.net
        must = np.isinf(net.penalty).astype(np.float64)
        master = PathMaster(net, self.frame.graph, self.frame.pool, net.module_most, net.module_most, must, free=True)
        return relax(master, self.stop, strong=False, until=self.record.watch.until).bound > INFEASIBLE_UNITS

    def _hint(self) -> None:
        net, master = self.frame.net, self.master
        use, reduced = np.zeros(net.num_links), np.full(net.num_links, np.inf)
        np.add.at(use, net.module_link, master.copies(self.x))
        np.minimum.at(reduced, net.module_link, master.module_prices(master.clean(self.dual)))
        self.record.hints = Hints(use=use, reduced=reduced, paths=master.paths)

    def step(self) -> None:
        """Tighten the bound a little: cuts first, as long as they help, then one part of the tree."""
        if self.tree is None:
            self._cut()
        else:
            self._branch(self.tree)

    def _cut(self) -> None:
        """One round of cuts; begins the tree where they no longer help."""
        watch, master, net = self.record.watch, self.master, self.frame.net
        cuts = self.finder.separate(self.x, MOST_CUTS, self.stop)
        added = sum(master.add_cut(cut) for cut in cuts)
        before = self.bound
        if added:
            self._solve(np.inf)
            self.record.bound(self.bound + net.constant)
        self.quiet = 0 if self.bound > before + QUIET * max(1.0, abs(before)) else self.quiet + 1
        if not added or self.quiet >= QUIET_ROUNDS:
            self.root_bound, self.root_reduced = master.priced
            self.tree = Tree(master, self.bound)
        watch.tick()

    def _solve(self, cutoff: float) -> Relaxed:
        """Solve the relaxation within the present bounds on copies."""
        relaxed = relax(self.master, self.stop, cutoff=cutoff, until=self.record.watch.until)
        self.record.watch.work += self.master.take_work()
        if relaxed.result.has_point:
            self.x, self.dual = relaxed.result.x, relaxed.result.row_dual
        if self.tree is None:
            self.bound = max(self.bound, relaxed.bound)
        return relaxed

    def _cutoff(self) -> float:
        """Bound from which on a part holds nothing better than the best plan."""
        best = self.record.best
        return np.inf if best is None else best.cost - self.frame.net.constant - CLOSE * max(1.0, abs(best.cost))

    def _branch(self, tree: Tree) -> None:
        """Solve the open part with the lowest bound and split it in two."""
        record, master, net = self.record, self.master, self.frame.net
        record.watch.phase = "branching"
        self._fix(tree)
        if tree.bound > self._cutoff() or not tree.open:
            self.finished = True
            self.infeasible = record.best is None
            record.bound(np.inf)
            return
        part = tree.pop()
        master.set_bounds(*tree.bounds_of(part))
        relaxed = self._solve(self._cutoff())
        bound = max(part.bound, relaxed.bound)
        tree.learn(part, bound)
        if self.stop() and bound <= self._cutoff():
            tree.push(bound, part.changes)
        elif not relaxed.result.has_point and not relaxed.result.is_infeasible:
            tree.push(bound, part.changes)  # the solver gave up: nothing more is proved
            self.finished = True
        elif bound <= self._cutoff() and relaxed.result.has_point:
            module = tree.choose(self.x, relaxed.result.objective)
            record.watch.work += master.take_work()
            if module >= 0:
                tree.split(part, bound, module, float(master.copies(self.x)[module]))
                self._offer(tree, part)
            else:
                self._settle(tree, part, bound)
            if tree.count % HINT_EVERY == 0:
                self._hint()
        record.bound(min(tree.bound, self._cutoff()) + net.constant)

    def _offer(self, tree: Tree, part: Part) -> None:
        """Hand a part to the search; not where work is counted."""
        if self.record.watch.counts_work or len(part.changes) < LEAST_DEPTH:
            return
        self.record.is_far = tree.bound - self.root_bound >= READY * (self._cutoff() - self.root_bound)
        self.record.offer(
            PartHint(
                depth=len(part.changes),
                estimate=tree.estimate + self.frame.net.constant,
                low=self.master.low.copy(),
                high=self.master.high.copy(),
            )
        )

    def _settle(self, tree: Tree, part: Part, bound: float) -> None:
        """
        Take the plan of a part whose copies are whole, and close the part if no other plan in it costs less.

        Where the relaxation left something over for less than it costs to carry, or its cuts kept paths from being
        priced, the plan does not show that; the part is split all the same, down to a single design.
        """
        master, frame = self.master, self.frame
        plan = frame.plan(master.paths, master.path_flow(self.x))
        self.record.take(plan)
        distance = plan.cost - frame.net.constant - bound
        if frame.is_complete(plan) and distance <= CLOSE * max(1.0, abs(plan.cost)):
            return
        free = np.where(master.high > master.low + 0.5)[0]
        if len(free):
            module = int(free[np.argmax(frame.net.module_cost[free])])
            copies = float(
                np.clip(np.round(master.copies(self.x)[module]), master.low[module], master.high[module] - 1)
            )
            tree.split(part, bound, module, copies)
            return
        alone = self._master(frame.unserved_cost)
        alone.set_bounds(master.low, master.high)
        relax(alone, self.stop, strong=False, until=self.record.watch.until)
        result = alone.solve(self.record.watch.seconds_left)
        if result.has_point:
            self.record.take(frame.plan(alone.paths, alone.path_flow(result.x)))
        if self.stop():
            tree.push(bound, part.changes)

    def _fix(self, tree: Tree) -> None:
        """Fix copies that would cost more than the best plan allows, by reduced costs at the root [1]_."""
        slack = self._cutoff() - self.root_bound
        if slack >= self.fixed_at:
            return
        self.fixed_at = slack
        tree.low = np.where(-self.root_reduced > slack, self.frame.net.module_most, tree.low)
        tree.high = np.where(self.root_reduced > slack, 0.0, tree.high)
