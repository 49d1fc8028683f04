"""The bound over departures of many orders, term by term: what each block, vehicle and limit is worth at its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import FloatArray
from landbridge.engine.relax.earnings import lowered, pays_endlessly, run_earnings
from landbridge.engine.relax.flat_prices import most_by_timetable
from landbridge.engine.relax.scan_bound import ScanBound
from landbridge.engine.relax.split import SplitPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanTerms:
    """
    A point of the bound over departures by resource, money; the bound on the value is the sum of all terms.

    Parameters
    ----------
    block
        Shape ``(B,)``. What all of each block brings at most.
    vehicle
        Shape ``(V,)``. What the runs of each vehicle earn at most, all together.
    run
        By candidate run: what the first of it earns, or 0; no other earns more.
    limit
        Shape ``(R,)``. Worth of one more run of each row of run limits.
    """

    block: FloatArray
    vehicle: FloatArray
    run: FloatArray
    limit: FloatArray


def price_scans(bound: ScanBound) -> ScanTerms | None:
    """
    Divide the best bound over departures that was proved; None where it was time to stop before all was looked at.

    Freight of an order pays for room and tolls, runs earn them less their cost and what they pay for limits. With fewer
    orders runs earn less, and with fewer runs an order has fewer ways; so the terms of what some own
    bound what these can do by themselves (Owen 1975; docs/design/cooperation.md, §7).
    """
    p, vehicle = bound.master.problem, bound.master.net.run_vehicle
    prices = SplitPrices(bound.best_prices.room, bound.best_prices.toll.copy(), bound.best_prices.limit)
    is_endless = np.isinf(most_by_timetable(p))[vehicle]
    total, first = run_earnings(bound, prices)
    idle = pays_endlessly(bound, first, is_endless)
    if idle.any():
        prices = lowered(bound, prices, idle, first)
        total, first = run_earnings(bound, prices)
    if not bound.find_ways(prices.room, prices.toll):
        return None
    worth = p.block_value + p.block_penalty
    cost = np.empty(len(p.terminal_single))
    cost[p.sink_terminal] = bound.cost
    gain = np.maximum(worth - cost[p.block_terminal], 0.0)
    return ScanTerms(
        block=(gain - p.block_penalty) * p.block_qty,
        vehicle=np.bincount(vehicle, weights=total, minlength=len(p.vehicle_service)).astype(np.float64),
        run=np.maximum(first, 0.0),
        limit=prices.limit,
    )
