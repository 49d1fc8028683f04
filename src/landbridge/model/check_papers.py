"""Rules of what is written about the network: pins, agreements, events, projects, scenarios."""

from __future__ import annotations

import re
from collections.abc import Iterator

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.check_times import clock_of, is_day, minute_of
from landbridge.model.check_words import KNOWN_MODES
from landbridge.model.faults import Fault, did_you_mean, ids_of


def check_pins(case: Case) -> Iterator[Fault]:
    """Check that pins name something and leave room."""
    clock = clock_of(case)
    services = {service.service: service for service in case.services}
    orders = ids_of(case, "orders") if case.pins else set()
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    for row, pin in enumerate(case.pins):

        def fault(
            column: str, code: str, message: str, *also: str, refs: tuple[str, ...] = (), row: int = row
        ) -> Fault:
            return Fault(table="pins", row=row, column=column, code=code, message=message, also=also, refs=refs)

        if pin.max is not None and pin.max < pin.min:
            yield fault("max", "max-below-min", f"found {pin.max:g}, expected at least min, {pin.min:g}", "min")
        if pin.table == "orders" and pin.key not in orders:
            message = f"{pin.key!r} is not in orders{did_you_mean(pin.key, orders)}"
            yield fault("key", "unknown-id", message, "table", refs=("orders",))
        if pin.table not in ("services", "departures"):
            continue
        name, at, time = pin.key.partition("@")
        if bool(at) != (pin.table == "departures"):
            wanted = "service@time, such as S1@Mon 08:00" if pin.table == "departures" else "the id of a service"
            yield fault("key", "bad-pin", f"found {pin.key!r}, expected {wanted}", "table")
        elif name not in services:
            message = f"{name!r} is not in services{did_you_mean(name, services)}"
            yield fault("key", "unknown-id", message, "table", refs=("services",))
        elif at:
            route = services[name].route
            _, problem = minute_of(clock, time, zones.get(route[0], "") if route else "")
            if problem or not time:
                yield fault("key", "bad-time", problem or f"found {pin.key!r}, expected a time after @", "table")


def check_agreements(case: Case) -> Iterator[Fault]:
    """Check the days of agreements, and that grants name parties or regions."""
    for row, agreement in enumerate(case.agreements):
        days = [agreement.starts, agreement.ends]
        for column, text in zip(("starts", "ends"), days, strict=True):
            if text and not is_day(text):
                message = f"found {text!r}, expected a day YYYY-MM-DD"
                yield Fault(table="agreements", row=row, column=column, code="bad-time", message=message)
        if all(days) and all(map(is_day, days)) and agreement.ends < agreement.starts:
            message = f"found {agreement.ends!r}, expected {agreement.starts!r} or later"
            yield Fault(
                table="agreements", row=row, column="ends", code="ends-before-starts", message=message, also=("starts",)
            )
    signers = ids_of(case, "parties") | ids_of(case, "regions") | {"*"}
    for row, grant in enumerate(case.grants):
        for column in ("giver", "taker"):
            name = getattr(grant, column)
            if name and name not in signers:
                message = f"{name!r} is neither in parties nor in regions{did_you_mean(name, signers)}"
                yield Fault(
                    table="grants",
                    row=row,
                    column=column,
                    code="unknown-id",
                    message=message,
                    refs=("parties", "regions"),
                )


def check_resources(case: Case) -> Iterator[Fault]:
    """Check that grants, events and projects name something that exists."""
    services, hubs, handling = ids_of(case, "services"), ids_of(case, "hubs"), ids_of(case, "handling")
    by_kind = {
        "service": services,
        "charter": services,
        "mode": {service.mode for service in case.services}.union(KNOWN_MODES),
        "hub": hubs | handling,
        "trade": ids_of(case, "goods"),
    }
    words = {"hub": "hubs or handling", "trade": "goods", "mode": "the modes of services"}
    for row, grant in enumerate(case.grants):
        known = by_kind.get(grant.kind)
        if known is not None and grant.resource and grant.resource != "*" and grant.resource not in known:
            message = f"{grant.resource!r} is not in {words.get(grant.kind, 'services')}"
            message += did_you_mean(grant.resource, known)
            yield Fault(
                table="grants",
                row=row,
                column="resource",
                code="unknown-id",
                message=message,
                also=("kind",),
                refs=("services", "hubs", "handling", "goods"),
            )
    clock = clock_of(case)
    places = services | hubs | handling
    for table in ("events", "projects"):
        for row, item in enumerate(getattr(case, table)):
            if item.resource and item.resource not in places:
                message = f"{item.resource!r} is not in hubs, handling or services{did_you_mean(item.resource, places)}"
                yield Fault(
                    table=table,
                    row=row,
                    column="resource",
                    code="unknown-id",
                    message=message,
                    refs=("services", "hubs", "handling"),
                )
    for row, event in enumerate(case.events):
        minutes = []
        for column in ("starts", "ends"):
            minute, problem = minute_of(clock, getattr(event, column), "")
            minutes.append(minute)
            if problem:
                yield Fault(table="events", row=row, column=column, code="bad-time", message=problem)
        if minutes[0] is not None and minutes[1] is not None and minutes[1] < minutes[0]:
            message = f"found {event.ends!r}, expected {event.starts!r} or later"
            yield Fault(
                table="events", row=row, column="ends", code="ends-before-starts", message=message, also=("starts",)
            )


def check_scenarios(case: Case) -> Iterator[Fault]:
    """Check that patches name a cell."""
    ids: dict[str, set[str]] = {}
    tables = [table for table in ATTRIBUTES if table != "scenarios"]
    for row, patch in enumerate(case.scenarios):

        def fault(column: str, message: str, *also: str, refs: tuple[str, ...] = (), row: int = row) -> Fault:
            return Fault(
                table="scenarios", row=row, column=column, code="unknown-id", message=message, also=also, refs=refs
            )

        if patch.table == "case":
            continue
        if patch.table not in tables:
            yield fault("table", f"{patch.table!r} is not a table{did_you_mean(patch.table, tables)}")
            continue
        attributes = ATTRIBUTES[patch.table]
        if patch.table not in ids:
            ids[patch.table] = ids_of(case, patch.table)
        if sum(attribute.key for attribute in attributes) == 1 and patch.key not in ids[patch.table]:
            message = f"{patch.key!r} is not in {patch.table}{did_you_mean(patch.key, ids[patch.table])}"
            yield fault("key", message, "table", refs=(patch.table,))
        names = [attribute.name for attribute in attributes]
        if not any(
            re.fullmatch(re.escape(name).replace("<dim>", "[a-z][a-z0-9_]*"), patch.column_name) for name in names
        ):
            message = f"{patch.column_name!r} is not a column of {patch.table}{did_you_mean(patch.column_name, names)}"
            yield fault("column", message, "table")
