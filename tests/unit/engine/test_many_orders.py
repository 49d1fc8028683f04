"""Many orders of few rides: how rides in time are counted, and plans that begin with ruin and recreate."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.random_cases import random_case
from tests.unit.engine.test_large import PLAIN, optimum_of, plain_problem

from landbridge.engine import DesignProblem, Limits, SolveStatus, large, solve
from landbridge.engine.construct.rebuilt import construct_rebuilt
from landbridge.engine.exact import compact
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import plan_from_point
from landbridge.engine.relax import relaxation
from landbridge.engine.space.rides import rides_in_time
from landbridge.engine.watch import Watch
from landbridge.planning import PlanLimits, plan
from landbridge.verify import verify

SEEDS = (2, 3, 4, 5, 6, 8, 9, 10, 11, 12)


@pytest.fixture
def all_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every plain problem for one of many orders, each with few rides."""
    monkeypatch.setattr(large, "MANY_TERMINALS", -1)
    monkeypatch.setattr(large, "LONG_RIDES", np.inf)
    monkeypatch.setattr(compact, "MOST_FLOWS", -1)


Node = tuple[str, int]


def ends_of(p: DesignProblem, leg: int) -> tuple[Node, Node]:
    """Where freight is before and after a leg: at a place, or aboard where a vehicle goes on from another place."""
    tail: Node = ("aboard before", leg) if goes_on(p, leg) else ("place", int(p.leg_tail[leg]))
    head: Node = ("aboard after", leg) if goes_on(p, leg + 1) else ("place", int(p.leg_head[leg]))
    return tail, head


def goes_on(p: DesignProblem, leg: int) -> bool:
    """Whether a leg begins where the one before it did not end, though it is of the same vehicle."""
    if not 0 < leg < len(p.leg_tail) or p.leg_vehicle[leg] != p.leg_vehicle[leg - 1]:
        return False
    return bool(p.leg_head[leg - 1] != p.leg_tail[leg])


def least_minutes(p: DesignProblem, kind: int, target: int) -> dict[Node, float]:
    """Least minutes to a place from where freight may be, by legs and links that its class may use."""
    arcs: list[tuple[Node, Node, float]] = []
    for leg in range(len(p.leg_tail)):
        if p.leg_access[kind, leg]:
            arcs.append((*ends_of(p, leg), float(p.leg_travel_min[leg])))
        if goes_on(p, leg):
            before: Node = ("aboard before", leg)
            after: Node = ("aboard after", leg - 1)
            arcs += [
                (after, before, 0.0),
                (after, ("place", int(p.leg_head[leg - 1])), 0.0),
                (("place", int(p.leg_tail[leg])), before, 0.0),
            ]
    for link in np.where(p.link_access[kind])[0].tolist():
        ends: tuple[Node, Node] = ("place", int(p.link_tail[link])), ("place", int(p.link_head[link]))
        arcs.append((*ends, float(p.link_duration_min[link])))
    minutes: dict[Node, float] = {("place", target): 0.0}
    moved = True
    while moved:
        moved = False
        for tail, head, takes in arcs:
            if takes + minutes.get(head, np.inf) < minutes.get(tail, np.inf):
                minutes[tail], moved = takes + minutes[head], True
    return minutes


@pytest.mark.parametrize("seed", SEEDS)
def test_rides_in_time_are_those_that_no_window_rules_out(seed: int) -> None:
    p = plain_problem(seed)
    net = Master(p).net
    expected = 0
    for s, k in enumerate(p.sink_commodity.tolist()):
        kind = int(p.commodity_class[k])
        left = least_minutes(p, kind, int(p.sink_node[s]))
        whole = left.get(("place", int(p.commodity_origin[k])), np.inf)
        for z, leg in enumerate(net.slot_leg.tolist()):
            tail, head = ends_of(p, leg)
            if not p.leg_access[kind, leg] or head not in left or not np.isfinite(whole):
                continue
            earliest = p.commodity_ready_min[k] + max(whole - left[tail], 0.0)
            latest = p.sink_deadline_min[s] - left[head] - (net.slot_end[z] - net.slot_start[z])
            repeats = range(60) if p.cyclic else range(1)
            expected += any(earliest <= net.slot_start[z] + i * net.horizon_min <= latest for i in repeats)
    assert expected > 0
    assert rides_in_time(p, net) == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rebuilt_point_is_a_plan(seed: int) -> None:
    master = Master(plain_problem(seed))
    x = construct_rebuilt(master, Watch(Limits(work=50.0)))
    assert x is not None
    found = plan_from_point(master, x)
    assert found is not None
    optimum = optimum_of(seed, plain=True).upper
    assert found.cost >= optimum - 1e-6 * max(1.0, abs(optimum))
    assert float(master.model.costs() @ x) + master.penalty_constant == pytest.approx(found.cost, abs=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("all_are_many")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_plans_that_begin_so_are_valid(seed: int, threads: int) -> None:
    case = random_case(seed, features=PLAIN)
    found = plan(case, limits=PlanLimits(time_s=3.0, threads=threads))
    assert verify(found, case) == []
    best = optimum_of(seed, plain=True)
    assert found.summary.value is not None
    assert found.summary.bound is not None
    assert found.summary.bound >= -best.upper - 1e-6 * max(1.0, abs(best.upper))


def test_few_rides_have_strong_inequalities_however_many_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    master = Master(plain_problem(3))
    monkeypatch.setattr(relaxation, "MOST_STRONG_TERMINALS", 0)
    assert relaxation.has_strong(master)
    monkeypatch.setattr(relaxation, "LONG_RIDES", 0)
    assert not relaxation.has_strong(master)


@pytest.mark.usefixtures("all_are_many")
@pytest.mark.parametrize("rides", [np.inf, -1.0])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("limits", [{"time_s": 0.0}, {"work": 0.0}])
def test_no_time_is_a_result(
    rides: float, threads: int, limits: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of few rides and of many, by both ways."""
    monkeypatch.setattr(large, "LONG_RIDES", rides)
    found = solve(plain_problem(3), Limits(threads=threads, **limits))
    assert found.status in (SolveStatus.TIME_LIMIT, SolveStatus.WORK_LIMIT)
