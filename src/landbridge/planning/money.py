"""The terms of a plan's value, and how much of it rests on observed, derived and assumed inputs (semantics §6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.model.plan import Money
from landbridge.network import Network
from landbridge.planning.costs import PathCosts, must_run_cost
from landbridge.planning.flows import FlowTable
from landbridge.planning.pieces import Piece

ORIGINS = ("observed", "derived", "assumed")


@dataclass(slots=True)
class Ledger:
    """Sums of money by term, and absolute sums by the origin of the column that prices them."""

    terms: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    by_origin: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ORIGINS, 0.0))

    def book(self, term: str, amount: float, origin: str, column: str) -> None:
        """Add an amount to a term; ``origin`` is the row's cell, ``column`` what prices it."""
        if amount:
            self.terms[term] += amount
            self.by_origin[origin_of(origin, column)] += abs(amount)

    @property
    def origins(self) -> Mapping[str, float]:
        """Share of each origin in the absolute terms; empty when no money moves."""
        total = sum(self.by_origin.values())
        return {origin: amount / total for origin, amount in self.by_origin.items()} if total else {}


@lru_cache(maxsize=4096)
def origin_of(cell: str, column: str) -> str:
    """Origin of a column's number: its own ``column:word``, else the row's word, else assumed."""
    found = "assumed"
    for word in cell.replace(",", " ").split():
        name, colon, origin = word.rpartition(":")
        if not colon and origin in ORIGINS:
            found = origin
        elif name == column and origin in ORIGINS:
            return origin
    return found


def sum_money(
    network: Network, solution: DesignSolution, pieces: tuple[Piece, ...], costs: PathCosts, table: FlowTable
) -> tuple[Money, Mapping[str, float]]:
    """Add up the terms of the value (§6.1) and the share of each origin in them."""
    ledger = Ledger()
    _book_orders(network, table, ledger)
    _book_runs(network, solution, ledger)
    _book_legs(network, solution, costs, ledger)
    _book_hubs(network, solution, costs, ledger)
    _book_lateness(network, solution, pieces, costs, ledger)
    return Money(**ledger.terms), ledger.origins


def _book_orders(network: Network, table: FlowTable, ledger: Ledger) -> None:
    for index, instance in enumerate(network.instances):
        order = network.case.orders[instance.order]
        filled = table.received[index].filled if index in table.received else 0.0
        price = order.price_per_unit if order.to_hub else -order.price_per_unit
        ledger.book("orders_value", price * filled, order.origin, "price_per_unit")
        unserved = order.unserved_cost_per_unit * max(0.0, order.qty - filled)
        ledger.book("unserved_cost", unserved, order.origin, "unserved_cost_per_unit")


def _book_runs(network: Network, solution: DesignSolution, ledger: Ledger) -> None:
    runs = zip(solution.run_vehicle.tolist(), solution.run_count.tolist(), solution.run_empty.tolist(), strict=True)
    for vehicle, loaded, empty in runs:
        service = network.vehicles.plans[network.vehicles.plan_by_vehicle[vehicle]].service
        ledger.book("run_cost", service.run_cost * loaded, service.origin, "run_cost")
        ledger.book("empty_cost", (service.empty_cost or 0.0) * empty, service.origin, "empty_cost")
    for fleet, used in zip(network.case.fleets, solution.fleet_used.tolist(), strict=True):
        ledger.book("fleet_cost", fleet.fixed_cost * used, fleet.origin, "fixed_cost")


def _book_legs(network: Network, solution: DesignSolution, costs: PathCosts, ledger: Ledger) -> None:
    problem = network.problem
    is_leg = ~solution.step_is_link
    leg = solution.step_index[is_leg]
    money = np.bincount(leg, costs.steps.leg[is_leg], len(problem.leg_vehicle))
    tonnes_by_path = problem.commodity_weight_t[solution.path_commodity] * solution.path_qty
    tonnes = np.bincount(leg, tonnes_by_path[costs.steps.path][is_leg], len(problem.leg_vehicle))
    for index in np.flatnonzero(tonnes).tolist():
        plan = network.vehicles.plans[network.vehicles.plan_by_vehicle[problem.leg_vehicle[index]]]
        service, stop = plan.service, int(network.vehicles.leg_stop[index])
        kg = service.kgco2e_per_t[stop if len(service.kgco2e_per_t) > 1 else 0] if service.kgco2e_per_t else 0.0
        co2_cost = network.case.settings.co2_cost_per_t * kg / 1000 * float(tonnes[index])
        ledger.book("flow_cost", float(money[index]) - co2_cost, service.origin, "cost_per_t")
        ledger.book("flow_cost", co2_cost, service.origin, "kgco2e_per_t")


def _book_hubs(network: Network, solution: DesignSolution, costs: PathCosts, ledger: Ledger) -> None:
    is_link = solution.step_is_link
    steps = costs.steps
    handling = np.bincount(solution.step_index[is_link], steps.handling[is_link], len(network.nodes.links))
    for index in np.flatnonzero(handling).tolist():
        row = network.nodes.links[index].row
        ledger.book("handling_cost", float(handling[index]), row.origin if row else "", "cost_per_t")
    storage = np.bincount(steps.tail, steps.storage, len(network.problem.node_rank))
    for index in np.flatnonzero(storage).tolist():
        hub = network.case.hubs[network.nodes.node_hub[index]]
        ledger.book("storage_cost", float(storage[index]), hub.origin, "store_cost_per_t_h")


def _book_lateness(
    network: Network, solution: DesignSolution, pieces: tuple[Piece, ...], costs: PathCosts, ledger: Ledger
) -> None:
    for piece in pieces:
        late = float(costs.late[piece.path])
        if late:
            rule = network.case.orders[network.instances[piece.first if piece.bid < 0 else piece.bid].order]
            part = late * piece.qty / float(solution.path_qty[piece.path])
            ledger.book("late_cost", part, rule.origin, "late_cost_per_unit_h")


def spend_of(network: Network, solution: DesignSolution, money: Money, costs: PathCosts) -> float:
    """Add up the spend of a plan (§6.2)."""
    shared = float((costs.flow + costs.handling + costs.storage + costs.late)[costs.is_shared].sum())
    return (
        money.run_cost
        - must_run_cost(network, solution)
        + money.empty_cost
        + money.fleet_cost
        + money.unserved_cost
        + shared
    )
