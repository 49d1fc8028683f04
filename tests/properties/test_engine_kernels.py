"""The compiled pricing kernel against a slow twin: labels corrected over the network unrolled in full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.space.kernels import price_paths


@dataclass(frozen=True)
class Scans:
    """Arguments of the kernel, by its names."""

    static: bool
    num_nodes: int
    num_cycles: int
    horizon: int
    node_min: IntArray
    arc_ptr: IntArray
    arc_tail: IntArray
    arc_head: IntArray
    arc_wrap: IntArray
    arc_slot: IntArray
    arc_access: IntArray
    arc_cost_per_t: FloatArray
    arc_row_ptr: IntArray
    arc_row: IntArray
    arc_row_class: IntArray
    access: BoolArray
    place_ptr: IntArray
    place_node: IntArray
    slot_price: FloatArray
    row_price: FloatArray
    scan_origin: IntArray
    scan_class: IntArray
    scan_weight: FloatArray
    scan_load: FloatArray
    scan_deadline: IntArray
    extra_ptr: IntArray
    extra_slot: IntArray
    extra_price: FloatArray
    scan_sink_ptr: IntArray
    sink_place: IntArray
    sink_due: IntArray
    sink_deadline: IntArray
    sink_late: FloatArray
    sink_worth: FloatArray


def draw_scans(seed: int, *, static: bool, num_cycles: int) -> Scans:
    """Draw a network whose arcs lead on in time, or (static) anywhere, and scans of it with prices of all kinds."""
    rng = np.random.default_rng(seed)
    num_nodes, num_arcs, num_places = int(rng.integers(2, 9)), int(rng.integers(1, 25)), int(rng.integers(1, 4))
    horizon = 0 if static else 100
    node_min = np.zeros(num_nodes, dtype=np.int64) if static else np.sort(rng.integers(0, 100, num_nodes))
    tail, head = rng.integers(0, num_nodes, num_arcs), rng.integers(0, num_nodes, num_arcs)
    wrap = np.zeros(num_arcs, dtype=np.int64) if static else (head <= tail) + (rng.random(num_arcs) < 0.1)
    order = np.argsort(tail, kind="stable")
    tail, head, wrap = tail[order], head[order], wrap[order].astype(np.int64)
    num_slots, num_rows, num_scans = 5, 3, int(rng.integers(1, 4))
    rows_of_arc = rng.integers(0, 3, num_arcs) * (rng.random(num_arcs) < 0.5)
    num_entries = int(rows_of_arc.sum())
    place = rng.integers(-1, num_places, num_nodes)
    at_place = np.concatenate([np.where(place == n)[0] for n in range(num_places)]).astype(np.int64)
    extras, sinks = rng.integers(0, 4, num_scans), rng.integers(1, 4, num_scans)
    num_sinks = int(sinks.sum())
    deadline = rng.integers(0, 100 * num_cycles + 1, num_sinks)
    sink_ptr = np.concatenate([[0], np.cumsum(sinks)])
    return Scans(
        static=static,
        num_nodes=num_nodes,
        num_cycles=num_cycles,
        horizon=horizon,
        node_min=node_min,
        arc_ptr=np.searchsorted(tail, np.arange(num_nodes + 1)),
        arc_tail=tail,
        arc_head=head,
        arc_wrap=wrap,
        arc_slot=rng.integers(-1, num_slots, num_arcs),
        arc_access=rng.integers(-1, 3, num_arcs),
        arc_cost_per_t=np.round(rng.uniform(0, 5, num_arcs), 2),
        arc_row_ptr=np.concatenate([[0], np.cumsum(rows_of_arc)]).astype(np.int64),
        arc_row=rng.integers(0, num_rows, num_entries),
        arc_row_class=rng.integers(-1, 2, num_entries),
        access=rng.random((2, 3)) < 0.6,
        place_ptr=np.searchsorted(np.sort(place[place >= 0]), np.arange(num_places + 1)),
        place_node=at_place,
        slot_price=np.round(rng.uniform(0, 3, (num_slots, 2)), 2),
        row_price=np.round(rng.uniform(0, 2, num_rows), 2),
        scan_origin=rng.integers(0, num_nodes, num_scans),
        scan_class=rng.integers(0, 2, num_scans),
        scan_weight=rng.uniform(0.5, 2, num_scans),
        scan_load=rng.uniform(0, 2, (num_scans, 2)),
        scan_deadline=np.array([deadline[sink_ptr[g] : sink_ptr[g + 1]].max() for g in range(num_scans)]),
        extra_ptr=np.concatenate([[0], np.cumsum(extras)]).astype(np.int64),
        extra_slot=rng.integers(0, num_slots, int(extras.sum())),
        extra_price=rng.uniform(0, 2, int(extras.sum())),
        scan_sink_ptr=sink_ptr,
        sink_place=rng.integers(0, num_places, num_sinks),
        sink_due=rng.integers(0, 100 * num_cycles, num_sinks),
        sink_deadline=deadline,
        sink_late=rng.uniform(0, 0.1, num_sinks),
        sink_worth=rng.choice([3.0, 20.0, 1e6], num_sinks),
    )


def arc_price(s: Scans, g: int, a: int) -> float:
    """Price of an arc for a unit of a scan's freight."""
    klass, slot = s.scan_class[g], s.arc_slot[a]
    per_t = s.arc_cost_per_t[a]
    for j in range(s.arc_row_ptr[a], s.arc_row_ptr[a + 1]):
        if s.arc_row_class[j] in (-1, klass):
            per_t += s.row_price[s.arc_row[j]]
    price = s.scan_weight[g] * per_t
    if slot >= 0:
        price += float((s.scan_load[g] * s.slot_price[slot]).sum())
        mine = slice(s.extra_ptr[g], s.extra_ptr[g + 1])
        price += float(s.extra_price[mine][s.extra_slot[mine] == slot].sum())
    return float(price)


