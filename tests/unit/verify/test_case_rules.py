"""A plan that was good is refused when the case is another: one test for each rule that the case alone decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from tests.helpers.hand_runs import HAND_RUNS

from landbridge.model.case import Case, Event, Order, Pin, TimetableRow
from landbridge.model.plan import Plan
from landbridge.tables import input_hash
from landbridge.verify import verify


def edit(case: Case, table: str, key: str, **changes: Any) -> Case:
    """Change cells of the row whose id (first field) is ``key``."""
    rows = getattr(case, table)
    changed = tuple(replace(row, **changes) if getattr(row, fields(row)[0].name) == key else row for row in rows)
    assert changed != rows, f"{table} has no row {key}"
    return replace(case, **{table: changed})


def codes(plan: Plan, case: Case) -> set[str]:
    """Codes of the findings; the run is taken as one of this case."""
    plan = replace(plan, summary=replace(plan.summary, input_sha256=input_hash(case)))
    return {finding.code for finding in verify(plan, case)}


RULES: list[tuple[str, str, Callable[[Case], Case]]] = [
    # times
    ("week", "not-in-timetable", lambda c: edit(c, "timetable", "rail", depart="08:10")),
    ("week", "before-ready", lambda c: edit(c, "orders", "O1", ready="Mon 09:00")),
    ("week", "after-deadline", lambda c: edit(c, "orders", "B1", late_max_h=1.0)),
    ("week", "after-deadline", lambda c: edit(c, "goods", "milk", life_h=10.0)),
    ("week", "order-late", lambda c: edit(c, "orders", "B1", due="Tue 16:00")),
    ("week", "order-late", lambda c: edit(c, "orders", "O1", due="Tue 06:00")),
    ("week", "leg-arrives", lambda c: edit(c, "services", "via", travel_h=(5.0, 41.0))),
    ("week", "outside-horizon", lambda c: replace(c, settings=replace(c.settings, cyclic=False))),
    ("week", "time-not-local", lambda c: edit(c, "hubs", "X", timezone="Asia/Vladivostok")),
    ("week", "must-run", lambda c: edit(c, "timetable", "rail", must_run=2)),
    # handling
    ("week", "handling-closed", lambda c: edit(c, "handling", "customs", opens="09:30")),
    ("week", "handling-closed", lambda c: edit(c, "handling", "customs", closes="09:00", opens="08:00")),
    ("week", "handling-closed", lambda c: edit(c, "handling", "customs", days="Mon Wed")),
    ("week", "handling-dwell", lambda c: edit(c, "handling", "customs", dwell_h=1.0)),
    ("week", "handling-not-matching", lambda c: edit(c, "handling", "customs", from_mode="sea")),
    ("week", "handling-not-matching", lambda c: edit(c, "handling", "customs", handling_class="bulk")),
    ("week", "handling-missing", lambda c: edit(c, "handling", "gate", from_mode="start", to_mode="road", hub="N1")),
    ("week", "handling-tonnes", lambda c: edit(c, "handling", "customs", cap_t_per_day=19.0)),
    ("strait", "handling-tonnes", lambda c: edit(c, "handling", "port", cap_t_per_day=19.9)),
    # permissions
    ("week", "handling-not-permitted", lambda c: edit(c, "handling", "customs", owner="m1")),
    ("week", "change-not-permitted", lambda c: edit(c, "hubs", "X", owner="m1")),
    ("week", "change-not-permitted", lambda c: edit(c, "hubs", "X", owner="s1+m1")),
    ("week", "ride-not-permitted", lambda c: edit(c, "agreements", "P", status="ended")),
    ("week", "ride-not-permitted", lambda c: edit(c, "agreements", "P", ends="2026-01-04")),
    ("starter", "ride-not-permitted", lambda c: edit(c, "agreements", "BC", status="proposed")),
    ("week", "over-share", lambda c: edit(c, "grants", "P", share_frac=0.39)),
    ("week", "trade-not-permitted", lambda c: edit(c, "agreements", "T", status="proposed")),
    ("strait", "trade-not-permitted", lambda c: edit(c, "agreements", "BC", status="proposed")),
    ("strait", "charter-not-permitted", lambda c: edit(c, "agreements", "AC", status="proposed")),
    ("starter", "charter-not-permitted", lambda c: edit(c, "services", "lane1-A", owner="B")),
    ("week", "transit-not-permitted", lambda c: edit(c, "goods", "parts", transit=())),
    ("week", "transit-not-permitted", lambda c: edit(c, "orders", "W1", transit=("-",))),
    ("week", "not-accepted", lambda c: edit(c, "services", "truck", accepts=("bulk",))),
    # limits
    ("week", "over-capacity", lambda c: edit(c, "services", "rail", capacity={"t": 20.0})),
    ("week", "over-capacity", lambda c: edit(c, "services", "rail", capacity={"t": 21.0, "m3": 15.0})),
    ("week", "over-storage", lambda c: edit(c, "hubs", "X", store_cap_t=19.0)),
    ("week", "max-runs", lambda c: edit(c, "services", "truck", max_runs=1)),
    ("week", "max-runs", lambda c: edit(c, "timetable", "rail", max_runs=0)),
    ("strait", "max-runs", lambda c: edit(c, "services", "ferry", max_runs=3)),
    ("strait", "max-runs", lambda c: edit(c, "services", "ferry", owner="a:0.25 b:0.75")),
    ("week", "hub-calls", lambda c: edit(c, "hubs", "X", cap_runs_per_day=2.0)),
    ("week", "handling-calls", lambda c: edit(c, "handling", "gate", cap_runs_per_day=0.5)),
    ("week", "fleet-count", lambda c: edit(c, "fleets", "F", count=1)),
    ("strait", "fleet-not-there", lambda c: edit(c, "fleets", "V", hub="P")),
    ("strait", "fleet-not-conserved", lambda c: edit(c, "fleets", "V", round_the_week=True)),
    ("week", "empty-run-not-possible", lambda c: edit(c, "services", "back", empty_cost=None)),
    ("week", "pin-broken", lambda c: replace(c, pins=(Pin(table="services", key="truck", max=1.0),))),
    ("week", "pin-broken", lambda c: replace(c, pins=(Pin(table="departures", key="rail@Mon 08:00", min=2.0),))),
    ("week", "pin-broken", lambda c: replace(c, pins=(Pin(table="orders", key="U1", min=1.0),))),
    # orders
    ("week", "below-min-fill", lambda c: edit(c, "orders", "B1", min_fill_frac=0.9)),
    ("week", "overfilled", lambda c: edit(c, "orders", "K1", qty=7.0)),
    ("week", "price-out-of-range", lambda c: edit(c, "orders", "B1", price_per_unit=50.0)),
    ("week", "trade-outside", lambda c: edit(edit(c, "orders", "O1", party=""), "orders", "B1", party="")),
    ("week", "order-missing", lambda c: replace(c, orders=(*c.orders, Order(order="new", good="milk", qty=1.0)))),
    # money
    ("week", "money-mismatch", lambda c: edit(c, "hubs", "N1", store_cost_per_t_h=0.2)),
    ("week", "money-mismatch", lambda c: edit(c, "handling", "customs", cost_per_t=3.1)),
    ("week", "money-mismatch", lambda c: edit(c, "fleets", "F", fixed_cost=31.0)),
    ("week", "money-mismatch", lambda c: edit(c, "services", "truck", kgco2e_per_t=(25.0,))),
    ("week", "money-mismatch", lambda c: edit(c, "orders", "U1", unserved_cost_per_unit=5.0)),
]


@pytest.mark.parametrize(("name", "code", "change"), RULES, ids=[f"{i}-{rule[1]}" for i, rule in enumerate(RULES)])
def test_verify_refuses_the_plan_under_another_case(name: str, code: str, change: Callable[[Case], Case]) -> None:
    plan, case = HAND_RUNS[name]()
    found = codes(plan, change(case))
    assert code in found


def test_verify_refuses_two_paths_of_an_order_that_may_not_be_split() -> None:
    plan, case = HAND_RUNS["week"]()
    flows = []
    for flow in plan.flows:
        if flow.order == "K1":
            flows += [replace(flow, qty=4.0), replace(flow, qty=4.0, path=2)]
        else:
            flows.append(flow)
    plan = replace(plan, flows=tuple(flows))
    assert codes(plan, case) == {"split-not-permitted"}
    assert codes(plan, edit(case, "orders", "K1", split=True)) == set()


def test_verify_lets_freight_use_a_row_without_modes_at_any_change_of_modes() -> None:
    """§3.3: both blank and no cap_runs_per_day matches every pair of modes, never start or end."""
    plan, case = HAND_RUNS["week"]()
    assert codes(plan, edit(case, "handling", "customs", from_mode="", to_mode="")) == set()


def test_verify_takes_customs_open_past_midnight_as_of_the_day_it_opened() -> None:
    """§3.4: Tuesday 09:00 lies within Monday 22:00 to Tuesday 10:00."""
    plan, case = HAND_RUNS["week"]()
    overnight = edit(case, "handling", "customs", opens="22:00", closes="10:00", days="Mon")
    assert codes(plan, overnight) == set()
    assert "handling-closed" in codes(plan, edit(overnight, "handling", "customs", days="Tue"))


def test_verify_allows_what_the_transit_column_of_the_order_lists() -> None:
    plan, case = HAND_RUNS["week"]()
    strict = edit(case, "goods", "parts", transit=())
    assert codes(plan, edit(strict, "orders", "W1", transit=("XM",))) == set()
    assert codes(plan, edit(strict, "orders", "W1", transit=("*",))) == set()


def test_verify_adds_up_timetable_rows_of_one_minute() -> None:
    """§5.2: two rows of at most one run allow two."""
    plan, case = HAND_RUNS["strait"]()
    rows = (
        TimetableRow(service="ferry", depart="00:00", max_runs=2),
        TimetableRow(service="ferry", depart="00:00", starts="2026-01-05T00:00", max_runs=2),
    )
    assert codes(plan, replace(case, timetable=rows)) == set()
    assert "max-runs" in codes(plan, replace(case, timetable=rows[:1]))


def test_verify_ignores_events_which_only_scenarios_use() -> None:
    plan, case = HAND_RUNS["strait"]()
    assert codes(plan, replace(case, events=(Event(event="e", resource="Q"),))) == set()


def test_verify_lists_at_most_twenty_findings_of_a_rule_and_says_how_many_more() -> None:
    plan, case = HAND_RUNS["strait"]()
    plan = replace(plan, flows=tuple(replace(plan.flows[0], order="none", path=path) for path in range(100)))
    found = [finding for finding in verify(plan, case) if finding.code == "unknown-instance"]
    assert len(found) == 20
    assert "80 more" in found[-1].message


def test_verify_names_the_row_of_the_table() -> None:
    plan, case = HAND_RUNS["starter"]()
    flows = list(plan.flows)
    flows[2] = replace(flows[2], grant="")
    (finding,) = verify(replace(plan, flows=tuple(flows)), case)
    assert (finding.where, finding.column, finding.code) == ("flows.csv:4", "grant", "grant-mismatch")
    assert "'B'" in finding.message
