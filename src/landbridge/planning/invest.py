"""Which projects to build under a budget, chosen inside the model of the plan (changes.md §8)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignProblem, DesignSolution, solve
from landbridge.engine.marginal import Relaxed, relaxations_of
from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import Case, Project
from landbridge.model.investment import Investment, InvestSummary, ProjectChoice, RegionGain
from landbridge.model.plan import Plan
from landbridge.network import Network, build_network
from landbridge.planning.bottlenecks import open_unserved
from landbridge.planning.building import Choice, build, with_bound
from landbridge.planning.by_region import value_by_region
from landbridge.planning.invest_many import choose_among_many
from landbridge.planning.limits import PlanLimits, engine_limits
from landbridge.planning.raising import raise_limit, table_of
from landbridge.planning.solve import decode, plan

HOURS_A_WEEK = 168.0

WITHOUT_SHARE, WORTH_SHARE = 0.35, 0.1
"""Parts of the time for the plan without projects, and for what each alone is worth on the relaxation."""

MOST_ORDERS = 3000
"""With more orders the engine plans by other methods, which do not choose: projects are tried one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invested:
    """The plan with what is built, its case, the plan without, and what is told of the choice."""

    case: Case
    plan: Plan
    without: Plan
    told: Investment


def invest(
    case: Case,
    budget: float,
    *,
    limits: PlanLimits | None = None,
    agreements: str = "in_force",
    say: Callable[[str], None] = lambda phase: None,
) -> Invested:
    """
    Choose the projects that pay under a budget, together with the plan.

    A project is a switch of the design problem: its cost counts in the objective, its capacity in the limits of its
    resource. Of several projects that add to one limit split into quotas, each adds its own part rounded down.

    Parameters
    ----------
    budget
        Most that all projects built may cost a week; inf = no limit.

    Raises
    ------
    InvalidCase
        When there are no projects, or one adds to nothing that limits runs.
    """
    limits = limits or PlanLimits()
    network = build_network(case, agreements)
    adds = _adds(case, network, agreements)
    say("planning without projects")
    without = plan(case, limits=replace(limits, time_s=WITHOUT_SHARE * limits.time_s), agreements=agreements)
    weeks = case.settings.horizon_h / HOURS_A_WEEK
    if len(network.problem.terminal_single) > MOST_ORDERS and without.summary.value is not None:
        say("trying projects one by one")
        rest = replace(limits, time_s=(1 - WITHOUT_SHARE) * limits.time_s)
        choices, bound = choose_among_many(case, without, budget, weeks, rest, agreements)
        best = max(choices, key=lambda choice: choice.net)
        costs = [weeks * row.cost_per_week for row in case.projects]
        told = _tell(case, without, best, None, costs, bound, budget)
        return Invested(case=best.case, plan=best.plan, without=without, told=told)
    say("asking what each project alone is worth")
    bigger = [replace(network.problem, limit_cap=network.problem.limit_cap + add) for add in adds]
    alone = relaxations_of(network.problem, bigger, WORTH_SHARE * limits.time_s)
    say("choosing")
    problem = _switched(network.problem, case.projects, adds, budget, weeks)
    rest = replace(limits, time_s=(1 - WITHOUT_SHARE - WORTH_SHARE) * limits.time_s)
    solution = solve(problem, engine_limits(rest, network))
    is_built = [bool(on) for on in solution.switch_on] if math.isfinite(solution.upper) else [False] * len(adds)
    best = _best(case, network, agreements, without, solution, problem, is_built, rest)
    told = _tell(
        case, without, best, alone, problem.switch_cost.tolist(), -solution.lower - network.constant_cost, budget
    )
    return Invested(case=best.case, plan=best.plan, without=without, told=told)


def _best(
    case: Case,
    network: Network,
    agreements: str,
    without: Plan,
    solution: DesignSolution,
    problem: DesignProblem,
    is_built: list[bool],
    limits: PlanLimits,
) -> Choice:
    """The best of: nothing built; what the search chose, with its plan; the same with the plan without, made better."""
    nothing = Choice(is_built=[False] * len(is_built), cost=0.0, case=case, plan=without)
    if not any(is_built):
        if math.isfinite(solution.upper):
            other = decode(network, _without_cost(solution, 0.0), limits)
            return max(nothing, replace(nothing, plan=other), key=lambda choice: choice.net)
        return nothing
    cost = float((problem.switch_cost * np.array(is_built)).sum())
    built = build(case, [project for project, on in zip(case.projects, is_built, strict=True) if on])
    found = decode(build_network(built, agreements), _without_cost(solution, cost), limits)
    chosen = Choice(is_built=is_built, cost=cost, case=built, plan=found)
    choices = [nothing, chosen]
    better = open_unserved(built, without, limits.time_s / 4) if without.summary.value is not None else None
    if better is not None:
        choices.append(replace(chosen, plan=with_bound(better, found.summary.bound or 0.0)))
    return max(choices, key=lambda choice: choice.net)


