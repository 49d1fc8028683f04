"""Why an order of a plan fares as it does, and which single changes would serve it (changes.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from landbridge.engine import DesignSolution
from landbridge.errors import UnknownName
from landbridge.model.case import Case, Order
from landbridge.model.explanation import Change, Explanation
from landbridge.model.faults import did_you_mean
from landbridge.model.plan import OrderResult, Plan
from landbridge.network import Network, build_network
from landbridge.planning.encode import encode
from landbridge.planning.explain.candidates import Candidate, list_candidates, price_change
from landbridge.planning.explain.costs import costs_of
from landbridge.planning.explain.pinned import Forced, force
from landbridge.planning.limits import PlanLimits
from landbridge.planning.reasons import Explainer
from landbridge.planning.solve import plan as plan_case
from landbridge.units import exceeds

Check = Callable[[Plan, Case], bool]
"""Whether a checker that does not share the engine accepts a plan."""

MOST_CHANGES = 8
"""Changes that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A change, with the changed case and the plan in which the order is served."""

    change: Change
    case: Case
    plan: Plan


def explain(
    case: Case,
    plan: Plan,
    order: str,
    repeat: int = 0,
    *,
    check: Check,
    free: PlanLimits | None = None,
) -> tuple[Explanation, tuple[Tried, ...]]:
    """
    Explain one instance of an order.

    Parameters
    ----------
    case, plan
        A run that ``verify`` accepts.
    check
        Called with each plan and its case; ``verify`` in commands and tests.
    free
        Limits of a whole new plan of each changed case; None: not asked.

    Raises
    ------
    UnknownName
        When the plan has no such order.
    """
    result = _find(plan, order, repeat)
    network = build_network(case, plan.summary.agreements, is_merged=False)
    solution = encode(network, plan)
    rule = next(row for row in case.orders if row.order == order)
    state = _state(result)
    explainer, index = _explainer(network, solution, plan, result)
    tried: tuple[Tried, ...] = ()
    if state != "served":
        is_sound = check(plan, case)
        tried = tuple(_try_all(case, plan, result, rule, explainer, index, check, is_sound=is_sound, free=free))
    brings, costs, way = costs_of(case, plan, order, repeat)
    changes = sorted((item.change for item in tried), key=lambda change: (-change.worth, change.kind, change.what))
    explanation = Explanation(
        order=order,
        repeat=repeat,
        party=result.party,
        good=result.good,
        qty=result.qty,
        filled=result.filled,
        arrives=result.arrives,
        late_h=result.late_h,
        state=state,
        why=_why(result, state, explainer, index),
        brings=brings,
        costs=costs,
        way=way,
        changes=tuple(changes),
    )
    return explanation, tried


def _find(plan: Plan, order: str, repeat: int) -> OrderResult:
    for row in plan.orders:
        if row.order == order and row.repeat == repeat:
            return row
    ids = [row.order for row in plan.orders]
    if order in ids:
        raise UnknownName(f"order {order!r} has no repeat {repeat}; expected 0..{ids.count(order) - 1}")
    raise UnknownName(f"the run has no order {order!r}{did_you_mean(order, ids)}", code="unknown-order")


def _state(result: OrderResult) -> str:
    if exceeds(result.qty, result.filled):
        return "in part" if result.filled > 0 else "not served"
    return "late" if result.late_h > 0 else "served"


def _explainer(network: Network, solution: DesignSolution, plan: Plan, result: OrderResult) -> tuple[Explainer, int]:
    """What explains orders, and the index of the instance; a late one is looked at as if nothing of it had moved."""
    filled = {(row.order, row.repeat): row.filled for row in plan.orders}
    rest: dict[int, float] = {}
    mine = -1
    for index, item in enumerate(network.instances):
        row = network.case.orders[item.order]
        left = row.qty - filled.get((row.order, item.repeat), 0.0)
        if (row.order, item.repeat) == (result.order, result.repeat):
            mine = index
            left = left if exceeds(row.qty, row.qty - left) else row.qty
        if exceeds(left, 0.0):
            rest[index] = left
    return Explainer(network, solution, rest), mine


def _why(result: OrderResult, state: str, explainer: Explainer, index: int) -> str:
    if state == "served":
        return "served in full and in time"
    if state == "late":
        return f"arrives {result.late_h:g} h late; in time: {explainer.explain(index)}"
    return explainer.explain(index)


def _try_all(
    case: Case,
    plan: Plan,
    result: OrderResult,
    rule: Order,
    explainer: Explainer,
    index: int,
    check: Check,
    *,
    is_sound: bool,
    free: PlanLimits | None,
) -> Iterator[Tried]:
    """Nothing changed, then a better price for what that costs, then each change that might clear the way."""
    by_due = exceeds(result.late_h, 0.0) and not exceeds(result.qty, result.filled)
    start = replace(case, orders=tuple(_on_time(row, rule) for row in case.orders)) if by_due else case
    value = plan.summary.value or 0.0

    def attempt(candidate: Candidate) -> Tried | None:
        forced = force(candidate.case, plan, rule.order, result.repeat, by_due=by_due)
        if forced is None:
            return None
        return _tried(candidate, forced, value, result, check, is_sound=is_sound, free=free)

    least: float | None = None
    nothing = Candidate(kind="none", what="nothing changes; it is served all the same", owner="", case=start)
    as_it_is = attempt(nothing)
    if as_it_is is not None:
        yield as_it_is
        least = as_it_is.change.worth
        lost = value - (as_it_is.plan.summary.value or 0.0)
        if lost > 0:
            better = attempt(price_change(start, rule, lost / result.qty))
            if better is not None:
                yield better
    for candidate in list_candidates(explainer, index, plan.summary.agreements)[:MOST_CHANGES]:
        found = attempt(replace(candidate, case=_same_start(candidate.case, rule, by_due=by_due)))
        if found is not None and (least is None or exceeds(found.change.worth, least)):  # else it changes nothing
            yield found


def _on_time(row: Order, rule: Order) -> Order:
    return replace(row, late_max_h=0.0) if row.order == rule.order else row


def _same_start(case: Case, rule: Order, *, by_due: bool) -> Case:
    return replace(case, orders=tuple(_on_time(row, rule) for row in case.orders)) if by_due else case


def _tried(
    candidate: Candidate,
    forced: Forced,
    value: float,
    result: OrderResult,
    check: Check,
    *,
    is_sound: bool,
    free: PlanLimits | None,
) -> Tried:
    after = forced.plan.summary.value or 0.0
    mine = _find(forced.plan, result.order, result.repeat)
    best = 0.0
    if free is not None:
        found = plan_case(forced.case, limits=free, agreements=forced.plan.summary.agreements)
        best = max(after, found.summary.value or after)
    change = Change(
        kind=candidate.kind,
        what=candidate.what,
        table=candidate.table,
        key=candidate.key,
        column=candidate.column,
        value=candidate.value,
        owner=candidate.owner,
        worth=after - value,
        value_before=value,
        value_after=after,
        filled=mine.filled,
        arrives=mine.arrives,
        is_verified=is_sound and check(forced.plan, forced.case),
        free_value=best,
    )
    return Tried(change=change, case=forced.case, plan=forced.plan)
