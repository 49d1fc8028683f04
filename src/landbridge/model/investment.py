"""Which projects to build, and who gains (docs/design/changes.md §8)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChoice:
    """
    A project and whether it is built.

    ``cost`` is for the horizon of the plan. ``relaxed`` is what the relaxation without projects gains by this one
    alone: no more than that, in the relaxation; -1 where that was not found in time.
    """

    project: str
    resource: str
    owner: str
    added_capacity: float
    cost: float
    built: int
    relaxed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionGain:
    """Money of a region without and with what is built, before costs of projects and before anything is settled."""

    region: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestSummary:
    """
    Content of ``invest.json``; costs and values are for the horizon of the plan.

    ``gain`` is ``value_with - value_without``; ``net_low..net_high`` holds the best gain less costs that any choice
    within the budget reaches over the best plan without projects. ``payback`` is gain by unit of cost (0: nothing is
    built). ``budget`` is by the week, -1 without one.
    """

    budget: float
    cost: float
    value_without: float
    bound_without: float
    value_with: float
    bound_net: float
    gain: float
    net_low: float
    net_high: float
    payback: float
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Investment:
    """What is told beside the plan with what is built."""

    summary: InvestSummary
    projects: tuple[ProjectChoice, ...]
    regions: tuple[RegionGain, ...]


INVEST_TABLES: dict[str, type] = {"projects": ProjectChoice, "regions": RegionGain}
"""Row type of each table of an investment."""
