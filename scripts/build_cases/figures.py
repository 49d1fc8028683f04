"""Figures of a case, from its input alone: counts, sizes against vehicles, load of the crossings, ways in time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from landbridge.model.case import Case, Good, Order, Service
from landbridge.model.clock import Clock, parse_clock, parse_days
from landbridge.units import to_minutes


def departures_by_service(case: Case) -> dict[str, list[int]]:
    """Minutes at which each timetabled service leaves its first hub, 0 <= minute < H, in order."""
    clock = Clock.of(case.settings)
    zones = {hub.hub: hub.timezone or case.settings.timezone for hub in case.hubs}
    services = {service.service: service for service in case.services}
    found: dict[str, set[int]] = defaultdict(set)
    for row in case.timetable:
        first = services[row.service].route[0]
        if row.every_h is not None:
            found[row.service].update(range(0, clock.horizon_min, to_minutes(row.every_h)))
        else:
            found[row.service].update(
                clock.clock_times(parse_clock(row.depart), parse_days(row.days), zones[first], 0, clock.horizon_min - 1)
            )
    return {service: sorted(minutes) for service, minutes in found.items()}


def takes(service: Service, good: Good) -> bool:
    """Tell whether a service takes a good, and has room for what a unit of it needs."""
    return (not service.accepts or good.handling_class in service.accepts) and all(
        service.capacity.get(name, math.inf) > 0 for name in good.per_unit
    )


def vehicle_part(case: Case) -> dict[str, float]:
    """Part of the smallest vehicle that calls at one of its hubs and takes it, for each order but those of gas."""
    goods = {good.good: good for good in case.goods}
    parts = {}
    for order in case.orders:
        good = goods[order.good]
        fits = [
            max(
                order.qty * need / service.capacity[name]
                for name, need in good.per_unit.items()
                if name in service.capacity
            )
            for service in case.services
            if service.mode != "pipeline" and takes(service, good)
            and {order.from_hub, order.to_hub} & set(service.route)
        ]  # fmt: skip
        if fits:
            parts[order.order] = max(fits)
    return parts


def unit_cost(service: Service, good: Good, leg: int) -> float:
    """Cost of a unit on a leg in a full vehicle; the cost of the run is spread over the legs by their length."""
    whole = sum(service.distance_km)
    part = max((need / service.capacity[name] for name, need in good.per_unit.items() if name in service.capacity),
               default=0.0)  # fmt: skip
    per_t = service.cost_per_t[leg if len(service.cost_per_t) > 1 else 0]
    run = service.run_cost * service.distance_km[leg] / whole
    return run * part + per_t * good.per_unit.get("t", 0.0)


@dataclass(frozen=True, slots=True)
class Way:
    """Cheapest static way of a unit: its cost and the legs it takes."""

    cost: float
    legs: tuple[tuple[str, str, str], ...]


def cheapest_ways(case: Case, good: Good, start: str, use: Callable[[Service], bool]) -> dict[str, Way]:
    """Cheapest way of a unit in full vehicles from a hub to every other, over services that take the good."""
    graph: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for service in case.services:
        if takes(service, good) and use(service):
            for leg, (a, b) in enumerate(pairwise(service.route)):
                key = (b, service.mode)
                graph[a][key] = min(graph[a].get(key, math.inf), unit_cost(service, good, leg))
    found: dict[str, Way] = {}
    queue: list[tuple[float, str, tuple[tuple[str, str, str], ...]]] = [(0.0, start, ())]
    while queue:
        cost, hub, legs = heappop(queue)
        if hub not in found:
            found[hub] = Way(cost, legs)
            for (other, mode), step in graph[hub].items():
                heappush(queue, (cost + step, other, (*legs, (hub, other, mode))))
    return found


def order_ways(case: Case) -> dict[str, Way]:
    """Cheapest way of each shipment, and of each bid from the cheapest place that offers its good and has a way."""
    goods = {good.good: good for good in case.goods}
    offers: dict[str, set[str]] = defaultdict(set)
    for order in case.orders:
        if order.from_hub and not order.to_hub:
            offers[order.good].add(order.from_hub)
    cache: dict[tuple[str, str], dict[str, Way]] = {}
    ways = {}
    for order in case.orders:
        if not order.to_hub:
            continue
        starts = [order.from_hub] if order.from_hub else sorted(offers[order.good])
        options = []
        for start in starts:
            key = (order.good, start)
            if key not in cache:
                cache[key] = cheapest_ways(case, goods[order.good], start, lambda service: True)
            if order.to_hub in cache[key]:
                options.append(cache[key][order.to_hub])
        if options:
            ways[order.order] = min(options, key=lambda way: way.cost)
    return ways


def spend_by_good(case: Case, ways: Mapping[str, Way]) -> dict[str, float]:
    """Estimated spend: each shipment and bid over its cheapest way in full vehicles; pipelines have no vehicles."""
    spend: dict[str, float] = defaultdict(float)
    for order in case.orders:
        way = ways.get(order.order)
        if way is not None and any(mode != "pipeline" for _, _, mode in way.legs):
            spend[order.good] += order.qty * way.cost
    return dict(spend)


def slot_demand(case: Case, ways: Mapping[str, Way]) -> dict[str, tuple[float, float]]:
    """Vehicle-loads a week on the cheapest ways over each slot row, and the row's slots a week."""
    goods = {good.good: good for good in case.goods}
    country = _countries(case)
    loads: dict[tuple[str, str, str], float] = defaultdict(float)
    for order in case.orders:
        for a, b, mode in ways[order.order].legs if order.order in ways else ():
            if country[a] != country[b]:
                full = max(
                    units_of_vehicle(service, goods[order.good])
                    for service in case.services
                    if service.mode == mode and takes(service, goods[order.good])
                )
                loads[(a, mode, "out")] += order.qty / full
                loads[(b, mode, "in")] += order.qty / full
    return {
        row.handling: (loads[(row.hub, row.from_mode, row.direction)], 7 * row.cap_runs_per_day)
        for row in case.handling
        if row.cap_runs_per_day is not None
    }


