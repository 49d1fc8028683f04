"""Tables of a run as data frames, and its card for notebooks."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from tests.helpers.hand_runs import week_run

from landbridge.errors import UnknownName
from landbridge.model.plan import RUN_TABLES
from landbridge.report import Run, frame
from landbridge.tables import write_run


@pytest.fixture(scope="module")
def run() -> Run:
    plan, case = week_run()
    return Run(plan=plan, case=case)


@pytest.mark.parametrize("table", sorted(RUN_TABLES))
def test_a_frame_has_the_rows_and_columns_of_the_file(run, table, tmp_path):
    write_run(run.plan, run.case, tmp_path / "run")
    found = frame(run, table)
    read = pl.read_csv(tmp_path / "run" / f"{table}.csv", schema_overrides=found.schema)
    read = read.with_columns(pl.col(pl.String).fill_null(""))
    assert found.columns == read.columns
    assert found.equals(read)


def test_an_empty_table_keeps_its_types(run):
    empty = frame(replace(run, plan=replace(run.plan, trades=())), "trades")
    assert empty.height == 0
    assert empty.schema["price_per_unit"] == pl.Float64


@pytest.mark.parametrize(("table", "words"), [("planes", "no table 'planes'"), ("shares", "landbridge share")])
def test_a_table_that_is_not_there_is_named(run, table, words):
    with pytest.raises(UnknownName, match=words):
        frame(run, table)


def test_the_card_has_the_value_and_escapes_names(run):
    case = replace(run.case, settings=replace(run.case.settings, name="<b>x</b>"))
    card = replace(run, case=case)._repr_html_()
    assert "191 USD" in card
    assert "&lt;b&gt;x" in card
    assert "6 of 7" in card
