"""Looks for ways through a network after the plan is made: in space, in time, and with the room that is left."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import BoolArray, FloatArray
from landbridge.network import Network
from landbridge.planning.departures import RunKey, leg_offsets
from landbridge.units import MINUTES_PER_DAY, QTY_TOL

MOST_TRIES = 64
"""Departures of one vehicle that are looked at, one after another, for room."""


@dataclass(frozen=True, slots=True)
class Step:
    """A leg or link of a way, with the minute it starts (0 in a way without time)."""

    is_link: bool
    index: int
    start_min: int


Way = tuple[Step, ...]
Usable = Callable[[int, int], bool]
"""Tells whether a leg of the run that left at a minute may be taken."""

Move = tuple[int, int, int]
"""First and last leg of one ride and the minute its run left; or -1, a link, and the minute it starts."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where freight can be, when at the earliest (or at what least cost), and by which move it came."""

    at: Mapping[int, float]
    via: Mapping[int, tuple[int, Move]]
    offsets: Sequence[int]

    def way_to(self, node: int) -> Way:
        """Steps to a node that is reached."""
        moves: list[Move] = []
        while node in self.via:
            node, move = self.via[node]
            moves.append(move)
        return tuple(step for move in reversed(moves) for step in self._steps(move))

    def _steps(self, move: Move) -> Iterator[Step]:
        first, last, minute = move
        if first < 0:
            yield Step(True, last, minute)
        else:
            yield from (Step(False, leg, minute + self.offsets[leg]) for leg in range(first, last + 1))


