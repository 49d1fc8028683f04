"""Small static problems are solved to optimality, and proved: the engine, a MIP and a checker agree."""

from __future__ import annotations

import pytest
from tests.helpers.static_nets import KINDS, optimum, random_net
from tests.unit.engine.static.made import check_solution, to_problem

from landbridge.engine import Limits, SolveStatus, solve

SEEDS = range(100, 108)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_found_and_proved(seed: int, kind: str) -> None:
    net = random_net(seed, kind)
    best = optimum(net)
    problem = to_problem(net)
    found = solve(problem, Limits(work=60_000.0, time_s=20.0))
    if best is None:
        assert found.status is SolveStatus.INFEASIBLE
        return
    assert found.status is SolveStatus.OPTIMAL
    assert found.upper == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert found.lower == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert check_solution(net, problem, found) == pytest.approx(best, rel=1e-6, abs=1e-6)
