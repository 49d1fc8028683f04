"""Prices and the cheapest paths at them: from duals of the relaxation to new columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.space.kernels_once import price_paths_once

ANY_COST = 1e15
"""Worth of a unit when any path will do."""

PRICE_TOL = 1e-7
"""A path whose reduced cost is above minus this (relative to its worth) is not added."""


ONCE_WORK = 2
"""Scans with prices paid once count for so many more."""

MOST_BITS = 62
"""Prices that a scan can have of those paid once; cheaper ones are left out, which keeps its costs lower bounds."""


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
    """Run the pricing kernels: sinks, their cheapest cost and worth, and the paths that gain."""
    p, net = master.problem, master.net
    plan = _plan_scans(master, duals, commodities)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """
    What is scanned together.

    Parameters
    ----------
    scans, sinks, sink_ptr
        The commodity of each scan, and its sinks.
    at
        Places of these sinks among all.
    extra_ptr, extra_slot, extra_price
        Prices on slots that hold for a scan alone: strong rows and cuts of its supply and its bid, shares of its class.
    once
        Prices a path pays once, as ``price_paths_once`` takes them; None: there are none.
    """

    scans: IntArray
    sinks: IntArray
    sink_ptr: IntArray
    at: IntArray
    extra_ptr: IntArray
    extra_slot: IntArray
    extra_price: FloatArray
    once: tuple[IntArray, FloatArray, IntArray, IntArray, IntArray] | None = None

    def parts(self) -> tuple[ScanPlan, ...]:
        """Scans without prices paid once, and those with some, which take longer."""
        if self.once is None:
            return (self,)
        has = np.diff(self.once[0]) > 0
        return self._of(~has, once=False), self._of(has, once=True)

    def _of(self, chosen: BoolArray, *, once: bool) -> ScanPlan:
        """Some of the scans."""
        sink_ptr, at = _rows_of(self.sink_ptr, chosen)
        extra_ptr, extra = _rows_of(self.extra_ptr, chosen)
        found = None
        if once and self.once is not None:
            price_ptr, price = _rows_of(self.once[0], chosen)
            bits_ptr, bits = _rows_of(self.once[2], chosen)
            found = price_ptr, self.once[1][price], bits_ptr, self.once[3][bits], self.once[4][bits]
        return ScanPlan(
            scans=self.scans[chosen],
            sinks=self.sinks[at],
            sink_ptr=sink_ptr,
            at=at,
            extra_ptr=extra_ptr,
            extra_slot=self.extra_slot[extra],
            extra_price=self.extra_price[extra],
            once=found,
        )


def _rows_of(ptr: IntArray, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Pointers of some rows, and where their entries are."""
    width = np.diff(ptr)[chosen]
    mine = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    return mine, np.repeat(ptr[:-1][chosen] - mine[:-1], width) + np.arange(mine[-1])


