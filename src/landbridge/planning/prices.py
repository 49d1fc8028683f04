"""The price list: duals of the strong relaxation by order, and by limit and day."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from landbridge.engine import DesignSolution
from landbridge.model.clock import Clock, zone
from landbridge.model.plan import Price
from landbridge.network import Network
from landbridge.network.limits import LimitNote
from landbridge.network.places import Places
from landbridge.units import FLOW_TOL


def list_prices(network: Network, solution: DesignSolution) -> tuple[Price, ...]:
    """
    Write the duals that are not zero.

    ``good``: worth of one more unit at an order, on the local day its freight is
    ready (a bid: blank). ``capacity``: worth of one more run or tonne of a limit on a
    local day (a departure's: the day it leaves; blank = the whole horizon).
    """
    return (*_good_prices(network, solution), *_capacity_prices(network, solution))


def _good_prices(network: Network, solution: DesignSolution) -> list[Price]:
    case, places = network.case, network.places
    terminal = {
        int(instance): int(block_terminal)
        for instance, block_terminal in zip(network.block_instance, network.problem.block_terminal, strict=True)
    }
    found = []
    for index, instance in enumerate(network.instances):
        price = float(solution.terminal_dual[terminal[index]])
        if abs(price) <= FLOW_TOL:
            continue
        order = case.orders[instance.order]
        day = ""
        if order.from_hub or order.days:
            day = _date(places.clock, instance.ready_min, places.zone_by_hub[order.from_hub or order.to_hub])
        found.append(
            Price(
                kind="good",
                resource=order.order,
                good=order.good,
                day=day,
                price=price,
                unit=f"{case.settings.currency}/unit",
            )
        )
    return found


def _capacity_prices(network: Network, solution: DesignSolution) -> list[Price]:
    """Quotas of one limit on one day add up: the worth of one more of it to all who draw on it."""
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    currency = network.case.settings.currency
    for duals, notes, unit in (
        (solution.limit_dual, network.limit_notes, f"{currency}/run"),
        (solution.flow_limit_dual, network.flow_limit_notes, f"{currency}/t"),
    ):
        for limit, period, dual in duals.reshape(-1, 3).tolist():
            note = notes[int(limit)]
            sums[(note.resource, _day(network.places, note, int(period)), unit)] += dual
    return [
        Price(kind="capacity", resource=resource, good="", day=day, price=dual, unit=unit)
        for (resource, day, unit), dual in sums.items()
        if abs(dual) > FLOW_TOL
    ]


def _day(places: Places, note: LimitNote, period: int) -> str:
    if note.kind in ("hub", "handling"):
        hub = note.resource
        if note.kind == "handling":
            hub = next(row.hub for row in places.case.handling if row.handling == note.resource)
        start = places.clock.start.astimezone(zone(places.zone_by_hub[hub]))
        return (start.date() + timedelta(days=period)).isoformat()
    if note.minute < 0:
        return ""
    service = places.case.services[places.service_idx[note.resource]]
    return _date(places.clock, note.minute, places.zone_by_hub[service.route[0]])


def _date(clock: Clock, minute: int, timezone: str) -> str:
    return clock.text(minute, timezone)[:10]
