"""Which slots freight can ride one after another, by timetables."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, IntArray
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.kernels import mark_rides, sweep

NEVER = 2**31 - 1
"""Minutes that no freight has."""


class Reach:
    """
    Least minutes between two rides: from the start of the first to the end of the second.

    They are found in the network in space and time, so a connection that the timetable does not offer is none.
    """

    def __init__(self, problem: DesignProblem, net: Expansion) -> None:
        self.net, self._problem = net, problem
        self.travel = (net.slot_end - net.slot_start).astype(np.int64)
        self._arc = np.full(len(net.slot_run), -1, dtype=np.int64)
        rides = np.where(net.arc_slot >= 0)[0]
        self._arc[net.arc_slot[rides]] = rides
        self._spans: dict[int, IntArray] = {}
        self._can: dict[int, BoolArray] = {}

    def spans(self, slot: int) -> IntArray:
        """Least minutes from the start of a slot to the end of each that can be ridden after it. Shape ``(Z,)``."""
        if slot not in self._spans:
            net = self.net
            found = np.full(len(net.slot_run), NEVER, dtype=np.int64)
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

    def can_ride(self, group: int) -> BoolArray:
        """Slots that freight of a group (what starts or ends there) can ride and still be in time. Shape ``(Z,)``."""
        if group not in self._can:
            p, net = self._problem, self.net
            can = np.zeros(len(net.slot_run), dtype=np.bool_)
            supply = p.commodity_supply[p.sink_commodity]
            for s in np.where((supply == group) | (p.sink_terminal == group))[0].tolist():
                if net.is_static:
                    can[:] = True
                    break
                k, place = int(p.sink_commodity[s]), int(p.sink_node[s])
                mark_rides(
                    net.num_nodes,
                    net.num_cycles,
                    net.horizon_min,
                    net.node_min,
                    net.arc_ptr,
                    net.arc_head,
                    net.arc_wrap,
                    net.arc_slot,
                    net.arc_access,
                    net.access[int(p.commodity_class[k])],
                    int(net.origin_node[k]),
                    net.place_node[net.place_ptr[place] : net.place_ptr[place + 1]],
                    int(p.sink_deadline_min[s]),
                    can,
                )
            self._can[group] = can
        return self._can[group]
