"""The time-expanded network: runs, slots, time nodes and arcs of a design problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.space.candidates import candidate_minutes, leg_offsets

ABOARD_ARRIVES, ABOARD_LEAVES = 0, 4
"""Ranks of nodes inside a vehicle that stops: freight may alight before, and board after, all else of the minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """
    A design problem in space and time.

    Time nodes are numbered in topological order of one cycle: by minute, then
    rank. A cyclic problem is unrolled ``num_cycles`` times by the kernels,
    implicitly: node ``c * num_nodes + n`` is node n in cycle c, and an arc with
    ``arc_wrap`` w leads w cycles on.

    Parameters
    ----------
    run_vehicle, run_min, run_slot_ptr
        Candidate runs; the slots of run r are ``run_slot_ptr[r]:run_slot_ptr[r + 1]``, one a leg.
    slot_run, slot_leg, slot_start, slot_end
        A slot is one leg of one run; minutes from the start of the cycle in which the run leaves.
    node_place, node_min
        Flat node of each time node (-1 inside a vehicle) and its minute within the cycle.
    arc_tail, arc_head, arc_wrap, arc_slot, arc_link, arc_access, arc_cost_per_t, arc_duration
        Arcs sorted by tail. ``arc_slot``, ``arc_link`` are -1 for other arcs; ``arc_access`` is the column of
        ``access`` that must be true (-1: anyone).
    arc_ptr
        Arcs that leave node n: ``arc_ptr[n]:arc_ptr[n + 1]``.
    arc_row_ptr, arc_row, arc_row_class
        Rows on tonnes that the arc counts against, with the class each holds for (-1: all).
    row_cap_t, row_limit, row_period
        Of each row on tonnes: its capacity; its flow limit and period, or -1 and the minute for a store.
    access
        ``(C, L + M)``, legs before links.
    place_ptr, place_node
        Time nodes of each flat node, by minute.
    origin_node
        Time node at which each commodity starts.
    """

    num_nodes: int
    num_cycles: int
    horizon_min: int
    is_static: bool
    run_vehicle: IntArray
    run_min: IntArray
    run_slot_ptr: IntArray
    slot_run: IntArray
    slot_leg: IntArray
    slot_start: IntArray
    slot_end: IntArray
    node_place: IntArray
    node_min: IntArray
    arc_ptr: IntArray
    arc_tail: IntArray
    arc_head: IntArray
    arc_wrap: IntArray
    arc_slot: IntArray
    arc_link: IntArray
    arc_access: IntArray
    arc_cost_per_t: FloatArray
    arc_duration: IntArray
    arc_row_ptr: IntArray
    arc_row: IntArray
    arc_row_class: IntArray
    row_cap_t: FloatArray
    row_limit: IntArray
    row_period: IntArray
    access: BoolArray
    place_ptr: IntArray
    place_node: IntArray
    origin_node: IntArray
    num_candidates: int


def expand(problem: DesignProblem) -> Expansion:
    """Expand a problem in time: exact for timetabled departures, on candidate minutes for the rest."""
    return _Builder(problem).build()


