"""A bound by splitting, term by term: what orders, runs and limits are worth at its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.relax.split import SplitBound, SplitPrices

PAYS_LESS = 1e-9
"""Part of its cost by which a run that nothing limits earns less: not by a rounding may endless runs pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPoint:
    """
    The prices of a flat bound themselves, from which anybody can work the terms out again.

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
class Terms:
    """
    A point of a bound by resource, money: blocks, vehicles and limits times their caps add up to it.

    Freight of an order pays for room and tolls, runs earn them less their cost and what they pay for limits: each term
    belongs to an order, a vehicle or a limit. With fewer orders a vehicle earns less, and with fewer vehicles an order
    has fewer ways; so the terms of what some own bound what these can do by themselves (Owen 1975;
    docs/design/cooperation.md, §7).

    Parameters
    ----------
    block
        Shape ``(B,)``. What all of each block brings at most.
    vehicle
        Shape ``(V,)``. What the runs of each vehicle earn at most, all together.
    run
        Shape ``(R,)``, by limit of runs. What the first of the runs under the limit earns that earns most, or 0.
    limit
        By row of run limits: worth of one more run.
    point
        The prices at which this is so; None: not told.
    converged
        Whether the bound had settled.
    """

    block: FloatArray
    vehicle: FloatArray
    run: FloatArray
    limit: FloatArray
    point: FlatPoint | None
    converged: bool


def block_terms(problem: DesignProblem, cost: FloatArray) -> FloatArray:
    """What all of each block brings at most when a unit at each terminal costs so much. Shape ``(B,)``."""
    p = problem
    gain = np.maximum(p.block_value + p.block_penalty - cost[p.block_terminal], 0.0)
    found: FloatArray = (gain - p.block_penalty) * p.block_qty
    return found


def run_earnings(bound: SplitBound, prices: SplitPrices) -> tuple[FloatArray, FloatArray]:
    """
    What all runs of each carrier earn at most, and the first of them, less their cost and what they pay for limits.

    Each leg's tolls are a concave function of how many runs go, so the first run earns most, and those that do not pay
    are not made.

    Returns
    -------
    tuple
        Two of shape ``(C,)``, money; the first may be below 0 in the second.
    """
    ways, carriers, room, toll = bound.ways, bound.carriers, prices.room, prices.toll
    cost = carriers.run_cost + bound.limits_of_runs(prices.limit)
    told = (np.arange(toll.shape[1])[None, :] < ways.num_entries[:, None]) & (toll > 0)
    leg, pays = ways.leg[told], toll[told]
    fills = ways.share[told][np.arange(len(leg)), bound.binds.argmax(axis=1)[leg]]
    order = np.lexsort((-pays / np.maximum(fills, 1e-12), leg))
    pays, fills = pays[order], fills[order]
    ptr = np.searchsorted(leg[order], np.arange(len(room) + 1))
    total, first = np.zeros(len(cost)), np.zeros(len(cost))
    for carrier, most in enumerate(carriers.most.tolist()):
        legs = range(carriers.leg_ptr[carrier], carriers.leg_ptr[carrier + 1])
        base = room[legs.start : legs.stop].sum() - cost[carrier]
        heaviest = max((float(fills[ptr[i] : ptr[i + 1]].sum()) for i in legs), default=0.0)
        count = int(min(most, np.ceil(heaviest) + 1))
        runs = np.arange(count + 1, dtype=np.float64)
        earned = sum((_paid(runs, pays[ptr[i] : ptr[i + 1]], fills[ptr[i] : ptr[i + 1]]) for i in legs), np.zeros(1))
        gain = np.diff(np.broadcast_to(earned, runs.shape)) + base
        total[carrier] = np.maximum(gain, 0.0).sum() + (most - count) * max(base, 0.0)
        first[carrier] = gain[0] if count else 0.0
    return total, first


def _paid(runs: FloatArray, pays: FloatArray, fills: FloatArray) -> FloatArray:
    """Tolls that so many runs of a leg earn, the dearest freight for its load first."""
    earned = np.interp(runs, np.append(0.0, np.cumsum(fills)), np.append(0.0, np.cumsum(pays)))
    found: FloatArray = np.where(runs > 0, earned, 0.0)  # what fills nothing pays on the first run
    return found


def pays_endlessly(bound: SplitBound, first: FloatArray, is_endless: BoolArray) -> BoolArray:
    """Which carriers that nothing limits have a first run that earns, or nearly does. Shape ``(C,)``."""
    found: BoolArray = is_endless & (first > -PAYS_LESS * np.maximum(bound.carriers.run_cost, 1.0))
    return found


def lowered(bound: SplitBound, prices: SplitPrices, idle: BoolArray, first: FloatArray) -> SplitPrices:
    """Prices on the legs of some carriers so low that none of their runs earns: what nobody limits is worth nothing."""
    carriers = bound.carriers
    cost = carriers.run_cost + bound.limits_of_runs(prices.limit)
    paid = np.maximum(cost + np.maximum(first, 0.0), 1e-12)
    factor = np.where(idle, cost / paid * (1 - PAYS_LESS), 1.0)[carriers.leg_carrier]
    return SplitPrices(prices.room * factor[:, None], prices.toll * factor[bound.ways.leg], prices.limit)


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
