"""Compiled shortest-path kernels over the expanded network; arrays in, arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

INF = np.inf


@njit(cache=True, nogil=True)
def arc_price(
    a: int,
    klass: int,
    weight: float,
    load: Any,
    arc_cost_per_t: Any,
    arc_row_ptr: Any,
    arc_row: Any,
    arc_row_class: Any,
    row_price: Any,
    arc_slot: Any,
    slot_price: Any,
    extra: Any,
) -> float:
    """Price of an arc for a unit: its cost, rows on tonnes, capacity of its slot, and what is extra there."""
    per_t = arc_cost_per_t[a]
    for i in range(arc_row_ptr[a], arc_row_ptr[a + 1]):
        if arc_row_class[i] < 0 or arc_row_class[i] == klass:
            per_t += row_price[arc_row[i]]
    price: float = weight * per_t
    z = arc_slot[a]
    if z >= 0:
        price += extra[z]
        for d in range(load.shape[0]):
            price += load[d] * slot_price[z, d]
    return price


@njit(cache=True, nogil=True)
def price_paths(  # noqa: C901 - one compiled loop over labels
    static: bool,
    num_nodes: int,
    num_cycles: int,
    horizon: int,
    node_min: Any,
    arc_ptr: Any,
    arc_tail: Any,
    arc_head: Any,
    arc_wrap: Any,
    arc_slot: Any,
    arc_access: Any,
    arc_cost_per_t: Any,
    arc_row_ptr: Any,
    arc_row: Any,
    arc_row_class: Any,
    access: Any,
    place_ptr: Any,
    place_node: Any,
    slot_price: Any,
    row_price: Any,
    scan_origin: Any,
    scan_class: Any,
    scan_weight: Any,
    scan_load: Any,
    scan_deadline: Any,
    extra_ptr: Any,
    extra_slot: Any,
    extra_price: Any,
    scan_sink_ptr: Any,
    sink_place: Any,
    sink_due: Any,
    sink_deadline: Any,
    sink_late: Any,
    sink_worth: Any,
    path_arcs: Any,
    path_cycles: Any,
) -> Any:
    """
    Find the cheapest path to each sink of each scan; write out those cheaper than the sink's worth.

    A scan is one source; ``extra`` prices hold for its freight alone.
    Unrolls a cyclic network implicitly; a static one, with cycles among its
    arcs, is scanned by label correction. Prices must not be negative.

    Returns
    -------
    tuple
        Cost of the cheapest path to each sink (inf: none; only those cheaper than the worth of the scan's best
        sink are exact), the sinks with a written path, and the pointers of these paths in ``path_arcs`` and
        ``path_cycles`` (the cycle in which the arc's tail is).
    """
    num_sinks = sink_place.shape[0]
    cost = np.full(num_sinks, INF)
    found = np.empty(num_sinks, dtype=np.int64)
    ptr = np.zeros(num_sinks + 1, dtype=np.int64)
    num_found = 0
    used = 0
    size = num_nodes * num_cycles
    label = np.full(size, INF)
    pred = np.full(size, -1, dtype=np.int64)
    extra = np.zeros(slot_price.shape[0])
    queue = np.empty(num_nodes + 1, dtype=np.int64)
    queued = np.zeros(num_nodes, dtype=np.bool_)
    for g in range(scan_origin.shape[0]):
        for i in range(extra_ptr[g], extra_ptr[g + 1]):
            extra[extra_slot[i]] += extra_price[i]
        klass = scan_class[g]
        weight = scan_weight[g]
        load = scan_load[g]
        origin = scan_origin[g]
        deadline = scan_deadline[g]
        cut = -INF
        for s in range(scan_sink_ptr[g], scan_sink_ptr[g + 1]):
            cut = max(cut, sink_worth[s])
        label[origin] = 0.0
        last = origin
        if static:
            first = 0
            last = num_nodes - 1
            head_at, tail_at, count = 0, 1, 1
            queue[0] = origin
            queued[origin] = True
            while count > 0:
                n = queue[head_at]
                head_at = head_at + 1 if head_at < num_nodes else 0
                count -= 1
                queued[n] = False
                if label[n] >= cut:
                    continue
                for a in range(arc_ptr[n], arc_ptr[n + 1]):
                    acc = arc_access[a]
                    if acc >= 0 and not access[klass, acc]:
                        continue
                    new = label[n] + arc_price(
                        a,
                        klass,
                        weight,
                        load,
                        arc_cost_per_t,
                        arc_row_ptr,
                        arc_row,
                        arc_row_class,
                        row_price,
                        arc_slot,
                        slot_price,
                        extra,
                    )
                    to = arc_head[a]
                    if new < label[to] - 1e-12:
                        label[to] = new
                        pred[to] = a
                        if not queued[to]:
                            queued[to] = True
                            queue[tail_at] = to
                            tail_at = tail_at + 1 if tail_at < num_nodes else 0
                            count += 1
        else:
            first = origin
            x = origin
            while x < size:
                c = x // num_nodes
                n = x - c * num_nodes
                if node_min[n] + c * horizon > deadline:
                    break
                last = x
                here = label[x]
                if here < cut:
                    for a in range(arc_ptr[n], arc_ptr[n + 1]):
                        acc = arc_access[a]
                        if acc >= 0 and not access[klass, acc]:
                            continue
                        to_cycle = c + arc_wrap[a]
                        if to_cycle >= num_cycles:
                            continue
                        h = arc_head[a]
                        if node_min[h] + to_cycle * horizon > deadline:
                            continue
                        new = here + arc_price(
                            a,
                            klass,
                            weight,
                            load,
                            arc_cost_per_t,
                            arc_row_ptr,
                            arc_row,
                            arc_row_class,
                            row_price,
                            arc_slot,
                            slot_price,
                            extra,
                        )
                        to = to_cycle * num_nodes + h
                        if new < label[to]:
                            label[to] = new
                            pred[to] = a + c * arc_tail.shape[0]
                x += 1
        for s in range(scan_sink_ptr[g], scan_sink_ptr[g + 1]):
            best = INF
            best_at = -1
            for c in range(num_cycles):
                for i in range(place_ptr[sink_place[s]], place_ptr[sink_place[s] + 1]):
                    n = place_node[i]
                    minute = node_min[n] + c * horizon
                    if minute > sink_deadline[s]:
                        break
                    x = c * num_nodes + n
                    if x < first or x > last or label[x] == INF:
                        continue
                    late = minute - sink_due[s]
                    total = label[x] + (late * sink_late[s] if late > 0 else 0.0)
                    if total < best:
                        best = total
                        best_at = x
            cost[s] = best
            if best_at < 0 or best >= sink_worth[s]:
                continue
            length = 0
            x = best_at
            while pred[x] >= 0:
                a = pred[x] % arc_tail.shape[0]
                x = (pred[x] // arc_tail.shape[0]) * num_nodes + arc_tail[a]
                length += 1
            if used + length > path_arcs.shape[0]:
                continue
            x = best_at
            at = used + length
            while pred[x] >= 0:
                a = pred[x] % arc_tail.shape[0]
                c = pred[x] // arc_tail.shape[0]
                at -= 1
                path_arcs[at] = a
                path_cycles[at] = c
                x = c * num_nodes + arc_tail[a]
            used += length
            found[num_found] = s
            num_found += 1
            ptr[num_found] = used
        for x in range(first, last + 1):
            label[x] = INF
            pred[x] = -1
        for i in range(extra_ptr[g], extra_ptr[g + 1]):
            extra[extra_slot[i]] = 0.0
    return cost, found[:num_found], ptr[: num_found + 1]


@njit(cache=True, nogil=True)
def sweep(
    num_nodes: int,
    num_cycles: int,
    horizon: int,
    node_min: Any,
    arc_ptr: Any,
    arc_head: Any,
    arc_wrap: Any,
    arc_slot: Any,
    travel: Any,
    start: int,
    before: int,
    found: Any,
) -> None:
    """Write the least minutes until the end of each slot that can be ridden from a node on, plus those before."""
    reached = np.zeros(num_nodes * num_cycles, dtype=np.bool_)
    reached[start] = True
    for x in range(start, num_nodes * num_cycles):
        if not reached[x]:
            continue
        c = x // num_nodes
        n = x - c * num_nodes
        for a in range(arc_ptr[n], arc_ptr[n + 1]):
            z = arc_slot[a]
            if z >= 0:
                minutes = before + node_min[n] + c * horizon - node_min[start] + travel[z]
                found[z] = min(found[z], minutes)
            to = c + arc_wrap[a]
            if to < num_cycles:
                reached[to * num_nodes + arc_head[a]] = True


@njit(cache=True, nogil=True)
def mark_rides(
    num_nodes: int,
    num_cycles: int,
    horizon: int,
    node_min: Any,
    arc_ptr: Any,
    arc_head: Any,
    arc_wrap: Any,
    arc_slot: Any,
    arc_access: Any,
    access: Any,
    origin: int,
    ends: Any,
    deadline: int,
    can: Any,
) -> None:
    """Mark the slots on some way from a node to one of the ending nodes by a deadline, in a network with time."""
    size = num_nodes * num_cycles
    reached = np.zeros(size, dtype=np.bool_)
    leads = np.zeros(size, dtype=np.bool_)
    reached[origin] = True
    last = origin
    for x in range(origin, size):
        c = x // num_nodes
        n = x - c * num_nodes
        if node_min[n] + c * horizon > deadline:
            break
        last = x
        if reached[x]:
            for a in range(arc_ptr[n], arc_ptr[n + 1]):
                to = c + arc_wrap[a]
                if to < num_cycles and (arc_access[a] < 0 or access[arc_access[a]]):
                    reached[to * num_nodes + arc_head[a]] = True
    for c in range(num_cycles):
        for n in ends:
            if node_min[n] + c * horizon <= deadline:
                leads[c * num_nodes + n] = True
    for x in range(last, origin - 1, -1):
        if not reached[x]:
            continue
        c = x // num_nodes
        n = x - c * num_nodes
        for a in range(arc_ptr[n], arc_ptr[n + 1]):
            to = c + arc_wrap[a]
            if to >= num_cycles or (arc_access[a] >= 0 and not access[arc_access[a]]):
                continue
            h = to * num_nodes + arc_head[a]
            if h <= last and leads[h]:
                leads[x] = True
                if arc_slot[a] >= 0:
                    can[arc_slot[a]] = True
