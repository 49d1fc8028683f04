"""The rounding of a relaxation: a plan like any other, with runs next to those of the relaxation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engine.test_relaxation import SEEDS, optimum_of, problem_of, tolerance

from landbridge.engine import Limits
from landbridge.engine.improve.rounding import round_relaxation, whole_ends
from landbridge.engine.improve.submodel import Frame
from landbridge.engine.lp import MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import plan_from_point
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.watch import Watch


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rounded_relaxation_is_a_plan_near_it(seed: int) -> None:
    master = Master(problem_of(seed))
    relaxation = solve_relaxation(master, Watch(Limits(time_s=20.0)), tighten=True)
    assert relaxation.hints is not None
    frame = Frame.of(master)
    ends = whole_ends(master, relaxation.hints.runs, relaxation.hints.empties)
    x, _ = round_relaxation(master, frame, ends, master.integer_mask(), MipLimits(time_s=10.0))
    if x is None:
        return
    low, high = ends
    assert (x >= low - 1e-6).all()
    assert (x <= high + 1e-6).all()
    activity = frame.activity(x)
    scale = 1e-6 * np.maximum(1.0, np.abs(activity))
    assert (activity >= frame.row_lower - scale).all()
    assert (activity <= frame.row_upper + scale).all()
    plan = plan_from_point(master, x)
    if plan is not None:
        best = optimum_of(seed).upper
        assert plan.cost >= best - tolerance(best)
