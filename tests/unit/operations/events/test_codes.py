"""Code tables that ship with the package against the collected ones."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from landbridge.operations.events.codes import SYSTEMS, code_table
from landbridge.operations.store.schema import STATUSES

pytestmark = pytest.mark.filterwarnings("error")


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ours(system: str) -> dict[str, dict[str, object]]:
    table = code_table().filter(pl.col("code_system") == system).with_columns(pl.col("status").cast(pl.String))
    return {str(row["code"]): row for row in table.iter_rows(named=True)}


@pytest.mark.data
def test_all_emsevt_codes_mean_what_the_collected_table_says(data_dir):
    known = ours("emsevt")
    given = rows(data_dir / "operations" / "emsevt_codes.csv")
    assert len(given) == 25
    assert set(known) == {row["code"] for row in given}
    for row in given:
        mine = known[row["code"]]
        assert mine["status"] == row["karrio_status"], row["code"]
        assert mine["sequence"] == int(row["sequence_hint"])
        assert (mine["reason"] or "") == row["karrio_incident_reason_default"]
        assert (mine["biz_step"], mine["disposition"]) == (row["epcis_bizStep"], row["epcis_disposition"])


@pytest.mark.data
def test_all_russian_post_pairs_mean_what_the_collected_table_says(data_dir):
    known, emsevt = ours("russianpost"), ours("emsevt")
    given = rows(data_dir / "operations" / "russianpost_opertype.csv")
    assert len(known) == len(given) == 26
    for row in given:
        code = f"{row['oper_type']}/{row['oper_attr']}" if row["oper_attr"] else row["oper_type"]
        assert known[code]["status"] == row["karrio_status"], code
        if row["nearest_emsevt"]:
            assert known[code]["sequence"] == emsevt[row["nearest_emsevt"]]["sequence"]


@pytest.mark.data
def test_the_statuses_are_the_twelve(data_dir):
    given = rows(data_dir / "operations" / "tracking_status_map.csv")
    assert [row["landbridge_status (= Karrio TrackingStatus)"] for row in given] == list(STATUSES)
    assert set(ours("status")) == set(STATUSES)


def test_no_code_is_there_twice_and_all_have_a_status():
    table = code_table()
    assert table.select("code_system", "code").is_duplicated().sum() == 0
    assert set(table["code_system"]) == set(SYSTEMS)
    assert table["status"].null_count() == 0


def test_milestones_follow_the_order_of_the_codes():
    """Of two EMSEVT codes with a milestone the later in sequence never has the earlier milestone."""
    staged = code_table().filter(pl.col("code_system") == "emsevt", pl.col("stage").is_not_null()).sort("sequence")
    assert staged["stage"].is_sorted()
