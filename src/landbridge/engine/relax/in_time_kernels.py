"""Compiled search for the cheapest ways that arrive in time, at the prices of the flat relaxation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.flat_kernels import costs_to, pop, push

INF = np.inf


class TimeNetwork(NamedTuple):
    """The expanded network as the search sees it; ``arc_flat`` is the flat arc of each arc (-1: waiting, aboard)."""

    num_nodes: Any
    num_cycles: Any
    horizon: Any
    node_min: Any
    node_flat: Any
    arc_ptr: Any
    arc_head: Any
    arc_wrap: Any
    arc_flat: Any
    arc_cost_per_t: Any


class Shipments(NamedTuple):
    """Freight of one order each: the demand it is merged into, where and when it starts and ends, worth of a unit."""

    demand: Any
    kind: Any
    origin: Any
    target: Any
    deadline: Any
    weight_t: Any
    worth: Any
    minutes: Any


@njit(cache=True, nogil=True)
def ways_in_time(  # noqa: C901 - one compiled search
    net: TimeNetwork,
    shipments: Shipments,
    order: Any,
    tail: Any,
    in_ptr: Any,
    in_arc: Any,
    price: Any,
    minutes_left: Any,
    num_entries: Any,
    entry_leg: Any,
    toll: Any,
    quantity: Any,
    cost: Any,
) -> None:
    """
    Write the cost of a unit of some shipments on their cheapest ways that arrive in time; inf: none is worth it.

    A* with the exact costs to the destination in the flat network, which time can only raise. Any departure may be
    taken, at the price of its leg.

    Parameters
    ----------
    order
        Shipments to look at; those of one kind and destination should follow each other.
    price
        Of a unit of each kind on each flat arc.
    minutes_left
        Least minutes to the destination from each flat node, by ``shipments.minutes``.
    num_entries, entry_leg, toll, quantity
        Of each demand: what all of it pays on its legs besides, and all of it.
    """
    label = np.full(net.num_nodes * net.num_cycles, INF)
    touched = np.empty(label.shape[0], dtype=np.int64)
    closed = np.zeros(label.shape[0], dtype=np.bool_)
    keys, nodes = np.empty(1 << 16), np.empty(1 << 16, dtype=np.int64)
    left = np.empty(in_ptr.shape[0] - 1)
    extra = np.zeros(price.shape[1])
    # arrays by name: looking each up in its tuple within the loops costs more than the loops
    num_nodes, num_cycles, horizon, node_min, node_flat = (
        net.num_nodes, net.num_cycles, net.horizon, net.node_min, net.node_flat
    )  # fmt: skip
    arc_ptr, arc_head, arc_wrap, arc_flat, arc_cost = (
        net.arc_ptr, net.arc_head, net.arc_wrap, net.arc_flat, net.arc_cost_per_t
    )  # fmt: skip
    last_kind, last_target = -1, -1
    for s in order:
        k, kind, target = shipments.demand[s], shipments.kind[s], shipments.target[s]
        origin, worth, deadline = shipments.origin[s], shipments.worth[s], shipments.deadline[s]
        if kind != last_kind or target != last_target:
            costs_to(target, in_ptr, in_arc, tail, price[kind], left, keys, nodes)
            last_kind, last_target = kind, target
        cost[s] = INF
        if left[node_flat[origin]] >= worth or quantity[k] <= 0.0:
            continue
        soonest, of_kind, weight = minutes_left[shipments.minutes[s]], price[kind], shipments.weight_t[s]
        for i in range(num_entries[k]):
            extra[entry_leg[k, i]] = toll[k, i] / quantity[k]
        label[origin] = 0.0
        touched[0] = origin
        num_touched = 1
        size = push(keys, nodes, 0, left[node_flat[origin]], origin)
        while size > 0:
            key, x = keys[0], nodes[0]
            size = pop(keys, nodes, size)
            if key >= worth:
                break
            if closed[x]:
                continue
            closed[x] = True
            cycle = x // num_nodes
            n = x - cycle * num_nodes
            if node_flat[n] == target:
                cost[s] = label[x]
                break
            for a in range(arc_ptr[n], arc_ptr[n + 1]):
                to_cycle = cycle + arc_wrap[a]
                if to_cycle >= num_cycles:
                    continue
                h, flat = arc_head[a], arc_flat[a]
                place = node_flat[h]
                if node_min[h] + to_cycle * horizon + soonest[place] > deadline:
                    continue
                new = label[x] + (of_kind[flat] + extra[flat] if flat >= 0 else arc_cost[a] * weight)
                to = to_cycle * num_nodes + h
                if new < label[to] - 1e-9 and new + left[place] < worth:
                    if label[to] == INF:
                        touched[num_touched] = to
                        num_touched += 1
                    label[to] = new
                    if size == keys.shape[0]:
                        keys, nodes = np.concatenate((keys, keys)), np.concatenate((nodes, nodes))
                    size = push(keys, nodes, size, new + left[place], to)
        for i in range(num_touched):
            label[touched[i]] = INF
            closed[touched[i]] = False
        for i in range(num_entries[k]):
            extra[entry_leg[k, i]] = 0.0
