"""The terms of the value and the spend, from the rows (semantics §3.6, §6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from landbridge.model.plan import Money
from landbridge.units import MINUTES_PER_HOUR
from landbridge.verify.book import Book, leg_value
from landbridge.verify.fleets import count_used
from landbridge.verify.ways import Way


def sum_filled(book: Book, ways: Sequence[Way]) -> dict[tuple[str, int], float]:
    """Units that arrive, by instance of an order; what is sold counts at the offer and at the bid."""
    filled: dict[tuple[str, int], float] = defaultdict(float)
    for way in ways:
        filled[way.first.order.order, way.first.repeat] += way.qty
        if way.bid is not None:
            filled[way.bid.order.order, way.bid.repeat] += way.qty
    return filled


def flow_cost(book: Book, way: Way) -> float:
    """Cost of the legs of a path, with CO2 (§3.6)."""
    total = 0.0
    for step in way.steps:
        if step.run is not None:
            service = step.run.service
            co2 = book.case.settings.co2_cost_per_t * leg_value(service.kgco2e_per_t, step.leg) / 1000.0
            total += way.tonnes * (leg_value(service.cost_per_t, step.leg) + co2)
    return total


def handling_cost(way: Way) -> float:
    """Cost of the handlings of a path (§3.4)."""
    return sum(way.tonnes * step.handling.cost_per_t for step in way.steps if step.handling is not None)


def storage_cost(book: Book, way: Way) -> float:
    """Cost of the waits of a path (§3.5)."""
    return sum(
        way.tonnes * book.hubs[wait.hub].store_cost_per_t_h * (wait.until - wait.since) / MINUTES_PER_HOUR
        for wait in way.waits
    )


def late_cost(way: Way) -> float:
    """Cost of the lateness of a path (§2.4)."""
    return way.qty * way.terms.late_cost_per_unit_h * way.late_min / MINUTES_PER_HOUR


def order_value(is_offer: bool, price_per_unit: float, filled: float) -> float:
    """Part of an order in orders_value: an offer costs its price (§2.5)."""
    return -price_per_unit * filled if is_offer else price_per_unit * filled


def sum_money(book: Book, ways: Sequence[Way]) -> Money:
    """Recompute the terms of the value (§6.1)."""
    filled = sum_filled(book, ways)
    used = count_used(book)
    return Money(
        orders_value=sum(
            order_value(not item.order.to_hub, item.order.price_per_unit, filled.get(key, 0.0))
            for key, item in book.instances.items()
        ),
        run_cost=sum(run.service.run_cost * run.departure.runs for run in book.runs),
        empty_cost=sum((run.service.empty_cost or 0.0) * run.departure.empty_runs for run in book.runs),
        fleet_cost=sum(book.fleets[fleet].fixed_cost * vehicles for fleet, vehicles in used.items()),
        flow_cost=sum(flow_cost(book, way) for way in ways),
        handling_cost=sum(handling_cost(way) for way in ways),
        storage_cost=sum(storage_cost(book, way) for way in ways),
        late_cost=sum(late_cost(way) for way in ways),
        unserved_cost=sum(
            item.order.unserved_cost_per_unit * max(0.0, item.order.qty - filled.get(key, 0.0))
            for key, item in book.instances.items()
        ),
    )


def sum_spend(book: Book, ways: Sequence[Way], money: Money) -> float:
    """Recompute the spend (§6.2)."""
    loaded: Counter[tuple[str, int]] = Counter()
    for run in book.runs:
        loaded[run.service.service, run.leaves] += run.departure.runs
    must_cost = sum(
        book.services[name].run_cost * min(slot.must_run, loaded[name, minute])
        for name, timetable in book.timetables.items()
        for minute, slot in timetable.items()
    )
    shared = sum(
        flow_cost(book, way) + handling_cost(way) + storage_cost(book, way) + late_cost(way)
        for way in ways
        if any(step.run is not None and (step.run.service.run_cost > 0 or step.run.service.fleet) for step in way.steps)
    )
    return money.run_cost - must_cost + money.empty_cost + money.fleet_cost + money.unserved_cost + shared
