"""From a line (who, with what, over which hubs, how often) to services, timetable rows and fleets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scripts.build_cases.facts import Facts, great_circle_km
from scripts.build_cases.parameters import EMPTY_PART, ROAD_SPEED_KM_H, VEHICLES, Vehicle

from landbridge.model.case import Fleet, Service, TimetableRow

LANE_MODE = {"bus": "road"}
DAYS = {1: "Thu", 2: "Tue Fri", 3: "Mon Wed Fri", 4: "Mon Wed Fri Sun", 5: "1-5", 6: "1-6", 7: ""}
SHIFTED_DAYS = {1: "Sat", 2: "Mon Thu", 3: "Tue Thu Sat", 4: "Tue Thu Sat Sun", 5: "3-7", 6: "2-7", 7: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A line of vehicles between two ends.

    Parameters
    ----------
    line
        Id; services are ``line>`` outwards and ``line<`` back, or ``line`` for a round trip.
    owner
        Party; blank = a public carrier at tariff.
    vehicle
        Key of ``VEHICLES``.
    path
        Hubs outwards.
    per_week
        Departures a week in each direction.
    hour
        Local clock hour of departure, outwards.
    back_hour
        Local clock hour of departure, back; None = nine hours after ``hour``.
    round_trip
        One vehicle goes there and back in one service.
    fleet
        Vehicles that both directions share, for each departure; 0 = hired one way. The fleet has as many times this as
        departures leave while one vehicle goes round.
    max_runs
        Most vehicles on each departure.
    """

    line: str
    owner: str
    vehicle: str
    path: tuple[str, ...]
    per_week: int
    hour: int
    back_hour: int | None = None
    round_trip: bool = False
    fleet: int = 0
    max_runs: int | None = None


@dataclass(frozen=True, slots=True)
class LineRows:
    """What lines become."""

    services: tuple[Service, ...]
    timetable: tuple[TimetableRow, ...]
    fleets: tuple[Fleet, ...]


def build_lines(lines: Sequence[Line], facts: Facts) -> LineRows:
    """Services, timetable and fleets of all lines, in the order given."""
    services: list[Service] = []
    timetable: list[TimetableRow] = []
    fleets: list[Fleet] = []
    for at, line in enumerate(lines):
        days = DAYS if at % 2 == 0 else SHIFTED_DAYS
        if line.fleet:
            fleets.append(
                Fleet(
                    fleet=line.line, owner=line.owner, count=_fleet_size(line, facts), fixed_cost=0.0,
                    origin="assumed", source=f"{line.fleet} vehicles for each departure while one goes round",
                )
            )  # fmt: skip
        if line.round_trip:
            directions = [(line.line, line.path + line.path[-2::-1], line.hour, days[line.per_week])]
        else:
            other = SHIFTED_DAYS if days is DAYS else DAYS
            back_hour = (line.hour + 9) % 24 if line.back_hour is None else line.back_hour
            directions = [
                (f"{line.line}-out", line.path, line.hour, days[line.per_week]),
                (f"{line.line}-back", line.path[::-1], back_hour, other[line.per_week]),
            ]
        for name, path, hour, on_days in directions:
            services.append(_service(line, name, path, facts))
            timetable.append(TimetableRow(service=name, days=on_days, depart=f"{hour:02d}:00"))
    return LineRows(tuple(services), tuple(timetable), tuple(fleets))


def _fleet_size(line: Line, facts: Facts) -> int:
    """Vehicles on the way out and back, with a wait of half a day at each end."""
    vehicle = VEHICLES[line.vehicle]
    one_way_h = sum(
        leg_hours(vehicle, leg_km(facts, a, b, vehicle.mode), facts.hubs[a].country != facts.hubs[b].country)
        for a, b in pairwise(line.path)
    )
    return line.fleet * math.ceil(line.per_week * (2 * one_way_h + 24.0) / 168.0)


def leg_cost(vehicle: Vehicle, distance_km: float, crosses: bool, public: bool) -> float:
    """Cost of a full vehicle on a leg: the public tariff, or that divided by the public factor."""
    tariff = vehicle.tariff_per_km * distance_km + (vehicle.border_cost if crosses else 0.0)
    return tariff if public else tariff / vehicle.public_factor


