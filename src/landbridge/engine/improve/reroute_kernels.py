"""Compiled search for several ways of each of some orders, which a small MIP then chooses from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landbridge.engine.improve.ride_kernels import Guides, State, Way, find_path
from landbridge.engine.space.scan_kernels import Freight, Scratch, Space


@njit(cache=True, nogil=True)
def _is_known(arcs: Any, cycles: Any, lengths: Any, first: int, last: int, arc: Any, cycle: Any, length: int) -> bool:
    """Whether a way is one of those numbered first to last (not included)."""
    for w in range(first, last):
        if lengths[w] != length:
            continue
        same = True
        for i in range(length):
            if arcs[w, i] != arc[i] or cycles[w, i] != cycle[i]:
                same = False
                break
        if same:
            return True
    return False


@njit(cache=True, nogil=True)
def riders_of_runs(space: Space, state: State, runs: Any, most: int, rng: Any) -> Any:
    """
    Join riders of runs, in their order, as long as there are not more than ``most``; a run with too many stays out.

    Of a first run with more than half as many only so many are taken, at random.

    Returns
    -------
    tuple
        Which of the runs are in, and their riders.
    """
    arc_slot, slot_run, lengths, arcs = space.arc_slot, space.slot_run, state.length, state.arc
    at = np.full(state.runs.shape[0], -1, dtype=np.int64)
    for x in range(runs.shape[0]):
        at[runs[x]] = x
    pairs = np.empty((4096, 2), dtype=np.int64)
    count = 0
    for k in range(lengths.shape[0]):
        for i in range(lengths[k]):
            z = arc_slot[arcs[k, i]]
            if z >= 0 and at[slot_run[z]] >= 0:
                if count == pairs.shape[0]:
                    more = np.empty((2 * count, 2), dtype=np.int64)
                    more[:count] = pairs
                    pairs = more
                pairs[count, 0], pairs[count, 1] = at[slot_run[z]], k
                count += 1
    order = np.argsort(pairs[:count, 0], kind="mergesort")
    is_in = np.zeros(runs.shape[0], dtype=np.bool_)
    is_rider = np.zeros(lengths.shape[0], dtype=np.bool_)
    riders = np.empty(most + 1, dtype=np.int64)
    total, first = 0, 0
    if runs.shape[0] == 0:
        return is_in, riders[:0].copy()
    ranks = rng.permutation(count)
    while first < count and pairs[order[first], 0] == 0:
        first += 1
    share = max(most // 2, 1)
    for x in np.argsort(ranks[:first]):
        k = pairs[order[x], 1]
        if not is_rider[k] and total < share:
            is_rider[k] = True
            riders[total] = k
            total += 1
    is_in[0] = True
    while first < count:
        x = pairs[order[first], 0]
        last = first
        new = total
        while last < count and pairs[order[last], 0] == x:
            k = pairs[order[last], 1]
            if not is_rider[k] and new <= most:
                is_rider[k] = True
                riders[new] = k
                new += 1
            last += 1
        if new > most:
            for i in range(total, new):
                is_rider[riders[i]] = False
        else:
            is_in[x] = True
            total = new
        first = last
    return is_in, riders[:total].copy()


@njit(cache=True, nogil=True)
def list_ways(
    space: Space,
    freight: Freight,
    guides: Guides,
    state: State,
    scratch: Scratch,
    orders: Any,
    noises: Any,
    spreads: Any,
    widths: Any,
    out_order: Any,
    out_length: Any,
    out_flow: Any,
    out_arc: Any,
    out_cycle: Any,
) -> int:
    """
    List the different ways orders would take at some prices, next to the way each has in ``state`` though it is out.

    Parameters
    ----------
    orders
        Orders that are taken out of the plan. Shape ``(K,)``; ``state.length`` is negative for each, the arcs and
        cycles of the way an order had are to be put first by the caller.
    noises, spreads, widths
        What each try multiplies the cost of each run by, shape ``(T, runs)``; how far the cost of a run is spread over
        what it carries and how wide to look, shape ``(T,)``.
    out_order, out_length, out_flow, out_arc, out_cycle
        The ways: index into ``orders``, number of arcs, flow cost, arcs, cycles. Those the caller has
        put first have ``out_order`` set, in the order of ``orders``; the first free one has -1.

    Returns
    -------
    int
        Number of ways.
    """
    count = 0
    while count < out_order.shape[0] and out_order[count] >= 0:
        count += 1
    given = count
    at = 0
    for i in range(orders.shape[0]):
        k = orders[i]
        own = -1
        if at < given and out_order[at] == i:
            own = at
            at += 1
        first = count
        for t in range(noises.shape[0]):
            if count == out_order.shape[0]:
                return count
            scratch.noise[:] = noises[t]
            way = Way(1.0, spreads[t], widths[t], 1.0)
            flow, length = find_path(space, freight, guides, state, scratch, k, way)
            if length < 0:
                continue
            arcs, cycles = scratch.arcs, scratch.cycles
            if own >= 0 and _is_known(out_arc, out_cycle, out_length, own, own + 1, arcs, cycles, length):
                continue
            if _is_known(out_arc, out_cycle, out_length, first, count, arcs, cycles, length):
                continue
            out_order[count], out_length[count], out_flow[count] = i, length, flow
            out_arc[count, :length] = arcs[:length]
            out_cycle[count, :length] = cycles[:length]
            count += 1
    return count
