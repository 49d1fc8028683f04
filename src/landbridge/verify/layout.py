"""A case laid out in space and time (or without time) for cheapest ways: places, departures, changes and waiting."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from landbridge.model.case import Handling, Service
from landbridge.model.clock import parse_clock
from landbridge.units import MINUTES_PER_DAY, to_minutes
from landbridge.verify.book import Book
from landbridge.verify.times import is_open
from landbridge.verify.ways import END, START, find_rows

Slot = tuple[str, int, int]
"""A leg of a departure: service, minute it leaves its first hub (``ANY``: whenever), index of the leg."""

ANY = -1
"""Minute where there is no time."""

IN, OUT = range(2)
"""Kinds of nodes, in the order of a minute: at a hub by a mode, at a hub for a mode."""


@dataclass(frozen=True, slots=True)
class Change:
    """From vehicle to vehicle, from the start or to the end: a handling row or none, and the hub."""

    hub: str
    row: Handling | None
    between: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """
    A step of a way: a leg, a change or waiting.

    ``chain`` numbers the runs of a departure in one cycle: freight that rode the leg before may stay aboard.
    ``wait_min`` are minutes of storage at ``hub``, ``day`` the local day on which the handling starts.
    """

    tail: int
    head: int
    slot: Slot | None = None
    chain: int = -1
    change: Change | None = None
    hub: str = ""
    wait_min: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a way ends: a node, the change to the end with its local day, and the minute."""

    node: int
    change: Change
    day: int
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    Arcs in an order in which one pass finds all cheapest ways, unless ``repeats``.

    Parameters
    ----------
    start
        Node of each (hub, minute) at which freight may start.
    endings
        By hub.
    """

    num_nodes: int
    num_chains: int
    arcs: tuple[Arc, ...]
    start: dict[tuple[str, int], int]
    endings: dict[str, tuple[Ending, ...]]
    repeats: bool


def lay_out(book: Book, ready: Iterable[tuple[str, int]], until: int) -> Layout:
    """
    Lay a case out.

    Every path a plan may have is a way here that costs no more. Handling starts on arrival, when it opens or, where
    its tonnes are limited, when a local day begins: later starts end later and cost the same.

    Parameters
    ----------
    ready
        Hub and minute at which freight becomes ready.
    until
        Minute after which nothing is of use.
    """
    return _Builder(book, until).build({*ready})


def lay_out_without_time(book: Book) -> Layout:
    """Lay a case out without time: departures of a service are one, nothing waits, nothing is late."""
    return _Flat(book).build()


class _Builder:
    """Nodes by time; see ``lay_out``."""

    def __init__(self, book: Book, until: int) -> None:
        self.book, self.until = book, until
        self.key: dict[tuple[int, int, tuple[str, ...]], int] = {}
        self.arcs: list[Arc] = []
        self.num_chains = 0
        self.ins: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.outs: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.out_times: dict[tuple[str, str], list[int]] = {}

    def node(self, minute: int, kind: int, *key: str) -> int:
        return self.key.setdefault((minute, kind, key), len(self.key))

    def build(self, ready: set[tuple[str, int]]) -> Layout:
        for service in self.book.services.values():
            for minute in self.book.timetables.get(service.service, {}):
                self._add_runs(service, minute)
        for hub, minute in ready:
            self.ins[hub, START].add(minute)
        for (hub, before), minutes in list(self.ins.items()):
            minutes |= self._later_starts(hub, before, min(minutes))
            self._hold(IN, hub, before, sorted(minutes))
        for (hub, after), found in self.outs.items():
            self.out_times[hub, after] = sorted(found)
            self._hold(OUT, hub, after, self.out_times[hub, after])
        endings = self._add_changes()
        rank = {number: (minute, kind) for (minute, kind, _), number in self.key.items()}
        self.arcs.sort(key=lambda arc: rank[arc.tail])
        return Layout(
            num_nodes=len(self.key),
            num_chains=self.num_chains,
            arcs=tuple(self.arcs),
            start={(hub, minute): self.node(minute, IN, hub, START) for hub, minute in ready},
            endings=endings,
            repeats=any(rank[arc.head] <= rank[arc.tail] for arc in self.arcs),
        )

    def _add_runs(self, service: Service, minute: int) -> None:
        """The runs of a departure in each cycle, with the legs that freight may ride until the end."""
        cycle, legs = self.book.horizon_min, self.book.leg_min[service.service]
        first = -(sum(legs) // cycle) - 1 if self.book.cyclic else 0
        last = self.until // cycle if self.book.cyclic else 0
        for number in range(first, last + 1):
            at = minute + number * cycle
            for leg, minutes in enumerate(legs):
                start, at = at, at + minutes
                if start >= 0 and at <= self.until:
                    self._add_leg(service, (service.service, minute, leg), start, at)
            self.num_chains += 1

    def _add_leg(self, service: Service, slot: Slot, start: int, end: int) -> None:
        tail, head = service.route[slot[2]], service.route[slot[2] + 1]
        self.outs[tail, service.mode].add(start)
        self.ins[head, service.mode].add(end)
        on, off = self.node(start, OUT, tail, service.mode), self.node(end, IN, head, service.mode)
        self.arcs.append(Arc(on, off, slot=slot, chain=self.num_chains))

    def _later_starts(self, hub: str, before: str, first: int) -> set[int]:
        """Minutes at which a handling of freight that arrived earlier may start the sooner for having waited."""
        clock, zone = self.book.clock, self.book.zones.get(hub, "")
        modes = {after for place, after in self.outs if place == hub} | {END}
        found = set()
        for row in {row for after in modes for row in find_rows(self.book, hub, before, after)}:
            if not (row.opens or row.closes or row.days or row.cap_t_per_day is not None):
                continue
            opens = parse_clock(row.opens) if row.opens else 0
            day = -clock.shift_min(zone)
            while day <= self.until:
                found |= {minute for minute in (day, day + opens) if self._may_start(row, minute) and minute > first}
                day += MINUTES_PER_DAY
        return {minute for minute in found if minute <= self.until}

    def _may_start(self, row: Handling, minute: int) -> bool:
        zone = self.book.zones.get(row.hub, "")
        return is_open(row.opens, row.closes, row.days, minute, self.book.clock, zone)

    def _hold(self, kind: int, hub: str, mode: str, minutes: list[int]) -> None:
        for since, until in pairwise(minutes):
            tail, head = self.node(since, kind, hub, mode), self.node(until, kind, hub, mode)
            self.arcs.append(Arc(tail, head, hub=hub, wait_min=until - since))

    def _add_changes(self) -> dict[str, tuple[Ending, ...]]:
        endings: dict[str, list[Ending]] = defaultdict(list)
        modes: dict[str, list[str]] = defaultdict(list)
        for hub, after in self.out_times:
            modes[hub].append(after)
        for (hub, before), minutes in self.ins.items():
            for after in (*modes[hub], END):
                between = before != START and after != END
                rows: tuple[Handling | None, ...] = find_rows(self.book, hub, before, after) or (None,)
                for row, minute in product(rows, minutes):
                    if row is not None and not self._may_start(row, minute):
                        continue
                    tail = self.node(minute, IN, hub, before)
                    done = minute + (0 if row is None else to_minutes(row.dwell_h))
                    day = self.book.day(minute, hub)
                    change = Change(hub, row, between)
                    if after == END:
                        endings[hub].append(Ending(tail, change, day, done))
                    else:
                        self._board_next(tail, change, day, done, after)
        return {hub: tuple(found) for hub, found in endings.items()}

    def _board_next(self, tail: int, change: Change, day: int, done: int, mode: str) -> None:
        """Lead to the next departure; later ones are reached by waiting."""
        times = self.out_times[change.hub, mode]
        at = bisect_left(times, done)
        if at < len(times):
            head = self.node(times[at], OUT, change.hub, mode)
            self.arcs.append(Arc(tail, head, change=change, hub=change.hub, wait_min=times[at] - done, day=day))


class _Flat:
    """Nodes without time; see ``lay_out_without_time``."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.key: dict[tuple[str, ...], int] = {}

    def node(self, *key: str) -> int:
        return self.key.setdefault(key, len(self.key))

    def build(self) -> Layout:
        arcs = [arc for chain, service in enumerate(self.book.services.values()) for arc in self._legs(service, chain)]
        arriving: dict[str, set[str]] = {hub: {START} for hub in self.book.hubs}
        leaving: dict[str, set[str]] = {hub: {END} for hub in self.book.hubs}
        for service in self.book.services.values():
            for tail, head in pairwise(service.route):
                leaving[tail].add(service.mode)
                arriving[head].add(service.mode)
        endings: dict[str, list[Ending]] = defaultdict(list)
        for hub in self.book.hubs:
            for before, after in product(sorted(arriving[hub]), sorted(leaving[hub])):
                rows: tuple[Handling | None, ...] = find_rows(self.book, hub, before, after) or (None,)
                for row in rows:
                    change, at = Change(hub, row, before != START and after != END), self.node("in", hub, before)
                    if after == END:
                        endings[hub].append(Ending(at, change, 0, ANY))
                    else:
                        arcs.append(Arc(at, self.node("out", hub, after), change=change, hub=hub))
        return Layout(
            num_nodes=len(self.key),
            num_chains=len(self.book.services),
            arcs=tuple(arcs),
            start={(hub, ANY): self.node("in", hub, START) for hub in self.book.hubs},
            endings={hub: tuple(found) for hub, found in endings.items()},
            repeats=True,
        )

    def _legs(self, service: Service, chain: int) -> Iterator[Arc]:
        for leg, (tail, head) in enumerate(pairwise(service.route)):
            on, off = self.node("out", tail, service.mode), self.node("in", head, service.mode)
            yield Arc(on, off, slot=(service.service, ANY, leg), chain=chain)
