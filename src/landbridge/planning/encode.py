"""From the tables of a plan back to the arrays of a solution: the inverse of ``decode``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landbridge.engine import DesignSolution, SolveStatus
from landbridge.errors import Finding, InvalidRun
from landbridge.model.plan import Flow, Plan
from landbridge.network import Network
from landbridge.planning.departures import leg_offsets

Step = tuple[bool, int, int, int]
"""Whether it is a link, index, first and last minute."""


@dataclass(slots=True)
class _Paths:
    """Paths being written."""

    commodity: list[int]
    sink: list[int]
    qty: list[float]
    steps: list[list[Step]]


def encode(network: Network, plan: Plan) -> DesignSolution:
    """
    Read the tables of a plan as a solution of its network.

    The network must keep orders apart (``build_network(..., is_merged=False)``), so that each order has its own flow.

    Raises
    ------
    InvalidRun
        When a row names what the network does not have; ``verify`` refuses such a run too.
    """
    return _Encoder(network).encode(plan)


class _Encoder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.problem = network.problem
        self.offsets = leg_offsets(network)
        self.first_leg: dict[int, int] = {}
        for leg, vehicle in enumerate(network.problem.leg_vehicle.tolist()):
            self.first_leg.setdefault(vehicle, leg)
        self.vehicles: dict[str, list[int]] = defaultdict(list)
        for vehicle, plan in enumerate(network.vehicles.plan_by_vehicle):
            self.vehicles[network.vehicles.plans[plan].service.service].append(vehicle)
        ids = [order.order for order in network.case.orders]
        self.instance_at = {(ids[item.order], item.repeat): i for i, item in enumerate(network.instances)}
        self.terminal_of = dict(
            zip(network.block_instance.tolist(), network.problem.block_terminal.tolist(), strict=True)
        )
        p = self.problem
        supply = p.commodity_supply[p.sink_commodity].tolist()
        self.sink_of = {pair: s for s, pair in enumerate(zip(supply, p.sink_terminal.tolist(), strict=True))}
        self.links: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, link in enumerate(network.nodes.links):
            self.links[link.row.handling if link.row is not None else "", link.tail].append(index)

    def encode(self, plan: Plan) -> DesignSolution:
        p = self.problem
        runs = self._runs(plan)
        paths = self._paths(plan)
        served = np.zeros(len(p.block_qty))
        filled = {(row.order, row.repeat): row.filled for row in plan.orders}
        for key, instance in self.instance_at.items():
            blocks = np.where(self.network.block_instance == instance)[0]
            served[blocks] = filled.get(key, 0.0)
        flat = [step for steps in paths.steps for step in steps]
        table = np.array(flat, dtype=np.int64).reshape(-1, 4)
        fleet = {row.fleet: row.used for row in plan.fleets}
        nothing = np.zeros((0, 3))
        return DesignSolution(
            status=SolveStatus.FEASIBLE,
            upper=0.0,
            lower=-math.inf,
            seconds=0.0,
            work=0.0,
            trace=(),
            run_vehicle=runs[:, 0],
            run_min=runs[:, 1],
            run_count=runs[:, 2],
            run_empty=runs[:, 3],
            path_commodity=np.array(paths.commodity, dtype=np.int64),
            path_sink=np.array(paths.sink, dtype=np.int64),
            path_qty=np.array(paths.qty),
            path_ptr=np.cumsum([0, *(len(steps) for steps in paths.steps)], dtype=np.int64),
            step_is_link=table[:, 0].astype(np.bool_),
            step_index=table[:, 1],
            step_start_min=table[:, 2],
            step_end_min=table[:, 3],
            block_served=served,
            fleet_used=np.array([fleet.get(row.fleet, 0) for row in self.network.case.fleets], dtype=np.int64),
            switch_on=np.zeros(0, dtype=np.int64),
            terminal_dual=self._duals(plan),
            limit_dual=nothing,
            flow_limit_dual=nothing,
        )

    def _duals(self, plan: Plan) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Prices of trades, so that they stay what they are."""
        dual = np.zeros(len(self.problem.terminal_single))
        for trade in plan.trades:
            instance = self.instance_at.get((trade.bid, trade.bid_repeat))
            if instance is not None:
                dual[self.terminal_of[instance]] = trade.price_per_unit
        return dual

    def _minute(self, text: str) -> int:
        return self.network.places.clock.minute(text)

    def vehicle_of(self, service: str, owner: str) -> int:
        """Vehicle of a service that a charterer runs."""
        found = self.vehicles.get(service, [])
        charters = self.network.vehicles.charter_by_vehicle
        for vehicle in found:
            if charters[vehicle].name == owner:
                return vehicle
        for vehicle in found:
            if owner in charters[vehicle].alternatives:
                return vehicle
        raise _wrong("departures", f"service {service!r} chartered by {owner!r} is not in the case")

    def _runs(self, plan: Plan) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        found: dict[tuple[int, int], list[int]] = {}
        self.run_of: dict[str, int] = {}
        for row in plan.departures:
            vehicle = self.vehicle_of(row.service, row.owner)
            self.run_of[row.departure] = vehicle
            counts = found.setdefault((vehicle, self._minute(row.leaves)), [0, 0])
            counts[0] += row.runs
            counts[1] += row.empty_runs
        return np.array([[*key, *counts] for key, counts in found.items()], dtype=np.int64).reshape(-1, 4)

    def _paths(self, plan: Plan) -> _Paths:
        trades = {trade.trade: trade for trade in plan.trades}
        grouped: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
        for row in plan.flows:
            grouped[row.order, row.repeat, row.path].append(row)
        paths = _Paths([], [], [], [])
        for (order, repeat, _), rows in grouped.items():
            rows.sort(key=lambda row: row.seq)
            first = self._instance(order, repeat)
            last = first
            if rows[0].trade:
                trade = trades[rows[0].trade]
                last = self._instance(trade.bid, trade.bid_repeat)
            self._add(paths, first, last, rows[0].qty, rows)
        self._add_in_place(paths, plan)
        return paths

    def _add_in_place(self, paths: _Paths, plan: Plan) -> None:
        """Trades at one hub take no step: what of them no row of flows carries."""
        carried: dict[str, float] = defaultdict(float)
        for row in plan.flows:
            if row.trade and row.seq == 1:
                carried[row.trade] += row.qty
        for trade in plan.trades:
            left = trade.qty - carried[trade.trade]
            if left > 1e-9 * max(1.0, trade.qty):
                first = self._instance(trade.offer, trade.offer_repeat)
                self._add(paths, first, self._instance(trade.bid, trade.bid_repeat), left, [])

    def _instance(self, order: str, repeat: int) -> int:
        try:
            return self.instance_at[order, repeat]
        except KeyError:
            raise _wrong("flows", f"order {order!r} (repeat {repeat}) is not in the case") from None

    def _add(self, paths: _Paths, first: int, last: int, qty: float, rows: Sequence[Flow]) -> None:
        sink = self.sink_of.get((self.terminal_of[first], self.terminal_of[last]))
        if sink is None:
            names = [self.network.case.orders[self.network.instances[i].order].order for i in (first, last)]
            raise _wrong("flows", f"order {names[0]!r} cannot go to {names[1]!r}")
        commodity = int(self.problem.sink_commodity[sink])
        paths.commodity.append(commodity)
        paths.sink.append(sink)
        paths.qty.append(qty)
        paths.steps.append(self._steps(commodity, sink, rows))

    def _steps(self, commodity: int, sink: int, rows: Sequence[Flow]) -> list[Step]:
        p = self.problem
        node, now = int(p.commodity_origin[commodity]), int(p.commodity_ready_min[commodity])
        end = int(p.sink_node[sink])
        aboard: tuple[str, int] | None = None
        found: list[Step] = []
        tails = [self._tail(row) for row in rows]
        for at, row in enumerate(rows):
            start, arrives = self._minute(row.leaves), self._minute(row.arrives)
            if row.kind == "handling":
                to = tails[at + 1] if at + 1 < len(rows) else end
                link = self._link(row.handling, node, to, row)
                found.append((True, link, start, arrives))
                node, aboard = to, None
            else:
                leg = self._leg(row)
                stays = aboard == (row.departure, row.leg - 1) and start == now
                if not stays and node != tails[at]:
                    link = self._link("", node, tails[at], row)
                    found.append((True, link, now, now))
                found.append((False, leg, start, arrives))
                node, aboard = int(p.leg_head[leg]), (row.departure, row.leg)
            now = arrives
        if node != end:
            found.append((True, self._link("", node, end, rows[-1] if rows else None), now, now))
        return found

    def _leg(self, row: Flow) -> int:
        return self.first_leg[self.run_of[row.departure]] + row.leg - 1

    def _tail(self, row: Flow) -> int:
        return int(self.problem.leg_tail[self._leg(row)]) if row.kind == "leg" else -1

    def _link(self, handling: str, tail: int, head: int, row: Flow | None) -> int:
        for index in self.links.get((handling, tail), ()):
            if self.network.nodes.links[index].head == head:
                return index
        where = "" if row is None else f" of order {row.order!r}, path {row.path}, step {row.seq}"
        raise _wrong("flows", f"the change{where} has no handling {handling!r} in the case")


def _wrong(table: str, message: str) -> InvalidRun:
    where = f"{table}.csv"
    return InvalidRun([Finding(where=where, message=f"{message}; verify the run first", code="run-does-not-fit")])
