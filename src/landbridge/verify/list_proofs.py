"""Prove lists of prices again from the case: cheapest ways and whole runs at their prices (cooperation.md, §6.3)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from landbridge.errors import Finding
from landbridge.model.case import Good, Handling, Order, Service
from landbridge.model.shares import RoomPriceRow, ShareTables, TollRow
from landbridge.verify.book import Book, leg_value
from landbridge.verify.cash import player_by_party
from landbridge.verify.flat_graph import Arc, FlatGraph, Leg, cheapest, costs_to
from landbridge.verify.permissions import read_owners
from landbridge.verify.report import row_finding

NANO = 10**9
"""Costs of ways are whole parts of this, rounded down: what an order is worth is never told too low."""

Item = tuple[Fraction, Mapping[str, Fraction]]
"""All that a demand pays on a leg, and its load by dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices behind a list, money a unit.

    Parameters
    ----------
    room
        By leg and dimension, a unit of load.
    toll
        By demand and leg, a unit of goods.
    demand
        Of each order that pays tolls.
    """

    room: Mapping[Leg, Mapping[str, Fraction]]
    toll: Mapping[int, Mapping[Leg, Fraction]]
    demand: Mapping[str, int]


def check_list_proofs(tables: ShareTables, book: Book) -> tuple[list[Finding], tuple[int, ...]]:
    """
    Check worths in price_lists.csv against what the prices in room_prices.csv and tolls.csv make of the case.

    At any prices that are not negative no plan of a coalition brings more than its orders are worth above their
    cheapest ways, and its vehicles earn of room and tolls above their cost. Both are worked out here, without the
    engine, in whole nano-units and fractions. Returns the findings, and the lists that were proved.
    """
    findings: list[Finding] = []
    numbers = {row.list for row in tables.room_prices} | {row.list for row in tables.tolls}
    if not numbers:
        return findings, ()
    obstacle = _obstacle(book)
    if obstacle:
        return [row_finding("list-not-provable", "room_prices", 0, obstacle, "list")], ()
    graph = FlatGraph(book)
    for number in sorted(numbers):
        found = list(_unreadable(tables, book, number))
        if not found:
            found = _check_list(tables, book, graph, number)
        findings += found
    return findings, () if findings else tuple(sorted(numbers))


def _obstacle(book: Book) -> str:
    """What in a case these proofs cannot take, in words; blank: nothing."""
    case = book.case
    if any(not (order.party and order.from_hub and order.to_hub) for order in case.orders):
        return "the case has orders that are no shipments of a party; expected a list without prices for it"
    if any(read_owners(service.owner).is_split for service in case.services):
        return "a service has owners with shares; expected a list without prices for it"
    costs = [cost for service in case.services for cost in (service.run_cost, *service.cost_per_t)]
    costs += [row.cost_per_t for row in case.handling]
    if min(costs, default=0.0) < 0:
        return "a cost is below 0; expected a list without prices for it"
    return ""


def _unreadable(tables: ShareTables, book: Book, number: int) -> Iterator[Finding]:
    """Rows of a list that name nothing, a price below 0, and players without a worth."""
    priced: dict[str, tuple[RoomPriceRow | TollRow, ...]] = {"room_prices": tables.room_prices, "tolls": tables.tolls}
    for table, row, line in ((name, row, line) for name, rows in priced.items() for row, line in enumerate(rows)):
        service = book.services.get(line.service)
        if line.list == number and (service is None or not 1 <= line.leg < len(service.route)):
            yield row_finding("price-unknown", table, row, f"there is no leg {line.leg} of {line.service!r}", "leg")
        elif line.list == number and line.per_unit < 0:
            message = f"found {line.per_unit!r}, expected 0 or more: prices below it prove nothing"
            yield row_finding("price-negative", table, row, message, "per_unit")
    for row, item in enumerate(tables.room_prices):
        known = book.services.get(item.service)
        if item.list == number and known is not None and item.dimension not in known.capacity:
            message = f"{item.service!r} has no capacity in {item.dimension!r}, so no price"
            yield row_finding("price-unknown", "room_prices", row, message, "dimension")
    seen: set[str] = set()
    for row, demand in enumerate(tables.demands):
        if demand.list == number:
            if demand.order not in book.orders or demand.order in seen:
                message = f"found {demand.order!r}, expected each order of the case at most once"
                yield row_finding("price-unknown", "demands", row, message, "order")
            seen.add(demand.order)
    if {row.player for row in tables.price_lists if row.list == number} != set(tables.summary.players):
        message = f"list {number} has prices, but not one worth for each player"
        yield row_finding("price-list-missing", "price_lists", 0, message, "list")


def read_prices(tables: ShareTables, number: int) -> Prices:
    """The prices behind a list."""
    room: dict[Leg, dict[str, Fraction]] = defaultdict(dict)
    for price in tables.room_prices:
        if price.list == number:
            room[price.service, price.leg - 1][price.dimension] = _exact(price.per_unit)
    toll: dict[int, dict[Leg, Fraction]] = defaultdict(dict)
    for paid in tables.tolls:
        if paid.list == number:
            toll[paid.demand][paid.service, paid.leg - 1] = _exact(paid.per_unit)
    demand = {item.order: item.demand for item in tables.demands if item.list == number}
    return Prices(room=room, toll=toll, demand=demand)


def _check_list(tables: ShareTables, book: Book, graph: FlatGraph, number: int) -> list[Finding]:
    worth = worths(tables, book, graph, read_prices(tables, number))
    findings = []
    for row, line in enumerate(tables.price_lists):
        if line.list == number and _exact(line.worth) < worth[line.player]:
            least = float(worth[line.player])
            message = f"list {number}, {line.player!r}: found {line.worth!r}, its prices allow {least!r}"
            findings.append(row_finding("worth-not-proved", "price_lists", row, message, "worth"))
    return findings


def worths(tables: ShareTables, book: Book, graph: FlatGraph, prices: Prices) -> dict[str, Fraction | float]:
    """What the orders and vehicles of each player are worth at most at some prices; inf where nothing limits it."""
    player_of = player_by_party(book.case, tables.summary.kind)
    worth: dict[str, Fraction | float] = {player: Fraction(0) for player in tables.summary.players}
    repeats = Counter(order for order, _ in book.instances)
    for order, gain in order_gains(book, graph, prices):
        qty = _exact(order.qty) * repeats[order.order]
        worth[player_of[order.party]] += qty * (gain - _exact(order.unserved_cost_per_unit))
    items = _toll_items(book, prices, repeats)
    for service in book.services.values():
        most = _most_runs(book, service)
        total, first = earnings(service, prices, items, most)
        if service.owner:
            worth[player_of[next(iter(read_owners(service.owner).shares))]] += total
            continue
        runs = Fraction(most) if math.isfinite(most) else math.inf
        for player in worth if first > 0 else ():
            worth[player] += first * runs * _exact(tables.summary.quota.get(player, 1.0))
    return worth


def order_gains(book: Book, graph: FlatGraph, prices: Prices) -> Iterator[tuple[Order, Fraction]]:
    """What a unit of each order brings at most above the cheapest way, its room and its tolls."""
    nets: dict[tuple[str, tuple[bool, ...]], tuple[list[list[Arc]], list[list[Arc]]]] = {}
    left: dict[tuple[str, tuple[bool, ...], int], dict[int, int]] = {}
    known: dict[tuple[object, ...], int | None] = {}
    tolls = {k: {leg: math.floor(money * NANO) for leg, money in by_leg.items()} for k, by_leg in prices.toll.items()}
    by_value = sorted(book.orders.values(), key=lambda order: -(order.price_per_unit + order.unserved_cost_per_unit))
    for order in by_value:  # the dearest first: what its way costs holds for those worth less
        good, usable = order.good, graph.usable(order)
        ends = graph.node("in", order.from_hub, "start"), graph.node("out", order.to_hub, "end")
        if (good, usable) not in nets:
            nets[good, usable] = graph.arcs(usable, _unit_cost(book, book.goods[good], prices))
        if (good, usable, ends[1]) not in left:
            left[good, usable, ends[1]] = costs_to(nets[good, usable][1], ends[1])
        value = _exact(order.price_per_unit) + _exact(order.unserved_cost_per_unit)
        demand = prices.demand.get(order.order, -1)
        key = (good, usable, ends, demand)
        if key not in known:
            worth = math.ceil(value * NANO)
            known[key] = cheapest(
                nets[good, usable][0], left[good, usable, ends[1]], ends, tolls.get(demand, {}), worth
            )
        cost = known[key]
        yield order, Fraction(0) if cost is None else max(Fraction(0), value - Fraction(cost, NANO))


def _unit_cost(book: Book, good: Good, prices: Prices) -> Callable[[Leg | None, Handling | None], int]:
    tonnes = _exact(good.per_unit.get("t", 0.0))
    co2 = _exact(book.case.settings.co2_cost_per_t) / 1000
    per_unit = {dim: _exact(size) for dim, size in good.per_unit.items()}

    def cost(leg: Leg | None, row: Handling | None) -> int:
        money = Fraction(0)
        if leg is not None:
            service, index = book.services[leg[0]], leg[1]
            carried = _exact(leg_value(service.cost_per_t, index)) + co2 * _exact(
                leg_value(service.kgco2e_per_t, index)
            )
            money = tonnes * carried
            money += sum((per_unit.get(dim, 0) * price for dim, price in prices.room.get(leg, {}).items()), Fraction(0))
        elif row is not None:
            money = tonnes * _exact(row.cost_per_t)
        return math.floor(money * NANO)

    return cost


def _toll_items(book: Book, prices: Prices, repeats: Mapping[str, int]) -> dict[Leg, list[Item]]:
    """What each demand pays on each leg at most, and its load, by leg."""
    qty: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for order in book.orders.values():
        if order.order in prices.demand:
            qty[prices.demand[order.order], order.good] += _exact(order.qty) * repeats[order.order]
    items: dict[Leg, list[Item]] = defaultdict(list)
    for (demand, good), units in qty.items():
        load = {dim: units * _exact(size) for dim, size in book.goods[good].per_unit.items()}
        for leg, money in prices.toll.get(demand, {}).items():
            items[leg].append((money * units, load))
    return items


def earnings(
    service: Service, prices: Prices, items: Mapping[Leg, list[Item]], most: float
) -> tuple[Fraction | float, Fraction]:
    """
    What all runs of a service earn at most, and the first: room and tolls less their cost; runs that do not pay stay.

    On each leg the dearest freight for its load pays first, as far as runs have room for it.
    """
    legs = [(service.service, leg) for leg in range(len(service.route) - 1)]
    base = -_exact(service.run_cost)
    for leg in legs:
        base += sum(
            (price * _exact(service.capacity[dim]) for dim, price in prices.room.get(leg, {}).items()), Fraction(0)
        )
    tolled = [_paid_by_run(items[leg], service) for leg in legs if items.get(leg)]
    count = int(min(most, max((len(paid) for paid in tolled), default=0)))
    gains = [base + sum((paid[run] for paid in tolled if run < len(paid)), Fraction(0)) for run in range(count)]
    total: Fraction | float = sum((max(gain, Fraction(0)) for gain in gains), Fraction(0))
    if base > 0 and most > count:
        total = total + base * (int(most) - count) if math.isfinite(most) else math.inf
    first = gains[0] if gains else base if most > 0 else Fraction(0)
    return total, max(first, Fraction(0))


def _paid_by_run(items: list[Item], service: Service) -> list[Fraction]:
    """Tolls a leg's first run earns at most, its second, and so on: the least over the dimensions that limit it."""
    best: list[Fraction] | None = None
    for dim, capacity in service.capacity.items():
        if capacity > 0 and math.isfinite(capacity):
            found = _fill(sorted_items(items, dim, _exact(capacity)))
            best = found if best is None else _least(found, best)
    return [sum((pays for pays, _ in items), Fraction(0))] if best is None else best