class WayFinder:
    """A network with the plan that was found on it."""

    def __init__(self, network: Network, solution: DesignSolution) -> None:
        self.network = network
        self.problem = problem = network.problem
        self.offsets = leg_offsets(network)
        self.legs_from = _by_tail(problem.leg_tail.tolist())
        self.links_from = _by_tail(problem.link_tail.tolist())
        self.leg_vehicle = problem.leg_vehicle.tolist()
        self.rest_of_route = _rest_of_routes(network, self.offsets)
        self.link_head = problem.link_head.tolist()
        self.link_duration = problem.link_duration_min.tolist()
        self.minutes = [
            None if (slots := network.vehicles.plans[plan].slots) is None else tuple(slots)
            for plan in network.vehicles.plan_by_vehicle
        ]
        self.runs = _count_runs(network, solution)
        self.running = _running_minutes(self.runs)
        self.load = _sum_loads(network, solution, self.offsets)
        self.limits = _LimitUse(network, self.runs)
        self._has_place: dict[RunKey, bool] = {}

    # Ways in space.

    def cheapest(self, start: int, leg_cost: FloatArray, link_cost: FloatArray) -> Reach:
        """Cheapest ways from a node; a cost of inf closes a leg or link, time does not count."""
        leg_list, link_list = leg_cost.tolist(), link_cost.tolist()
        at: dict[int, float] = {start: 0.0}
        via: dict[int, tuple[int, Move]] = {}
        done: set[int] = set()
        heap = [(0.0, start)]

        def relax(node: int, head: int, total: float, move: Move) -> None:
            if total < at.get(head, np.inf):
                at[head] = total
                via[head] = (node, move)
                heappush(heap, (total, head))

        while heap:
            cost, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            for link in self.links_from.get(node, ()):
                relax(node, self.link_head[link], cost + link_list[link], (-1, link, 0))
            for leg in self.legs_from.get(node, ()):
                total = cost
                for aboard, head, _ in self.rest_of_route[leg]:
                    total += leg_list[aboard]
                    if total == np.inf:
                        break
                    relax(node, head, total, (leg, aboard, 0))
        return Reach(at, via, self.offsets)

    # Ways in time.

    def earliest(
        self,
        start: int,
        ready_min: int,
        latest_min: int,
        legs: BoolArray,
        links: BoolArray,
        usable: Usable | None = None,
        is_running_only: bool = False,
    ) -> Reach:
        """Earliest arrivals from a node at a minute until a latest one, by legs and links that are open."""
        leg_ok, link_ok = legs.tolist(), links.tolist()
        minutes = self.minutes
        if is_running_only:
            minutes = [self.running.get(vehicle, ()) for vehicle in range(len(self.minutes))]
        at: dict[int, float] = {start: ready_min}
        via: dict[int, tuple[int, Move]] = {}
        done: set[int] = set()
        heap = [(ready_min, start)]

        def relax(node: int, head: int, arrives: int, move: Move) -> None:
            if arrives <= latest_min and arrives < at.get(head, np.inf):
                at[head] = arrives
                via[head] = (node, move)
                heappush(heap, (arrives, head))

        while heap:
            minute, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            for link in self.links_from.get(node, ()):
                if link_ok[link] and (opens := self._next_opening(link, minute, latest_min)) is not None:
                    relax(node, self.link_head[link], opens + self.link_duration[link], (-1, link, opens))
            for leg in self.legs_from.get(node, ()):
                if not leg_ok[leg]:
                    continue
                leaves = self._first_usable(leg, minute, latest_min, minutes[self.leg_vehicle[leg]], usable)
                if leaves is None:
                    continue
                for aboard, head, arrives in self.rest_of_route[leg]:
                    if not leg_ok[aboard] or (usable is not None and not usable(aboard, self._wrap(leaves))):
                        break
                    relax(node, head, leaves + arrives, (leg, aboard, leaves))
        return Reach(at, via, self.offsets)

    def _first_usable(
        self, leg: int, minute: int, latest_min: int, minutes: tuple[int, ...] | None, usable: Usable | None
    ) -> int | None:
        for leaves in self._next_departures(leg, minute, latest_min, minutes):
            if usable is None or usable(leg, self._wrap(leaves)):
                return leaves
        return None

    def _next_departures(
        self, leg: int, minute: int, latest_min: int, minutes: tuple[int, ...] | None
    ) -> Iterator[int]:
        """Minutes (unwrapped) at which the vehicle may leave its first hub to begin the leg not before a minute."""
        earliest = minute - self.offsets[leg]
        horizon, cyclic = self.problem.horizon_min, self.problem.cyclic
        if minutes is None:
            first = earliest if cyclic else max(0, earliest)
            days = range(first + MINUTES_PER_DAY - first % MINUTES_PER_DAY, latest_min + 1, MINUTES_PER_DAY)
            yield from (first, *days[:MOST_TRIES])
            return
        if not minutes:
            return
        cycle, rest = divmod(earliest, horizon) if cyclic else (0, earliest)
        place = bisect_left(minutes, rest)
        for _ in range(min(MOST_TRIES, len(minutes) * (1 + cyclic))):
            if place == len(minutes):
                if not cyclic:
                    return
                cycle, place = cycle + 1, 0
            leaves = cycle * horizon + minutes[place]
            if leaves > latest_min:
                return
            yield leaves
            place += 1

    def _next_opening(self, link: int, minute: int, latest_min: int) -> int | None:
        problem = self.problem
        first, last = problem.link_window_ptr[link : link + 2].tolist()
        if first == last:
            return minute
        cycle, rest = divmod(minute, problem.horizon_min) if problem.cyclic else (0, minute)
        while cycle * problem.horizon_min <= latest_min:
            for window in range(first, last):
                if problem.window_end[window] > rest:
                    return int(cycle * problem.horizon_min + max(rest, problem.window_start[window]))
            if not problem.cyclic:
                return None
            cycle, rest = cycle + 1, 0
        return None

    def _wrap(self, minute: int) -> int:
        return minute % self.problem.horizon_min if self.problem.cyclic else minute

    # Room.

    def run_of(self, step: Step) -> RunKey:
        """Run a leg of a way in time belongs to."""
        return self.leg_vehicle[step.index], self._wrap(step.start_min - self.offsets[step.index])

    def has_room(self, leg: int, leaves_min: int, load: Sequence[float]) -> bool:
        """Tell whether a run that leaves has room on a leg for some of what a unit takes."""
        vehicle = self.leg_vehicle[leg]
        loaded = self.runs.get((vehicle, leaves_min), (0, 0))[0]
        if not loaded:
            return False
        held = self.problem.vehicle_capacity[vehicle] * loaded
        used = self.load.get((leg, leaves_min))
        return all(
            amount == 0 or held[dim] - (0.0 if used is None else used[dim]) > QTY_TOL * max(1.0, held[dim])
            for dim, amount in enumerate(load)
        )

    def can_add_run(self, vehicle: int, leaves_min: int) -> bool:
        """Tell whether one more run is within all limits."""
        key = (vehicle, leaves_min)
        if key not in self._has_place:
            self._has_place[key] = not self.limits.full(vehicle, leaves_min)
        return self._has_place[key]


