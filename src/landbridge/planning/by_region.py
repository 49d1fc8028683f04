"""Money of each region in a plan, before anything is settled (changes.md §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from landbridge.model.case import Case, Order
from landbridge.model.clock import Clock
from landbridge.model.plan import Flow, Plan
from landbridge.network.instances import list_instances
from landbridge.network.owners import parse_owner
from landbridge.network.places import look_up
from landbridge.units import MINUTES_PER_HOUR

OUTSIDE = "(outside)"
"""Name of the row of the market outside and of what nobody owns."""


def value_by_region(case: Case, plan: Plan) -> dict[str, float]:
    """
    Divide the value of a plan by who books it; the parts add up to the value.

    An order's price and penalty go to its party; of a trade the seller gets the
    price less what it asked, the buyer what it bid less the price. Runs and their
    costs a tonne are paid by who charters them (joint owners: in equal parts), waiting, handling and
    lateness by the party of the freight. What has no party is ``(outside)``.
    """
    return _Ledger(case, plan).fill()


class _Ledger:
    def __init__(self, case: Case, plan: Plan) -> None:
        self.case, self.plan = case, plan
        self.places = look_up(case)
        self.clock = Clock.of(case.settings)
        self.money: dict[str, float] = {row.region: 0.0 for row in case.regions}
        self.orders = {row.order: row for row in case.orders}
        self.services = {row.service: row for row in case.services}
        self.weight = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
        self.owner = {row.departure: row.owner for row in plan.departures}
        self.trades = {row.trade: row for row in plan.trades}

    def fill(self) -> dict[str, float]:
        self._orders()
        for row in self.plan.departures:
            service = self.services[row.service]
            self.book(row.owner, -service.run_cost * row.runs - (service.empty_cost or 0.0) * row.empty_runs)
        self._flows()
        owner_of_fleet = {row.fleet: row.owner for row in self.case.fleets}
        for fleet in self.plan.fleets:
            self.book(owner_of_fleet[fleet.fleet], -fleet.fixed_cost)
        return dict(self.money)

    def book(self, owner: str, amount: float) -> None:
        """Book to the regions of an owner cell; of several owners in equal parts, of shares by share."""
        if not amount:
            return
        if not owner:
            self.money[OUTSIDE] = self.money.get(OUTSIDE, 0.0) + amount
            return
        for party, part in _parts(owner).items():
            region = self.places.region_by_party.get(party, OUTSIDE)
            self.money[region] = self.money.get(region, 0.0) + part * amount

    def _orders(self) -> None:
        for row in self.plan.orders:
            order = self.orders[row.order]
            if order.from_hub and order.to_hub:
                self.book(row.party, row.value)
            self.book(row.party, -row.unserved_cost)
        for trade in self.plan.trades:
            offer, bid = self.orders[trade.offer], self.orders[trade.bid]
            price = trade.price_per_unit
            self.book(offer.party, (price - offer.price_per_unit) * trade.qty)
            self.book(bid.party, (bid.price_per_unit - price) * trade.qty)

    def _flows(self) -> None:
        paths: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
        for row in self.plan.flows:
            paths[row.order, row.repeat, row.path].append(row)
        ids = [row.order for row in self.case.orders]
        ready = {(ids[item.order], item.repeat): item.ready_min for item in list_instances(self.places)}
        for (order, repeat, _), rows in paths.items():
            rows.sort(key=lambda row: row.seq)
            self._path(rows, ready[order, repeat])
        told = self._lateness()
        late = self.plan.summary.money.late_cost - sum(told.values())
        for party, amount in told.items():
            self.book(party, -amount)
        if abs(late) > 1e-9:
            self.book("", -late)

    def _path(self, rows: Sequence[Flow], now: int) -> None:
        order = self.orders[rows[0].order]
        party = order.party
        if rows[0].trade and not party:
            party = self.orders[self.trades[rows[0].trade].bid].party
        stores = {row.hub: row.store_cost_per_t_h / MINUTES_PER_HOUR for row in self.case.hubs}
        handling = {row.handling: row.cost_per_t for row in self.case.handling}
        for row in rows:
            tonnes = row.qty * self.weight[order.good]
            leaves, arrives = self.clock.minute(row.leaves), self.clock.minute(row.arrives)
            self.book(party, -(leaves - now) * stores[row.from_hub] * tonnes)
            now = arrives
            if row.kind == "handling":
                self.book(party, -handling[row.handling] * tonnes)
            else:
                self.book(self.owner[row.departure], -self._leg_cost(row) * tonnes)

    def _leg_cost(self, row: Flow) -> float:
        service = self.services[row.service]
        co2 = leg_value(service.kgco2e_per_t, row.leg) * self.case.settings.co2_cost_per_t / 1000
        return leg_value(service.cost_per_t, row.leg) + co2

    def _lateness(self) -> dict[str, float]:
        """Lateness by party of what was wanted, in parts of what the plan paid in all."""
        told: dict[str, float] = defaultdict(float)
        for row in self.plan.orders:
            order: Order = self.orders[row.order]
            if row.late_h and order.to_hub:
                told[row.party] += row.late_h * order.late_cost_per_unit_h * row.filled
        total, paid = sum(told.values()), self.plan.summary.money.late_cost
        return {party: amount * paid / total for party, amount in told.items()} if total else {}


def leg_value(values: tuple[float, ...], leg: int) -> float:
    """Value of a leg, counted from 1; one number holds for each leg."""
    return (values[leg - 1] if len(values) > 1 else values[0]) if values else 0.0


def _parts(owner: str) -> dict[str, float]:
    found = parse_owner(owner)
    shares = found.shares or (1.0,) * len(found.parties)
    return {party: share / sum(shares) for party, share in zip(found.parties, shares, strict=True)}
