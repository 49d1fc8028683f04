"""A cyclic plan as dated weeks is a plan of the dated case, and re-planning it leaves alone what has left."""

from __future__ import annotations

import pytest
from tests.helpers.random_cases import random_case

from landbridge.errors import InvalidRun
from landbridge.model.case import Event
from landbridge.model.validate import validate
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.planning.encode import encode
from landbridge.planning.events import read_event
from landbridge.planning.replan import Dated, Replan, replan, tell, unroll
from landbridge.planning.solve import decode
from landbridge.verify import verify
from landbridge.verify.replans import check_replan

LIMITS = PlanLimits(time_s=6.0)

CYCLIC = [seed for seed in range(40) if random_case(seed).settings.cyclic]


def replanned(dated: Dated, event: Event, now_min: int) -> Replan | None:
    """The re-plan; None where freight on its way has no way on, its only service being gone."""
    try:
        return replan(dated, [event], now_min, limits=LIMITS)
    except InvalidRun as error:
        if {finding.code for finding in error.findings} == {"no-way-on"}:
            return None
        raise


@pytest.mark.parametrize("seed", CYCLIC[:8])
def test_a_random_week_is_unrolled_and_replanned(seed: int):
    """The dated plan is accepted; after a closed service the new one is too, and nothing that had left differs."""
    case = random_case(seed)
    week = plan(case, limits=LIMITS)
    if week.summary.value is None or not week.departures:
        return
    dated = unroll(case, week, 2)
    assert validate(dated.case) == []
    network = build_network(dated.case, is_merged=False)
    again = decode(network, encode(network, dated.plan), LIMITS, is_explained=False)
    assert verify(again, dated.case) == []
    event = read_event(dated.case, f"close:{week.departures[0].service}")
    found = replan(dated, [], network.places.clock.horizon_min // 3, limits=LIMITS)
    assert verify(found.before, dated.case) == []
    assert verify(found.after, found.case) == []
    tables, _ = tell(found)
    assert check_replan(tables, found.after, found.case) == []
    if dated.case.timetable and any(row.service == event.resource for row in dated.case.timetable):
        closed = replanned(dated, event, network.places.clock.horizon_min // 3)
        if closed is None:
            return
        assert verify(closed.after, closed.case) == []
        assert check_replan(tell(closed)[0], closed.after, closed.case) == []
