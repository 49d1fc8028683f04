"""The commands that follow a plan, as a user calls them: a small run, parcels, events, a closure, a new plan."""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import skip_or_fail
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.errors import Finding, InvalidRun
from landbridge.operations.allocation import rides
from landbridge.operations.arrival.by_bucket import estimate_store, lane_states
from landbridge.operations.arrival.estimate import estimate
from landbridge.operations.arrival.travel import hub_times, travel_patch
from landbridge.operations.control import followed_by, read_followed
from landbridge.operations.demo.made_up import between, journeys, made_up_orders
from landbridge.operations.demo.run import run_demo
from landbridge.operations.events import fold_store, import_events
from landbridge.operations.events.epcis import schema_faults
from landbridge.operations.parcels.frame import MOMENT, PARCEL_SCHEMA
from landbridge.operations.store import Store
from landbridge.planning import PlanLimits, plan
from landbridge.runtime import Workers
from landbridge.tables import read_case, read_run, write_run
from landbridge.verify import examine_run

demonstration = importlib.import_module("landbridge.operations.demo.run")


def call(*words: object) -> dict:
    """Document that a command prints with --json."""
    done = CliRunner().invoke(app, [str(word) for word in (*words, "--json")])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def week(tmp_path_factory) -> Path:
    """The starter case, its run, and a file of parcels that fill most of it."""
    import numpy as np

    folder = tmp_path_factory.mktemp("week")
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as path:
        case = read_case(Path(path))
    write_run(plan(case, limits=PlanLimits(time_s=20.0, threads=1)), case, folder / "run")
    followed = read_followed(folder / "run", 2)
    good = followed.ways.ways["good"][0]
    orders = made_up_orders(followed.ways, followed.dated.case, good, 600, np.random.default_rng(0))
    moments = [
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC").cast(MOMENT)
        for name in ("ready", "promised")
    ]
    frame = orders.rename({"tracking_number": "number", "case_order": "order", "order_id": "external_id"}).with_columns(
        *moments, parcel="demo:" + pl.col("external_id"), good=pl.lit(good), channel=pl.lit("demo")
    )
    parcels = frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in PARCEL_SCHEMA.items()
    )
    parcels.write_parquet(folder / "parcels.parquet")
    return folder


@pytest.fixture(scope="module")
def store(week) -> Path:
    """A store that follows the run, with the events up to the middle of it."""
    told = call("operate", "allocate", week / "run", week / "parcels.parquet", "--store", week / "store", "--weeks", 2)
    assert told["parcels"] == 600
    assert told["codes"].get("", 0) > 500
    found = Store(week / "store")
    followed = followed_by(found)
    allocations = found.scan("allocations").collect()
    moves = journeys(allocations, followed.ways, followed.case, 0)
    middle = moves["moment"].median()
    between(moves, None, middle).write_csv(week / "e1.csv")
    between(moves, middle, None).write_csv(week / "e2.csv")
    told = call("operate", "events", week / "e1.csv", "--store", week / "store")
    assert (told["problems"], told["aside"]) == ({}, None)
    return week / "store"


def test_status_counts_every_parcel_once(store):
    told = call("operate", "status", store)
    assert sum(told["status"].values()) == told["parcels"] == 600
    assert told["status"]["in_transit"] > 0
    assert told["unplaced"] == 0


def test_late_names_promises_in_danger_and_no_person(store, week):
    told = call("operate", "late", store, "--out", week / "late.csv", "--limit", 0)
    assert told["on_the_way"] > 0
    text = (week / "late.csv").read_text()
    assert "Example" not in text
    assert len(text.splitlines()) == len(told["parcels"]) + 1


