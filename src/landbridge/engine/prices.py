"""What each resource of a problem is worth at most: the strong relaxation's bound, term by term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.construct.scan_dive import settle_scans
from landbridge.engine.cuts.strong import separate_strong
from landbridge.engine.large import has_time_for_scans, is_large
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, FloatArray, IntArray, Limits
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.flat_prices import price_flat
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.relaxation import solve_coarse, solve_relaxation
from landbridge.engine.relax.scan_bound import ScanBound
from landbridge.engine.relax.scan_prices import price_scans
from landbridge.engine.relax.split import suits_split_bound
from landbridge.engine.relax.terms import FlatPoint, Terms
from landbridge.engine.slot_prices import SlotPoint, read_slot_point
from landbridge.engine.space.flat import flatten
from landbridge.engine.watch import Watch

SCAN_SHARE = 0.9
"""Part of the time or work for steps over departures; a last look at all orders takes the rest."""

IDLE_ROUNDS, IDLE = 8, 1e-12
"""Rounds of the flat bound in which it may show that nothing pays; the part of what all is worth that is nothing."""

BIG = 1e6
"""Stands for infinity in the bounds of columns whose reduced cost is never negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """
    A dual point of the strong relaxation, by resource: money that each brings at most (costs below 0).

    The terms add up to the proved bound on the value (``-bound`` of the cost).
    Only rows whose right sides add up over owners are priced; stronger cuts
    are left out. So the sum over the resources of some owners
    bounds what these can do by themselves.

    Parameters
    ----------
    value
        Proved: no plan of the whole problem brings more. Sum of all terms.
    block
        Shape ``(B,)``. Money a unit of each block.
    vehicle
        Shape ``(V,)``. Money for being there at all, where prices wish for more runs than there can be.
    limit, limit_price, limit_cap, limit_low, low_price
        Shape ``(X,)``. Rows of run limits: index, worth of one more run, right sides, cost of one more that must run.
    flow, flow_price, flow_cap
        Rows on tonnes: index of the flow limit, or ``-1 - store``; worth of one more tonne; right side.
    fleet
        Shape ``(F,)``. Money of all vehicles of each fleet.
    run
        Shape ``(R,)``, by limit of runs, or empty: not told. Money that a run under the limit brings at most; of what
        a vehicle brings no more than this comes from each such run.
    point
        The prices themselves: those of the flat bound, or of the strong relaxation by run; None: not told.
    holds_any_time
        Whether no plan that leaves at other minutes does better either.
    other
        What belongs to no resource; sums in another order.
    work, seconds, converged
        Effort, and whether nothing was missing.
    """

    value: float
    block: FloatArray
    vehicle: FloatArray
    limit: IntArray
    limit_price: FloatArray
    limit_cap: FloatArray
    limit_low: FloatArray
    low_price: FloatArray
    flow: IntArray
    flow_price: FloatArray
    flow_cap: FloatArray
    fleet: FloatArray
    run: FloatArray
    point: FlatPoint | SlotPoint | None
    holds_any_time: bool
    other: float
    work: float
    seconds: float
    converged: bool


def price_resources(problem: DesignProblem, limits: Limits | None = None) -> PriceList:
    """
    Solve the strong relaxation and divide its bound among the resources.

    By Lagrangian duality the bound at any row duals is the sum of right sides
    times duals, of column bounds times negative reduced costs, and of what each
    terminal has times the least reduced cost of its paths: one term a resource.

    Parameters
    ----------
    limits
        When to stop; the list proves what its ``value`` says at any moment.
    """
    frame = PriceFrame(problem)
    master, watch = frame.master, Watch(limits or Limits())
    if is_large(master):
        return _price_many(master, watch)
    return _price_idle(master, watch) or frame.price(limits=limits)


def price_without_time(problem: DesignProblem, limits: Limits | None = None) -> PriceList | None:
    """
    Divide the flat bound of a problem of any size; None where there is none.

    It is weaker than :func:`price_resources` where orders are few, but who doubts it needs to know no times.
    """
    master = Master(problem)
    if not suits_split_bound(master):
        return None
    watch = Watch(limits or Limits())
    return _list_of(master, price_flat(master, watch), watch)


def price_any_time(problem: DesignProblem, limits: Limits | None = None) -> PriceList:
    """
    Price the resources in the coarse relaxation, in which all runs of a vehicle share the room of their legs.

    It is weaker than :func:`price_resources`, but its prices say nothing of minutes: where departures are chosen,
    others than those that were tried earn no more.
    """
    master, watch = Master(problem, coarse=True), Watch(limits or Limits())
    dual, converged = solve_coarse(master, watch)
    return _list_at(master, dual, watch, converged=converged)


