"""Compiled ruin and recreate: freight taken out of a plan and put in again at marginal cost."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.flat_kernels import pop, push

INF = np.inf
TIE = 0.02
"""Price of room on a run that goes anyway, as a part of its usual price: breaks ties towards the fuller way."""


class Space(NamedTuple):
    """The expanded network and its runs; see ``Expansion``. ``leg_cost`` is a run's cost by slot."""

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
    arc_waits: Any
    access: Any
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
    klass: Any
    weight_t: Any
    load: Any
    deadline: Any
    due: Any
    late_cost: Any
    target: Any
    quantity: Any
    value: Any
    guide: Any


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


class Scratch(NamedTuple):
    """Arrays the searches use again and again; clean between calls."""

    label: Any
    pred: Any
    touched: Any
    reach: Any
    reached: Any
    mark: Any
    stamp: Any
    keys: Any
    nodes: Any
    arcs: Any
    cycles: Any
    noise: Any


class Way(NamedTuple):
    """How full an opened run becomes, how far its cost is spread so; how wide and how long to look."""

    fill: float
    spread: float
    width: float
    patience: float


@njit(cache=True, nogil=True)
def _part_of_run(space: Space, z: int, load: Any, quantity: float) -> float:
    """Largest part of a run's room that a quantity takes, over dimensions."""
    part = 0.0
    for d in range(load.shape[0]):
        if load[d] > 0.0 and space.capacity[z, d] < INF:
            part = max(part, load[d] * quantity / space.capacity[z, d])
    return part


@njit(cache=True, nogil=True)
def _ride_price(space: Space, state: State, scratch: Scratch, z: int, load: Any, quantity: float, way: Way) -> float:
    """Price of a ride for an order: next to nothing where it fits, else of the runs to open; inf: no room."""
    r = space.slot_run[z]
    need = 1.0
    for d in range(load.shape[0]):
        if load[d] > 0.0 and space.capacity[z, d] < INF:
            if space.capacity[z, d] <= 0.0:
                return INF
            need = max(need, np.ceil((state.load[z, d] + load[d] * quantity) / space.capacity[z, d] - 1e-9))
    part = _part_of_run(space, z, load, quantity)
    extra = need - state.runs[r]
    if extra <= 0.0:
        return float(TIE * space.leg_cost[z] * part)
    if need > state.most[r]:
        return INF
    for i in range(space.limit_ptr[r], space.limit_ptr[r + 1]):
        if state.left[space.limit[i]] < extra * space.limit_count[i] - 1e-9:
            return INF
    spread = way.spread * min(part / way.fill, extra) + (1.0 - way.spread) * extra
    return float(space.leg_cost[z] * scratch.noise[r] * spread)


@njit(cache=True, nogil=True)
def _mark_near(guides: Guides, scratch: Scratch, origin: int, guide: int, width: float) -> bool:
    """Mark the flat nodes on ways whose usual cost is within a part ``width`` of the least; False: there is no way."""
    usual, price = guides.usual[guide], guides.price[guides.kind[guide]]
    if usual[origin] == INF:
        return False
    scratch.stamp[0] += 1
    limit = usual[origin] * (1.0 + width) + 1e-9
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
        scratch.mark[n] = scratch.stamp[0]
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
    for i in range(count):
        reach[scratch.reached[i]] = INF
    return True


