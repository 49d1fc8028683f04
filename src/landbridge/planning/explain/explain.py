"""Why an order of a plan fares as it does, and which single changes would serve it (changes.md §6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from landbridge.errors import UnknownName
from landbridge.model.case import Case
from landbridge.model.explanation import Change, Explanation
from landbridge.model.faults import did_you_mean
from landbridge.model.plan import OrderResult, Plan
from landbridge.planning.explain.candidates import Candidate, list_candidates, price_change
from landbridge.planning.explain.costs import costs_of
from landbridge.planning.explain.freely import plan_freely
from landbridge.planning.explain.pinned import Forced, force, reprice
from landbridge.planning.explain.prepared import Prepared
from landbridge.planning.limits import PlanLimits
from landbridge.planning.reasons import Explainer
from landbridge.units import exceeds

MOST_CHANGES = 8
"""Changes that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A change, with the changed case and the plan in which the order is served."""

    change: Change
    case: Case
    plan: Plan


def explain(
    run: Prepared, order: str, repeat: int = 0, *, free: PlanLimits | None = None
) -> tuple[Explanation, tuple[Tried, ...]]:
    """
    Explain one instance of an order.

    Parameters
    ----------
    run
        A run that ``verify`` accepts, made ready.
    free
        Limits of a plan of each changed case with nothing pinned; None: not asked.

    Raises
    ------
    UnknownName
        When the plan has no such order.
    """
    result = _find(run.plan, order, repeat)
    state = _state(result)
    explainer, index = _explainer(run, result)
    changes: tuple[Tried, ...] = () if state == "served" else tuple(_Trial(run, result, free).all(explainer, index))
    brings, costs, way = costs_of(run.case, run.plan, order, repeat)
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
        changes=tuple(
            sorted((item.change for item in changes), key=lambda change: (-change.worth, change.kind, change.what))
        ),
    )
    return explanation, changes


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


def _explainer(run: Prepared, result: OrderResult) -> tuple[Explainer, int]:
    """What explains orders, and the index of the instance; a late one is looked at as if nothing of it had moved."""
    network = run.network
    filled = {(row.order, row.repeat): row.filled for row in run.plan.orders}
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
    return Explainer(network, run.solution, rest), mine


def _why(result: OrderResult, state: str, explainer: Explainer, index: int) -> str:
    if state == "served":
        return "served in full and in time"
    if state == "late":
        return f"arrives {result.late_h:g} h late; in time: {explainer.explain(index)}"
    return explainer.explain(index)


class _Trial:
    """Tries changes for one instance of an order that is late, or not or not wholly served."""

    def __init__(self, run: Prepared, result: OrderResult, free: PlanLimits | None) -> None:
        self.run, self.result, self.free = run, result, free
        self.rule = next(row for row in run.case.orders if row.order == result.order)
        self.by_due = exceeds(result.late_h, 0.0) and not exceeds(result.qty, result.filled)
        self.value = run.plan.summary.value or 0.0

    def all(self, explainer: Explainer, index: int) -> Iterator[Tried]:
        """Nothing changed, then a better price for what that costs, then each change that might clear the way."""
        start = self._on_time(self.run.case)
        least: float | None = None
        forced = self._force(start)
        if forced is not None:
            none = Candidate(kind="none", what="nothing changes; it is served all the same", owner="", case=start)
            as_it_is = self._tried(none, forced)
            yield as_it_is
            least = as_it_is.change.worth
            if least < 0:
                served = as_it_is.change.filled  # solvers leave a trace off qty
                better = price_change(start, self.rule, -least / served)
                yield self._tried(better, reprice(forced, better.case))
        for candidate in list_candidates(explainer, index, self.run.plan.summary.agreements)[:MOST_CHANGES]:
            forced = self._force(self._on_time(candidate.case))
            if forced is None:
                continue
            worth = (forced.plan.summary.value or 0.0) - self.value
            if least is None or exceeds(worth, least):  # else it changes nothing
                yield self._tried(replace(candidate, case=forced.case), forced)

    def _on_time(self, case: Case) -> Case:
        """A late order must be in time, whatever lateness its rule allows."""
        if not self.by_due:
            return case
        rows = (replace(row, late_max_h=0.0) if row.order == self.rule.order else row for row in case.orders)
        return replace(case, orders=tuple(rows))

    def _force(self, case: Case) -> Forced | None:
        return force(self.run, case, self.result.order, self.result.repeat, by_due=self.by_due)

    def _tried(self, candidate: Candidate, forced: Forced) -> Tried:
        """A change with its worth, once the checker has looked at its plan."""
        run, result = self.run, self.result
        after = forced.plan.summary.value or 0.0
        mine = _find(forced.plan, result.order, result.repeat)
        change = Change(
            kind=candidate.kind,
            what=candidate.what,
            table=candidate.table,
            key=candidate.key,
            column=candidate.column,
            value=candidate.value,
            owner=candidate.owner,
            worth=after - self.value,
            value_before=self.value,
            value_after=after,
            filled=mine.filled,
            arrives=mine.arrives,
            is_verified=run.is_sound and run.check(forced.plan, forced.case),
            free_value=self._free_value(forced),
        )
        return Tried(change=change, case=forced.case, plan=forced.plan)

    def _free_value(self, forced: Forced) -> float:
        """Best value known of the changed case with nothing pinned; 0: not asked."""
        if self.free is None:
            return 0.0
        return plan_freely(self.run, forced, self.result.order, self.result.repeat, self.free)
