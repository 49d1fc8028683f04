"""The flat bound, term by term: what each block of an order, each vehicle and each run is worth at its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, FloatArray, IntArray
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.split import SplitPrices
from landbridge.engine.relax.terms import (
    FlatPoint,
    Terms,
    block_terms,
    lowered,
    most_by_timetable,
    pays_endlessly,
    run_earnings,
)
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch

ENDLESS = 1e9
"""Runs of a vehicle that nothing limits."""


@dataclass(frozen=True, slots=True)
class _Point:
    """Prices, and the least cost of a unit of each demand at them."""

    prices: SplitPrices
    cost: FloatArray


def price_flat(master: Master, watch: Watch) -> Terms:
    """
    Take steps of the flat bound until it settles, and divide the best one found.

    Orders that no path brings in time stay in, so that who checks the terms need not know of time.
    """
    bound = FlatBound(master, flatten(master.problem, master.net))
    point, converged = _best_point(bound, watch)
    p, most = master.problem, most_by_timetable(master.problem)
    # also where the engine knows that no run is of use
    bound.carriers = bound.carriers._replace(most=np.minimum(most, ENDLESS))
    total, first = run_earnings(bound, point.prices)
    idle = pays_endlessly(bound, first, np.isinf(most))
    if idle.any():
        point = _at(bound, lowered(bound, point.prices, idle, first))
        total, first = run_earnings(bound, point.prices)
    return Terms(
        block=block_terms(p, point.cost[bound.demand_of_terminal]),
        vehicle=total,
        run=_under_limits(p, first),
        limit=np.zeros(len(master.run_rows.cap)),
        point=_tell(bound, point.prices, bound.demand_of_terminal[p.block_terminal]),
        converged=converged,
    )


def _under_limits(problem: DesignProblem, first: FloatArray) -> FloatArray:
    """What the dearest first run under each limit earns, from what each vehicle's does, or 0. Shape ``(R,)``."""
    p, found = problem, np.zeros(len(problem.limit_cap))
    alone = p.use_departure >= 0
    np.maximum.at(found, p.use_limit[alone], first[p.departure_vehicle[p.use_departure[alone]]])
    np.maximum.at(found, p.use_limit[~alone], first[p.use_vehicle[~alone]])
    return found


def _tell(bound: FlatBound, prices: SplitPrices, demand: IntArray) -> FlatPoint:
    ways = bound.ways
    told = (np.arange(prices.toll.shape[1])[None, :] < ways.num_entries[:, None]) & (prices.toll > 0)
    payer = np.nonzero(told)[0]
    return FlatPoint(
        room=np.where(bound.binds, prices.room, 0.0),
        toll_demand=payer,
        toll_leg=ways.leg[told],
        toll=prices.toll[told] / bound.demands.quantity[payer],
        demand_of_block=demand,
    )


def _best_point(bound: FlatBound, watch: Watch) -> tuple[_Point, bool]:
    """The best point that rounds pass before the watch says stop; whether the bound had settled."""
    while watch.stop() is None and not bound.has_settled():
        bound.round()
        watch.improve_lower(bound.best)
        watch.work = max(watch.work, bound.master.work)
    return _at(bound, bound.best_prices), bound.has_settled()


def _at(bound: FlatBound, prices: SplitPrices) -> _Point:
    """The point at some prices, which stay as they are."""
    prices = SplitPrices(prices.room, prices.toll.copy(), prices.limit)
    bound.bound(prices)
    return _Point(prices, bound.cost.copy())
