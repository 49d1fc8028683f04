"""The best flows for a given design: an exact linear program."""

from __future__ import annotations

import time

import numpy as np

from landbridge.engine.problem import FloatArray
from landbridge.engine.static.master import PathMaster
from landbridge.engine.static.plan import Frame, StaticPlan

MOST_ROUNDS = 30
"""Rounds of pricing; the last rounds gain next to nothing."""


class FlowProgram:
    """Cheapest flows within given copies of modules, until a time; solved again and again from the last basis."""

    def __init__(self, frame: Frame, until: float = np.inf) -> None:
        self.frame, self.until = frame, until
        net = frame.net
        none = np.zeros(len(net.module_cap))
        self.master = PathMaster(net, frame.graph, frame.pool, none, none, frame.unserved_cost)

    def solve(self, start: StaticPlan, copies: FloatArray | None = None) -> StaticPlan:
        """Best flows within ``copies`` (default: those of the plan), no worse than the plan it starts from."""
        master = self.master
        copies = start.copies if copies is None else copies
        master.set_bounds(copies, copies)
        master.add_paths(start.paths)
        plan = start
        for _ in range(MOST_ROUNDS):
            result = master.solve(self.until - time.monotonic())
            if not result.has_point:
                break
            added, _ = master.price(result.row_dual)
            if not added:
                break
        if result.has_point:
            found = self.frame.plan(master.paths, master.path_flow(result.x))
            serves_more = self.frame.is_complete(found) > self.frame.is_complete(plan)
            plan = found if found.cost < plan.cost or serves_more else plan
        return plan
