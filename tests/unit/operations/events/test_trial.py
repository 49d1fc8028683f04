"""A dry run writes what would become of each row, and of an empty file that there is none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from landbridge.operations.events import import_events
from landbridge.operations.live.steps import MOST_ROWS, _rows_of
from landbridge.operations.live.trial import trial


@pytest.mark.parametrize(("lines", "status"), [("", []), ("AB1,delivered,2026-01-01T00:00:00Z\n", ["sound"])])
def test_an_empty_file_has_a_report_too(tmp_path: Path, lines: str, status: list[str]) -> None:
    (tmp_path / "e.csv").write_text("number,status,occurred_at\n" + lines)
    with trial(None, tmp_path / "rows.csv") as (store, report):
        import_events(store, tmp_path / "e.csv", "generic", is_any_number=True, report=report)
    rows = pl.read_csv(tmp_path / "rows.csv", schema_overrides={"status": pl.String})
    assert rows.columns == ["line", "number", "status", "codes"]
    assert rows["status"].to_list() == status


def test_of_many_rows_those_with_something_to_tell_are_told_first() -> None:
    size = MOST_ROWS + 50
    codes = [""] * (size - 1) + ["unknown-code"]
    status = ["known"] * 40 + ["sound"] * (size - 41) + ["set aside"]
    lines = list(range(2, size + 2))
    told = _rows_of(pl.DataFrame({"line": lines, "number": ["x"] * size, "status": status, "codes": codes}))
    assert len(told) == MOST_ROWS
    assert told[-1] == {"line": lines[-1], "id": "x", "status": "set aside", "codes": ["unknown-code"]}
    assert [row["line"] for row in told] == sorted(row["line"] for row in told)
    assert {row["status"] for row in told} == {"sound", "set aside"}
