"""A plan changed when something happens: what has left stays, the rest is planned anew (changes.md §5)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import DesignProblem, IntArray
from landbridge.engine.repair import Repair
from landbridge.errors import Finding, InvalidCase, InvalidRun
from landbridge.model.case import Case, Event
from landbridge.model.plan import Plan, PlanStatus
from landbridge.network import Network, build_network
from landbridge.network.pins import read_pins
from landbridge.planning.departures import leg_offsets, run_of_leg
from landbridge.planning.encode import encode
from landbridge.planning.events import apply_events, describe
from landbridge.planning.limits import PlanLimits
from landbridge.planning.pieces import only_paths
from landbridge.planning.replan.onward import Begun, Onward, add_onward, join, look_at
from landbridge.planning.replan.unroll import Dated
from landbridge.planning.solve import decode
from landbridge.units import MINUTES_PER_DAY, MINUTES_PER_HOUR, QTY_TOL

CHANGE_FRAC = 0.01
"""Price on moving an order, by default: this part of the spend of the plan by order served."""

GROUP = 50
"""Terminals opened at a time after the first repair."""

FIRST_SHARE = 0.5
"""Part of the time in which the plan is made possible again; the rest makes it better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """
    A plan before and after, on one calendar.

    Parameters
    ----------
    case
        The dated case with the events as pins.
    before, after
        The dated plan as it was, and as it has become.
    without
        Value of the best plan known without the events: as it was, planned anew in the same places, or as it is now.
    now_min
        Minute from which it is new.
    paths_begun, paths_turned
        Paths on their way or done, and those of them that go on another way.
    """

    case: Case
    before: Plan
    after: Plan
    without: float
    now_min: int
    events: str
    weeks: int
    change_cost: float
    paths_begun: int
    paths_turned: int


SETTLE_MIN = 7 * MINUTES_PER_DAY
"""How long after the last departure that is met vehicles of its fleet may still go other ways than planned."""

CONTROL_SHARE = 0.35
"""Part of the time that goes to the question what the same places would come to without the events."""

Runs = dict[tuple[int, int], float]


def replan(
    dated: Dated,
    events: Sequence[Event],
    now_min: int,
    *,
    limits: PlanLimits | None = None,
    change_cost: float | None = None,
    say: Callable[[str], None] = lambda phase: None,
) -> Replan:
    """
    Plan anew from a minute on what events make impossible, and what that touches.

    Parameters
    ----------
    dated
        The case and plan on a calendar (:func:`unroll`).
    events
        What happens; departures before ``now_min`` have left and are not met.
    change_cost
        Price on moving an order that could have stayed; default: 1 % of the spend by order served.

    Raises
    ------
    InvalidRun
        When the plan does not fit its case, or freight on its way cannot arrive at all.
    InvalidCase
        When an event cannot be applied.
    """
    limits = limits or PlanLimits()
    began = time.monotonic()
    until = began + limits.time_s
    say("reading the plan")
    network = build_network(dated.case, dated.plan.summary.agreements, is_merged=False)
    base = _tidy(network, encode(network, dated.plan), limits.time_s / 8)
    before = decode(network, base, limits, is_explained=False)
    price = _change_cost(before) if change_cost is None else change_cost
    case = apply_events(dated.case, events, now_min)
    most = _limited(network, dated.case, case)
    begun = look_at(network, base, now_min)
    broken = _broken(network, base, most)
    turned = tuple(sorted(begun.started & broken))
    onward = add_onward(network, base, begun, turned)
    say("making the plan possible again")
    repair = _start(network, base, onward, now_min, most, begun, price)
    affected = _affected(network, base, repair, most, begun, broken, onward, now_min)
    found = _solve(repair, affected, until - CONTROL_SHARE * (until - time.monotonic()), limits, say)
    if found is None:
        message = "freight on its way cannot arrive at all after the event; expected a way within its life and horizon"
        raise InvalidRun([Finding(where="replan", message=message, code="no-way-on")])
    whole = join(network, base, begun, onward, found)
    say("asking what would be without the event")
    control = _without(network, base, begun, now_min, price, affected, until, limits)
    say("writing the plan")
    met = build_network(case, dated.plan.summary.agreements, is_merged=False)
    case = _allow_late(case, network, whole)  # which trades there may be follows from deadlines: the network stays
    after = decode(replace(met, places=replace(met.places, case=case)), whole, limits)
    words = describe(events)
    value = after.summary.value or 0.0
    without = max(before.summary.value or 0.0, value, -control.upper - network.constant_cost)
    told = replace(
        after.summary, status=PlanStatus.FEASIBLE, events=words, scenario=dated.plan.summary.scenario,
        seconds=time.monotonic() - began,
    )  # fmt: skip
    after = replace(after, summary=told)
    return Replan(
        case=case,
        before=before,
        after=after,
        without=without,
        now_min=now_min,
        events=words,
        weeks=dated.weeks,
        change_cost=price,
        paths_begun=len(begun.started),
        paths_turned=len(turned),
    )


