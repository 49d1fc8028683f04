"""What an order brings and costs in a plan (changes.md §6)."""

from __future__ import annotations

from collections import defaultdict

from landbridge.model.case import Case
from landbridge.model.plan import Flow, Plan
from landbridge.planning.by_region import leg_value


def costs_of(case: Case, plan: Plan, order: str, repeat: int) -> tuple[float, float, tuple[str, ...]]:
    """
    Money an instance of an order brings, what its freight costs, and its way in words.

    The cost is that of its legs and handlings by the tonne, and of each run it rides
    the part that is its own by weight of all that rides the run.
    """
    services = {row.service: row for row in case.services}
    handling = {row.handling: row.cost_per_t for row in case.handling}
    weight = {row.good: row.per_unit.get("t", 0.0) or 1.0 for row in case.goods}
    good = {row.order: row.good for row in case.orders}
    bids = {row.trade: (row.bid, row.bid_repeat) for row in plan.trades}
    run_cost = {row.departure: row.run_cost for row in plan.departures}
    ridden: dict[str, dict[tuple[str, int, int], float]] = defaultdict(dict)
    mine: list[Flow] = []
    for row in plan.flows:
        key = (row.order, row.repeat, row.path)
        if row.kind == "leg":
            ridden[row.departure][key] = row.qty * weight[good[row.order]]
        if (row.order, row.repeat) == (order, repeat) or bids.get(row.trade) == (order, repeat):
            mine.append(row)
    cost, seen = 0.0, set()
    way = []
    for row in mine:
        tonnes = row.qty * weight[good[row.order]]
        key = (row.order, row.repeat, row.path)
        if row.kind == "handling":
            cost += handling[row.handling] * tonnes
            way.append(f"{row.leaves[:16].replace('T', ' ')} {row.handling}")
            continue
        service = services[row.service]
        co2 = leg_value(service.kgco2e_per_t, row.leg) * case.settings.co2_cost_per_t / 1000
        cost += (leg_value(service.cost_per_t, row.leg) + co2) * tonnes
        way.append(f"{row.leaves[:16].replace('T', ' ')} {row.from_hub} > {row.to_hub} by {row.service}")
        if (row.departure, key) not in seen:
            seen.add((row.departure, key))
            total = sum(ridden[row.departure].values())
            cost += run_cost[row.departure] * tonnes / total if total else 0.0
    result = next(row for row in plan.orders if (row.order, row.repeat) == (order, repeat))
    return result.value, cost, tuple(way)