def _price_many(master: Master, watch: Watch) -> PriceList:
    """Prices of many orders: those of the bound over departures where there is time for it, else of the flat one."""
    found = None
    if master.problem.vehicle_timed.all() and has_time_for_scans(master, watch, SCAN_SHARE):
        found = _price_by_scans(master, watch)
    return _list_of(master, found or price_flat(master, watch), watch)


def _price_by_scans(master: Master, watch: Watch) -> Terms | None:
    """Terms of the bound over departures; None where the work was cancelled before anything was proved."""
    limits = watch.limits
    bound = ScanBound(master, flatten(master.problem, master.net), 1 if watch.counts_work else limits.threads)
    bound.done = limits.cancelled  # the last look is taken to its end: without it nothing is proved

    def done() -> bool:
        over = watch.seconds > SCAN_SHARE * limits.time_s or watch.work > SCAN_SHARE * limits.work
        return over or watch.stop() is not None

    settle_scans(bound, watch, done)
    return price_scans(bound)


def _price_idle(master: Master, watch: Watch) -> PriceList | None:
    """
    The flat list of a problem in which nothing pays, where a few rounds show that; else None.

    Column generation may take long to prove just that: its duals go round on a face of value 0.
    """
    if not suits_split_bound(master):
        return None
    p, bound = master.problem, FlatBound(master, flatten(master.problem, master.net))
    # cost of a plan that serves nothing, less a rounding
    least = master.penalty_constant - IDLE * max(1.0, float((p.block_qty * (p.block_value + p.block_penalty)).sum()))
    for _ in range(IDLE_ROUNDS):
        if watch.stop() is not None:
            return None
        if bound.round() >= least:
            found = _list_of(master, price_flat(master, watch), watch)
            return found if -found.value >= least else None
    return None


def _list_of(master: Master, terms: Terms, watch: Watch) -> PriceList:
    """The list of the terms of a bound by splitting, in which nothing but runs is limited."""
    p, rows = master.problem, master.run_rows
    priced = np.flatnonzero(terms.limit > 0)
    price, cap, none = terms.limit[priced], rows.cap[priced], np.zeros(0)
    return PriceList(
        value=float(terms.block.sum() + terms.vehicle.sum() + (price * cap).sum()),
        block=np.where(p.block_qty > 0, terms.block / np.maximum(p.block_qty, 1e-300), 0.0),
        vehicle=terms.vehicle,
        limit=rows.limit[priced],
        limit_price=price,
        limit_cap=cap,
        limit_low=np.zeros(len(priced)),
        low_price=np.zeros(len(priced)),
        flow=none.astype(np.int64),
        flow_price=none,
        flow_cap=none,
        fleet=np.zeros(len(p.fleet_count)),
        run=terms.run,
        point=terms.point,
        holds_any_time=True,
        other=0.0,
        work=max(watch.work, master.work),
        seconds=watch.seconds,
        converged=terms.converged,
    )


class PriceFrame:
    """
    One relaxation for many right sides: columns, inequalities and the basis of one solve start the next.

    Duals found where there is less of some resources are dual feasible where
    there is more, so each list of prices bounds what any part can do.
    """

    def __init__(self, problem: DesignProblem) -> None:
        self.master = Master(problem)
        self._is_first = True

    def price(
        self, block_qty: FloatArray | None = None, limit_cap: FloatArray | None = None, limits: Limits | None = None
    ) -> PriceList:
        """
        Price the resources when there are only so many of them.

        Parameters
        ----------
        block_qty
            Shape ``(B,)``. Units of each block, at most the problem's; default all.
        limit_cap
            Shape ``(R,)``. Caps of run limits, whole or not, at most the problem's; default the same.
        """
        watch = Watch(limits or Limits())
        master, p = self.master, self.master.problem
        qty = p.block_qty if block_qty is None else block_qty
        rows = master.run_rows
        caps = rows.cap if limit_cap is None else np.minimum(limit_cap[rows.limit], rows.cap)
        master.model.set_col_bounds(master.block_col + np.arange(len(qty)), np.minimum(p.block_low, qty), qty)
        index = master.cap_rows + np.arange(len(caps))
        master.model.set_row_bounds(index, np.full(len(caps), -np.inf), np.where(np.isfinite(caps), caps, np.inf))
        if self._is_first:
            relaxation = solve_relaxation(master, watch)
            found, converged = relaxation.row_dual, relaxation.converged
        else:
            found, converged = _resolve(master, watch)
        self._is_first = False
        return _list_at(master, found, watch, converged=converged)


def _list_at(master: Master, found: FloatArray | None, watch: Watch, *, converged: bool) -> PriceList:
    """The list at duals of a master's rows; at none: at those of a master without any."""
    dual = np.zeros(master.model.num_rows) if found is None else master.extend_dual(found)
    _, reduced = price_columns(master, read_duals(master, dual))
    return _divide(master, master.extend_dual(dual), reduced, watch, converged=converged)


