"""A run as one organisation may see it: a smaller run that reports and exports take as they take any other (§2.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from landbridge.cooperation.cash import cash_terms
from landbridge.cooperation.players import PlayerKind, Players
from landbridge.cooperation.restrict import Endowment
from landbridge.model.case import Case, Order
from landbridge.model.clock import Clock
from landbridge.model.plan import Departure, Flow, Money, OrderResult, Plan, Price, Trade
from landbridge.planning.events import withhold_surcharges
from landbridge.report.run import Run
from landbridge.server.visibility.holdings import Holdings, Owners
from landbridge.server.visibility.reasons import visible_reason
from landbridge.server.visibility.rows import Disclosures, visible_case
from landbridge.server.visibility.shares import visible_shares
from landbridge.server.visibility.totals import Corridor, find_corridor

_PRICE_DIGITS = 2
"""Significant digits of a shadow price: what is scarce may be scarce for a partner's order, whose price it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """
    What an organisation sees of a run.

    Parameters
    ----------
    run
        Its own part: a plan whose value is what it books, with its departures, freight, orders and trades, and the
        case as it may see it. Bound is None: none is proved of a part.
    corridor
        Totals of all; None where the viewer holds everything, and ``run`` is the whole run.
    """

    run: Run
    corridor: Corridor | None


def visible_run(run: Run, holdings: Holdings, viewer: str, disclosures: Disclosures | None = None) -> SeenRun:
    """
    Make the part of a run that an organisation may see.

    Everything is built from what the viewer may see; nothing of the whole run is handed on and hidden later.

    Parameters
    ----------
    run
        The whole run.
    holdings, disclosures
        Who holds which party, and what owners say of their capacities.
    viewer
        Organisation that looks.
    """
    if holdings.is_alone(run.case, viewer):
        return SeenRun(run=run, corridor=None)
    money = money_by_organisation(run.case, run.plan, holdings)
    part = _Part(run, holdings, viewer)
    case = visible_case(run.case, holdings, viewer, disclosures)
    own = money.get(viewer, Money())
    has_plan = run.plan.summary.value is not None
    plan = Plan(
        summary=replace(
            run.plan.summary,
            value=own.value if has_plan else None,
            bound=None,
            gap=None,
            candidates=0,
            input_sha256="",  # who knows all of the case but a price could try prices until the checksum fits
            spend=_spend(own),
            money=own,
            trace=(),
            origins={},
            work=0.0,
            events=withhold_surcharges(run.plan.summary.events, *part.resources()),
        ),
        departures=part.departures(),
        flows=part.flows,
        orders=part.orders(),
        trades=part.own_trades(),
        prices=part.prices(),
        fleets=tuple(row for row in run.plan.fleets if viewer in part.owners.of_id("fleets", row.fleet)),
    )
    return SeenRun(
        run=Run(
            plan=plan,
            case=replace(case, orders=(*case.orders, *part.partners())),
            shares=None if run.shares is None else visible_shares(run.shares, run.case, holdings, viewer),
        ),
        corridor=find_corridor(run.case, run.plan, holdings, money),
    )


def money_by_organisation(case: Case, plan: Plan, holdings: Holdings) -> dict[str, Money]:
    """Terms of a plan's value by who books them (``cooperation.cash``); they add up to the plan's."""
    if plan.summary.value is None:
        return {}
    holder = {row.party: holdings.of_party(row.party) for row in case.parties}
    names = tuple(dict.fromkeys(holder.values()))
    players = Players(
        kind=PlayerKind.PARTIES,
        names=names,
        player_by_party={party: names.index(name) for party, name in holder.items()},
        idle=(),
    )
    return dict(zip(names, cash_terms(Endowment(case=case, players=players), plan), strict=True))


class _Part:
    """Rows of a plan that are one organisation's."""

    def __init__(self, run: Run, holdings: Holdings, viewer: str) -> None:
        self.case, self.plan = run.case, run.plan
        self.holdings, self.viewer = holdings, viewer
        self.owners = Owners(run.case, holdings)
        self.order_by_id = {row.order: row for row in run.case.orders}
        self.own_orders = {row.order for row in run.case.orders if row.party and self._holds(row.party)}
        self.flows = tuple(self._own_flows())

    def _holds(self, party: str) -> bool:
        return self.holdings.of_party(party) == self.viewer

    def _own_flows(self) -> Iterable[Flow]:
        """Steps of own freight: of own orders, of outside goods bought, of outside freight carried all the way."""
        paths: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
        for row in self.plan.flows:
            paths[row.order, row.repeat, row.path].append(row)
        carriers = {row.departure: self.holdings.of_cell(row.owner) for row in self.plan.departures}
        buyers = {row.trade: row.buyer for row in self.plan.trades}
        for rows in paths.values():
            party = self.order_by_id[rows[0].order].party or buyers.get(rows[0].trade, "")
            if party:
                is_own = self._holds(party)
            else:
                is_own = all(self.viewer in carriers[row.departure] for row in rows if row.departure)
            if is_own:
                yield from rows

    def departures(self) -> tuple[Departure, ...]:
        """
        Own departures, and those of others that own freight rides.

        Of the latter only that they run and when: neither how many vehicles nor what else is on them.
        """
        ridden = {row.departure for row in self.flows if row.departure}
        found = []
        for row in self.plan.departures:
            owners = self.owners.of_id("services", row.service)
            if self.viewer in owners or (not owners and self.viewer in self.holdings.of_cell(row.owner)):
                found.append(row)
            elif self.viewer in self.holdings.of_cell(row.owner):
                found.append(replace(row, run_cost=0.0))  # what a partner's vehicle costs is the partner's
            elif row.departure in ridden:
                found.append(replace(row, runs=0, empty_runs=0, load={}, fill_frac=0.0, run_cost=0.0))
        return tuple(found)

    def orders(self) -> tuple[OrderResult, ...]:
        """Own orders, with reasons in words that tell nothing of others; of outside ones what own freight is of."""
        own = tuple(
            replace(row, why=visible_reason(row.why)) for row in self.plan.orders if row.order in self.own_orders
        )
        return own + self._outside_orders()

    def _outside_orders(self) -> tuple[OrderResult, ...]:
        clock, results = Clock.of(self.case.settings), {(row.order, row.repeat): row for row in self.plan.orders}
        last: dict[tuple[str, int], dict[int, Flow]] = defaultdict(dict)
        for row in self.flows:
            if row.order not in self.own_orders:
                last[row.order, row.repeat][row.path] = row
        found = []
        for key, ends in last.items():
            result, qty = results[key], sum(row.qty for row in ends.values())
            arrives = max((row.arrives for row in ends.values()), key=clock.minute)
            part = qty / result.filled if result.filled else 0.0
            found.append(
                replace(
                    result,
                    qty=qty,
                    filled=qty,
                    arrives=arrives,
                    late_h=0.0,
                    value=result.value * part,
                    unserved_cost=0.0,
                    why="",
                )
            )
        return tuple(found)

    def partners(self) -> tuple[Order, ...]:
        """Orders of partners that own trades are made with, as far as the trade itself tells them."""
        found = []
        for row in self.plan.trades:
            if not {row.offer, row.bid} & self.own_orders:
                continue
            for side, name in (("offer", row.offer), ("bid", row.bid)):
                order = self.order_by_id[name]
                if order.party and name not in self.own_orders:
                    found.append(
                        Order(
                            order=_partner(row, side),
                            party=order.party,
                            good=row.good,
                            qty=row.qty,
                            from_hub=order.from_hub,
                            to_hub=order.to_hub,
                            price_per_unit=row.price_per_unit,
                        )
                    )
        return tuple(found)

    def own_trades(self) -> tuple[Trade, ...]:
        """Trades with an own order on one side; the order on the other side is named after the trade."""
        found = []
        for row in self.plan.trades:
            sides = {"offer": row.offer, "bid": row.bid}
            if self.own_orders.isdisjoint(sides.values()):
                continue
            offer, bid = (
                _partner(row, side) if self.order_by_id[name].party and name not in self.own_orders else name
                for side, name in sides.items()
            )
            found.append(replace(row, offer=offer, bid=bid))
        return tuple(found)

    def prices(self) -> tuple[Price, ...]:
        """Shadow prices of own orders and resources, rounded."""
        return tuple(
            replace(row, price=round_price(row.price))
            for row in self.plan.prices
            if (row.resource in self.own_orders if row.kind == "good" else self._owns(row.resource))
        )

    def resources(self) -> tuple[frozenset[str], frozenset[str]]:
        """Resources of which the viewer sees by how much an event makes them dearer (its own, nobody's), and others."""
        case = self.case
        names = {
            *(row.hub for row in case.hubs),
            *(row.handling for row in case.handling),
            *(row.service for row in case.services),
        }
        told = frozenset(name for name in names if self._owns(name) or not self.owners.of_resource(name))
        return told, frozenset(names - told)

    def _owns(self, resource: str) -> bool:
        return self.viewer in self.owners.of_resource(resource)


def _partner(trade: Trade, side: str) -> str:
    return f"{trade.trade}:{side}"


def round_price(value: float) -> float:
    """Round a shadow price: what is scarce may be scarce for a partner's order, whose price it would be."""
    return float(f"{value:.{_PRICE_DIGITS}g}")


def _spend(money: Money) -> float:
    """Costs among the terms of a value."""
    return money.orders_value - money.value
