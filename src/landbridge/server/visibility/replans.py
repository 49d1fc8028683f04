"""What a re-plan changed, as one organisation may see it (docs/design/server.md §2.4, §2.5)."""

from __future__ import annotations

import dataclasses
from typing import Any

from landbridge.cooperation.players import PlayerKind
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.model.replan import ReplanTables
from landbridge.planning.compare import Named, compare
from landbridge.report.run import Run
from landbridge.server.visibility.holdings import Holdings
from landbridge.server.visibility.rows import Disclosures
from landbridge.server.visibility.runs import visible_run
from landbridge.server.visibility.shares import own_players

_FOR_ALL = ("moved_at", "weeks", "gap")
"""Figures of a re-plan that no organisation's money or freight is in; the gap is a ratio."""

_OF_REGION = ("region", "payment", "alone", "verdict")


def visible_replan(
    before: Plan, after: Plan, tables: ReplanTables, case: Case, holdings: Holdings, viewer: str,
    disclosures: Disclosures | None = None,
) -> dict[str, Any]:  # fmt: skip
    """
    Tell an organisation what a re-plan changed: a comparison of its own part before and after, on one calendar.

    Parameters
    ----------
    before, after
        The dated plan as it was, and as it has become.
    tables
        What the re-plan says of itself; its figures are the whole corridor's.
    case
        The dated case that both are plans of.

    Returns
    -------
    dict
        ``replan``: the figures, None where they are withheld; ``shares``: whether what was agreed for a region still
        keeps it, own regions only; and the tables of a comparison.
    """
    is_alone = holdings.is_alone(case, viewer)
    named = [
        Named(name=name, plan=seen.plan, case=seen.case)
        for name, plan in (("before", before), ("after", after))
        for seen in [visible_run(Run(plan=plan, case=case), holdings, viewer, disclosures).run]
    ]
    figures = dataclasses.asdict(tables.summary)
    rows = [row for row in tables.regions if row.verdict]
    if not is_alone:
        figures = {name: value if name in _FOR_ALL else None for name, value in figures.items()}
        own = own_players(case, PlayerKind.REGIONS, holdings, viewer)
        rows = [row for row in rows if row.region in own]
    shares = [{name: getattr(row, name) for name in _OF_REGION} for row in rows]
    return {"replan": figures, "shares": shares, **dataclasses.asdict(compare(named))}
