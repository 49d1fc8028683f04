"""A bound for many orders of short windows: the strong relaxation over departures, its runs decided by inspection."""

from __future__ import annotations

from typing import Self

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.relax.hints import PathBatch, Prices
from landbridge.engine.relax.split import MOST_WAYS, Blocks, SplitBound
from landbridge.engine.relax.split_kernels import Carriers, Demands
from landbridge.engine.relax.timed_kernels import TimedNetwork, Trips, cheapest_in_time
from landbridge.engine.space.flat import FlatNetwork

CHUNK = 4000
"""Demands whose ways are sought between two looks at whether to stop."""

BATCH = 32
"""Bits of the number of a path that say which it is in its batch; those above them say which batch."""

LEAST_SCALE = 0.1
"""Prices of slots of runs that cost next to nothing are of the size of this part of what others cost."""


class TimedBound(SplitBound):
    """
    The bound of the strong relaxation in time: legs are slots, and carriers are runs.

    Each terminal is a demand of its own, with its minutes. Rows on tonnes and fleets are left out; limits
    of runs have prices. A unit rides a slot once: where the network repeats, what lies between two rides of the same
    slot can be left out and the rest begun whole cycles earlier.
    """

    def __init__(self, master: Master, flat: FlatNetwork) -> None:
        p, net, rows = master.problem, master.net, master.run_rows
        self.flat = flat
        cost = p.vehicle_run_cost[net.run_vehicle].astype(np.float64)
        of_slot = (cost / np.maximum(np.diff(net.run_slot_ptr), 1))[net.slot_run]
        usual = float(np.median(of_slot[of_slot > 0])) if (of_slot > 0).any() else 1.0
        carriers = Carriers(
            net.slot_run.astype(np.int64), net.run_slot_ptr.astype(np.int64), np.maximum(of_slot, LEAST_SCALE * usual),
            cost, np.zeros_like(cost), master.run_most.astype(np.float64), rows.ptr, rows.row, rows.count, rows.cap,
        )  # fmt: skip
        binds = master.leg_binds[net.slot_leg] & (master.slot_cap > 0)
        demands, blocks = self._read_demands(master)
        super().__init__(master, carriers, np.where(binds, master.slot_cap, np.inf), demands, blocks)
        self.priced = ~master.run_is_free[net.slot_run]
        kinds_of_targets = np.column_stack([demands.kind, p.sink_node])
        self.targets, row = np.unique(kinds_of_targets, axis=0, return_inverse=True)
        self.minutes = flat.least_costs(self.targets, np.where(flat.usable, flat.duration_min[None, :], np.inf))
        self.target_of = row.ravel().astype(np.int64)
        self.flow_price = flat.flow_prices()
        by_leg = np.argsort(net.slot_leg, kind="stable")
        self._slots_by_leg, self._ridden = by_leg, np.unique(net.slot_leg)
        self._first_of_leg = np.searchsorted(net.slot_leg[by_leg], self._ridden)
        self._path = np.full((len(demands.kind), MOST_WAYS), -1, dtype=np.int64)
        self._paths: list[PathBatch] = []
        self._read_network()

    def _read_network(self) -> None:
        """Lay the network out as the search for ways sees it."""
        p, net, k = self.master.problem, self.master.net, self.master.problem.sink_commodity
        self.network = TimedNetwork(
            net.num_nodes, net.num_cycles, net.horizon_min, net.node_min, self.flat.node_of_time, net.arc_ptr,
            net.arc_tail, net.arc_head, net.arc_wrap, net.arc_slot, net.arc_access, net.arc_cost_per_t, net.access,
        )  # fmt: skip
        self.trips = Trips(
            p.commodity_class[k], p.commodity_weight_t[k], net.origin_node[k], p.sink_node, p.sink_due_min,
            p.sink_deadline_min, p.sink_late_cost.astype(np.float64), self.target_of,
        )  # fmt: skip

    def _read_demands(self, master: Master) -> tuple[Demands, Blocks]:
        p, kind = master.problem, self.flat.kind_of_commodity[master.problem.sink_commodity]
        sink_of = np.zeros(len(p.terminal_single), dtype=np.int64)
        sink_of[p.sink_terminal] = np.arange(len(p.sink_terminal))
        demand, worth = sink_of[p.block_terminal], p.block_value + p.block_penalty
        quantity = np.bincount(demand, weights=p.block_qty, minlength=len(kind))
        best = np.full(len(kind), -np.inf)
        np.maximum.at(best, demand, worth)
        order = np.lexsort((p.sink_node, kind)).astype(np.int64)
        return (
            Demands(order, kind, p.commodity_origin[p.sink_commodity], p.sink_node, quantity, best),
            Blocks(demand=demand, terminal=p.block_terminal, worth=worth, qty=p.block_qty),
        )

    def fork(self) -> Self:
        """Make a bound that goes on from here by itself."""
        twin = super().fork()
        twin._path, twin._paths = self._path.copy(), list(self._paths)
        return twin

    @property
    def kind_load(self) -> FloatArray:
        """Load of a unit of each kind of freight, by dimension."""
        return self.flat.kind_load

    def find_ways(self, room: FloatArray, toll: FloatArray) -> bool:
        """Find the cheapest way of each demand that arrives in time."""
        flat = self.flat
        unit = flat.kind_load @ (room / self.capacity).T
        flat_price = self.flat_price(unit)
        order = self.demands.order
        for first in range(0, len(order), CHUNK):
            if self.done():
                return False
            part = self.demands._replace(order=order[first : first + CHUNK])
            found, ptr, arcs, cycles = cheapest_in_time(
                self.network, self.trips, part, self.ways, self.priced, unit, flat_price, flat.tail, flat.in_ptr,
                flat.in_arc, self.minutes, toll, self.part, self.cost, self._path, len(self._paths) << BATCH,
            )  # fmt: skip
            self._paths.append(PathBatch(sinks=found, ptr=ptr, arcs=arcs, cycles=cycles))
        return True

    def flat_price(self, unit: FloatArray) -> FloatArray:
        """Price of a unit of each kind on each flat arc, at the cheapest of its slots; ``unit``: by kind and slot."""
        least = np.full((len(unit), len(self.master.problem.leg_tail)), np.inf)
        if len(self._ridden):
            least[:, self._ridden] = np.minimum.reduceat(unit[:, self._slots_by_leg], self._first_of_leg, axis=1)
        price = self.flow_price.copy()
        price[:, : least.shape[1]] += least
        return price

    def paths(self, least_part: float) -> PathBatch:
        """The paths of ways on which at least such a part of their demand rides at the present point."""
        width = self.ways.length.shape[1]
        rides = (np.arange(width)[None, :] < self.ways.num_ways[:, None]) & (self.part[:, 1:] >= least_part)
        wanted = np.sort(self._path[:, :width][rides])
        ends = np.searchsorted(wanted, np.arange(len(self._paths) + 1) << BATCH)
        none = np.zeros(0, dtype=np.int64)
        sinks, arcs, cycles, length = [none], [none], [none], [np.zeros(1, dtype=np.int64)]
        for i, batch in enumerate(self._paths):
            chosen = wanted[ends[i] : ends[i + 1]] - (i << BATCH)
            size = batch.ptr[chosen + 1] - batch.ptr[chosen]
            start = np.cumsum(np.append(0, size))
            at = np.repeat(batch.ptr[chosen] - start[:-1], size) + np.arange(start[-1])
            sinks.append(batch.sinks[chosen])
            length.append(size)
            arcs.append(batch.arcs[at])
            cycles.append(batch.cycles[at])
        return PathBatch(
            sinks=np.concatenate(sinks),
            ptr=np.cumsum(np.concatenate(length)),
            arcs=np.concatenate(arcs).astype(np.int64),
            cycles=np.concatenate(cycles).astype(np.int64),
        )

    def prices(self) -> Prices:
        """Prices of the best bound: of the rows every master has from the start, and of slots by dimension."""
        first = np.zeros(self.master.num_first_rows)
        first[self.master.terminal_row : self.master.terminal_row + len(self.master.supply)] = self.terminal_worth()
        rows = self.master.cap_rows + np.arange(len(self.best_prices.limit))
        first[rows] = -self.best_prices.limit
        return Prices(first=first, slot=self.best_prices.room / self.capacity)

    def terminal_worth(self) -> FloatArray:
        """Worth of one more unit at each terminal at the present prices: what it costs to bring it, or not to."""
        worth = np.zeros(len(self.master.supply))
        worth[self.master.problem.sink_terminal] = np.minimum(self.cost, self.demands.worth)
        return worth

    def priced_rides(self, least: float) -> tuple[IntArray, IntArray, FloatArray]:
        """Demands and slots whose tolls are more than a part of what the run costs, and the tolls of a unit."""
        toll = self.best_prices.toll
        known = np.arange(toll.shape[1])[None, :] < self.ways.num_entries[:, None]
        told: BoolArray = known & (toll > least * self.leg_cost[self.ways.leg]) & (toll > 0)
        payer = np.nonzero(told)[0]
        return payer, self.ways.leg[told], toll[told] / self.demands.quantity[payer]
