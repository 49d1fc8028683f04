"""The path relaxation against an arc-flow linear program, and its bounds against the optimum."""

from __future__ import annotations

from functools import cache

import highspy
import numpy as np
import pytest
from tests.helpers.static_nets import KINDS, optimum, random_net
from tests.unit.engine.static.made import to_network

from landbridge.engine.static.master import Cut, PathMaster
from landbridge.engine.static.plan import Frame
from landbridge.engine.static.relax import relax

SEEDS = range(5)


def never() -> bool:
    return False


def master_of(frame: Frame) -> PathMaster:
    net = frame.net
    none = np.zeros(len(net.module_cap))
    return PathMaster(net, frame.graph, frame.pool, none, net.module_most, frame.unserved_cost)


def arc_flow_bound(frame: Frame, *, strong: bool) -> float:
    """The relaxation with one flow variable an arc and commodity; strong: with all strong rows."""
    net = frame.net
    model = highspy.Highs()
    model.silent()
    copies = [
        model.addVariable(lb=0, ub=float(most), obj=float(cost))
        for most, cost in zip(net.module_most, net.module_cost, strict=True)
    ]
    load = [model.addVariable(lb=0, obj=float(cost)) for cost in net.link_cost]
    flow = [[model.addVariable(lb=0, obj=float(net.arc_cost[a])) for a in range(net.num_arcs)] for _ in net.qty]
    zero = model.addVariable(lb=0, ub=0)
    for k in range(len(net.qty)):
        left = model.addVariable(lb=0, obj=float(frame.unserved_cost[k]))
        for n in range(net.num_nodes):
            out = sum((flow[k][a] for a in np.where(net.arc_tail == n)[0]), 1.0 * zero)
            back = sum((flow[k][a] for a in np.where(net.arc_head == n)[0]), 1.0 * zero)
            share = float(n == net.origin[k]) - float(n == net.dest[k])
            model.addConstr(out - back + share * left == float(net.qty[k]) * share)
    for e in range(net.num_links):
        modules = np.where(net.module_link == e)[0]
        arcs = range(net.link_ptr[e], net.link_ptr[e + 1])
        model.addConstr(sum(float(net.module_cap[m]) * copies[m] for m in modules) - load[e] >= 0)
        sums = [sum((flow[k][a] for k in range(len(net.qty))), 1.0 * zero) for a in arcs]
        for total in [sum(sums)] if net.link_shared[e] else sums:
            model.addConstr(load[e] - total >= 0)
        for k in range(len(net.qty) if strong else 0):
            room = sum(min(float(net.qty[k]), float(net.module_cap[m])) * copies[m] for m in modules)
            model.addConstr(room - sum(flow[k][a] for a in arcs) >= 0)
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(model.getObjectiveValue())


