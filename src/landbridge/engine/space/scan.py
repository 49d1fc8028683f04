"""What searches that scan rides look at: rides in order, freight, and paths with their waiting put in again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import IntArray
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.flat import FlatNetwork
from landbridge.engine.space.scan_kernels import Freight, Labels, Scratch, Space

Fields = TypeVar("Fields", bound=tuple[Any, ...])

MOST_ARCS = 128
"""Arcs on one path, waiting left out; a longer path is not taken."""

MOST_LABELS = 1 << 15
"""Ways kept in one search for a path; what comes after them is not looked at."""


def laid_out(fields: Fields) -> Fields:
    """Fields with each array in one piece, row by row: others would be of another type, and kernels compiled anew."""
    make: Any = type(fields)
    laid: Fields = make(*(np.ascontiguousarray(one) if isinstance(one, np.ndarray) else one for one in fields))
    return laid


def list_rides(master: Master) -> Space:
    """List the rides of the expanded network in the order in which they leave, for searches in that order."""
    p, net = master.problem, master.net
    slots, legs = len(net.slot_run), len(p.leg_tail)
    rides = np.where(net.arc_slot >= 0)[0]
    rides = rides[np.lexsort((rides, net.arc_tail[rides]))]
    order = net.arc_slot[rides]
    minute = net.node_min[net.arc_tail[rides]]
    shift = (net.slot_start[order] - minute) // net.horizon_min if p.cyclic else np.zeros(len(order), dtype=np.int64)
    arc = np.full(slots, -1, dtype=np.int64)
    arc[order] = rides
    board, stay, alight = _arcs_aboard(net, arc)
    by_leg = np.argsort(net.slot_leg[order], kind="stable")
    by_tail = np.argsort(p.link_tail, kind="stable")
    places = np.arange(len(p.node_rank) + 1)
    spans = np.diff(net.run_slot_ptr)
    run_cost = p.vehicle_run_cost[net.run_vehicle].astype(np.float64)
    rows = master.run_rows
    return laid_out(Space(
        len(p.node_rank), legs, net.horizon_min if p.cyclic else 0, net.num_cycles, int(shift.max(initial=0)), order,
        minute, shift, net.slot_end - net.slot_start, net.slot_leg,
        np.searchsorted(net.slot_leg[order][by_leg], np.arange(legs + 1)).astype(np.int64), by_leg.astype(np.int64),
        p.leg_tail, p.leg_head, p.leg_cost_per_t.astype(np.float64), arc, board, stay, alight,
        p.node_hold_cost.astype(np.float64), np.searchsorted(p.link_tail[by_tail], places).astype(np.int64),
        by_tail.astype(np.int64), p.link_head, p.link_duration_min, p.link_cost_per_t.astype(np.float64),
        p.link_window_ptr, p.window_start, p.window_end, net.place_ptr, net.place_node, net.node_min, net.arc_ptr,
        net.arc_link, net.arc_slot, net.slot_run, net.run_slot_ptr, net.run_vehicle,
        np.where(np.isfinite(master.slot_cap), master.slot_cap, np.inf), (run_cost / spans)[net.slot_run], run_cost,
        master.run_most, rows.ptr, rows.row, rows.count,
    ))  # fmt: skip


def _arcs_aboard(net: Expansion, arc: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Arcs by which freight boards before, stays on for and alights after each slot inside a vehicle; -1: none."""
    board, stay, alight = (np.full(len(arc), -1, dtype=np.int64) for _ in range(3))
    ridden = np.where(arc >= 0)[0]
    slot_from, slot_to = np.full(net.num_nodes, -1, dtype=np.int64), np.full(net.num_nodes, -1, dtype=np.int64)
    inside = net.node_place < 0
    slot_from[net.arc_tail[arc[ridden]]] = ridden
    slot_to[net.arc_head[arc[ridden]]] = ridden
    for a in np.where((net.arc_slot < 0) & (net.arc_link < 0) & (net.arc_duration == 0))[0].tolist():
        tail, head = int(net.arc_tail[a]), int(net.arc_head[a])
        if inside[tail] and inside[head]:
            stay[slot_from[head]] = a
        elif inside[head]:
            board[slot_from[head]] = a
        elif inside[tail]:
            alight[slot_to[tail]] = a
    return board, stay, alight


