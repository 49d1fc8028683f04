"""Scenarios, comparisons, re-plans, explanations, bottlenecks and investments by their commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.oracle.tiny_cases import shipment, tiny_case, truck
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.model.case import Agreement, Fleet, Grant, Handling, Patch, Project, TimetableRow
from landbridge.tables import read_run, write_case

RUNNER = CliRunner()


def run(*words: object, code: int = 0) -> dict:
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if "--json" in words else {"text": result.stdout}


def week_case(**changes):
    """A repeating week: every day at 08:00 a truck from ha over hb to hc and one back, and a dear one at noon."""
    services = [
        truck("out", "ha>hb>hc", owner="a", max_runs=2, fleet="f", empty_cost=4.0),
        truck("back", "hc>hb>ha", owner="a", max_runs=2, fleet="f", empty_cost=4.0),
        truck("dear", "ha>hc", owner="a", run_cost=30.0, travel_h=(2.0,)),
    ]
    rows = (
        TimetableRow(service="out", depart="08:00"),
        TimetableRow(service="back", depart="20:00"),
        TimetableRow(service="dear", depart="12:00"),
    )
    orders = [
        shipment(f"o{day}", "ha>hc", ready=f"{name} 06:00", due="+40h", transit=("NB",))
        for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri"))
    ]
    settings = {"horizon_h": 168.0, "cyclic": True}
    return tiny_case(
        services=services, orders=orders, timetable=rows, fleets=(Fleet(fleet="f", owner="a", count=4),),
        settings=settings, **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("week")
    write_case(week_case(), folder / "case")
    run("plan", folder / "case", "--out", folder / "run", "--time-limit", 10, "--threads", 1)
    return folder


def test_several_scenarios_become_runs_that_compare_tells_apart(tmp_path: Path):
    patches = (
        Patch(scenario="dear", table="services", key="out", column_name="run_cost", value="25"),
        Patch(scenario="more", table="orders", key="o0", column_name="qty", value="20"),
    )
    write_case(week_case(scenarios=patches), tmp_path / "case")
    args = ("--time-limit", 10, "--threads", 1, "--json")
    found = run(
        "plan", tmp_path / "case", "--scenario", "dear", "--scenario", "more", "--out", tmp_path / "runs", *args
    )
    assert [row["summary"]["scenario"] for row in found["runs"]] == ["dear", "more"]
    run("verify", tmp_path / "runs" / "dear")
    told = run("compare", *(row["run"] for row in found["runs"]), "--out", tmp_path / "tables", "--json")
    value = next(row for row in told["totals"] if row["measure"] == "value")
    dear, more = (row["summary"]["value"] for row in found["runs"])
    assert (value["before"], value["after"], value["change"]) == pytest.approx((dear, more, more - dear))
    assert sum(row["change"] for row in told["regions"]) == pytest.approx(more - dear)
    assert (tmp_path / "tables" / "crossings.csv").is_file()


@pytest.mark.slow
def test_a_replan_leaves_what_has_left_and_verify_would_see_it_if_not(planned: Path):
    """Closing hb on Tuesday of the second week: Tuesday's freight goes with the dear truck or a day later."""
    out = planned / "replan"
    event = "close:hb from 2026-01-13T00:00 to 2026-01-14T00:00"
    found = run("replan", planned / "run", "--event", event, "--out", out, "--time-limit", 10, "--json")
    assert found["replan"]["moved_at"].startswith("2026-01-13T00:00")
    assert found["replan"]["orders_moved"] >= 1
    run("verify", out)
    plan, case = read_run(out)
    closed = [row for row in plan.departures if row.leaves.startswith("2026-01-13") and row.service != "dear"]
    assert closed == []
    before = (out / "before_departures.csv").read_text().splitlines()[1:]
    left = sorted(line.split(",")[1] + line.split(",")[3] for line in before if line.split(",")[3] < "2026-01-13")
    assert left == sorted(row.service + row.leaves for row in plan.departures if row.leaves < "2026-01-13")
    assert sum(row.filled for row in plan.orders) == pytest.approx(150.0)
    assert case.settings.cyclic is False
    lines = (out / "before_departures.csv").read_text().splitlines()
    (out / "before_departures.csv").write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    result = RUNNER.invoke(app, ["verify", str(out)])
    assert result.exit_code == 5
    assert "departed-changed" in result.stderr
    (out / "before_departures.csv").write_text("\n".join(lines) + "\n")
    flows = (out / "before_flows.csv").read_text()
    assert ",10," in flows.splitlines()[1]
    (out / "before_flows.csv").write_text(flows.replace(",10,", ",9,", 1))
    result = RUNNER.invoke(app, ["verify", str(out)])
    assert result.exit_code == 5
    assert "freight-on-its-way-changed" in result.stderr


