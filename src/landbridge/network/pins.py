"""What a planner locks: bounds on the runs of services and departures and on what orders get."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import Pin
from landbridge.model.clock import BadTime
from landbridge.network.places import Places


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and most."""

    low: float = 0.0
    cap: float = math.inf


UNBOUNDED = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSet:
    """
    Pins by what they lock.

    Parameters
    ----------
    services, orders
        By id. Bounds of an order hold for each of its instances.
    departures
        By id of the service and minute of leaving.
    is_only
        True: what is not pinned does not run (must_run excepted).
    """

    services: dict[str, Bounds] = field(default_factory=dict)
    departures: dict[str, dict[int, Bounds]] = field(default_factory=dict)
    orders: dict[str, Bounds] = field(default_factory=dict)
    is_only: bool = False


def read_pins(places: Places, pins: Iterable[Pin], *, is_only: bool) -> PinSet:
    """
    Look up what pins lock; several pins of one thing all hold.

    Raises
    ------
    InvalidCase
        When a pin names what does not exist.
    """
    found = PinSet(is_only=is_only)
    findings: list[Finding] = []
    order_ids = {order.order for order in places.case.orders}
    for pin in pins:
        bounds = Bounds(pin.min, math.inf if pin.max is None else pin.max)
        where = f"pins {pin.table} {pin.key}"
        if pin.table == "services" and pin.key in places.service_idx:
            found.services[pin.key] = _both(found.services.get(pin.key), bounds)
        elif pin.table == "orders" and pin.key in order_ids:
            found.orders[pin.key] = _both(found.orders.get(pin.key), bounds)
        elif pin.table == "departures":
            try:
                service, minute = _departure_of(places, pin.key)
            except BadTime as error:
                findings.append(Finding(code="unknown-pin", where=where, column="key", message=str(error)))
                continue
            slots = found.departures.setdefault(service, {})
            slots[minute] = _both(slots.get(minute), bounds)
        else:
            what = {"services": "the id of a service", "orders": "the id of an order"}.get(pin.table)
            expected = f"expected {what}" if what else "expected the table services, departures or orders"
            message = f"pinned {pin.table} {pin.key!r}, which the case does not have; {expected}"
            findings.append(Finding(code="unknown-pin", where=where, column="key", message=message))
    if findings:
        raise InvalidCase(sorted(findings))
    return found


def _departure_of(places: Places, key: str) -> tuple[str, int]:
    service, at, time = key.rpartition("@")
    if not at or service not in places.service_idx:
        raise BadTime(f"pinned departure {key!r}, expected service@time with a service of the case, S1@Mon 08:00")
    first_hub = places.case.services[places.service_idx[service]].route[0]
    minute = places.clock.minute(time, places.zone_by_hub[first_hub])
    return service, minute % places.clock.horizon_min if places.clock.cyclic else minute


def _both(old: Bounds | None, new: Bounds) -> Bounds:
    return new if old is None else Bounds(max(old.low, new.low), min(old.cap, new.cap))
