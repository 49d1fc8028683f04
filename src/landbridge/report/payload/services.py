"""Services of a plan: how often they run, what they carry and how full they are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from landbridge.model.case import Service
from landbridge.model.plan import Departure
from landbridge.report.payload.numbers import short
from landbridge.report.places import Index
from landbridge.report.run import Run


def service_rows(run: Run, index: Index) -> list[dict[str, Any]]:
    """
    All services of the case, so that others can point into the list; those that do not run have ``runs`` 0.

    ``t`` adds the peak loads of the departures. ``fill`` is the part of the room used
    where a departure is fullest, averaged over loaded vehicles, and None where there is
    no limit. ``t_km`` is None where a distance is missing.
    """
    departures: defaultdict[str, list[Departure]] = defaultdict(list)
    for row in run.plan.departures:
        departures[row.service].append(row)
    t_km = _tonne_km(run, index)
    return [_row(service, departures[service.service], index, t_km) for service in run.case.services]


def _row(service: Service, departures: list[Departure], index: Index, t_km: dict[str, float]) -> dict[str, Any]:
    runs = sum(row.runs for row in departures)
    empty = sum(row.empty_runs for row in departures)
    cost = service.run_cost * runs + (service.empty_cost or 0.0) * empty
    return {
        "id": service.service,
        "mode": index.mode[service.mode],
        "owner": service.owner,
        "route": [index.hub[hub] for hub in service.route],
        "cap": {dim: short(cap) for dim, cap in service.capacity.items()},
        "departures": len(departures),
        "runs": runs,
        "empty": empty,
        "t": short(sum(row.load.get("t", 0.0) for row in departures)),
        "fill": short(sum(row.fill_frac * row.runs for row in departures) / runs, 4)
        if runs and service.capacity
        else None,
        "t_km": short(t_km.get(service.service, 0.0)) if service.distance_km else None,
        "cost": short(cost),
    }


def _tonne_km(run: Run, index: Index) -> dict[str, float]:
    services = {row.service: row for row in run.case.services}
    found: defaultdict[str, float] = defaultdict(float)
    for flow in run.plan.flows:
        if flow.kind == "leg" and services[flow.service].distance_km:
            km = _of_leg(services[flow.service].distance_km, flow.leg)
            found[flow.service] += km * flow.qty * index.t_per_unit[index.good_by_order[flow.order]]
    return found


def totals(run: Run, index: Index) -> dict[str, Any]:
    """Tonnes served, tonne-kilometres, emissions and vehicles of the whole plan."""
    services = {row.service: row for row in run.case.services}
    wanted = {row.order for row in run.case.orders if row.to_hub}
    kgco2e = 0.0
    for flow in run.plan.flows:
        if flow.kind == "leg":
            tonnes = flow.qty * index.t_per_unit[index.good_by_order[flow.order]]
            kgco2e += tonnes * _of_leg(services[flow.service].kgco2e_per_t, flow.leg)
    instances = [row for row in run.plan.orders if row.order in wanted]
    return {
        "t": short(sum(row.filled * index.t_per_unit[row.good] for row in instances)),
        "t_wanted": short(sum(row.qty * index.t_per_unit[row.good] for row in instances)),
        "t_km": short(sum(_tonne_km(run, index).values())),
        "kgco2e": short(kgco2e),
        "runs": sum(row.runs for row in run.plan.departures),
        "empty": sum(row.empty_runs for row in run.plan.departures),
        "departures": len(run.plan.departures),
    }


def _of_leg(values: tuple[float, ...], leg: int) -> float:
    """Value of a leg, counted from 1; one value stands for all legs."""
    return (values[leg - 1] if len(values) > 1 else values[0]) if values else 0.0
