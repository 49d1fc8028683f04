"""A bound for many orders: the flat relaxation by first-order steps, its runs decided by inspection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.in_time_kernels import Shipments, TimeNetwork, ways_in_time
from landbridge.engine.relax.pricing import reaches_in_time
from landbridge.engine.relax.split_kernels import (
    Demands,
    FlatGraph,
    Point,
    Ways,
    cheapest_ways,
    fill_shares,
    inspect_runs,
    leg_loads,
    primal_dual_steps,
)
from landbridge.engine.space.flat import FlatNetwork

MOST_ENTRIES = 192
MOST_WAYS = 40
MOST_LEGS = 48
"""Legs a demand may know, ways it may know, and legs on one way; what does not fit is priced but not written down."""

STEPS = 100
"""Steps between two looks for new ways, each of which also gives a bound."""

WEIGHT_FIRST, WEIGHT_LAST, WEIGHT_FALLS = 0.5, 0.1, 0.93
"""How long the steps of prices are beside those of parts and runs, at first and later, and how it falls each round."""

SETTLED_ROUNDS, SETTLED = 8, 4e-4
"""Rounds after which the bound has settled if they improved it by no more than this part."""

CHUNK = 200
TIGHT_WINDOW = 0.5
"""Orders looked at at once for a path in time, and the part of their window from which on they are."""

LEAST_LOAD = 0.02
"""Part of a run below which the load of a leg says nothing."""

WORK_OF_ROUND = 2.0
"""Counted work of a round on a thousand demands."""


class FlatBound:
    """
    The bound of a flat relaxation: the network without time, vehicles in place of runs.

    Freight goes over flat ways, and each vehicle runs a whole number of times a cycle. Room on legs is priced, and
    what a demand has on a leg pays a toll besides. At any such prices a bound is proved by the
    cheapest ways of all demands and, vehicle by vehicle, by the whole number of runs that earns most: a
    knapsack by inspection, in which no demand fills more than it has [1]_. So the bound counts the strong and
    the residual capacity inequalities, and none is written down. Prices come from
    primal-dual hybrid gradient steps [2]_ on the relaxation over the ways known, restarted from averages [3]_.

    References
    ----------
    .. [1] Crainic, T. G., A. Frangioni, and B. Gendron (2001). Bundle-based relaxation methods for multicommodity
           capacitated fixed charge network design. *Discrete Applied Mathematics* 112: 73-99.
           https://doi.org/10.1016/S0166-218X(00)00310-3.
    .. [2] Pock, T., and A. Chambolle (2011). Diagonal preconditioning for first order primal-dual algorithms in
           convex optimization. *ICCV 2011*: 1762-1769. https://doi.org/10.1109/ICCV.2011.6126441.
    .. [3] Applegate, D., M. Diaz, O. Hinder, H. Lu, M. Lubin, B. O'Donoghue, and W. Schudy (2021). Practical
           large-scale linear programming using primal-dual hybrid gradient. *NeurIPS 2021*.
           https://doi.org/10.48550/arXiv.2106.04756.
    """

    def __init__(self, master: Master, flat: FlatNetwork) -> None:
        p = master.problem
        self.master, self.flat = master, flat
        self.graph = FlatGraph(
            flat.num_nodes, flat.tail, flat.head, flat.leg, flat.in_ptr, flat.in_arc, flat.out_ptr, flat.out_arc
        )
        self._merge()
        self.most = np.zeros(len(p.vehicle_service))
        np.add.at(self.most, master.net.run_vehicle, master.run_most)
        self.run_cost = p.vehicle_run_cost.astype(np.float64)
        self.leg_ptr = np.searchsorted(p.leg_vehicle, np.arange(len(self.run_cost) + 1)).astype(np.int64)
        self.binds = master.leg_binds & (p.vehicle_capacity[p.leg_vehicle] > 0)
        self.capacity = np.where(self.binds, p.vehicle_capacity[p.leg_vehicle], np.inf)
        legs = np.diff(self.leg_ptr)[p.leg_vehicle]
        self.leg_cost = self.run_cost[p.leg_vehicle] / legs
        self.costly = self.run_cost[p.leg_vehicle] > 0
        self.flow_price = flat.flow_prices()
        count = len(self.demands.kind)
        dims = self.binds.shape[1]
        self.ways = Ways(
            np.zeros(count, dtype=np.int64),
            np.zeros((count, MOST_ENTRIES), dtype=np.int64),
            np.zeros((count, MOST_ENTRIES, dims)),
            np.zeros(count, dtype=np.int64),
            np.zeros((count, MOST_WAYS), dtype=np.int64),
            np.zeros((count, MOST_WAYS, MOST_LEGS), dtype=np.int16),
            np.zeros((count, MOST_WAYS)),
        )
        part = np.zeros((count, MOST_WAYS + 1))
        part[:, 0] = 1.0
        spread = np.maximum(self.binds.sum(axis=1), 1)
        room = np.where(self.binds, (self.leg_cost / spread)[:, None], 0.0)
        self.part, self.runs, self.room = part, np.zeros(len(self.run_cost)), room
        self.toll = np.zeros((count, MOST_ENTRIES))
        self.best, self.best_prices = -np.inf, (self.room, self.toll)
        self.weight = WEIGHT_FIRST
        self._course: list[float] = []
        self.cost = np.full(count, np.inf)

    def _merge(self) -> None:
        """Merge what is alike in kind, origin and destination; its blocks, dearest first."""
        p, flat = self.master.problem, self.flat
        k = p.sink_commodity
        alike = np.column_stack([flat.kind_of_commodity[k], p.sink_node, p.commodity_origin[k]])
        found, which = np.unique(alike, axis=0, return_inverse=True)
        self.demand_of_terminal = np.zeros(len(p.terminal_single), dtype=np.int64)
        self.demand_of_terminal[p.sink_terminal] = which.ravel()
        demand = self.demand_of_terminal[p.block_terminal]
        worth = p.block_value + p.block_penalty
        order = np.lexsort((-worth, demand))
        self.block_order = order
        self.block_demand, self.block_terminal = demand[order], p.block_terminal[order]
        self.block_worth, self.block_qty = worth[order], p.block_qty[order]
        quantity = np.bincount(demand, weights=p.block_qty, minlength=len(found))
        best = np.full(len(found), -np.inf)
        np.maximum.at(best, demand, worth)
        self.worth_of_all = np.bincount(demand, weights=p.block_qty * worth, minlength=len(found))
        kind, target, origin = (found[:, i].copy() for i in range(3))
        scan = np.lexsort((target, kind)).astype(np.int64)
        self.demands = Demands(scan, kind, origin, target, quantity, best)

    def bound(self, room: FloatArray, toll: FloatArray) -> float:
        """Proved bound at any prices of room (of a run, by leg and dimension) and tolls, none negative."""
        price = self.flow_price + self.flat.leg_prices(room / self.capacity)
        cheapest_ways(
            self.graph, self.demands, self.ways, self.costly, self.flow_price, price, toll, self.part, self.cost
        )
        gain = np.minimum(0.0, self.cost[self.block_demand] - self.block_worth)
        fill_shares(self.demands, self.ways, self.flat.kind_load, self.capacity)
        return float((gain * self.block_qty).sum()) + self._rest(room, toll)

    def _rest(self, room: FloatArray, toll: FloatArray) -> float:
        """What the bound at some prices has besides the gain of demands: runs less what their room earns."""
        heaviest = self.binds.argmax(axis=1)
        earned = inspect_runs(self.ways, self.leg_ptr, self.run_cost, self.most, heaviest, room.sum(axis=1), toll)
        return float(self.master.penalty_constant + earned)

    def round(self, steps: int = STEPS, weight: float | None = None) -> float:
        """
        Take some steps; returns the bound at the average of their points, from which the next steps start.

        Parameters
        ----------
        steps
            Number of steps.
        weight
            How long the steps of prices are beside those of parts and runs; default: a little shorter each round.
        """
        p = self.master.problem
        if not np.isfinite(self.best):
            self.best = self.bound(self.room, self.toll)
        point = Point(
            self.part,
            self.runs,
            self.room,
            self.toll,
            *(np.zeros_like(x) for x in (self.part, self.runs, self.room, self.toll)),
        )
        primal_dual_steps(
            steps,
            self.ways,
            point,
            p.leg_vehicle,
            self.run_cost,
            self.leg_cost,
            self.most,
            self.worth_of_all,
            self.weight if weight is None else weight,
        )
        known = self.ways.num_ways > 0
        self.part[known] = point.part_sum[known] / steps
        self.runs, self.room, self.toll = point.runs_sum / steps, point.room_sum / steps, point.toll_sum / steps
        room = self.room_within_cost()
        bound = self.bound(room, self.toll)
        if bound > self.best:
            self.best, self.best_prices = bound, (room, self.toll.copy())
        if weight is None:
            self.weight = max(self.weight * WEIGHT_FALLS, WEIGHT_LAST)
            self._course.append(self.best)
        self.master.work += 1e-2 + WORK_OF_ROUND * len(self.cost) / 1000.0
        return bound

    def has_settled(self) -> bool:
        """Whether the last rounds hardly improved the bound."""
        if len(self._course) <= SETTLED_ROUNDS:
            return False
        return self.best - self._course[-1 - SETTLED_ROUNDS] <= SETTLED * abs(self.best)

    def room_within_cost(self) -> FloatArray:
        """Room at no more than runs cost, except of vehicles that all run: else each of their runs would pay."""
        p = self.master.problem
        paid = np.bincount(p.leg_vehicle, weights=self.room.sum(axis=1), minlength=len(self.run_cost))
        scarce = self.runs >= 0.98 * self.most
        factor = np.where((paid > self.run_cost) & ~scarce, self.run_cost / np.maximum(paid, 1e-9), 1.0)
        room: FloatArray = self.room * factor[p.leg_vehicle][:, None]
        return room

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
            late = np.isin(self.block_terminal, p.sink_terminal[~reached])
            self.block_qty = np.where(late, 0.0, self.block_qty)

    def count_time(self, done: Callable[[], bool]) -> None:
        """
        Raise the best bound by counting, at its prices, only ways that arrive in time.

        A plan's path rides departures that are there, in time: at the prices of their legs it costs no less
        than the cheapest such path. Orders that are not looked at before ``done`` keep their flat ways.
        """
        p, net, flat = self.master.problem, self.master.net, self.flat
        room, toll = self.best_prices
        self.bound(room, toll)
        price = self.flow_price + flat.leg_prices(room / self.capacity)
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
        np.maximum.at(worth, self.block_terminal, self.block_worth)
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
                self.ways.num_entries, self.ways.leg, toll, self.demands.quantity, cost,
            )  # fmt: skip
        of_terminal = np.empty(len(cost))
        of_terminal[p.sink_terminal] = cost
        gain = np.minimum(0.0, of_terminal[self.block_terminal] - self.block_worth)
        self.best = max(self.best, float((gain * self.block_qty).sum()) + self._rest(room, toll))
        self.master.work += WORK_OF_ROUND * len(cost) / 1000.0

    def _least_minutes(self) -> tuple[FloatArray, IntArray]:
        """Least minutes from each flat node to the destinations of a kind, and the row of these of each sink."""
        p, flat = self.master.problem, self.flat
        kind = flat.kind_of_commodity[p.sink_commodity]
        targets, row = np.unique(np.column_stack([kind, p.sink_node]), axis=0, return_inverse=True)
        minutes = np.empty((len(targets), flat.num_nodes))
        flat.costs_to(targets, np.where(flat.usable, flat.duration_min[None, :], np.inf), minutes)
        return minutes, row.ravel().astype(np.int64)

    def leg_fills(self) -> FloatArray:
        """How full the runs of each leg are at the present point; 0 where next to nothing rides."""
        load = np.zeros(len(self.leg_cost))
        leg_loads(self.ways, self.part, self.binds.argmax(axis=1), load)
        runs = self.runs[self.master.problem.leg_vehicle]
        fill: FloatArray = np.where(load > LEAST_LOAD, load / np.maximum(runs, 1e-9), 0.0)
        return fill

    def terminal_worth(self) -> FloatArray:
        """Worth of one more unit at each terminal at the present prices: what it costs to bring it, or not to."""
        cost = np.minimum(self.cost, self.demands.worth)
        worth: FloatArray = cost[self.demand_of_terminal]
        return worth


def suits_flat_bound(master: Master) -> bool:
    """
    Whether the flat bound holds and says something.

    Each terminal is one commodity to one sink, nothing is switched, and no cost is negative: then a plan is a
    point of the flat relaxation that costs no more. What else is limited is left out there.
    """
    p = master.problem
    count = len(p.commodity_origin)
    one_way = np.array_equal(p.sink_commodity, np.arange(count)) and len(p.terminal_single) == count
    one_way = one_way and np.array_equal(p.sink_terminal, p.commodity_supply)
    one_way = one_way and len(np.unique(p.commodity_supply)) == count
    plain = not len(p.leg_room) and not len(p.vehicle_load_cost) and not len(p.switch_cost)
    flow = np.concatenate([p.node_hold_cost, p.leg_cost_per_t, p.link_cost_per_t, p.sink_late_cost])
    runs = np.concatenate([p.vehicle_run_cost, p.fleet_fixed_cost, np.nan_to_num(p.vehicle_empty_cost)])
    return one_way and plain and bool((flow >= 0).all() and (runs >= 0).all())
