"""Which slots freight can ride one after another, by timetables: what lets a cut count several slots of one kind."""

from __future__ import annotations

import numpy as np

from landbridge.engine.cuts.kernels import sweep
from landbridge.engine.master.master import Master
from landbridge.engine.problem import IntArray

NEVER = 2**31 - 1
"""Minutes that no freight has."""


class Reach:
    """
    Least minutes between two rides, for freight of a class: from the start of the first to the end of the second.

    They are found in the network in space and time, so a connection that the timetable does not offer is none.
    """

    def __init__(self, master: Master) -> None:
        net, p = master.net, master.problem
        self.net, self.classes = net, p.commodity_class
        self.window = (master.terminal_deadline - master.terminal_ready).astype(np.int64)
        self.travel = (net.slot_end - net.slot_start).astype(np.int64)
        self.arc_of_slot = np.full(len(net.slot_run), -1, dtype=np.int64)
        rides = np.where(net.arc_slot >= 0)[0]
        self.arc_of_slot[net.arc_slot[rides]] = rides
        self._classes_of: list[list[int]] = [[] for _ in range(len(master.supply))]
        for k, t in enumerate(p.commodity_supply.tolist()):
            if int(p.commodity_class[k]) not in self._classes_of[t]:
                self._classes_of[t].append(int(p.commodity_class[k]))
        self._spans: dict[tuple[int, int], IntArray] = {}

    def spans(self, slot: int, klass: int) -> IntArray:
        """Least minutes from the start of a slot to the end of each other that can be ridden later. Shape ``(Z,)``."""
        key = (slot, klass)
        if key not in self._spans:
            net = self.net
            arc = int(self.arc_of_slot[slot])
            found = np.full(len(net.slot_run), NEVER, dtype=np.int32)
            if arc >= 0:
                sweep(
                    net.num_nodes,
                    net.num_cycles,
                    net.horizon_min,
                    net.node_min,
                    net.arc_ptr,
                    net.arc_head,
                    net.arc_wrap,
                    net.arc_slot,
                    net.arc_access,
                    net.access[klass],
                    self.travel,
                    int(net.arc_head[arc]),
                    int(self.travel[slot]),
                    found,
                )
            self._spans[key] = found
        return self._spans[key]

    def rides_both(self, terminal: int, slots: IntArray) -> np.ndarray:
        """Whether freight of a terminal can ride two of some slots, in either order. Shape ``(S, S)``."""
        both = np.zeros((len(slots), len(slots)), dtype=np.bool_)
        if self.net.is_static:
            return np.ones_like(both)
        for klass in self._classes_of[terminal]:
            for i, z in enumerate(slots.tolist()):
                fits = self.spans(z, klass)[slots] <= self.window[terminal]
                both[i] |= fits
                both[:, i] |= fits
        return both
