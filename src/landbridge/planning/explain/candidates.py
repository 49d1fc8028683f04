"""Single changes of a case that might let an order be served (changes.md §6)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landbridge.model.case import Agreement, Case, Grant, Order, Service
from landbridge.network import Network
from landbridge.network.limits import LimitNote
from landbridge.planning.reasons import Ask, Explainer
from landbridge.planning.ways import Step, Way
from landbridge.tables.cells import format_number
from landbridge.units import MINUTES_PER_HOUR

MOST_ASKS = 2
"""Partners of an offer or bid for which changes are looked for."""

NEW_AGREEMENT = "new_agreement"
"""Id of an agreement that does not exist yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A changed case, the change in words and as a patch, and whose it is to grant."""

    kind: str
    what: str
    owner: str
    case: Case
    table: str = ""
    key: str = ""
    column: str = ""
    value: str = ""


def list_candidates(explainer: Explainer, index: int, agreements: str) -> list[Candidate]:
    """Changes that might serve an instance of an order, each of one thing, none twice."""
    network = explainer.network
    found: dict[str, Candidate] = {}
    asks = explainer.asks(index)[:MOST_ASKS]
    for ask in asks:
        finder = _Finder(explainer, ask)
        for candidate in (*finder.transit(index), *finder.deadlines(), *finder.capacities(), *finder.grants()):
            found.setdefault(candidate.what, candidate)
    for candidate in (*_trade_grants(explainer, index, has_partner=bool(asks)), *_statuses(network, agreements)):
        found.setdefault(candidate.what, candidate)
    return list(found.values())


def price_change(case: Case, order: Order, per_unit: float) -> Candidate:
    """A price better for the plan by so much a unit, rounded up to the cent: higher, of an offer lower."""
    step = math.ceil(per_unit * 100 - 1e-6) / 100
    price = order.price_per_unit + (step if order.to_hub else -step)
    text = format_number(round(price, 6))
    return Candidate(
        kind="price",
        what=f"{order.order} {'pays' if order.to_hub else 'asks'} {text} a unit instead of {order.price_per_unit:g}",
        owner=order.party or "(outside)",
        case=_with_order(case, order, price_per_unit=float(text)),
        table="orders",
        key=order.order,
        column="price_per_unit",
        value=text,
    )


def _with_order(case: Case, order: Order, **changes: object) -> Case:
    rows = tuple(replace(row, **changes) if row.order == order.order else row for row in case.orders)  # type: ignore[arg-type]
    return replace(case, orders=rows)


class _Finder:
    """Looks for what stands in the way of one ask, and what would clear it."""

    def __init__(self, explainer: Explainer, ask: Ask) -> None:
        self.explainer, self.ask = explainer, ask
        self.network: Network = explainer.network
        self.case = self.network.case
        self.start = self.network.nodes.start_node[ask.from_hub]
        self.end = self.network.nodes.end_node[ask.to_hub]

    def _earliest(self, *, transit: bool, permission: bool) -> Way:
        """Earliest way, with or without regard to transit and permission; empty when there is none in time."""
        kind, explainer = self.ask.kind, self.explainer
        legs = explainer.leg_access.accepts(kind.handling_class)
        links = explainer.link_access.serves(kind.handling_class)
        if transit:
            legs = legs & explainer.leg_access.within(kind.countries)
        if permission:
            legs = legs & explainer.rides(kind)
            links = links & explainer.link_access.opens(kind.riders)
        reach = explainer.ways.earliest(self.start, self.ask.terms.ready_min, self.ask.terms.deadline_min, legs, links)
        return reach.way_to(self.end)

    def transit(self, index: int) -> Iterator[Candidate]:
        """Leave to cross the countries that the earliest way without regard to transit crosses."""
        way = self._earliest(transit=False, permission=True)
        within = self.explainer.leg_access.within(self.ask.kind.countries)
        bad = [step for step in way if not step.is_link and not within[step.index]]
        countries = sorted({c for step in bad for c in self._countries(step)} - self.ask.kind.countries)
        if not countries:
            return
        order = self.case.orders[self.network.instances[index].order]
        allowed = tuple(dict.fromkeys((*self._transit_of(order), *countries)))
        yield Candidate(
            kind="transit",
            what=f"{order.order} may cross {', '.join(countries)}",
            owner=order.party or "(outside)",
            case=_with_order(self.case, order, transit=allowed),
            table="orders",
            key=order.order,
            column="transit",
            value=" ".join(allowed),
        )

    def _transit_of(self, order: Order) -> Sequence[str]:
        listed = order.transit or self.explainer.places.good_by_id[order.good].transit
        return [word for word in listed if word != "-"]

    def _countries(self, step: Step) -> tuple[str, ...]:
        service = self.explainer.names.service(self.explainer.ways.leg_vehicle[step.index])
        stop = int(self.network.vehicles.leg_stop[step.index])
        return tuple(self.explainer.places.country_by_hub[hub] for hub in service.route[stop : stop + 2])

    def deadlines(self) -> Iterator[Candidate]:
        """Lateness that lets it arrive by the quickest way at all, by one with place for a run, by one with room."""
        order = next(row for row in self.case.orders if row.order == self.ask.taker)
        for stage in ("all", "runs", "room"):
            reach = self.explainer.timed(self.ask, stage)
            arrives = math.inf if reach is None else reach.at.get(self.end, math.inf)
            if not self.ask.terms.deadline_min < arrives < math.inf:
                continue
            hours = math.ceil((arrives - self.ask.terms.due_min) / MINUTES_PER_HOUR)
            yield Candidate(
                kind="deadline",
                what=f"{order.order} may be {hours} h late instead of {order.late_max_h:g}",
                owner=order.party or "(outside)",
                case=_with_order(self.case, order, late_max_h=float(hours)),
                table="orders",
                key=order.order,
                column="late_max_h",
                value=str(hours),
            )

    def capacities(self) -> Iterator[Candidate]:
        """One limit more for each that is full on the earliest way."""
        seen: set[tuple[str, str]] = set()
        for step in self._earliest(transit=True, permission=True):
            if step.is_link:
                continue
            key = self.explainer.ways.run_of(step)
            runs = self._runs_needed(key[0])
            for limit, _ in self.explainer.ways.limits.full(*key):
                note = self.network.limit_notes[limit]
                if (note.kind, note.resource) not in seen:
                    seen.add((note.kind, note.resource))
                    yield from self._raise(note, runs)
            yield from self._more_vehicles(key[0], runs)

    def _runs_needed(self, vehicle: int) -> int:
        held = self.network.problem.vehicle_capacity[vehicle]
        per_unit = self.explainer.places.good_by_id[self.ask.good].per_unit
        load = np.array([per_unit.get(dim, 0.0) for dim in self.explainer.places.dimensions])
        parts = [self.ask.qty * load[d] / held[d] for d in range(len(load)) if 0 < held[d] < math.inf]
        return max(1, math.ceil(max(parts, default=1.0) - 1e-9))

    def _raise(self, note: LimitNote, runs: int) -> Iterator[Candidate]:
        if note.kind in ("departure", "service"):
            service = self.case.services[self.explainer.places.service_idx[note.resource]]
            yield from self._more_runs(service, runs)
        elif note.kind == "hub":
            row = next(row for row in self.case.hubs if row.hub == note.resource)
            yield self._more_calls("hubs", row.hub, row.owner, row.cap_runs_per_day or 0.0, note, runs)
        elif note.kind == "handling":
            rule = next(row for row in self.case.handling if row.handling == note.resource)
            yield self._more_calls("handling", rule.handling, rule.owner, rule.cap_runs_per_day or 0.0, note, runs)

    def _more_runs(self, service: Service, runs: int) -> Iterator[Candidate]:
        rows = [row for row in self.case.timetable if row.service == service.service]
        if service.max_runs is None or any(row.max_runs is not None for row in rows):
            return  # a limit of single departures: no one number to change
        most = service.max_runs + self._in_quota(service.owner, (), runs)
        services = tuple(
            replace(row, max_runs=most) if row.service == service.service else row for row in self.case.services
        )
        yield Candidate(
            kind="capacity",
            what=f"{service.service} has {most} vehicles a departure instead of {service.max_runs}",
            owner=service.owner or "(public)",
            case=replace(self.case, services=services),
            table="services",
            key=service.service,
            column="max_runs",
            value=str(most),
        )

    def _more_calls(self, table: str, key: str, owner: str, cap: float, note: LimitNote, runs: int) -> Candidate:
        most = cap + self._in_quota(owner, note.users, runs)
        field = "hub" if table == "hubs" else "handling"
        rows = tuple(
            replace(row, cap_runs_per_day=most) if getattr(row, field) == key else row
            for row in getattr(self.case, table)
        )
        return Candidate(
            kind="capacity",
            what=f"{key} takes {most:g} vehicles a day instead of {cap:g}",
            owner=owner or "(public)",
            case=replace(self.case, **{table: rows}),  # type: ignore[arg-type]
            table=table,
            key=key,
            column="cap_runs_per_day",
            value=format_number(most),
        )

    def _in_quota(self, owner: str, users: tuple[str, ...], runs: int) -> int:
        """By how much a limit must grow so that the quota of some users grows by so many runs."""
        shares = self.explainer.places.owner(owner)
        if not shares.is_split:
            return runs
        parts = dict(zip(shares.parties, shares.shares, strict=True))
        mine = sum(parts.get(user, 0.0) for user in users) or min(shares.shares)
        return math.ceil(runs / mine - 1e-9)

    def _more_vehicles(self, vehicle: int, runs: int) -> Iterator[Candidate]:
        fleet = int(self.network.problem.vehicle_fleet[vehicle])
        if fleet < 0 or self.explainer.solution.fleet_used[fleet] < self.network.problem.fleet_count[fleet]:
            return
        row = self.case.fleets[fleet]
        most = (row.count or 0) + runs
        yield Candidate(
            kind="capacity",
            what=f"fleet {row.fleet} has {most} vehicles instead of {row.count}",
            owner=row.owner or "(public)",
            case=replace(
                self.case,
                fleets=tuple(
                    replace(item, count=most) if item.fleet == row.fleet else item for item in self.case.fleets
                ),
            ),
            table="fleets",
            key=row.fleet,
            column="count",
            value=str(most),
        )

    def grants(self) -> Iterator[Candidate]:
        """An agreement with the one party whose leave is missing on the earliest way."""
        kind = self.ask.kind
        way = self._earliest(transit=True, permission=False)
        bad = self.explainer.offending(way, self.explainer.rides(kind), self.explainer.link_access.opens(kind.riders))
        missing = {self._missing(step) for step in bad}
        givers = {giver for giver, _, _ in missing}
        if not bad or len(givers) != 1 or not kind.riders:
            return
        giver = givers.pop()
        if not giver or "+" in giver or " " in giver:
            return
        taker = sorted(kind.riders)[0]
        rows = tuple(
            Grant(agreement=NEW_AGREEMENT, giver=giver, taker=taker, kind=what, resource=resource)
            for _, what, resource in sorted(missing)
        )
        listed = ", ".join(f"{row.kind} {row.resource}" for row in rows)
        yield Candidate(
            kind="agreement",
            what=f"{giver} lets {taker} use {listed}",
            owner=giver,
            case=_with_grants(self.case, rows),
            table="grants",
            key=f"{NEW_AGREEMENT}|{giver}|{taker}",
        )

    def _missing(self, step: Step) -> tuple[str, str, str]:
        if step.is_link:
            link = self.network.nodes.links[step.index]
            hub = self.case.hubs[link.hub]
            if link.row is not None and link.row.owner:
                return link.row.owner, "hub", link.row.handling
            return hub.owner, "hub", hub.hub
        vehicle = self.explainer.ways.leg_vehicle[step.index]
        charterer = self.network.vehicles.charter_by_vehicle[vehicle].name
        return charterer, "service", self.explainer.names.service(vehicle).service


def _with_grants(case: Case, rows: tuple[Grant, ...]) -> Case:
    agreement = Agreement(agreement=NEW_AGREEMENT, name="An agreement that does not exist yet", status="in_force")
    return replace(case, agreements=(*case.agreements, agreement), grants=(*case.grants, *rows))


def _trade_grants(explainer: Explainer, index: int, *, has_partner: bool) -> Iterator[Candidate]:
    """Leave to trade with whoever has the best offer or bid left, where there is no partner."""
    network = explainer.network
    order = network.case.orders[network.instances[index].order]
    if has_partner or (order.from_hub and order.to_hub):
        return
    is_offer = bool(order.from_hub)
    left = [p for p in explainer.partners.get((not is_offer, order.good), []) if explainer.rest.get(p, 0.0) > 0]
    others = [network.case.orders[network.instances[p].order] for p in left]
    others.sort(key=lambda other: other.price_per_unit if order.to_hub else -other.price_per_unit)
    for other in others[:1]:
        seller, buyer = (order.party, other.party) if is_offer else (other.party, order.party)
        rows = (Grant(agreement=NEW_AGREEMENT, giver=seller, taker=buyer, kind="trade", resource=order.good),)
        yield Candidate(
            kind="agreement",
            what=f"{seller} sells {order.good} to {buyer}",
            owner=seller,
            case=_with_grants(network.case, rows),
            table="grants",
            key=f"{NEW_AGREEMENT}|{seller}|{buyer}",
        )


def _statuses(network: Network, agreements: str) -> Iterator[Candidate]:
    """Each agreement that is not in force yet."""
    if agreements != "in_force":
        return
    for row in network.case.agreements:
        if row.status not in ("proposed", "signed"):
            continue
        rows = tuple(
            replace(item, status="in_force") if item.agreement == row.agreement else item
            for item in network.case.agreements
        )
        givers = sorted({grant.giver for grant in network.case.grants if grant.agreement == row.agreement})
        yield Candidate(
            kind="agreement",
            what=f"agreement {row.agreement} comes into force",
            owner=" ".join(givers),
            case=replace(network.case, agreements=rows),
            table="agreements",
            key=row.agreement,
            column="status",
            value="in_force",
        )
