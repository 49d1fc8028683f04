"""What a re-plan may not touch: departures that had left, and freight that was on its way (changes.md §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.model.clock import Clock
from landbridge.model.plan import Departure, Flow, Plan, Trade
from landbridge.model.replan import ReplanTables
from landbridge.units import QTY_TOL
from landbridge.verify.report import run_finding
from landbridge.verify.times import read_minute

FILE = "replan.json"

Steps = tuple[str, str, tuple[tuple[str, str, int, str, str, str], ...]]
"""Order, the bid it goes to, and what has begun of a path: kind, service or handling, leg, hub, times."""


def check_replan(found: ReplanTables, plan: Plan, case: Case) -> list[Finding]:
    """Check that what had left before the moment of the re-plan is as it was; from the tables alone."""
    return list(_check(found, plan, case))


def count_left(found: ReplanTables, case: Case) -> int:
    """How many departures had left."""
    clock = Clock.of(case.settings)
    now = read_minute(found.summary.moved_at, clock)
    return 0 if now is None else len(_left(found.before_departures, clock, now))


def _check(found: ReplanTables, plan: Plan, case: Case) -> Iterator[Finding]:
    clock = Clock.of(case.settings)
    now = read_minute(found.summary.moved_at, clock)
    if now is None:
        text = found.summary.moved_at
        yield Finding(
            where=FILE,
            column="moved_at",
            message=f"found {text!r}, expected a local time with offset",
            code="bad-time",
        )
        return
    before, after = _left(found.before_departures, clock, now), _left(plan.departures, clock, now)
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            service, leaves, owner = key
            was, is_now = before.get(key, (0, 0)), after.get(key, (0, 0))
            message = (
                f"{service!r} of {owner!r} at {leaves} had left with {was[0]} loaded and {was[1]} empty runs; "
                f"found {is_now[0]} and {is_now[1]}"
            )
            yield run_finding("departed-changed", message)
    old = _begun(found.before_flows, found.before_departures, found.before_trades, clock, now)
    new = _begun(plan.flows, plan.departures, plan.trades, clock, now)
    for steps in sorted({*old, *new}):
        if abs(old.get(steps, 0.0) - new.get(steps, 0.0)) > QTY_TOL * max(1.0, old.get(steps, 0.0)):
            order, _, begun = steps
            last = begun[-1]
            message = (
                f"{old.get(steps, 0.0):g} units of {order!r} had begun their way (up to {last[1]!r} at {last[4]}); "
                f"found {new.get(steps, 0.0):g}"
            )
            yield run_finding("freight-on-its-way-changed", message)


def _left(departures: Iterable[Departure], clock: Clock, now: int) -> dict[tuple[str, str, str], tuple[int, int]]:
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in departures:
        minute = read_minute(row.leaves, clock)
        if minute is not None and minute < now:
            old = found.get((row.service, row.leaves, row.owner), (0, 0))
            found[row.service, row.leaves, row.owner] = (old[0] + row.runs, old[1] + row.empty_runs)
    return found


def _begun(
    flows: Iterable[Flow], departures: Iterable[Departure], trades: Iterable[Trade], clock: Clock, now: int
) -> dict[Steps, float]:
    """Quantity by what has begun of each path: steps from the first on that started, or whose departure had left."""
    leaves = {row.departure: read_minute(row.leaves, clock) for row in departures}
    bids = {row.trade: row.bid for row in trades}
    paths: dict[tuple[str, int, int], list[Flow]] = defaultdict(list)
    for row in flows:
        paths[row.order, row.repeat, row.path].append(row)
    found: dict[Steps, float] = defaultdict(float)
    for rows in paths.values():
        rows.sort(key=lambda row: row.seq)
        begun = []
        for row in rows:
            starts, left = read_minute(row.leaves, clock), leaves.get(row.departure)
            if not ((starts is not None and starts < now) or (left is not None and left < now)):
                break
            begun.append((row.kind, row.service or row.handling, row.leg, row.from_hub, row.leaves, row.arrives))
        if begun:
            found[rows[0].order, bids.get(rows[0].trade, ""), tuple(begun)] += rows[0].qty
    return dict(found)
