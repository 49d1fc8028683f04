"""Opening hours of a handling row as minutes of the horizon (semantics §3.4)."""

from __future__ import annotations

from landbridge.model.case import Handling
from landbridge.model.clock import Clock, parse_clock, parse_days
from landbridge.units import MINUTES_PER_DAY

Windows = tuple[tuple[int, int], ...]


def opening_windows(row: Handling, zone: str, clock: Clock) -> Windows | None:
    """
    Minutes ``[start, end)`` of ``0..horizon`` in which handling may start, ascending and apart.

    None when it is always open; an empty tuple when it never is. In a case
    that is not cyclic the last minute, ``horizon``, belongs to the horizon.
    """
    opens = parse_clock(row.opens) if row.opens else 0
    closes = parse_clock(row.closes) if row.closes else MINUTES_PER_DAY
    length = closes - opens if closes > opens else closes - opens + MINUTES_PER_DAY
    end = clock.horizon_min if clock.cyclic else clock.horizon_min + 1
    # the day before the first may be open past midnight
    starts = clock.clock_times(opens, parse_days(row.days), zone, -2 * MINUTES_PER_DAY, end)
    found: list[tuple[int, int]] = []
    for start in starts:
        first, last = max(start, 0), min(start + length, end)
        if first >= last:
            continue
        if found and found[-1][1] >= first:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return None if found == [(0, end)] else tuple(found)
