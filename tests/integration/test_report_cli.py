"""The command that writes a run as a page and a workbook."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import pytest
from tests.helpers.hand_runs import week_run
from typer.testing import CliRunner

from landbridge.cli.main import app
from landbridge.tables import write_run


@pytest.fixture
def run(tmp_path) -> Path:
    plan, case = week_run()
    write_run(plan, case, tmp_path / "week-run")
    return tmp_path / "week-run"


def call(*words: object):
    return CliRunner().invoke(app, ["report", *map(str, words)])


def test_the_page_goes_beside_the_run_and_never_over_another(run):
    for name in ("week-run.html", "week-run-2.html"):
        result = call(run)
        assert result.exit_code == 0, result.output
        assert name in result.output
        assert (run.parent / name).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in run.iterdir()) == sorted(
        [
            "case",
            "run.json",
            *(f"{table}.csv" for table in ("departures", "fleets", "flows", "orders", "prices", "trades")),
        ]
    )


def test_a_run_that_is_the_current_folder_is_named_by_its_name(run, monkeypatch):
    monkeypatch.chdir(run)
    assert call(".").exit_code == 0
    assert (run.parent / "week-run.html").is_file()


def test_a_file_that_is_there_is_refused_before_anything_is_written(run, tmp_path):
    """The workbook is in the way: the page is not written either."""
    (tmp_path / "page.xlsx").write_text("mine")
    result = call(run, "--out", tmp_path / "page.html", "--excel")
    assert result.exit_code == 4
    assert not (tmp_path / "page.html").exists()
    assert (tmp_path / "page.xlsx").read_text() == "mine"


def test_language_and_workbook(run, tmp_path):
    result = call(run, "--out", tmp_path / "page.html", "--lang", "ru", "--excel", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["ok"] is True
    assert told["bytes"] == (tmp_path / "page.html").stat().st_size
    assert '<html lang="ru">' in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert fastexcel.read_excel(told["workbook"]).sheet_names[0] == "Итоги"


def test_a_folder_that_is_no_run_is_named(tmp_path):
    result = call(tmp_path)
    assert result.exit_code == 3
    assert "not a run" in result.output


def test_a_damaged_run_is_refused_with_its_findings(run):
    text = (run / "orders.csv").read_text().replace("12,12,", "12,many,", 1)
    (run / "orders.csv").write_text(text)
    result = call(run)
    assert result.exit_code == 3
    assert "orders.csv:2" in result.output
    assert not list(run.parent.glob("*.html"))


def test_an_unknown_language_is_a_wrong_command_line(run):
    assert call(run, "--lang", "fr").exit_code == 2


def test_a_bad_file_of_outlines_is_named(run, tmp_path):
    (tmp_path / "own.json").write_text("{}")
    result = call(run, "--outlines", tmp_path / "own.json")
    assert result.exit_code == 3
    assert "own.json: not a file of outlines" in result.output
