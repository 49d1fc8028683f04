"""What vehicles of fleets are worth where and when, made such that none gains by standing (semantics §5.6)."""

from __future__ import annotations

from dataclasses import dataclass

from landbridge.model.case import Fleet, Service
from landbridge.verify.book import Book
from landbridge.verify.members import exact
from landbridge.verify.proof_prices import Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetWorth:
    """
    Worth of the vehicles of a fleet, parts of a unit of money.

    Parameters
    ----------
    at
        By hub and minute, never rising in the course of a cycle or plan.
    in_use
        Of one that is in use.
    """

    at: dict[tuple[str, int], int]
    in_use: int


def fleet_worths(book: Book, prices: Prices) -> dict[str, FleetWorth]:
    """
    Worth of the vehicles of each fleet at the prices of a list.

    A vehicle that stands may not become worth more, and one that stands or is on its way at minute 0 is in use. Prices
    that do not keep to this are lowered or raised until they do.
    """
    found = {}
    for name, fleet in book.fleets.items():
        services = [row for row in book.services.values() if row.fleet == name]
        moments: dict[str, set[int]] = {}
        for service in services:
            for minute in book.timetables.get(service.service, {}):
                end = arrival(book, service, minute)
                moments.setdefault(service.route[0], set()).add(minute)
                if book.cyclic or end <= book.horizon_min:
                    moments.setdefault(service.route[-1], set()).add(book.wrap(end))
        if services:
            found[name] = _worth(book, fleet, moments, prices)
    return found


def arrival(book: Book, service: Service, minute: int) -> int:
    """Minute at which a run that leaves at a minute is at its last hub."""
    return minute + sum(book.leg_min[service.service])


def _worth(book: Book, fleet: Fleet, moments: dict[str, set[int]], prices: Prices) -> FleetWorth:
    returns = book.cyclic or fleet.round_the_week
    at: dict[tuple[str, int], int] = {}
    needed = 0
    for hub, minutes in moments.items():
        told, worth = prices.vehicle.get((fleet.fleet, hub), {}), None
        first = last = 0
        for minute in sorted(minutes):
            price = told.get(minute, worth or 0)
            if not returns:
                price = max(price, 0)
            if worth is None:
                first = price
            worth = last = price if worth is None else min(worth, price)
            at[hub, minute] = worth
        if book.cyclic or not fleet.hub or hub == fleet.hub:
            needed = max(needed, first - last if returns else first)
    in_use = max(prices.fleet.get(fleet.fleet, 0), needed)
    fixed = int(exact(fleet.fixed_cost) * prices.unit)
    if fleet.count is None and in_use > fixed:
        if needed > fixed:  # nothing limits their number: what they are worth is scaled to their cost
            at = {key: price * max(fixed - 1, 0) // needed for key, price in at.items()}
        in_use = fixed
    return FleetWorth(at=at, in_use=in_use)
