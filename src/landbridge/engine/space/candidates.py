"""Candidate departures of services without a timetable (docs/design/engine.md, section 2)."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import DesignProblem, IntArray

GRIDS_MIN = (1, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""Steps a service's candidates are rounded to; the finest that leaves at most ``MOST_CANDIDATES`` is taken."""

MOST_CANDIDATES = 28
"""Most candidate minutes of one service, unless the coarsest grid leaves more."""

ROUNDS = 3
"""How many untimed services in a row are followed when arrival times are propagated."""


def candidate_minutes(problem: DesignProblem) -> dict[int, IntArray]:
    """
    Derive the minutes at which each service without a timetable may leave its first hub.

    A service may leave when freight becomes ready at one of its stops, when
    freight or a vehicle of its fleet arrives there, or at the last moment at which it reaches a
    due time. Ready and arrival times are rounded up, due times down, to the
    finest grid that leaves at most ``MOST_CANDIDATES`` minutes a service, so
    that each candidate stays usable by the freight it was made for.

    Returns
    -------
    dict
        Ascending minutes in ``0..horizon`` (cyclic: below it) by service index, for each service with
        an untimed vehicle.
    """
    return _Propagation(problem).run()


class _Propagation:
    """Times at which something may be at a node, and what they make of the untimed services."""

    def __init__(self, problem: DesignProblem) -> None:
        self.problem = problem
        self.horizon = problem.horizon_min
        num_nodes = len(problem.node_rank)
        self.times: list[set[int]] = [set() for _ in range(num_nodes)]
        self.latest: list[set[int]] = [set() for _ in range(num_nodes)]
        self.vehicle_times: dict[tuple[int, int], set[int]] = {}
        self.offset, self.first_leg, self.last_leg = leg_offsets(problem)

    def run(self) -> dict[int, IntArray]:
        problem = self.problem
        untimed = [v for v in range(len(problem.vehicle_timed)) if not problem.vehicle_timed[v]]
        if not untimed:
            return {}
        if self.horizon == 0:
            return {int(problem.vehicle_service[v]): np.zeros(1, dtype=np.int64) for v in untimed}
        self._seed()
        representative = {int(problem.vehicle_service[v]): v for v in reversed(untimed)}
        minutes: dict[int, set[int]] = {service: set() for service in representative}
        for _ in range(ROUNDS):
            self._follow_links()
            for service, v in representative.items():
                minutes[service] = self._round(minutes[service] | self._minutes_of(v), set())
            for service, v in representative.items():
                self._arrive(v, minutes[service])
        return {service: np.array(sorted(found), dtype=np.int64) for service, found in minutes.items()}

    def _seed(self) -> None:
        problem = self.problem
        for node, ready in zip(problem.commodity_origin, problem.commodity_ready_min, strict=True):
            self._add(int(node), int(ready))
        for v, minute in zip(problem.departure_vehicle, problem.departure_min, strict=True):
            self._arrive(int(v), {int(minute)})
        into: dict[int, list[tuple[int, int]]] = {}
        for tail, head, duration in zip(problem.link_tail, problem.link_head, problem.link_duration_min, strict=True):
            into.setdefault(int(head), []).append((int(tail), int(duration)))
        for node, due in zip(problem.sink_node, problem.sink_due_min, strict=True):
            self.latest[int(node)].add(int(due))
            for tail, duration in into.get(int(node), ()):
                self.latest[tail].add(int(due) - duration)

    def _add(self, node: int, minute: int) -> None:
        if self.problem.cyclic:
            minute %= self.horizon
        if minute <= self.horizon:
            self.times[node].add(minute)

    def _follow_links(self) -> None:
        problem = self.problem
        for _ in range(2):
            for m in range(len(problem.link_tail)):
                tail, head = int(problem.link_tail[m]), int(problem.link_head[m])
                for minute in tuple(self.times[tail]):
                    start = next_opening(problem, m, minute)
                    if start is not None:
                        self._add(head, start + int(problem.link_duration_min[m]))

    def _minutes_of(self, v: int) -> set[int]:
        """Minutes at which vehicle v leaves its first hub to meet what is at its stops, or a due time."""
        problem = self.problem
        early: set[int] = set()
        late: set[int] = set()
        for leg in range(self.first_leg[v], self.last_leg[v] + 1):
            before = int(self.offset[leg])
            after = before + int(problem.leg_travel_min[leg])
            early |= {minute - before for minute in self.times[int(problem.leg_tail[leg])]}
            late |= {minute - after for minute in self.latest[int(problem.leg_head[leg])]}
        fleet = int(problem.vehicle_fleet[v])
        if fleet >= 0:
            early |= self.vehicle_times.get((fleet, int(problem.vehicle_from_hub[v])), set())
        return self._round(early, late)

    def _round(self, early: set[int], late: set[int]) -> set[int]:
        """Early minutes up, late minutes down, to the finest grid that leaves few enough; inside the horizon."""
        rounded: set[int] = set()
        for grid in GRIDS_MIN:
            rounded = {-(-minute // grid) * grid for minute in early} | {minute // grid * grid for minute in late}
            if self.problem.cyclic:
                rounded = {minute % self.horizon for minute in rounded}
            rounded = {minute for minute in rounded if 0 <= minute <= self.horizon}
            if len(rounded) <= MOST_CANDIDATES:
                break
        return rounded

    def _arrive(self, v: int, minutes: set[int]) -> None:
        problem = self.problem
        for leg in range(self.first_leg[v], self.last_leg[v] + 1):
            span = int(self.offset[leg] + problem.leg_travel_min[leg])
            for minute in minutes:
                self._add(int(problem.leg_head[leg]), minute + span)
        fleet = int(problem.vehicle_fleet[v])
        if fleet >= 0:
            arrivals = self.vehicle_times.setdefault((fleet, int(problem.vehicle_to_hub[v])), set())
            for minute in minutes:
                end = minute + span
                arrivals.add(end % self.horizon if problem.cyclic else end)


def leg_offsets(problem: DesignProblem) -> tuple[IntArray, IntArray, IntArray]:
    """Minutes from a vehicle's leaving to the start of each leg; first and last leg of each vehicle."""
    num_vehicles = len(problem.vehicle_service)
    first = np.searchsorted(problem.leg_vehicle, np.arange(num_vehicles), side="left")
    last = np.searchsorted(problem.leg_vehicle, np.arange(num_vehicles), side="right") - 1
    before = np.concatenate([[0], np.cumsum(problem.leg_travel_min)])
    offset = before[:-1] - before[first[problem.leg_vehicle]]
    return offset.astype(np.int64), first.astype(np.int64), last.astype(np.int64)


def next_opening(problem: DesignProblem, link: int, minute: int) -> int | None:
    """First minute at or after ``minute`` at which a link may start; None when it does not open again."""
    first, last = int(problem.link_window_ptr[link]), int(problem.link_window_ptr[link + 1])
    if first == last:
        return minute
    base = minute // problem.horizon_min * problem.horizon_min if problem.cyclic else 0
    for cycle in (base, base + problem.horizon_min):
        for w in range(first, last):
            start, end = cycle + int(problem.window_start[w]), cycle + int(problem.window_end[w])
            if minute < end:
                return max(minute, start)
        if not problem.cyclic:
            return None
    return None