def units_of_vehicle(service: Service, good: Good) -> float:
    """Units of a good that fill a vehicle."""
    return min((service.capacity[name] / need for name, need in good.per_unit.items() if name in service.capacity),
               default=math.inf)  # fmt: skip


def _countries(case: Case) -> dict[str, str]:
    region_country = {region.region: region.country for region in case.regions}
    return {hub.hub: region_country[hub.region] for hub in case.hubs}


@dataclass(frozen=True, slots=True)
class Board:
    """A timetable turned over: at each hub, the services that call there and when they leave it."""

    horizon_min: int
    calls: Mapping[str, tuple[tuple[Service, int, tuple[int, ...]], ...]]
    dwell: Mapping[str, tuple[tuple[str, str, str, int], ...]]
    country: Mapping[str, str]


def build_board(case: Case, use: Callable[[Service], bool] = lambda service: True) -> Board:
    """Calls of all timetabled services that are used, and the dwell of changes."""
    clock = Clock.of(case.settings)
    departures = departures_by_service(case)
    calls: dict[str, list[tuple[Service, int, tuple[int, ...]]]] = defaultdict(list)
    for service in case.services:
        if use(service) and service.service in departures:
            offset = 0
            for leg, hub in enumerate(service.route[:-1]):
                minutes = sorted((minute + offset) % clock.horizon_min for minute in departures[service.service])
                calls[hub].append((service, leg, tuple(minutes)))
                offset += to_minutes(service.travel_h[leg])
    dwell: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
    for row in case.handling:
        if row.from_mode or row.to_mode or row.cap_runs_per_day is None:
            dwell[row.hub].append((row.from_mode, row.to_mode, row.handling_class, to_minutes(row.dwell_h)))
    return Board(
        clock.horizon_min,
        {hub: tuple(rows) for hub, rows in calls.items()},
        {hub: tuple(rows) for hub, rows in dwell.items()},
        _countries(case),
    )


