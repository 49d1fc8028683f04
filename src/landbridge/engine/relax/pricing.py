"""Prices and the cheapest paths at them: from duals of the relaxation to new columns."""

from __future__ import annotations

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.relax.scans import Duals, ScanPlan, plan_scans
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.space.kernels_once import price_paths_once

ANY_COST = 1e15
"""Worth of a unit when any path will do."""

PRICE_TOL = 1e-7
"""A path whose reduced cost is above minus this (relative to its worth) is not added."""


ONCE_WORK = 2
"""Scans with prices paid once count for so many more."""


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
    """Run the pricing kernels: sinks, their cheapest cost and worth, and the paths that gain."""
    p, net = master.problem, master.net
    plan = plan_scans(master, duals, commodities)
    supply, end = p.commodity_supply[p.sink_commodity[plan.sinks]], p.sink_terminal[plan.sinks]
    worth = duals.terminal[supply] + np.where(end != supply, duals.terminal[end], 0.0)
    parts = [_run(master, duals, part, worth, phase_one=phase_one) for part in plan.parts() if len(part.scans)]
    cost = np.full(len(plan.sinks), np.inf)
    found, length = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    arcs, cycles = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for at, part_cost, part_found, part_ptr, part_arcs, part_cycles in parts:
        cost[at] = part_cost
        found.append(at[part_found])
        length.append(np.diff(part_ptr))
        arcs.append(part_arcs[: part_ptr[-1]])
        cycles.append(part_cycles[: part_ptr[-1]])
    slow = 0 if plan.once is None else int((np.diff(plan.once[0]) > 0).sum())
    master.work += 1e-4 * len(net.arc_tail) * (len(plan.scans) + ONCE_WORK * slow) / 1000.0
    return (
        plan.sinks,
        cost,
        worth,
        np.concatenate(found),
        np.concatenate([[0], np.cumsum(np.concatenate(length))]).astype(np.int64),
        np.concatenate(arcs),
        np.concatenate(cycles),
    )


def _run(
    master: Master, duals: Duals, plan: ScanPlan, all_worth: FloatArray, *, phase_one: bool
) -> tuple[IntArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
    """Run a kernel over some scans: the places of their sinks, and what it found for these."""
    p, net = master.problem, master.net
    at, sinks, scans = plan.at, plan.sinks, plan.scans
    worth = all_worth[at]
    tolerance = PRICE_TOL * np.maximum(1.0, np.abs(worth))
    deadline = np.full(len(scans), -1, dtype=np.int64)
    np.maximum.at(deadline, np.repeat(np.arange(len(scans)), np.diff(plan.sink_ptr)), p.sink_deadline_min[sinks])
    room = max(2_000, 64 * len(sinks))
    arcs, cycles = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    network = (
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
        plan.extra_ptr,
        plan.extra_slot,
        plan.extra_price,
    )
    ends = (
        plan.sink_ptr,
        p.sink_node[sinks],
        p.sink_due_min[sinks],
        p.sink_deadline_min[sinks],
        np.zeros(len(sinks)) if phase_one else p.sink_late_cost[sinks],
        worth - tolerance,
        arcs,
        cycles,
    )
    size = (net.num_nodes, net.num_cycles, net.horizon_min, net.node_min, net.arc_ptr)
    if plan.once is None:
        answer = price_paths(net.is_static, *size, net.arc_tail, net.arc_head, *network, *ends)
    else:
        answer = price_paths_once(*size, net.arc_head, *network, *plan.once, *ends)
    return at, *answer, arcs, cycles
