"""A dry run writes what would become of each row, and of an empty file that there is none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from landbridge.operations.events import import_events
from landbridge.operations.live.trial import trial


@pytest.mark.parametrize(("lines", "status"), [("", []), ("AB1,delivered,2026-01-01T00:00:00Z\n", ["sound"])])
def test_an_empty_file_has_a_report_too(tmp_path: Path, lines: str, status: list[str]) -> None:
    (tmp_path / "e.csv").write_text("number,status,occurred_at\n" + lines)
    with trial(None, tmp_path / "rows.csv") as (store, report):
        import_events(store, tmp_path / "e.csv", "generic", is_any_number=True, report=report)
    rows = pl.read_csv(tmp_path / "rows.csv", schema_overrides={"status": pl.String})
    assert rows.columns == ["line", "number", "status", "codes"]
    assert rows["status"].to_list() == status
