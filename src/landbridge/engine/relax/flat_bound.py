"""A bound for many orders of long windows: the flat relaxation, its runs decided by inspection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.in_time_kernels import Shipments, TimeNetwork, ways_in_time
from landbridge.engine.relax.pricing import reaches_in_time
from landbridge.engine.relax.split import WORK_OF_ROUND, Blocks, SplitBound
from landbridge.engine.relax.split_kernels import Carriers, Demands, FlatGraph, cheapest_ways
from landbridge.engine.space.flat import FlatNetwork

CHUNK = 200
TIGHT_WINDOW = 0.5
"""Orders looked at at once for a path in time, and the part of their window from which on they are."""


class FlatBound(SplitBound):
    """
    The bound of a flat relaxation: the network without time, vehicles in place of runs.

    Freight goes over flat ways, and each vehicle runs a whole number of times a cycle. Limits of runs but the most of
    each are left out.
    """

    def __init__(self, master: Master, flat: FlatNetwork) -> None:
        p = master.problem
        self.flat = flat
        self.graph = FlatGraph(
            flat.num_nodes, flat.tail, flat.head, flat.leg, flat.in_ptr, flat.in_arc, flat.out_ptr, flat.out_arc
        )
        most = np.zeros(len(p.vehicle_service))
        np.add.at(most, master.net.run_vehicle, master.run_most)
        cost = p.vehicle_run_cost.astype(np.float64)
        ptr = np.searchsorted(p.leg_vehicle, np.arange(len(cost) + 1)).astype(np.int64)
        scale = cost[p.leg_vehicle] / np.diff(ptr)[p.leg_vehicle]
        nothing = np.zeros(0, dtype=np.int64)
        carriers = Carriers(
            p.leg_vehicle, ptr, scale, cost, np.zeros_like(cost), most, np.zeros(len(cost) + 1, dtype=np.int64),
            nothing, np.zeros(0), np.zeros(0),
        )  # fmt: skip
        binds = master.leg_binds & (p.vehicle_capacity[p.leg_vehicle] > 0)
        demands, blocks = self._merge(master)
        super().__init__(master, carriers, np.where(binds, p.vehicle_capacity[p.leg_vehicle], np.inf), demands, blocks)
        self.costly = cost[p.leg_vehicle] > 0
        self.flow_price = flat.flow_prices()

    def _merge(self, master: Master) -> tuple[Demands, Blocks]:
        """Merge what is alike in kind, origin and destination; its blocks, dearest first."""
        p, flat = master.problem, self.flat
        k = p.sink_commodity
        alike = np.column_stack([flat.kind_of_commodity[k], p.sink_node, p.commodity_origin[k]])
        found, which = np.unique(alike, axis=0, return_inverse=True)
        self.demand_of_terminal = np.zeros(len(p.terminal_single), dtype=np.int64)
        self.demand_of_terminal[p.sink_terminal] = which.ravel()
        demand = self.demand_of_terminal[p.block_terminal]
        worth = p.block_value + p.block_penalty
        order = np.lexsort((-worth, demand))
        quantity = np.bincount(demand, weights=p.block_qty, minlength=len(found))
        best = np.full(len(found), -np.inf)
        np.maximum.at(best, demand, worth)
        kind, target, origin = (found[:, i].copy() for i in range(3))
        scan = np.lexsort((target, kind)).astype(np.int64)
        return (
            Demands(scan, kind, origin, target, quantity, best),
            Blocks(demand=demand[order], terminal=p.block_terminal[order], worth=worth[order], qty=p.block_qty[order]),
        )

    @property
    def kind_load(self) -> FloatArray:
        """Load of a unit of each kind of freight, by dimension."""
        return self.flat.kind_load

    def find_ways(self, room: FloatArray, toll: FloatArray) -> bool:
        """Find the cheapest flat way of each demand."""
        price = self.flow_price + self.flat.leg_prices(room / self.capacity)
        cheapest_ways(
            self.graph, self.demands, self.ways, self.costly, self.flow_price, price, toll, self.part, self.cost
        )
        return True

    def leave_out_unreachable(self, done: Callable[[], bool]) -> None:
        """Count what no path brings in time as unserved; looks where the least minutes take much of the window."""
        p = self.master.problem
        minutes, row = self._least_minutes()
        window = p.sink_deadline_min - p.commodity_ready_min[p.sink_commodity]
        tight = np.where(minutes[row, p.commodity_origin[p.sink_commodity]] > TIGHT_WINDOW * window)[0]
        for first in range(0, len(tight), CHUNK):
            if done():
                return
            reached = reaches_in_time(self.master, p.sink_commodity[tight[first : first + CHUNK]])
            late = np.isin(self.blocks.terminal, p.sink_terminal[~reached])
            self.blocks = replace(self.blocks, qty=np.where(late, 0.0, self.blocks.qty))

    def count_time(self, done: Callable[[], bool]) -> None:
        """
        Raise the best bound by counting, at its prices, only ways that arrive in time.

        A plan's path rides departures that are there, in time: at the prices of their legs it costs no less
        than the cheapest such path. Orders that are not looked at before ``done`` keep their flat ways.
        """
        p, net, flat = self.master.problem, self.master.net, self.flat
        prices = self.best_prices
        self.bound(prices)
        price = self.flow_price + flat.leg_prices(prices.room / self.capacity)
        legs = len(p.leg_tail)
        arc_flat = np.where(net.arc_link >= 0, legs + net.arc_link, -1)
        arc_flat[net.arc_slot >= 0] = net.slot_leg[net.arc_slot[net.arc_slot >= 0]]
        network = TimeNetwork(
            net.num_nodes, net.num_cycles, net.horizon_min, net.node_min, flat.node_of_time, net.arc_ptr, net.arc_head,
            net.arc_wrap, arc_flat, net.arc_cost_per_t,
        )  # fmt: skip
        minutes, row = self._least_minutes()
        k = p.sink_commodity
        demand = self.demand_of_terminal[p.sink_terminal]
        worth = np.full(len(p.terminal_single), -np.inf)
        np.maximum.at(worth, self.blocks.terminal, self.blocks.worth)
        kind = flat.kind_of_commodity[k]
        shipments = Shipments(
            demand, kind, net.origin_node[k], p.sink_node, p.sink_deadline_min, p.commodity_weight_t[k],
            worth[p.sink_terminal], row,
        )  # fmt: skip
        cost = self.cost[demand]
        order = np.lexsort((p.sink_node, kind))
        for first in range(0, len(order), CHUNK):
            if done():
                break
            ways_in_time(
                network, shipments, order[first : first + CHUNK], flat.tail, flat.in_ptr, flat.in_arc, price, minutes,
                self.ways.num_entries, self.ways.leg, prices.toll, self.demands.quantity, cost,
            )  # fmt: skip
        of_terminal = np.empty(len(cost))
        of_terminal[p.sink_terminal] = cost
        gain = np.minimum(0.0, of_terminal[self.blocks.terminal] - self.blocks.worth)
        self.best = max(self.best, float((gain * self.blocks.qty).sum()) + self.rest(prices))
        self.master.work += WORK_OF_ROUND * len(cost) / 1000.0

    def _least_minutes(self) -> tuple[FloatArray, IntArray]:
        """Least minutes from each flat node to the destinations of a kind, and the row of these of each sink."""
        p, flat = self.master.problem, self.flat
        kind = flat.kind_of_commodity[p.sink_commodity]
        targets, row = np.unique(np.column_stack([kind, p.sink_node]), axis=0, return_inverse=True)
        minutes = np.empty((len(targets), flat.num_nodes))
        flat.costs_to(targets, np.where(flat.usable, flat.duration_min[None, :], np.inf), minutes)
        return minutes, row.ravel().astype(np.int64)

    def terminal_worth(self) -> FloatArray:
        """Worth of one more unit at each terminal at the present prices: what it costs to bring it, or not to."""
        cost = np.minimum(self.cost, self.demands.worth)
        worth: FloatArray = cost[self.demand_of_terminal]
        return worth
