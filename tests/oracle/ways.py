"""
All ways of one commodity as a graph over places and times: semantics §3 and §4.4-6.

The graph is as fine as the rules are: a node for freight that has come to a
hub by a mode, one for freight that may board a mode, and one before and after
each leg of each charterer's run in each cycle. Every path in it is a path of
the semantics. Time never runs back, so there are no cycles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.oracle.permissions import Group
from tests.oracle.timing import handling_starts
from tests.oracle.world import Commodity, World

from landbridge.model.case import Handling

Node = tuple[str | int, ...]
RunKey = tuple[str, str, int]
"""Service, charterer, minute of the departure in the first cycle."""

SINK: Node = ("sink",)
START, END = "start", "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """One leg of one run in one cycle; times are unwrapped (§1.3)."""

    run: RunKey
    cycle: int
    leg: int
    leaves: int
    arrives: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A handling by a row."""

    row: Handling
    starts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Time [since, until) in a hub's store."""

    hub: str
    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An arc: at most one of ride, handling; any waiting; ``arrives`` is set on arcs to the sink."""

    tail: Node
    head: Node
    ride: Ride | None = None
    handled: Handled | None = None
    waits: tuple[Wait, ...] = ()
    arrives: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The arcs that lie on a path from the source to the sink."""

    commodity: Commodity
    source: Node
    steps: tuple[Step, ...]


def find_ways(world: World, commodity: Commodity) -> Ways:
    """
    Build the graph of a commodity.

    Where a handling has no daily limit it starts as early as it may; with
    one, on each local day as early as it may. Later starts on a day cost the
    same and only matter to a full store (§3.5).
    """
    search = _Search(world, commodity)
    source: Node = ("in", commodity.origin, START, commodity.ready)
    found: list[Step] = []
    seen = {source}
    stack = [source]
    while stack:
        for step in search.steps_from(stack.pop()):
            found.append(step)
            if step.head not in seen:
                seen.add(step.head)
                stack.append(step.head)
    return Ways(commodity=commodity, source=source, steps=tuple(_that_reach_the_sink(found)))


def _that_reach_the_sink(steps: list[Step]) -> list[Step]:
    into: dict[Node, list[Step]] = defaultdict(list)
    for step in steps:
        into[step.head].append(step)
    useful = {SINK}
    stack = [SINK]
    while stack:
        for step in into[stack.pop()]:
            if step.tail not in useful:
                useful.add(step.tail)
                stack.append(step.tail)
    return [step for step in steps if step.head in useful]


