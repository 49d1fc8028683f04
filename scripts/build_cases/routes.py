"""Cheapest ways over services with changes of vehicle: what prices and promised times of ``far-east`` are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from landbridge.model.case import Good, Handling, Service


@dataclass(frozen=True, slots=True)
class Route:
    """
    A way of a unit, without waiting for departures.

    Parameters
    ----------
    hours
        Legs and the dwell of changes.
    run_cost, unit_cost
        At the public tariff: the unit's part of full vehicles' runs, and what is paid for the unit itself.
    services
        Services in the order ridden.
    """

    hours: float
    run_cost: float
    unit_cost: float
    services: tuple[str, ...]

    def cost(self, fill: float) -> float:
        """Cost of the unit when the vehicles are filled to this part."""
        return self.run_cost / fill + self.unit_cost


NOTHING = Route(0.0, 0.0, 0.0, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """
    What routes are sought in.

    Parameters
    ----------
    services, handling
        Rows of the case.
    public_factor
        Turns the cost of an owned service into the public tariff.
    country
        Of each hub.
    interval_h
        Hours between departures of each service.
    hour_cost
        Money that an hour of travel, or of the interval before a departure, counts in the choice of a route; a public
        carrier and a party's own on the same way cost the same, and the one that leaves more often is preferred.
    """

    services: Sequence[Service]
    handling: Sequence[Handling]
    public_factor: Mapping[str, float]
    country: Mapping[str, str]
    interval_h: Mapping[str, float]
    hour_cost: float


class _At(NamedTuple):
    """A place on the way: on ground at a hub, come by ``mode`` (``start``, ``end``), or aboard before leg ``leg``."""

    hub: str
    mode: str
    aboard: Service | None = None
    leg: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        return self.hub, self.aboard.service if self.aboard else self.mode, self.leg


def cheapest_routes(
    rows: RouteMap, good: Good, start: str, modes: Collection[str], countries: Collection[str], fill: float
) -> dict[str, Route]:
    """
    Cheapest route at the public tariff from a hub to every other, in vehicles filled to a part.

    Only services of the modes that take the good, and hubs of the countries, are used. Dijkstra's way.
    """
    calls: dict[str, list[tuple[Service, int]]] = defaultdict(list)
    for service in rows.services:
        if service.mode in modes and good.handling_class in service.accepts:
            for leg, (_, other) in enumerate(pairwise(service.route)):
                if rows.country[other] in countries:
                    calls[service.route[leg]].append((service, leg))
    found: dict[str, Route] = {}
    seen: set[tuple[str, str, int]] = set()
    queue: list[tuple[float, int, _At, Route]] = [(0.0, 0, _At(start, "start"), NOTHING)]
    number = 0
    while queue:
        _, _, at, route = heappop(queue)
        if at.key in seen:
            continue
        seen.add(at.key)
        if at.mode == "end":
            found[at.hub] = route
            continue
        for onward, step in _steps(rows, good, at, calls[at.hub]):
            number += 1
            longer = _add(route, step)
            heappush(queue, (_weight(rows, longer, fill), number, onward, longer))
    return found


def _steps(rows: RouteMap, good: Good, at: _At, calls: Sequence[tuple[Service, int]]) -> Iterator[tuple[_At, Route]]:
    """From aboard: the next leg, and off or on; from ground: into each service that calls, or to the end."""
    if at.aboard is not None:
        if (at.aboard, at.leg) not in calls:  # the last stop, or the next one lies in a country that is not allowed
            return
        leg = _leg(rows, at.aboard, at.leg, good)
        other = at.aboard.route[at.leg + 1]
        yield _At(other, at.aboard.mode), leg
        yield _At(other, "aboard", at.aboard, at.leg + 1), leg
        return
    handling = [row for row in rows.handling if row.hub == at.hub and row.cap_runs_per_day is None]
    for service, stop in calls:
        change = _change(handling, good, at.mode, service.mode)
        if change is not None:
            yield _At(at.hub, "aboard", service, stop), replace(change, services=(service.service,))
    change = _change(handling, good, at.mode, "end")
    if at.mode != "start" and change is not None:
        yield _At(at.hub, "end"), change


def _weight(rows: RouteMap, route: Route, fill: float) -> float:
    hours = route.hours + sum(rows.interval_h[service] for service in route.services)
    return route.cost(fill) + rows.hour_cost * hours


def _leg(rows: RouteMap, service: Service, leg: int, good: Good) -> Route:
    part = max((need / service.capacity[name] for name, need in good.per_unit.items() if name in service.capacity),
               default=0.0)  # fmt: skip
    scale = rows.public_factor[service.service] if service.owner else 1.0
    run = service.run_cost * service.distance_km[leg] / sum(service.distance_km)
    per_t = service.cost_per_t[leg if len(service.cost_per_t) > 1 else 0]
    return Route(service.travel_h[leg], scale * run * part, scale * per_t * good.per_unit.get("t", 0.0), ())


def _add(route: Route, step: Route) -> Route:
    return Route(
        route.hours + step.hours,
        route.run_cost + step.run_cost,
        route.unit_cost + step.unit_cost,
        route.services + step.services,
    )


def _change(rows: Sequence[Handling], good: Good, before: str, after: str) -> Route | None:
    """Cheapest change of vehicle between two modes by the handlings of a hub; None where none serves the class."""
    matching = [
        row for row in rows
        if (row.from_mode == before or (not row.from_mode and before != "start"))
        and (row.to_mode == after or (not row.to_mode and after != "end"))
    ]  # fmt: skip
    if not matching:
        return NOTHING
    served = [row for row in matching if row.handling_class in ("", good.handling_class)]
    if not served:
        return None
    best = min(served, key=lambda row: row.cost_per_t)
    return Route(best.dwell_h, 0.0, best.cost_per_t * good.per_unit.get("t", 0.0), ())
