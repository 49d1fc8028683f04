"""``landbridge share`` and ``landbridge agreements`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app


@pytest.fixture
def starter(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "starter"
    run("new", "starter", folder)
    return folder


def run(*words: object, code: int = 0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.slow
def test_share_tells_each_player_what_it_brings_gains_and_pays(starter, tmp_path):
    text = " ".join(run("share", starter, "--out", tmp_path / "run").stdout.split())
    assert "CERTIFIED_STABLE: no group of players can do better by itself; each is ahead by 59.5 CNY or more." in text
    assert "A: alone 20; without it the others reach at most 30, so it brings 209 or more." in text
    assert "Its share is 104, a gain of 84." in text
    assert "It is closest to leaving together with C, and would lose 59.5 or more." in text
    assert "7 coalitions" in run("verify", tmp_path / "run").stdout


@pytest.mark.slow
def test_share_fits_eighty_columns_but_for_its_paragraphs(starter, tmp_path):
    lines = run("share", starter, "--out", tmp_path / "run").stdout.splitlines()
    tables = [line for line in lines if "  " in line.strip()]
    assert tables
    assert max(len(line) for line in tables) <= 80


@pytest.mark.slow
def test_a_changed_share_is_refused(starter, tmp_path):
    run("share", starter, "--out", tmp_path / "run")
    file = tmp_path / "run" / "shares.csv"
    file.write_text(file.read_text().replace("nucleolus,B,0,59.5,59.5", "nucleolus,B,0,59.49,59.49"))
    result = run("verify", tmp_path / "run", code=5)
    assert "share-sum" in result.stderr
    assert "off by -0.01" in result.stderr


@pytest.mark.slow
def test_the_plan_of_a_run_is_divided_as_it_is(starter, tmp_path):
    run("plan", starter, "--agreements", "all", "--out", tmp_path / "plan")
    run("share", starter, "--run", tmp_path / "plan", "--out", tmp_path / "run")
    assert (tmp_path / "run" / "departures.csv").read_text() == (tmp_path / "plan" / "departures.csv").read_text()
    assert "nucleolus,A,20,104,84" in (tmp_path / "run" / "shares.csv").read_text()
    run("verify", tmp_path / "run")


def test_a_run_with_other_agreements_or_of_another_case_is_not_divided(starter, tmp_path):
    run("plan", starter, "--out", tmp_path / "plan")
    result = run("share", starter, "--run", tmp_path / "plan", "--out", tmp_path / "run", code=5)
    assert "run-with-other-agreements" in result.stderr
    assert "--agreements in_force" in result.stderr
    orders = starter / "orders.csv"
    orders.write_text(orders.read_text().replace(",20,", ",21,"))
    result = run("share", starter, "--run", tmp_path / "plan", "--out", tmp_path / "run", code=5)
    assert "run-of-other-case" in result.stderr
    assert not (tmp_path / "run").exists()


def test_groups_of_regions_share_as_players(starter, tmp_path):
    """A and B together: they have 88 alone, C has nothing, all have 239; both sides gain 75.5."""
    regions = starter / "regions.csv"
    head, *rows = regions.read_text().splitlines()
    groups = ["north" if row.startswith(("A,", "B,")) else "" for row in rows]
    regions.write_text("\n".join([f"{head},group", *map(",".join, zip(rows, groups, strict=True))]) + "\n")
    text = " ".join(run("share", starter, "--players", "groups", "--out", tmp_path / "run").stdout.split())
    assert "north: alone 88; without it the others reach at most 0" in text
    assert "Its share is 163.5, a gain of 75.5" in text
    run("verify", tmp_path / "run")
    regions.write_text(regions.read_text().replace("north", "the north"))
    assert "regions.csv:2: group: found 'the north'" in run("check", starter, code=3).stderr


@pytest.mark.slow
def test_what_is_proposed_counts_with_the_word_proposed(starter, tmp_path):
    agreements = starter / "agreements.csv"
    agreements.write_text(agreements.read_text().replace("in_force", "proposed"))
    found = json.loads(run("share", starter, "--agreements", "proposed", "--out", tmp_path / "run", "--json").stdout)
    assert found["share"]["agreements"] == "all"
    assert found["share"]["value"] == 239
    found = json.loads(run("share", starter, "--agreements", "in_force", "--out", tmp_path / "own", "--json").stdout)
    assert found["share"]["value"] == 20


@pytest.mark.slow
def test_verify_says_what_it_proves_without_the_engine(tmp_path):
    """A case of shipments: the run holds prices, by which verify bounds every group by itself."""
    run("new", "made-up-4", tmp_path / "made")
    words = ("--time-limit", 10, "--method", "owen", "--no-cache", "--out", tmp_path / "run")
    assert "By itself it would lose" in run("share", tmp_path / "made", *words).stdout
    assert "proved again without the engine: no group gains more than" in run("verify", tmp_path / "run").stdout
    for table, column in (("tolls", 4), ("room_prices", 4)):
        file = tmp_path / "run" / f"{table}.csv"
        head, *rows = file.read_text().splitlines()
        rows = [",".join([*row.split(",")[:column], "0"]) for row in rows]
        file.write_text("\n".join([head, *rows]) + "\n")
    assert "worth-not-proved" in run("verify", tmp_path / "run", code=5).stderr


def test_a_run_is_no_case(starter, tmp_path):
    run("plan", starter, "--out", tmp_path / "plan")
    result = run("share", tmp_path / "plan", code=3)
    assert f"{tmp_path / 'plan'}: is a run, not a case" in result.stderr
    assert "--run" in result.stderr


@pytest.mark.slow
def test_share_as_json(starter, tmp_path):
    found = json.loads(run("share", starter, "--out", tmp_path / "run", "--method", "shapley", "--json").stdout)
    assert found["ok"]
    assert found["share"]["method"] == "shapley"
    assert [row["share"] for row in found["shares"] if row["method"] == "shapley"] == [111, 56, 72]


@pytest.mark.parametrize("words", [["--players", "planets"], ["--method", "lottery"], ["--quotas", "luck"]])
def test_a_word_that_is_none_is_a_wrong_command_line(starter, tmp_path, words):
    run("share", starter, "--out", tmp_path / "run", *words, code=2)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_public_limit_is_told_with_the_remedy_and_nothing_is_written(starter, tmp_path):
    services = starter / "services.csv"
    text = (
        services.read_text()
        .replace("lane1-A,A,", "lane1-A,,")
        .replace("run_cost,cost_per_t,", "run_cost,max_runs,cost_per_t,")
    )
    head, *rows = text.splitlines()
    rows = [
        ",".join([*row.split(",")[:7], "3" if row.startswith("lane1-A") else "", *row.split(",")[7:]]) for row in rows
    ]
    services.write_text("\n".join([head, *rows]) + "\n")
    result = run("share", starter, "--out", tmp_path / "run", code=3)
    assert "public-limit-without-quota" in result.stderr
    assert "--quotas" in result.stderr
    assert not (tmp_path / "run").exists()
    run("share", starter, "--out", tmp_path / "run", "--quotas", "equal")


@pytest.mark.slow
def test_agreements_are_valued_written_and_checked(starter, tmp_path):
    text = " ".join(run("agreements", starter, "--out", tmp_path / "run").stdout.split())
    assert "AC (in force; A C): without it all lose 107 CNY." in text
    assert "AB (in force; A B): without it all lose 68 CNY. Its signers: A 34, B 34." in text
    assert "accepted; 12 gains" in run("verify", tmp_path / "run").stdout
    file = tmp_path / "run" / "agreements.csv"
    file.write_text(file.read_text().replace("*,107,107", "*,108,108"))
    assert "agreement-gain" in run("verify", tmp_path / "run", code=5).stderr


@pytest.mark.slow
def test_a_budget_names_the_best_set(starter, tmp_path):
    agreements = starter / "agreements.csv"
    text = agreements.read_text().replace("in_force", "proposed").replace("status,", "status,fixed_cost,")
    agreements.write_text(text.replace("proposed,", "proposed,10,"))
    text = " ".join(run("agreements", starter, "--budget", 20, "--out", tmp_path / "run").stdout.split())
    assert "budget 10: sign AC, for 10; worth 110 less that cost" in text
    assert (
        "budget 20: sign AB AC, for 20; worth 168 less that cost; no other choice is worth more than 168 CNY." in text
    )
    assert "Its fixed cost of 10 is covered" in text


@pytest.mark.slow
def test_a_made_up_case_is_made_and_shared(starter, tmp_path):
    run("new", "made-up-4", tmp_path / "made")
    run("check", tmp_path / "made")
    text = run("share", tmp_path / "made", "--time-limit", 20, "--out", tmp_path / "run").stdout
    assert "CERTIFIED" in text or "UNDECIDED" in text
    run("verify", tmp_path / "run")
    run("new", "made-up-5", tmp_path / "odd", code=3)