@njit(cache=True, nogil=True)
def find_path(  # noqa: C901 - one compiled sweep
    space: Space, freight: Freight, guides: Guides, state: State, scratch: Scratch, k: int, way: Way
) -> Any:
    """
    Find the cheapest path of an order at marginal prices; its arcs and cycles, waiting left out, go to ``scratch``.

    One sweep in the order of time over the nodes near the usual ways, cut by least flow cost and minutes to come.

    Returns
    -------
    tuple
        Flow cost of the path, waiting and lateness included, and the number of its arcs; -1: none that pays.
    """
    guide = freight.guide[k]
    origin, target, deadline, klass = freight.origin[k], freight.target[k], freight.deadline[k], freight.klass[k]
    if not _mark_near(guides, scratch, space.node_flat[origin], guide, way.width):
        return INF, -1
    now, mark = scratch.stamp[0], scratch.mark
    quantity, load = freight.quantity[k], freight.load[k]
    weight = freight.weight_t[k] * quantity
    flow_left, minutes_left = guides.flow_cost[guide], guides.minutes[guide]
    ready = space.node_min[origin]
    least = minutes_left[space.node_flat[origin]]
    deadline = min(deadline, int(ready + least + way.patience * (deadline - ready - least)))
    label, pred = scratch.label, scratch.pred
    num_arcs = space.arc_tail.shape[0]
    cut, best_at = freight.value[k], -1
    label[origin] = 0.0
    scratch.touched[0] = origin
    count = 1
    x = last = origin
    cycle, n = 0, origin
    while x <= last:
        here = label[x]
        if here < INF:
            minute = space.node_min[n] + cycle * space.horizon
            flat = space.node_flat[n]
            if flat == target:
                total = here + max(0, minute - freight.due[k]) * freight.late_cost[k] * quantity
                if minute <= deadline and total < cut:
                    cut, best_at = total, x
            elif here + flow_left[flat] * quantity < cut and minute + minutes_left[flat] <= deadline:
                for a in range(space.arc_ptr[n], space.arc_ptr[n + 1]):
                    access = space.arc_access[a]
                    to_cycle = cycle + space.arc_wrap[a]
                    if to_cycle >= space.num_cycles or (access >= 0 and not space.access[klass, access]):
                        continue
                    h = space.arc_head[a]
                    flat = space.node_flat[h]
                    if mark[flat] != now:
                        continue
                    if space.node_min[h] + to_cycle * space.horizon + minutes_left[flat] > deadline:
                        continue
                    new = here + weight * space.arc_cost_per_t[a]
                    to = to_cycle * space.num_nodes + h
                    if new >= label[to] or new + flow_left[flat] * quantity >= cut:
                        continue
                    z = space.arc_slot[a]
                    if z >= 0:
                        new += _ride_price(space, state, scratch, z, load, quantity, way)
                        if new >= label[to] or new + flow_left[flat] * quantity >= cut:
                            continue
                    if label[to] == INF:
                        scratch.touched[count] = to
                        count += 1
                    label[to] = new
                    pred[to] = a + cycle * num_arcs
                    last = max(last, to)
        x += 1
        n += 1
        if n == space.num_nodes:
            n = 0
            cycle += 1
    flow, length = INF, -1
    if best_at >= 0:
        minute = space.node_min[best_at % space.num_nodes] + best_at // space.num_nodes * space.horizon
        flow = max(0, minute - freight.due[k]) * freight.late_cost[k] * quantity
        length, x = 0, best_at
        while pred[x] >= 0:
            a = pred[x] % num_arcs
            flow += weight * space.arc_cost_per_t[a]
            if not space.arc_waits[a]:
                if length < scratch.arcs.shape[0]:
                    scratch.arcs[length] = a
                    scratch.cycles[length] = pred[x] // num_arcs
                length += 1
            x = pred[x] // num_arcs * space.num_nodes + space.arc_tail[a]
        if length > scratch.arcs.shape[0]:
            length = -1
        else:
            scratch.arcs[:length] = scratch.arcs[:length][::-1].copy()
            scratch.cycles[:length] = scratch.cycles[:length][::-1].copy()
    for i in range(count):
        label[scratch.touched[i]] = INF
        pred[scratch.touched[i]] = -1
    return flow, length


@njit(cache=True, nogil=True)
def _count_runs(space: Space, state: State, r: int) -> None:
    """Give a run as many vehicles as its load needs."""
    need = 0.0
    if state.riders[r] > 0:
        need = 1.0
        for z in range(space.run_slot_ptr[r], space.run_slot_ptr[r + 1]):
            for d in range(space.capacity.shape[1]):
                if 0.0 < space.capacity[z, d] < INF:
                    need = max(need, np.ceil(state.load[z, d] / space.capacity[z, d] - 1e-9))
    more = need - state.runs[r]
    if more != 0.0:
        state.runs[r] = need
        state.total[0] += more * space.run_cost[r]
        for i in range(space.limit_ptr[r], space.limit_ptr[r + 1]):
            state.left[space.limit[i]] -= more * space.limit_count[i]


@njit(cache=True, nogil=True)
def _change(space: Space, freight: Freight, state: State, k: int, sign: float) -> None:
    """Add (1) or take away (-1) the path an order has."""
    for i in range(state.length[k]):
        z = space.arc_slot[state.arc[k, i]]
        if z >= 0:
            state.riders[space.slot_run[z]] += int(sign)
            for d in range(space.capacity.shape[1]):
                load = state.load[z, d] + sign * freight.load[k, d] * freight.quantity[k]
                state.load[z, d] = load if load > 1e-9 else 0.0
    for i in range(state.length[k]):
        z = space.arc_slot[state.arc[k, i]]
        if z >= 0:
            _count_runs(space, state, space.slot_run[z])
    state.total[0] += sign * (state.flow_cost[k] - freight.value[k])


@njit(cache=True, nogil=True)
def take_out(space: Space, freight: Freight, state: State, k: int) -> None:
    """Take an order out of the plan."""
    if state.length[k] >= 0:
        _change(space, freight, state, k, -1.0)
        state.length[k] = -1


