"""A case with some of its projects built, and the plan that goes with it (changes.md §8)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from landbridge.model.case import Case, Project
from landbridge.model.plan import Plan, Summary
from landbridge.planning.raising import raise_limit, table_of
from landbridge.units import is_close


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is built, what that costs over the horizon, and the plan with it."""

    is_built: list[bool]
    cost: float
    case: Case
    plan: Plan

    @property
    def net(self) -> float:
        """Value less costs; -inf without a plan."""
        return -math.inf if self.plan.summary.value is None else self.plan.summary.value - self.cost


def build(case: Case, projects: Iterable[Project]) -> Case:
    """The case with some of its projects built; they leave its table."""
    gone = set()
    for project in projects:
        case = raise_limit(case, table_of(case, project.resource), project.resource, project.added_capacity)
        gone.add(project.project)
    return replace(case, projects=tuple(row for row in case.projects if row.project not in gone))


def with_bound(plan: Plan, bound: float) -> Plan:
    """The plan with a bound that was proved elsewhere, and the gap that follows."""
    summary: Summary = plan.summary
    value = summary.value or 0.0
    bound = max(bound, value)
    gap = None if is_close(summary.spend, 0.0) else (bound - value) / summary.spend
    return replace(plan, summary=replace(summary, bound=bound, gap=gap, trace=()))