def _adds(case: Case, network: Network, agreements: str) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """By how much each project raises each limit on runs."""
    if not case.projects:
        message = "the case has no projects; expected a table with project, resource, added_capacity, cost_per_week"
        raise InvalidCase([Finding(where="projects", message=message, code="no-projects")])
    findings, adds = [], []
    for row, project in enumerate(case.projects):
        table = table_of(case, project.resource)
        more = build_network(raise_limit(case, table, project.resource, project.added_capacity), agreements)
        if len(more.problem.limit_cap) == len(network.problem.limit_cap):
            add = np.nan_to_num(more.problem.limit_cap - network.problem.limit_cap, nan=0.0)
        else:
            add = np.zeros(len(network.problem.limit_cap))
        if not (add > 0).any():
            message = (
                f"{project.project!r} adds {project.added_capacity:g} to {project.resource!r}, which raises no "
                "limit on runs by a whole vehicle; give it a capacity (cap_runs_per_day, max_runs), or add more"
            )
            where = f"projects.csv:{row + 2}"
            findings.append(Finding(where=where, column="added_capacity", message=message, code="project-adds-nothing"))
        adds.append(add)
    if findings:
        raise InvalidCase(findings)
    return adds


def _switched(
    p: DesignProblem,
    projects: tuple[Project, ...],
    adds: list[np.ndarray[tuple[int], np.dtype[np.float64]]],
    budget: float,
    weeks: float,
) -> DesignProblem:
    count = len(projects)
    cost = np.array([row.cost_per_week for row in projects])
    entries = [(x, w, add[x]) for w, add in enumerate(adds) for x in np.where(add > 0)[0].tolist()]
    has_budget = math.isfinite(budget)
    return replace(
        p,
        switch_cost=cost * weeks,
        switch_low=np.zeros(count, dtype=np.int64),
        switch_high=np.ones(count, dtype=np.int64),
        budget_cap=np.array([budget] if has_budget else []),
        budget_use_budget=np.zeros(count if has_budget else 0, dtype=np.int64),
        budget_use_switch=np.arange(count if has_budget else 0),
        budget_use_amount=cost if has_budget else np.zeros(0),
        limit_add_limit=np.array([x for x, _, _ in entries], dtype=np.int64),
        limit_add_switch=np.array([w for _, w, _ in entries], dtype=np.int64),
        limit_add_runs=np.array([amount for _, _, amount in entries]),
    )


def _without_cost(solution: DesignSolution, cost: float) -> DesignSolution:
    """The solution as one of the built case: what is built is there, and is paid for elsewhere."""
    return replace(
        solution,
        upper=solution.upper - cost,
        lower=solution.lower - cost,
        switch_on=np.zeros(0, dtype=np.int64),
        trace=(),
    )


def _tell(
    case: Case,
    without: Plan,
    best: Choice,
    alone: tuple[float, list[Relaxed]] | None,
    costs: list[float],
    bound_net: float,
    budget: float,
) -> Investment:
    with_plan, is_built, cost = best.plan, best.is_built, best.cost
    projects = []
    for number, row in enumerate(case.projects):
        more = None if alone is None else alone[1][number].cost
        projects.append(
            ProjectChoice(
                project=row.project,
                resource=row.resource,
                owner=row.owner,
                added_capacity=row.added_capacity,
                cost=costs[number],
                built=int(is_built[number]),
                relaxed=-1.0 if alone is None or more is None else max(0.0, alone[0] - more),
            )
        )
    before, after = value_by_region(case, without), value_by_region(best.case, with_plan)
    regions = [
        RegionGain(
            region=region,
            before=before.get(region, 0.0),
            after=after.get(region, 0.0),
            change=after.get(region, 0.0) - before.get(region, 0.0),
        )
        for region in dict.fromkeys((*before, *after))
    ]
    value, bound = without.summary.value or 0.0, without.summary.bound or 0.0
    reached = with_plan.summary.value or 0.0
    bound_net = max(bound_net, reached - cost) if math.isfinite(bound_net) else (with_plan.summary.bound or 0.0) - cost
    summary = InvestSummary(
        budget=budget if math.isfinite(budget) else -1.0,
        cost=cost,
        value_without=value,
        bound_without=bound,
        value_with=reached,
        bound_net=bound_net,
        gain=reached - value,
        net_low=max(0.0, reached - cost - bound),  # to build nothing is a choice too
        net_high=max(0.0, bound_net - value),
        payback=(reached - value) / cost if cost > 0 else 0.0,
        currency=case.settings.currency,
    )
    return Investment(
        summary=summary,
        projects=tuple(projects),
        regions=tuple(sorted(regions, key=lambda row: (-row.change, row.region))),
    )