@njit(cache=True, nogil=True)
def put_in(
    space: Space, freight: Freight, guides: Guides, state: State, scratch: Scratch, orders: Any, way: Way
) -> None:
    """Put orders into the plan one by one, each where it pays at the marginal prices it meets."""
    for k in orders:
        if state.length[k] >= 0 or freight.quantity[k] <= 0.0:
            continue
        flow, length = find_path(space, freight, guides, state, scratch, k, way)
        if length < 0:
            continue
        state.arc[k, :length] = scratch.arcs[:length]
        state.cycle[k, :length] = scratch.cycles[:length]
        state.length[k] = length
        state.flow_cost[k] = flow
        _change(space, freight, state, k, 1.0)


@njit(cache=True, nogil=True)
def _riders(space: Space, state: State, marked: Any, out: Any) -> int:
    """List orders that ride a marked run; returns how many there are, listed or not."""
    count = 0
    for k in range(state.length.shape[0]):
        for i in range(state.length[k]):
            z = space.arc_slot[state.arc[k, i]]
            if z >= 0 and marked[space.slot_run[z]]:
                if count < out.shape[0]:
                    out[count] = k
                count += 1
                break
    return count


@njit(cache=True, nogil=True)
def _filled(space: Space, state: State, r: int) -> float:
    """How many runs' worth of room the load of a run takes on its fullest leg."""
    filled = 0.0
    for z in range(space.run_slot_ptr[r], space.run_slot_ptr[r + 1]):
        for d in range(space.capacity.shape[1]):
            if 0.0 < space.capacity[z, d] < INF:
                filled = max(filled, state.load[z, d] / space.capacity[z, d])
    return filled


@njit(cache=True, nogil=True)
def _poor_run(space: Space, state: State, opened: Any, tries: int, rng: Any) -> int:
    """A run whose last vehicle is dear and badly filled, by tournament."""
    best, least = -1, INF
    for _ in range(tries):
        r = opened[rng.integers(0, opened.shape[0])]
        last = max(_filled(space, state, r) - (state.runs[r] - 1.0), 0.0)
        score = (last + 0.02) * (0.2 + rng.random()) / np.sqrt(space.run_cost[r])
        if score < least:
            best, least = r, score
    return best


@njit(cache=True, nogil=True)
def _choose_excess(
    space: Space, freight: Freight, state: State, r: int, riders: Any, over: Any, out: Any, rng: Any
) -> int:
    """Riders of a run, at random, until one vehicle less carries the others; their number, or one too many."""
    first = space.run_slot_ptr[r]
    for z in range(first, space.run_slot_ptr[r + 1]):
        for d in range(space.capacity.shape[1]):
            over[z - first, d] = state.load[z, d] - (state.runs[r] - 1.0) * space.capacity[z, d]
    count = 0
    for k in rng.permutation(riders):
        wanted = state.runs[r] <= 1.0
        for i in range(state.length[k]):
            z = space.arc_slot[state.arc[k, i]]
            if z >= 0 and space.slot_run[z] == r:
                for d in range(space.capacity.shape[1]):
                    wanted |= over[z - first, d] > 1e-9 and freight.load[k, d] > 0.0
        if not wanted:
            continue
        if count == out.shape[0]:
            return count + 1
        out[count] = k
        count += 1
        for i in range(state.length[k]):
            z = space.arc_slot[state.arc[k, i]]
            if z >= 0 and space.slot_run[z] == r:
                for d in range(space.capacity.shape[1]):
                    over[z - first, d] -= freight.load[k, d] * freight.quantity[k]
    return count


@njit(cache=True, nogil=True)
def _choose_departures(space: Space, state: State, r: int, marked: Any, out: Any, rng: Any) -> int:
    """Riders of a run and of other departures of its vehicle, as far as they are not too many."""
    marked[:] = False
    marked[r] = True
    other = r
    while other > 0 and space.run_vehicle[other - 1] == space.run_vehicle[r]:
        other -= 1
    while other < marked.shape[0] and space.run_vehicle[other] == space.run_vehicle[r]:
        if state.runs[other] > 0.0 and rng.random() < 0.5:
            marked[other] = True
        other += 1
    count = _riders(space, state, marked, out)
    if count > out.shape[0]:
        marked[:] = False
        marked[r] = True
        count = _riders(space, state, marked, out)
    return count


