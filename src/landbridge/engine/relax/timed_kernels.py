"""Compiled search for the cheapest ways through time, each departure at a price of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.relax.split_kernels import Demands, Ways, new_way
from landbridge.engine.space.flat_kernels import costs_to, pop, push

INF = np.inf


class TimedNetwork(NamedTuple):
    """The expanded network as the search sees it: see ``Expansion``; ``node_flat`` is the flat node of each."""

    num_nodes: Any
    num_cycles: Any
    horizon: Any
    node_min: Any
    node_flat: Any
    arc_ptr: Any
    arc_tail: Any
    arc_head: Any
    arc_wrap: Any
    arc_slot: Any
    arc_access: Any
    arc_cost_per_t: Any
    access: Any


class Trips(NamedTuple):
    """Of each demand: class, weight of a unit, first node, last flat node, due minute, deadline, cost of lateness."""

    klass: Any
    weight_t: Any
    origin: Any
    target: Any
    due: Any
    deadline: Any
    late_cost: Any
    minutes: Any


@njit(cache=True, nogil=True)
def cheapest_in_time(  # noqa: C901 - one compiled search
    net: TimedNetwork,
    trips: Trips,
    demands: Demands,
    ways: Ways,
    costly: Any,
    unit_price: Any,
    flat_price: Any,
    tail: Any,
    in_ptr: Any,
    in_arc: Any,
    minutes_left: Any,
    toll: Any,
    part: Any,
    cost: Any,
    path: Any,
    first: int,
) -> Any:
    """
    Find the cheapest way of each demand that arrives in time; those not known join its ways.

    A* over time nodes, with the exact costs left in the flat network at the price of each leg's cheapest departure,
    for what costs less than all known ways.

    Parameters
    ----------
    costly
        Slots that are priced.
    unit_price
        Price of a unit of each kind on each slot.
    flat_price
        Of a unit of each kind on each flat arc: its cost, and the least of its slots' prices.
    minutes_left
        Least minutes to the destination from each flat node, by ``trips.minutes``.
    toll, part, cost
        As in ``cheapest_ways``.
    path
        Number of the path of each way, by demand; those that come are numbered from ``first``.

    Returns
    -------
    tuple
        Demands, pointers, arcs and cycles of the paths of ways that are new.
    """
    label = np.full(net.num_nodes * net.num_cycles, INF)
    pred = np.full(label.shape[0], -1, dtype=np.int64)
    closed = np.zeros(label.shape[0], dtype=np.bool_)
    touched = np.empty(label.shape[0], dtype=np.int64)
    keys, nodes = np.empty(1 << 14), np.empty(1 << 14, dtype=np.int64)
    room = 2 * tail.shape[0] + 16
    flat_keys, flat_nodes = np.empty(room), np.empty(room, dtype=np.int64)
    left = np.empty(in_ptr.shape[0] - 1)
    extra = np.zeros(costly.shape[0])
    where = np.full(costly.shape[0], -1, dtype=np.int64)
    entries = np.empty(ways.entry.shape[2], dtype=np.int64)
    found = np.empty(1024, dtype=np.int64)
    ptr = np.zeros(1025, dtype=np.int64)
    arcs, cycles = np.empty(1 << 14, dtype=np.int32), np.empty(1 << 14, dtype=np.int32)
    used, num_found = 0, 0
    # arrays by name: looking each up in its tuple within the loops costs more than the loops
    num_nodes, num_cycles, horizon, node_min, node_flat = (
        net.num_nodes, net.num_cycles, net.horizon, net.node_min, net.node_flat
    )  # fmt: skip
    arc_ptr, arc_tail, arc_head, arc_wrap, arc_slot, arc_access, arc_cost, access = (
        net.arc_ptr, net.arc_tail, net.arc_head, net.arc_wrap, net.arc_slot, net.arc_access, net.arc_cost_per_t,
        net.access,
    )  # fmt: skip
    num_arcs = arc_tail.shape[0]
    last_kind, last_target = -1, -1
    for k in demands.order:
        kind, target, origin = demands.kind[k], trips.target[k], trips.origin[k]
        quantity, worth, deadline = demands.quantity[k], demands.worth[k], trips.deadline[k]
        if kind != last_kind or target != last_target:
            costs_to(target, in_ptr, in_arc, tail, flat_price[kind], left, flat_keys, flat_nodes)
            last_kind, last_target = kind, target
        cost[k] = INF
        if left[node_flat[origin]] >= worth or quantity <= 0.0:
            continue
        soonest, price, weight = minutes_left[trips.minutes[k]], unit_price[kind], trips.weight_t[k]
        allowed, due, late_cost = access[trips.klass[k]], trips.due[k], trips.late_cost[k]
        for i in range(ways.num_entries[k]):
            extra[ways.leg[k, i]] = toll[k, i] / quantity
            where[ways.leg[k, i]] = i
        label[origin] = 0.0
        touched[0] = origin
        num_touched = 1
        best, best_at = worth, -1
        for w in range(ways.num_ways[k]):
            total = ways.cost[k, w] / quantity
            for j in range(ways.length[k, w]):
                z = ways.leg[k, ways.entry[k, w, j]]
                total += price[z] + extra[z]
            best = min(best, total)
        if best < worth:
            cost[k] = best
        size = push(keys, nodes, 0, left[node_flat[origin]], origin)
        while size > 0:
            key, x = keys[0], nodes[0]
            size = pop(keys, nodes, size)
            if key >= best:
                break
            if closed[x]:
                continue
            closed[x] = True
            cycle = x // num_nodes
            n = x - cycle * num_nodes
            if node_flat[n] == target:
                late = node_min[n] + cycle * horizon - due
                total = label[x] + (late * late_cost if late > 0 else 0.0)
                if total < best:
                    best, best_at = total, x
                continue
            for a in range(arc_ptr[n], arc_ptr[n + 1]):
                if arc_access[a] >= 0 and not allowed[arc_access[a]]:
                    continue
                to_cycle = cycle + arc_wrap[a]
                if to_cycle >= num_cycles:
                    continue
                h = arc_head[a]
                place = node_flat[h]
                if node_min[h] + to_cycle * horizon + soonest[place] > deadline:
                    continue
                new = label[x] + arc_cost[a] * weight
                z = arc_slot[a]
                if z >= 0:
                    new += price[z] + extra[z]
                to = to_cycle * num_nodes + h
                estimate = new + left[place]
                if new < label[to] - 1e-9 and estimate < best:
                    if label[to] == INF:
                        touched[num_touched] = to
                        num_touched += 1
                    label[to] = new
                    pred[to] = a + cycle * num_arcs
                    if size == keys.shape[0]:
                        keys, nodes = np.concatenate((keys, keys)), np.concatenate((nodes, nodes))
                    size = push(keys, nodes, size, estimate, to)
        if best_at >= 0:
            cost[k] = best
            # what rides where, from the end
            flow, length, steps, fits, x = best, 0, 0, True, best_at
            while pred[x] >= 0:
                a, c = pred[x] % num_arcs, pred[x] // num_arcs
                z = arc_slot[a]
                steps += 1
                if z >= 0:
                    flow -= price[z] + extra[z]
                    if costly[z]:
                        i = where[z]
                        if i < 0 and ways.num_entries[k] < ways.leg.shape[1]:
                            i = ways.num_entries[k]
                            ways.num_entries[k] += 1
                            ways.leg[k, i] = z
                            where[z] = i
                            toll[k, i] = 0.0
                        if i < 0 or length == entries.shape[0]:
                            fits = False
                            break
                        entries[length] = i
                        length += 1
                x = c * num_nodes + arc_tail[a]
            w = new_way(ways, part, k, entries, length, flow * quantity) if fits else -1
            if w >= 0:
                path[k, w] = first + num_found
                if num_found + 1 >= found.shape[0]:
                    found, ptr = np.concatenate((found, found)), np.concatenate((ptr, ptr))
                while used + steps > arcs.shape[0]:
                    arcs, cycles = np.concatenate((arcs, arcs)), np.concatenate((cycles, cycles))
                x, at = best_at, used + steps
                while pred[x] >= 0:
                    a, c = pred[x] % num_arcs, pred[x] // num_arcs
                    at -= 1
                    arcs[at], cycles[at] = a, c
                    x = c * num_nodes + arc_tail[a]
                used += steps
                found[num_found] = k
                num_found += 1
                ptr[num_found] = used
        for i in range(num_touched):
            label[touched[i]] = INF
            pred[touched[i]] = -1
            closed[touched[i]] = False
        for i in range(ways.num_entries[k]):
            extra[ways.leg[k, i]] = 0.0
            where[ways.leg[k, i]] = -1
    return found[:num_found], ptr[: num_found + 1], arcs[:used], cycles[:used]
