"""Each player's own cash flow in a plan: what its orders bring less what its vehicles and freight cost."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from landbridge.cooperation.players import owners_in
from landbridge.cooperation.rationals import exact
from landbridge.cooperation.restrict import Endowment, fleet_owners
from landbridge.errors import InvalidGame
from landbridge.model.case import Order
from landbridge.model.clock import Clock
from landbridge.model.plan import Flow, Money, Plan
from landbridge.network import Network, build_network
from landbridge.units import MINUTES_PER_HOUR, is_close


def cash_flows(endowment: Endowment, plan: Plan, digits: int) -> list[Fraction]:
    """
    Cash of each player in minor units as decimals, before anything is settled; they add up to the plan's value.

    An order's price goes to its party; goods are paid for at the price of
    their trade, the market outside at its own. Runs and what they cost a tonne are
    paid by who charters them, of joint owners by the first named; handling,
    storage, lateness and penalties by the party of the freight.
    """
    cash = [money.value for money in cash_terms(endowment, plan)]
    total = sum(cash)
    if plan.summary.value is None or not is_close(total, plan.summary.value, 1e-6):
        raise InvalidGame(
            f"cash flows add up to {total!r}, the plan is worth {plan.summary.value!r}; expected the same",
            code="cash-mismatch",
        )
    unit = 10**digits
    return [Fraction(round(exact(value) * unit), unit) for value in cash]


def cash_terms(endowment: Endowment, plan: Plan) -> list[Money]:
    """Terms of a plan's value that each player books, by the rules of ``cash_flows``; they add up to the plan's."""
    till = _Till(endowment, plan)
    till.take_orders()
    till.take_departures()
    till.take_flows()
    till.take_fleets()
    return [Money(**terms) for terms in till.terms]


class _Till:
    """Money by player, booked from the tables of a plan."""

    def __init__(self, endowment: Endowment, plan: Plan) -> None:
        self.case, self.plan = endowment.case, plan
        self.players = endowment.players.player_by_party
        self.terms: list[dict[str, float]] = [defaultdict(float) for _ in endowment.players.names]
        self.orders = {order.order: order for order in self.case.orders}
        self.services = {service.service: service for service in self.case.services}
        self.goods = {good.good: good for good in self.case.goods}
        self.owner_by_departure = {row.departure: row.owner for row in plan.departures}
        self.network: Network = build_network(self.case, plan.summary.agreements)
        self.trades = {trade.trade: trade for trade in plan.trades}
        self.riders = {
            (row.order, row.repeat, row.path): _rider(row, self.orders, self.trades[row.trade].bid if row.trade else "")
            for row in plan.flows
        }

    def book(self, term: str, party: str, amount: float) -> None:
        """Book a term to a party; of joint owners the first, of nobody whoever comes first in the case."""
        name = owners_in(party)[0] if party else next(iter(self.players))
        self.terms[self.players[name]][term] += amount

    def take_orders(self) -> None:
        carriers: dict[tuple[str, int], str] = {}
        for step in self.plan.flows:
            if step.departure:
                carriers.setdefault((step.order, step.repeat), self.owner_by_departure[step.departure])
        for row in self.plan.orders:
            party = row.party or self.counterpart(row.order, row.repeat, carriers)
            is_traded = not (self.orders[row.order].from_hub and self.orders[row.order].to_hub)
            if not is_traded:
                self.book("orders_value", party, row.value)
            self.book("unserved_cost", row.party or party, row.unserved_cost)
        for trade in self.plan.trades:
            offer, bid = self.orders[trade.offer], self.orders[trade.bid]
            price = trade.price_per_unit
            if not offer.party:
                price = offer.price_per_unit
            if not bid.party:
                price = bid.price_per_unit
            if offer.party:
                self.book("orders_value", offer.party, (price - offer.price_per_unit) * trade.qty)
            if bid.party:
                self.book("orders_value", bid.party, (bid.price_per_unit - price) * trade.qty)

    def counterpart(self, order: str, repeat: int, carriers: dict[tuple[str, int], str]) -> str:
        """Who collects the price of an outside shipment: who carries it first; nobody else has to do with it."""
        return carriers.get((order, repeat), "")

    def take_departures(self) -> None:
        for row in self.plan.departures:
            service = self.services[row.service]
            self.book("run_cost", row.owner, service.run_cost * row.runs)
            self.book("empty_cost", row.owner, (service.empty_cost or 0.0) * row.empty_runs)

    def take_flows(self) -> None:
        arrived: dict[tuple[str, int, int], int] = {}
        ready = {(self.case.orders[item.order].order, item.repeat): item.ready_min for item in self.network.instances}
        stores = {hub.hub: hub.store_cost_per_t_h / MINUTES_PER_HOUR for hub in self.case.hubs}
        handling = {row.handling: row.cost_per_t for row in self.case.handling}
        clock = Clock.of(self.case.settings)
        for row in self.plan.flows:
            key = (row.order, row.repeat, row.path)
            party = self.riders[key]
            tonnes = row.qty * self.goods[self.orders[row.order].good].per_unit.get("t", 0.0)
            leaves, arrives = (clock.minute(text, "") for text in (row.leaves, row.arrives))
            wait = leaves - arrived.get(key, ready[row.order, row.repeat])
            self.book("storage_cost", party, wait * stores[row.from_hub] * tonnes)
            arrived[key] = arrives
            if row.kind == "handling":
                self.book("handling_cost", party, handling[row.handling] * tonnes)
            else:
                self.book("flow_cost", self.owner_by_departure[row.departure], self.leg_cost(row) * tonnes)
        self.take_lateness()

    def leg_cost(self, row: Flow) -> float:
        """Cost of a tonne on a leg, its emissions included."""
        service, leg = self.services[row.service], row.leg - 1

        def each(values: tuple[float, ...]) -> float:
            return (values[leg] if len(values) > 1 else values[0]) if values else 0.0

        return each(service.cost_per_t) + self.case.settings.co2_cost_per_t * each(service.kgco2e_per_t) / 1000

    def take_lateness(self) -> None:
        """Lateness, by the last arrival of each path; what the rows say is what the plan paid in all."""
        late: dict[str, float] = defaultdict(float)
        for row in self.plan.orders:
            order = self.orders[row.order]
            if row.late_h and order.to_hub:
                late[row.party] += row.late_h * order.late_cost_per_unit_h * row.filled
        told, paid = sum(late.values()), self.plan.summary.money.late_cost
        for party, amount in late.items():
            self.book("late_cost", party, amount * (paid / told if told else 0.0))
        if paid and not told:
            self.book("late_cost", "", paid)

    def take_fleets(self) -> None:
        owners = fleet_owners(self.case)
        for row in self.plan.fleets:
            self.book("fleet_cost", owners[row.fleet], row.fixed_cost)


def _rider(row: Flow, orders: dict[str, Order], bid: str) -> str:
    """Party of the freight of a path: the order's, of outside goods their buyer's."""
    return orders[row.order].party or (orders[bid].party if bid else "")
