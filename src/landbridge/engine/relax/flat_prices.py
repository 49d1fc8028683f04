"""The flat bound, term by term: what each block of an order, each vehicle and each run is worth at its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, FloatArray, IntArray
from landbridge.engine.relax.earnings import lowered, pays_endlessly, run_earnings
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.split import SplitPrices
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch

ENDLESS = 1e9
"""Runs of a vehicle that nothing limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPoint:
    """
    The prices themselves, from which anybody can work the terms out again.

    Parameters
    ----------
    room
        Shape ``(L, D)``. Money for the room of a run on each leg, by dimension.
    toll_demand, toll_leg, toll
        Tolls that are not 0: money a unit of the demand pays on the leg besides.
    demand_of_block
        Shape ``(B,)``. Demand of each block; blocks of one are alike but for quantity and worth.
    """

    room: FloatArray
    toll_demand: IntArray
    toll_leg: IntArray
    toll: FloatArray
    demand_of_block: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatTerms:
    """
    A point of the flat bound by resource, money; the bound on the value is the sum of ``block`` and ``vehicle``.

    Parameters
    ----------
    block
        Shape ``(B,)``. What all of each block brings at most.
    vehicle
        Shape ``(V,)``. What the runs of each vehicle earn at most, all together.
    run
        Shape ``(V,)``. What the first run of each vehicle earns, or 0: no other earns more.
    point
        The prices at which this is so.
    converged
        Whether the bound had settled.
    """

    block: FloatArray
    vehicle: FloatArray
    run: FloatArray
    point: FlatPoint
    converged: bool


@dataclass(frozen=True, slots=True)
class _Point:
    """Prices, and the least cost of a unit of each demand at them."""

    prices: SplitPrices
    cost: FloatArray


def price_flat(master: Master, watch: Watch) -> FlatTerms:
    """
    Take steps of the flat bound until it settles, and divide the best one found.

    Orders that no path brings in time stay in, so that who checks the terms need not know of time.

    Freight of an order pays for room and tolls, runs earn them: each term belongs to an order or to a vehicle. With
    fewer orders a vehicle earns less, and with fewer vehicles an order has fewer ways; so the terms of
    what some own bound what these can do by themselves (Owen 1975; docs/design/cooperation.md, §7).
    """
    bound = FlatBound(master, flatten(master.problem, master.net))
    point, converged = _best_point(bound, watch)
    most = most_by_timetable(master.problem)
    # also where the engine knows that no run is of use
    bound.carriers = bound.carriers._replace(most=np.minimum(most, ENDLESS))
    total, first = run_earnings(bound, point.prices)
    idle = pays_endlessly(bound, first, np.isinf(most))
    if idle.any():
        point = _at(bound, lowered(bound, point.prices, idle, first))
        total, first = run_earnings(bound, point.prices)
    p = master.problem
    worth = p.block_value + p.block_penalty
    demand = bound.demand_of_terminal[p.block_terminal]
    block = (np.maximum(worth - point.cost[demand], 0.0) - p.block_penalty) * p.block_qty
    return FlatTerms(
        block=block,
        vehicle=total,
        run=np.maximum(first, 0.0),
        point=_tell(bound, point.prices, demand),
        converged=converged,
    )


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


def most_by_timetable(problem: DesignProblem) -> FloatArray:
    """Most runs of each vehicle by the limits of its departures, or of all; inf where one has none. Shape ``(V,)``."""
    p = problem
    whole = np.isfinite(p.limit_cap[p.use_limit]) & (p.limit_period_min[p.use_limit] == 0)
    alone, together = whole & (p.use_departure >= 0), whole & (p.use_departure < 0)
    each = np.full(len(p.departure_vehicle), np.inf)
    np.minimum.at(each, p.use_departure[alone], np.floor(p.limit_cap[p.use_limit[alone]] + 1e-9))
    found = np.where(p.vehicle_timed, 0.0, np.inf)
    np.add.at(found, p.departure_vehicle, each)
    np.minimum.at(found, p.use_vehicle[together], np.floor(p.limit_cap[p.use_limit[together]] + 1e-9))
    return found
