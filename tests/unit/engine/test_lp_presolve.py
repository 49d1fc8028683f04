"""Small MIPs of rerouting do without presolve, which HiGHS 1.16 does not end for some of them, whatever the limit."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engine.test_large import REROUTED_SEEDS, plain_problem

from landbridge.engine.improve.rebuild import Rebuilder
from landbridge.engine.improve.reroute import Rerouter
from landbridge.engine.lp import INF, LinearModel, LpResult, MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.space.flat import flatten

WORTH = np.array([
    445.49, 25873.95, 3884.62, 3884.28, 3884.45, 1462.55, 25861.95, 25861.95, 1867.06, 1867.06, 533.05, 564.72, 2951.45,
    1486.12, 1487.01, 775.78, 776.13, 1486.98,
])  # fmt: skip
LOAD = np.array([
    0.003, 1.0, 0.021, 0.021, 0.021, 0.0123, 1.0, 1.0, 0.012, 0.012, 0.00435, 0.0039, 0.01545, 0.01365, 0.01365,
    0.00525, 0.00525, 0.0,
])  # fmt: skip
ROOM = 6 * 108.0 - 646.99565
"""Ways, their loads, and the room left of six trains: met while rerouting orders of `china-russia`."""


def test_a_mip_is_solved_that_presolve_does_not_end_for() -> None:
    ways = np.arange(len(WORTH))
    same = np.isin(ways, (13, 14, 17))
    model = LinearModel()
    model.add_rows(np.full(2, -INF), np.array([1.0, ROOM]))
    entries = [(r, c, v) for c in ways for r, v in ((0, float(same[c])), (1, LOAD[c])) if v > 0]
    ptr = np.searchsorted([c for _, c, _ in entries], np.arange(len(ways) + 1))
    row, value = np.array([r for r, _, _ in entries]), np.array([v for _, _, v in entries])
    model.add_cols(-WORTH, np.zeros(len(ways)), np.ones(len(ways)), ptr, row, value)
    found = model.solve_mip(ways, MipLimits(time_s=5.0, presolve=False))
    assert found.is_optimal
    every = (np.arange(1 << len(ways))[:, None] >> ways) & 1
    allowed = (every @ LOAD <= ROOM + 1e-9) & (every[:, same].sum(axis=1) <= 1)
    assert -found.objective == pytest.approx(float((every @ WORTH)[allowed].max()))


def test_rerouting_does_without_presolve(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    solve_mip = LinearModel.solve_mip

    def listen(self: LinearModel, integer: np.ndarray, limits: MipLimits, start: object = None) -> LpResult:
        asked.append(limits.presolve)
        return solve_mip(self, integer, limits, start)

    monkeypatch.setattr(LinearModel, "solve_mip", listen)
    master = Master(plain_problem(REROUTED_SEEDS[0]))
    rebuilder = Rebuilder(master, flatten(master.problem, master.net), 0)
    rebuilder.build(lambda: False)
    rerouter = Rerouter(rebuilder)
    for _ in range(20):
        rerouter.step(MipLimits(time_s=5.0))
    assert asked
    assert not any(asked)