def _plan_scans(master: Master, duals: Duals, commodities: IntArray) -> ScanPlan:
    """
    Say what is scanned together.

    Commodities that are alike and have no prices of their own share a scan; a sink with prices of its own (those of
    a bid) is scanned alone.
    """
    p = master.problem
    first = np.searchsorted(p.sink_commodity, commodities, side="left")
    counts = np.searchsorted(p.sink_commodity, commodities, side="right") - first
    ends = np.cumsum(counts)
    sinks = np.repeat(first - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
    own = master.own.prices(duals.row)
    owner_ptr = np.searchsorted(own.owner, np.arange(master.num_owners + 1))
    by_class = _share_prices(master, duals)
    has_own = np.append(np.diff(owner_ptr) > 0, False)
    k, pair = p.sink_commodity[sinks], master.owner_of_sink[sinks]
    pair = np.where(has_own[pair], pair, -1)
    shared = ~has_own[p.commodity_supply[k]] & (pair < 0)
    shared &= ~np.isin(p.commodity_class[k], list(by_class))
    key = np.where(shared, -1 - master.scan_key[k], k)
    _, representative, group = np.unique(np.column_stack([key, pair]), axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    scans = k[representative]
    extras, once = _Lists(), _OnceLists()
    for c, q, alone in zip(
        scans.tolist(), pair[representative].tolist(), (~shared[representative]).tolist(), strict=True
    ):
        if alone:
            spans = [slice(owner_ptr[o], owner_ptr[o + 1]) for o in (int(p.commodity_supply[c]), q) if o >= 0]
            slot, price, row, is_once = (
                np.concatenate([part[span] for span in spans]) for part in (own.slot, own.price, own.row, own.once)
            )
            of_class = by_class.get(int(p.commodity_class[c]), ())
            extras.add(slot[~is_once], price[~is_once])
            extras.add(
                np.array([z for z, _, _ in of_class], dtype=np.int64),
                np.array([rate * float(p.commodity_load[c, d]) for _, d, rate in of_class]),
            )
            once.add(slot[is_once], price[is_once], row[is_once])
        extras.close()
        once.close()
    order = np.argsort(group, kind="stable")
    return ScanPlan(
        scans=scans,
        sinks=sinks[order],
        sink_ptr=np.concatenate([[0], np.cumsum(np.bincount(group, minlength=len(scans)))]).astype(np.int64),
        at=np.arange(len(sinks)),
        extra_ptr=np.array(extras.ptr, dtype=np.int64),
        extra_slot=np.concatenate([np.zeros(0, dtype=np.int64), *extras.index]),
        extra_price=np.concatenate([np.zeros(0), *extras.value]),
        once=once.arrays(),
    )


class _Lists:
    """Lists of (index, value), one after another."""

    def __init__(self) -> None:
        self.ptr: list[int] = [0]
        self.index: list[IntArray] = []
        self.value: list[FloatArray | IntArray] = []
        self._size = 0

    def add(self, index: IntArray, value: FloatArray | IntArray) -> None:
        """Append to the present list."""
        if len(index):
            self.index.append(index)
            self.value.append(value)
            self._size += len(index)

    def close(self) -> None:
        """End the present list."""
        self.ptr.append(self._size)


class _OnceLists:
    """Prices paid once, and the slots of each as bits; of more than there are bits for the dearest are kept."""

    def __init__(self) -> None:
        self.price, self.bits = _Lists(), _Lists()

    def add(self, slot: IntArray, price: FloatArray, row: IntArray) -> None:
        """Append the prices of a scan."""
        if not len(slot):
            return
        rows, first, place = np.unique(row, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(-price[first], kind="stable"), kind="stable")
        bit = rank[place.ravel()]
        kept = bit < MOST_BITS
        by_rank = np.empty(len(rows))
        by_rank[rank] = price[first]
        self.price.add(np.arange(len(rows))[:MOST_BITS], by_rank[:MOST_BITS])
        self.bits.add(slot[kept], np.left_shift(np.int64(1), bit[kept]))

    def close(self) -> None:
        """End the present scan."""
        self.price.close()
        self.bits.close()

    def arrays(self) -> tuple[IntArray, FloatArray, IntArray, IntArray, IntArray] | None:
        """Prices by scan, and slots with masks of them by scan."""
        if not self.price.value:
            return None
        return (
            np.array(self.price.ptr, dtype=np.int64),
            np.concatenate(self.price.value),
            np.array(self.bits.ptr, dtype=np.int64),
            np.concatenate(self.bits.index).astype(np.int64),
            np.concatenate(self.bits.value).astype(np.int64),
        )


def _share_prices(master: Master, duals: Duals) -> dict[int, list[tuple[int, int, float]]]:
    """Prices of shares by class: slot, dimension and price of a unit of load."""
    by_class: dict[int, list[tuple[int, int, float]]] = {}
    for (i, z, d), row in master.share_row.items():
        price = -min(duals.row[row], 0.0)
        if price > 0.0:
            for klass in master.share_classes[i]:
                by_class.setdefault(klass, []).append((z, d, price))
    return by_class
