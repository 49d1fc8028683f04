"""Vehicles of fleets: what a run costs when its vehicle must come back, and how many are needed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engine.hand_made import ints, lorry, shuttle

from landbridge.engine import SolveStatus, solve


def test_a_hired_run_does_not_come_back():
    found = solve(lorry())
    assert found.status is SolveStatus.OPTIMAL
    assert found.upper == pytest.approx(50 - 90)
    assert found.run_count.tolist() == [1]


def test_a_vehicle_that_returns_pays_its_way_back_empty():
    """50 there, 20 back, 7 for the vehicle; 90 earned."""
    found = solve(shuttle())
    assert found.upper == pytest.approx(50 + 20 + 7 - 90)
    assert found.run_count.sum() == 1
    assert found.run_empty.sum() == 1
    assert found.fleet_used.tolist() == [1]


def test_a_vehicle_that_need_not_return_stays():
    assert solve(shuttle(fleet_returns=np.array([False]))).upper == pytest.approx(50 + 7 - 90)


def test_a_vehicle_of_a_week_that_repeats_comes_back():
    found = solve(shuttle(cyclic=True, fleet_returns=np.array([False])))
    assert found.upper == pytest.approx(50 + 20 + 7 - 90)


def test_a_run_without_way_back_is_not_made():
    """No empty runs, and a loaded one back costs 50."""
    dear = shuttle(vehicle_empty_cost=np.array([np.nan, np.nan]))
    assert solve(dear).upper == pytest.approx(0.0)


def test_a_fleet_is_no_larger_than_its_count():
    """Two lorries full of freight, one minute to leave in, one vehicle."""
    two = {"block_qty": np.array([20.0]), "sink_due_min": ints(90), "sink_deadline_min": ints(90)}
    assert solve(shuttle(**two)).upper == pytest.approx(2 * (50 + 20 + 7 - 90))
    found = solve(shuttle(**two, fleet_count=np.array([1.0])))
    assert found.upper == pytest.approx(50 + 20 + 7 - 90)
    assert found.fleet_used.tolist() == [1]


def test_a_vehicle_leaves_from_where_its_fleet_starts():
    """It stands at hub 1 at first: it goes to hub 0 empty, and stays where the freight ends."""
    found = solve(shuttle(fleet_start_hub=ints(1), fleet_returns=np.array([False])))
    assert found.upper == pytest.approx(20 + 50 + 7 - 90)
    assert found.run_vehicle[np.argsort(found.run_min)].tolist() == [1, 0]
