"""Compiled search for the cheapest ways in time, each departure at a price of its own, by scanning rides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.relax.split_kernels import Demands, Ways, new_way
from landbridge.engine.space.flat_kernels import pop, push
from landbridge.engine.space.scan_kernels import Freight, Scratch, Space, list_near, scan_rides, write_path

INF = np.inf
LEAST_PART = 0.02
"""Part of what a demand is worth by a part of which ways may cost more than the cheapest, whatever that costs."""


class ScanPrices(NamedTuple):
    """
    The flat network, and prices of a unit by kind.

    ``flow`` is what each flat arc costs without room, ``least`` with the room of its cheapest slot, and ``slot`` the
    price of room of each slot. ``left`` and ``minutes`` are the least cost at ``least`` and the least minutes to each
    target (of kind ``kind``) from each flat node.
    """

    kind: Any
    flow: Any
    least: Any
    slot: Any
    left: Any
    minutes: Any
    in_ptr: Any
    in_arc: Any
    out_ptr: Any
    out_arc: Any
    tail: Any
    head: Any


class Look(NamedTuple):
    """
    How to look for ways.

    Along flat ways that cost up to a part ``width`` more than the cheapest (inf: every way that may be the cheapest),
    and at a part ``assumed`` of the mean toll of the leg on slots whose toll is not known. With any but inf and 0 what
    is found need not be the cheapest.
    """

    width: float
    assumed: float


@njit(cache=True, nogil=True)
def _costs_back(
    prices: ScanPrices, scratch: Scratch, target: int, price: Any, cut: float, left: Any, touched: Any
) -> int:
    """Least cost to the target from each flat node where it is below ``cut``; lists these nodes."""
    keys, nodes = scratch.keys, scratch.nodes
    in_ptr, in_arc, tail = prices.in_ptr, prices.in_arc, prices.tail
    left[target] = 0.0
    touched[0] = target
    count = 1
    size = push(keys, nodes, 0, 0.0, target)
    while size > 0:
        here, n = keys[0], nodes[0]
        size = pop(keys, nodes, size)
        if here > left[n]:
            continue
        for j in range(in_ptr[n], in_ptr[n + 1]):
            a = in_arc[j]
            t = tail[a]
            new = here + price[a]
            if new < left[t] and new < cut:
                if left[t] == INF:
                    touched[count] = t
                    count += 1
                left[t] = new
                size = push(keys, nodes, size, new, t)
    return count


@njit(cache=True, nogil=True)
def _price_legs(
    space: Space, prices: ScanPrices, slot_price: Any, extra: Any, most: Any, legs: Any, count: int, flat_price: Any
) -> None:
    """Bring flat prices of some legs to what the cheapest of their slots costs, tolls included."""
    for i in range(count):
        leg = legs[i]
        least = INF
        for x in range(space.leg_ptr[leg], space.leg_ptr[leg + 1]):
            z = space.ride_slot[space.leg_ride[x]]
            if most[space.slot_run[z]] > 0.0:
                least = min(least, slot_price[z] + extra[z])
        flat_price[leg] += least


@njit(cache=True, nogil=True)
def scan_ways(  # noqa: C901 - one compiled loop
    space: Space,
    freight: Freight,
    prices: ScanPrices,
    scratch: Scratch,
    demands: Demands,
    ways: Ways,
    priced: Any,
    most: Any,
    look: Look,
    toll: Any,
    next_toll: Any,
    part: Any,
    cost: Any,
    path: Any,
    first: int,
) -> Any:
    """
    Find the cheapest way in time of each demand; those not known join its ways.

    Parameters
    ----------
    priced
        Slots that are priced.
    most
        Most runs of each candidate; those that may not run are not looked at.
    toll, part, cost, path, first
        As in ``cheapest_in_time``.
    next_toll
        What tolls of entries that come are to become: the mean of the demand's others on the leg.

    Returns
    -------
    tuple
        Demands, pointers, arcs and cycles of the paths of ways that are new, waiting left out.
    """
    leg_ptr, leg_ride, ride_slot, slot_leg, slot_run = (
        space.leg_ptr, space.leg_ride, space.ride_slot, space.slot_leg, space.slot_run
    )  # fmt: skip
    num_slots, num_nodes = priced.shape[0], prices.left.shape[1]
    extra, where = np.zeros(num_slots), np.full(num_slots, -1, dtype=np.int64)
    paid, known = np.zeros(space.num_legs), np.zeros(space.num_legs)
    legs = np.empty(space.num_legs, dtype=np.int64)
    left, touched = np.full(num_nodes, INF), np.empty(num_nodes, dtype=np.int64)
    flat_price = np.empty(prices.least.shape[1])
    entries = np.empty(ways.entry.shape[2], dtype=np.int64)
    found, ptr = np.empty(1024, dtype=np.int64), np.zeros(1025, dtype=np.int64)
    arcs, cycles = np.empty(1 << 14, dtype=np.int32), np.empty(1 << 14, dtype=np.int32)
    used, num_found = 0, 0
    for k in demands.order:
        quantity, worth, guide, origin = demands.quantity[k], demands.worth[k], freight.guide[k], freight.origin[k]
        cost[k] = INF
        if quantity <= 0.0:
            continue
        kind = prices.kind[guide]
        slot_price = prices.slot[kind]
        num_legs = 0
        for i in range(ways.num_entries[k]):
            z = ways.leg[k, i]
            leg = slot_leg[z]
            if known[leg] == 0.0:
                legs[num_legs] = leg
                num_legs += 1
            extra[z], where[z] = toll[k, i] / quantity, i
            paid[leg] += extra[z]
            known[leg] += 1.0
        if look.assumed > 0.0:
            for i in range(num_legs):
                mean = look.assumed * paid[legs[i]] / known[legs[i]]
                for x in range(leg_ptr[legs[i]], leg_ptr[legs[i] + 1]):
                    z = ride_slot[leg_ride[x]]
                    if where[z] < 0:
                        extra[z] = mean
        best = worth
        for w in range(ways.num_ways[k]):
            total = ways.cost[k, w] / quantity
            for j in range(ways.length[k, w]):
                z = ways.leg[k, ways.entry[k, w, j]]
                total += slot_price[z] + extra[z]
            best = min(best, total)
        flow, length = INF, -1
        if prices.left[guide, origin] < best:
            flat_price[:] = prices.least[kind]
            for i in range(num_legs):
                flat_price[legs[i]] = prices.flow[kind, legs[i]]
            _price_legs(space, prices, slot_price, extra, most, legs, num_legs, flat_price)
            num_left = _costs_back(prices, scratch, freight.target[k], flat_price, best, left, touched)
            least = left[origin]
            near = best
            if look.width < INF:
                near = min(best, least * (1.0 + look.width) + LEAST_PART * look.width * worth)
            if least < best:
                num_rides = list_near(
                    space, scratch, prices.out_ptr, prices.out_arc, prices.head, origin, flat_price, left, near, False
                )  # fmt: skip
                for i in range(num_rides):
                    z = ride_slot[scratch.rides[i]]
                    scratch.price[z] = slot_price[z] + extra[z] if most[slot_run[z]] > 0.0 else INF
                end, best, flow, has_room = scan_rides(
                    space, freight, scratch, k, num_rides, 1.0, prices.flow[kind, space.num_legs :], left,
                    prices.minutes[guide], freight.deadline[k], best,
                )  # fmt: skip
                if end >= 0:
                    length = write_path(space, scratch, end)
                if not has_room:
                    best = min(best, least)
            for i in range(num_left):
                left[touched[i]] = INF
        if best < worth:
            cost[k] = best
        if length >= 0:
            rides, fits = 0, True
            for j in range(length):
                z = space.arc_slot[scratch.arcs[j]]
                if z < 0 or not priced[z]:
                    continue
                i = where[z]
                if i < 0 and ways.num_entries[k] < ways.leg.shape[1]:
                    i, leg = ways.num_entries[k], slot_leg[z]
                    ways.num_entries[k] += 1
                    ways.leg[k, i], where[z], toll[k, i] = z, i, 0.0
                    if known[leg] > 0.0:
                        next_toll[k, i] = quantity * paid[leg] / known[leg]
                if i < 0 or rides == entries.shape[0]:
                    fits = False
                    break
                entries[rides] = i
                rides += 1
            w = new_way(ways, part, k, entries, rides, flow * quantity) if fits else -1
            if w >= 0:
                path[k, w] = first + num_found
                if num_found + 1 >= found.shape[0]:
                    found, ptr = np.concatenate((found, found)), np.concatenate((ptr, ptr))
                while used + length > arcs.shape[0]:
                    arcs, cycles = np.concatenate((arcs, arcs)), np.concatenate((cycles, cycles))
                arcs[used : used + length] = scratch.arcs[:length]
                cycles[used : used + length] = scratch.cycles[:length]
                used += length
                found[num_found] = k
                num_found += 1
                ptr[num_found] = used
        for i in range(num_legs):
            for x in range(leg_ptr[legs[i]], leg_ptr[legs[i] + 1]):
                extra[ride_slot[leg_ride[x]]] = 0.0
            paid[legs[i]] = known[legs[i]] = 0.0
        for i in range(ways.num_entries[k]):
            where[ways.leg[k, i]] = -1
    return found[:num_found], ptr[: num_found + 1], arcs[:used], cycles[:used]
