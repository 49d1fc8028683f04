"""Compiled parts of searches that scan rides in the order in which they leave: what is scanned, and ways so found."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.flat_kernels import pop, push

INF = np.inf


class Space(NamedTuple):
    """
    Rides (slots) in the order in which they leave within a cycle, the links between them, and runs.

    ``ride_*`` are in that order; ``leg_ptr`` and ``leg_ride`` list the rides of each leg. ``arc`` rides the slot;
    ``board``, ``stay`` and ``alight`` are the arcs before and after it inside a vehicle that stops (-1: none). Times
    are minutes; ``cycle`` is 0 where the problem does not repeat. ``leg_cost`` is a run's cost by slot.
    """

    num_places: Any
    num_legs: Any
    cycle: Any
    num_cycles: Any
    most_shift: Any
    ride_slot: Any
    ride_min: Any
    ride_shift: Any
    slot_minutes: Any
    slot_leg: Any
    leg_ptr: Any
    leg_ride: Any
    leg_tail: Any
    leg_head: Any
    leg_cost_per_t: Any
    arc: Any
    board: Any
    stay: Any
    alight: Any
    hold_cost: Any
    out_ptr: Any
    out_link: Any
    link_head: Any
    link_min: Any
    link_cost_per_t: Any
    window_ptr: Any
    window_start: Any
    window_end: Any
    place_ptr: Any
    place_node: Any
    node_min: Any
    arc_ptr: Any
    arc_link: Any
    arc_slot: Any
    slot_run: Any
    run_slot_ptr: Any
    run_vehicle: Any
    capacity: Any
    leg_cost: Any
    run_cost: Any
    most: Any
    limit_ptr: Any
    limit: Any
    limit_count: Any


class Freight(NamedTuple):
    """Orders, each whole or not at all. ``value`` is for all of it; ``guide`` the row of its kind and destination."""

    origin: Any
    ready: Any
    weight_t: Any
    load: Any
    deadline: Any
    due: Any
    late_cost: Any
    target: Any
    quantity: Any
    value: Any
    guide: Any


class Labels(NamedTuple):
    """
    Ways found from the origin so far: where each arrives, at which minute and cost, and what it did last.

    ``did`` is a slot (0 or more), a link (-2 or less: ``-2 - link``) or -1 at the origin; ``at`` is the minute at which
    that began. Ways at one place are in a list by minute, each cheaper than the one before (``after``), of which
    ``best`` is the cheapest there now. ``aboard`` is the way that rides a slot, by slot and cycle.
    """

    place: Any
    minute: Any
    cost: Any
    flow: Any
    before: Any
    did: Any
    at: Any
    after: Any
    best: Any
    aboard: Any
    ridden: Any


class Scratch(NamedTuple):
    """Arrays the searches use again and again; clean but for ``price``, of slots, and ``noise``, of runs."""

    labels: Any
    reach: Any
    reached: Any
    mark: Any
    stamp: Any
    keys: Any
    nodes: Any
    rides: Any
    arcs: Any
    cycles: Any
    noise: Any
    price: Any


@njit(cache=True, nogil=True)
def opens(window_ptr: Any, window_start: Any, window_end: Any, repeats: int, link: int, minute: int) -> int:
    """First minute from one on at which a link may be entered; -1: never."""
    first, last = window_ptr[link], window_ptr[link + 1]
    if first == last:
        return minute
    base = minute % repeats if repeats > 0 else minute
    for w in range(first, last):
        if base < window_end[w]:
            return int(minute - base + max(base, window_start[w]))
    return int(minute - base + repeats + window_start[first]) if repeats > 0 else -1


@njit(cache=True, nogil=True)
def arrive(
    best: Any, after: Any, minutes: Any, costs: Any, count: int, hold: float, place: int, minute: int, cost: float
) -> int:
    """
    Put a way that arrives at a place into its list, as number ``count``, unless one there is as early and as cheap.

    ``hold`` is the cost of waiting there a minute. Returns whether it went in (1 or 0).
    """
    e = best[place]
    last = -1
    while e >= 0 and minutes[e] <= minute:
        last = e
        e = after[e]
    if last >= 0 and costs[last] + hold * (minute - minutes[last]) <= cost:
        return 0
    while e >= 0 and cost + hold * (minutes[e] - minute) <= costs[e]:
        e = after[e]
    after[count] = e
    if last >= 0:
        after[last] = count
    else:
        best[place] = count
    minutes[count], costs[count] = minute, cost
    return 1


@njit(cache=True, nogil=True)
def list_near(
    space: Space,
    scratch: Scratch,
    out_ptr: Any,
    out_arc: Any,
    heads: Any,
    origin: int,
    price: Any,
    left: Any,
    limit: float,
    wide: bool,
) -> int:
    """
    Mark the flat nodes on ways from an origin that cost less than a limit, and list the rides between them.

    Parameters
    ----------
    out_ptr, out_arc, heads
        The flat network: arcs out of each node, and where they lead.
    price, left
        Of each flat arc; the least from each flat node to the destination.
    wide
        Whether all rides between marked nodes are listed, or only those of such ways.

    Returns
    -------
    int
        Number of rides, which are listed in the order in which they leave.
    """
    keys, nodes, reached, reach = scratch.keys, scratch.nodes, scratch.reached, scratch.reach
    mark, best, rides = scratch.mark, scratch.labels.best, scratch.rides
    num_places, num_legs, leg_ptr, leg_ride = space.num_places, space.num_legs, space.leg_ptr, space.leg_ride
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
            if new < reach[h] and new + left[h] < limit:
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
            if leg >= num_legs or mark[heads[leg]] != now or price[leg] == INF:
                continue
            if wide or reach[n] + price[leg] + left[heads[leg]] < limit:
                for x in range(leg_ptr[leg], leg_ptr[leg + 1]):
                    rides[num_rides] = leg_ride[x]
                    num_rides += 1
    for i in range(count):
        reach[reached[i]] = INF
    rides[:num_rides].sort()
    return num_rides


@njit(cache=True, nogil=True)
def scan_rides(  # noqa: C901 - one compiled scan
    space: Space,
    freight: Freight,
    scratch: Scratch,
    k: int,
    num_rides: int,
    quantity: float,
    link_price: Any,
    cost_left: Any,
    minutes_left: Any,
    deadline: int,
    cut: float,
) -> Any:
    """
    Find the cheapest path for some quantity of an order over the rides that are listed.

    A connection scan [1]_: rides in the order in which they leave, each boarded at the least cost at which the order
    can be there by then. Freight is handled as soon as a link is open. Ways are cut by least cost and minutes to come.

    Parameters
    ----------
    num_rides
        As ``list_near`` returned it; ``scratch.price`` has what the quantity pays on each of their slots besides its
        cost per tonne (inf: it may not ride).
    link_price
        Of the kind of freight on each link; inf where it may not go.
    cost_left, minutes_left
        Of a unit, no more than it costs from each flat node on; least minutes.
    deadline
        Last minute at which it may arrive.
    cut
        Ways that cost as much are not looked for.

    Returns
    -------
    tuple
        The label of the path at its end (-1: there is none below ``cut``), its cost, its flow cost (waiting and
        lateness included), and whether there was room to look at all ways.

    References
    ----------
    .. [1] Dibbelt, J., T. Pajor, B. Strasser, and D. Wagner (2018). Connection scan algorithm. *ACM Journal of
           Experimental Algorithmics* 23: 1.7. https://doi.org/10.1145/3274661.
    """
    # arrays by name: looking each up in its tuple within the loops costs more than the loops
    now, mark, rides = scratch.stamp[0], scratch.mark, scratch.rides
    places, minutes, costs, flows = (
        scratch.labels.place, scratch.labels.minute, scratch.labels.cost, scratch.labels.flow
    )  # fmt: skip
    before, did, at = scratch.labels.before, scratch.labels.did, scratch.labels.at
    after, best, aboard, ridden = (
        scratch.labels.after, scratch.labels.best, scratch.labels.aboard, scratch.labels.ridden
    )  # fmt: skip
    ride_slot, ride_min, ride_shift = space.ride_slot, space.ride_min, space.ride_shift
    slot_leg, slot_minutes, stay, alight = (
        space.slot_leg, space.slot_minutes, space.stay, space.alight
    )  # fmt: skip
    leg_tail, leg_head, leg_cost_per_t, hold_cost = (
        space.leg_tail, space.leg_head, space.leg_cost_per_t, space.hold_cost
    )  # fmt: skip
    out_ptr, out_link, link_head, link_min, link_cost_per_t = (
        space.out_ptr, space.out_link, space.link_head, space.link_min, space.link_cost_per_t
    )  # fmt: skip
    window_ptr, window_start, window_end = space.window_ptr, space.window_start, space.window_end
    repeats, num_cycles, most_shift = space.cycle, space.num_cycles, space.most_shift
    origin, target, ready, due = freight.origin[k], freight.target[k], freight.ready[k], freight.due[k]
    weight, late_cost, price = freight.weight_t[k] * quantity, freight.late_cost[k] * quantity, scratch.price
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
                if costs[e] + more + cost_left[h] * quantity >= cut:
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
        if ends > deadline:
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
        cost, flow = cost + ride_flow + price[z], flow + ride_flow
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
        if mark[head] != now or ends + minutes_left[head] > deadline or cost + cost_left[head] * quantity >= cut:
            continue
        if arrive(best, after, minutes, costs, count, hold_cost[head] * weight, head, ends, cost):
            places[count], flows[count] = head, flow
            before[count], did[count], at[count] = e, z, begins
            count += 1
    for x in range(num_ridden):
        aboard[ridden[x, 0], ridden[x, 1]] = -1
    flow = flows[best_at] + max(0, minutes[best_at] - due) * late_cost if best_at >= 0 else INF
    return best_at, cut, flow, not is_full


@njit(cache=True, nogil=True)
def write_path(space: Space, scratch: Scratch, e: int) -> int:
    """Write the arcs of a way and the cycles they begin in; returns their number, -1 if there is no room for them."""
    labels, arcs, cycles = scratch.labels, scratch.arcs, scratch.cycles
    length, rides_on = 0, False
    while labels.did[e] != -1:
        if length + 3 > arcs.shape[0]:
            return -1
        did, begins = labels.did[e], labels.at[e]
        before = labels.before[e]
        if did <= -2:
            a = _link_arc(space, labels.place[before], -2 - did, begins)
            length = _write_arc(space, scratch, length, a, begins)
            rides_on = False
        else:
            if not rides_on and space.alight[did] >= 0:
                length = _write_arc(space, scratch, length, space.alight[did], begins + space.slot_minutes[did])
            length = _write_arc(space, scratch, length, space.arc[did], begins)
            rides_on = labels.place[before] < 0
            inside = space.stay[did] if rides_on else space.board[did]
            if inside >= 0:
                length = _write_arc(space, scratch, length, inside, begins)
        e = before
    arcs[:length] = arcs[:length][::-1].copy()
    cycles[:length] = cycles[:length][::-1].copy()
    return length


@njit(cache=True, nogil=True)
def _write_arc(space: Space, scratch: Scratch, length: int, a: int, minute: int) -> int:
    """Write an arc that begins at a minute; returns how many there are."""
    scratch.arcs[length] = a
    scratch.cycles[length] = minute // space.cycle if space.cycle > 0 else 0
    return length + 1


@njit(cache=True, nogil=True)
def _link_arc(space: Space, place: int, link: int, minute: int) -> int:
    """The arc of a link that leaves its place at a minute."""
    base = minute % space.cycle if space.cycle > 0 else minute
    low, high = space.place_ptr[place], space.place_ptr[place + 1]
    while low < high:
        middle = (low + high) // 2
        if space.node_min[space.place_node[middle]] < base:
            low = middle + 1
        else:
            high = middle
    n = space.place_node[low]
    for a in range(space.arc_ptr[n], space.arc_ptr[n + 1]):
        if space.arc_link[a] == link:
            return a
    return -1
