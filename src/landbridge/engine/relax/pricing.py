"""Prices and the cheapest paths at them: from duals of the relaxation to new columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.space.kernels import price_paths

ANY_COST = 1e15
"""Worth of a unit when any path will do."""

PRICE_TOL = 1e-7
"""A path whose reduced cost is above minus this (relative to its worth) is not added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duals:
    """Prices of a relaxation: by terminal, slot and dimension, tonnage row, and strong and share rows by slot."""

    terminal: FloatArray
    slot: FloatArray
    tonnage: FloatArray
    row: FloatArray


def read_duals(master: Master, row_dual: FloatArray, *, phase_one: bool = False) -> Duals:
    """Sort row duals by family; prices of capacity are positive, and feasible for runs without a column."""
    p = master.problem
    count = len(p.terminal_single)
    opened = master.run_col[master.net.slot_run] >= 0
    free = master.run_is_free[master.net.slot_run]
    rows = master.capacity_row
    slot = np.where(rows >= 0, -np.minimum(row_dual[np.maximum(rows, 0)], 0.0), 0.0)
    slot = np.where((opened | free)[:, None], slot, 0.0 if phase_one else master.default_price)
    tonnage = -np.minimum(row_dual[master.tonnage_rows : master.tonnage_rows + len(master.net.row_cap_t)], 0.0)
    return Duals(
        terminal=row_dual[master.terminal_row : master.terminal_row + count], slot=slot, tonnage=tonnage, row=row_dual
    )


def price_columns(
    master: Master, duals: Duals, *, phase_one: bool = False, commodities: IntArray | None = None
) -> tuple[int, FloatArray]:
    """
    Find the cheapest path to each sink and add those with negative reduced cost.

    Parameters
    ----------
    duals
        Prices.
    phase_one
        Leave costs out: only what must be served counts.
    commodities
        Price only these; default all.

    Returns
    -------
    tuple
        Number of paths added, and the least reduced cost of each sink's paths (inf: none, or not priced).
    """
    if commodities is None:
        commodities = np.arange(len(master.problem.commodity_supply))
    sinks, cost, worth, found, ptr, arcs, cycles = _scan(master, duals, commodities, phase_one=phase_one)
    added = master.add_paths(sinks[found], ptr, arcs, cycles)
    reduced = np.full(len(master.problem.sink_node), np.inf)
    reduced[sinks] = cost - worth
    return added, reduced


def cheapest_path(master: Master, duals: Duals, commodity: int) -> tuple[int, IntArray, IntArray] | None:
    """Sink, arcs and cycles of the path of one commodity that gains most; None where none gains."""
    sinks, cost, worth, found, ptr, arcs, cycles = _scan(
        master, duals, np.array([commodity], dtype=np.int64), phase_one=False
    )
    if len(found) == 0:
        return None
    i = int(np.argmin((cost - worth)[found]))
    span = slice(int(ptr[i]), int(ptr[i + 1]))
    return int(sinks[found[i]]), arcs[span], cycles[span]


def reaches_in_time(master: Master, commodities: IntArray) -> BoolArray:
    """Which sinks of these commodities some path reaches by the deadline, whatever it costs; True for all others."""
    p, net = master.problem, master.net
    free = Duals(
        terminal=np.full(len(p.terminal_single), ANY_COST),
        slot=np.zeros(master.slot_cap.shape),
        tonnage=np.zeros(len(net.row_cap_t)),
        row=np.zeros(master.model.num_rows),
    )
    sinks, cost, *_ = _scan(master, free, commodities, phase_one=False)
    reached = np.ones(len(p.sink_node), dtype=np.bool_)
    reached[sinks] = np.isfinite(cost)
    return reached


