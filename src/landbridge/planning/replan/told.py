"""What a re-plan comes to: how much moved, what it costs, who loses, whether shares still hold (changes.md §5)."""

from __future__ import annotations

import math
from collections import Counter

from landbridge.model.case import Case
from landbridge.model.comparison import Comparison, RegionChange
from landbridge.model.replan import ReplanRegion, ReplanSummary, ReplanTables
from landbridge.model.shares import ShareTables
from landbridge.network.places import look_up
from landbridge.planning.compare import Named, compare
from landbridge.planning.replan.replan import Replan
from landbridge.units import exceeds

HOLDS, FAILS = "holds", "fails"


def tell(found: Replan, shares: ShareTables | None = None) -> tuple[ReplanTables, Comparison]:
    """
    Tables of a re-plan, and its comparison with the plan before.

    Shares of regions are looked at for as many weeks as there are: each region's money after, with its payments
    as agreed, against what it reaches alone.
    """
    comparison = compare(
        [
            Named(name="before", plan=found.before, case=found.case),
            Named(name="after", plan=found.after, case=found.case),
        ]
    )
    regions = tuple(_region(row, found.weeks, shares) for row in comparison.regions)
    moved = Counter(row.change for row in comparison.orders)
    before, after = found.before.summary.value or 0.0, found.after.summary.value or 0.0
    verdicts = {row.verdict for row in regions} - {""}
    summary = ReplanSummary(
        moved_at=_moment(found.case, found.now_min),
        events=found.events,
        weeks=found.weeks,
        change_cost=found.change_cost,
        value_before=before,
        value_without=found.without,
        value_after=after,
        cost=found.without - after,
        gap=found.after.summary.gap if math.isfinite(found.bound) else None,
        orders_moved=sum(moved[change] for change in ("later", "earlier", "rerouted")),
        orders_lost=moved["lost"],
        paths_begun=found.paths_begun,
        paths_turned=found.paths_turned,
        shares=FAILS if FAILS in verdicts else HOLDS if verdicts else "",
    )
    tables = ReplanTables(
        summary=summary,
        before_departures=found.before.departures,
        before_flows=found.before.flows,
        before_orders=found.before.orders,
        before_trades=found.before.trades,
        regions=regions,
    )
    return tables, comparison


def _moment(case: Case, minute: int) -> str:
    places = look_up(case)
    return places.clock.text(minute)


def _region(row: RegionChange, weeks: int, shares: ShareTables | None) -> ReplanRegion:
    payment = alone = 0.0
    verdict = ""
    if shares is not None and shares.summary.kind == "regions":
        mine = [item for item in shares.shares if item.method == shares.summary.method and item.player == row.region]
        if mine:
            payment, alone = mine[0].payment * max(1, weeks), mine[0].alone * max(1, weeks)
            verdict = FAILS if exceeds(alone, row.after + payment) else HOLDS
    return ReplanRegion(
        region=row.region,
        before=row.before,
        after=row.after,
        change=row.change,
        payment=payment,
        alone=alone,
        verdict=verdict,
    )
