"""The workbook holds what the run holds, in the language asked for."""

from __future__ import annotations

import zipfile
from datetime import datetime

import fastexcel
import pytest
from tests.helpers.hand_runs import week_run

from landbridge.errors import OutputError
from landbridge.report import Run, write_workbook
from landbridge.report.catalog import load_catalog
from landbridge.report.places import LANGUAGES


@pytest.fixture(scope="module")
def run() -> Run:
    plan, case = week_run()
    return Run(plan=plan, case=case)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheets_and_headers_are_in_the_language(run, lang, tmp_path):
    file = tmp_path / "run.xlsx"
    write_workbook(run, file, lang)
    catalog = load_catalog(lang)
    book = fastexcel.read_excel(str(file))
    assert book.sheet_names[:3] == [catalog[f"excel.{name}"] for name in ("summary", "departures", "orders")]
    orders = book.load_sheet(catalog["excel.orders"]).to_polars()
    assert orders.columns[0] == catalog["column.order"]
    assert orders[catalog["column.order"]].to_list() == [row.order for row in run.plan.orders]
    assert orders[catalog["excel.column.filled"]].to_list() == [row.filled for row in run.plan.orders]


def test_times_are_local_and_sums_hold(run, tmp_path):
    """The truck leaves X at 11:00 local time, 03:00 UTC; the steps of all legs add up."""
    file = tmp_path / "run.xlsx"
    write_workbook(run, file)
    book = fastexcel.read_excel(str(file))
    departures = book.load_sheet("Departures").to_polars()
    assert departures["Leaves"][2] == datetime(2026, 1, 6, 11, 0)
    assert book.load_sheet("Ways").to_polars()["Quantity"].sum() == sum(flow.qty for flow in run.plan.flows)
    money = dict(zip(*book.load_sheet("Summary").to_polars().get_columns(), strict=True))
    assert (money["Value"], money["Runs"]) == (191.0, -560.0)


def test_each_sheet_has_filters_and_a_frozen_header(run, tmp_path):
    file = tmp_path / "run.xlsx"
    write_workbook(run, file)
    with zipfile.ZipFile(file) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 10
    assert all("<autoFilter" in sheet and 'state="frozen"' in sheet for sheet in sheets)


def test_a_workbook_is_never_overwritten(run, tmp_path):
    file = tmp_path / "run.xlsx"
    file.write_text("mine")
    with pytest.raises(OutputError):
        write_workbook(run, file)
    assert file.read_text() == "mine"