class _Search:
    def __init__(self, world: World, commodity: Commodity) -> None:
        self.world = world
        self.goods = commodity
        home = {world.country[commodity.origin], world.country[commodity.goal]}
        self.open_hubs = {
            hub
            for hub, country in world.country.items()
            if country in home or country in commodity.crosses or "*" in commodity.crosses
        }
        self.boarding = self._boarding()
        self.board_times = {place: sorted(runs) for place, runs in self.boarding.items()}

    def _boarding(self) -> dict[tuple[str, str], dict[int, list[Ride]]]:
        """First legs that freight may board, by hub and mode, by minute (§3.8, §4.4)."""
        found: dict[tuple[str, str], dict[int, list[Ride]]] = defaultdict(lambda: defaultdict(list))
        for name, service in self.world.services.items():
            if service.accepts and self.goods.good.handling_class not in service.accepts:
                continue
            for charterer in self.world.charterers[name]:
                groups = self.world.permissions.ride(charterer, service, self.goods.riders)
                if groups is None:
                    continue
                for slot in self.world.slots[name]:
                    for number, leg in enumerate(self.world.legs[name]):
                        for cycle, leaves in self._cycles(slot.minute + leg.leaves):
                            ride = Ride(
                                run=(name, charterer, slot.minute), cycle=cycle, leg=number, leaves=leaves,
                                arrives=leaves + leg.arrives - leg.leaves, groups=groups,
                            )  # fmt: skip
                            found[leg.from_hub, service.mode][leaves].append(ride)
        return found

    def _cycles(self, leaves: int) -> Iterator[tuple[int, int]]:
        """In which cycles, and when, a leg leaves between ready and deadline (§1.3)."""
        if not self.world.clock.cyclic:
            if self.goods.ready <= leaves <= self.goods.deadline:
                yield 0, leaves
            return
        horizon = self.world.clock.horizon_min
        cycle = -((leaves - self.goods.ready) // horizon)
        while leaves + cycle * horizon <= self.goods.deadline:
            yield cycle, leaves + cycle * horizon
            cycle += 1

    def steps_from(self, node: Node) -> Iterator[Step]:
        """Everything freight may do next."""
        match node:
            case ("in", str(hub), str(mode), int(since)):
                yield from self._leave_hub(node, hub, mode, since)
            case ("board", str(hub), str(mode), int(at)):
                yield from self._board(node, hub, mode, at)
            case ("off", str(service), str(charterer), int(minute), int(cycle), int(leg)):
                yield from self._go_on(node, (service, charterer, minute), cycle, leg)

    def _leave_hub(self, node: Node, hub: str, mode: str, since: int) -> Iterator[Step]:
        if hub == self.goods.goal:
            for handled, ends in self._changes(hub, mode, END, since):
                if ends <= self.goods.deadline:
                    waits = _waits(hub, since, handled, ends, ends)
                    yield Step(tail=node, head=SINK, handled=handled, waits=waits, arrives=ends)
        for place, times in self.board_times.items():
            if place[0] != hub:
                continue
            for handled, ends in self._changes(hub, mode, place[1], since):
                at = bisect_left(times, ends)
                if at < len(times):
                    head = ("board", hub, place[1], times[at])
                    waits = _waits(hub, since, handled, ends, times[at])
                    yield Step(tail=node, head=head, handled=handled, waits=waits)

    def _changes(self, hub: str, mode_in: str, mode_out: str, since: int) -> Iterator[tuple[Handled | None, int]]:
        """Handlings that may be used and when they end; no handling where none is asked for (§3.3, §3.4, §4.6)."""
        permissions, riders = self.world.permissions, self.goods.riders
        place = self.world.hubs[hub]
        is_change = mode_in != START and mode_out != END
        if is_change and not permissions.may_use(place.owner, hub, riders):
            return
        rows = [row for row in self.world.handling_by_hub[hub] if matches(row, mode_in, mode_out)]
        if not rows:
            yield None, since
        for row in rows:
            if row.handling_class not in ("", self.goods.good.handling_class):
                continue
            if not permissions.may_use(row.owner, row.handling, riders):
                continue
            dwell = round(60 * row.dwell_h)
            last = self.goods.deadline - dwell
            for start in handling_starts(row, place.timezone, self.world.clock, since, last):
                yield Handled(row=row, starts=start), start + dwell

    def _board(self, node: Node, hub: str, mode: str, at: int) -> Iterator[Step]:
        times = self.board_times[hub, mode]
        following = bisect_left(times, at + 1)
        if following < len(times):
            until = times[following]
            yield Step(tail=node, head=("board", hub, mode, until), waits=(Wait(hub=hub, since=at, until=until),))
        for ride in self.boarding[hub, mode][at]:
            if self._may_ride(ride):
                yield Step(tail=node, head=_off(ride), ride=ride)

    def _go_on(self, node: Node, run: RunKey, cycle: int, leg: int) -> Iterator[Step]:
        """Alight, or stay aboard for the next leg (§3.2)."""
        legs, service = self.world.legs[run[0]], self.world.services[run[0]]
        begin = run[2] + cycle * self.world.clock.horizon_min
        yield Step(tail=node, head=("in", legs[leg].to_hub, service.mode, begin + legs[leg].arrives))
        if leg + 1 < len(legs):
            ahead = legs[leg + 1]
            groups = self.world.permissions.ride(run[1], service, self.goods.riders)
            ride = Ride(
                run=run, cycle=cycle, leg=leg + 1, leaves=begin + ahead.leaves, arrives=begin + ahead.arrives,
                groups=groups or (),
            )  # fmt: skip
            if self._may_ride(ride):
                yield Step(tail=node, head=_off(ride), ride=ride)

    def _may_ride(self, ride: Ride) -> bool:
        """§1.4, §2.3, §3.9."""
        leg = self.world.legs[ride.run[0]][ride.leg]
        clock = self.world.clock
        if leg.from_hub not in self.open_hubs or leg.to_hub not in self.open_hubs:
            return False
        if ride.arrives > self.goods.deadline:
            return False
        return clock.cyclic or ride.arrives <= clock.horizon_min


def matches(row: Handling, mode_in: str, mode_out: str) -> bool:
    """§3.3: does a handling row match a pair of modes?"""
    if not row.from_mode and not row.to_mode and row.cap_runs_per_day is not None:
        return False
    return _fits(row.from_mode, mode_in, START) and _fits(row.to_mode, mode_out, END)


def _fits(cell: str, mode: str, special: str) -> bool:
    return cell == mode or (not cell and mode != special)


def _waits(hub: str, since: int, handled: Handled | None, ends: int, until: int) -> tuple[Wait, ...]:
    starts = handled.starts if handled is not None else ends
    parts = ((since, starts), (ends, until))
    return tuple(Wait(hub=hub, since=first, until=to) for first, to in parts if to > first)


def _off(ride: Ride) -> Node:
    return ("off", *ride.run, ride.cycle, ride.leg)