def _resolve(master: Master, watch: Watch) -> tuple[FloatArray | None, bool]:
    """Duals of a relaxation that was solved before with other right sides, and whether nothing is missing."""
    dual = None
    while watch.stop() is None:
        result = master.solve(max(watch.seconds_left, 0.1))
        if not result.is_optimal:
            return dual, False
        dual = result.row_dual
        added, _ = price_columns(master, read_duals(master, dual))
        if added == 0 and separate_strong(master, result.x) == 0:
            return dual, True
    return dual, False


def _divide(master: Master, row_dual: FloatArray, reduced: FloatArray, watch: Watch, *, converged: bool) -> PriceList:
    """The terms of :func:`landbridge.engine.relax.bounds.lagrangian`, each with its owner."""
    p, net, rows = master.problem, master.net, master.run_rows
    ptr, index, value, cost, lower, upper, row_lower, row_upper = master.model.matrix()
    row_upper = row_upper.copy()
    dual = np.clip(
        row_dual, np.where(np.isfinite(row_upper), -np.inf, 0.0), np.where(np.isfinite(row_lower), np.inf, 0.0)
    )
    products = np.concatenate([[0.0], np.cumsum(value * dual[index])])
    rc = cost - (products[ptr[1:]] - products[ptr[:-1]])
    rc = np.where((upper >= BIG) & (rc < 0) & (rc > -1e-6 * np.maximum(1.0, np.abs(cost))), 0.0, rc)
    term = np.where(rc >= 0, lower * rc, np.minimum(upper, BIG) * rc)
    term[np.array(master.paths.col, dtype=np.int64)] = 0.0
    least = np.zeros(len(master.supply))
    supply = p.commodity_supply[p.sink_commodity]
    np.minimum.at(least, supply, np.where(np.isfinite(reduced), reduced, 0.0))
    cap = dual[master.cap_rows : master.cap_rows + len(rows.cap)]
    low = dual[master.low_rows : master.low_rows + len(master.low_index)]
    low_dual, low_side = np.zeros(len(rows.cap)), np.zeros(len(rows.cap))
    low_dual[master.low_index], low_side[master.low_index] = low, rows.low[master.low_index]
    tonnage = dual[master.tonnage_rows : master.tonnage_rows + len(net.row_cap_t)]
    span = slice(master.block_col, master.block_col + len(p.block_qty))
    # prices are of the whole problem, whatever there is now
    term[span] = np.where(rc[span] >= 0, p.block_low * rc[span], p.block_qty * rc[span])
    row_upper[master.cap_rows : master.cap_rows + len(rows.cap)] = rows.cap
    with np.errstate(divide="ignore", invalid="ignore"):
        block = -np.where(p.block_qty > 0, term[span] / p.block_qty, 0.0) - least[p.block_terminal] - p.block_penalty
    vehicle = np.zeros(len(p.vehicle_service))
    for cols in (master.run_col, master.empty_col, master.load_col):
        opened = np.where(cols >= 0)[0]
        np.add.at(vehicle, net.run_vehicle[opened], -term[cols[opened]])
    fleet = np.array([-term[cols].sum() for cols in master.fleet.standing])
    limit_price = -np.minimum(cap, 0.0)
    flow_price = -np.minimum(tonnage, 0.0)
    total = -_lagrangian_sum(master, dual, term, least, row_lower, row_upper)
    told = (
        float((block * p.block_qty).sum() + vehicle.sum() + fleet.sum())
        + float((limit_price * np.where(np.isfinite(rows.cap), rows.cap, 0.0)).sum() - (low_dual * low_side).sum())
        + float((flow_price * np.where(np.isfinite(net.row_cap_t), net.row_cap_t, 0.0)).sum())
    )
    priced = np.where((limit_price > 0) | (low_dual > 0))[0]
    tight = np.where(flow_price > 0)[0]
    return PriceList(
        value=total,
        block=block,
        vehicle=vehicle,
        limit=rows.limit[priced],
        limit_price=limit_price[priced],
        limit_cap=rows.cap[priced],
        limit_low=low_side[priced],
        low_price=low_dual[priced],
        flow=net.row_limit[tight],
        flow_price=flow_price[tight],
        flow_cap=net.row_cap_t[tight],
        fleet=fleet,
        run=np.zeros(0),
        point=read_slot_point(master, dual),
        holds_any_time=master.coarse or bool(p.vehicle_timed.all()),
        other=total - told,
        work=master.work,
        seconds=watch.seconds,
        converged=converged,
    )


def _lagrangian_sum(
    master: Master,
    dual: FloatArray,
    term: FloatArray,
    least: FloatArray,
    row_lower: FloatArray,
    row_upper: FloatArray,
) -> float:
    side = np.where(dual > 0, np.where(dual > 0, row_lower, 0.0), np.where(dual < 0, row_upper, 0.0))
    return float((dual * side).sum() + term.sum() + (least * master.supply).sum()) + master.penalty_constant
