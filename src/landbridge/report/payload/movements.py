"""What moves: rides of vehicles by leg, the goods on them, and the way each order takes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from landbridge.model.clock import Clock
from landbridge.model.plan import Flow
from landbridge.report.payload.numbers import short
from landbridge.report.places import Index
from landbridge.report.run import Run
from landbridge.units import to_minutes

MOST_STEPS = 400_000
"""Steps of orders' ways a page holds; of larger plans it shows flows and rides, but not the way of each order."""


@dataclass(slots=True)
class Rides:
    """
    Legs that vehicles of a plan ride, in columns.

    A ride is one leg of one departure. ``leaves`` and ``arrives`` are minutes
    since the start of the case; in a cyclic case ``leaves`` lies in the first cycle.
    """

    departure: list[int] = field(default_factory=list)
    leg: list[int] = field(default_factory=list)
    from_hub: list[int] = field(default_factory=list)
    to_hub: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    arrives: list[int] = field(default_factory=list)
    place: dict[tuple[str, int], int] = field(default_factory=dict)


def movements(run: Run, index: Index) -> dict[str, Any]:
    """Departures, rides, loads of goods on them, and ways."""
    rides = list_rides(run, index)
    return {
        "departures": {
            "service": [index.service[row.service] for row in run.plan.departures],
            "owner": [row.owner for row in run.plan.departures],
            "leaves": _minutes(run, [row.leaves for row in run.plan.departures]),
            "runs": [row.runs for row in run.plan.departures],
            "empty": [row.empty_runs for row in run.plan.departures],
            "fill": [short(row.fill_frac, 4) for row in run.plan.departures],
        },
        "rides": {
            "departure": rides.departure,
            "leg": rides.leg,
            "from": rides.from_hub,
            "to": rides.to_hub,
            "leaves": rides.leaves,
            "arrives": rides.arrives,
        },
        "loads": _loads(run, index, rides),
        "ways": _ways(run, index, rides),
    }


def list_rides(run: Run, index: Index) -> Rides:
    """Every leg of every departure that runs, loaded or not."""
    rides = Rides()
    clock = Clock.of(run.case.settings)
    services = {row.service: row for row in run.case.services}
    for place, departure in enumerate(run.plan.departures):
        service = services[departure.service]
        minutes = list(accumulate((to_minutes(hours) for hours in service.travel_h), initial=0))
        first = clock.minute(departure.leaves)
        for leg, (a, b) in enumerate(zip(service.route, service.route[1:], strict=False), start=1):
            leaves = first + minutes[leg - 1]
            if clock.cyclic:
                leaves %= clock.horizon_min
            rides.place[departure.departure, leg] = len(rides.leg)
            rides.departure.append(place)
            rides.leg.append(leg)
            rides.from_hub.append(index.hub[a])
            rides.to_hub.append(index.hub[b])
            rides.leaves.append(leaves)
            rides.arrives.append(leaves + minutes[leg] - minutes[leg - 1])
    return rides


def _minutes(run: Run, texts: list[str]) -> list[int]:
    clock = Clock.of(run.case.settings)
    return [clock.minute(text) for text in texts]


def _loads(run: Run, index: Index, rides: Rides) -> dict[str, list[Any]]:
    units: defaultdict[tuple[int, int], float] = defaultdict(float)
    for flow in run.plan.flows:
        if flow.kind == "leg":
            ride = rides.place[flow.departure, flow.leg]
            units[ride, index.good[index.good_by_order[flow.order]]] += flow.qty
    pairs = sorted(units)
    return {
        "ride": [ride for ride, _ in pairs],
        "good": [good for _, good in pairs],
        "qty": [short(units[pair]) for pair in pairs],
    }


def _ways(run: Run, index: Index, rides: Rides) -> dict[str, list[Any]] | None:
    """
    Paths of orders: row of the order, trade, units, and steps.

    A step is a ride, or ``-1 - handling``; ``leaves`` is not wrapped in a cyclic
    case. ``first`` says where the steps of each path begin.
    """
    if len(run.plan.flows) > MOST_STEPS:
        return None
    clock = Clock.of(run.case.settings)
    row_by_order = {(row.order, row.repeat): place for place, row in enumerate(run.plan.orders)}
    trade_by_id = {row.trade: place for place, row in enumerate(run.plan.trades)}
    columns: dict[str, list[Any]] = {name: [] for name in ("order", "trade", "qty", "first", "step", "leaves")}
    known: dict[str, int] = {}
    before: tuple[str, int, int] | None = None
    for flow in run.plan.flows:
        path = (flow.order, flow.repeat, flow.path)
        if path != before:
            before = path
            columns["order"].append(row_by_order[flow.order, flow.repeat])
            columns["trade"].append(trade_by_id.get(flow.trade, -1))
            columns["qty"].append(short(flow.qty))
            columns["first"].append(len(columns["step"]))
        columns["step"].append(_step(flow, index, rides))
        if flow.leaves not in known:
            known[flow.leaves] = clock.minute(flow.leaves)
        columns["leaves"].append(known[flow.leaves])
    return columns


def _step(flow: Flow, index: Index, rides: Rides) -> int:
    return rides.place[flow.departure, flow.leg] if flow.kind == "leg" else -1 - index.handling[flow.handling]
