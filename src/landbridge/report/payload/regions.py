"""What the plan means for each region: cash, goods out and in, orders served."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from landbridge.cooperation.cash import cash_flows
from landbridge.cooperation.players import find_players
from landbridge.cooperation.restrict import Endowment
from landbridge.errors import InvalidGame
from landbridge.model.plan import Flow
from landbridge.report.payload.numbers import short
from landbridge.report.places import Index
from landbridge.report.run import Run
from landbridge.units import FLOW_TOL, exceeds

_DIGITS = 2


def region_rows(run: Run, index: Index) -> list[dict[str, Any]]:
    """
    Regions with a party or freight, the largest cash first.

    ``cash`` is before anything is settled: an order's price to its party, goods at the
    price of their trade, runs and carriage to who charters them, handling, storage,
    lateness and penalties to the party of the freight; it adds up to the plan's value. None when the
    tables of the run do not give it.
    """
    cash = _cash(run)
    out, into = _tonnes(run, index)
    orders, full, part = _orders(run)
    runs: Counter[str] = Counter()
    region_by_party = {row.party: row.region for row in run.case.parties}
    for row in run.plan.departures:
        first = row.owner.replace("+", " ").split()
        if first:
            runs[region_by_party.get(first[0], "")] += row.runs + row.empty_runs
    rows = [
        {
            "region": index.region[name],
            "cash": cash.get(name),
            "out": short(out[name]),
            "in": short(into[name]),
            "orders": orders[name],
            "served": full[name],
            "part": part[name],
            "runs": runs[name],
        }
        for name in index.region
        if name in cash or orders[name] or out[name] > FLOW_TOL or into[name] > FLOW_TOL
    ]
    return sorted(rows, key=lambda row: (-(row["cash"] or 0.0), row["region"]))


def _cash(run: Run) -> dict[str, float]:
    if run.plan.summary.value is None:
        return {}
    endowment = Endowment(case=run.case, players=find_players(run.case))
    try:
        flows = cash_flows(endowment, run.plan, _DIGITS)
    except InvalidGame:  # a run whose money does not add up is for verify to refuse
        return {}
    return {name: float(value) for name, value in zip(endowment.players.names, flows, strict=True)}


def _tonnes(run: Run, index: Index) -> tuple[defaultdict[str, float], defaultdict[str, float]]:
    """Tonnes whose way begins, and ends, at hubs of each region."""
    out: defaultdict[str, float] = defaultdict(float)
    into: defaultdict[str, float] = defaultdict(float)
    ends: dict[tuple[str, int, int], tuple[Flow, Flow]] = {}
    for flow in run.plan.flows:
        path = (flow.order, flow.repeat, flow.path)
        ends[path] = (ends[path][0] if path in ends else flow, flow)
    for first, last in ends.values():
        tonnes = first.qty * index.t_per_unit[index.good_by_order[first.order]]
        out[index.region_by_hub[first.from_hub]] += tonnes
        into[index.region_by_hub[last.to_hub]] += tonnes
    return out, into


def _orders(run: Run) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Instances of orders by region: all, served in full, served in part."""
    region_by_party = {row.party: row.region for row in run.case.parties}
    every, full, part = Counter[str](), Counter[str](), Counter[str]()
    for row in run.plan.orders:
        region = region_by_party.get(row.party)
        if region is None:
            continue
        every[region] += 1
        if not exceeds(row.qty, row.filled):
            full[region] += 1
        elif row.filled > FLOW_TOL:
            part[region] += 1
    return every, full, part
