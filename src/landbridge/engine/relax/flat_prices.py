"""The flat bound, term by term: what each block of an order, each vehicle and each run is worth at its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.split import SplitPrices
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch

ENDLESS = 1e9
"""Runs of a vehicle that nothing limits."""

PAYS_LESS = 1e-9
"""Part of its cost by which a run that nothing limits earns less: not by a rounding may endless runs pay."""


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
    """Prices of room (of a run, by leg and dimension), tolls, and the least cost of a unit of each demand at them."""

    room: FloatArray
    toll: FloatArray
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
    most = _most_by_timetable(master.problem)
    # also where the engine knows that no run is of use
    bound.carriers = bound.carriers._replace(most=np.minimum(most, ENDLESS))
    total, first = run_earnings(bound, point.room, point.toll)
    idle = np.isinf(most) & (first > -PAYS_LESS * np.maximum(bound.carriers.run_cost, 1.0))
    if idle.any():
        point = _lower(bound, point, idle, first)
        total, first = run_earnings(bound, point.room, point.toll)
    p = master.problem
    worth = p.block_value + p.block_penalty
    demand = bound.demand_of_terminal[p.block_terminal]
    block = (np.maximum(worth - point.cost[demand], 0.0) - p.block_penalty) * p.block_qty
    return FlatTerms(
        block=block,
        vehicle=total,
        run=np.maximum(first, 0.0),
        point=_tell(bound, point, demand),
        converged=converged,
    )


def _tell(bound: FlatBound, point: _Point, demand: IntArray) -> FlatPoint:
    ways = bound.ways
    told = (np.arange(point.toll.shape[1])[None, :] < ways.num_entries[:, None]) & (point.toll > 0)
    payer = np.nonzero(told)[0]
    return FlatPoint(
        room=np.where(bound.binds, point.room, 0.0),
        toll_demand=payer,
        toll_leg=ways.leg[told],
        toll=point.toll[told] / bound.demands.quantity[payer],
        demand_of_block=demand,
    )


def _best_point(bound: FlatBound, watch: Watch) -> tuple[_Point, bool]:
    """The best point that rounds pass before the watch says stop; whether the bound had settled."""
    while watch.stop() is None and not bound.has_settled():
        bound.round()
        watch.improve_lower(bound.best)
        watch.work = max(watch.work, bound.master.work)
    return _at(bound, bound.best_prices.room, bound.best_prices.toll), bound.has_settled()


def _at(bound: FlatBound, room: FloatArray, toll: FloatArray) -> _Point:
    """The point at some prices, which stay as they are."""
    toll = toll.copy()
    bound.bound(SplitPrices(room, toll, bound.limit))
    return _Point(room, toll, bound.cost.copy())


def run_earnings(bound: FlatBound, room: FloatArray, toll: FloatArray) -> tuple[FloatArray, FloatArray]:
    """
    What all runs of each vehicle earn at most, and the first of them, less their cost.

    Each leg's tolls are a concave function of how many runs go, so the first run earns most, and those that do not pay
    are not made.

    Parameters
    ----------
    room
        Shape ``(L, D)``, money: worth of a run's room on each leg.
    toll
        As in ``FlatBound``: money that all of a demand pays on its entries.

    Returns
    -------
    tuple
        Two of shape ``(V,)``, money; the first may be below 0 in the second.
    """
    ways = bound.ways
    told = (np.arange(toll.shape[1])[None, :] < ways.num_entries[:, None]) & (toll > 0)
    leg, pays = ways.leg[told], toll[told]
    fills = ways.share[told][np.arange(len(leg)), bound.binds.argmax(axis=1)[leg]]
    order = np.lexsort((-pays / np.maximum(fills, 1e-12), leg))
    pays, fills = pays[order], fills[order]
    ptr = np.searchsorted(leg[order], np.arange(len(room) + 1))
    total, first = np.zeros(len(bound.carriers.run_cost)), np.zeros(len(bound.carriers.run_cost))
    for vehicle, most in enumerate(bound.carriers.most.tolist()):
        legs = range(bound.carriers.leg_ptr[vehicle], bound.carriers.leg_ptr[vehicle + 1])
        base = room[legs.start : legs.stop].sum() - bound.carriers.run_cost[vehicle]
        heaviest = max((float(fills[ptr[i] : ptr[i + 1]].sum()) for i in legs), default=0.0)
        count = int(min(most, np.ceil(heaviest) + 1))
        runs = np.arange(count + 1, dtype=np.float64)
        earned = sum((_paid(runs, pays[ptr[i] : ptr[i + 1]], fills[ptr[i] : ptr[i + 1]]) for i in legs), np.zeros(1))
        gain = np.diff(np.broadcast_to(earned, runs.shape)) + base
        total[vehicle] = np.maximum(gain, 0.0).sum() + (most - count) * max(base, 0.0)
        first[vehicle] = gain[0] if count else 0.0
    return total, first


def _paid(runs: FloatArray, pays: FloatArray, fills: FloatArray) -> FloatArray:
    """Tolls that so many runs of a leg earn, the dearest freight for its load first."""
    earned = np.interp(runs, np.append(0.0, np.cumsum(fills)), np.append(0.0, np.cumsum(pays)))
    found: FloatArray = np.where(runs > 0, earned, 0.0)  # what fills nothing pays on the first run
    return found


def _lower(bound: FlatBound, point: _Point, idle: BoolArray, first: FloatArray) -> _Point:
    """Prices on the legs of some vehicles so low that none of their runs earns: what nobody limits is worth nothing."""
    p = bound.master.problem
    paid = np.maximum(bound.carriers.run_cost + np.maximum(first, 0.0), 1e-12)
    lower = bound.carriers.run_cost / paid * (1 - PAYS_LESS)
    factor = np.where(idle, lower, 1.0)[p.leg_vehicle]
    return _at(bound, point.room * factor[:, None], point.toll * factor[bound.ways.leg])


def _most_by_timetable(problem: DesignProblem) -> FloatArray:
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
