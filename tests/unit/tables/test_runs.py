"""Run folders: whole or absent when written, strict when read."""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from landbridge.errors import InvalidRun, OutputError
from landbridge.model.case import Case
from landbridge.model.plan import (
    RUN_TABLES,
    Departure,
    FleetUse,
    Flow,
    Money,
    OrderResult,
    Plan,
    PlanStatus,
    Price,
    Summary,
    TracePoint,
    Trade,
)
from landbridge.tables import input_hash, read_case, read_run, write_run

WHOLE = Path(__file__).parents[2] / "data" / "cases_tables" / "whole"
LEAVES, ARRIVES = "2026-01-05T08:00+10:00", "2026-01-05T14:00+10:00"


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(WHOLE)


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    """A plan with a row in every table; that it makes sense is not for this room to say."""
    money = Money(orders_value=50.0, run_cost=1 / 3)
    summary = Summary(
        case=case.settings.name,
        status=PlanStatus.TIME_LIMIT,
        value=money.value,
        bound=60.0,
        spend=1 / 3,
        gap=None,
        money=money,
        currency="USD",
        start="2026-01-05T00:00",
        horizon_h=168.0,
        cyclic=False,
        agreements="in_force",
        seconds=1.5,
        seed=7,
        threads=2,
        work=1e9,
        limits={"time_limit_s": 60.0, "work": None},
        versions={"landbridge": "0.1.0"},
        input_sha256=input_hash(case),
        origins={"assumed": 0.25},
        trace=(TracePoint(seconds=0.5, value=None, bound=70.0),),
    )
    return Plan(
        summary=summary,
        departures=(
            Departure(
                departure="d1",
                service="train",
                owner="rail",
                leaves=LEAVES,
                arrives=ARRIVES,
                runs=1,
                empty_runs=0,
                load={"t": 0.1},
                fill_frac=0.1 / 600,
                run_cost=900.0,
            ),
            Departure(
                departure="d2",
                service="truck",
                owner="post+rail",
                leaves=LEAVES,
                arrives=ARRIVES,
                runs=0,
                empty_runs=2,
                load={"m3": 0.0},
                fill_frac=0.0,
                run_cost=150.0,
            ),
        ),
        flows=(
            Flow(
                order="o1",
                repeat=0,
                path=0,
                trade="",
                seq=0,
                kind="leg",
                departure="d1",
                service="train",
                leg=0,
                handling="",
                from_hub="A",
                to_hub="B",
                leaves=LEAVES,
                arrives=ARRIVES,
                qty=10.0,
                grant="",
            ),
        ),
        orders=(
            OrderResult(
                order="o1",
                repeat=0,
                party="post",
                good="parcels",
                qty=10.0,
                filled=10.0,
                arrives=ARRIVES,
                late_h=0.0,
                value=50.0,
                unserved_cost=0.0,
                why="",
            ),
            OrderResult(
                order="o2",
                repeat=0,
                party="rail",
                good="milk",
                qty=8.0,
                filled=0.0,
                arrives="",
                late_h=0.0,
                value=0.0,
                unserved_cost=0.0,
                why='no path: "A" to C, 北岸; capacity, deadline',
            ),
        ),
        trades=(
            Trade(
                trade="t1",
                offer="o2",
                offer_repeat=0,
                bid="o3",
                bid_repeat=0,
                seller="rail",
                buyer="mill",
                good="milk",
                qty=1 / 3,
                price_per_unit=312.5,
            ),
        ),
        prices=(Price(kind="order", resource="o3", good="milk", day="", price=-1e-9, unit="money/unit"),),
        fleets=(FleetUse(fleet="lorries", used=2, fixed_cost=80.0),),
    )


