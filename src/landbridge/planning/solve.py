"""From a case to a plan: build, solve, decode."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from landbridge import __version__
from landbridge.engine import DesignSolution, solve
from landbridge.model.case import Case, Pin
from landbridge.model.plan import FleetUse, Money, OrderResult, Plan, PlanStatus, Summary, TracePoint
from landbridge.network import Network, build_network
from landbridge.planning.costs import cost_paths
from landbridge.planning.departures import board_pieces, leg_offsets, list_departures
from landbridge.planning.flows import FlowTable, list_flows
from landbridge.planning.limits import PlanLimits, engine_limits, reasons_s
from landbridge.planning.money import spend_of, sum_money
from landbridge.planning.pieces import divide_paths, tidy_paths
from landbridge.planning.prices import list_prices
from landbridge.planning.reasons import explain_orders
from landbridge.tables import input_hash
from landbridge.units import MINUTES_PER_HOUR, MONEY_TOL, exceeds, is_close

NOT_EXAMINED = "open: not examined"
"""Reason of an order when nobody asked for reasons."""

LIBRARIES = ("numpy", "highspy", "numba", "polars")


def plan(
    case: Case,
    *,
    limits: PlanLimits | None = None,
    agreements: str = "in_force",
    pins: Iterable[Pin] = (),
) -> Plan:
    """
    Plan a case: the best joint plan found, with a proved bound.

    Parameters
    ----------
    case
        A case without findings.
    limits
        When to stop; default: a minute.
    agreements
        Set of agreements whose grants count: in_force, all or none.
    pins
        Locked besides the case's own pins.

    Raises
    ------
    InvalidCase
        When a pin names what the case does not have.
    """
    return _solve(build_network(case, agreements, pins), limits or PlanLimits(), pins_only=False)


def evaluate(
    case: Case, pins: Iterable[Pin], *, limits: PlanLimits | None = None, agreements: str = "in_force"
) -> Plan:
    """
    Price a plan the planner has: only what is pinned runs (and must_run), freight is routed as well as that allows.

    A departure of a service without a timetable leaves exactly when its pin says.
    """
    return _solve(build_network(case, agreements, pins, pins_only=True), limits or PlanLimits(), pins_only=True)


def _solve(network: Network, limits: PlanLimits, *, pins_only: bool) -> Plan:
    solution = solve(network.problem, engine_limits(limits, network))
    return decode(network, solution, limits, pins_only=pins_only)


def decode(
    network: Network,
    solution: DesignSolution,
    limits: PlanLimits,
    *,
    pins_only: bool = False,
    is_explained: bool = True,
) -> Plan:
    """
    Write a solution as the tables of a plan (semantics §7).

    ``is_explained`` False saves the searches for why orders are not served.
    """
    if not math.isfinite(solution.upper):
        return _no_plan(network, solution, limits, pins_only=pins_only)
    solution = tidy_paths(network, solution)
    costs = cost_paths(network.problem, solution)
    offsets = leg_offsets(network)
    pieces = divide_paths(network, solution)
    boardings = board_pieces(network, solution, pieces, offsets)
    departures = list_departures(network, solution, boardings)
    table = list_flows(network, solution, pieces, costs, departures, offsets)
    money, origins = sum_money(network, solution, pieces, costs, table)
    spend = spend_of(network, solution, money, costs)
    value = money.value
    bound = max(value, _bound(network, solution))
    seconds = reasons_s(limits, len(network.instances))
    reasons = explain_orders(network, solution, table, seconds=seconds) if is_explained else {}
    return Plan(
        summary=_summary(
            network,
            solution,
            limits,
            pins_only=pins_only,
            status=_status(solution, value, bound, spend, limits.gap),
            value=value,
            bound=bound,
            spend=spend,
            money=money,
            origins=origins,
        ),
        departures=departures.rows,
        flows=tuple(table.rows),
        orders=_order_results(network, table, reasons, is_explained=is_explained),
        trades=tuple(table.trades),
        prices=list_prices(network, solution),
        fleets=tuple(
            FleetUse(fleet=fleet.fleet, used=used, fixed_cost=fleet.fixed_cost * used)
            for fleet, used in zip(network.case.fleets, solution.fleet_used.tolist(), strict=True)
        ),
    )


def _bound(network: Network, solution: DesignSolution) -> float:
    """Proved bound on the value; without one from the search, what all orders served for nothing would bring."""
    problem = network.problem
    free = float(sum(max(0.0, value) * qty for value, qty in zip(problem.block_value, problem.block_qty, strict=True)))
    if not math.isfinite(solution.lower):
        return free
    return -solution.lower - network.constant_cost


def _status(solution: DesignSolution, value: float, bound: float, spend: float, gap: float) -> PlanStatus:
    """Status by what is proved of the plan as written (§6.4)."""
    if bound - value <= MONEY_TOL * max(1.0, abs(value), spend):
        return PlanStatus.OPTIMAL
    status = PlanStatus(str(solution.status))
    if status in (PlanStatus.OPTIMAL, PlanStatus.GAP_REACHED):
        return PlanStatus.GAP_REACHED if bound - value <= gap * spend else PlanStatus.FEASIBLE
    return status


def _no_plan(network: Network, solution: DesignSolution, limits: PlanLimits, *, pins_only: bool) -> Plan:
    """Plan of a case whose pins and must_run leave none, or for which none was found."""
    summary = _summary(
        network,
        solution,
        limits,
        pins_only=pins_only,
        status=PlanStatus(str(solution.status)),
        value=None,
        bound=None,
        spend=0.0,
        money=Money(),
        origins={},
    )
    return Plan(summary=summary, departures=(), flows=(), orders=(), trades=(), prices=(), fleets=())


def _order_results(
    network: Network, table: FlowTable, reasons: Mapping[int, str], *, is_explained: bool
) -> tuple[OrderResult, ...]:
    places = network.places
    found = []
    for index, instance in enumerate(network.instances):
        order = network.case.orders[instance.order]
        got = table.received.get(index)
        filled = got.filled if got is not None else 0.0
        price = order.price_per_unit if order.to_hub else -order.price_per_unit
        found.append(
            OrderResult(
                order=order.order,
                repeat=instance.repeat,
                party=order.party,
                good=order.good,
                qty=order.qty,
                filled=filled,
                arrives=places.clock.text(got.arrives_min, places.zone_by_hub[got.end_hub]) if got is not None else "",
                late_h=got.late_min / MINUTES_PER_HOUR if got is not None else 0.0,
                value=price * filled,
                unserved_cost=order.unserved_cost_per_unit * max(0.0, order.qty - filled),
                why=reasons.get(index, "" if is_explained or not exceeds(order.qty, filled) else NOT_EXAMINED),
            )
        )
    return tuple(found)


def _summary(
    network: Network,
    solution: DesignSolution,
    limits: PlanLimits,
    *,
    pins_only: bool,
    status: PlanStatus,
    value: float | None,
    bound: float | None,
    spend: float,
    money: Money,
    origins: Mapping[str, float],
) -> Summary:
    settings = network.case.settings
    gap = None
    if value is not None and bound is not None and not is_close(spend, 0.0):
        gap = (bound - value) / spend
    return Summary(
        case=settings.name,
        status=status,
        value=value,
        bound=bound,
        spend=spend,
        gap=gap,
        money=money,
        currency=settings.currency,
        start=settings.start,
        horizon_h=settings.horizon_h,
        cyclic=settings.cyclic,
        agreements=network.agreements,
        seconds=solution.seconds,
        seed=limits.seed,
        threads=limits.threads,
        work=solution.work,
        limits={name: _finite(getattr(limits, name)) for name in ("time_s", "gap", "work")},
        versions=_versions(),
        input_sha256=input_hash(network.case),
        candidates=solution.num_candidates,
        pins_only=pins_only,
        origins=origins,
        trace=_trace(network, solution, value, bound),
    )


def _trace(
    network: Network, solution: DesignSolution, value: float | None, bound: float | None
) -> tuple[TracePoint, ...]:
    """Progress in terms of value; values rise and bounds fall, and neither passes where the plan ends."""
    best, lowest = -math.inf, math.inf
    found = []
    for point in solution.trace:
        if math.isfinite(point.upper):
            best = max(best, min(-point.upper - network.constant_cost, math.inf if value is None else value))
        if math.isfinite(point.lower):
            lowest = min(lowest, max(-point.lower - network.constant_cost, -math.inf if bound is None else bound))
        found.append(TracePoint(seconds=point.seconds, value=_finite(best), bound=_finite(lowest)))
    return tuple(found)


def _finite(number: float) -> float | None:
    return float(number) + 0.0 if math.isfinite(number) else None


def _versions() -> dict[str, str]:
    found = {"landbridge": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
