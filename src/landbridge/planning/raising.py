"""What a plan can run out of, and the case in which there is one more of it (changes.md §7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from landbridge.model.case import Case, Handling
from landbridge.model.clock import parse_clock
from landbridge.model.plan import Plan
from landbridge.network import Network
from landbridge.planning.ways import WayFinder
from landbridge.units import MINUTES_PER_DAY, MINUTES_PER_HOUR, QTY_TOL

RUNS = {
    "hubs": ("hub", "cap_runs_per_day"),
    "handling": ("handling", "cap_runs_per_day"),
    "services": ("service", "max_runs"),
}
"""Key and capacity of each table that limits runs."""

FULL = 1.0 - 1e-6
"""Part of a vehicle from which it counts as full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    A kind of limit.

    Parameters
    ----------
    name
        As tables show it.
    table, key, field
        Where it stands in a case.
    unit
        What one more of it is, in words.
    price_unit
        How units of its prices end; blank: it has none.
    """

    name: str
    table: str
    key: str
    field: str
    unit: str
    price_unit: str = ""


KINDS = (
    Kind(name="hub", table="hubs", key="hub", field="cap_runs_per_day", unit="vehicles a day", price_unit="/run"),
    Kind(
        name="crossing or handling", table="handling", key="handling", field="cap_runs_per_day",
        unit="vehicles a day", price_unit="/run",
    ),
    Kind(
        name="service", table="services", key="service", field="max_runs",
        unit="vehicles a departure", price_unit="/run",
    ),
    Kind(
        name="tonnes handled", table="handling", key="handling", field="cap_t_per_day", unit="t a day",
        price_unit="/t",
    ),
    Kind(name="fleet", table="fleets", key="fleet", field="count", unit="vehicles"),
    Kind(name="room of a vehicle", table="services", key="service", field="capacity", unit="t a vehicle"),
    Kind(name="opening hours", table="handling", key="handling", field="closes", unit="h a day"),
)  # fmt: skip
"""Kinds of limits, those with a price first."""


def rows_of(case: Case, kind: Kind) -> dict[str, Any]:
    """Rows of a case that have a limit of a kind, by id."""
    rows = {getattr(row, kind.key): row for row in getattr(case, kind.table)}
    if kind.field == "closes":
        return {name: row for name, row in rows.items() if _longer(row) is not None}
    if kind.field == "capacity":
        return {name: row for name, row in rows.items() if "t" in row.capacity}
    return {name: row for name, row in rows.items() if getattr(row, kind.field) is not None}


def raise_by(case: Case, kind: Kind, resource: str, step: float) -> Case:
    """The case with so much more of a limit; hours are raised by one."""
    if kind.price_unit == "/run":
        return raise_limit(case, kind.table, resource, step)

    def more(row: Any) -> Any:
        if getattr(row, kind.key) != resource:
            return row
        if kind.field == "capacity":
            return replace(row, capacity={**row.capacity, "t": row.capacity["t"] + step})
        if kind.field == "closes":
            return _longer(row) or row
        return replace(row, **{kind.field: getattr(row, kind.field) + step})

    rows = tuple(more(row) for row in getattr(case, kind.table))
    return replace(case, **{kind.table: rows})  # type: ignore[arg-type]


def _longer(row: Handling) -> Handling | None:
    """A row of handling that is open an hour longer; None where it is open all day."""
    opens = parse_clock(row.opens) if row.opens else 0
    closes = parse_clock(row.closes) if row.closes else MINUTES_PER_DAY
    if opens == closes or (opens, closes) == (0, MINUTES_PER_DAY):
        return None
    last = MINUTES_PER_DAY if closes > opens else opens
    if closes + MINUTES_PER_HOUR <= last:
        return replace(row, closes=_clock(closes + MINUTES_PER_HOUR))
    first = 0 if closes > opens else closes
    if closes < last:
        return replace(row, closes=_clock(last))
    return replace(row, opens=_clock(max(first, opens - MINUTES_PER_HOUR)))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def raise_limit(case: Case, table: str, resource: str, step: float) -> Case:
    """Raise the runs of a hub, handling row or service, and of its timetable rows where they have their own."""
    key, field = RUNS[table]

    def more(row: Any) -> Any:
        old = getattr(row, field)
        if getattr(row, key) != resource or old is None:
            return row
        return replace(row, **{field: old + (int(step) if field == "max_runs" else step)})

    found = replace(case, **{table: tuple(more(row) for row in getattr(case, table))})  # type: ignore[arg-type]
    if table == "services":
        rows = tuple(
            replace(row, max_runs=row.max_runs + int(step))
            if row.service == resource and row.max_runs is not None
            else row
            for row in case.timetable
        )
        found = replace(found, timetable=rows)
    return found


def table_of(case: Case, resource: str) -> str:
    """Table of a resource that limits runs; blank when there is none."""
    for table, (key, _) in RUNS.items():
        if any(getattr(row, key) == resource for row in getattr(case, table)):
            return table
    return ""


def find_full(network: Network, plan: Plan, ways: WayFinder) -> dict[str, Mapping[str, int]]:
    """
    What is full in a plan, by name of its kind: of each resource on how many days, departures or times.

    Duals may miss it: they are those of one optimum of many. Opening hours count the times they are used.
    """
    case = network.case
    runs: Counter[str] = Counter()
    for (limit, _), count in ways.limits.used.items():
        if count + 1 > network.problem.limit_cap[limit]:
            runs[network.limit_notes[limit].resource] += 1
    weight = {row.good: row.per_unit.get("t", 0.0) for row in case.goods}
    good = {row.order: row.good for row in case.orders}
    tonnes: dict[tuple[str, str], float] = defaultdict(float)
    used: Counter[str] = Counter()
    for flow in plan.flows:
        if flow.handling:
            used[flow.handling] += 1
            tonnes[flow.handling, flow.leaves[:10]] += flow.qty * weight[good[flow.order]]
    caps = {row.handling: row.cap_t_per_day for row in case.handling if row.cap_t_per_day is not None}
    days = Counter(name for (name, _), total in tonnes.items() if total >= caps.get(name, float("inf")) - QTY_TOL)
    counts = {row.fleet: row.count for row in case.fleets if row.count is not None}
    fleets = {row.fleet: row.used for row in plan.fleets if row.used >= counts.get(row.fleet, float("inf"))}
    rooms = Counter(row.service for row in plan.departures if row.fill_frac >= FULL)
    own: dict[str, Mapping[str, int]] = {
        "tonnes handled": days, "fleet": fleets, "room of a vehicle": rooms, "opening hours": used,
    }  # fmt: skip
    return {kind.name: own.get(kind.name, runs) for kind in KINDS}
