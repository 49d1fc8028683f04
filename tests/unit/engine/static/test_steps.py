"""Steps of capacity against all ways to combine the modules of a link."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers.static_nets import Net
from tests.unit.engine.static.made import arc, to_network

from landbridge.engine.static.steps import capacity_steps, link_loads


def net_of(modules: list[tuple[float, float, float]], total: float) -> Net:
    """One link of some modules (capacity, cost, most), and as much freight."""
    vehicles = tuple(arc(0, 1, capacity=cap, run_cost=cost, most=most) for cap, cost, most in modules)
    return Net(num_nodes=2, vehicles=vehicles, demands=((0, 1, total, np.inf),))


def cheapest(modules: list[tuple[float, float, float]], load: float) -> float:
    """Least cost of copies that carry a load."""
    ranges = [range(int(most) + 1) for _, _, most in modules]
    return min(
        (
            sum(n * cost for n, (_, cost, _) in zip(ns, modules, strict=True))
            for ns in product(*ranges)
            if sum(n * cap for n, (cap, _, _) in zip(ns, modules, strict=True)) >= load - 1e-9
        ),
        default=np.inf,
    )


module = st.tuples(st.integers(1, 9).map(float), st.integers(0, 12).map(float), st.integers(0, 4).map(float))


@given(modules=st.lists(module, min_size=1, max_size=3), total=st.integers(1, 25).map(float))
def test_each_load_has_the_step_that_costs_least(modules: list[tuple[float, float, float]], total: float) -> None:
    net = to_network(net_of(modules, total))
    steps = capacity_steps(net)
    if not net.num_links:
        assert max(most for _, _, most in modules) == 0
        return
    assert (np.diff(steps.cap) > 0).all()
    assert (np.diff(steps.cost) > 0).all()
    for load in np.arange(0.0, total + 0.5, 0.5):
        least = cheapest(modules, float(load))
        s = int(steps.level_of(np.array([load]))[0])
        assert np.isinf(least) == (steps.cap[s] < load)
        if np.isfinite(least):
            assert steps.cost[s] == pytest.approx(least)


@given(modules=st.lists(module, min_size=1, max_size=3), total=st.integers(1, 25).map(float))
def test_a_step_is_what_its_copies_are(modules: list[tuple[float, float, float]], total: float) -> None:
    net = to_network(net_of(modules, total))
    steps = capacity_steps(net)
    for s in range(len(steps.cap)):
        copies = steps.module_copies(np.array([s]), net)
        assert (copies <= net.module_most).all()
        assert float(copies @ net.module_cap) == pytest.approx(steps.cap[s])
        assert float(copies @ net.module_cost) == pytest.approx(steps.cost[s])


def test_links_have_steps_of_their_own() -> None:
    vehicles = (arc(0, 1, capacity=4.0, most=2.0), arc(1, 2, run_cost=7.0), arc(0, 1, capacity=6.0, run_cost=8.0))
    steps = capacity_steps(to_network(Net(num_nodes=3, vehicles=vehicles, demands=((0, 2, 9.0, np.inf),))))
    first = steps.ptr[1]
    assert steps.cap[:first][:5].tolist() == [0.0, 4.0, 6.0, 8.0, 10.0]
    assert steps.cost[:first][:5].tolist() == [0.0, 5.0, 8.0, 10.0, 13.0]
    assert (steps.cap[first:].tolist(), steps.cost[first:].tolist()) == ([0.0, 9.0], [0.0, 7.0])
    assert steps.level_of(np.array([9.0, 0.0])).tolist() == [4, first]


def test_a_load_a_hair_above_a_step_is_on_it() -> None:
    """What a solver's tolerance adds opens nothing."""
    steps = capacity_steps(to_network(net_of([(5.0, 3.0, 4.0)], 20.0)))
    assert steps.level_of(np.array([5.0 + 1e-8])).tolist() == [1]
    assert steps.level_of(np.array([5.0 + 1e-5])).tolist() == [2]


def test_the_load_of_a_link_is_the_sum_where_shared_and_else_the_larger() -> None:
    legs = ((0, 1, 1.0), (1, 0, 1.0))
    vehicles = (
        arc(0, 1, legs=legs, shared=True),
        arc(0, 1, legs=legs, shared=False),
        arc(0, 1),
    )
    net = to_network(Net(num_nodes=2, vehicles=vehicles, demands=((0, 1, 9.0, np.inf),)))
    assert link_loads(net, np.array([3.0, 4.0, 3.0, 4.0, 5.0])).tolist() == [7.0, 4.0, 5.0]