@njit(cache=True, nogil=True)
def _choose_alike(space: Space, freight: Freight, state: State, out: Any, most: int, rng: Any) -> int:
    """Orders from or to one place, served or not, or only those that are not."""
    num_orders = freight.quantity.shape[0]
    start = rng.integers(0, num_orders)
    unserved, to = rng.random() < 0.7, rng.random() < 0.5
    k = start
    for i in range(num_orders):
        k = (start + i) % num_orders
        if not unserved or state.length[k] < 0:
            break
    place = space.node_flat[freight.origin[k]]
    count = 0
    for i in range(num_orders):
        other = (start + i) % num_orders
        alike = freight.target[other] == freight.target[k] if to else space.node_flat[freight.origin[other]] == place
        if alike and count < most and not (unserved and state.length[other] >= 0):
            out[count] = other
            count += 1
    return count


@njit(cache=True, nogil=True)
def ruin_and_recreate(  # noqa: C901 - one compiled search
    space: Space,
    freight: Freight,
    guides: Guides,
    state: State,
    scratch: Scratch,
    rng: Any,
    rounds: int,
    heat: float,
    most_orders: int,
) -> int:
    """
    Take some orders out and put them in again, round by round; what is worse stays with a chance that falls with heat.

    Three rounds of four close the last vehicle of a run: only what must leave it leaves. Others clear departures of one
    vehicle, or what one place sends or gets. Some orders that are not served try again.

    Returns
    -------
    int
        Orders that looked for a path.
    """
    num_orders, num_runs = state.length.shape[0], state.runs.shape[0]
    marked = np.zeros(num_runs, dtype=np.bool_)
    chosen = np.empty(most_orders + 8, dtype=np.int64)
    riders = np.empty(num_orders, dtype=np.int64)
    over = np.empty((np.diff(space.run_slot_ptr).max(), space.capacity.shape[1]))
    kept_arc = np.empty((chosen.shape[0], state.arc.shape[1]), dtype=state.arc.dtype)
    kept_cycle = np.empty_like(kept_arc)
    kept_length, kept_flow = np.empty(chosen.shape[0], dtype=np.int64), np.empty(chosen.shape[0])
    looked = 0
    for _ in range(rounds):
        opened = np.where((state.runs > 0.0) & (space.run_cost > 0.0))[0]
        if opened.shape[0] == 0:
            break
        closed, cap = -1, 0.0
        kind = rng.random()
        if kind < 0.9:
            r = _poor_run(space, state, opened, 4, rng)
            if kind < 0.75:
                marked[:] = False
                marked[r] = True
                found = _riders(space, state, marked, riders)
                count = _choose_excess(space, freight, state, r, riders[:found], over, chosen[:most_orders], rng)
                closed, cap = r, state.runs[r] - 1.0
            else:
                count = _choose_departures(space, state, r, marked, chosen[:most_orders], rng)
                closed = r if rng.random() < 0.6 else -1
            if count > most_orders:
                continue
        else:
            count = _choose_alike(space, freight, state, chosen, 60, rng)
        start = rng.integers(0, num_orders)
        more = 0
        for i in range(num_orders):
            k = (start + i) % num_orders
            if state.length[k] < 0 and freight.quantity[k] > 0.0:
                chosen[count + more] = k
                more += 1
                if more == 4:
                    break
        count += more
        before = state.total[0]
        for i in range(count):
            k = chosen[i]
            kept_length[i], kept_flow[i] = state.length[k], state.flow_cost[k]
            kept_arc[i], kept_cycle[i] = state.arc[k], state.cycle[k]
            take_out(space, freight, state, k)
        if closed >= 0:
            state.most[closed] = cap
        shaken = rng.random() < 0.5
        for r in range(num_runs):
            scratch.noise[r] = 0.6 + 0.8 * rng.random() if shaken else 1.0
        mood = rng.random()
        spread = 1.0 if mood < 0.4 or kind >= 0.9 else (0.0 if mood < 0.55 else rng.random())
        way = Way(
            0.5 + 0.5 * rng.random(),
            spread,
            0.01 + 0.15 * rng.random() ** 2,
            1.0 if rng.random() < 0.7 else 0.7,
        )
        order = np.argsort(-freight.value[chosen[:count]] * (0.5 + rng.random(count)))
        put_in(space, freight, guides, state, scratch, chosen[:count][order], way)
        looked += count
        if closed >= 0:
            state.most[closed] = space.most[closed]
        if state.total[0] - before > -heat * np.log(max(rng.random(), 1e-12)):
            for i in range(count):
                take_out(space, freight, state, chosen[i])
            for i in range(count):
                k = chosen[i]
                if kept_length[i] >= 0 and state.length[k] < 0:
                    state.length[k], state.flow_cost[k] = kept_length[i], kept_flow[i]
                    state.arc[k], state.cycle[k] = kept_arc[i], kept_cycle[i]
                    _change(space, freight, state, k, 1.0)
            state.total[0] = before
    return looked