def _tidy(network: Network, solution: DesignSolution, time_s: float) -> DesignSolution:
    """The plan without runs that its flows do not need."""
    repair = Repair(network.problem, solution)
    if not repair.fits:
        message = "the plan does not fit its case; verify the run first"
        raise InvalidRun([Finding(where="run.json", message=message, code="run-does-not-fit")])
    repair.trim(time_s)
    found = repair.solution()
    assert found is not None  # a point that fits serves what must be served
    return replace(found, terminal_dual=solution.terminal_dual)


def _change_cost(plan: Plan) -> float:
    served = sum(row.filled > 0 for row in plan.orders)
    return CHANGE_FRAC * plan.summary.spend / max(1, served)


def _limited(network: Network, case: Case, met: Case) -> Runs:
    """Most runs of each vehicle and minute that events leave, from the pins they have become."""
    pins = read_pins(network.places, met.pins[len(case.pins) :], is_only=False)
    if pins.services:
        names = ", ".join(pins.services)
        message = f"services without a timetable are met ({names}); a re-plan needs to know when they leave: add one"
        raise InvalidCase([Finding(where="timetable", message=message, code="bad-event")])
    found: Runs = {}
    for vehicle, plan in enumerate(network.vehicles.plan_by_vehicle):
        service = network.vehicles.plans[plan]
        for minute in service.slots or ():
            bound = pins.departures.get(service.service.service, {}).get(minute)
            if bound is not None and math.isfinite(bound.cap):
                found[vehicle, minute] = bound.cap
    return found


def _broken(network: Network, base: DesignSolution, most: Runs) -> frozenset[int]:
    """Paths that ride a departure which can no longer leave."""
    closed = {key for key, cap in most.items() if cap < 1}
    offsets = leg_offsets(network)
    found = set()
    for path in range(len(base.path_qty)):
        for step in range(int(base.path_ptr[path]), int(base.path_ptr[path + 1])):
            if not base.step_is_link[step]:
                key = run_of_leg(network, offsets, int(base.step_index[step]), int(base.step_start_min[step]))
                if key in closed:
                    found.add(path)
    return frozenset(found)


def _start(
    network: Network, base: DesignSolution, onward: Onward, now_min: int, most: Runs, begun: Begun, price: float
) -> Repair:
    """The plan as a point, with what has left held, what cannot leave bounded, and a price on new ways."""
    p = onward.problem
    keep = np.array([path for path in range(len(base.path_qty)) if path not in set(onward.paths)], dtype=np.int64)
    repair = Repair(_ready_from(p, base, begun, now_min), only_paths(base, keep), now_min)
    repair.limit_runs(_by_vehicle(base, most))
    position = {int(path): at for at, path in enumerate(keep.tolist())}
    repair.hold(position[path] for path in begun.started if path in position)
    served = np.zeros(len(p.terminal_single))
    np.add.at(served, p.commodity_supply[base.path_commodity], base.path_qty)
    repair.change_cost = {int(t): price / served[t] for t in np.where(served > 0)[0]}
    return repair


