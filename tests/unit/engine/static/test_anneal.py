"""Plans of other searches as states of the annealing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.static_nets import Net
from tests.unit.engine.static.made import arc, to_network

from landbridge.engine.problem import Limits
from landbridge.engine.static.anneal import Annealer
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.record import Record
from landbridge.engine.watch import Watch

FULL = Net(num_nodes=2, vehicles=(arc(0, 1),), demands=((0, 1, 10.0, np.inf),))


def test_a_link_filled_a_little_beyond_its_capacity_has_its_highest_step() -> None:
    """A solver keeps its rows within a tolerance only."""
    frame = Frame(to_network(FULL))
    annealer = Annealer(frame)
    annealer.build(np.zeros(1, dtype=np.int64))
    paths = frame.plan_of(annealer.state).paths
    annealer.load(frame.plan(paths, np.array([10.0 + 5e-7])))
    assert annealer.state.level.tolist() == [1]
    assert annealer.cost() == pytest.approx(15.0)


def test_a_plan_that_overfills_a_link_is_not_kept() -> None:
    frame = Frame(to_network(FULL))
    annealer = Annealer(frame)
    annealer.build(np.zeros(1, dtype=np.int64))
    plan = frame.plan_of(annealer.state)
    record = Record(frame=frame, watch=Watch(Limits()))
    assert not record.take(frame.plan(plan.paths, np.array([10.1])))
    assert record.take(plan)
    assert record.best is plan
