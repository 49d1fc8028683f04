"""A plan of whole orders on given runs: each on the way that most of it rides in a relaxation, as room allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.improve.rebuild import CHUNK, WIDE_WAY, Rebuilder
from landbridge.engine.improve.rebuild_kernels import put_all_in, put_in, take_all_out
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.scan_bound import ScanBound

LEAST_PART = 1e-3
"""Parts of orders on ways below which they are taken for nothing."""


def put_on_runs(rebuilder: Rebuilder, bound: ScanBound, runs: FloatArray, done: Callable[[], bool]) -> None:
    """
    Make the plan that a dive leads to; it becomes the best if it is better.

    The dearest orders first: each goes whole the way most of it rides which still has room in the runs. The
    others look for a way there, and then anywhere.

    Parameters
    ----------
    bound
        Of the dive, at its last point.
    runs
        Runs of each candidate, whole.
    done
        Whether to stop: orders that have not looked for a way by then are not served.
    """
    space, freight, state = rebuilder.space, rebuilder.freight, rebuilder.state
    runs = np.where(rebuilder.master.run_is_free, space.most, runs)
    take_all_out(space, freight, state, np.arange(len(state.length)))
    put_all_in(space, freight, state, _orders_with_room(rebuilder, bound, runs))
    rebuilder.guide(bound.leg_fills())
    rebuilder.learn_prices()
    rebuilder.scratch.noise[:] = 1.0
    for most in (np.maximum(runs, state.runs), space.most):
        state.most[:] = most
        left = _dearest_first(rebuilder, np.where(state.length < 0)[0])
        for first in range(0, len(left), CHUNK):
            if done():
                break
            part = left[first : first + CHUNK]
            put_in(space, freight, rebuilder.guides, state, rebuilder.scratch, part, WIDE_WAY)
            rebuilder.count_work(len(part))
    state.most[:] = space.most
    rebuilder.keep_if_better()


def _dearest_first(rebuilder: Rebuilder, orders: IntArray) -> IntArray:
    return orders[np.argsort(-rebuilder.freight.value[orders], kind="stable")]


def _orders_with_room(rebuilder: Rebuilder, bound: ScanBound, runs: FloatArray) -> IntArray:
    """Orders that go a way of the bound; writes these ways down, without putting them in."""
    space, freight, state, ways = rebuilder.space, rebuilder.freight, rebuilder.state, bound.ways
    of_slot = runs[space.slot_run][:, None]
    with np.errstate(invalid="ignore"):
        left = np.where(np.isfinite(space.capacity), space.capacity * of_slot, np.inf)
    left[(of_slot <= 0)[:, 0] & bound.priced] = -1.0
    chosen: list[int] = []
    for k in _dearest_first(rebuilder, bound.dear).tolist():
        load = freight.load[k] * freight.quantity[k]
        parts = bound.part[k, 1 : 1 + int(ways.num_ways[k])]
        for w in np.argsort(-parts, kind="stable").tolist():
            way = bound.way(k, w) if parts[w] >= LEAST_PART else None
            if way is None:
                break
            arcs, cycles = way
            slots = space.arc_slot[arcs]
            slots = slots[slots >= 0]
            if (left[slots] < load - 1e-9).any():
                continue
            np.subtract.at(left, slots, load)
            state.arc[k, : len(arcs)], state.cycle[k, : len(arcs)] = arcs, cycles
            state.length[k], state.flow_cost[k] = len(arcs), ways.cost[k, w]
            chosen.append(k)
            break
    return np.array(chosen, dtype=np.int64)
