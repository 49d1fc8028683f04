"""What a re-plan changed, told to one of two offices: nothing of the other's figures is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from landbridge.model.case import Case, TimetableRow
from landbridge.model.clock import Clock
from landbridge.planning import PlanLimits, plan
from landbridge.planning.events import read_event
from landbridge.planning.replan import Replan, tell, unroll
from landbridge.planning.replan import replan as replan_plan
from landbridge.server.cases.texts import built_in
from landbridge.server.visibility import Holdings, visible_replan

pytestmark = pytest.mark.slow  # plans of several cases are made first

PARTS = {
    "A": (137.3117, 47.5717, 6.1317, 13.7117),
    "B": (149.3717, 43.7317, 4.1917, 13.7917),
    "C": (131.3917, 41.8717, 5.2317, 13.8317),
}
"""Cost of a run, price, quantity and penalty of each party: figures that nothing else is."""

HOLDINGS = Holdings(host="north", by_party={"C": "south"})


def planted() -> Case:
    """Starter with a daily timetable and figures of each party."""
    case = built_in("starter")
    return replace(
        case,
        services=tuple(
            replace(row, run_cost=PARTS[row.owner][0]) if row.owner in PARTS else row for row in case.services
        ),
        orders=tuple(
            replace(row, price_per_unit=price, qty=qty, unserved_cost_per_unit=penalty)
            for row in case.orders
            for _, price, qty, penalty in [PARTS[row.party]]
        ),
        timetable=tuple(TimetableRow(service=row.service, depart="08:00") for row in case.services),
    )


@pytest.fixture(scope="module")
def found() -> Replan:
    """A plan of it, planned anew when the trucks of C cannot leave for three days."""
    case = planted()
    dated = unroll(case, plan(case, limits=PlanLimits(time_s=20, threads=1)), 1)
    event = read_event(dated.case, "close:lane1-C from 2026-01-05T00:00 to 2026-01-08T00:00")
    now = Clock.of(dated.case.settings).minute("2026-01-05T00:00")
    return replan_plan(dated, [event], now, limits=PlanLimits(time_s=10, threads=1))


def told(found: Replan, viewer: str, holdings: Holdings = HOLDINGS) -> dict[str, Any]:
    tables, _ = tell(found)
    return visible_replan(found.before, found.after, tables, found.case, holdings, viewer)


def figures(*parties: str) -> list[str]:
    return [f"{figure:.4f}" for party in parties for figure in PARTS[party]]


def test_who_holds_everything_is_told_everything(found: Replan) -> None:
    whole = told(found, "north", Holdings(host="north"))
    assert whole["replan"]["value_after"] == found.after.summary.value
    assert whole["departures"]
    by_measure = {row["measure"]: row for row in whole["totals"]}
    assert by_measure["value"]["after"] == pytest.approx(found.after.summary.value)


@pytest.mark.parametrize(("viewer", "own", "theirs"), [("north", "AB", "C"), ("south", "C", "AB")])
def test_an_office_is_told_its_own_part_and_no_figure_of_the_other(
    found: Replan, viewer: str, own: str, theirs: str
) -> None:
    seen = told(found, viewer)
    text = json.dumps(seen)
    assert [figure for figure in figures(*theirs) if figure in text] == []
    assert {row["party"] for row in seen["orders"]} <= set(own)
    figures_of_all = {name for name, value in seen["replan"].items() if value is not None}
    assert figures_of_all <= {"moved_at", "weeks", "gap"}
    both = told(found, "north")["totals"], told(found, "south")["totals"]
    value = [next(row["after"] for row in rows if row["measure"] == "value") for rows in both]
    assert sum(value) == pytest.approx(found.after.summary.value), "the parts add up to the plan"
