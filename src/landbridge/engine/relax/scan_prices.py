"""The bound over departures of many orders, term by term: what each block, vehicle and limit is worth at its prices."""

from __future__ import annotations

import numpy as np

from landbridge.engine.relax.scan_bound import ScanBound
from landbridge.engine.relax.terms import (
    Terms,
    block_terms,
    lowered,
    most_by_timetable,
    pays_endlessly,
    run_earnings,
)


def price_scans(bound: ScanBound) -> Terms | None:
    """Divide the best bound over departures that was proved; None where none was, or it was time to stop."""
    if not np.isfinite(bound.best):
        return None
    master, p, vehicle = bound.master, bound.master.problem, bound.master.net.run_vehicle
    prices, of_demand = bound.best_prices, bound.best_cost
    total, first = run_earnings(bound, prices)
    idle = pays_endlessly(bound, first, np.isinf(most_by_timetable(p))[vehicle])
    if idle.any():
        prices = lowered(bound, prices, idle, first)
        total, first = run_earnings(bound, prices)
        if not bound.find_ways(prices.room, prices.toll):
            return None
        of_demand = bound.cost
    cost, rows = np.empty(len(p.terminal_single)), master.run_rows
    cost[p.sink_terminal] = of_demand
    under = np.zeros(len(p.limit_cap))
    np.maximum.at(under, rows.limit[rows.row], np.repeat(first, np.diff(rows.ptr)))
    return Terms(
        block=block_terms(p, cost),
        vehicle=np.bincount(vehicle, weights=total, minlength=len(p.vehicle_service)).astype(np.float64),
        run=under,
        limit=prices.limit,
        point=None,
        converged=False,
    )
