"""Compiled search for the cheapest way of one order through a plan: rides scanned in the order in which they leave."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.flat_kernels import pop, push
from landbridge.engine.space.scan_kernels import Freight, Scratch, Space, arrive, opens, write_path

INF = np.inf
TIE = 0.02
"""Price of room on a run that goes anyway, as a part of its usual price: breaks ties towards the fuller way."""

LEAST_USUAL = 0.1
"""Ways that usually cost less than this part of an order's worth count as if they cost so much."""


class Guides(NamedTuple):
    """Least flow cost, minutes and usual cost to each target from each flat node; usual prices by kind and arc."""

    kind: Any
    flow_cost: Any
    minutes: Any
    usual: Any
    price: Any
    out_ptr: Any
    out_arc: Any
    head: Any


class State(NamedTuple):
    """A plan: runs, loads, what limits leave, riders; and of each order its arcs (-1: not served) and flow cost."""

    runs: Any
    load: Any
    left: Any
    riders: Any
    length: Any
    arc: Any
    cycle: Any
    flow_cost: Any
    total: Any
    most: Any


class Way(NamedTuple):
    """How full an opened run becomes, how far its cost is spread so; how wide and how long to look."""

    fill: float
    spread: float
    width: float
    patience: float


@njit(cache=True, nogil=True)
def _runs_to_open(capacity: Any, taken: Any, load: Any, quantity: float, runs: float) -> Any:
    """Runs that a ride of a quantity needs beyond those there are, and the part of one that it takes; inf: no room."""
    need, part = 1.0, 0.0
    for d in range(load.shape[0]):
        if load[d] > 0.0 and capacity[d] < INF:
            if capacity[d] <= 0.0:
                return INF, part
            mine = load[d] * quantity / capacity[d]
            part = max(part, mine)
            need = max(need, np.ceil(taken[d] / capacity[d] + mine - 1e-9))
    return need - runs, part


@njit(cache=True, nogil=True)
def _mark_near(
    space: Space, guides: Guides, scratch: Scratch, origin: int, guide: int, width: float, worth: float
) -> int:
    """
    Mark the flat nodes on ways whose usual cost is within a part ``width`` of the least, or of some of the worth.

    Returns
    -------
    int
        Number of rides between them, which are listed in order; -1: there is no way.
    """
    usual, price = guides.usual[guide], guides.price[guides.kind[guide]]
    if usual[origin] == INF:
        return -1
    scratch.stamp[0] += 1
    now, mark = scratch.stamp[0], scratch.mark
    limit = usual[origin] + width * max(usual[origin], LEAST_USUAL * worth) + 1e-9
    reach = scratch.reach
    reach[origin] = 0.0
    scratch.reached[0] = origin
    count = 1
    size = push(scratch.keys, scratch.nodes, 0, 0.0, origin)
    while size > 0:
        here, n = scratch.keys[0], scratch.nodes[0]
        size = pop(scratch.keys, scratch.nodes, size)
        if here > reach[n]:
            continue
        mark[n] = now
        for j in range(guides.out_ptr[n], guides.out_ptr[n + 1]):
            a = guides.out_arc[j]
            h = guides.head[a]
            new = here + price[a]
            if new < reach[h] and new + usual[h] <= limit:
                if reach[h] == INF:
                    scratch.reached[count] = h
                    count += 1
                reach[h] = new
                size = push(scratch.keys, scratch.nodes, size, new, h)
    rides = 0
    for i in range(count):
        n = scratch.reached[i]
        reach[n] = INF
        if n < space.num_places:
            scratch.labels.best[n] = -1
        for j in range(guides.out_ptr[n], guides.out_ptr[n + 1]):
            leg = guides.out_arc[j]
            if leg < space.num_legs and mark[guides.head[leg]] == now and price[leg] < INF:
                for x in range(space.leg_ptr[leg], space.leg_ptr[leg + 1]):
                    scratch.rides[rides] = space.leg_ride[x]
                    rides += 1
    scratch.rides[:rides].sort()
    return rides