def dray_cost(vehicle: Vehicle, distance_km: float, public: bool) -> float:
    """Cost of the trucks that bring a full aircraft's or ship's load from the city, or take it there."""
    trucks = vehicle.hold_t / VEHICLES["truck"].hold_t
    tariff = trucks * VEHICLES["truck"].tariff_per_km * distance_km
    return tariff if public else tariff / vehicle.public_factor


def leg_hours(vehicle: Vehicle, distance_km: float, crosses: bool) -> float:
    """Hours of a leg, stops and border included."""
    return max(distance_km / vehicle.speed_km_h, 0.2) + vehicle.ground_h + (vehicle.border_h if crosses else 0.0)


def _service(line: Line, name: str, path: tuple[str, ...], facts: Facts) -> Service:
    vehicle = VEHICLES[line.vehicle]
    legs = list(pairwise(path))
    lengths = [leg_km(facts, a, b, vehicle.mode) for a, b in legs]
    crosses = [facts.hubs[a].country != facts.hubs[b].country for a, b in legs]
    public = not line.owner
    dray = [is_dray(a, b, vehicle.mode) for a, b in legs]
    costs = [
        dray_cost(vehicle, km, public) if by_truck else leg_cost(vehicle, km, over, public)
        for km, over, by_truck in zip(lengths, crosses, dray, strict=True)
    ]
    run_cost = round(vehicle.run_part * sum(costs))
    per_t = tuple(round((1 - vehicle.run_part) * cost / vehicle.hold_t, 1) for cost in costs)
    return Service(
        service=name,
        owner=line.owner,
        mode=vehicle.mode,
        route=path,
        travel_h=tuple(
            round(1.0 + km / ROAD_SPEED_KM_H if by_truck else leg_hours(vehicle, km, over), 1)
            for km, over, by_truck in zip(lengths, crosses, dray, strict=True)
        ),
        distance_km=tuple(round(km, 1) for km in lengths),
        capacity=vehicle.capacity,
        run_cost=float(run_cost),
        cost_per_t=per_t if any(per_t) else (0.0,),
        accepts=vehicle.accepts,
        max_runs=line.max_runs,
        fleet=line.line if line.fleet else "",
        empty_cost=float(round(EMPTY_PART * run_cost)) if line.fleet else None,
        kgco2e_per_t=tuple(round(vehicle.kgco2e_per_t_km * km, 1) for km in lengths),
        origin=_origin(vehicle, bool(line.fleet)),
        source=f"{line.vehicle}: {vehicle.source}"[:400],
    )


def _origin(vehicle: Vehicle, with_fleet: bool) -> str:
    if "assumed" in vehicle.source.split(":")[0]:
        return "assumed distance_km:derived"
    columns = [*(f"cap_{name}" for name in vehicle.capacity), "max_runs", "kgco2e_per_t"]
    if with_fleet:
        columns.append("empty_cost")
    return " ".join(["derived", *(f"{name}:assumed" for name in columns)])


_KNOWN_KM: Mapping[tuple[str, str, str], float] = {
    # road lanes that the facts lack: the railway beside the road, or a gap at a bridge
    ("xing:blagoveshchensk", "city:RU-AMU", "road"): 12.0,
    ("city:RU-KHA", "city:ussuriysk", "road"): 651.7,
}
OVER_GREAT_CIRCLE = {"road": 1.235, "air": 1.0, "sea": 1.3}
"""Length of a leg that the facts lack, over the great circle: road as in the facts, sea assumed."""


def leg_km(facts: Facts, start: str, end: str, mode: str) -> float:
    """Length of a leg: a lane of the facts, the shortest way over lanes, a listed exception, or the great circle."""
    lane_mode = "road" if is_dray(start, end, mode) else LANE_MODE.get(mode, mode)
    for key in ((start, end, lane_mode), (end, start, lane_mode)):
        if key in _KNOWN_KM:
            return _KNOWN_KM[key]
    known_km = facts.distance_km(start, end, lane_mode)
    if known_km is not None:
        return known_km
    return round(OVER_GREAT_CIRCLE[lane_mode] * great_circle_km(facts.hubs[start], facts.hubs[end]), 1)


def is_dray(start: str, end: str, mode: str) -> bool:
    """Tell whether a leg of an air or sea service is its truck between a city and the airport or port."""
    terminal = ("air:", "port:")
    return mode in ("air", "sea") and start.startswith(terminal) != end.startswith(terminal)
