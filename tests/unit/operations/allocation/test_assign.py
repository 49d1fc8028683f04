"""Places in a plan, case by case: why a parcel has none, and what a plan of several legs keeps when it changes."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from tests.helpers.ways import START, hour, parcels_of, way, ways_of

from landbridge.model.case import Patch
from landbridge.operations.allocation import (
    REASONS,
    allocate,
    demand_patch,
    read_ways,
    rides,
    summarise,
    write_manifests,
)
from landbridge.operations.allocation.assign import _begun
from landbridge.planning import PlanLimits, plan
from landbridge.planning.replan import unroll
from landbridge.tables import apply_scenario, read_case

WAYS = ways_of([way("o", 10, 20, 2), way("o", 30, 40, 1), way("q", 12, 22, 1)])


def codes(rows: list[dict]) -> list[str]:
    found = allocate(parcels_of(rows), WAYS)
    return found.sort("parcel")["code"].to_list()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({}, ""),
        ({"promised": hour(19)}, "late"),
        ({"order": "nobody"}, "unknown-order"),
        ({"order": "none"}, "not-carried"),
        ({"order": None, "to_hub": "c"}, "not-carried"),
        ({"ready": hour(31)}, "left-already"),
        ({"weight_kg": 5.0}, "no-room"),
    ],
)
def test_a_parcel_without_a_place_or_with_a_late_one_says_why(row, code):
    assert codes([row]) == [code]
    assert code in REASONS


def test_the_earliest_promise_goes_first_and_the_rest_takes_the_next_way():
    rows = [{"promised": hour(99)}, {"promised": None}, {"promised": hour(50)}, {"promised": hour(45)}]
    found = allocate(parcels_of(rows), WAYS).sort("parcel")
    assert found["arrives"].to_list() == [hour(40), None, hour(20), hour(20)]
    assert found["code"].to_list() == ["", "no-room", "", ""]


def test_a_light_parcel_takes_the_room_that_a_heavy_one_cannot():
    rows = [{"weight_kg": 1.5, "promised": hour(30)}, {"weight_kg": 0.9, "promised": hour(31)}, {"weight_kg": 0.5}]
    found = allocate(parcels_of(rows), WAYS).sort("parcel")
    assert found["leaves"].to_list() == [hour(10), hour(30), hour(10)]


def test_a_parcel_without_an_order_takes_what_orders_leave_between_its_hubs():
    rows = [{"order": None}, {"order": "q"}, {"order": "o"}, {"order": "o"}]
    found = allocate(parcels_of(rows), WAYS).sort("parcel")
    assert found["order"].to_list() == ["o@w1", "q@w1", "o@w1", "o@w1"]
    assert found["leaves"].to_list() == [hour(30), hour(12), hour(10), hour(10)]


def test_what_has_begun_of_a_way_are_the_departures_that_have_left():
    text = "a@2026-10-05T10:00Z:1 > a@2026-10-05T10:00Z:2 > b@2026-10-06T10:00Z:1"
    frame = pl.DataFrame({"way": [text, None]})
    begun = frame.select(_begun(pl.col("way"), hour(12)))["way"].to_list()
    assert begun == ["a@2026-10-05T10:00Z:1 > a@2026-10-05T10:00Z:2", ""]
    assert frame.select(_begun(pl.col("way"), START))["way"].to_list() == ["", ""]


def test_manifests_hold_each_parcel_once_on_each_departure(tmp_path):
    found = allocate(parcels_of([{}, {}, {"order": "q"}, {"order": "none"}]), WAYS)
    table = summarise(rides(found, WAYS))
    assert table["parcels"].to_list() == [2, 1]
    assert table["weight_kg"].to_list() == [2.0, 1.0]
    assert write_manifests(found, WAYS, tmp_path / "m") == 2
    rows = pl.read_csv(tmp_path / "m" / "s@2026-10-05T1000Z.csv")
    assert rows.columns == ["parcel", "number", "weight_kg", "from_hub", "to_hub", "leaves", "arrives"]
    assert rows["parcel"].to_list() == ["p0", "p1"]


@pytest.fixture(scope="module")
def starter():
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as folder:
        case = read_case(Path(folder))
    return case, plan(case, limits=PlanLimits(time_s=20.0, threads=1))


def test_the_room_of_a_real_plan_is_what_its_flows_carry(starter):
    case, found = starter
    dated = unroll(case, found, 2)
    ways = read_ways(dated.case, dated.plan)
    tonnes = {row.good: row.per_unit["t"] for row in case.goods}
    good_of = {row.order: row.good for row in dated.case.orders}
    carried = {(row.order, row.path): row.qty for row in dated.plan.flows if row.seq == 1 and row.kind == "leg"}
    carried |= {(row.order, row.path): row.qty for row in dated.plan.flows if row.kind == "leg"}
    expected = sum(qty * tonnes[good_of[order]] * 1000 for (order, _), qty in carried.items())
    assert ways.ways["room_kg"].sum() == pytest.approx(expected)
    assert set(ways.ways["base"]) <= {row.order for row in case.orders}
    legs = ways.legs.sort("order", "way", "seq")
    assert (legs["leaves"] < legs["arrives"]).all()
    assert (legs["departs"] <= legs["leaves"]).all()


def test_parcels_tell_the_planner_the_demand_as_a_scenario(starter):
    case, found = starter
    dated = unroll(case, found, 2)
    ways = read_ways(dated.case, dated.plan)
    order = next(row for row in case.orders if row.from_hub and row.to_hub)
    unit_kg = next(row.per_unit["t"] for row in case.goods if row.good == order.good) * 1000
    rows = [{"order": order.order, "good": order.good, "weight_kg": unit_kg * 0.75} for _ in range(2)]
    patch = demand_patch(parcels_of(rows), ways, {row.good: row.per_unit["t"] for row in case.goods}, "seen")
    scenarios = tuple(
        Patch(
            scenario=row["scenario"], table=row["table"], key=row["key"], column_name=row["column"], value=row["value"]
        )
        for row in patch.iter_rows(named=True)
    )
    changed = apply_scenario(replace(case, scenarios=scenarios), "seen")
    assert next(row.qty for row in changed.orders if row.order == order.order) == pytest.approx(1.5)