@njit(cache=True, nogil=True)
def find_path(  # noqa: C901 - one compiled scan
    space: Space, freight: Freight, guides: Guides, state: State, scratch: Scratch, k: int, way: Way
) -> Any:
    """
    Find the cheapest path of an order at marginal prices; its arcs and cycles, waiting left out, go to ``scratch``.

    A connection scan [1]_: the rides near the usual ways, in the order in which they leave, each boarded at
    the least cost at which the order can be there by then. Freight is handled as soon as a link is open. Ways are cut
    by least flow cost and minutes to come.

    Returns
    -------
    tuple
        Flow cost of the path, waiting and lateness included, and the number of its arcs; -1: none that pays.

    References
    ----------
    .. [1] Dibbelt, J., T. Pajor, B. Strasser, and D. Wagner (2018). Connection scan algorithm. *ACM Journal of
           Experimental Algorithmics* 23: 1.7. https://doi.org/10.1145/3274661.
    """
    guide, origin, target = freight.guide[k], freight.origin[k], freight.target[k]
    worth = freight.value[k] / freight.quantity[k]
    num_rides = _mark_near(space, guides, scratch, origin, guide, way.width, worth)
    if num_rides < 0:
        return INF, -1
    # arrays by name: looking each up in its tuple within the loops costs more than the loops
    now, mark, rides, noise = scratch.stamp[0], scratch.mark, scratch.rides, scratch.noise
    places, minutes, costs, flows = (
        scratch.labels.place, scratch.labels.minute, scratch.labels.cost, scratch.labels.flow
    )  # fmt: skip
    before, did, at = scratch.labels.before, scratch.labels.did, scratch.labels.at
    after, best, aboard, ridden = (
        scratch.labels.after, scratch.labels.best, scratch.labels.aboard, scratch.labels.ridden
    )  # fmt: skip
    ride_slot, ride_min, ride_shift = space.ride_slot, space.ride_min, space.ride_shift
    slot_leg, slot_minutes, slot_run, stay, alight = (
        space.slot_leg, space.slot_minutes, space.slot_run, space.stay, space.alight
    )  # fmt: skip
    leg_tail, leg_head, leg_cost_per_t, hold_cost = (
        space.leg_tail, space.leg_head, space.leg_cost_per_t, space.hold_cost
    )  # fmt: skip
    out_ptr, out_link, link_head, link_min, link_cost_per_t = (
        space.out_ptr, space.out_link, space.link_head, space.link_min, space.link_cost_per_t
    )  # fmt: skip
    window_ptr, window_start, window_end = space.window_ptr, space.window_start, space.window_end
    capacity, leg_cost, limit_ptr, limit, limit_count = (
        space.capacity, space.leg_cost, space.limit_ptr, space.limit, space.limit_count
    )  # fmt: skip
    runs, taken, most, limit_left = state.runs, state.load, state.most, state.left
    repeats, num_cycles, most_shift = space.cycle, space.num_cycles, space.most_shift
    quantity, load = freight.quantity[k], freight.load[k]
    weight = freight.weight_t[k] * quantity
    flow_left, minutes_left = guides.flow_cost[guide], guides.minutes[guide]
    link_price = guides.price[guides.kind[guide]][space.num_legs :]
    ready, due, late_cost = freight.ready[k], freight.due[k], freight.late_cost[k] * quantity
    least = minutes_left[origin]
    deadline = min(freight.deadline[k], int(ready + least + way.patience * (freight.deadline[k] - ready - least)))
    cut, best_at = freight.value[k], -1
    size = places.shape[0]
    places[0], before[0], did[0], at[0], flows[0] = origin, -1, -1, ready, 0.0
    arrive(best, after, minutes, costs, 0, 0.0, origin, ready, 0.0)
    count, done, num_ridden, i = 1, 0, 0, 0
    cycle = ready // repeats if repeats > 0 else 0
    while True:
        # what has arrived is handled at once: links lead on, the destination ends it
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
                if begins < 0 or ends + minutes_left[h] > deadline or count == size:
                    continue
                more = weight * (hold_cost[place] * (begins - minute) + link_cost_per_t[link])
                if costs[e] + more + flow_left[h] * quantity >= cut:
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
        if ends > deadline or count + 1 >= size:
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
        ride_flow = leg_cost_per_t[leg] * weight
        if e < 0 or cost + ride_flow >= cut:
            continue
        r = slot_run[z]
        extra, part = _runs_to_open(capacity[z], taken[z], load, quantity, runs[r])
        if extra <= 0.0:
            price = TIE * leg_cost[z] * part
        else:
            is_open = extra + runs[r] <= most[r]
            for j in range(limit_ptr[r], limit_ptr[r + 1]):
                is_open &= limit_left[limit[j]] >= extra * limit_count[j] - 1e-9
            if not is_open:
                continue
            price = way.spread * min(part / way.fill, extra) + (1.0 - way.spread) * extra
            price *= leg_cost[z] * noise[r]
        cost, flow = cost + ride_flow + price, flow + ride_flow
        if cost >= cut:
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
        if mark[head] != now or ends + minutes_left[head] > deadline or cost + flow_left[head] * quantity >= cut:
            continue
        if arrive(best, after, minutes, costs, count, hold_cost[head] * weight, head, ends, cost):
            places[count], flows[count] = head, flow
            before[count], did[count], at[count] = e, z, begins
            count += 1
    for x in range(num_ridden):
        aboard[ridden[x, 0], ridden[x, 1]] = -1
    if best_at < 0:
        return INF, -1
    return flows[best_at] + max(0, minutes[best_at] - due) * late_cost, write_path(space, scratch, best_at)