def _without(
    network: Network,
    base: DesignSolution,
    begun: Begun,
    now_min: int,
    price: float,
    affected: _Affected,
    until: float,
    limits: PlanLimits,
) -> DesignSolution:
    """The plan with the same places planned anew from the same minute on, nothing having happened."""
    calm = add_onward(network, base, begun, ())
    repair = _start(network, base, calm, now_min, {}, begun, price)
    known = len(network.problem.terminal_single)
    places = replace(affected, first=tuple(t for t in affected.first if t < known))
    found = _solve(repair, places, until, limits, lambda phase: None)
    assert found is not None  # the plan itself is there to begin with
    return found


def _ready_from(p: DesignProblem, base: DesignSolution, begun: Begun, now_min: int) -> DesignProblem:
    """Let freight of which nothing has begun be ready at ``now_min`` at the earliest."""
    on_way = np.zeros(len(p.commodity_ready_min), dtype=np.bool_)
    on_way[base.path_commodity[sorted(begun.started)]] = True
    ready = np.where(on_way, p.commodity_ready_min, np.maximum(p.commodity_ready_min, now_min))
    return replace(p, commodity_ready_min=ready)


def _by_vehicle(base: DesignSolution, most: Runs) -> Runs:
    """Give what is left of a departure to those who run it in the plan, in order."""
    runs = dict(
        zip(
            zip(base.run_vehicle.tolist(), base.run_min.tolist(), strict=True),
            (base.run_count + base.run_empty).tolist(),
            strict=True,
        )
    )
    return {key: min(cap, runs.get(key, 0)) for key, cap in most.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Affected:
    """Terminals to open first, others by nearness, and runs that must be opened with them."""

    first: tuple[int, ...]
    others: tuple[int, ...]
    runs: IntArray
    riders: dict[tuple[int, int], set[int]]


def _affected(
    network: Network,
    base: DesignSolution,
    repair: Repair,
    most: Runs,
    begun: Begun,
    broken: frozenset[int],
    onward: Onward,
    now_min: int,
) -> _Affected:
    p = network.problem
    offsets = leg_offsets(network)
    riders: dict[tuple[int, int], set[int]] = {}
    of_path: list[set[int]] = []
    for path in range(len(base.path_qty)):
        ends = {int(p.commodity_supply[base.path_commodity[path]]), int(p.sink_terminal[base.path_sink[path]])}
        of_path.append(ends)
        for step in range(int(base.path_ptr[path]), int(base.path_ptr[path + 1])):
            if not base.step_is_link[step]:
                key = run_of_leg(network, offsets, int(base.step_index[step]), int(base.step_start_min[step]))
                riders.setdefault(key, set()).update(ends)
    met = np.array([key in most for key in _keys(repair)], dtype=np.bool_)
    vehicles = np.unique(repair.master.net.run_vehicle[met])
    last = max((minute for _, minute in most), default=now_min)
    fleet_runs = repair.runs_of_fleets(vehicles, now_min, last + SETTLE_MIN)
    runs = np.union1d(fleet_runs, np.where(met)[0])
    first: set[int] = set()
    for path in broken:
        first |= of_path[path]
    for run in runs.tolist():
        first |= riders.get(_keys(repair)[run], set())
    first |= {onward.first_terminal + at for at in range(len(onward.paths))}
    others = _open_traders(network, base, broken, now_min)
    return _Affected(
        first=tuple(sorted(first)), others=tuple(t for t in others if t not in first), runs=runs, riders=riders
    )


def _open_traders(network: Network, base: DesignSolution, broken: frozenset[int], now_min: int) -> list[int]:
    """Terminals of offers and bids still open of goods whose trades are broken: whoever could step in."""
    p = network.problem
    order_of = {
        int(t): network.case.orders[network.instances[int(i)].order]
        for t, i in zip(p.block_terminal, network.block_instance, strict=True)
    }
    ends = {int(p.sink_terminal[base.path_sink[path]]) for path in broken}
    goods = {order_of[t].good for t in ends if not order_of[t].from_hub}
    latest = np.zeros(len(p.terminal_single))
    np.maximum.at(latest, p.commodity_supply[p.sink_commodity], p.sink_deadline_min)
    np.maximum.at(latest, p.sink_terminal, p.sink_deadline_min)
    return [
        int(t)
        for t, served, qty in zip(p.block_terminal, base.block_served, p.block_qty, strict=True)
        if served < qty - QTY_TOL * max(1.0, qty)
        and latest[t] > now_min
        and order_of[int(t)].good in goods
        and not (order_of[int(t)].from_hub and order_of[int(t)].to_hub)
    ]


def _keys(repair: Repair) -> list[tuple[int, int]]:
    net = repair.master.net
    return list(zip(net.run_vehicle.tolist(), net.run_min.tolist(), strict=True))


def _solve(
    repair: Repair, affected: _Affected, until: float, limits: PlanLimits, say: Callable[[str], None]
) -> DesignSolution | None:
    """Make the plan possible with what is there, then better with new ways, group by group, until the time is up."""
    if not repair.fits:
        message = "the plan does not fit its case; verify the run first"
        raise InvalidRun([Finding(where="run.json", message=message, code="run-does-not-fit")])
    first = FIRST_SHARE * (until - time.monotonic())
    if not repair.open(affected.first, first, runs=affected.runs) and affected.first:
        repair.open(affected.first, first, runs=affected.runs, price=False)
    say("making it better")
    rng = np.random.default_rng(limits.seed)
    terminals = [*affected.first, *affected.others]
    quiet = 0
    while terminals and time.monotonic() < until and not limits.cancelled() and quiet < 2 * len(terminals) / GROUP + 3:
        seed = int(rng.choice(np.array(affected.first if affected.first else terminals)))
        group = _group(seed, terminals, affected.riders, rng)
        is_better = repair.open(group, min(10.0, until - time.monotonic()), runs=None)
        quiet = 0 if is_better else quiet + 1
    return repair.solution()


def _group(
    seed: int, terminals: list[int], riders: dict[tuple[int, int], set[int]], rng: np.random.Generator
) -> list[int]:
    """Terminals that share departures with one, and others at random to fill the group."""
    near = {t for group in riders.values() if seed in group for t in group}
    chosen = [seed, *rng.permutation(sorted(near - {seed})).tolist()][: GROUP // 2]
    rest = rng.permutation(np.array(terminals)).tolist()
    return list(dict.fromkeys([*chosen, *rest]))[:GROUP]


def _allow_late(case: Case, network: Network, solution: DesignSolution) -> Case:
    """Raise ``late_max_h`` of orders whose freight was on its way and now arrives after its deadline."""
    p = network.problem
    late: dict[int, int] = {}
    block_of = {int(t): b for b, t in enumerate(p.block_terminal)}
    for path in range(len(solution.path_qty)):
        last = int(solution.path_ptr[path + 1]) - 1
        if last < int(solution.path_ptr[path]):
            continue
        sink = int(solution.path_sink[path])
        arrives = int(solution.step_end_min[last])
        if arrives > p.sink_deadline_min[sink]:
            instance = network.instances[int(network.block_instance[block_of[int(p.sink_terminal[sink])]])]
            over = arrives - int(p.sink_due_min[sink])
            late[instance.order] = max(late.get(instance.order, 0), over)
    if not late:
        return case
    orders = list(case.orders)
    for index, minutes in late.items():
        orders[index] = replace(orders[index], late_max_h=math.ceil(minutes / MINUTES_PER_HOUR))
    return replace(case, orders=tuple(orders))
