"""Rows of proof_prices.csv as prices: whole parts of a unit of money, of most kinds none below 0."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from landbridge.errors import Finding
from landbridge.model.shares import ProofPriceRow, ProvedBy
from landbridge.verify.book import Book
from landbridge.verify.freight import Key
from landbridge.verify.layout import ANY
from landbridge.verify.members import exact
from landbridge.verify.report import row_finding

FREE_OF_SIGN = (ProvedBy.OFFER, ProvedBy.VEHICLE)

NANO, MICRO = 10**9, 10**6
"""Parts of a unit of money that are counted: at most, and at least."""

LARGEST = 10**6
"""A price above this is read as this: any prices prove something."""


@dataclass(slots=True)
class OfRun:
    """Prices on the runs of a departure by one charterer: by leg, and dimension, grant or order."""

    room: dict[tuple[int, str], int] = field(default_factory=dict)
    share: dict[tuple[int, str, str], int] = field(default_factory=dict)
    toll: dict[tuple[int, Key], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices behind a list, in whole parts of a unit of money.

    Parameters
    ----------
    unit
        Parts that a unit of money has: so many that all prices are whole, or else ``NANO``; then they are rounded down.
    run
        By service, minute and charterer.
    calls
        By kind, resource and local day: charterers who pay (empty: all) and the price of a call.
    tonnes
        By handling row and local day.
    offer
        What a unit of an offer is sold for.
    vehicle
        By fleet and hub: minute and worth of a vehicle there from then on.
    fleet
        Worth of a vehicle in use.
    payers
        Instances of orders that pay tolls.
    """

    unit: int
    run: dict[tuple[str, int, str], OfRun]
    calls: dict[tuple[str, str, int], list[tuple[frozenset[str], int]]]
    tonnes: dict[tuple[str, int], int]
    offer: dict[Key, int]
    vehicle: dict[tuple[str, str], dict[int, int]]
    fleet: dict[str, int]
    payers: frozenset[Key]


def read_prices(rows: Iterable[tuple[int, ProofPriceRow]], book: Book, findings: list[Finding]) -> Prices:
    """Read numbered rows of a list; what names nothing of the case or is below 0 is a finding, and left out."""
    run: dict[tuple[str, int, str], OfRun] = defaultdict(OfRun)
    calls: dict[tuple[str, str, int], list[tuple[frozenset[str], int]]] = defaultdict(list)
    tonnes: dict[tuple[str, int], int] = {}
    offer: dict[Key, int] = {}
    vehicle: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    fleet: dict[str, int] = {}
    rows = list(rows)
    unit = _unit(row for _, row in rows)
    for number, row in rows:
        problem = next(_problems(row, book), None)
        if problem is not None:
            findings.append(row_finding("price-unknown", "proof_prices", number, problem[1], problem[0]))
            continue
        if row.price < 0 and row.kind not in FREE_OF_SIGN:
            message = f"found {row.price!r}, expected 0 or more: prices below it prove nothing"
            findings.append(row_finding("price-negative", "proof_prices", number, message, "price"))
            continue
        price = math.floor(_fraction(row) * unit)
        match row.kind:
            case ProvedBy.ROOM | ProvedBy.SHARE | ProvedBy.TOLL:
                for charterer in row.user.split():
                    _add_on_leg(run[row.resource, _minute(row, book), charterer], row, price)
            case ProvedBy.HUB_CALLS | ProvedBy.HANDLING_CALLS:
                table = "hubs" if row.kind == ProvedBy.HUB_CALLS else "handling"
                calls[table, row.resource, int(row.at)].append((frozenset(row.user.split()), price))
            case ProvedBy.TONNES:
                tonnes[row.resource, int(row.at)] = price
            case ProvedBy.OFFER:
                offer[row.resource, row.repeat] = price
            case ProvedBy.VEHICLE:
                vehicle[row.resource, row.user][_minute(row, book)] = price
            case _:
                fleet[row.resource] = price
    payers = frozenset(key for found in run.values() for _, key in found.toll)
    return Prices(
        unit=unit,
        run=dict(run),
        calls=dict(calls),
        tonnes=tonnes,
        offer=offer,
        vehicle=dict(vehicle),
        fleet=fleet,
        payers=payers,
    )


