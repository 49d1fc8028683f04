"""Small cases for the tests of network and planning: hubs A, B (in XN) and C (in XS), one good of a tonne a unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from landbridge.model.case import (
    Agreement,
    Case,
    Good,
    Grant,
    Hub,
    Order,
    Party,
    Region,
    Service,
    Settings,
    TimetableRow,
)


def small_case(**changes: Any) -> Case:
    """Three regions with a hub and a party each, no service and no order; 2026-01-05 is a Monday."""
    case = Case(
        settings=Settings(name="small", horizon_h=48.0),
        regions=(Region(region="A", country="XN"), Region(region="B", country="XN"), Region(region="C", country="XS")),
        parties=tuple(Party(party=name.lower(), region=name) for name in "ABC"),
        hubs=tuple(Hub(hub=name, region=name) for name in "ABC"),
        goods=(Good(good="cargo", per_unit={"t": 1.0}),),
    )
    return replace(case, **changes)


def weekly(case: Case) -> Case:
    """The case as a week that repeats."""
    return replace(case, settings=replace(case.settings, horizon_h=168.0, cyclic=True))


def service(name: str = "s", route: str = "A>C", **changes: Any) -> Service:
    """A truck of 10 t that takes 5 h a leg and costs 100 a run."""
    hubs = tuple(route.split(">"))
    fields: dict[str, Any] = {
        "service": name,
        "mode": "road",
        "route": hubs,
        "travel_h": (5.0,) * (len(hubs) - 1),
        "capacity": {"t": 10.0},
        "run_cost": 100.0,
    }
    return Service(**(fields | changes))


def daily(name: str = "s", depart: str = "08:00", **changes: Any) -> TimetableRow:
    """A departure a day."""
    return TimetableRow(**({"service": name, "depart": depart} | changes))


def shipment(name: str = "o", way: str = "A>C", **changes: Any) -> Order:
    """Party a's order of 4 units at 20 each."""
    start, _, end = way.partition(">")
    fields: dict[str, Any] = {
        "order": name,
        "party": "a",
        "good": "cargo",
        "qty": 4.0,
        "from_hub": start,
        "to_hub": end,
        "price_per_unit": 20.0,
    }
    return Order(**(fields | changes))


def offer(name: str = "offer", hub: str = "A", **changes: Any) -> Order:
    """Party a sells 4 units at 5 each."""
    return shipment(name, f"{hub}>", **({"price_per_unit": 5.0} | changes))


def bid(name: str = "bid", hub: str = "C", **changes: Any) -> Order:
    """Party c buys 4 units at 20 each."""
    return shipment(name, f">{hub}", **({"party": "c"} | changes))


def grants(*rows: tuple[str, str, str], **changes: Any) -> dict[str, Any]:
    """Grants (giver, taker, kind) of one agreement in force, as changes of a case."""
    return {
        "agreements": (Agreement(agreement="G", status="in_force"),),
        "grants": tuple(
            Grant(**({"agreement": "G", "giver": giver, "taker": taker, "kind": kind} | changes))
            for giver, taker, kind in rows
        ),
    }