@cache
def optimum_of(seed: int, kind: str) -> float:
    """Inf where there is no plan."""
    found = optimum(random_net(seed, kind))
    return np.inf if found is None else found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_paths_with_all_strong_rows_give_the_bound_of_arc_flows(seed: int, kind: str) -> None:
    frame = Frame(to_network(random_net(seed, kind)))
    master = master_of(frame)
    k, e = np.divmod(np.arange(len(frame.net.qty) * frame.net.num_links), frame.net.num_links)
    master.add_strong(k, e)
    relaxed = relax(master, never)
    expected = arc_flow_bound(frame, strong=True)
    assert relaxed.converged
    assert relaxed.result.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert relaxed.bound == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_strong_rows_found_on_the_way_give_the_same_bound(seed: int, kind: str) -> None:
    """But for those that are violated by next to nothing."""
    frame = Frame(to_network(random_net(seed, kind)))
    relaxed = relax(master_of(frame), never)
    expected = arc_flow_bound(frame, strong=True)
    assert relaxed.converged
    assert relaxed.bound <= expected + 1e-6 * max(1.0, expected)
    assert relaxed.bound >= expected - 1e-3 * max(1.0, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_without_strong_rows_the_bound_is_that_of_the_weak_relaxation(kind: str) -> None:
    frame = Frame(to_network(random_net(1, kind)))
    relaxed = relax(master_of(frame), never, strong=False)
    assert relaxed.result.objective == pytest.approx(arc_flow_bound(frame, strong=False), rel=1e-6, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_at_any_duals_is_below_the_optimum(seed: int, kind: str) -> None:
    """Also with a cut: all that must leave a node fits on what leaves it, rounded up where all modules are alike."""
    frame = Frame(to_network(random_net(seed, kind)))
    net = frame.net
    best = optimum_of(seed, kind)
    tolerance = 1e-6 * abs(best) if np.isfinite(best) else 0.0
    master = master_of(frame)
    k, e = np.divmod(np.arange(len(net.qty) * net.num_links), net.num_links)
    rng = np.random.default_rng(seed)
    some = rng.random(len(k)) < 0.5
    master.add_strong(k[some], e[some])
    for n in range(net.num_nodes):
        must = float(net.qty[(net.origin == n) & np.isinf(net.penalty)].sum())
        leaving = np.unique(net.arc_link[net.arc_tail == n])
        modules = np.where(np.isin(net.module_link, leaving))[0]
        if must > 0:
            master.add_cut(
                Cut(
                    arcs=np.zeros(0, dtype=np.int64),
                    arc_coef=np.zeros(0),
                    commodities=np.zeros(len(net.qty), dtype=np.bool_),
                    modules=modules,
                    module_coef=np.minimum(net.module_cap[modules], must),
                    right=must,
                    key=("out", n),
                )
            )
    relaxed = relax(master, never)
    assert relaxed.bound + net.constant <= best + tolerance
    near = np.zeros(master.model.num_rows)
    near[: len(relaxed.result.row_dual)] = relaxed.result.row_dual
    for scale in (0.0, 0.3, 1.0, 3.0, 10.0):
        for middle in (0.0, near):
            dual = middle + rng.normal(size=len(near)) * scale
            _, bound = master.price(dual, add=False)
            assert bound + net.constant <= best + tolerance


@pytest.mark.parametrize("kind", KINDS)
def test_paths_added_after_rows_are_in_them(kind: str) -> None:
    """A master given the same paths before and after its rows has the same value."""
    frame = Frame(to_network(random_net(2, kind)))
    net = frame.net
    relax(master_of(frame), never)
    paths = np.arange(frame.pool.size)
    k, e = np.divmod(np.arange(len(net.qty) * net.num_links), net.num_links)
    cut = Cut(
        arcs=np.arange(net.num_arcs),
        arc_coef=np.linspace(-1.0, 1.0, net.num_arcs),
        commodities=np.arange(len(net.qty)) % 2 == 0,
        modules=np.arange(len(net.module_cap)),
        module_coef=np.ones(len(net.module_cap)),
        right=2.0,
        key=("made up",),
    )
    values = []
    for rows_first in (False, True):
        master = master_of(frame)
        if not rows_first:
            master.add_paths(paths)
        master.add_strong(k, e)
        assert master.add_cut(cut)
        assert not master.add_cut(cut)
        if rows_first:
            assert master.add_paths(paths) == len(paths)
        assert master.add_paths(paths) == 0
        values.append(master.solve().objective)
    assert values[0] == pytest.approx(values[1])


def test_closed_links_are_not_priced() -> None:
    frame = Frame(to_network(random_net(0, "plain")))
    net = frame.net
    master = master_of(frame)
    high = net.module_most.copy()
    high[net.module_link == 0] = 0.0
    master.set_bounds(np.zeros(len(high)), high)
    relax(master, never)
    _, arcs = frame.pool.entries(master.paths)
    assert len(arcs)
    assert not (net.arc_link[arcs] == 0).any()


def test_the_pool_keeps_each_path_once_and_grows() -> None:
    frame = Frame(to_network(random_net(0, "plain")))
    pool = frame.pool
    rng = np.random.default_rng(0)
    seen: dict[tuple[int, tuple[int, ...]], int] = {}
    for _ in range(4000):
        arcs = rng.choice(frame.net.num_arcs, int(rng.integers(1, 5)), replace=False)
        key = (int(rng.integers(2)), tuple(sorted(arcs.tolist())))
        path = pool.add(key[0], arcs)
        assert seen.setdefault(key, path) == path
    assert pool.size == len(seen) > 1024
    for (k, arcs_of), path in seen.items():
        assert pool.commodity[path] == k
        assert tuple(sorted(pool.arcs_of(path).tolist())) == arcs_of
        assert pool.unit_cost[path] == pytest.approx(frame.net.arc_cost[list(arcs_of)].sum())
