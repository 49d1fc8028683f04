"""A plan read back as a point: what files round is within tolerance, relative to the capacity, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.engine.hand_made import lorry

from landbridge.engine import Limits, solve
from landbridge.engine.repair import Repair


@pytest.mark.parametrize(("factor", "fits"), [(1.0, True), (1.0 + 5e-7, True), (1.0 + 1e-4, False)])
def test_a_plan_may_be_over_a_capacity_by_the_relative_tolerance(factor: float, fits: bool) -> None:
    """A re-plan of a re-plan was refused: rows of rides have a right side of 0, and 82 t were over by 1.7e-6."""
    problem = lorry(vehicle_capacity=np.array([[1000.0]]), block_qty=np.array([1000.0]))
    found = solve(problem, Limits(time_s=10.0))
    assert found.path_qty == pytest.approx([1000.0])
    more = replace(found, path_qty=found.path_qty * factor, block_served=found.block_served * factor)
    assert Repair(problem, more).fits is fits