def labels(s: Scans, g: int) -> dict[tuple[int, int], float]:
    """Cheapest way from a scan's origin to each (cycle, node), corrected until nothing changes."""
    found = {(0, int(s.scan_origin[g])): 0.0}
    changed = True
    while changed:
        changed = False
        for (cycle, node), cost in tuple(found.items()):
            for a in np.where(s.arc_tail == node)[0]:
                to = (cycle + int(s.arc_wrap[a]), int(s.arc_head[a]))
                if s.arc_access[a] >= 0 and not s.access[s.scan_class[g], s.arc_access[a]]:
                    continue
                if to[0] >= s.num_cycles:
                    continue
                if not s.static and s.node_min[to[1]] + to[0] * s.horizon > s.scan_deadline[g]:
                    continue
                new = cost + arc_price(s, g, a)
                if new < found.get(to, np.inf) - 1e-12:
                    found[to] = new
                    changed = True
    return found


def lateness_cost(s: Scans, sink: int, cycle: int, node: int) -> float:
    """Cost of ending at a node; inf where the sink is elsewhere or its deadline past."""
    place = s.place_node[s.place_ptr[s.sink_place[sink]] : s.place_ptr[s.sink_place[sink] + 1]]
    minute = int(s.node_min[node]) + cycle * s.horizon
    if node not in place or minute > s.sink_deadline[sink]:
        return float(np.inf)
    return max(0, minute - int(s.sink_due[sink])) * float(s.sink_late[sink])


def ends_at(s: Scans, g: int, arcs: IntArray, cycles: IntArray) -> tuple[int, int]:
    """Cycle and node at which a path ends; checks that each arc begins where the one before ends."""
    at = (0, int(s.scan_origin[g]))
    for a, c in zip(arcs, cycles, strict=True):
        assert (int(c), int(s.arc_tail[a])) == at
        at = (int(c) + int(s.arc_wrap[a]), int(s.arc_head[a]))
    return at


@pytest.mark.parametrize(("static", "num_cycles"), [(True, 1), (False, 1), (False, 3)])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_the_kernel_finds_the_paths_its_slow_twin_finds(seed: int, static: bool, num_cycles: int) -> None:
    """Costs are exact below the worth of the scan's best sink; a path is written for each sink worth more than it."""
    s = draw_scans(seed, static=static, num_cycles=num_cycles)
    arcs, cycles = np.empty(5000, dtype=np.int64), np.empty(5000, dtype=np.int64)
    cost, found, ptr = price_paths(*vars(s).values(), arcs, cycles)
    written = {int(sink): slice(int(ptr[i]), int(ptr[i + 1])) for i, sink in enumerate(found)}
    for g in range(len(s.scan_origin)):
        sinks = range(int(s.scan_sink_ptr[g]), int(s.scan_sink_ptr[g + 1]))
        cheapest = labels(s, g)
        cut = max(s.sink_worth[sink] for sink in sinks)
        for sink in sinks:
            best = min((c + lateness_cost(s, sink, *at) for at, c in cheapest.items()), default=np.inf)
            if best < cut - 1e-6:
                assert cost[sink] == pytest.approx(best, abs=1e-9)
            else:
                assert cost[sink] >= cut - 1e-6
            if best < s.sink_worth[sink] - 1e-6:
                span = written[sink]
                total = sum(arc_price(s, g, a) for a in arcs[span])
                total += lateness_cost(s, sink, *ends_at(s, g, arcs[span], cycles[span]))
                assert total == pytest.approx(best, abs=1e-9)
            elif best > s.sink_worth[sink] + 1e-6:
                assert sink not in written
