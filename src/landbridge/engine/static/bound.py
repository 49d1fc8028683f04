"""The proof: the strong relaxation, and what tightens it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.problem import FloatArray
from landbridge.engine.static.master import PathMaster
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.record import Hints, Record
from landbridge.engine.static.relax import relax

INFEASIBLE_UNITS = 1e-5
"""Units left unserved in every plan above which a problem is infeasible."""


class Prover:
    """Proves bounds in steps and hands what the relaxation says to the search."""

    def __init__(self, frame: Frame, record: Record, stop: Callable[[], bool]) -> None:
        self.frame, self.record, self.stop = frame, record, stop
        net = frame.net
        self.master = self._master(frame.unserved_cost)
        self.demand_dual: FloatArray | None = None
        self.infeasible = False
        self.finished = False
        self.num_k = len(net.qty)

    def _master(self, unserved_cost: FloatArray) -> PathMaster:
        net = self.frame.net
        return PathMaster(
            net, self.frame.graph, self.frame.pool, np.zeros(len(net.module_cap)), net.module_most, unserved_cost
        )

    def relax(self) -> None:
        """Solve the strong relaxation; finds out whether the problem is infeasible."""
        watch, master, net = self.record.watch, self.master, self.frame.net
        watch.phase = "relaxation"
        relaxed = relax(master, self.stop)
        self.record.bound(relaxed.bound + net.constant)
        if not relaxed.result.has_point:
            self.finished = True
            return
        must = np.isinf(net.penalty)
        if relaxed.converged and (master.unserved(relaxed.result.x)[must] > INFEASIBLE_UNITS).any():
            self.infeasible = self._is_infeasible()
        self.x, self.dual = relaxed.result.x, relaxed.result.row_dual
        self.demand_dual = self.dual[: self.num_k]
        self._hint()

    def _is_infeasible(self) -> bool:
        """Whether freight that must be served cannot be, even with every module there is and flows for nothing."""
        net = self.frame.net
        must = np.isinf(net.penalty).astype(np.float64)
        master = PathMaster(
            net, self.frame.graph, self.frame.pool, net.module_most, net.module_most, must, free=True
        )
        return relax(master, self.stop, strong=False).bound > INFEASIBLE_UNITS

    def _hint(self) -> None:
        net, master = self.frame.net, self.master
        use, reduced = np.zeros(net.num_links), np.full(net.num_links, np.inf)
        np.add.at(use, net.module_link, master.copies(self.x))
        np.minimum.at(reduced, net.module_link, master.module_prices(master.clean(self.dual)))
        self.record.hints = Hints(use=use, reduced=reduced, paths=master.paths)

    def step(self) -> None:
        """Tighten the bound a little."""
        self.finished = True
