"""
Made-up cases of any size: regions on both sides of a straight border, all of it growing in proportion to the orders.

Sixteen regions make a thousand orders. They stand in two rows along the border, so that a case twice as large is
twice as long: ways do not get longer with size, there are only more of them. All numbers are invented.
"""

from __future__ import annotations

import math

import numpy as np

from landbridge.model.case import (
    Agreement,
    Case,
    Good,
    Grant,
    Handling,
    Hub,
    Order,
    Party,
    Region,
    Service,
    Settings,
    TimetableRow,
)

ORDERS_PER_COLUMN = 125
"""Orders for each pair of regions that face each other."""

STEP_KM, DEPTH_KM = 120.0, 150.0
REACH = 5
"""Orders go at most so many columns along the border."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SIDES = (("N", "XN", 1.0), ("S", "XS", -1.0))


def make_case(num_orders: int, seed: int = 0) -> Case:
    """
    Make a case: trucks through the nearest crossings three times a week, trains along either side and across.

    Parameters
    ----------
    num_orders
        How many orders; the number of columns of regions follows.
    seed
        Seed of all random choices. Same number and seed, same case.
    """
    rng = np.random.default_rng(seed)
    columns = max(3, math.ceil(num_orders / ORDERS_PER_COLUMN))
    regions, hubs = _places(columns)
    services, timetable = _services(columns, rng)
    return Case(
        settings=Settings(name=f"Made up: {num_orders} orders", horizon_h=168.0, cyclic=True, currency="CNY"),
        regions=regions,
        parties=tuple(Party(party=region.region, region=region.region) for region in regions),
        hubs=hubs,
        handling=_handling(columns),
        goods=(
            Good(good="parcel", per_unit={"t": 1.0}, handling_class="parcel"),
            Good(good="container", per_unit={"t": 10.0}, handling_class="container"),
        ),
        services=services,
        timetable=timetable,
        orders=_orders(num_orders, columns, rng),
        agreements=(Agreement(agreement="all", name="All ride with all", status="in_force"),),
        grants=(Grant(agreement="all", giver="*", taker="*", kind="service", both_ways=True),),
    )


def _city(side: str, column: int) -> str:
    return f"city:{side}{column}"


def _gate(side: str, column: int) -> str:
    return f"gate:{side}{column}"


def _gates(columns: int) -> list[int]:
    """Columns that have a crossing: every other one."""
    return list(range(0, columns, 2))


def _places(columns: int) -> tuple[tuple[Region, ...], tuple[Hub, ...]]:
    regions = tuple(
        Region(region=f"{side}{column}", country=country) for column in range(columns) for side, country, _ in SIDES
    )
    cities = [
        Hub(hub=_city(side, column), region=f"{side}{column}") for column in range(columns) for side, _, _ in SIDES
    ]
    gates = [
        Hub(hub=_gate(side, column), region=f"{side}{column}", kind="crossing")
        for column in _gates(columns)
        for side, _, _ in SIDES
    ]
    return regions, (*cities, *gates)


def _handling(columns: int) -> tuple[Handling, ...]:
    docks = [
        Handling(handling=f"dock@{_city(side, column)}", hub=_city(side, column), dwell_h=3.0, cost_per_t=20.0)
        for column in range(columns)
        for side, _, _ in SIDES
    ]
    gates = [
        Handling(
            handling=f"in@{_gate(side, column)}",
            hub=_gate(side, column),
            direction="in",
            cap_runs_per_day=30.0,
            from_mode="road",
        )
        for column in _gates(columns)
        for side, _, _ in SIDES
    ]
    return (*docks, *gates)


def _services(columns: int, rng: np.random.Generator) -> tuple[tuple[Service, ...], tuple[TimetableRow, ...]]:
    services, timetable = [], []

    def add(name: str, mode: str, route: tuple[str, ...], km: tuple[float, ...], days: int) -> None:
        train = mode == "rail"
        speed, fixed, per_km = (45.0, 4000.0, 90.0) if train else (55.0, 600.0, 9.0)
        side, column = route[0].split(":")[1][0], route[0].split(":")[1][1:]
        services.append(
            Service(
                service=name,
                owner=f"{side}{column}",
                mode=mode,
                route=route,
                travel_h=tuple(round(length / speed + (4.0 if ":" in name else 0.5), 1) for length in km),
                capacity={"t": 600.0 if train else 20.0},
                run_cost=round(fixed + per_km * sum(km)),
                cost_per_t=tuple(round(length * (0.1 if train else 0.3), 1) for length in km),
                max_runs=1 if train else 20,
            )
        )
        chosen = sorted(rng.choice(7, size=days, replace=False).tolist())
        timetable.append(
            TimetableRow(
                service=name,
                days=" ".join(DAYS[day] for day in chosen),
                depart=f"{int(rng.integers(0, 24)):02d}:00",
            )
        )

    for column in range(columns):
        gates = sorted(_gates(columns), key=lambda gate: abs(gate - column))[:2]
        for here, there in (("N", "S"), ("S", "N")):
            for gate in gates:
                way = (_city(here, column), _gate(here, gate), _gate(there, gate), _city(there, gate))
                ends = math.hypot(DEPTH_KM, STEP_KM * (gate - column))
                add(f"truck:{here}{column}-{gate}", "road", way, (ends, 5.0, DEPTH_KM), 3)
                add(f"back:{here}{column}-{gate}", "road", way[::-1], (DEPTH_KM, 5.0, ends), 3)
            if column + 1 < columns:
                pair = (_city(here, column), _city(here, column + 1))
                add(f"train-up-{here}{column}", "rail", pair, (STEP_KM,), 4)
                add(f"train-down-{here}{column}", "rail", pair[::-1], (STEP_KM,), 4)
    for gate in _gates(columns):
        across = (_city("N", gate), _city("S", gate))
        add(f"train:N{gate}", "rail", across, (2 * DEPTH_KM,), 2)
        add(f"train:S{gate}", "rail", across[::-1], (2 * DEPTH_KM,), 2)
    return tuple(services), tuple(timetable)


def _orders(num_orders: int, columns: int, rng: np.random.Generator) -> tuple[Order, ...]:
    found = []
    for number in range(num_orders):
        column = int(rng.integers(columns))
        other = int(np.clip(column + rng.integers(-REACH, REACH + 1), 0, columns - 1))
        here, there = ("N", "S") if rng.random() < 0.5 else ("S", "N")
        if other != column and rng.random() < 0.3:
            there = here
        parcel = bool(rng.random() < 0.7)
        km = 2 * DEPTH_KM * (here != there) + STEP_KM * abs(other - column)
        per_t = (200.0 + 1.5 * km) * rng.uniform(0.5, 2.0)
        found.append(
            Order(
                order=f"O{number:05d}",
                party=f"{here}{column}",
                good="parcel" if parcel else "container",
                qty=round(float(rng.lognormal(-0.5, 0.8)), 2) if parcel else float(rng.integers(1, 5)),
                from_hub=_city(here, column),
                to_hub=_city(there, other),
                price_per_unit=round(per_t * (1.0 if parcel else 6.0)),
                ready=f"{DAYS[int(rng.integers(7))]} {int(rng.integers(6, 20)):02d}:00",
                due=f"+{72 if parcel else 120}h",
            )
        )
    return tuple(found)