def _fraction(row: ProofPriceRow) -> Fraction:
    return max(Fraction(-LARGEST), min(exact(row.price) / row.units, Fraction(LARGEST)))


def _unit(rows: Iterable[ProofPriceRow]) -> int:
    """Parts of a unit of money in which all prices are whole; ``NANO`` if they are too many."""
    unit = MICRO
    for row in rows:
        unit = math.lcm(unit, _fraction(row).denominator) if row.units > 0 else unit
        if unit > NANO:
            return NANO
    return unit


def _add_on_leg(run: OfRun, row: ProofPriceRow, price: int) -> None:
    leg = row.leg - 1
    if row.kind == ProvedBy.ROOM:
        run.room[leg, row.item] = price
    elif row.kind == ProvedBy.SHARE:
        run.share[leg, row.item, row.grant] = price
    else:
        run.toll[leg, (row.item, row.repeat)] = price


def _minute(row: ProofPriceRow, book: Book) -> int:
    minute = book.minute(row.at) if row.at else ANY
    assert minute is not None
    return minute


def _problems(row: ProofPriceRow, book: Book) -> Iterator[tuple[str, str]]:
    """Column and message of what a row names and the case does not have."""
    if row.kind not in tuple(ProvedBy):
        yield "kind", f"found {row.kind!r}, expected one of {', '.join(ProvedBy)}"
    elif row.units < 1:
        yield "units", f"found {row.units}, expected 1 or more"
    elif row.kind in (ProvedBy.ROOM, ProvedBy.SHARE, ProvedBy.TOLL):
        yield from _problems_on_leg(row, book)
    elif row.kind in (ProvedBy.HUB_CALLS, ProvedBy.HANDLING_CALLS, ProvedBy.TONNES):
        limit = {
            ProvedBy.HUB_CALLS: lambda: book.hubs[row.resource].cap_runs_per_day,
            ProvedBy.HANDLING_CALLS: lambda: book.handlings[row.resource].cap_runs_per_day,
            ProvedBy.TONNES: lambda: book.handlings[row.resource].cap_t_per_day,
        }
        known = book.hubs if row.kind == ProvedBy.HUB_CALLS else book.handlings
        if row.resource not in known or limit[ProvedBy(row.kind)]() is None:
            yield "resource", f"{row.resource!r} has no such limit"
        elif not row.at.isdecimal():
            yield "at", f"found {row.at!r}, expected a local day, from 0"
    elif row.kind == ProvedBy.OFFER:
        item = book.instances.get((row.resource, row.repeat))
        if item is None or item.order.to_hub:
            yield "resource", f"there is no offer {row.resource!r}, repeat {row.repeat}"
    elif row.resource not in book.fleets:
        yield "resource", f"there is no fleet {row.resource!r}"
    elif row.kind == ProvedBy.VEHICLE and (row.user not in book.hubs or book.minute(row.at) is None):
        yield "user", f"found {row.user!r} at {row.at!r}, expected a hub and a time"


def _problems_on_leg(row: ProofPriceRow, book: Book) -> Iterator[tuple[str, str]]:
    service = book.services.get(row.resource)
    if service is None or not 1 <= row.leg < len(service.route):
        yield "leg", f"there is no leg {row.leg} of {row.resource!r}"
    elif row.kind != ProvedBy.TOLL and not service.capacity.get(row.item, 0.0) > 0:
        yield "item", f"{row.resource!r} has no capacity in {row.item!r}, so no price"
    elif row.kind == ProvedBy.TOLL and (row.item, row.repeat) not in book.instances:
        yield "item", f"there is no order {row.item!r}, repeat {row.repeat}"
    elif row.kind == ProvedBy.SHARE and not _is_part(row.grant):
        yield "grant", f"found {row.grant!r}, expected giver, agreement and open part"
    elif row.at and book.minute(row.at) not in book.timetables.get(row.resource, {}):
        yield "at", f"{row.resource!r} does not leave at {row.at!r}"


def _is_part(grant: str) -> bool:
    try:
        return 0 < float(grant.rpartition(" ")[2]) < 1
    except ValueError:
        return False
