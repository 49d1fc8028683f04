"""Compiled ruin and recreate: freight taken out of a plan and put in again at marginal cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landbridge.engine.improve.ride_kernels import Guides, State, Way, find_path
from landbridge.engine.space.scan_kernels import Freight, Scratch, Space

INF = np.inf


@njit(cache=True, nogil=True)
def _runs_needed(capacity: Any, load: Any, first: int, last: int) -> float:
    """Vehicles that the loads of slots first to last (not included) need: one at least."""
    need = 1.0
    for z in range(first, last):
        for d in range(capacity.shape[1]):
            if 0.0 < capacity[z, d] < INF:
                need = max(need, np.ceil(load[z, d] / capacity[z, d] - 1e-9))
    return need


@njit(cache=True, nogil=True)
def _change(space: Space, freight: Freight, state: State, k: int, sign: float) -> None:
    """Add (1) or take away (-1) the path an order has; runs get as many vehicles as their loads need."""
    # arrays by name: looking each up in its tuple within a loop costs more than the loop
    arc_slot, slot_run, run_slot_ptr, capacity = space.arc_slot, space.slot_run, space.run_slot_ptr, space.capacity
    limit_ptr, limit, limit_count, left = space.limit_ptr, space.limit, space.limit_count, state.left
    taken, riders, runs, run_cost = state.load, state.riders, state.runs, space.run_cost
    arcs, length, quantity, load = state.arc[k], state.length[k], freight.quantity[k], freight.load[k]
    for i in range(length):
        z = arc_slot[arcs[i]]
        if z >= 0:
            riders[slot_run[z]] += int(sign)
            for d in range(capacity.shape[1]):
                now = taken[z, d] + sign * load[d] * quantity
                taken[z, d] = now if now > 1e-9 else 0.0
    cost = sign * (state.flow_cost[k] - freight.value[k])
    for i in range(length):
        z = arc_slot[arcs[i]]
        if z < 0:
            continue
        r = slot_run[z]
        need = 0.0
        if riders[r] > 0:
            need = _runs_needed(capacity, taken, run_slot_ptr[r], run_slot_ptr[r + 1])
        more = need - runs[r]
        if more != 0.0:
            runs[r] = need
            cost += more * run_cost[r]
            for j in range(limit_ptr[r], limit_ptr[r + 1]):
                left[limit[j]] -= more * limit_count[j]
    state.total[0] += cost


@njit(cache=True, nogil=True)
def take_out(space: Space, freight: Freight, state: State, k: int) -> None:
    """Take an order out of the plan."""
    if state.length[k] >= 0:
        _change(space, freight, state, k, -1.0)
        state.length[k] = -1


@njit(cache=True, nogil=True)
def take_all_out(space: Space, freight: Freight, state: State, orders: Any) -> None:
    """Take orders out of the plan."""
    for k in orders:
        take_out(space, freight, state, k)


@njit(cache=True, nogil=True)
def put_all_in(space: Space, freight: Freight, state: State, orders: Any) -> None:
    """Put orders into the plan on the paths that are written down for them."""
    for k in orders:
        if state.length[k] >= 0:
            _change(space, freight, state, k, 1.0)


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
def riders_of(space: Space, state: State, marked: Any, out: Any) -> int:
    """List orders that ride a marked run; returns how many there are, listed or not."""
    arc_slot, slot_run, lengths, arcs = space.arc_slot, space.slot_run, state.length, state.arc
    count = 0
    for k in range(lengths.shape[0]):
        for i in range(lengths[k]):
            z = arc_slot[arcs[k, i]]
            if z >= 0 and marked[slot_run[z]]:
                if count < out.shape[0]:
                    out[count] = k
                count += 1
                break
    return count


@njit(cache=True, nogil=True)
def poor_run(space: Space, state: State, opened: Any, tries: int, rng: Any) -> int:
    """A run whose last vehicle is dear and badly filled, by tournament."""
    capacity, load, run_slot_ptr = space.capacity, state.load, space.run_slot_ptr
    best, least = -1, INF
    for _ in range(tries):
        r = opened[rng.integers(0, opened.shape[0])]
        filled = 0.0
        for z in range(run_slot_ptr[r], run_slot_ptr[r + 1]):
            for d in range(capacity.shape[1]):
                if 0.0 < capacity[z, d] < INF:
                    filled = max(filled, load[z, d] / capacity[z, d])
        last = max(filled - (state.runs[r] - 1.0), 0.0)
        score = (last + 0.02) * (0.2 + rng.random()) / np.sqrt(space.run_cost[r])
        if score < least:
            best, least = r, score
    return best


@njit(cache=True, nogil=True)
def _choose_excess(
    space: Space, freight: Freight, state: State, r: int, riders: Any, over: Any, out: Any, rng: Any
) -> int:
    """Riders of a run, at random, until one vehicle less carries the others; their number, or one too many."""
    arc_slot, slot_run, capacity, taken = space.arc_slot, space.slot_run, space.capacity, state.load
    lengths, arcs, loads, quantities = state.length, state.arc, freight.load, freight.quantity
    first, runs = space.run_slot_ptr[r], state.runs[r]
    for z in range(first, space.run_slot_ptr[r + 1]):
        for d in range(capacity.shape[1]):
            over[z - first, d] = taken[z, d] - (runs - 1.0) * capacity[z, d]
    count = 0
    for k in rng.permutation(riders):
        wanted = runs <= 1.0
        for i in range(lengths[k]):
            z = arc_slot[arcs[k, i]]
            if z >= 0 and slot_run[z] == r:
                for d in range(capacity.shape[1]):
                    wanted |= over[z - first, d] > 1e-9 and loads[k, d] > 0.0
        if not wanted:
            continue
        if count == out.shape[0]:
            return count + 1
        out[count] = k
        count += 1
        for i in range(lengths[k]):
            z = arc_slot[arcs[k, i]]
            if z >= 0 and slot_run[z] == r:
                for d in range(capacity.shape[1]):
                    over[z - first, d] -= loads[k, d] * quantities[k]
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
    count = riders_of(space, state, marked, out)
    if count > out.shape[0]:
        marked[:] = False
        marked[r] = True
        count = riders_of(space, state, marked, out)
    return count


@njit(cache=True, nogil=True)
def _choose_alike(freight: Freight, state: State, out: Any, most: int, rng: Any) -> int:
    """Orders from or to one place, served or not, or only those that are not."""
    lengths, ends = state.length, freight.target if rng.random() < 0.5 else freight.origin
    num_orders = lengths.shape[0]
    start = rng.integers(0, num_orders)
    unserved = rng.random() < 0.7
    k = start
    for i in range(num_orders):
        k = (start + i) % num_orders
        if not unserved or lengths[k] < 0:
            break
    count = 0
    for i in range(num_orders):
        other = (start + i) % num_orders
        if ends[other] == ends[k] and count < most and not (unserved and lengths[other] >= 0):
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
    lengths, quantities, noise = state.length, freight.quantity, scratch.noise
    num_orders, num_runs = lengths.shape[0], state.runs.shape[0]
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
            r = poor_run(space, state, opened, 4, rng)
            if kind < 0.75:
                marked[:] = False
                marked[r] = True
                found = riders_of(space, state, marked, riders)
                count = _choose_excess(space, freight, state, r, riders[:found], over, chosen[:most_orders], rng)
                closed, cap = r, state.runs[r] - 1.0
            else:
                count = _choose_departures(space, state, r, marked, chosen[:most_orders], rng)
                closed = r if rng.random() < 0.6 else -1
            if count > most_orders:
                continue
        else:
            count = _choose_alike(freight, state, chosen, 60, rng)
        start = rng.integers(0, num_orders)
        more = 0
        for i in range(num_orders):
            k = (start + i) % num_orders
            if lengths[k] < 0 and quantities[k] > 0.0:
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
        noise[:] = 0.6 + 0.8 * rng.random(num_runs) if shaken else np.ones(num_runs)
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
