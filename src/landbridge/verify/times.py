"""When orders are ready and due, when timetables leave, what a time in a table says (semantics §1, §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from landbridge.model.case import Case, Good, Order, Service, TimetableRow
from landbridge.model.clock import Clock, parse_clock, parse_days
from landbridge.units import MINUTES_PER_DAY, MINUTES_PER_WEEK, to_minutes

_FARTHEST_S = 50 * 366 * 86_400
"""Times farther from the start than this, in seconds, are slips of the pen, and would leave the calendar."""

_WEEKS_AFTER = re.compile(r"^(.*\S) \+(\d)w$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """
    One time an order repeats.

    ``due`` is before whole cycles are added: None where the cell is blank.
    ``extra`` is what ``+nw`` adds afterwards, ``kept`` marks ``+h``.
    """

    order: Order
    repeat: int
    ready: int
    due: int | None
    extra: int
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Times that bind a path: of a shipment, or of an offer and a bid together (§2.3)."""

    ready: int
    due: int
    deadline: int
    late_cost_per_unit_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What a timetable says of one minute."""

    max_runs: int | None
    must_run: int


@lru_cache(maxsize=1 << 17)
def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_minute(text: str, clock: Clock) -> int | None:
    """Minutes since the start of an ISO 8601 time with offset; None when it is no such time or no whole minute."""
    moment = _moment(text)
    if moment is None:
        return None
    seconds = (moment - clock.start).total_seconds()
    return None if seconds % 60 or abs(seconds) > _FARTHEST_S else int(seconds // 60)


def hub_zones(case: Case) -> dict[str, str]:
    """Time zone of each hub, blank = the case's."""
    return {hub.hub: hub.timezone for hub in case.hubs}


def list_instances(order: Order, clock: Clock, zones: Mapping[str, str]) -> list[Instance]:
    """Instances of an order, in the order of ``repeat`` (§2.1, §2.2)."""
    ready_zone = zones.get(order.from_hub or order.to_hub, "")
    if order.days:
        clock_min = parse_clock(order.ready) if order.ready else 0
        readies = clock.clock_times(clock_min, parse_days(order.days), ready_zone, 0, clock.horizon_min - 1)
    elif order.ready:
        ready = clock.minute(order.ready, ready_zone)
        readies = [ready % clock.horizon_min if clock.cyclic else ready]
    else:
        readies = [0]
    return [_instance(order, repeat, ready, clock, zones) for repeat, ready in enumerate(readies)]


def _instance(order: Order, repeat: int, ready: int, clock: Clock, zones: Mapping[str, str]) -> Instance:
    if not order.due:
        return Instance(order=order, repeat=repeat, ready=ready, due=None, extra=0, kept=False)
    after = clock.after(order.due)
    if after is not None:
        return Instance(order=order, repeat=repeat, ready=ready, due=ready + after, extra=0, kept=True)
    zone = zones.get(order.to_hub or order.from_hub, "")
    weeks = _WEEKS_AFTER.match(order.due)
    if clock.cyclic and weeks is not None:
        extra = int(weeks[2]) * MINUTES_PER_WEEK
        due = clock.minute(weeks[1], zone)
        return Instance(order=order, repeat=repeat, ready=ready, due=due, extra=extra, kept=False)
    return Instance(order=order, repeat=repeat, ready=ready, due=clock.minute(order.due, zone), extra=0, kept=False)


def _due(item: Instance, ready: int, clock: Clock) -> int:
    """Due of an instance for goods that are ready at ``ready``."""
    if item.due is None:
        return ready + clock.horizon_min if clock.cyclic else clock.horizon_min
    is_bid = not item.order.from_hub
    if not clock.cyclic or (item.kept and not is_bid):
        return item.due
    folded = ready + (item.due - ready) % clock.horizon_min
    return (folded if folded > ready else folded + clock.horizon_min) + item.extra


def terms_of(first: Instance, bid: Instance | None, good: Good, clock: Clock) -> Terms:
    """Terms of a shipment or offer ``first``, and of the trade where a bid takes what is offered."""
    ready = first.ready
    due = _due(first, ready, clock)
    rule = first.order
    if bid is not None:
        due = min(due, _due(bid, ready, clock))
        rule = bid.order
    deadline = due + to_minutes(rule.late_max_h)
    if good.life_h is not None:
        deadline = min(deadline, ready + to_minutes(good.life_h))
    if not clock.cyclic:
        deadline = min(deadline, clock.horizon_min)
    return Terms(ready=ready, due=due, deadline=deadline, late_cost_per_unit_h=rule.late_cost_per_unit_h)


def read_timetable(
    service: Service, rows: tuple[TimetableRow, ...], clock: Clock, zones: Mapping[str, str]
) -> dict[int, Slot]:
    """Minutes at which a service leaves by its timetable rows (§5.2)."""
    zone = zones.get(service.route[0], "")
    last = clock.horizon_min - 1 if clock.cyclic else clock.horizon_min
    found: dict[int, Slot] = {}
    for row in rows:
        max_runs = service.max_runs if row.max_runs is None else row.max_runs
        for minute in _row_minutes(row, clock, zone, last):
            old = found.get(minute)
            if old is None:
                found[minute] = Slot(max_runs=max_runs, must_run=row.must_run)
                continue
            both = None if old.max_runs is None or max_runs is None else old.max_runs + max_runs
            found[minute] = Slot(max_runs=both, must_run=old.must_run + row.must_run)
    return found


def _row_minutes(row: TimetableRow, clock: Clock, zone: str, last: int) -> list[int]:
    first = clock.minute(row.starts, zone) if row.starts else 0
    end = min(last, clock.minute(row.ends, zone)) if row.ends else last
    if row.every_h is None:
        return clock.clock_times(parse_clock(row.depart), parse_days(row.days), zone, max(first, 0), end)
    step = max(1, to_minutes(row.every_h))
    return [minute for minute in range(first, end + 1, step) if minute >= 0]


def is_open(opens: str, closes: str, days: str, minute: int, clock: Clock, zone: str) -> bool:
    """Tell whether handling may start at a minute (§3.4)."""
    first = parse_clock(opens) if opens else 0
    last = parse_clock(closes) if closes else MINUTES_PER_DAY
    listed = parse_days(days)
    wrapped = minute % clock.horizon_min if clock.cyclic else minute
    clock_min = (wrapped + clock.shift_min(zone)) % MINUTES_PER_DAY
    weekday = clock.weekday(minute, zone)
    if last > first:
        return first <= clock_min < last and weekday in listed
    return (clock_min >= first and weekday in listed) or (clock_min < last and (weekday - 1) % 7 in listed)