@pytest.mark.slow
def test_an_event_of_a_departure_reaches_all_that_ride_it(store, tmp_path):
    """The train of a manifest is told to be held at its second hub: each parcel that passes there hears of it."""
    found = Store(shutil.copytree(store, tmp_path / "s"))
    followed = followed_by(found)
    way = found.scan("allocations").drop_nulls("way").collect().sort("arrives").row(-1, named=True)
    mine = (pl.col("order") == way["order"]) & (pl.col("way") == way["way"])
    leg = followed.ways.legs.filter(mine).sort("seq").row(-1, named=True)
    name = f"{leg['service']}@{leg['departs']:%Y-%m-%dT%H:%MZ}"
    (tmp_path / "held.csv").write_text(
        f"number,status,occurred_at,place\n{name},on_hold,{leg['arrives']:%Y-%m-%dT%H:%MZ},{leg['to_hub']}\n"
    )  # nothing is told after it, for those who are there
    words = ("operate", "events", tmp_path / "held.csv", "--store", found.folder, "--format", "generic")
    (tmp_path / "bad.csv").write_text("number,status,occurred_at\nZA999999995CN,nonsense,2026-01-05T00:00Z\n")
    bad = ("operate", "events", tmp_path / "bad.csv", "--store", found.folder, "--format", "generic")
    assert [call(*bad, *more)["problems"] for more in (["--dry-run"], [])] == [{"unknown-code": 1}] * 2
    dry = call(*words, "--dry-run")
    assert (dry["unit_events"], dry["problems"], found.rows("unit_events")) == (1, {}, 0)
    assert pl.read_csv(dry["rows_file"])["status"].to_list() == ["sound"]
    told = call(*words)
    assert (told["unit_events"], told["problems"]) == (1, {})
    riders = rides(found.scan("allocations").collect(), followed.ways).filter(
        (pl.col("service") == leg["service"]) & (pl.col("departs") == leg["departs"])
    )
    legs = followed.ways.legs.join(riders.select("service", "departs").unique(), on=["service", "departs"])
    there = legs.filter((pl.col("from_hub") == leg["to_hub"]) | (pl.col("to_hub") == leg["to_hub"]))
    passing = found.scan("allocations").collect().join(there, on=["order", "way"], how="semi")
    held = found.scan("states").filter(pl.col("status") == "on_hold").collect()
    assert passing.height > 0
    assert set(held["parcel"]) == set(passing["parcel"])


@pytest.mark.slow
def test_one_parcel_is_shown_as_planned_estimated_and_actual(store):
    found = Store(store)
    followed = followed_by(found)
    under_way = found.scan("states").filter(pl.col("t5").is_null() & pl.col("stage").is_between(1, 4))
    state = under_way.sort("stage", "parcel").collect().to_dicts()[-1]
    reached = state["stage"]
    place = found.scan("allocations").filter(pl.col("parcel") == state["parcel"]).collect().to_dicts()[0]
    told = call("operate", "show", store, place["number"])
    assert told["parcel"] == state["parcel"]
    stages = told["milestones"]
    legs = followed.ways.legs.filter((pl.col("order") == place["order"]) & (pl.col("way") == place["way"])).sort("seq")
    assert [row["to_hub"] for row in told["legs"]] == legs["to_hub"].to_list()
    text = "%Y-%m-%dT%H:%M:%SZ"
    assert stages[0]["planned"] == place["leaves"].strftime(text)
    assert stages[4]["planned"] == place["arrives"].strftime(text)
    assert stages[0]["planned"] <= stages[1]["planned"] < stages[2]["planned"] <= stages[3]["planned"]
    assert stages[reached]["actual"] == state[f"t{reached}"].strftime(text)
    assert [row["estimated"] is not None for row in stages[: reached + 1]] == [False] * (reached + 1)
    assert stages[5]["actual"] is None
    assert told["now"][:19] < stages[5]["estimated"] < stages[5]["promised"]
    assert len(told["events"]) == state["events"]
    done = CliRunner().invoke(app, ["operate", "show", str(store), state["parcel"]])
    assert all(word in done.stdout for word in ("accepted", "office", "planned", "estimated", "actual", "way:"))
    done = CliRunner().invoke(app, ["operate", "show", str(store), "LZ000000005CN"])
    assert (done.exit_code, "is no parcel" in done.stderr) == (3, True)


@pytest.mark.slow
def test_the_plan_is_written_as_planned_events_that_are_read_as_such(store, tmp_path):
    """Beside what happened, with its classifier; a store that reads the file has it as planned, and states alike."""
    whole = call("operate", "export-events", store, "--out", tmp_path / "all.csv", "--all")
    only = call("operate", "export-events", store, "--out", tmp_path / "act.csv")
    assert whole["events"] > only["events"] > 0
    again = Store(tmp_path / "again")
    again.append("parcels", Store(store).scan("parcels").collect())
    call("operate", "events", tmp_path / "all.csv", "--store", again.folder, "--format", "generic")
    mine, theirs = (item.scan("states").collect().sort("parcel") for item in (again, Store(store)))
    both = theirs.join(mine, on="parcel")
    assert both.height == theirs.height
    assert (both["at"] == both["at_right"]).all()
    planned = again.scan("events").filter(pl.col("classifier") == "PLN").collect()
    assert planned.height == whole["events"] - only["events"]
    last = planned.filter(pl.col("code") == "EMG").select("parcel", "occurred_at")
    kept = Store(store).scan("allocations").collect().join(last, on="parcel")
    assert (kept["arrives"] == kept["occurred_at"]).all()
    document = tmp_path / "all.jsonld"
    call("operate", "export-events", store, "--out", document, "--all", "--limit", 2000)
    content = json.loads(document.read_text())
    assert schema_faults(content) == []
    assert {event.get("lb:classifier") for event in content["epcisBody"]["eventList"]} == {None, "PLN"}


