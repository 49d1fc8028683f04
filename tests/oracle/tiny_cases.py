"""Cases of a few rows for hand-checked tests, and a plain rule for candidate minutes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from landbridge.model.case import Case, Good, Hub, Order, Party, Region, Service, Settings


def tiny_case(*, services: Iterable[Service], orders: Iterable[Order], **changes: Any) -> Case:
    """
    Make a case of three regions with a party and a public hub each: a, b, c in countries NA, NB, NC.

    The horizon is one day from a Monday midnight, UTC; the good ``g`` weighs
    one tonne a unit. ``changes`` replace fields of the case, ``settings`` (a
    dict) fields of its settings.
    """
    settings = {"name": "tiny", "start": "2026-01-05T00:00", "horizon_h": 24.0} | changes.pop("settings", {})
    tables: dict[str, Any] = {
        "regions": tuple(Region(region=name.upper(), country=f"N{name.upper()}") for name in "abc"),
        "parties": tuple(Party(party=name, region=name.upper()) for name in "abc"),
        "hubs": tuple(Hub(hub=f"h{name}", region=name.upper()) for name in "abc"),
        "goods": (Good(good="g", per_unit={"t": 1.0}),),
    }
    return Case(settings=Settings(**settings), services=tuple(services), orders=tuple(orders), **(tables | changes))


def truck(name: str = "s", route: str = "ha>hb", **changes: Any) -> Service:
    """Make a public truck of 10 t, one hour a leg, 10 a run."""
    hubs = tuple(route.split(">"))
    fields: dict[str, Any] = {
        "mode": "road", "travel_h": (1.0,) * (len(hubs) - 1), "capacity": {"t": 10.0}, "run_cost": 10.0,
    }  # fmt: skip
    return Service(service=name, route=hubs, **(fields | changes))


def shipment(name: str = "o", way: str = "ha>hb", **changes: Any) -> Order:
    """Make a shipment of party a: 10 units of ``g`` worth 5 each."""
    from_hub, _, to_hub = way.partition(">")
    fields: dict[str, Any] = {"party": "a", "good": "g", "qty": 10.0, "price_per_unit": 5.0}
    return Order(order=name, from_hub=from_hub, to_hub=to_hub, **(fields | changes))


def every(case: Case, step_h: float) -> dict[str, list[int]]:
    """Candidate minutes of the services without a timetable: every ``step_h`` hours."""
    timetabled = {row.service for row in case.timetable}
    horizon, step = round(60 * case.settings.horizon_h), round(60 * step_h)
    return {
        service.service: list(range(0, horizon, step)) for service in case.services if service.service not in timetabled
    }