def read_freight(master: Master, flat: FlatNetwork) -> tuple[Freight, IntArray]:
    """Read the orders of a problem whose terminals are one shipment each, and their kinds and destinations, by row."""
    p, net = master.problem, master.net
    kind = flat.kind_of_commodity[p.sink_commodity]
    targets, guide = np.unique(np.column_stack([kind, p.sink_node]), axis=0, return_inverse=True)
    value = np.bincount(
        p.block_terminal, weights=p.block_qty * (p.block_value + p.block_penalty), minlength=len(p.terminal_single)
    )
    at = p.commodity_supply
    freight = laid_out(Freight(
        p.commodity_origin, net.node_min[net.origin_node], p.commodity_weight_t, p.commodity_load,
        p.sink_deadline_min, p.sink_due_min, p.sink_late_cost, p.sink_node, master.supply[at], value[at],
        guide.ravel().astype(np.int64),
    ))  # fmt: skip
    return freight, targets


def new_scratch(master: Master, flat: FlatNetwork, space: Space) -> Scratch:
    """Arrays for the searches of one thread."""
    net, places = master.net, flat.num_nodes
    shifts, slots = net.num_cycles + int(space.most_shift), len(net.slot_run)
    whole, real = np.zeros((7, MOST_LABELS), dtype=np.int64), np.zeros((2, MOST_LABELS))
    labels = Labels(
        whole[0], whole[1], real[0], real[1], whole[2], whole[3], whole[4], whole[5],
        np.full(places, -1, dtype=np.int64), np.full((slots, shifts), -1, dtype=np.int64),
        np.empty((MOST_LABELS, 2), dtype=np.int64),
    )  # fmt: skip
    return Scratch(
        labels, np.full(places, np.inf), np.empty(places, dtype=np.int64), np.zeros(places, dtype=np.int64),
        np.zeros(1, dtype=np.int64), np.empty(2 * len(flat.tail) + 16),
        np.empty(2 * len(flat.tail) + 16, dtype=np.int64), np.empty(slots, dtype=np.int64),
        np.empty(MOST_ARCS, dtype=np.int32), np.empty(MOST_ARCS, dtype=np.int32), np.ones(len(space.run_cost)),
        np.empty(slots),
    )  # fmt: skip


def with_waiting(
    net: Expansion, commodities: IntArray, paths: Iterable[tuple[IntArray, IntArray]]
) -> tuple[IntArray, IntArray, IntArray]:
    """
    Put waiting into paths (arcs and cycles of each) that were found without it, as :meth:`Master.add_paths` has them.

    Returns
    -------
    tuple
        Pointers, arcs and cycles.
    """
    waits = np.where((net.arc_slot < 0) & (net.arc_link < 0) & (net.arc_duration > 0))[0]
    wait_of = np.full(net.num_nodes, -1, dtype=np.int64)
    wait_of[net.arc_tail[waits]] = waits
    all_arcs: list[int] = []
    all_cycles: list[int] = []
    ptr = [0]
    for k, (arcs, cycles) in zip(commodities.tolist(), paths, strict=True):
        n, cycle = int(net.origin_node[k]), 0
        for a, c in zip(arcs.tolist(), cycles.tolist(), strict=True):
            while n != net.arc_tail[a] or cycle != c:
                wait = int(wait_of[n])
                all_arcs.append(wait)
                all_cycles.append(cycle)
                n, cycle = int(net.arc_head[wait]), cycle + int(net.arc_wrap[wait])
            all_arcs.append(a)
            all_cycles.append(c)
            n, cycle = int(net.arc_head[a]), c + int(net.arc_wrap[a])
        ptr.append(len(all_arcs))
    return np.array(ptr), np.array(all_arcs, dtype=np.int64), np.array(all_cycles, dtype=np.int64)