@pytest.mark.slow
def test_a_replan_after_a_delay_moves_what_it_meets_to_the_late_departure(planned: Path):
    """Everything to hb is 3 hours late on a Tuesday: freight still gets there, that much later; nothing else moves."""
    out = planned / "late"
    event = "delay:hb=3 from 2026-01-13T00:00 to 2026-01-14T00:00"
    found = run("replan", planned / "run", "--event", event, "--out", out, "--time-limit", 10, "--json")
    run("verify", out)
    assert found["replan"]["orders_lost"] == 0
    plan, case = read_run(out)
    before = (out / "before_orders.csv").read_text()
    assert sum(row.filled for row in plan.orders) == pytest.approx(150.0)
    met = [row for row in plan.departures if "~" in row.service]
    assert {row.service for row in met} <= {"out~1", "back~1"}
    late = [row.arrives for row in plan.orders if f"{row.arrives}" not in before]
    assert late == ["2026-01-13T13:00+00:00"]  # by the departure of 08:00, an hour and three to hb, one more to hc
    assert {row.service for row in case.services} >= {"out~1", "back~1"}


@pytest.mark.slow
def test_a_replan_of_a_shared_run_says_whether_the_shares_still_hold(tmp_path: Path):
    """
    Two regions with 5 t each share a truck of 10 t a day: it costs each 5 instead of 10, and gains 5 a day, 35 a week.

    With the truck gone for a day nobody is worse off than alone in three weeks; gone for all of them, both are.
    """
    orders = [
        shipment(f"{party}{day}", "ha>hb", party=party, qty=5.0, ready=f"{name} 06:00", due="+10h")
        for party in "ab"
        for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    ]
    rows = (TimetableRow(service="s", depart="08:00"),)
    settings = {"horizon_h": 168.0, "cyclic": True}
    papers = {
        "agreements": (Agreement(agreement="ab", name="a and b", status="in_force"),),
        "grants": (Grant(agreement="ab", giver="a", taker="b", kind="service", resource="*", both_ways=True),),
    }
    case = tiny_case(services=[truck()], orders=orders, timetable=rows, settings=settings, **papers)
    write_case(case, tmp_path / "case")
    args = ("--players", "regions", "--time-limit", 20, "--threads", 1)
    run("share", tmp_path / "case", "--out", tmp_path / "run", *args)
    short = ("--event", "close:s from 2026-01-14T00:00 to 2026-01-15T00:00")
    found = run("replan", tmp_path / "run", *short, "--out", tmp_path / "short", "--time-limit", 6, "--json")
    verdicts = {row["region"]: row["verdict"] for row in found["regions"]}
    assert found["replan"]["shares"] == "holds"
    assert (verdicts["A"], verdicts["B"]) == ("holds", "holds")
    rows_of = {row["region"]: row for row in found["regions"]}
    assert rows_of["A"]["alone"] == pytest.approx(3 * 7 * 15.0)  # 25 a day less a truck
    assert rows_of["A"]["after"] + rows_of["B"]["after"] == pytest.approx(20 * 40.0)
    long = ("--event", "close:s from 2026-01-05T00:00")
    found = run("replan", tmp_path / "run", *long, "--out", tmp_path / "long", "--time-limit", 6, "--json")
    assert found["replan"]["shares"] == "fails"
    assert {row["verdict"] for row in found["regions"] if row["region"] in "AB"} == {"fails"}
    text = run("replan", tmp_path / "run", *long, "--out", tmp_path / "again", "--time-limit", 6)["text"]
    assert "fail for B, A:" in text or "fail for A, B:" in text


def test_a_replan_without_an_event_or_outside_the_calendar_is_refused(planned: Path):
    assert RUNNER.invoke(app, ["replan", str(planned / "run")]).exit_code == 2
    late = ["replan", str(planned / "run"), "--event", "close:hb from 2027-01-13T00:00"]
    assert RUNNER.invoke(app, late).exit_code == 3


def test_explain_tells_why_and_what_it_tried(planned: Path):
    text = run("explain", planned / "run", "o1")["text"]
    assert "served in full and in time" in text
    assert RUNNER.invoke(app, ["explain", str(planned / "run"), "nobody"]).exit_code == 3


def scarce_case(**changes):
    """Two orders of 10 t, a truck of 10 t, and one call a day at hb."""
    rule = Handling(handling="in-b", hub="hb", direction="in", cap_runs_per_day=1)
    return tiny_case(
        services=[truck()],
        orders=[shipment("first", price_per_unit=9.0), shipment("second")],
        timetable=(TimetableRow(service="s", depart="08:00"),),
        handling=(rule,),
        **changes,
    )


