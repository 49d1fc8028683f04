"""Rules of rows of the network: hubs, handling, services, timetable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from landbridge.model.case import Case, Service
from landbridge.model.check_times import clock_of, clock_problem, minute_of
from landbridge.model.clock import BadTime, zone
from landbridge.model.faults import Fault


def check_hubs(case: Case) -> Iterator[Fault]:
    """Check the time zones of hubs."""
    zones = [hub.timezone for hub in case.hubs]
    bad = {}
    for name in set(zones) - {""}:
        try:
            zone(name)
        except BadTime as error:
            bad[name] = str(error)
    for row, name in enumerate(zones):
        if name in bad:
            yield Fault(table="hubs", row=row, column="timezone", code="bad-timezone", message=bad[name])


def check_handling(case: Case) -> Iterator[Fault]:
    """Check opening hours."""
    for row, item in enumerate(case.handling):
        for column in ("opens", "closes"):
            text = getattr(item, column)
            problem = clock_problem(text) if text else ""
            if problem:
                yield Fault(table="handling", row=row, column=column, code="bad-clock", message=problem)


def check_services(case: Case) -> Iterator[Fault]:
    """Check routes, their legs, and empty runs."""
    for row, service in enumerate(case.services):
        for column, code, message in _service_problems(service):
            yield Fault(
                table="services",
                row=row,
                column=column,
                code=code,
                message=message,
                also=("route", "fleet", "empty_cost"),
            )


def _service_problems(service: Service) -> Iterator[tuple[str, str, str]]:
    route = service.route
    shown = ">".join(route)
    if len(route) < 2:
        yield "route", "short-route", f"found {shown!r}, expected at least two hubs, A>B"
    for here, there in pairwise(route):
        if here == there:
            yield (
                "route",
                "hub-follows-itself",
                f"found {here}>{there} in {shown!r}, expected another hub after {here!r}",
            )
    legs = len(route) - 1
    for column, shortest in (("travel_h", legs), ("distance_km", 0), ("cost_per_t", 1), ("kgco2e_per_t", 1)):
        count = len(getattr(service, column))
        if legs > 0 and count not in (legs, shortest):
            one = " or one number for all" if shortest == 1 and legs > 1 else ""
            yield column, "leg-count", f"found {count} legs, expected {legs} as in the route {shown!r}{one}"
    if service.empty_cost is not None and not service.fleet:
        yield (
            "empty_cost",
            "empty-cost-without-fleet",
            f"found {service.empty_cost:g} in a service without a fleet, expected blank; name a fleet to run empty",
        )


def check_timetable(case: Case) -> Iterator[Fault]:
    """Check departures: one way of telling them, first before last, must_run within max_runs."""
    clock = clock_of(case)
    services = {service.service: service for service in case.services}
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    for row, item in enumerate(case.timetable):

        def fault(column: str, code: str, message: str, *also: str, row: int = row) -> Fault:
            return Fault(table="timetable", row=row, column=column, code=code, message=message, also=also)

        if bool(item.depart) == (item.every_h is not None):
            found = "both depart and every_h" if item.depart else "neither depart nor every_h"
            yield fault("depart", "depart-or-every", f"found {found}, expected one of them", "every_h")
        problem = clock_problem(item.depart) if item.depart else ""
        if problem:
            yield fault("depart", "bad-clock", problem)
        service = services.get(item.service)
        timezone = zones.get(service.route[0], "") if service is not None and service.route else ""
        minutes = {}
        for column in ("starts", "ends"):
            minute, problem = minute_of(clock, getattr(item, column), timezone)
            minutes[column] = minute
            if problem:
                yield fault(column, "bad-time", problem)
        first, last = minutes["starts"], minutes["ends"]
        if first is not None and last is not None and last < first:
            yield fault(
                "ends", "ends-before-starts", f"found {item.ends!r}, expected {item.starts!r} or later", "starts"
            )
        limit = item.max_runs if item.max_runs is not None else service.max_runs if service is not None else None
        if limit is not None and item.must_run > limit:
            message = f"found {item.must_run}, expected at most max_runs, {limit}"
            yield fault("must_run", "must-run-above-max", message, "max_runs")
