"""Which slots freight can ride one after another, by timetables."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, IntArray
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.kernels import sweep

NEVER = 2**31 - 1
"""Minutes that no freight has."""


class Reach:
    """
    Least minutes between two rides: from the start of the first to the end of the second.

    They are found in the network in space and time, so a connection that the timetable does not offer is none.
    """

    def __init__(self, problem: DesignProblem, net: Expansion) -> None:
        self.net = net
        self.travel = (net.slot_end - net.slot_start).astype(np.int64)
        self._arc = np.full(len(net.slot_run), -1, dtype=np.int64)
        rides = np.where(net.arc_slot >= 0)[0]
        self._arc[net.arc_slot[rides]] = rides
        self._spans: dict[int, IntArray] = {}

    def spans(self, slot: int) -> IntArray:
        """Least minutes from the start of a slot to the end of each that can be ridden after it. Shape ``(Z,)``."""
        if slot not in self._spans:
            net = self.net
            found = np.full(len(net.slot_run), NEVER, dtype=np.int32)
            if self._arc[slot] >= 0:
                head = int(net.arc_head[self._arc[slot]])
                sweep(
                    net.num_nodes,
                    net.num_cycles,
                    net.horizon_min,
                    net.node_min,
                    net.arc_ptr,
                    net.arc_head,
                    net.arc_wrap,
                    net.arc_slot,
                    self.travel,
                    head,
                    int(self.travel[slot]),
                    found,
                )
            self._spans[slot] = found
        return self._spans[slot]

    def least_span(self, slots: IntArray) -> int:
        """Least minutes in which two of some slots, or one of them twice, can be ridden."""
        if self.net.is_static:
            return 0 if len(slots) > 1 else NEVER
        return min((int(self.spans(z)[slots].min()) for z in slots.tolist()), default=NEVER)

    def ridden_twice(self, slots: IntArray, window: IntArray) -> BoolArray:
        """Whether freight that has so many minutes might ride more than one of some slots, or one again."""
        twice: BoolArray = window >= self.least_span(slots)
        return twice
