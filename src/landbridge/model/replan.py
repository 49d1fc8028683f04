"""What the run of a re-plan says besides its plan: moment, plan before, regions (docs/design/changes.md §5)."""

from __future__ import annotations

from dataclasses import dataclass

from landbridge.model.plan import Departure, Flow, OrderResult, Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanRegion:
    """
    Money of a region before and after, before anything is settled.

    Where the run that was re-planned says how its value is shared: ``payment`` as
    agreed for the weeks, ``alone`` what the region reaches by itself in them, and
    ``verdict`` whether it is still no worse than alone: ``holds`` or ``fails``; blank without shares.
    """

    region: str
    before: float
    after: float
    change: float
    payment: float
    alone: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanSummary:
    """
    Content of ``replan.json``.

    ``moved_at`` is the local time from which the plan is new, in the case's
    timezone. ``value_without`` is the best value known without the events, ``cost`` what they cost:
    ``value_without - value_after``. ``gap`` is what is left to find at most, in parts of the spend, of plans that
    leave what has left alone; None: no bound was proved in time, and that of ``run.json`` says nothing.
    ``orders_moved`` counts instances that get another way, ``orders_lost`` those that get less; ``paths_begun`` paths
    on their way or done at that moment, ``paths_turned`` those of them that go on another way. ``change_cost`` is what
    moving an order that could have stayed was priced at; it is not in the value.
    """

    moved_at: str
    events: str
    weeks: int
    change_cost: float
    value_before: float
    value_without: float
    value_after: float
    cost: float
    gap: float | None
    orders_moved: int
    orders_lost: int
    paths_begun: int
    paths_turned: int
    shares: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanTables:
    """The plan before (dated) and the regions."""

    summary: ReplanSummary
    before_departures: tuple[Departure, ...]
    before_flows: tuple[Flow, ...]
    before_orders: tuple[OrderResult, ...]
    before_trades: tuple[Trade, ...]
    regions: tuple[ReplanRegion, ...]


REPLAN_TABLES: dict[str, type] = {
    "before_departures": Departure,
    "before_flows": Flow,
    "before_orders": OrderResult,
    "before_trades": Trade,
    "regions": ReplanRegion,
}
"""Row type of each table of a re-plan."""
