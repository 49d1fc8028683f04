"""The command line from `new` to `show`, on the starter case and on bad input."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app

COMMANDS = ("new", "check", "plan", "evaluate", "verify", "show", "solve", "export", "schema", "compile")


def run(*words: object, code: int = 0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, f"{result.stdout}\n{result.stderr}"
    return result


def document(*words: object, code: int = 0):
    """The one JSON document on stdout."""
    return json.loads(run(*words, "--json", code=code).stdout)


@pytest.fixture
def starter(tmp_path) -> Path:
    run("new", "starter", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> Path:
    """A run of the starter case, not to be changed."""
    folder = tmp_path_factory.mktemp("planned")
    run("new", "starter", folder / "mine")
    run("plan", folder / "mine", "--out", folder / "run", "--threads", 1)
    return folder / "run"


# help


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_has_json(command):
    text = run(command, "--help").stdout
    assert "--json" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_compiling_ahead_says_whether_there_was_anything_to_do():
    run("compile")
    told = document("compile")
    assert told["ok"]
    assert not told["compiled"]
    assert "compiled already" in run("compile").stdout


def test_help_names_every_command_and_exit_code():
    text = run("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in text
    assert "130 cancelled" in " ".join(text.split())


def test_version_is_printed():
    from landbridge import __version__

    assert __version__ in run("--version").stdout


@pytest.mark.parametrize("words", [["plan"], ["plan", "x", "--gap", "abc"], ["new"], ["nonsense"], ["schema", "nope"]])
def test_a_wrong_command_line_ends_with_2(words):
    assert run(*words, code=2).stdout == ""


# new and check


def test_new_lists_the_built_in_cases():
    assert "starter" in document("new", "--list")["cases"]
    assert "starter" in run("new", "--list").stdout


def test_new_copies_a_case_that_is_sound(starter):
    found = document("check", starter)
    assert found["ok"]
    assert found["counts"]["orders"] == 4
    assert (starter / "README.md").is_file()


def test_new_never_overwrites(starter):
    (starter / "note.txt").write_text("mine")
    result = run("new", "starter", starter, code=4)
    assert "never overwritten" in result.stderr
    assert (starter / "note.txt").read_text() == "mine"


def test_new_names_the_cases_there_are(tmp_path):
    assert "starter" in run("new", "statrer", tmp_path / "x", code=3).stderr
    assert list(tmp_path.iterdir()) == []


def test_new_makes_an_empty_workbook_that_reads_as_a_case(tmp_path):
    run("new", "--blank", tmp_path / "blank.xlsx")
    assert document("check", tmp_path / "blank.xlsx")["ok"]
    run("new", "--blank", tmp_path / "blank.xlsx", code=4)
    run("new", "--blank", tmp_path / "blank.csv", code=2)


def test_check_reports_all_findings_at_once(starter):
    orders = (starter / "orders.csv").read_text().replace(",6,", ",six,").replace("C-town,B-town", "C-town,B-twon")
    (starter / "orders.csv").write_text(orders)
    result = run("check", starter, code=3)
    assert result.stdout == ""
    assert "orders.csv:2: qty" in result.stderr
    assert "did you mean 'B-town'" in result.stderr
    found = document("check", starter, code=3)
    assert not found["ok"]
    assert {item["code"] for item in found["findings"]} == {"not-a-number", "unknown-id"}


def test_a_case_that_is_not_there_is_named_with_what_would_help(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "landbridge new starter DIR" in run("check", "starter", code=3).stderr
    assert "nowhere: not found" in run("plan", "nowhere", code=3).stderr


# plan


def test_plan_of_the_starter_case_is_worth_239_and_proved(planned):
    summary = json.loads((planned / "run.json").read_text())
    assert summary["value"] == pytest.approx(239)
    assert summary["bound"] == pytest.approx(239)
    assert summary["status"] == "optimal"


def test_plan_with_json_prints_one_document_on_stdout(starter, tmp_path):
    found = document("plan", starter, "--out", tmp_path / "run")
    assert found["ok"]
    assert found["run"] == str(tmp_path / "run")
    assert found["summary"]["value"] == pytest.approx(239)
    assert found["served"][0]["filled"] == pytest.approx(18)
    assert {"hub_a", "t_there", "runs_there"} <= set(found["crossings"][0])


def test_plan_prints_value_bound_gap_and_where_the_run_is(starter, tmp_path):
    text = run("plan", starter, "--out", tmp_path / "run").stdout
    for words in (
        "239 CNY",
        "bound",
        "gap",
        "spend",
        "Served by good",
        "Top crossings",
        "assumed",
        str(tmp_path / "run"),
    ):
        assert words in text, words
    assert max(len(line) for line in text.splitlines() if str(tmp_path) not in line) <= 80


def test_plan_goes_to_a_new_folder_of_runs_unless_told(starter, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    run("plan", "mine")
    run("plan", "mine")
    found = sorted(item.name for item in (tmp_path / "runs").iterdir())
    assert len(found) == 2
    assert all(name.startswith("mine-") for name in found)


def test_plan_never_overwrites_and_says_so_before_it_searches(starter, tmp_path):
    (tmp_path / "run").mkdir()
    result = run("plan", starter, "--out", tmp_path / "run", code=4)
    assert "never overwritten" in result.stderr
    assert list((tmp_path / "run").iterdir()) == []


def test_a_file_where_the_folder_of_the_run_should_be_is_refused(starter, tmp_path):
    (tmp_path / "file").write_text("")
    assert "could not be written" in run("plan", starter, "--out", tmp_path / "file" / "run", code=4).stderr


def test_no_agreement_in_force_makes_the_plan_worth_less_and_all_counts_proposed_ones(starter, tmp_path):
    """Without AB the joint plan is worth 171; README of the case."""
    agreements = starter / "agreements.csv"
    agreements.write_text(agreements.read_text().replace("A and B,in_force", "A and B,proposed"))
    less = document("plan", starter, "--out", tmp_path / "in-force")
    more = document("plan", starter, "--out", tmp_path / "all", "--agreements", "all")
    assert less["summary"]["value"] == pytest.approx(171)
    assert more["summary"]["value"] == pytest.approx(239)


def test_work_and_seed_make_the_same_plan_again(starter, tmp_path):
    for name in ("one", "two"):
        run("plan", starter, "--out", tmp_path / name, "--threads", 1, "--seed", 3, "--work", 1000)
    for table in ("departures", "flows", "orders", "trades", "prices", "fleets"):
        assert (tmp_path / "one" / f"{table}.csv").read_bytes() == (tmp_path / "two" / f"{table}.csv").read_bytes()


def test_a_case_without_any_plan_ends_with_6(starter, tmp_path):
    """An order pinned to be served and no vehicle that may run."""
    with (starter / "services.csv").open() as file:
        services = [row["service"] for row in csv.DictReader(file)]
    pins = ["table,key,min,max", "orders,A:A>C,6,", *(f"services,{service},,0" for service in services)]
    (starter / "pins.csv").write_text("\n".join(pins) + "\n")
    found = document("plan", starter, "--out", tmp_path / "run", code=6)
    assert found["summary"]["status"] == "infeasible"
    assert found["summary"]["value"] is None


# evaluate


def test_evaluate_prices_todays_plan(starter, tmp_path):
    """Two trucks, one on each lane: 360 - 100 - 110 = 150."""
    (tmp_path / "today.csv").write_text("table,key,min,max\nservices,lane1-A,1,1\nservices,lane2-B,1,1\n")
    found = document("evaluate", starter, "--pins", tmp_path / "today.csv", "--out", tmp_path / "run")
    assert found["summary"]["value"] == pytest.approx(150)
    assert found["summary"]["pins_only"]
    run("verify", tmp_path / "run")


def test_evaluate_reports_what_is_wrong_with_the_pins(starter, tmp_path):
    (tmp_path / "today.csv").write_text("table,key,min,max\nservices,lane1-X,1,1\nlorries,lane1-A,1,1\n")
    found = document("evaluate", starter, "--pins", tmp_path / "today.csv", "--out", tmp_path / "run", code=3)
    assert {item["where"] for item in found["findings"]} == {"pins.csv:2", "pins.csv:3"}
    assert not (tmp_path / "run").exists()
    run("evaluate", starter, "--pins", tmp_path / "none.csv", code=3)


# verify and show


def test_verify_accepts_the_run(planned):
    found = document("verify", planned)
    assert found["ok"]
    assert found["value"] == pytest.approx(239)
    assert "accepted" in run("verify", planned).stdout


def test_verify_refuses_an_edited_run_with_5(planned, tmp_path):
    shutil.copytree(planned, tmp_path / "run")
    text = (tmp_path / "run" / "run.json").read_text()
    (tmp_path / "run" / "run.json").write_text(text.replace('"value": 239', '"value": 240'))
    found = document("verify", tmp_path / "run", code=5)
    assert "value-mismatch" in {item["code"] for item in found["findings"]}
    assert "[value-mismatch]" in run("verify", tmp_path / "run", code=5).stderr


def test_a_run_with_a_missing_file_is_refused_by_verify_and_unreadable_for_show(planned, tmp_path):
    shutil.copytree(planned, tmp_path / "run")
    (tmp_path / "run" / "flows.csv").unlink()
    assert "missing-table" in run("verify", tmp_path / "run", code=5).stderr
    run("show", tmp_path / "run", code=3)


def test_what_is_no_run_is_named(tmp_path):
    assert "not a run" in run("verify", tmp_path, code=3).stderr


def test_show_prints_the_summary_the_plan_printed(planned):
    assert "239 CNY" in run("show", planned).stdout


@pytest.mark.parametrize("table", ["departures", "flows", "orders", "trades", "prices", "fleets"])
def test_show_prints_each_table_within_80_columns(planned, table):
    text = run("show", planned, "--table", table).stdout
    assert max(len(line) for line in text.splitlines()) <= 80
    with (planned / f"{table}.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = document("show", planned, "--table", table)
    assert found["count"] == len(rows) == len(found["rows"])


def test_show_prints_at_most_limit_rows_and_says_how_many_more(planned):
    assert len(document("show", planned, "--table", "flows", "--limit", 2)["rows"]) == 2
    assert "2 of " in run("show", planned, "--table", "flows", "--limit", 2).stdout


# solve and schema


def test_solve_reports_what_is_wrong_with_a_file(tmp_path):
    (tmp_path / "x.dow").write_text("MULTIGEN.DAT:\n2 1\n")
    found = document("solve", tmp_path / "x.dow", code=3)
    assert found["code"] == "invalid-instance"
    run("solve", tmp_path / "x.dow", "--format", "lp", code=2)


@pytest.mark.parametrize(
    "words",
    [
        *(f"{command} --time-limit" for command in ("solve", "plan", "evaluate", "invest", "bottlenecks", "replan")),
        *(f"share --{name}-limit" for name in ("time", "rows", "relax", "coalition")),
        *("agreements --coalition-limit", "operate demo --time-limit", "operate demo --plan-time"),
        *("solve --gap", "solve --work"),
    ],
)
def test_a_limit_that_is_no_number_is_a_wrong_command_line(words):
    """No clock ever comes to nan: the search would not end."""
    option = words.split()[-1]
    assert f"Invalid value for '{option}'" in run(*words.split(), "nan", code=2).stderr


def test_solve_proves_a_tiny_instance(tmp_path):
    """One unit of 3 from 1 to 2: over the direct arc 3 * 1 + 10, over node 3 3 * 4 + 0."""
    (tmp_path / "x.dow").write_text("MULTIGEN.DAT:\n3 3 1\n1 2 1 5 10 0 0\n1 3 2 5 0 0 0\n3 2 2 5 0 0 0\n1 2 3\n")
    found = document("solve", tmp_path / "x.dow")
    assert (found["status"], found["upper"], found["lower"]) == ("optimal", pytest.approx(12), pytest.approx(12))
    assert found["gap"] == pytest.approx(0, abs=1e-9)
    assert found["trace"]
    assert "upper 12" in run("solve", tmp_path / "x.dow").stdout


def test_solve_is_not_ok_when_the_limit_leaves_no_plan(tmp_path, monkeypatch):
    """As with ``plan``: what ends with code 6 does not say ok."""
    from dataclasses import replace

    from landbridge import engine

    def none_found(problem, limits):
        found = engine_solve(problem, limits)
        return replace(found, status=engine.SolveStatus.TIME_LIMIT, upper=math.inf, lower=-math.inf, trace=())

    engine_solve = engine.solve
    monkeypatch.setattr(engine, "solve", none_found)
    (tmp_path / "x.dow").write_text("MULTIGEN.DAT:\n2 1 1\n1 2 1 5 10 0 0\n1 2 9\n")
    found = document("solve", tmp_path / "x.dow", code=6)
    assert (found["ok"], found["status"], found["upper"]) == (False, "time_limit", None)


GINS = "GINS pair undirected\n2 1 2 2\n5 10\n2 5\n0 1 2 3 3\n0 1 3\n1 0 3\n"
"""Three there and three back, 6 together: one module of 5 and one of 2, and 2 a unit of load."""


@pytest.mark.slow
def test_solve_writes_a_solution_that_verify_accepts(tmp_path):
    instance, solution = tmp_path / "g.txt", tmp_path / "s.json"
    instance.write_text(GINS)
    found = document("solve", instance, "--format", "gins", "--out", solution)
    assert (found["upper"], found["checked"]) == (pytest.approx(10 + 5 + 2 * 6), True)
    assert document("verify", solution, "--instance", instance)["ok"]
    assert "accepted" in run("verify", solution, "--instance", instance).stdout
    run("solve", instance, "--format", "gins", "--out", solution, code=4)
    corrupt = json.loads(solution.read_text()) | {"upper": 26.0, "lower": 26.0}
    solution.write_text(json.dumps(corrupt))
    assert document("verify", solution, "--instance", instance, code=5)["findings"][0]["code"] == "wrong-cost"
    assert "refused; 1 finding" in run("verify", solution, "--instance", instance, code=5).stderr
    solution.write_text("{")
    assert document("verify", solution, "--instance", instance, code=5)["findings"][0]["code"] == "bad-solution-file"


def test_solve_does_not_print_a_solution_that_does_not_hold_as_if_it_did(tmp_path, monkeypatch):
    """The checker has the last word: here it is given a cost that is too low."""
    from landbridge.network import benchmarks

    honest = benchmarks.solution_document

    def cheaper(*words, **limits):
        found = honest(*words, **limits)
        return found | {"upper": found["upper"] - 1, "lower": found["lower"] - 1}

    monkeypatch.setattr(benchmarks, "solution_document", cheaper)
    (tmp_path / "g.txt").write_text(GINS)
    words = ("solve", tmp_path / "g.txt", "--format", "gins", "--out", tmp_path / "s.json")
    found = document(*words, code=5)
    assert (found["ok"], found["checked"], found["findings"][0]["code"]) == (False, False, "wrong-cost")
    assert not (tmp_path / "s.json").exists()
    assert "does not hold" in run(*words, code=5).stderr


def test_export_writes_a_model(tmp_path):
    (tmp_path / "g.txt").write_text(GINS)
    found = document("export", tmp_path / "g.txt", tmp_path / "g.mps", "--format", "gins")
    assert found["ok"]
    assert "runs[0]" in (tmp_path / "g.mps").read_text()
    run("export", tmp_path / "g.txt", tmp_path / "g.mps", "--format", "gins", code=4)
    assert "written" in run("export", tmp_path / "g.txt", tmp_path / "a.mps", "--format", "gins", "--aggregate").stdout
    run("export", tmp_path / "g.txt", tmp_path / "b.mps", "--format", "lp", code=2)


def test_solve_reports_an_infeasible_instance_with_6(tmp_path):
    (tmp_path / "x.dow").write_text("MULTIGEN.DAT:\n2 1 1\n1 2 1 2 10 0 0\n1 2 3\n")
    found = document("solve", tmp_path / "x.dow", code=6)
    assert (found["status"], found["checked"]) == ("infeasible", None)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("name", "optimum"), [("c33", 423848), ("c36", 643036), ("c44", 604198)])
def test_published_instances_are_proved_optimal(data_dir, name, optimum):
    found = document("solve", data_dir / "canad" / f"{name}.dow", "--time-limit", 120)
    assert (found["status"], found["upper"]) == ("optimal", pytest.approx(optimum))
    assert found["lower"] == pytest.approx(optimum, rel=1e-6)
    assert found["seconds"] < 120


@pytest.mark.data
def test_r01_7_is_infeasible(data_dir):
    assert document("solve", data_dir / "canad" / "r01.7.dow", code=6)["status"] == "infeasible"


def test_schema_prints_every_column():
    from landbridge.model.case import ATTRIBUTES

    text = run("schema").stdout
    for attributes in ATTRIBUTES.values():
        for item in attributes:
            assert f"  {item.name} (" in text
    assert set(ATTRIBUTES) <= set(document("schema")["properties"])
    assert "fixed_cost" in run("schema", "fleets").stdout
    assert "cap_runs_per_day" not in run("schema", "fleets").stdout