def test_bottlenecks_give_an_interval_that_holds_the_truth(tmp_path: Path):
    """One more call a day lets the second truck go: worth 50 less its cost of 10."""
    write_case(scarce_case(), tmp_path / "case")
    run("plan", tmp_path / "case", "--out", tmp_path / "run", "--time-limit", 10, "--threads", 1)
    found = run("bottlenecks", tmp_path / "run", "--time-limit", 10, "--json")["bottlenecks"]
    assert [(row["resource"], row["verdict"]) for row in found] == [("in-b", "worth"), ("s", "worth")]
    assert (found[1]["kind"], found[1]["found"]) == ("room of a vehicle", pytest.approx(5.0))  # a unit of the second
    row = found[0]
    assert row["low"] <= 40.0 + 1e-6
    assert row["high"] >= 40.0 - 1e-6
    assert row["found"] == pytest.approx(40.0)
    assert row["is_verified"]
    hasty = ("--time-limit", 0, "--out", tmp_path / "hasty", "--json")
    found = run("bottlenecks", tmp_path / "run", *hasty)["bottlenecks"]
    assert (found[0]["high"], found[0]["verdict"]) == (None, "worth")  # no bound was proved in no time
    assert (tmp_path / "hasty" / "bottlenecks.csv").read_text().splitlines()[1].endswith(",,worth")


@pytest.mark.parametrize(("budget", "built", "gain"), [(100.0, ["one"], 40.0), (5.0, [], 0.0)])
def test_invest_builds_what_pays_within_the_budget(tmp_path: Path, budget: float, built: list[str], gain: float):
    projects = (
        Project(project="one", resource="in-b", added_capacity=1, cost_per_week=14.0, owner="b"),
        Project(project="two", resource="in-b", added_capacity=1, cost_per_week=70.0, owner="b"),
    )
    write_case(scarce_case(projects=projects), tmp_path / "case")
    args = ("--budget", budget, "--time-limit", 20, "--threads", 1, "--out", tmp_path / "run", "--json")
    found = run("invest", tmp_path / "case", *args)
    assert [row["project"] for row in found["projects"] if row["built"]] == built
    assert found["summary"]["gain"] == pytest.approx(gain)
    assert found["summary"]["cost"] == pytest.approx(2.0 * len(built))  # a day of a week
    assert sum(row["change"] for row in found["regions"]) == pytest.approx(gain)
    run("verify", tmp_path / "run")


@pytest.mark.parametrize(("budget", "built", "gain"), [(100.0, ["one"], 40.0), (5.0, [], 0.0)])
def test_invest_tries_projects_one_by_one_where_orders_are_many(
    tmp_path: Path, monkeypatch, budget: float, built: list[str], gain: float
):
    """The way of large cases chooses the same here, with a bound that holds any choice."""
    monkeypatch.setattr("landbridge.planning.invest.MOST_ORDERS", 1)
    projects = (
        Project(project="one", resource="in-b", added_capacity=1, cost_per_week=14.0, owner="b"),
        Project(project="two", resource="in-b", added_capacity=1, cost_per_week=700.0, owner="b"),
    )
    write_case(scarce_case(projects=projects), tmp_path / "case")
    args = ("--budget", budget, "--time-limit", 10, "--threads", 1, "--out", tmp_path / "run", "--json")
    found = run("invest", tmp_path / "case", *args)
    assert [row["project"] for row in found["projects"] if row["built"]] == built
    summary = found["summary"]
    assert summary["gain"] == pytest.approx(gain)
    assert summary["net_low"] - 1e-6 <= gain - 2.0 * len(built) <= summary["net_high"] + 1e-6
    run("verify", tmp_path / "run")


def test_a_project_that_adds_to_nothing_is_told(tmp_path: Path):
    write_case(scarce_case(projects=(Project(project="p", resource="ha", added_capacity=2),)), tmp_path / "case")
    result = RUNNER.invoke(app, ["invest", str(tmp_path / "case")])
    assert result.exit_code == 3
    assert "project-adds-nothing" in result.stderr


def test_a_built_in_case_is_copied_as_a_workbook_too(tmp_path: Path):
    run("new", "starter", tmp_path / "mine.xlsx")
    run("new", "starter", tmp_path / "mine")
    from landbridge.tables import input_hash, read_case

    assert input_hash(read_case(tmp_path / "mine.xlsx")) == input_hash(read_case(tmp_path / "mine"))
