"""Vehicles of two legs there and back: undirected links, whose loads add up, and bidirected ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.general import without_static_room
from tests.helpers.modular import KINDS, optimum, random_modular

from landbridge.engine import DesignProblem, Limits, SolveStatus, solve
from landbridge.engine.exact import compact
from landbridge.engine.plain import static_problem
from landbridge.network import read_gins

SEEDS = (0, 1, 2, 3)


def pair(*, undirected: bool, load_cost: float = 0.0, leg_cost: float = 0.0, forth: float = 6.0) -> DesignProblem:
    """Two nodes, one link of 10 units a run at a cost of 5, up to 3 runs; ``forth`` units there and 6 back."""
    return static_problem(
        num_nodes=2,
        leg_vehicle=np.array([0, 0]),
        leg_tail=np.array([0, 1]),
        leg_head=np.array([1, 0]),
        leg_cost=np.full(2, leg_cost),
        leg_room=np.array([0, 0]) if undirected else None,
        load_cost=np.array([load_cost]),
        capacity=np.array([10.0]),
        run_cost=np.array([5.0]),
        most_runs=np.array([3.0]),
        origin=np.array([0, 1]),
        destination=np.array([1, 0]),
        quantity=np.array([forth, 6.0]),
    )


@pytest.fixture(params=["static", "exact", "search"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """All ways through the engine: that of static problems, closed exactly, and searched as if it were large."""
    if request.param != "static":
        without_static_room(monkeypatch)
    if request.param == "search":
        monkeypatch.setattr(compact, "MOST_FLOWS", -1)
    return str(request.param)


@pytest.fixture(params=["static", "exact"])
def close(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a proof."""
    if request.param != "static":
        without_static_room(monkeypatch)
    return str(request.param)


@pytest.mark.slow
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("problem", "cost"),
    [
        (pair(undirected=True, leg_cost=1.0), 2 * 5.0 + 12.0),
        (pair(undirected=False, leg_cost=1.0), 5.0 + 12.0),
        (pair(undirected=False, load_cost=2.0, forth=9.0), 5.0 + 2.0 * 9.0),
        (pair(undirected=True, load_cost=2.0), 2 * 5.0 + 2.0 * 12.0),
    ],
)
def test_loads_of_one_room_add_up_and_of_two_the_larger_counts(problem: DesignProblem, cost: float) -> None:
    found = solve(problem, Limits(work=500.0, time_s=20.0))
    assert found.upper == pytest.approx(cost)
    assert found.lower <= cost + 1e-6


@pytest.mark.usefixtures("close")
def test_an_undirected_link_without_room_for_both_ways_is_infeasible() -> None:
    full = replace(pair(undirected=True), limit_cap=np.array([1.0]))
    assert solve(full).status is SolveStatus.INFEASIBLE
    assert solve(replace(full, leg_room=np.array([-1, -1]))).upper == 5.0


@pytest.mark.usefixtures("close")
def test_rooms_of_different_vehicles_with_one_number_are_apart() -> None:
    """A ring of three undirected links; enumeration of runs, with all flow on the shorter or the longer way."""
    ends = [(0, 1), (1, 2), (2, 0)]
    fixed = np.array([7.0, 8.0, 20.0])
    problem = static_problem(
        num_nodes=3,
        leg_vehicle=np.repeat(np.arange(3), 2),
        leg_tail=np.array(ends).ravel(),
        leg_head=np.array(ends)[:, ::-1].ravel(),
        leg_cost=np.zeros(6),
        leg_room=np.zeros(6, dtype=np.int64),
        capacity=np.full(3, 4.0),
        run_cost=fixed,
        most_runs=np.full(3, 9.0),
        origin=np.array([0, 1, 2]),
        destination=np.array([1, 0, 0]),
        quantity=np.array([3.0, 2.0, 3.0]),
    )
    costs = []
    for split in product(np.arange(0.0, 3.5, 0.5), np.arange(0.0, 2.5, 0.5), np.arange(0.0, 3.5, 0.5)):
        a, b, c = split  # units that go the long way round
        load = np.array([3 - a + 2 - b + c, a + b + c, a + b + 3 - c])
        costs.append(float((np.ceil(load / 4.0) * fixed).sum()))
    assert solve(problem).upper == pytest.approx(min(costs))


@pytest.mark.slow
@pytest.mark.usefixtures("close")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_modules_are_chosen_as_a_mip_of_its_own_does(tmp_path: Path, kind: str, seed: int) -> None:
    instance = random_modular(seed, kind)
    path = tmp_path / "small.txt"
    path.write_text(instance.text())
    found = solve(read_gins(path), Limits(time_s=60.0))
    assert found.status is SolveStatus.OPTIMAL
    assert found.upper == pytest.approx(optimum(instance))
    assert found.lower == pytest.approx(found.upper)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("penalty", [None, 40.0])
def test_searched_plans_of_modules_are_no_better_than_the_optimum_and_bounds_no_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, penalty: float | None
) -> None:
    """With a penalty nothing must be served, so that plans are built by insertion first."""
    for seed in SEEDS[:2]:
        path = tmp_path / "small.txt"
        path.write_text(random_modular(seed, kind).text())
        problem = read_gins(path)
        if penalty is not None:
            per_unit = np.full(len(problem.block_qty), penalty)
            problem = replace(problem, block_low=np.zeros(len(per_unit)), block_penalty=per_unit)
        best = solve(problem, Limits(time_s=60.0)).upper
        with monkeypatch.context() as large:
            without_static_room(large)
            large.setattr(compact, "MOST_FLOWS", -1)
            found = solve(problem, Limits(work=200.0, time_s=30.0))
        assert found.lower <= best + 1e-6 <= found.upper + 2e-6
        assert found.upper <= 1.25 * best
