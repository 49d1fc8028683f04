"""From the steps of a path, as a solution lists them, to the arcs of the expanded network."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from landbridge.engine.problem import DesignProblem, IntArray
from landbridge.engine.space.candidates import leg_offsets
from landbridge.engine.space.expansion import Expansion

Step = tuple[bool, int, int]
"""Whether it is a link, the index of the link or leg, and the unwrapped minute at which it starts."""


class StepIndex:
    """Finds the arcs of an expansion by what they stand for."""

    def __init__(self, problem: DesignProblem, net: Expansion) -> None:
        self.problem, self.net = problem, net
        self.run_at = {
            (vehicle, minute): run
            for run, (vehicle, minute) in enumerate(zip(net.run_vehicle.tolist(), net.run_min.tolist(), strict=True))
        }
        rides = np.where(net.arc_slot >= 0)[0]
        self._arc_of_slot = dict(zip(net.arc_slot[rides].tolist(), rides.tolist(), strict=True))
        links = np.where(net.arc_link >= 0)[0]
        minutes = net.node_min[net.arc_tail[links]]
        keys = zip(net.arc_link[links].tolist(), minutes.tolist(), strict=True)
        self._arc_of_link = dict(zip(keys, links.tolist(), strict=True))
        self._offset, self._first_leg, _ = leg_offsets(problem)
        self._waits: dict[tuple[int, int, int], list[tuple[int, int]] | None] = {}

    def wrap(self, minute: int) -> int:
        """Minute within the cycle."""
        return minute % self.problem.horizon_min if self.problem.cyclic else minute

    def run_of(self, leg: int, start_min: int) -> int | None:
        """Candidate run to which a leg that starts at a minute belongs."""
        vehicle = int(self.problem.leg_vehicle[leg])
        return self.run_at.get((vehicle, self.wrap(start_min - int(self._offset[leg]))))

    def path(self, commodity: int, steps: Sequence[Step]) -> tuple[IntArray, IntArray] | None:
        """
        Arcs and cycles of a path, waiting and staying aboard filled in.

        Returns
        -------
        tuple or None
            None where the network has no such departure, handling or way between two steps.
        """
        net = self.net
        node, cycle = int(net.origin_node[commodity]), 0
        arcs: list[int] = []
        cycles: list[int] = []
        for is_link, index, start in steps:
            arc = self._handle(index, start) if is_link else self._ride(index, start)
            if arc is None:
                return None
            tail = int(net.arc_tail[arc])
            at = (start - int(net.node_min[tail])) // net.horizon_min if self.problem.cyclic else 0
            between = self._wait(node, cycle, tail, at)
            if between is None:
                return None
            for waiting, c in (*between, (arc, at)):
                arcs.append(waiting)
                cycles.append(c)
            node, cycle = int(net.arc_head[arc]), at + int(net.arc_wrap[arc])
        if net.node_place[node] < 0:  # still inside the vehicle: alight
            out = [a for a in range(int(net.arc_ptr[node]), int(net.arc_ptr[node + 1])) if self._is_quiet(a)]
            alight = [a for a in out if net.node_place[net.arc_head[a]] >= 0]
            if not alight:
                return None
            arcs.append(alight[0])
            cycles.append(cycle)
        return np.array(arcs, dtype=np.int64), np.array(cycles, dtype=np.int64)

    def _handle(self, link: int, start_min: int) -> int | None:
        """Arc of a handling; where the network has none at that minute the latest one before, with the wait after."""
        found = self._arc_of_link.get((link, self.wrap(start_min)))
        if found is not None or self.problem.cyclic:
            return found
        place = int(self.problem.link_tail[link])
        nodes = self.net.place_node[self.net.place_ptr[place] : self.net.place_ptr[place + 1]]
        minutes = self.net.node_min[nodes]
        earlier = [int(minute) for minute in minutes[minutes < start_min]]
        return next((self._arc_of_link[link, m] for m in reversed(earlier) if (link, m) in self._arc_of_link), None)

    def _ride(self, leg: int, start_min: int) -> int | None:
        run = self.run_of(leg, start_min)
        if run is None:
            return None
        slot = int(self.net.run_slot_ptr[run]) + leg - int(self._first_leg[self.problem.leg_vehicle[leg]])
        return self._arc_of_slot.get(slot)

    def _is_quiet(self, arc: int) -> bool:
        return bool(self.net.arc_slot[arc] < 0 and self.net.arc_link[arc] < 0)

    def _wait(self, node: int, cycle: int, to_node: int, to_cycle: int) -> list[tuple[int, int]] | None:
        """Waiting, boarding and alighting between two nodes; empty when they are one. Many paths wait alike."""
        key = (node, to_node, to_cycle - cycle)
        if key not in self._waits:
            self._waits[key] = self._find_wait(node, 0, to_node, to_cycle - cycle)
        found = self._waits[key]
        return None if found is None else [(arc, at + cycle) for arc, at in found]

    def _find_wait(self, node: int, cycle: int, to_node: int, to_cycle: int) -> list[tuple[int, int]] | None:
        net = self.net
        if (node, cycle) == (to_node, to_cycle):
            return []
        latest = int(net.node_min[to_node]) + to_cycle * net.horizon_min
        came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
        todo = deque([(node, cycle)])
        while todo:
            at = todo.popleft()
            for arc in range(int(net.arc_ptr[at[0]]), int(net.arc_ptr[at[0] + 1])):
                if not self._is_quiet(arc):
                    continue
                head = (int(net.arc_head[arc]), at[1] + int(net.arc_wrap[arc]))
                minute = int(net.node_min[head[0]]) + head[1] * net.horizon_min
                if head in came or minute > latest:
                    continue
                came[head] = (at, arc)
                if head == (to_node, to_cycle):
                    return _walk_back(came, (node, cycle), head)
                todo.append(head)
        return None


def _walk_back(
    came: dict[tuple[int, int], tuple[tuple[int, int], int]], start: tuple[int, int], end: tuple[int, int]
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = end
    while at != start:
        at, arc = came[at]
        found.append((arc, at[1]))
    return found[::-1]
