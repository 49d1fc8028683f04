"""Compiled search for the cheapest ways in time, each departure at a price of its own, by scanning rides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.relax.split_kernels import Demands, Ways, new_way
from landbridge.engine.space.flat_kernels import pop, push
from landbridge.engine.space.scan_kernels import Freight, Scratch, Space, arrive, opens, write_path

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
def _mark_cheap(
    space: Space, prices: ScanPrices, scratch: Scratch, origin: int, price: Any, left: Any, cut: float
) -> int:
    """Mark the flat nodes on ways that may cost less than ``cut``, and list the rides between them, in order."""
    out_ptr, out_arc, heads = prices.out_ptr, prices.out_arc, prices.head
    keys, nodes, reached, mark, best = scratch.keys, scratch.nodes, scratch.reached, scratch.mark, scratch.labels.best
    num_places, num_legs, leg_ptr, leg_ride = space.num_places, space.num_legs, space.leg_ptr, space.leg_ride
    reach, rides = scratch.reach, scratch.rides
    scratch.stamp[0] += 1
    now = scratch.stamp[0]
    reach[origin] = 0.0
    reached[0] = origin
    count = 1
    size = push(keys, nodes, 0, 0.0, origin)
    while size > 0:
        here, n = keys[0], nodes[0]
        size = pop(keys, nodes, size)
        if here > reach[n]:
            continue
        mark[n] = now
        for j in range(out_ptr[n], out_ptr[n + 1]):
            a = out_arc[j]
            h = heads[a]
            new = here + price[a]
            if new < reach[h] and new + left[h] < cut:
                if reach[h] == INF:
                    reached[count] = h
                    count += 1
                reach[h] = new
                size = push(keys, nodes, size, new, h)
    num_rides = 0
    for i in range(count):
        n = reached[i]
        if n < num_places:
            best[n] = -1
        for j in range(out_ptr[n], out_ptr[n + 1]):
            leg = out_arc[j]
            if leg < num_legs and mark[heads[leg]] == now and reach[n] + price[leg] + left[heads[leg]] < cut:
                for x in range(leg_ptr[leg], leg_ptr[leg + 1]):
                    rides[num_rides] = leg_ride[x]
                    num_rides += 1
    for i in range(count):
        reach[reached[i]] = INF
    rides[:num_rides].sort()
    return num_rides


@njit(cache=True, nogil=True)
def _find(  # noqa: C901 - one compiled scan
    space: Space,
    freight: Freight,
    prices: ScanPrices,
    scratch: Scratch,
    k: int,
    cut: float,
    near: float,
    extra: Any,
    flat_price: Any,
    cost_left: Any,
    most: Any,
) -> Any:
    """
    Find the cheapest path of a unit for less than ``cut``, along flat ways below ``near``.

    A connection scan as in ``find_path``, ways cut by what they cost to the end of all at the least prices. Returns its
    cost (``cut`` if there is none; no more than any costs where there is no room to look at all), its flow cost and the
    number of its arcs (-1: none, or no room for them).
    """
    guide, origin, target = freight.guide[k], freight.origin[k], freight.target[k]
    ready, due, late_cost, deadline = freight.ready[k], freight.due[k], freight.late_cost[k], freight.deadline[k]
    if cost_left[origin] >= cut or ready + prices.minutes[guide, origin] > deadline:
        return cut, INF, -1
    num_rides = _mark_cheap(space, prices, scratch, origin, flat_price, cost_left, near)
    now, mark, rides = scratch.stamp[0], scratch.mark, scratch.rides
    places, minutes, costs, flows = (
        scratch.labels.place, scratch.labels.minute, scratch.labels.cost, scratch.labels.flow
    )  # fmt: skip
    before, did, at = scratch.labels.before, scratch.labels.did, scratch.labels.at
    after, best, aboard, ridden = (
        scratch.labels.after, scratch.labels.best, scratch.labels.aboard, scratch.labels.ridden
    )  # fmt: skip
    ride_slot, ride_min, ride_shift = space.ride_slot, space.ride_min, space.ride_shift
    slot_leg, slot_minutes, stay, alight, slot_run = (
        space.slot_leg, space.slot_minutes, space.stay, space.alight, space.slot_run
    )  # fmt: skip
    leg_tail, leg_head, leg_cost_per_t, hold_cost = (
        space.leg_tail, space.leg_head, space.leg_cost_per_t, space.hold_cost
    )  # fmt: skip
    out_ptr, out_link, link_head, link_min, link_cost_per_t = (
        space.out_ptr, space.out_link, space.link_head, space.link_min, space.link_cost_per_t
    )  # fmt: skip
    window_ptr, window_start, window_end = space.window_ptr, space.window_start, space.window_end
    repeats, num_cycles, most_shift, num_legs = space.cycle, space.num_cycles, space.most_shift, space.num_legs
    weight = freight.weight_t[k]
    kind = prices.kind[guide]
    minutes_left, slot_price = prices.minutes[guide], prices.slot[kind]
    link_price = prices.flow[kind][num_legs:]
    best_at, is_full = -1, False
    size = places.shape[0]
    places[0], before[0], did[0], at[0], flows[0] = origin, -1, -1, ready, 0.0
    arrive(best, after, minutes, costs, 0, 0.0, origin, ready, 0.0)
    count, done, num_ridden, i = 1, 0, 0, 0
    cycle = ready // repeats if repeats > 0 else 0
    while True:
        while done < count:
            e = done
            done += 1
            place, minute = places[e], minutes[e]
            if place < 0:
                continue
            if place == target:
                late = max(0, minute - due) * late_cost
                if minute <= deadline and costs[e] + late < cut:
                    cut, best_at = costs[e] + late, e
                continue
            for j in range(out_ptr[place], out_ptr[place + 1]):
                link = out_link[j]
                h = link_head[link]
                if mark[h] != now or link_price[link] == INF:
                    continue
                begins = opens(window_ptr, window_start, window_end, repeats, link, minute)
                ends = begins + link_min[link]
                if begins < 0 or ends + minutes_left[h] > deadline:
                    continue
                more = weight * (hold_cost[place] * (begins - minute) + link_cost_per_t[link])
                if costs[e] + more + cost_left[h] >= cut:
                    continue
                if count == size:
                    is_full = True
                    continue
                if arrive(best, after, minutes, costs, count, hold_cost[h] * weight, h, ends, costs[e] + more):
                    places[count], flows[count] = h, flows[e] + more
                    before[count], did[count], at[count] = e, -2 - link, begins
                    count += 1
        if i == num_rides:
            i = 0
            cycle += 1
        if num_rides == 0 or cycle >= num_cycles:
            break
        ride = rides[i]
        i += 1
        begins = ride_min[ride] + cycle * repeats
        if begins > deadline:
            break
        if begins < ready:
            continue
        z = ride_slot[ride]
        leg = slot_leg[z]
        ends = begins + slot_minutes[z]
        if ends > deadline or most[slot_run[z]] <= 0.0:
            continue
        tail, head = leg_tail[leg], leg_head[leg]
        shift = cycle - ride_shift[ride] + most_shift
        cost, flow, e = INF, 0.0, -1
        if mark[tail] == now and best[tail] >= 0:
            e = best[tail]
            while after[e] >= 0 and minutes[after[e]] <= begins:
                e = after[e]
            best[tail] = e
            if minutes[e] <= begins:
                waited = hold_cost[tail] * weight * (begins - minutes[e])
                cost, flow = costs[e] + waited, flows[e] + waited
            else:
                e = -1
        if stay[z] >= 0 and aboard[z - 1, shift] >= 0:
            other = aboard[z - 1, shift]
            if costs[other] <= cost:
                e, cost, flow = other, costs[other], flows[other]
        if e < 0:
            continue
        ride_flow = leg_cost_per_t[leg] * weight
        cost, flow = cost + ride_flow + slot_price[z] + extra[z], flow + ride_flow
        if cost >= cut:
            continue
        if count + 1 >= size:
            is_full = True
            continue
        if z + 1 < stay.shape[0] and stay[z + 1] >= 0:
            places[count], minutes[count], costs[count], flows[count] = -1, ends, cost, flow
            before[count], did[count], at[count] = e, z, begins
            aboard[z, shift] = count
            ridden[num_ridden, 0], ridden[num_ridden, 1] = z, shift
            num_ridden += 1
            count += 1
            if alight[z] < 0:
                continue
        if mark[head] != now or ends + minutes_left[head] > deadline or cost + cost_left[head] >= cut:
            continue
        if arrive(best, after, minutes, costs, count, hold_cost[head] * weight, head, ends, cost):
            places[count], flows[count] = head, flow
            before[count], did[count], at[count] = e, z, begins
            count += 1
    for x in range(num_ridden):
        aboard[ridden[x, 0], ridden[x, 1]] = -1
    least = min(cut, cost_left[origin]) if is_full else cut
    if best_at < 0:
        return least, INF, -1
    return least, flows[best_at] + max(0, minutes[best_at] - due) * late_cost, write_path(space, scratch, best_at)


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
    leg_ptr, leg_ride, ride_slot, slot_leg = space.leg_ptr, space.leg_ride, space.ride_slot, space.slot_leg
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
        quantity, worth, guide = demands.quantity[k], demands.worth[k], freight.guide[k]
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
        if prices.left[guide, freight.origin[k]] < best:
            flat_price[:] = prices.least[kind]
            for i in range(num_legs):
                flat_price[legs[i]] = prices.flow[kind, legs[i]]
            _price_legs(space, prices, slot_price, extra, most, legs, num_legs, flat_price)
            num_left = _costs_back(prices, scratch, freight.target[k], flat_price, best, left, touched)
            least = left[freight.origin[k]]
            near = best
            if look.width < INF:
                near = min(best, least * (1.0 + look.width) + LEAST_PART * look.width * worth)
            best, flow, length = _find(space, freight, prices, scratch, k, best, near, extra, flat_price, left, most)
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
