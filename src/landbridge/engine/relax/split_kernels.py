"""Compiled parts of bounds by splitting: flat ways at prices, runs by inspection, and the steps between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.flat_kernels import costs_to, pop, push

INF = np.inf


class FlatGraph(NamedTuple):
    """The flat network as the kernels see it; see ``FlatNetwork``."""

    num_nodes: Any
    tail: Any
    head: Any
    leg: Any
    in_ptr: Any
    in_arc: Any
    out_ptr: Any
    out_arc: Any


class Demands(NamedTuple):
    """Freight alike in kind, origin and destination: quantity, its best worth a unit, and the order to scan it in."""

    order: Any
    kind: Any
    origin: Any
    target: Any
    quantity: Any
    worth: Any


class Ways(NamedTuple):
    """
    Ways known of each demand, and the legs (entries) on any of them.

    ``leg`` and ``share`` (part of a run that all of the demand fills, by dimension) of entry i of demand k;
    way w rides the entries ``entry[k, w, :length[k, w]]`` and costs ``cost[k, w]`` for all of the demand.
    """

    num_entries: Any
    leg: Any
    share: Any
    num_ways: Any
    length: Any
    entry: Any
    cost: Any


@njit(cache=True, nogil=True)
def cheapest_ways(  # noqa: C901 - one compiled search
    graph: FlatGraph,
    demands: Demands,
    ways: Ways,
    costly: Any,
    flow_price: Any,
    price: Any,
    toll: Any,
    part: Any,
    cost: Any,
) -> int:
    """
    Find the cheapest way of each demand; those not known join its ways.

    Parameters
    ----------
    costly
        Legs of vehicles whose runs cost something.
    flow_price, price
        Of a unit of each kind on each arc: without and with the price of room.
    toll
        What all of a demand pays on its entries besides; entries that come get 0.
    part
        Part of each demand on its ways (column 0: not served); a way that is replaced gives its part to column 0.
    cost
        Filled with the cost of a unit; inf where it is the worth of the demand or more.

    Returns
    -------
    int
        Ways that are new.
    """
    room = 8 * graph.tail.shape[0] + 16
    keys, nodes = np.empty(room), np.empty(room, dtype=np.int64)
    left = np.empty(graph.num_nodes)
    label = np.full(graph.num_nodes, INF)
    pred = np.full(graph.num_nodes, -1, dtype=np.int64)
    touched = np.empty(graph.num_nodes, dtype=np.int64)
    extra = np.zeros(costly.shape[0])
    where = np.full(costly.shape[0], -1, dtype=np.int64)
    found = np.empty(ways.entry.shape[2], dtype=np.int64)
    last_kind, last_target = -1, -1
    added = 0
    for k in demands.order:
        kind, target, origin = demands.kind[k], demands.target[k], demands.origin[k]
        quantity, worth = demands.quantity[k], demands.worth[k]
        if kind != last_kind or target != last_target:
            costs_to(target, graph.in_ptr, graph.in_arc, graph.tail, price[kind], left, keys, nodes)
            last_kind, last_target = kind, target
        cost[k] = INF
        if left[origin] >= worth or quantity <= 0.0:
            continue
        for i in range(ways.num_entries[k]):
            extra[ways.leg[k, i]] = toll[k, i] / quantity
            where[ways.leg[k, i]] = i
        label[origin] = 0.0
        touched[0] = origin
        num_touched = 1
        size = push(keys, nodes, 0, left[origin], origin)
        while size > 0:
            key, n = keys[0], nodes[0]
            size = pop(keys, nodes, size)
            if key >= worth:
                break
            if n == target:
                cost[k] = label[n]
                break
            if key > label[n] + left[n] + 1e-9:
                continue
            for j in range(graph.out_ptr[n], graph.out_ptr[n + 1]):
                a = graph.out_arc[j]
                h = graph.head[a]
                new = label[n] + price[kind, a]
                if graph.leg[a] >= 0:
                    new += extra[graph.leg[a]]
                if new < label[h] and new + left[h] < worth:
                    if label[h] == INF:
                        touched[num_touched] = h
                        num_touched += 1
                    label[h] = new
                    pred[h] = a
                    size = push(keys, nodes, size, new + left[h], h)
        if cost[k] < INF:
            added += _add_way(
                graph, ways, costly, flow_price[kind], toll, part, pred, where, found, k, origin, target, quantity
            )
        for i in range(num_touched):
            label[touched[i]] = INF
            pred[touched[i]] = -1
        for i in range(ways.num_entries[k]):
            extra[ways.leg[k, i]] = 0.0
            where[ways.leg[k, i]] = -1
    return added


@njit(cache=True, nogil=True)
def _add_way(
    graph: FlatGraph,
    ways: Ways,
    costly: Any,
    flow_price: Any,
    toll: Any,
    part: Any,
    pred: Any,
    where: Any,
    found: Any,
    k: int,
    origin: int,
    target: int,
    quantity: float,
) -> int:
    """Add the way that ``pred`` tells, unless it is known or there is no room for its entries; 1 if it is new."""
    flow, length, n = 0.0, 0, target
    while n != origin:
        a = pred[n]
        flow += flow_price[a]
        leg = graph.leg[a]
        if leg >= 0 and costly[leg]:
            i = where[leg]
            if i < 0:
                if ways.num_entries[k] == ways.leg.shape[1]:
                    return 0
                i = ways.num_entries[k]
                ways.num_entries[k] += 1
                ways.leg[k, i] = leg
                where[leg] = i
                toll[k, i] = 0.0
            if length == found.shape[0]:
                return 0
            found[length] = i
            length += 1
        n = graph.tail[a]
    return 1 if new_way(ways, part, k, found, length, flow * quantity) >= 0 else 0


@njit(cache=True, nogil=True)
def new_way(ways: Ways, part: Any, k: int, entries: Any, length: int, flow: float) -> int:
    """Add a way over some entries to those of a demand; its place, or -1 where it is known."""
    for w in range(ways.num_ways[k]):
        if ways.length[k, w] == length and abs(ways.cost[k, w] - flow) <= 1e-6 * max(1.0, abs(flow)):
            same = True
            for j in range(length):
                if ways.entry[k, w, j] != entries[j]:
                    same = False
                    break
            if same:
                return -1
    w = ways.num_ways[k]
    if w < ways.length.shape[1]:
        ways.num_ways[k] += 1
    else:
        w = 0
        for other in range(w, ways.length.shape[1]):
            if part[k, other + 1] < part[k, w + 1]:
                w = other
        part[k, 0] += part[k, w + 1]
    part[k, w + 1] = 0.0
    ways.length[k, w] = length
    ways.cost[k, w] = flow
    for j in range(length):
        ways.entry[k, w, j] = entries[j]
    return int(w)


@njit(cache=True, nogil=True)
def fill_shares(demands: Demands, ways: Ways, kind_load: Any, capacity: Any) -> None:
    """Fill in the part of a run that all of a demand fills on its entries; 0 where a dimension cannot bind."""
    for k in range(ways.leg.shape[0]):
        for i in range(ways.num_entries[k]):
            for d in range(capacity.shape[1]):
                ways.share[k, i, d] = kind_load[demands.kind[k], d] * demands.quantity[k] / capacity[ways.leg[k, i], d]


@njit(cache=True, nogil=True)
def inspect_runs(  # noqa: C901 - one compiled loop over vehicles
    ways: Ways, leg_ptr: Any, run_cost: Any, least: Any, most: Any, leg_dim: Any, room: Any, toll: Any
) -> float:
    """
    Least cost of all runs less what their room earns, each vehicle by itself and with whole runs.

    Room is worth ``room`` for a run of a leg, to anybody; besides, what rides of a demand pays its toll, the dearest
    for its load first, as far as runs have room and it has freight. Concave in the runs: the first that does
    not pay is the last to be looked at.
    """
    num_legs, num_vehicles = room.shape[0], run_cost.shape[0]
    ptr = np.zeros(num_legs + 1, dtype=np.int64)
    for k in range(ways.leg.shape[0]):
        for i in range(ways.num_entries[k]):
            if toll[k, i] > 0.0:
                ptr[ways.leg[k, i] + 1] += 1
    for leg in range(num_legs):
        ptr[leg + 1] += ptr[leg]
    at = ptr.copy()
    pays, fills = np.empty(ptr[num_legs]), np.empty(ptr[num_legs])
    for k in range(ways.leg.shape[0]):
        for i in range(ways.num_entries[k]):
            if toll[k, i] > 0.0:
                leg = ways.leg[k, i]
                pays[at[leg]] = toll[k, i]
                fills[at[leg]] = ways.share[k, i, leg_dim[leg]]
                at[leg] += 1
    for leg in range(num_legs):
        span = slice(ptr[leg], ptr[leg + 1])
        order = np.argsort(-pays[span] / np.maximum(fills[span], 1e-12))
        pays[span] = pays[span][order]
        fills[span] = fills[span][order]
    total = 0.0
    for v in range(num_vehicles):
        first, last = leg_ptr[v], leg_ptr[v + 1]
        base = run_cost[v]
        for leg in range(first, last):
            base -= room[leg]
        runs = 0.0
        while runs < most[v]:
            gain, left_over = 0.0, False
            for leg in range(first, last):
                space = 1.0
                i = ptr[leg]
                while i < ptr[leg + 1] and space > 0.0:
                    if fills[i] <= space:
                        space -= fills[i]
                        gain += pays[i]
                        pays[i] = fills[i] = 0.0
                        i += 1
                    else:
                        gain += pays[i] * space / fills[i]
                        pays[i] *= 1.0 - space / fills[i]
                        fills[i] -= space
                        space = 0.0
                ptr[leg] = i
                left_over |= i < ptr[leg + 1]
            if base - gain >= 0.0 and runs >= least[v]:
                break
            total += base - gain
            runs += 1.0
            if not left_over:
                forced = max(least[v] - runs, 0.0)
                total += base * forced + min(base, 0.0) * (most[v] - runs - forced)
                break
    return total


@njit(cache=True, nogil=True)
def _to_simplex(v: Any, n: int) -> None:
    """
    Bring the first n numbers to the nearest that are 0 or more and sum to 1.

    By leaving out, again and again, what lies below the common shift of the others (Michelot 1986,
    https://doi.org/10.1007/BF00938486).
    """
    count, total = n, 0.0
    for i in range(n):
        total += v[i]
    shift = (total - 1.0) / count
    while True:
        kept, rest = 0, 0.0
        for i in range(n):
            if v[i] > shift:
                kept += 1
                rest += v[i]
        if kept >= count or kept == 0:
            break
        count = kept
        shift = (rest - 1.0) / count
    for i in range(n):
        v[i] = max(v[i] - shift, 0.0)


class Carriers(NamedTuple):
    """
    What carries freight: vehicles over legs, or runs over slots.

    Carrier v has legs ``leg_ptr[v]:leg_ptr[v + 1]`` (``leg_carrier`` says whose each is), costs ``run_cost[v]`` a run,
    runs ``least[v]`` to ``most[v]`` times, and counts in the limits ``limit[limit_ptr[v]:limit_ptr[v + 1]]``,
    ``limit_count`` times a run; ``cap`` is the most of each. ``leg_scale`` is money of the size that prices of a leg
    have.
    """

    leg_carrier: Any
    leg_ptr: Any
    leg_scale: Any
    run_cost: Any
    least: Any
    most: Any
    limit_ptr: Any
    limit: Any
    limit_count: Any
    cap: Any


class Point(NamedTuple):
    """
    Parts of demands on their ways (column 0: not served), runs, worth of room, tolls, prices of limits.

    The sums are those of all points passed.
    """

    part: Any
    runs: Any
    room: Any
    toll: Any
    limit: Any
    part_sum: Any
    runs_sum: Any
    room_sum: Any
    toll_sum: Any
    limit_sum: Any


@njit(cache=True, nogil=True)
def step_lengths(ways: Ways, carriers: Carriers, weight: float) -> Any:  # noqa: C901 - one compiled loop
    """
    Step lengths of each kind of variable: parts, runs, room, tolls, prices of limits.

    In money of the size each has by nature: a run's cost for room, a fair share of it for a toll. Diagonal
    preconditioning after Pock and Chambolle (2011). With a ``weight`` below 1 parts and runs take longer steps and
    prices shorter ones.
    """
    leg_carrier, leg_scale = carriers.leg_carrier, carriers.leg_scale
    num_demands, width = ways.leg.shape
    num_legs, num_dims = leg_scale.shape[0], ways.share.shape[2]
    num_carriers, num_limits = carriers.run_cost.shape[0], carriers.cap.shape[0]
    of_part = np.zeros(num_demands)
    of_toll = np.zeros((num_demands, width))
    column = np.zeros(num_carriers)
    row = np.ones((num_legs, num_dims))
    riding = np.zeros(width)
    for k in range(num_demands):
        for i in range(ways.num_entries[k]):
            riding[i] = 0.0
        for w in range(ways.num_ways[k]):
            for j in range(ways.length[k, w]):
                riding[ways.entry[k, w, j]] += 1.0
        for i in range(ways.num_entries[k]):
            leg = ways.leg[k, i]
            fair = leg_scale[leg] * min(max(ways.share[k, i].max(), 1e-4), 1.0)
            mass = min(riding[i], 2.0)  # parts sum to 1: at most so much moves at once
            of_toll[k, i] = fair / (1.0 + mass)
            column[leg_carrier[leg]] += fair
            for d in range(num_dims):
                row[leg, d] += ways.share[k, i, d] * mass
        most = 1e-9
        for w in range(ways.num_ways[k]):
            total = 0.0
            for j in range(ways.length[k, w]):
                i = ways.entry[k, w, j]
                cost = leg_scale[ways.leg[k, i]]
                total += cost * (min(max(ways.share[k, i].max(), 1e-4), 1.0) + ways.share[k, i].sum())
            most = max(most, total)
        of_part[k] = 1.0 / most
    scale = np.zeros(num_carriers)
    for leg in range(num_legs):
        column[leg_carrier[leg]] += leg_scale[leg] * num_dims
        scale[leg_carrier[leg]] += leg_scale[leg]
    counted, money = np.zeros(num_limits), np.zeros(num_limits)
    for v in range(num_carriers):
        for j in range(carriers.limit_ptr[v], carriers.limit_ptr[v + 1]):
            counted[carriers.limit[j]] += carriers.limit_count[j]
            money[carriers.limit[j]] += carriers.limit_count[j] * scale[v]
    of_limit = money / np.maximum(counted, 1e-9) ** 2
    for v in range(num_carriers):
        for j in range(carriers.limit_ptr[v], carriers.limit_ptr[v + 1]):
            x = carriers.limit[j]
            column[v] += carriers.limit_count[j] * money[x] / max(counted[x], 1e-9)
    of_runs = 1.0 / np.maximum(column, 1e-9)
    of_room = np.empty((num_legs, num_dims))
    for leg in range(num_legs):
        for d in range(num_dims):
            of_room[leg, d] = leg_scale[leg] / row[leg, d]
    return of_part / weight, of_runs / weight, of_room * weight, of_toll * weight, of_limit * weight


class Lengths(NamedTuple):
    """Step lengths of parts, runs, room, tolls and prices of limits."""

    part: Any
    runs: Any
    room: Any
    toll: Any
    limit: Any


class Ahead(NamedTuple):
    """
    What half a step tells the other half.

    What a demand rides by entry, and runs, each a step ahead; loads, and tolls paid, of a part of the demands a row.
    """

    riding: Any
    runs: Any
    load: Any
    paid: Any


def ahead_of(ways: Ways, carriers: Carriers, slices: int) -> Ahead:
    """Room for what half a step tells the other, with demands in so many slices."""
    num_legs, num_dims = len(carriers.leg_scale), ways.share.shape[2]
    return Ahead(
        np.zeros(ways.leg.shape), carriers.run_cost * 0.0, np.zeros((slices, num_legs, num_dims)),
        np.zeros((slices, len(carriers.run_cost))),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def move_demands(  # noqa: C901 - one compiled half step
    ways: Ways,
    point: Point,
    carriers: Carriers,
    worth: Any,
    lengths: Lengths,
    ahead: Ahead,
    first: int,
    last: int,
    row: int,
    tolls: bool,
    parts: bool,
) -> None:
    """
    The half of a step that is of demands first to last (not included): their tolls, then their parts.

    ``worth`` is what it costs to leave a demand unserved, ``row`` where loads and tolls are added up.
    """
    # arrays by name: looking each up in its tuple within the loops costs more than the loops
    leg_carrier, (of_part, _, _, of_toll, _) = carriers.leg_carrier, lengths
    num_entries, entry_leg, share, num_ways, length, entry, way_cost = (
        ways.num_entries, ways.leg, ways.share, ways.num_ways, ways.length, ways.entry, ways.cost
    )  # fmt: skip
    part, room, toll, part_sum, toll_sum = point.part, point.room, point.toll, point.part_sum, point.toll_sum
    riding, runs, load, paid = ahead.riding, ahead.runs, ahead.load[row], ahead.paid[row]
    num_dims = room.shape[1]
    price, v = np.empty(entry_leg.shape[1]), np.empty(length.shape[1] + 1)
    load[:] = 0.0
    paid[:] = 0.0
    for k in range(first, last):
        if num_ways[k] == 0:
            continue
        if tolls:
            for i in range(num_entries[k]):
                over = riding[k, i] - runs[leg_carrier[entry_leg[k, i]]]
                toll[k, i] = max(toll[k, i] + of_toll[k, i] * over, 0.0)
                toll_sum[k, i] += toll[k, i]
        if not parts:
            continue
        for i in range(num_entries[k]):
            leg = entry_leg[k, i]
            total = toll[k, i]
            if total > 0.0:
                paid[leg_carrier[leg]] += total
            for d in range(num_dims):
                total += room[leg, d] * share[k, i, d]
            price[i] = total
            riding[k, i] = 0.0
        v[0] = part[k, 0] - of_part[k] * worth[k]
        for w in range(num_ways[k]):
            cost = way_cost[k, w]
            for j in range(length[k, w]):
                cost += price[entry[k, w, j]]
            v[w + 1] = part[k, w + 1] - of_part[k] * cost
        _to_simplex(v, num_ways[k] + 1)
        for w in range(num_ways[k] + 1):
            more = 2.0 * v[w] - part[k, w]
            part[k, w] = v[w]
            part_sum[k, w] += v[w]
            if w > 0 and more != 0.0:
                for j in range(length[k, w - 1]):
                    riding[k, entry[k, w - 1, j]] += more
        for i in range(num_entries[k]):
            if riding[k, i] != 0.0:
                for d in range(num_dims):
                    load[entry_leg[k, i], d] += share[k, i, d] * riding[k, i]


@njit(cache=True, nogil=True)
def move_runs(point: Point, carriers: Carriers, lengths: Lengths, ahead: Ahead) -> None:
    """The half of a step that is of runs: they, prices of limits, and worth of room."""
    leg_carrier, leg_scale, run_cost, least, most = (
        carriers.leg_carrier, carriers.leg_scale, carriers.run_cost, carriers.least, carriers.most
    )  # fmt: skip
    limit_ptr, limit, limit_count, cap = carriers.limit_ptr, carriers.limit, carriers.limit_count, carriers.cap
    _, of_runs, of_room, _, of_limit = lengths
    runs, room, limit_price = point.runs, point.room, point.limit
    runs_sum, room_sum, limit_sum = point.runs_sum, point.room_sum, point.limit_sum
    load, paid, next_runs = ahead.load, ahead.paid, ahead.runs
    (num_legs, num_dims), num_carriers, num_limits = room.shape, run_cost.shape[0], cap.shape[0]
    counted, earned = np.zeros(num_limits), np.zeros(num_carriers)
    for row in range(paid.shape[0]):
        for r in range(num_carriers):
            earned[r] += paid[row, r]
    for leg in range(num_legs):
        for d in range(num_dims):
            earned[leg_carrier[leg]] += room[leg, d]
    for r in range(num_carriers):
        cost = run_cost[r] - earned[r]
        for j in range(limit_ptr[r], limit_ptr[r + 1]):
            cost += limit_count[j] * limit_price[limit[j]]
        new = min(max(runs[r] - of_runs[r] * cost, least[r]), most[r])
        next_runs[r] = 2.0 * new - runs[r]
        for j in range(limit_ptr[r], limit_ptr[r + 1]):
            counted[limit[j]] += limit_count[j] * next_runs[r]
        runs[r] = new
        runs_sum[r] += new
    for x in range(num_limits):
        if cap[x] < INF:
            limit_price[x] = max(limit_price[x] + of_limit[x] * (counted[x] - cap[x]), 0.0)
            limit_sum[x] += limit_price[x]
    for leg in range(num_legs):
        if leg_scale[leg] > 0.0:
            for d in range(num_dims):
                total = 0.0
                for row in range(load.shape[0]):
                    total += load[row, leg, d]
                room[leg, d] = max(room[leg, d] + of_room[leg, d] * (total - next_runs[leg_carrier[leg]]), 0.0)
                room_sum[leg, d] += room[leg, d]


@njit(cache=True, nogil=True)
def primal_dual_steps(
    steps: int, ways: Ways, point: Point, carriers: Carriers, worth: Any, lengths: Lengths, ahead: Ahead
) -> None:
    """
    Take steps of the primal-dual hybrid gradient method on the relaxation over the known ways.

    The sums of all points passed are added up.
    """
    count = ways.leg.shape[0]
    for step in range(steps):
        move_demands(ways, point, carriers, worth, lengths, ahead, 0, count, 0, step > 0, True)
        move_runs(point, carriers, lengths, ahead)
    move_demands(ways, point, carriers, worth, lengths, ahead, 0, count, 0, True, False)


@njit(cache=True, nogil=True)
def leg_loads(ways: Ways, part: Any, leg_dim: Any, out: Any) -> None:
    """Add up the runs' worth of room that parts of demands take on each leg."""
    for k in range(ways.leg.shape[0]):
        for w in range(ways.num_ways[k]):
            if part[k, w + 1] > 0.0:
                for j in range(ways.length[k, w]):
                    i = ways.entry[k, w, j]
                    leg = ways.leg[k, i]
                    out[leg] += part[k, w + 1] * ways.share[k, i, leg_dim[leg]]