class _LimitUse:
    """How far limits on runs are used."""

    def __init__(self, network: Network, runs: Mapping[RunKey, tuple[int, int]]) -> None:
        self.problem = problem = network.problem
        self.uses_by_vehicle: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        uses = (problem.use_limit, problem.use_vehicle, problem.use_departure, problem.use_offset_min)
        departure_min = problem.departure_min.tolist()
        for limit, vehicle, departure, offset in zip(*(column.tolist() for column in uses), strict=True):
            only = -1 if departure < 0 else departure_min[departure]
            self.uses_by_vehicle[vehicle].append((limit, only, offset))
        self.used: dict[tuple[int, int], int] = defaultdict(int)
        for (vehicle, minute), counts in runs.items():
            for key in self._periods(vehicle, minute):
                self.used[key] += sum(counts)
        self.is_any_full = bool((problem.limit_cap < 1).any()) or any(
            count + 1 > problem.limit_cap[limit] for (limit, _), count in self.used.items()
        )

    def full(self, vehicle: int, minute: int) -> list[tuple[int, int]]:
        """Limits and periods that leave no place for one more run."""
        return [
            key for key in self._periods(vehicle, minute) if self.used.get(key, 0) + 1 > self.problem.limit_cap[key[0]]
        ]

    def _periods(self, vehicle: int, minute: int) -> Iterator[tuple[int, int]]:
        problem = self.problem
        for limit, only, offset in self.uses_by_vehicle.get(vehicle, ()):
            if only >= 0 and only != minute:
                continue
            period = int(problem.limit_period_min[limit])
            if period == 0:
                yield limit, 0
                continue
            at = minute + offset
            if problem.cyclic:
                at %= problem.horizon_min
            day = (at + int(problem.limit_shift_min[limit])) // period
            yield limit, day % (problem.horizon_min // period) if problem.cyclic else day


def _by_tail(tails: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for index, tail in enumerate(tails):
        found[tail].append(index)
    return found


def _rest_of_routes(network: Network, offsets: Sequence[int]) -> list[tuple[tuple[int, int, int], ...]]:
    """Of each leg: it and those its vehicle does after it, with the node each leads to, minutes after leaving."""
    problem = network.problem
    found: list[tuple[tuple[int, int, int], ...]] = []
    vehicle = -1
    after: tuple[tuple[int, int, int], ...] = ()
    columns = (problem.leg_vehicle, problem.leg_head, problem.leg_travel_min)
    for leg, (owner, head, travel) in reversed(list(enumerate(zip(*(c.tolist() for c in columns), strict=True)))):
        after = ((leg, head, offsets[leg] + travel), *(after if owner == vehicle else ()))
        vehicle = owner
        found.append(after)
    return found[::-1]


def _count_runs(network: Network, solution: DesignSolution) -> dict[RunKey, tuple[int, int]]:
    horizon, cyclic = network.problem.horizon_min, network.problem.cyclic
    found: dict[RunKey, tuple[int, int]] = {}
    columns = (solution.run_vehicle, solution.run_min, solution.run_count, solution.run_empty)
    for vehicle, minute, loaded, empty in zip(*(column.tolist() for column in columns), strict=True):
        key = (vehicle, minute % horizon if cyclic else minute)
        old = found.get(key, (0, 0))
        found[key] = (old[0] + loaded, old[1] + empty)
    return found


def _running_minutes(runs: Mapping[RunKey, tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    for (vehicle, minute), (loaded, _) in runs.items():
        if loaded:
            found[vehicle].append(minute)
    return {vehicle: tuple(sorted(minutes)) for vehicle, minutes in found.items()}


def _sum_loads(network: Network, solution: DesignSolution, offsets: Sequence[int]) -> dict[tuple[int, int], FloatArray]:
    """Load of each leg of each run, by leg and wrapped minute of leaving."""
    problem = network.problem
    found: dict[tuple[int, int], FloatArray] = {}
    for path, qty in enumerate(solution.path_qty.tolist()):
        load = problem.commodity_load[solution.path_commodity[path]] * qty
        for step in range(solution.path_ptr[path], solution.path_ptr[path + 1]):
            if solution.step_is_link[step]:
                continue
            leg = int(solution.step_index[step])
            leaves = int(solution.step_start_min[step]) - offsets[leg]
            key = (leg, leaves % problem.horizon_min if problem.cyclic else leaves)
            found[key] = found[key] + load if key in found else load.copy()
    return found