@pytest.fixture
def run(plan: Plan, case: Case, tmp_path: Path) -> Path:
    write_run(plan, case, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_reads_back_as_it_was(run: Path, plan: Plan, case: Case) -> None:
    assert read_run(run) == (plan, case)


def test_a_run_folder_holds_what_the_design_page_says(run: Path) -> None:
    """Semantics §7."""
    names = {path.name for path in run.iterdir()}
    assert names == {"run.json", "case", *(f"{table}.csv" for table in RUN_TABLES)}
    header = (run / "departures.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "departure,service,owner,leaves,arrives,runs,empty_runs,load_m3,load_t,fill_frac,run_cost"


def test_tables_without_rows_keep_their_header(plan: Plan, case: Case, tmp_path: Path) -> None:
    empty = replace(plan, departures=(), flows=(), orders=(), trades=(), prices=(), fleets=())
    write_run(empty, case, tmp_path / "run")
    assert read_run(tmp_path / "run") == (empty, case)
    assert (tmp_path / "run" / "trades.csv").read_text(encoding="utf-8").startswith("trade,offer,offer_repeat,bid")


def test_a_run_is_never_overwritten(run: Path, plan: Plan, case: Case) -> None:
    (run / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_run(plan, case, run)
    assert (run / "notes.txt").read_text() == "mine"


def test_a_full_disk_leaves_no_run(plan: Plan, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def fail(path: Path, data: bytes) -> int:
        if path.name == "trades.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OutputError, match="disk is full"):
        write_run(plan, case, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_refused(plan: Plan, case: Case, tmp_path: Path, bad: float) -> None:
    """It could not be read back, nor be right."""
    with pytest.raises(OutputError, match="not finite"):
        write_run(replace(plan, summary=replace(plan.summary, bound=bad)), case, tmp_path / "run")
    with pytest.raises(OutputError, match=r"fleets.csv: fixed_cost: .* is not a finite number"):
        write_run(replace(plan, fleets=(FleetUse(fleet="f", used=1, fixed_cost=bad),)), case, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def replace_text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(run: Path) -> None:
        text = (run / name).read_text(encoding="utf-8")
        assert old in text
        (run / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def edit_summary(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def edit(run: Path) -> None:
        content = json.loads((run / "run.json").read_text(encoding="utf-8"))
        change(content)
        (run / "run.json").write_text(json.dumps(content), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (replace_text("flows.csv", ",10,", ",ten,"), "flows.csv:2: qty: found 'ten'"),
        (replace_text("flows.csv", ",10,", ",,"), "flows.csv:2: qty: found ''"),
        (replace_text("departures.csv", ",1,0,", ",1.5,0,"), "departures.csv:2: runs: found '1.5', expected a whole"),
        (replace_text("departures.csv", "load_t", "weight"), "departures.csv:1: weight: unknown column"),
        (replace_text("trades.csv", "seller", "vendor"), "trades.csv:1: seller: the column 'seller' is missing"),
        (replace_text("orders.csv", "o1,0", "o1,0,0"), "orders.csv:2: found 12 cells, expected 11"),
        (lambda run: (run / "fleets.csv").unlink(), "fleets.csv: is missing"),
        (lambda run: (run / "prices.csv").write_bytes(b""), "prices.csv:1: kind: the column 'kind' is missing"),
        (lambda run: (run / "prices.csv").write_bytes(b"\xff"), "prices.csv:1: byte 1 of the line is 0xff"),
        (lambda run: (run / "run.json").unlink(), "run.json: is missing"),
        (lambda run: (run / "run.json").write_text("{"), "run.json: is not JSON"),
        (lambda run: (run / "run.json").write_text("[]"), "run.json: found [], expected an object"),
        (replace_text("run.json", '"bound": 60.0', '"bound": NaN'), "run.json: is not JSON (found NaN"),
        (replace_text("run.json", '"bound": 60.0', '"bound": "60"'), "run.json: bound: found '60', expected float"),
        (replace_text("run.json", '"seed": 7', '"seed": 7.5'), "run.json: seed: found 7.5, expected int"),
        (replace_text("run.json", 'time_limit"', 'stopped"'), "run.json: status: found 'stopped', expected one of"),
        (edit_summary(lambda content: content.pop("bound")), "run.json: bound: is missing"),
        (edit_summary(lambda content: content.update(best=1)), "run.json: best: unknown key 'best'"),
        (edit_summary(lambda content: content.update(money={})), "run.json: money.run_cost: is missing"),
        (edit_summary(lambda content: content.update(trace=[3])), "run.json: trace.0: found 3, expected an object"),
        (replace_text("case/orders.csv", "o1,post", "o1,pots"), "case/orders.csv:2: party: 'pots' is not in parties"),
    ],
)
def test_a_malformed_run_is_refused_with_its_place(run: Path, edit: Callable[[Path], None], expected: str) -> None:
    edit(run)
    with pytest.raises(InvalidRun) as caught:
        read_run(run)
    assert any(expected in str(finding) for finding in caught.value.findings), caught.value


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRun, match="is not the folder of a run"):
        read_run(tmp_path / "nowhere")
