"""Checks of the rows of departures: who runs what, when, how often (semantics §4.3, §5)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from landbridge.errors import Finding
from landbridge.model.plan import Departure
from landbridge.units import exceeds
from landbridge.verify.book import Book, Run
from landbridge.verify.quotas import User, find_excess
from landbridge.verify.report import row_finding, run_finding


def check_departures(book: Book) -> list[Finding]:
    """Check each row of departures: ids, charterer, minute, texts, whole runs (§4.3, §5.1, §5.2)."""
    return [*_rows(book), *_duplicates(book)]


def _rows(book: Book) -> Iterator[Finding]:
    readable = {run.row: run for run in book.runs}
    for row, departure in enumerate(book.plan.departures):
        for column in ("runs", "empty_runs"):
            count = getattr(departure, column)
            if count != int(count) or count < 0:
                yield row_finding(
                    "runs-not-whole", "departures", row, f"found {count!r}, expected a whole number >= 0", column
                )
        if departure.runs + departure.empty_runs == 0:
            yield row_finding(
                "departure-without-runs",
                "departures",
                row,
                f"departure {departure.departure!r} has no runs; expected 1 or more",
            )
        run = readable.get(row)
        if run is not None:
            yield from _row(book, run)
        elif departure.service not in book.services:
            yield row_finding(
                "unknown-service",
                "departures",
                row,
                f"found {departure.service!r}, expected a service of the case",
                "service",
            )
        else:
            yield row_finding(
                "bad-time",
                "departures",
                row,
                f"found {departure.leaves!r}, expected a local time with offset such as 2026-01-05T08:00+00:00",
                "leaves",
            )


def _row(book: Book, run: Run) -> Iterator[Finding]:
    departure, service, row = run.departure, run.service, run.row
    yield from _minute(book, run)
    if departure.leaves != (text := book.text(run.leaves, service.route[0])):
        yield row_finding(
            "time-not-local", "departures", row, f"found {departure.leaves!r}, expected {text!r}", "leaves"
        )
    text = book.text(run.legs[-1][1], service.route[-1])
    if departure.arrives != text:
        yield row_finding(
            "departure-arrives",
            "departures",
            row,
            f"found {departure.arrives!r}, expected {text!r}: {service.service!r} takes "
            f"{run.legs[-1][1] - run.leaves} min",
            "arrives",
        )
    if not book.rights.may_charter(departure.owner, service):
        yield row_finding(
            "charter-not-permitted",
            "departures",
            row,
            f"{departure.owner!r} may not run service {service.service!r} of {service.owner or 'the public'!r} (§4.3)",
            "owner",
        )
    if departure.empty_runs and (not service.fleet or service.empty_cost is None):
        yield row_finding(
            "empty-run-not-possible",
            "departures",
            row,
            f"found {departure.empty_runs}, expected 0: service {service.service!r} has no fleet or no empty_cost",
            "empty_runs",
        )


def _minute(book: Book, run: Run) -> Iterator[Finding]:
    last = book.horizon_min - 1 if book.cyclic else book.horizon_min
    if not 0 <= run.leaves <= last:
        yield row_finding(
            "outside-horizon",
            "departures",
            run.row,
            f"{run.departure.leaves!r} is minute {run.leaves}, expected 0..{last}",
            "leaves",
        )
        return
    timetable = book.timetables.get(run.service.service)
    if timetable is not None and run.leaves not in timetable:
        yield row_finding(
            "not-in-timetable",
            "departures",
            run.row,
            f"service {run.service.service!r} has no departure at {run.departure.leaves!r}",
            "leaves",
        )


def _duplicates(book: Book) -> Iterator[Finding]:
    ids: set[str] = set()
    keys: set[tuple[str, str, str]] = set()
    for row, departure in enumerate(book.plan.departures):
        key = (departure.service, departure.owner, departure.leaves)
        if departure.departure in ids or key in keys:
            yield row_finding(
                "duplicate-departure",
                "departures",
                row,
                f"departure {departure.departure!r} of {departure.service!r} by {departure.owner!r} at "
                f"{departure.leaves!r} stands twice, expected once",
            )
        ids.add(departure.departure)
        keys.add(key)


def check_limits(book: Book) -> list[Finding]:
    """Check max_runs, must_run, quotas of runs and pins (§4.7, §5.4)."""
    return [*_max_runs(book), *_must_run(book), *_pins(book)]


def _vehicles(departure: Departure) -> int:
    return departure.runs + departure.empty_runs


def _max_runs(book: Book) -> Iterator[Finding]:
    groups: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for run in book.runs:
        timed = run.service.service in book.timetables
        groups[run.service.service, run.leaves if timed else -1].append(run)
    for (name, leaves), runs in groups.items():
        service = book.services[name]
        slot = book.timetables[name].get(leaves) if leaves >= 0 and name in book.timetables else None
        limit = service.max_runs if slot is None else slot.max_runs
        if limit is None:
            continue
        use: Counter[User] = Counter()
        for run in runs:
            use[frozenset(run.departure.owner.split("+"))] += _vehicles(run.departure)
        excess = find_excess(book.rights, service.owner, "charter", name, float(limit), use, whole=True)
        if excess is not None:
            yield row_finding(
                "max-runs", "departures", runs[0].row, f"service {name!r}: {excess} runs (max_runs)", "runs"
            )


def _must_run(book: Book) -> Iterator[Finding]:
    loaded: Counter[tuple[str, int]] = Counter()
    for run in book.runs:
        loaded[run.service.service, run.leaves] += run.departure.runs
    for name, timetable in book.timetables.items():
        for minute, slot in timetable.items():
            # A departure at the very end of the horizon carries nothing and need not run (§5.2).
            if minute < book.horizon_min and loaded[name, minute] < slot.must_run:
                when = book.text(minute, book.services[name].route[0])
                yield run_finding(
                    "must-run",
                    f"service {name!r} at {when}: {loaded[name, minute]} runs, expected {slot.must_run} or more",
                )


def _pins(book: Book) -> Iterator[Finding]:
    by_service: Counter[str] = Counter()
    by_departure: Counter[tuple[str, int]] = Counter()
    for run in book.runs:
        by_service[run.service.service] += run.departure.runs
        by_departure[run.service.service, run.leaves] += run.departure.runs
    filled = defaultdict(list)
    for result in book.plan.orders:
        filled[result.order].append(result.filled)
    for pin in book.case.pins:
        found: list[float]
        if pin.table == "orders":
            found = filled[pin.key]
        elif pin.table == "services":
            found = [by_service[pin.key]]
        else:
            name, _, when = pin.key.rpartition("@")
            service = book.services.get(name)
            zone = book.zones.get(service.route[0], "") if service is not None else ""
            found = [by_departure[name, book.wrap(book.clock.minute(when, zone))]]
        most = math.inf if pin.max is None else pin.max
        for amount in found:
            if exceeds(pin.min, amount) or exceeds(amount, most):
                yield run_finding(
                    "pin-broken", f"{pin.table} {pin.key!r} has {amount:g}, pinned to {pin.min:g}..{most:g}"
                )


def check_calls(book: Book) -> list[Finding]:
    """Check vehicle calls a day at hubs and by handling rows, with quotas (§4.7, §5.5)."""
    return list(_calls(book))


def _calls(book: Book) -> Iterator[Finding]:
    use: dict[tuple[str, str, int], Counter[User]] = defaultdict(Counter)
    first_row: dict[tuple[str, str, int], int] = {}
    for run in book.runs:
        user = frozenset(run.departure.owner.split("+"))
        for table, resource, minute, hub in _run_calls(book, run):
            key = (table, resource, book.day(minute, hub))
            use[key][user] += _vehicles(run.departure)
            first_row.setdefault(key, run.row)
    for (table, resource, day), users in use.items():
        row = book.hubs[resource] if table == "hubs" else book.handlings[resource]
        limit = row.cap_runs_per_day
        assert limit is not None
        excess = find_excess(book.rights, row.owner, "hub", resource, limit, users, whole=True)
        if excess is not None:
            code = "hub-calls" if table == "hubs" else "handling-calls"
            yield row_finding(
                code,
                "departures",
                first_row[table, resource, day],
                f"{resource!r} on local day {day}: {excess} calls (cap_runs_per_day)",
            )


def _run_calls(book: Book, run: Run) -> Iterator[tuple[str, str, int, str]]:
    """Calls of a departure: table and id of the limit, minute, hub."""
    route = run.service.route
    for stop, hub in enumerate(route):
        at = run.leaves if stop == 0 else run.legs[stop - 1][1]
        if book.hubs[hub].cap_runs_per_day is not None:
            yield "hubs", hub, at, hub
        for handling in book.handlings_at_hub.get(hub, ()):
            if handling.cap_runs_per_day is None or handling.from_mode not in ("", run.service.mode):
                continue
            crosses_in = stop > 0 and book.country_by_hub[route[stop - 1]] != book.country_by_hub[hub]
            crosses_out = stop < len(run.legs) and book.country_by_hub[route[stop + 1]] != book.country_by_hub[hub]
            if handling.direction == "out" and crosses_out:
                yield "handling", handling.handling, run.legs[stop][0], hub
            elif handling.direction == "" or (handling.direction == "in" and crosses_in):
                yield "handling", handling.handling, at, hub
