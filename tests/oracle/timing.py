"""Times of the oracle: order instances (semantics §2), departures (§5.2) and opening hours (§3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from landbridge.model.case import Case, Handling, Order, Service, TimetableRow
from landbridge.model.clock import Clock, parse_clock, parse_days

DAY = 1440
WEEK = 7 * DAY
_WEEKS_ON_TOP = re.compile(r"^(.*\S) \+(\d)w$")


def minutes(hours: float) -> int:
    """Hours as whole minutes (§1.1)."""
    return round(60 * hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """
    One time an order happens.

    ``due`` is final for shipments and offers. For a bid it is what the text
    says; ``open_due`` marks a blank one, ``extra_min`` the weeks of ``+nw``.
    """

    order: Order
    repeat: int
    ready: int
    due: int
    open_due: bool
    extra_min: int

    @property
    def key(self) -> tuple[str, int]:
        """Order id and number of the instance."""
        return self.order.order, self.repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A minute at which a service may leave its first hub, with the limits on its runs."""

    service: str
    minute: int
    max_runs: int | None
    must_run: int


def into_cycle(due: int, ready: int, horizon: int) -> int:
    """Shift ``due`` by whole cycles until ready < due <= ready + horizon (§2.2)."""
    return ready + horizon - (ready + horizon - due) % horizon


def instances_of(order: Order, zones: Mapping[str, str], clock: Clock) -> list[Instance]:
    """Every instance of an order, in the order of their ready times."""
    start_zone = zones[order.from_hub or order.to_hub]
    if order.days:
        at = parse_clock(order.ready) if order.ready else 0
        ready_times = clock.clock_times(at, parse_days(order.days), start_zone, 0, clock.horizon_min - 1)
    else:
        ready = clock.minute(order.ready, start_zone) if order.ready else 0
        ready_times = [ready % clock.horizon_min if clock.cyclic else ready]
    return [_instance(order, number, ready, zones, clock) for number, ready in enumerate(ready_times)]


def _instance(order: Order, repeat: int, ready: int, zones: Mapping[str, str], clock: Clock) -> Instance:
    horizon = clock.horizon_min
    extra = 0
    after = clock.after(order.due)
    if not order.due:
        due = ready + horizon if clock.cyclic else horizon
    elif after is not None:
        due = ready + after
    else:
        zone = zones[order.to_hub or order.from_hub]
        if clock.cyclic:
            text = order.due
            if (match := _WEEKS_ON_TOP.match(text)) is not None:
                text, extra = match[1], WEEK * int(match[2])
            due = clock.minute(text, zone)
            if order.from_hub:
                due = into_cycle(due, ready, horizon) + extra
        else:
            due = clock.minute(order.due, zone)
    return Instance(order=order, repeat=repeat, ready=ready, due=due, open_due=not order.due, extra_min=extra)


def due_of_bid(bid: Instance, ready: int, clock: Clock) -> int:
    """When a bid wants goods that become ready at ``ready`` (§2.2, last two sentences)."""
    if not clock.cyclic:
        return bid.due
    if bid.open_due:
        return ready + clock.horizon_min
    return into_cycle(bid.due, ready, clock.horizon_min) + bid.extra_min


def slots_of(case: Case, candidates: Mapping[str, Sequence[int]], clock: Clock) -> dict[str, list[Slot]]:
    """Departures of each service: its timetable (§5.2), or the candidate minutes (§5.3)."""
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    rows: dict[str, list[TimetableRow]] = {}
    for row in case.timetable:
        rows.setdefault(row.service, []).append(row)
    found = {}
    for service in case.services:
        if service.service in rows:
            found[service.service] = _timetabled(service, rows[service.service], zones[service.route[0]], clock)
        else:
            chosen = sorted({minute for minute in candidates[service.service] if 0 <= minute < clock.horizon_min})
            found[service.service] = [
                Slot(service=service.service, minute=minute, max_runs=None, must_run=0) for minute in chosen
            ]
    return found


def _timetabled(service: Service, rows: Sequence[TimetableRow], zone: str, clock: Clock) -> list[Slot]:
    most: dict[int, int | None] = {}
    least: dict[int, int] = {}
    for row in rows:
        limit = service.max_runs if row.max_runs is None else row.max_runs
        for minute in set(_minutes_of(row, zone, clock)):
            before = most.get(minute, 0)
            most[minute] = None if limit is None or before is None else before + limit
            least[minute] = least.get(minute, 0) + row.must_run
    return [
        Slot(service=service.service, minute=minute, max_runs=most[minute], must_run=least[minute])
        for minute in sorted(most)
    ]


def _minutes_of(row: TimetableRow, zone: str, clock: Clock) -> list[int]:
    first = clock.minute(row.starts, zone) if row.starts else 0
    last = clock.minute(row.ends, zone) if row.ends else clock.horizon_min
    last = min(last, clock.horizon_min - 1)
    if row.every_h is not None:
        return [minute for minute in range(first, last + 1, minutes(row.every_h)) if minute >= 0]
    return clock.clock_times(parse_clock(row.depart), parse_days(row.days), zone, max(first, 0), last)


def handling_starts(row: Handling, zone: str, clock: Clock, first: int, last: int) -> Iterator[int]:
    """
    Minutes in ``first..last`` at which a handling of freight that came at ``first`` may start.

    Without a daily limit waiting longer than needed is useless, so there is
    one: the earliest minute within the opening hours. With one, the earliest
    minute of each local day.
    """
    shift = clock.shift_min(zone)
    weekday = clock.weekday(0, zone)
    opens = parse_clock(row.opens) if row.opens else 0
    closes = parse_clock(row.closes) if row.closes else DAY
    closes += DAY if closes <= opens else 0
    days = parse_days(row.days)
    counted: set[int] = set()
    day = (first + shift) // DAY - 1
    while (begin := day * DAY - shift) + opens <= last:
        window = (begin + opens, begin + closes) if (weekday + day) % 7 in days else (0, 0)
        for midnight in (begin, begin + DAY):  # a window past midnight has a part on each of two days
            start = max(first, window[0], midnight)
            if start < min(window[1], midnight + DAY) and start <= last and midnight not in counted:
                counted.add(midnight)
                yield start
                if row.cap_t_per_day is None:
                    return
        day += 1
