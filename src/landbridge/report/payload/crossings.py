"""Crossings by day: what passes the border, and limits of runs and tonnes with what is used of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from landbridge.model.case import Handling, Hub
from landbridge.model.clock import Clock
from landbridge.planning.facts import limit_days, load_by_crossing
from landbridge.report.payload.numbers import short
from landbridge.report.payload.places import first_date
from landbridge.report.places import Index
from landbridge.report.run import Run


def crossing_rows(run: Run, index: Index) -> list[dict[str, Any]]:
    """
    Tonnes over each pair of hubs in two countries, by mode and by day of leaving, the largest first.

    Days are those of the case's time zone, so that both sides of a border have the same.
    """
    tonnes = _tonnes_by_day(run, index)
    num_days = days_of(run)
    return [
        {
            "a": index.hub[row.hub_a],
            "b": index.hub[row.hub_b],
            "mode": index.mode[row.mode],
            "t": [short(row.t_there), short(row.t_back)],
            "runs": [row.runs_there, row.runs_back],
            "there": _list(tonnes[row.hub_a, row.hub_b, row.mode], num_days),
            "back": _list(tonnes[row.hub_b, row.hub_a, row.mode], num_days),
        }
        for row in load_by_crossing(run.case, run.plan)
    ]


def limit_rows(run: Run, index: Index) -> list[dict[str, Any]]:
    """Limits of runs and of tonnes a day, each with its use by local day, the fullest first."""
    num_days = days_of(run)
    rows = [
        _limit(run, index, item.hub, item.resource, item.runs_by_day, num_days)
        | {"unit": "runs", "cap": short(item.cap), "mode": item.mode, "direction": item.direction}
        for item in limit_days(run.case, run.plan)
    ]
    hubs = {row.hub: row for row in run.case.hubs}
    for handling, by_day in _handled_by_day(run, index):
        rows.append(
            _limit(run, index, hubs[handling.hub], handling.handling, by_day, num_days)
            | {"unit": "t", "cap": short(handling.cap_t_per_day or 0.0), "mode": handling.from_mode, "direction": ""}
        )
    return sorted(rows, key=lambda row: (-_fullness(row), row["id"]))


def days_of(run: Run) -> int:
    """Local days that a chart by day shows; not cyclic: vehicles may still be on their way after the last."""
    return max(1, math.ceil(run.case.settings.horizon_h / 24))


def _limit(run: Run, index: Index, hub: Hub, resource: str, by_day: Mapping[int, float], days: int) -> dict[str, Any]:
    return {
        "id": resource,
        "hub": index.hub[hub.hub],
        "first": first_date(run.case, hub.timezone),
        "days": _list(by_day, days),
    }


def _list(by_day: Mapping[int, float], num_days: int) -> list[float]:
    """Values of day 0 and on; days before the start or after the horizon lengthen neither the list nor a bar."""
    last = max([num_days - 1, *by_day])
    return [short(by_day.get(day, 0.0)) for day in range(last + 1)]


def _fullness(row: Mapping[str, Any]) -> float:
    most = max(row["days"], default=0.0)
    return float(most / row["cap"]) if row["cap"] > 0 else float(most > 0)


def _tonnes_by_day(run: Run, index: Index) -> defaultdict[tuple[str, str, str], Counter[int]]:
    clock = Clock.of(run.case.settings)
    mode = {row.service: row.mode for row in run.case.services}
    found: defaultdict[tuple[str, str, str], Counter[int]] = defaultdict(Counter)
    for flow in run.plan.flows:
        a, b = flow.from_hub, flow.to_hub
        if flow.kind == "leg" and index.country_by_hub[a] != index.country_by_hub[b]:
            day = clock.day(clock.minute(flow.leaves))
            tonnes = flow.qty * index.t_per_unit[index.good_by_order[flow.order]]
            found[a, b, mode[flow.service]][day] += tonnes  # type: ignore[assignment]
    return found


def _handled_by_day(run: Run, index: Index) -> list[tuple[Handling, Mapping[int, float]]]:
    """Tonnes whose handling starts on each local day, of rows with a limit of them (semantics §3.4)."""
    clock = Clock.of(run.case.settings)
    zone = {row.hub: row.timezone for row in run.case.hubs}
    limited = {row.handling: row for row in run.case.handling if row.cap_t_per_day is not None}
    found: dict[str, defaultdict[int, float]] = {name: defaultdict(float) for name in limited}
    for flow in run.plan.flows:
        if flow.handling in limited:
            day = clock.day(clock.minute(flow.leaves), zone[flow.from_hub])
            found[flow.handling][day] += flow.qty * index.t_per_unit[index.good_by_order[flow.order]]
    return [(row, found[name]) for name, row in limited.items()]