def test_travel_times_reach_the_planner_as_a_scenario_that_plans(week, tmp_path):
    """The plan's hours plus what departures ran late: a patch that lengthens legs, and the case takes it."""
    followed = read_followed(week / "run", 2)
    found = Store(tmp_path / "s")
    from landbridge.operations.control import follow

    allocations = follow(found, followed, pl.read_parquet(week / "parcels.parquet"))
    moves = journeys(allocations, followed.ways, followed.case, 0)
    between(moves, None, None).write_csv(tmp_path / "e.csv")
    import_events(found, tmp_path / "e.csv", "emsevt", now=moves["moment"].max())
    times = hub_times(found.scan("events"), allocations, followed.ways, moves["moment"].max())
    assert times
    patch = travel_patch(followed.case, times, 0.8, "observed")
    assert set(patch["column"]) == {"travel_h"}
    case = tmp_path / "case"
    CliRunner().invoke(app, ["new", "starter", str(case)])
    patch.write_csv(case / "scenarios.csv")
    changed = read_case(case, "observed")
    before = {row.service: sum(row.travel_h) for row in followed.case.services}
    longer = [row for row in changed.services if sum(row.travel_h) > before[row.service]]
    assert longer
    assert all(sum(row.travel_h) < before[row.service] + 24 for row in changed.services)


def test_estimates_by_bucket_are_those_of_all_states_at_once(store):
    found = Store(store)
    cut = found.scan("states").select(pl.col("at").max()).collect().item()
    whole, parts = estimate(lane_states(found), cut), estimate_store(found, cut)
    assert whole.chain_by_lane == parts.chain_by_lane
    assert all(mine.equals(theirs) for mine, theirs in zip(whole.counts, parts.counts, strict=True))
    assert sum(counts["entered"].sum() for counts in parts.counts) > 0


@pytest.mark.slow
def test_a_file_of_events_alone_can_be_back_tested(tmp_path):
    call("operate", "simulate", tmp_path / "sim", "--days", 60, "--parcels-a-day", 40)
    told = call("operate", "backtest", tmp_path / "sim" / "events.csv", "--sample", 50, "--step-days", 5)
    ours, naive, by_age = told["scores"]
    assert (ours["method"], naive["method"], by_age["method"]) == ("leg-wise", "naive", "naive-by-age")
    assert ours["scored"] > 100
    assert set(ours["coverage"]) == {"0.5", "0.8", "0.9", "0.95"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("operate", "status", "nowhere"), "not a store"),
        (("operate", "backtest", "SHORT"), "too short for a back-test"),
        (("operate", "allocate", "nowhere", "x", "--store", "y"), "not a run"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, words, message):
    short = tmp_path / "e.csv"
    short.write_text("number,code,occurred_at\nLZ473124829CN,EMA,2026-11-20T05:40Z\n")
    done = CliRunner().invoke(app, [str(short) if word == "SHORT" else word for word in words])
    assert done.exit_code == 3
    assert message in done.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the cluster's own libraries, on their way up and down
def test_a_dask_cluster_of_two_workers_folds_and_estimates_what_one_process_does(store, week, tmp_path):
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        skip_or_fail("distributed is not installed: pip install distributed")
        raise
    found = Store(shutil.copytree(store, tmp_path / "s"))
    fold_store(found)
    alone = found.scan("states").collect().sort("parcel")
    cut = alone["at"].max()
    one = estimate_store(found, cut)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = Workers(client.get_executor(pure=False))
        fold_store(found, workers)
        two = estimate_store(found, cut, workers=workers)
    assert found.scan("states").collect().sort("parcel").equals(alone)
    assert all(mine.equals(theirs) for mine, theirs in zip(one.counts, two.counts, strict=True))
    assert one.chain_by_lane == two.chain_by_lane


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, dict]:
    """The demonstration, with few parcels and short searches; bench and docs have the whole week."""
    folder = tmp_path_factory.mktemp("demo") / "d"
    words = ("--parcels", 3000, "--plan-time", 15, "--time-limit", 8, "--threads", 1)
    return folder, call("operate", "demo", folder, *words)


