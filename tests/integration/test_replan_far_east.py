"""The bar of re-planning: Zabaykalsk closes for two days in far-east."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import landbridge
from landbridge.model.clock import Clock
from landbridge.planning import PlanLimits, plan
from landbridge.planning.events import read_event
from landbridge.planning.replan import replan, tell, unroll
from landbridge.tables import read_case, read_run, replan_files, write_run
from landbridge.verify import verify_run

EVENT = "close:xing:zabaykalsk from 2026-10-14T00:00 to 2026-10-16T00:00"


@pytest.mark.slow
def test_closing_zabaykalsk_for_two_days_is_replanned_within_a_minute_and_verified(tmp_path: Path):
    """What had left is as it was (checked here and by verify); nobody calls there while it is closed."""
    case = read_case(Path(landbridge.__file__).parent / "cases" / "far-east")
    week = plan(case, limits=PlanLimits(time_s=10.0))
    begun = time.monotonic()
    dated = unroll(case, week, 3)
    clock = Clock.of(dated.case.settings)
    event = read_event(case, EVENT)
    now = clock.minute(event.starts)
    found = replan(dated, [event], now, limits=PlanLimits(time_s=20.0))
    tables, _ = tell(found)
    write_run(found.after, found.case, tmp_path / "run", extra=replan_files(tables))
    assert time.monotonic() - begun < 60.0
    assert verify_run(tmp_path / "run").findings == ()
    after, _ = read_run(tmp_path / "run")

    def left(rows) -> list[tuple[str, str, str, int, int]]:
        had_left = [row for row in rows if clock.minute(row.leaves) < now]
        return sorted((row.service, row.leaves, row.owner, row.runs, row.empty_runs) for row in had_left)

    assert left(after.departures) == left(tables.before_departures) != []
    steps = [row for row in after.flows if row.to_hub == "xing:zabaykalsk" and row.kind == "leg"]
    closed = (now, clock.minute(event.ends))
    leaves = {row.departure: clock.minute(row.leaves) for row in after.departures}
    late = [row for row in steps if closed[0] <= clock.minute(row.arrives) < closed[1]]
    assert [row for row in late if leaves[row.departure] >= now] == []
