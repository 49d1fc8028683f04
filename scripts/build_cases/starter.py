"""The case ``starter``: three regions, one truck, the hand-worked example of the cooperation page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scripts.build_cases.tables import Draft

from landbridge.model.case import Agreement, Good, Grant, Hub, Order, Party, Region, Service, Settings

SOURCE = "worked example of the design page on cooperation, part 9"


def build_starter(truck_t: float = 10.0) -> Draft:
    """
    Build the case ``starter``.

    Parameters
    ----------
    truck_t
        What a truck holds each way, tonnes. With 10 the best joint plan is worth 239, with 8 it is 205.
    """
    tables: dict[str, Sequence[Any]] = {
        "regions": _regions(),
        "parties": [Party(party=name, region=name, name=f"Trading house of {name}", kind="trader") for name in "ABC"],
        "hubs": _hubs(),
        "goods": [Good(good="cargo", name="Cargo", per_unit={"t": 1.0}, origin="assumed", source=SOURCE)],
        "services": _services(truck_t),
        "orders": _orders(),
        "agreements": [
            Agreement(
                agreement=pair,
                name=f"Agreement between {pair[0]} and {pair[1]}",
                status="in_force",
                origin="assumed",
                source=SOURCE,
            )
            for pair in ("AB", "AC", "BC")
        ],
        "grants": [
            Grant(agreement=pair, giver=pair[0], taker=pair[1], kind="service", resource="*", both_ways=True)
            for pair in ("AB", "AC", "BC")
        ],
    }
    settings = Settings(
        name="Starter: three regions, one truck",
        start="2026-01-05T00:00",
        horizon_h=168.0,
        currency="CNY",
        timezone="Asia/Shanghai",
    )
    return Draft(settings=settings, tables=tables, readme=README)


def _regions() -> list[Region]:
    return [
        Region(region=name, name=title, country=country, lat=lat, lon=lon, origin="assumed", source=SOURCE)
        for name, title, country, lat, lon in (
            ("A", "Region A, north", "XN", 48.5, 131.0),
            ("B", "Region B, north", "XN", 48.5, 133.0),
            ("C", "Region C, south", "XS", 45.5, 132.0),
        )
    ]


def _hubs() -> list[Hub]:
    return [
        Hub(hub=f"{name}-town", region=name, name=f"Town of {name}", lat=lat, lon=lon, origin="assumed", source=SOURCE)
        for name, lat, lon in (("A", 48.5, 131.0), ("B", 48.5, 133.0), ("C", 45.5, 132.0))
    ]


def _services(truck_t: float) -> list[Service]:
    rows = []
    for lane, owner, route, leg_h, run_cost in (
        ("lane1-A", "A", ("A-town", "C-town", "A-town"), 5.0, 100.0),
        ("lane1-C", "C", ("C-town", "A-town", "C-town"), 5.0, 100.0),
        ("lane2-B", "B", ("B-town", "C-town", "B-town"), 6.0, 110.0),
        ("lane2-C", "C", ("C-town", "B-town", "C-town"), 6.0, 110.0),
    ):
        rows.append(
            Service(
                service=lane,
                owner=owner,
                mode="road",
                route=route,
                travel_h=(leg_h, leg_h),
                capacity={"t": truck_t},
                run_cost=run_cost,
                origin="assumed",
                source=SOURCE,
            )
        )
    for name, way in (("feeder-AB", ("A-town", "B-town")), ("feeder-BA", ("B-town", "A-town"))):
        rows.append(
            Service(
                service=name,
                owner="A+B",
                mode="road",
                route=way,
                travel_h=(1.0,),
                cost_per_t=(3.0,),
                origin="assumed",
                source=SOURCE,
            )
        )
    return rows


def _orders() -> list[Order]:
    return [
        Order(
            order=f"{party}:{start}>{end}",
            party=party,
            good="cargo",
            qty=qty,
            from_hub=f"{start}-town",
            to_hub=f"{end}-town",
            price_per_unit=20.0,
            origin="assumed",
            source=SOURCE,
        )
        for party, start, end, qty in (
            ("A", "A", "C", 6.0),
            ("B", "B", "C", 4.0),
            ("C", "C", "A", 5.0),
            ("C", "C", "B", 3.0),
        )
    ]


README = """\
# starter: three regions, one truck

A and B lie north of a border, C south of it. Each may run a truck across: between A and C for 100 a round trip (A or C
runs it), between B and C for 110 (B or C). A truck holds 10 tonnes each way. A and B jointly own a feeder road between
them, 3 a tonne. Four shipments, 20 a tonne: A sends 6 to C, B sends 4 to C, C sends 5 to A and 3 to B.

Alone, only A's truck pays: 120 - 100 = 20. Two trucks for all would bring 360 - 210 = 150. One truck on the lane A-C
with the feeder for what starts or ends in B carries everything: 360 - 4 * 3 - 3 * 3 - 100 = **239**.

| who plans together | best plan | value |
|---|---|---|
| A | 6 on its own truck | 20 |
| B | nothing: 80 < 110 | 0 |
| C | nothing gained: 100 - 100, or 0 | 0 |
| A, B | A's truck with 6 + 4 | 88 |
| A, C | one truck, loaded both ways | 120 |
| B, C | lane 2, loaded both ways | 30 |
| A, B, C | one truck and the feeder | 239 |

With trucks of 8 tonnes the best joint plan is worth 205.

**Agreements.** AB, AC and BC are in force. Each has one grant of kind `service`, resource `*`, both ways: the goods of
either party may ride the other's runs. The feeder belongs to `A+B` jointly, so C's goods ride it only with both AC and
BC. Set an agreement's status to `proposed` to see what it is worth: without AB 171, without AC 132, without BC 188.

**Data.** All numbers are assumed: an example small enough to check by hand. The countries XN and XS are codes
ISO 3166-1 leaves to users.
"""
