"""Which projects to build where orders are too many for one model of both: each is tried alone (changes.md §8)."""

from __future__ import annotations

import math
import time

import numpy as np

from landbridge.engine.bound import prove_bound
from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.problem import BoolArray, FloatArray, Limits
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.network import build_network
from landbridge.planning.bottlenecks import open_unserved
from landbridge.planning.building import Choice, build, with_bound
from landbridge.planning.limits import PlanLimits

BOUND_SHARE = 0.4
"""Part of the time for the bound; the rest is divided among plans: without, with each project, with what is built."""


def choose_among_many(
    case: Case, without: Plan, budget: float, weeks: float, limits: PlanLimits, agreements: str
) -> tuple[list[Choice], float]:
    """
    Build what pays alone, as much of it as the budget allows; what projects add to each other is not seen.

    Returns
    -------
    tuple
        Nothing built, and what was chosen, each with a plan; and a bound on the value of any choice: that of the case
        with all projects built, for nothing.
    """
    until = time.monotonic() + limits.time_s
    full = build_network(build(case, case.projects), agreements)
    wishes = Limits(time_s=BOUND_SHARE * limits.time_s, cancelled=limits.cancelled)
    bound = -prove_bound(full.problem, wishes) - full.constant_cost
    bound = max(bound, without.summary.value or 0.0)
    left = len(case.projects) + 2
    control = open_unserved(case, without, (until - time.monotonic()) / left) or without
    if (control.summary.value or 0.0) < (without.summary.value or 0.0):
        control = without
    gain = np.zeros(len(case.projects))
    for number, project in enumerate(case.projects):
        left -= 1
        other = open_unserved(build(case, [project]), control, (until - time.monotonic()) / left)
        if other is not None:
            gain[number] = (other.summary.value or 0.0) - (control.summary.value or 0.0)
    cost = np.array([row.cost_per_week for row in case.projects])
    is_built = most_worth(gain - weeks * cost, cost, budget)
    nothing = Choice(is_built=[False] * len(gain), cost=0.0, case=case, plan=_proved(control, without, bound))
    if not is_built.any():
        return [nothing], bound
    built = build(case, [project for project, on in zip(case.projects, is_built.tolist(), strict=True) if on])
    found = open_unserved(built, control, max(1.0, until - time.monotonic()))
    if found is None:
        return [nothing], bound
    total = float(weeks * cost[is_built].sum())
    return [nothing, Choice(is_built=is_built.tolist(), cost=total, case=built, plan=with_bound(found, bound))], bound


def _proved(plan: Plan, without: Plan, bound: float) -> Plan:
    """A plan of the case without projects, with the better of two bounds."""
    return plan if plan is without else with_bound(plan, min(bound, without.summary.bound or bound))


def most_worth(net: FloatArray, cost: FloatArray, budget: float) -> BoolArray:
    """What to take of things with a net worth each, so that their costs stay within a budget. Shape ``(P,)``."""
    if not math.isfinite(budget):
        return net > 0
    count = len(net)
    model = LinearModel()
    model.add_rows(np.array([-INF]), np.array([budget]))
    ptr, none = np.arange(count + 1), np.zeros(count, dtype=np.int64)
    model.add_cols(-net, np.zeros(count), np.ones(count), ptr, none, cost)
    found = model.solve_mip(np.arange(count), MipLimits(time_s=5.0))
    return found.x[:count] > 0.5 if found.has_point else np.zeros(count, dtype=np.bool_)
