"""Scenarios: patches are laid on a case, and what is wrong with them is told at their rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.errors import InvalidCase
from landbridge.model.case import Agreement, Grant, Patch
from landbridge.tables import apply_scenario, happening, read_case, scenario_names, write_case


def patch(table: str, key: str, column: str, value: str, scenario: str = "x") -> Patch:
    return Patch(scenario=scenario, table=table, key=key, column_name=column, value=value)


def case_with(*patches: Patch):
    return tiny_case(
        services=[truck()],
        orders=[shipment()],
        agreements=(Agreement(agreement="AB", status="proposed"),),
        grants=(
            Grant(agreement="AB", giver="a", taker="b", kind="service"),
            Grant(agreement="AB", giver="b", taker="a", kind="service"),
        ),
        scenarios=patches,
    )


def test_a_patch_changes_the_cell_it_names_and_no_other():
    case = case_with(patch("services", "s", "run_cost", "25"), patch("orders", "o", "qty", "7", scenario="other"))
    found = apply_scenario(case, "x")
    assert found.services[0].run_cost == 25.0
    assert replace(found.services[0], run_cost=10.0) == case.services[0]
    assert found.orders == case.orders
    assert scenario_names(case) == ("x", "other")


def test_settings_dimensions_and_keys_of_several_columns_can_be_patched():
    case = case_with(
        patch("case", "", "co2_cost_per_t", "80"),
        patch("services", "s", "cap_t", "12"),
        patch("services", "s", "cap_m3", "30"),
        patch("grants", "AB|b", "share_frac", "0.5"),
    )
    found = apply_scenario(case, "x")
    assert found.settings.co2_cost_per_t == 80.0
    assert dict(found.services[0].capacity) == {"t": 12.0, "m3": 30.0}
    assert [row.share_frac for row in found.grants] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("wrong", "code", "column"),
    [
        (patch("services", "s", "run_cost", "dear"), "not-a-number", "value"),
        (patch("services", "s", "run_cost", "-1"), "out-of-range", "value"),
        (patch("services", "s", "route", "ha>nowhere"), "unknown-id", "value"),
        (patch("grants", "AB|z", "share_frac", "0.5"), "unknown-id", "key"),
        (patch("orders", "o", "good", ""), "blank-cell", "value"),
    ],
)
def test_what_is_wrong_is_told_at_the_row_of_the_scenario(wrong: Patch, code: str, column: str):
    case = case_with(patch("orders", "o", "qty", "7"), wrong)
    with pytest.raises(InvalidCase) as caught:
        apply_scenario(case, "x")
    finding = caught.value.findings[0]
    assert (finding.where, finding.column, finding.code) == ("scenarios.csv:3", column, code)


def test_a_scenario_that_is_not_there_is_told_with_what_is_near():
    with pytest.raises(InvalidCase, match="no scenario 'y'") as caught:
        apply_scenario(case_with(patch("orders", "o", "qty", "7")), "y")
    assert caught.value.findings[0].code == "unknown-scenario"


def test_a_case_is_read_with_a_scenario_and_events_happen_where_they_are_named(tmp_path: Path):
    case = case_with(patch("orders", "o", "qty", "7"), patch("events", "shut", "cap_frac", "0"))
    from landbridge.model.case import Event

    case = replace(case, events=(Event(event="shut", resource="hb", cap_frac=1.0),))
    write_case(case, tmp_path / "case")
    found = read_case(tmp_path / "case", "x")
    assert found.orders[0].qty == 7.0
    assert found.events[0].cap_frac == 0.0
    assert happening(found, "x") == ("shut",)