class _Builder:
    def __init__(self, problem: DesignProblem) -> None:
        self.p = problem
        self.horizon = problem.horizon_min
        self.static = problem.horizon_min == 0
        self.cycle = self.horizon if problem.cyclic and not self.static else 0

    def build(self) -> Expansion:
        p = self.p
        self._runs()
        self._slots()
        keys, aboard = self._time_points()
        node_of = self._number_nodes(keys, aboard)
        arcs = self._arcs(node_of, aboard)
        tail, head, wrap, slot, link, acc, cost, duration = arcs
        order = np.lexsort((head, tail))
        tail, head, wrap, slot, link, acc = (x[order] for x in (tail, head, wrap, slot, link, acc))
        cost, duration = cost[order], duration[order]
        self.arc_is_hold = (slot < 0) & (link < 0) & (duration > 0)
        ptr = np.searchsorted(tail, np.arange(self.num_nodes + 1)).astype(np.int64)
        row_ptr, row, row_class, row_cap, row_limit, row_period = self._arc_rows(tail, link, duration)
        places = np.where(self.node_place >= 0)[0]
        places = places[np.lexsort((self.node_min[places], self.node_place[places]))]
        place_ptr = np.searchsorted(self.node_place[places], np.arange(len(p.node_rank) + 1)).astype(np.int64)
        last = int(max(p.sink_deadline_min.max(initial=0), 0))
        cycles = 1 if not self.cycle else last // self.cycle + 1
        origin = np.array(
            [
                node_of[(int(n), self._base(int(t)))]
                for n, t in zip(p.commodity_origin, p.commodity_ready_min, strict=True)
            ],
            dtype=np.int64,
        )
        return Expansion(
            num_nodes=self.num_nodes,
            num_cycles=cycles,
            horizon_min=self.horizon,
            is_static=self.static,
            run_vehicle=self.run_vehicle,
            run_min=self.run_min,
            run_slot_ptr=self.run_slot_ptr,
            slot_run=self.slot_run,
            slot_leg=self.slot_leg,
            slot_start=self.slot_start,
            slot_end=self.slot_end,
            node_place=self.node_place,
            node_min=self.node_min,
            arc_ptr=ptr,
            arc_tail=tail,
            arc_head=head,
            arc_wrap=wrap,
            arc_slot=slot,
            arc_link=link,
            arc_access=acc,
            arc_cost_per_t=cost,
            arc_duration=duration,
            arc_row_ptr=row_ptr,
            arc_row=row,
            arc_row_class=row_class,
            row_cap_t=row_cap,
            row_limit=row_limit,
            row_period=row_period,
            access=np.concatenate([p.leg_access, p.link_access], axis=1),
            place_ptr=place_ptr,
            place_node=places.astype(np.int64),
            origin_node=origin,
            num_candidates=self.num_candidates,
        )

    def _base(self, minute: int) -> int:
        if self.static:
            return 0
        return minute % self.cycle if self.cycle else minute

    def _runs(self) -> None:
        p = self.p
        vehicles, minutes = [p.departure_vehicle], [p.departure_min]
        candidates = candidate_minutes(p)
        self.num_candidates = 0 if self.static else sum(len(found) for found in candidates.values())
        for v in np.where(~p.vehicle_timed)[0]:
            found = candidates[int(p.vehicle_service[v])]
            vehicles.append(np.full(len(found), v, dtype=np.int64))
            minutes.append(found)
        vehicle, minute = np.concatenate(vehicles), np.concatenate(minutes)
        order = np.lexsort((minute, vehicle))
        self.run_vehicle, self.run_min = vehicle[order].astype(np.int64), minute[order].astype(np.int64)

    def _slots(self) -> None:
        p = self.p
        offset, first, last = leg_offsets(p)
        counts = (last - first + 1)[self.run_vehicle]
        self.run_slot_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.slot_run = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(self.slot_run)) - self.run_slot_ptr[self.slot_run]
        self.slot_leg = (first[self.run_vehicle[self.slot_run]] + within).astype(np.int64)
        start = self.run_min[self.slot_run] + offset[self.slot_leg]
        self.slot_start = start.astype(np.int64)
        self.slot_end = (start + p.leg_travel_min[self.slot_leg]).astype(np.int64)
        if self.static:
            self.slot_start = np.zeros_like(self.slot_start)
            self.slot_end = np.zeros_like(self.slot_end)
        self.slot_usable = (
            np.ones(len(start), dtype=np.bool_) if self.cycle or self.static else self.slot_end <= self.horizon
        )

    def _time_points(self) -> tuple[set[tuple[int, int]], BoolArray]:
        """Pairs (flat node, minute) at which something may arrive, leave or be handled; slots entered from aboard."""
        p = self.p
        points: set[tuple[int, int]] = set()
        if self.static:
            return {(n, 0) for n in range(len(p.node_rank))}, np.zeros(len(self.slot_run), dtype=np.bool_)
        for n, t in zip(p.commodity_origin, p.commodity_ready_min, strict=True):
            points.add((int(n), self._base(int(t))))
        use = np.where(self.slot_usable)[0]
        tails, heads = p.leg_tail[self.slot_leg[use]], p.leg_head[self.slot_leg[use]]
        starts, ends = self.slot_start[use], self.slot_end[use]
        if self.cycle:
            starts, ends = starts % self.cycle, ends % self.cycle
        points |= set(zip(tails.tolist(), starts.tolist(), strict=True))
        points |= set(zip(heads.tolist(), ends.tolist(), strict=True))
        self._handling_points(points)
        aboard = np.zeros(len(self.slot_run), dtype=np.bool_)
        if len(self.slot_run):
            follows = np.zeros(len(self.slot_run), dtype=np.bool_)
            follows[1:] = self.slot_run[1:] == self.slot_run[:-1]
            before = np.roll(p.leg_head[self.slot_leg], 1)
            aboard = follows & (before != p.leg_tail[self.slot_leg]) & self.slot_usable
        return points, aboard

    def _handling_points(self, points: set[tuple[int, int]]) -> None:
        """Add the openings and days at which handlings may start, and the minutes at which they end."""
        p = self.p
        limited = set(p.flow_use_link.tolist())
        order = np.argsort(p.node_rank[p.link_tail], kind="stable")
        times: dict[int, set[int]] = {}
        for n, t in points:
            times.setdefault(n, set()).add(t)
        by_tail: dict[int, list[int]] = {}
        for m in order:
            by_tail.setdefault(int(p.link_tail[m]), []).append(int(m))
        for tail in sorted(by_tail, key=lambda n: int(p.node_rank[n])):
            at = times.setdefault(tail, set())
            if not at:
                continue
            for m in by_tail[tail]:
                at |= self._extra_starts(m, m in limited)
            for m in by_tail[tail]:
                head = times.setdefault(int(p.link_head[m]), set())
                for t in at:
                    if self._is_open(m, t):
                        end = t + int(p.link_duration_min[m])
                        if self.cycle:
                            head.add(end % self.cycle)
                        elif end <= self.horizon:
                            head.add(end)
        points |= {(n, t) for n, found in times.items() for t in found}

    def _extra_starts(self, m: int, limited: bool) -> set[int]:
        p = self.p
        windows = self._windows(m)
        extra = {start for start, _ in windows if start < self.horizon}
        if limited:
            shifts = {
                (int(p.flow_limit_period_min[q]), int(p.flow_limit_shift_min[q]))
                for q in p.flow_use_limit[p.flow_use_link == m]
            }
            for period, shift in shifts:
                if period > 0:
                    days = range(-(-shift // period) * period - shift, self.horizon, period)
                    extra |= {t for t in days if 0 <= t < self.horizon and self._is_open(m, t)}
        return extra

    def _windows(self, m: int) -> list[tuple[int, int]]:
        first, last = int(self.p.link_window_ptr[m]), int(self.p.link_window_ptr[m + 1])
        return [(int(self.p.window_start[w]), int(self.p.window_end[w])) for w in range(first, last)]

    def _is_open(self, m: int, t: int) -> bool:
        first, last = int(self.p.link_window_ptr[m]), int(self.p.link_window_ptr[m + 1])
        if first == last:
            return True
        w = int(np.searchsorted(self.p.window_start[first:last], t, side="right")) - 1 + first
        return w >= first and t < int(self.p.window_end[w])

    def _number_nodes(self, points: set[tuple[int, int]], aboard: BoolArray) -> dict[tuple[int, int], int]:
        p = self.p
        pairs = np.array(sorted(points), dtype=np.int64).reshape(-1, 2)
        inner = np.where(aboard)[0]
        at = self.slot_start[inner] % self.cycle if self.cycle else self.slot_start[inner]
        minute = np.concatenate([pairs[:, 1], at, at])
        rank = np.concatenate(
            [p.node_rank[pairs[:, 0]], np.full(len(inner), ABOARD_ARRIVES), np.full(len(inner), ABOARD_LEAVES)]
        )
        place = np.concatenate([pairs[:, 0], np.full(2 * len(inner), -1)])
        order = np.lexsort((place, rank, minute))
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order))
        self.num_nodes = len(order)
        self.node_min, self.node_place = minute[order].astype(np.int64), place[order].astype(np.int64)
        k, i = len(pairs), len(inner)
        self.arrives_aboard = np.full(len(self.slot_run), -1, dtype=np.int64)
        self.leaves_aboard = np.full(len(self.slot_run), -1, dtype=np.int64)
        self.arrives_aboard[inner] = number[k : k + i]
        self.leaves_aboard[inner] = number[k + i :]
        return {(int(n), int(t)): int(x) for (n, t), x in zip(pairs, number[:k], strict=True)}

    def _arcs(self, node_of: dict[tuple[int, int], int], aboard: BoolArray) -> tuple[Any, ...]:
        parts = [self._slot_arcs(node_of, aboard), self._aboard_arcs(node_of, aboard)]
        if not self.static:
            parts += [self._hold_arcs(), self._link_arcs(node_of)]
        merged = [np.concatenate([part[i] for part in parts]) for i in range(8)]
        return tuple(x.astype(np.float64 if i == 6 else np.int64) for i, x in enumerate(merged))

    def _slot_arcs(self, node_of: dict[tuple[int, int], int], aboard: BoolArray) -> tuple[Any, ...]:
        p = self.p
        use = np.where(self.slot_usable)[0]
        tail, head = [], []
        for z in use:
            leg = int(self.slot_leg[z])
            tail.append(
                self.leaves_aboard[z]
                if aboard[z]
                else node_of[(int(p.leg_tail[leg]), self._base(int(self.slot_start[z])))]
            )
            inside = z + 1 < len(aboard) and aboard[z + 1]
            head.append(
                self.arrives_aboard[z + 1]
                if inside
                else node_of[(int(p.leg_head[leg]), self._base(int(self.slot_end[z])))]
            )
        wrap = np.zeros(len(use), dtype=np.int64)
        if self.cycle:
            wrap = self.slot_end[use] // self.cycle - self.slot_start[use] // self.cycle
        legs = self.slot_leg[use]
        none = np.full(len(use), -1, dtype=np.int64)
        return (
            np.array(tail, dtype=np.int64),
            np.array(head, dtype=np.int64),
            wrap,
            use,
            none,
            legs,
            p.leg_cost_per_t[legs],
            self.slot_end[use] - self.slot_start[use],
        )

    def _aboard_arcs(self, node_of: dict[tuple[int, int], int], aboard: BoolArray) -> tuple[Any, ...]:
        """Stay aboard, alight and board at the stops of a vehicle."""
        p = self.p
        tail, head = [], []
        for z in np.where(aboard)[0]:
            minute = self._base(int(self.slot_start[z]))
            arrives, leaves = self.arrives_aboard[z], self.leaves_aboard[z]
            alight = node_of.get((int(p.leg_head[self.slot_leg[z - 1]]), minute))
            board = node_of.get((int(p.leg_tail[self.slot_leg[z]]), minute))
            tail.append(arrives)
            head.append(leaves)
            if alight is not None:
                tail.append(arrives)
                head.append(alight)
            if board is not None:
                tail.append(board)
                head.append(leaves)
        count = len(tail)
        none = np.full(count, -1, dtype=np.int64)
        zero = np.zeros(count, dtype=np.int64)
        return np.array(tail, dtype=np.int64), np.array(head, dtype=np.int64), zero, none, none, none, zero, zero

    def _hold_arcs(self) -> tuple[Any, ...]:
        p = self.p
        places = np.where(self.node_place >= 0)[0]
        places = places[np.lexsort((self.node_min[places], self.node_place[places]))]
        tail, head, wrap = [places[:-1]], [places[1:]], [np.zeros(max(len(places) - 1, 0), dtype=np.int64)]
        same = self.node_place[tail[0]] == self.node_place[head[0]]
        tail, head, wrap = [tail[0][same]], [head[0][same]], [wrap[0][same]]
        if self.cycle and len(places):
            first = np.concatenate([[True], self.node_place[places[1:]] != self.node_place[places[:-1]]])
            last = np.concatenate([first[1:], [True]])
            tail.append(places[last])
            head.append(places[first])
            wrap.append(np.ones(int(last.sum()), dtype=np.int64))
        t, h, w = np.concatenate(tail), np.concatenate(head), np.concatenate(wrap)
        keep = p.node_rank[self.node_place[t]] < 3
        t, h, w = t[keep], h[keep], w[keep]
        duration = self.node_min[h] + w * self.cycle - self.node_min[t]
        none = np.full(len(t), -1, dtype=np.int64)
        return t, h, w, none, none, none, p.node_hold_cost[self.node_place[t]] * duration, duration

    def _link_arcs(self, node_of: dict[tuple[int, int], int]) -> tuple[Any, ...]:
        p = self.p
        by_place: dict[int, list[int]] = {}
        for n in np.where(self.node_place >= 0)[0]:
            by_place.setdefault(int(self.node_place[n]), []).append(int(n))
        tail, head, wrap, link = [], [], [], []
        for m in range(len(p.link_tail)):
            duration, to = int(p.link_duration_min[m]), int(p.link_head[m])
            for n in by_place.get(int(p.link_tail[m]), ()):
                start = int(self.node_min[n])
                if not self._is_open(m, start):
                    continue
                end = start + duration
                target = node_of.get((to, self._base(end))) if self.cycle or end <= self.horizon else None
                if target is not None:
                    tail.append(n)
                    head.append(target)
                    wrap.append(end // self.cycle if self.cycle else 0)
                    link.append(m)
        links = np.array(link, dtype=np.int64)
        none = np.full(len(links), -1, dtype=np.int64)
        return (
            np.array(tail, dtype=np.int64),
            np.array(head, dtype=np.int64),
            np.array(wrap, dtype=np.int64),
            none,
            links,
            len(p.leg_tail) + links,
            p.link_cost_per_t[links],
            p.link_duration_min[links],
        )

    def _arc_rows(self, tail: IntArray, link: IntArray, duration: IntArray) -> tuple[Any, ...]:
        """Number the rows on tonnes, (flow limit, period) and (store, minute); list those each arc counts against."""
        p = self.p
        caps: list[float] = []
        keys: list[tuple[int, int]] = []
        entries: list[tuple[int, int, int]] = []
        uses: dict[int, list[tuple[int, int]]] = {}
        for q, m, c in zip(p.flow_use_limit, p.flow_use_link, p.flow_use_class, strict=True):
            uses.setdefault(int(m), []).append((int(q), int(c)))
        number: dict[tuple[int, int], int] = {}
        for a in np.where(link >= 0)[0] if uses else ():
            for q, c in uses.get(int(link[a]), ()):
                minute = int(self.node_min[tail[a]])
                period = period_of(minute, int(p.flow_limit_period_min[q]), int(p.flow_limit_shift_min[q]), self.cycle)
                if (q, period) not in number:
                    number[q, period] = len(caps)
                    caps.append(float(p.flow_limit_cap_t[q]))
                    keys.append((q, period))
                entries.append((int(a), number[q, period], c))
        for store, cap in enumerate(p.store_cap_t):
            if np.isfinite(cap):
                self._store_rows(store, float(cap), tail, link, duration, caps, keys, entries)
        entries.sort()
        table = np.array(entries, dtype=np.int64).reshape(-1, 3)
        ptr = np.searchsorted(table[:, 0], np.arange(len(tail) + 1)).astype(np.int64)
        key = np.array(keys, dtype=np.int64).reshape(-1, 2)
        return ptr, table[:, 1], table[:, 2], np.array(caps), key[:, 0], key[:, 1]

    def _store_rows(
        self,
        store: int,
        cap: float,
        tail: IntArray,
        link: IntArray,
        duration: IntArray,
        caps: list[float],
        keys: list[tuple[int, int]],
        entries: list[tuple[int, int, int]],
    ) -> None:
        """Add a row for each minute at which waiting may begin at a store: all that waits then."""
        place = self.node_place[tail]
        waits = np.where((place >= 0) & (link < 0) & (duration > 0))[0]
        waits = waits[(self.p.node_store[place[waits]] == store) & (self.arc_is_hold[waits])]
        starts = self.node_min[tail[waits]]
        for moment in np.unique(starts):
            row = len(caps)
            caps.append(cap)
            keys.append((-1 - store, int(moment)))
            since = (moment - starts) % self.cycle if self.cycle else moment - starts
            entries.extend((int(a), row, -1) for a in waits[(since >= 0) & (since < duration[waits])])


def period_of(minute: int, period_min: int, shift_min: int, cycle_min: int) -> int:
    """Index of the period a minute falls in; 0 for the whole horizon; wrapped when ``cycle_min`` > 0."""
    if period_min <= 0:
        return 0
    if cycle_min:
        return ((minute % cycle_min + shift_min) // period_min) % (cycle_min // period_min)
    return (minute + shift_min) // period_min