def sorted_items(items: list[Item], dim: str, capacity: Fraction) -> list[tuple[Fraction, Fraction]]:
    """What each item pays and which part of a run it fills, the dearest for its load first."""
    found = [(pays, load.get(dim, Fraction(0)) / capacity) for pays, load in items]
    return sorted(found, key=lambda item: (item[1] > 0, -item[0] / item[1] if item[1] else Fraction(0)))


def _fill(items: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
    paid = [Fraction(0)]
    space = Fraction(1)
    for pays, fills in items:
        while fills > space:
            paid[-1] += pays * space / fills
            pays, fills = pays * (1 - space / fills), fills - space
            paid.append(Fraction(0))
            space = Fraction(1)
        paid[-1] += pays
        space -= fills
    return paid


def _least(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    """Run by run, so that after each number of runs no more is earned than by either."""
    sums = [[*accumulate(runs)] for runs in (a, b)]
    count = max(len(a), len(b))
    reached = [min(line[min(run, len(line) - 1)] for line in sums) for run in range(count)]
    return [after - before for before, after in zip([Fraction(0), *reached], reached, strict=False)]


def _most_runs(book: Book, service: Service) -> float:
    """Runs of a service in the horizon or cycle at most."""
    slots = book.timetables.get(service.service)
    caps = [service.max_runs] if not slots else [slot.max_runs for slot in slots.values()]
    return math.inf if any(cap is None for cap in caps) else float(sum(cap for cap in caps if cap is not None))


def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))