def _scan(
    master: Master, duals: Duals, commodities: IntArray, *, phase_one: bool
) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
    """Run the pricing kernel: sinks, their cheapest cost and worth, and the paths that gain."""
    p, net = master.problem, master.net
    scans, sinks, sink_ptr, extra_ptr, extra_slot, extra_price = _plan_scans(master, duals, commodities)
    supply, end = p.commodity_supply[p.sink_commodity[sinks]], p.sink_terminal[sinks]
    worth = duals.terminal[supply] + np.where(end != supply, duals.terminal[end], 0.0)
    tolerance = PRICE_TOL * np.maximum(1.0, np.abs(worth))
    deadline = np.full(len(scans), -1, dtype=np.int64)
    np.maximum.at(deadline, np.repeat(np.arange(len(scans)), np.diff(sink_ptr)), p.sink_deadline_min[sinks])
    room = max(2_000, 64 * len(sinks))
    arcs, cycles = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    cost, found, ptr = price_paths(
        net.is_static,
        net.num_nodes,
        net.num_cycles,
        net.horizon_min,
        net.node_min,
        net.arc_ptr,
        net.arc_tail,
        net.arc_head,
        net.arc_wrap,
        net.arc_slot,
        net.arc_access,
        np.zeros_like(net.arc_cost_per_t) if phase_one else net.arc_cost_per_t,
        net.arc_row_ptr,
        net.arc_row,
        net.arc_row_class,
        net.access,
        net.place_ptr,
        net.place_node,
        duals.slot,
        duals.tonnage,
        net.origin_node[scans],
        p.commodity_class[scans],
        p.commodity_weight_t[scans],
        p.commodity_load[scans],
        deadline,
        extra_ptr,
        extra_slot,
        extra_price,
        sink_ptr,
        p.sink_node[sinks],
        p.sink_due_min[sinks],
        p.sink_deadline_min[sinks],
        np.zeros(len(sinks)) if phase_one else p.sink_late_cost[sinks],
        worth - tolerance,
        arcs,
        cycles,
    )
    master.work += 1e-4 * len(net.arc_tail) * len(scans) / 1000.0
    return sinks, cost, worth, found, ptr, arcs, cycles


def _plan_scans(
    master: Master, duals: Duals, commodities: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray, FloatArray]:
    """
    Say what is scanned together: the commodity of each scan, its sinks, and the prices on slots it has for itself.

    Commodities that are alike and have no prices of their own share a scan; a sink with prices of its own (those of
    a bid) is scanned alone.
    """
    p = master.problem
    first = np.searchsorted(p.sink_commodity, commodities, side="left")
    counts = np.searchsorted(p.sink_commodity, commodities, side="right") - first
    ends = np.cumsum(counts)
    sinks = np.repeat(first - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
    owners, slots, prices = master.own.prices(duals.row)
    owner_ptr = np.searchsorted(owners, np.arange(master.num_owners + 1))
    by_class = _share_prices(master, duals)
    has_own = np.append(np.diff(owner_ptr) > 0, False)
    k, pair = p.sink_commodity[sinks], master.owner_of_sink[sinks]
    pair = np.where(has_own[pair], pair, -1)
    shared = ~has_own[p.commodity_supply[k]] & (pair < 0)
    shared &= ~np.isin(p.commodity_class[k], list(by_class))
    key = np.where(shared, -1 - master.scan_key[k], k)
    _, representative, group = np.unique(np.column_stack([key, pair]), axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    scans, pairs = k[representative], pair[representative]
    sink_ptr = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=len(scans)))]).astype(np.int64)
    ptr = [0]
    of_slot: list[IntArray] = []
    of_price: list[FloatArray] = []
    for c, q, alone in zip(scans.tolist(), pairs.tolist(), (~shared[representative]).tolist(), strict=True):
        width = 0
        if alone:
            for owner in (int(p.commodity_supply[c]), q):
                if owner >= 0:
                    of_slot.append(slots[owner_ptr[owner] : owner_ptr[owner + 1]])
                    of_price.append(prices[owner_ptr[owner] : owner_ptr[owner + 1]])
                    width += len(of_slot[-1])
            of_class = by_class.get(int(p.commodity_class[c]), ())
            of_slot.append(np.array([z for z, _, _ in of_class], dtype=np.int64))
            of_price.append(np.array([price * float(p.commodity_load[c, d]) for _, d, price in of_class]))
            width += len(of_class)
        ptr.append(ptr[-1] + width)
    extra_slot = np.concatenate([np.zeros(0, dtype=np.int64), *of_slot])
    extra_price = np.concatenate([np.zeros(0), *of_price])
    order = np.argsort(group, kind="stable")
    return scans, sinks[order], sink_ptr, np.array(ptr, dtype=np.int64), extra_slot, extra_price


def _share_prices(master: Master, duals: Duals) -> dict[int, list[tuple[int, int, float]]]:
    """Prices of shares by class: slot, dimension and price of a unit of load."""
    by_class: dict[int, list[tuple[int, int, float]]] = {}
    for (i, z, d), row in master.share_row.items():
        price = -min(duals.row[row], 0.0)
        if price > 0.0:
            for klass in master.share_classes[i]:
                by_class.setdefault(klass, []).append((z, d, price))
    return by_class