def change_min(board: Board, hub: str, before: str, after: str, handling_class: str) -> int | None:
    """Minutes of a change of vehicle at a hub; None when no handling there serves the class."""
    matching = [
        row for row in board.dwell.get(hub, ())
        if (row[0] == before or (not row[0] and before != "start"))
        and (row[1] == after or (not row[1] and after != "end"))
    ]  # fmt: skip
    if not matching:
        return 0
    served = [row[3] for row in matching if row[2] in ("", handling_class)]
    return min(served) if served else None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Earliest arrival: minute, unwrapped, and the services ridden."""

    minute: int
    services: tuple[str, ...]


def earliest_arrival(
    board: Board, good: Good, start: str, end: str, ready: int, countries: Iterable[str] | None, latest: int
) -> Arrival | None:
    """
    Earliest arrival of freight at a hub, with changes and their dwell; None when it is after ``latest``.

    ``countries`` lists the countries a way may touch; None = all. Capacity and permissions are not looked at.
    """
    return earliest_arrivals(board, good, start, ready, countries, latest).get(end)


def earliest_arrivals(
    board: Board, good: Good, start: str, ready: int, countries: Iterable[str] | None, latest: int
) -> dict[str, Arrival]:
    """Earliest arrival of freight at every hub that it can end at by ``latest``."""
    allowed = None if countries is None else set(countries)
    reached: dict[str, Arrival] = {}
    best: dict[tuple[str, str], int] = {}
    queue: list[tuple[int, str, str, tuple[str, ...]]] = [(ready, start, "start", ())]
    while queue:
        minute, hub, mode, ridden = heappop(queue)
        if best.get((hub, mode), math.inf) < minute:
            continue
        if mode != "start":
            wait = change_min(board, hub, mode, "end", good.handling_class)
            if wait is not None and minute + wait <= min(latest, reached[hub].minute if hub in reached else latest):
                reached[hub] = Arrival(minute + wait, ridden)
        for service, leg, leaves in board.calls.get(hub, ()):
            wait = change_min(board, hub, mode, service.mode, good.handling_class) if takes(service, good) else None
            if wait is None:
                continue
            at = next_leave(leaves, minute + wait, board.horizon_min)
            for stop in range(leg, len(service.travel_h)):
                at += to_minutes(service.travel_h[stop])
                other = service.route[stop + 1]
                if at > latest or (allowed is not None and board.country[other] not in allowed):
                    break
                if at < best.get((other, service.mode), math.inf):
                    best[(other, service.mode)] = at
                    heappush(queue, (at, other, service.mode, (*ridden, service.service)))
    return reached


def next_leave(leaves: tuple[int, ...], minute: int, horizon_min: int) -> int:
    """First time at or after a minute at which a weekly departure leaves."""
    base, rest = minute - minute % horizon_min, minute % horizon_min
    return next((base + leave for leave in leaves if leave >= rest), base + horizon_min + leaves[0])


def window(case: Case, order: Order) -> tuple[int, int]:
    """Ready and due of a shipment that says ``Mon 08:00`` and ``+48h``, minutes."""
    clock = Clock.of(case.settings)
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    ready = clock.minute(order.ready, zones[order.from_hub]) % clock.horizon_min if order.ready else 0
    after = clock.after(order.due)
    return ready, ready + (clock.horizon_min if after is None else after)


def trade_pairs(case: Case) -> list[tuple[str, str]]:
    """Offers and bids of a good that may trade by what is in force, and have a way from ready to due by timetable."""
    clock = Clock.of(case.settings)
    board = build_board(case)
    goods = {good.good: good for good in case.goods}
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    found = []
    for offer in (order for order in case.orders if order.from_hub and not order.to_hub):
        good = goods[offer.good]
        ready, limit = window(case, offer)
        if good.life_h is not None:
            limit = min(limit, ready + to_minutes(good.life_h))
        for bid in (order for order in case.orders if order.good == offer.good and order.to_hub and not order.from_hub):
            due = ready + clock.horizon_min
            if bid.due:
                due = ready + 1 + (clock.minute(bid.due, zones[bid.to_hub]) - ready - 1) % clock.horizon_min
            ends = {board.country[offer.from_hub], board.country[bid.to_hub]}
            if _may_trade(case, offer, bid) and earliest_arrival(
                board, good, offer.from_hub, bid.to_hub, ready, ends, min(due, limit)
            ):
                found.append((offer.order, bid.order))
    return found


def _may_trade(case: Case, offer: Order, bid: Order) -> bool:
    """An outside side needs no permission; the parties of one region none; others a grant in force."""
    if not offer.party or not bid.party:
        return bool(offer.party or bid.party)
    region = {party.party: party.region for party in case.parties}
    if region[offer.party] == region[bid.party]:
        return True
    in_force = {row.agreement for row in case.agreements if row.status == "in_force"}
    sides = [{party, region[party], "*"} for party in (offer.party, bid.party)]
    return any(
        (grant.giver in a and grant.taker in b)
        for grant in case.grants
        if grant.agreement in in_force and grant.kind == "trade" and grant.resource in ("*", offer.good)
        for a, b in (sides, *([sides[::-1]] if grant.both_ways else []))
    )