@pytest.mark.slow
def test_the_demonstration_ends_with_promises_kept_and_a_replan_that_verify_accepts(demo):
    """Issue 7, done-when 2."""
    _, told = demo
    assert told["ok"]
    assert told["imported"] == 3000
    assert told["events"] > 12_000
    assert told["delivered"] + sum(told["unplaced"].values()) >= 2990
    assert told["promise_kept"] > 0.9
    assert sum(count for _, _, count in told["days"]) >= told["delivered"]
    page = Path(told["page"]).read_text(encoding="utf-8")
    assert f"{told['promises_kept']:,} of {told['promises']:,} parcels" in page


@pytest.mark.slow
def test_recipients_of_the_demonstration_are_in_no_table_of_the_store_and_no_list(demo):
    """Issue 7, done-when 6: the file of orders names them, and nothing that this room writes does."""
    folder, _ = demo
    planted = b"Placeholder"
    assert planted in (folder / "orders.csv").read_bytes()
    for name in ("store", "manifests", "manifests-after", "run", "after"):
        for file in (folder / name).rglob("*"):
            assert not file.is_file() or planted not in file.read_bytes(), file
    for name in ("promises.csv", "report.json", "report.html", "events-1.csv", "events-2.csv"):
        assert planted not in (folder / name).read_bytes()
    tables = Store(folder / "store")
    for table in ("parcels", "allocations", "events", "states"):  # Parquet is compressed: look at what it holds
        assert "Placeholder" not in repr(tables.scan(table).collect().head(50_000).to_dicts())


@pytest.mark.slow
def test_a_replan_is_proposed_first_and_followed_when_accepted(demo, tmp_path):
    folder, week_told = demo
    store, now = tmp_path / "store", "2026-10-07T00:00+08:00"
    call("operate", "allocate", folder / "run", folder / "parcels", "--store", store, "--weeks", 1)
    call("operate", "events", folder / "events-1.csv", "--store", store)
    event = week_told["event"].replace("2026-10-09T00:00", "2026-10-08T12:00")  # a shorter closure than the week's
    assert event != week_told["event"]
    words = ("operate", "replan", store, "--event", event, "--time-limit", 12, "--threads", 1, "--now", now)
    told = call(*words)
    assert told["accepted"] is None
    assert Store(store).noted("run")["path"] == str((folder / "run").resolve())
    told = call(*words, "--accept", tmp_path / "after")
    plan_after, case_after = read_run(tmp_path / "after")
    assert examine_run(tmp_path / "after", plan_after, case_after).ok
    assert Store(store).noted("run")["path"] == str((tmp_path / "after").resolve())
    assert told["parcels"]["kept"] > 1000
    found = Store(store).scan("allocations").collect()
    ways = followed_by(Store(store)).ways
    used = found.drop_nulls("way").group_by("order", "way").agg(pl.col("weight_kg").sum())
    known = used.join(ways.ways, on=["order", "way"])  # what has ended is on the ways of the plan before
    assert (known["weight_kg"] <= known["room_kg"] * (1 + 1e-6)).all()


@pytest.mark.slow
def test_a_crossing_where_freight_would_spoil_stays_open_in_the_demonstration(monkeypatch, tmp_path) -> None:
    """Milk at Manzhouli could not arrive in its life, and the week ended with an error, with some plans found."""
    asked: list[str] = []
    truly = demonstration.propose

    def spoils_once(store, followed, events, now, **options):
        asked.append(events[0].resource)
        if len(asked) == 1:
            raise InvalidRun([Finding(where="replan", message="milk spoils", code="no-way-on")])
        return truly(store, followed, events, now, **options)

    monkeypatch.setattr(demonstration, "propose", spoils_once)
    case = read_case(Path(str(resources.files("landbridge.cases") / "far-east")))
    report = run_demo(case, tmp_path / "week", count=300, plan_s=4.0, replan_s=3.0, threads=1)
    assert report.passed_over == asked[:1]
    assert len(set(asked)) == len(asked) >= 2
    assert report.event.startswith(f"close:{asked[-1]} from")


def test_a_demonstration_whose_plan_carries_nothing_says_so(tmp_path) -> None:
    """It ended with an error of the arrays it drew parcels from."""
    case = read_case(Path(str(resources.files("landbridge.cases") / "starter")))
    bare = replace(case, orders=tuple(replace(order, price_per_unit=0.0) for order in case.orders))
    with pytest.raises(InvalidRun, match="carries nothing") as caught:
        run_demo(bare, tmp_path / "week", count=10, plan_s=2.0, threads=1)
    assert [finding.code for finding in caught.value.findings] == ["empty-plan"]
