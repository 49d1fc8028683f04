"""A plan changed when something happens: what has left stays, the rest is planned anew (changes.md §5)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import DesignProblem
from landbridge.engine.repair import Repair
from landbridge.errors import Finding, InvalidCase, InvalidRun
from landbridge.model.case import Case, Event
from landbridge.model.clock import Clock
from landbridge.model.plan import Plan, PlanStatus
from landbridge.network import Network, build_network
from landbridge.network.pins import read_pins
from landbridge.planning.departures import leg_offsets, run_of_leg
from landbridge.planning.encode import encode
from landbridge.planning.events import apply_events, describe
from landbridge.planning.limits import PlanLimits
from landbridge.planning.pieces import only_paths
from landbridge.planning.replan.bound import Bounding
from landbridge.planning.replan.onward import Begun, Onward, add_onward, join, look_at, order_of_commodity
from landbridge.planning.replan.search import Affected, Runs, find_affected, search
from landbridge.planning.replan.unroll import Dated
from landbridge.planning.solve import decode
from landbridge.units import FLOW_TOL, MINUTES_PER_HOUR

CHANGE_FRAC = 0.01
"""Price on moving an order, by default: this part of the spend of the plan by order served."""


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
    bound
        No plan that leaves what has left alone is worth more; inf where nothing was proved in time.
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
    bound: float
    now_min: int
    events: str
    weeks: int
    change_cost: float
    paths_begun: int
    paths_turned: int


NAMED = 5
"""Most flows without a way on that the error names."""

CONTROL_SHARE = 0.35
"""Part of the time that goes to the question what the same places would come to without the events."""


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
        When the plan does not fit its case, or no way on was found for freight on its way.
    InvalidCase
        When an event cannot be applied.
    """
    limits = limits or PlanLimits()
    began = time.monotonic()
    until = began + limits.time_s
    say("reading the plan")
    case = apply_events(dated.case, events, now_min)
    calm = _with_twins(dated.case, case)
    network = build_network(calm, dated.plan.summary.agreements, is_merged=False)
    base = _tidy(network, encode(network, dated.plan), limits.time_s / 8)
    before = decode(network, base, limits, is_explained=False)
    price = _change_cost(before) if change_cost is None else change_cost
    most = _limited(network, calm, case)
    begun = look_at(network, base, now_min)
    broken = _broken(network, base, most)
    turned = tuple(sorted(begun.started & broken))
    onward = add_onward(network, base, begun, turned)
    met = build_network(case, dated.plan.summary.agreements, is_merged=False)
    with Bounding(met, base, begun, turned, until, limits) as bounding:
        say("making the plan possible again")
        repair = _start(network, base, onward, now_min, most, begun, price)
        affected = find_affected(network, base, repair, most, begun, broken, onward, now_min)
        found = search(repair, affected, until - CONTROL_SHARE * (until - time.monotonic()), limits, say)
        if found is None:
            raise _no_way_on(network, base, onward, repair)
        whole = join(network, base, begun, onward, found)
        say("asking what would be without the event")
        control = _without(network, base, begun, now_min, price, affected, until, limits)
        say("writing the plan")
        bound = bounding.end(until)
    whole = replace(whole, lower=-bound - network.constant_cost)
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
        bound=bound,
        now_min=now_min,
        events=words,
        weeks=dated.weeks,
        change_cost=price,
        paths_begun=len(begun.started),
        paths_turned=len(turned),
    )


def _no_way_on(network: Network, base: DesignSolution, onward: Onward, repair: Repair) -> InvalidRun:
    """Tell which freight on its way has no way on, and where it stands."""
    p = onward.problem
    clock = Clock.of(network.case.settings)
    unmet = repair.unmet_by_terminal()
    stuck = []
    for number, path in enumerate(onward.paths):
        qty = unmet.get(onward.first_terminal + number, 0.0)
        if qty > FLOW_TOL:
            commodity = onward.first_commodity + number
            order = order_of_commodity(network, int(base.path_commodity[path]))
            hub = network.case.hubs[int(network.nodes.node_hub[p.commodity_origin[commodity]])].hub
            latest = clock.text(int(p.sink_deadline_min[p.sink_commodity == commodity][0]))[:16]
            stuck.append(
                f"{qty:g} units of order {order.order!r} ({order.good!r}) at {hub!r}, by {latest} at the latest"
            )
    freight = "; ".join(stuck[:NAMED]) + (f"; and {len(stuck) - NAMED} more" if len(stuck) > NAMED else "")
    message = (
        f"no way on was found after the event for freight on its way: {freight or 'what must be served'}; expected "
        "a way within its life and the weeks of the re-plan: give it more time, let the event end earlier, or add "
        "departures"
    )
    return InvalidRun([Finding(where="replan", message=message, code="no-way-on")])


def _with_twins(before: Case, after: Case) -> Case:
    """The case before events, with the services that delays have added: what is met can then be compared by number."""
    count = len(before.services)
    if after.services[:count] != before.services or after.handling != before.handling:
        message = "a delay or surcharge of the whole plan changes what has left; expected one that starts later"
        raise InvalidCase([Finding(where="event", message=message, code="bad-event")])
    return replace(after, pins=before.pins)


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
    affected: Affected,
    until: float,
    limits: PlanLimits,
) -> DesignSolution:
    """The plan with the same places planned anew from the same minute on, nothing having happened."""
    calm = add_onward(network, base, begun, ())
    repair = _start(network, base, calm, now_min, {}, begun, price)
    known = len(network.problem.terminal_single)
    places = replace(affected, first=tuple(t for t in affected.first if t < known))
    found = search(repair, places, until, limits, lambda phase: None)
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
