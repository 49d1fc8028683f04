"""Candidate departures by the documented rule, on cases done by hand."""

from __future__ import annotations

import numpy as np
from tests.unit.engine.hand_made import ints, lorry, shuttle

from landbridge.engine import candidate_minutes
from landbridge.engine.space.candidates import GRIDS_MIN, MOST_CANDIDATES, next_opening


def many(ready: list[int], due: int = 900) -> dict[str, object]:
    """A commodity for each ready time."""
    count = len(ready)
    return {
        "commodity_origin": np.zeros(count, dtype=np.int64),
        "commodity_ready_min": np.array(ready),
        "commodity_class": np.zeros(count, dtype=np.int64),
        "commodity_weight_t": np.ones(count),
        "commodity_load": np.ones((count, 1)),
        "commodity_supply": np.arange(count),
        "sink_commodity": np.arange(count),
        "sink_node": np.ones(count, dtype=np.int64),
        "sink_due_min": np.full(count, due),
        "sink_deadline_min": np.full(count, due),
        "sink_late_cost": np.zeros(count),
        "sink_terminal": np.arange(count),
        "terminal_single": np.zeros(count, dtype=np.bool_),
        "block_terminal": np.arange(count),
        "block_qty": np.ones(count),
        "block_value": np.ones(count),
        "block_penalty": np.zeros(count),
        "block_low": np.zeros(count),
        "block_min_fill": np.zeros(count),
    }


def test_a_service_may_leave_when_freight_is_ready_and_at_the_last_moment_that_reaches_a_due_time():
    assert candidate_minutes(lorry())[0].tolist() == [30, 540]


def test_a_timetabled_service_has_no_candidates():
    timed = lorry(vehicle_timed=np.array([True]), departure_vehicle=ints(0), departure_min=ints(100))
    assert candidate_minutes(timed) == {}


def test_a_static_problem_has_one_candidate():
    assert candidate_minutes(lorry(horizon_min=0))[0].tolist() == [0]


def test_minutes_are_rounded_to_the_finest_grid_that_leaves_few_enough():
    """50 ready times 7 minutes apart: 50 on the minute, 23 on the quarter; ready is rounded up, due down."""
    problem = lorry(**many([7 * n + 1 for n in range(50)]))
    found = candidate_minutes(problem)[0]
    assert GRIDS_MIN[:2] == (1, 15)
    assert len(found) <= MOST_CANDIDATES
    assert found.tolist() == [*range(15, 346, 15), 840]


def test_minutes_of_a_cyclic_problem_wrap():
    """Due at minute 20 of the next cycle: the last moment is in this one."""
    problem = lorry(cyclic=True, sink_due_min=ints(1020), sink_deadline_min=ints(1020))
    assert candidate_minutes(problem)[0].tolist() == [30, 960]


def test_a_vehicle_may_go_back_when_it_has_arrived():
    found = candidate_minutes(shuttle())
    assert found[0].tolist()[:1] == [30]
    assert 90 in found[1].tolist()


def test_a_link_starts_at_its_next_opening():
    windows = {"link_tail": ints(0), "link_head": ints(1), "link_duration_min": ints(0), "link_cost_per_t": np.zeros(1)}
    windows |= {"link_window_ptr": ints(0, 2), "window_start": ints(100, 500), "window_end": ints(200, 600)}
    once = lorry(**windows, link_access=np.array([[True]]))
    assert [next_opening(once, 0, minute) for minute in (0, 150, 200, 599, 600)] == [100, 150, 500, 599, None]
    again = lorry(**windows, link_access=np.array([[True]]), cyclic=True)
    assert next_opening(again, 0, 600) == 1100
