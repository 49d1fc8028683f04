"""A made-up case of any number of regions on two sides of a border, for trying out how many can share."""

from __future__ import annotations

import numpy as np

from landbridge.errors import UnknownName
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

CAP_T = 20.0
RUN_COST = 200.0
COST_PER_T = 10.0
PRICE_PER_T = 120.0
ORDERS = 6
LARGEST = 60


def make_case(num_regions: int, seed: int = 0) -> Case:
    """
    Make a case: half of the regions north of a border, half south, in two rows that face each other.

    Each region sends freight to regions nearby and runs trucks to its neighbours
    on both sides, twice a week; neighbours have signed agreements to carry for each other. A truck of 20 t is
    more than most regions fill alone. All numbers are made up.

    Parameters
    ----------
    num_regions
        Even, 4 to 60.
    seed
        The same seed makes the same case.

    Raises
    ------
    UnknownName
        ``unknown-case``, when there is no such number of regions.
    """
    if num_regions % 2 or not 4 <= num_regions <= LARGEST:
        raise UnknownName(
            f"made-up-{num_regions}: expected an even number of regions from 4 to {LARGEST}", code="unknown-case"
        )
    rng = np.random.default_rng(seed)
    half = num_regions // 2
    names = [f"{side}{index + 1:02d}" for side in "NS" for index in range(half)]
    places = {name: (index % half, index // half) for index, name in enumerate(names)}
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if _are_neighbours(places[a], places[b])]
    services = [
        Service(
            service=f"{a}-{b}-{owner}",
            owner=owner,
            mode="road",
            route=(a, b, a) if owner == a else (b, a, b),
            travel_h=(6.0, 6.0),
            capacity={"t": CAP_T},
            run_cost=RUN_COST,
            cost_per_t=(COST_PER_T,),
            max_runs=6,
            origin="assumed",
        )
        for a, b in pairs
        for owner in (a, b)
    ]
    return Case(
        settings=Settings(name=f"Made up: {num_regions} regions on two sides of a border", cyclic=True, currency="CNY"),
        regions=tuple(
            Region(region=name, name=name, country="XN" if name[0] == "N" else "XS", population=1e6) for name in names
        ),
        parties=tuple(Party(party=name, region=name) for name in names),
        hubs=tuple(Hub(hub=name, region=name) for name in names),
        goods=(Good(good="cargo", per_unit={"t": 1.0}),),
        services=tuple(services),
        timetable=tuple(
            TimetableRow(service=row.service, days="Mon Thu" if index % 2 else "Tue Fri", depart="08:00")
            for index, row in enumerate(services)
        ),
        orders=_orders(names, places, rng),
        agreements=tuple(Agreement(agreement=f"{a}-{b}", status="in_force") for a, b in pairs),
        grants=tuple(Grant(agreement=f"{a}-{b}", giver=a, taker=b, kind="service", both_ways=True) for a, b in pairs),
    )


def _orders(names: list[str], places: dict[str, tuple[int, int]], rng: np.random.Generator) -> tuple[Order, ...]:
    found = []
    for name in names:
        near = [other for other in names if other != name and _distance(places[name], places[other]) <= 3]
        for index, other in enumerate(rng.choice(near, size=min(ORDERS, len(near)), replace=False).tolist()):
            steps = _distance(places[name], places[other])
            found.append(
                Order(
                    order=f"{name}-{index + 1}",
                    party=name,
                    good="cargo",
                    qty=float(rng.integers(3, 14)),
                    from_hub=name,
                    to_hub=other,
                    price_per_unit=round(PRICE_PER_T * steps**0.5 * float(rng.uniform(0.8, 1.2)), 2),
                    origin="assumed",
                )
            )
    return tuple(found)


def _distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _are_neighbours(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return _distance(one, other) == 1
