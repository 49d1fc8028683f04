"""The way for many orders, on small problems: its bound is proved, its plans are valid, its kernels are right."""

from __future__ import annotations

import time
from dataclasses import fields
from functools import cache
from itertools import product

import numpy as np
import pytest
from numba import typeof
from tests.helpers.random_cases import FEATURES, random_case
from tests.unit.engine.hand_made import lorry

from landbridge.engine import DesignProblem, DesignSolution, Limits, SolveStatus, large, solve
from landbridge.engine.cuts.warm import two_lorries
from landbridge.engine.improve.rebuild import Rebuilder, suits_rebuilding
from landbridge.engine.improve.rebuild_kernels import put_in
from landbridge.engine.improve.reroute import Rerouter
from landbridge.engine.improve.ride_kernels import TIE, Way, find_path
from landbridge.engine.lp import MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.relax.flat_bound import FlatBound
from landbridge.engine.relax.split import SplitPrices, suits_split_bound
from landbridge.engine.relax.split_kernels import Ways, inspect_runs
from landbridge.engine.space.flat import flatten
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.verify import verify

BOUND_SEEDS = (1, 2, 3, 4, 5, 10, 12, 13, 14, 16, 17, 21, 23, 25, 27, 29, 34, 35, 41, 44, 45)
"""Random cases the flat bound is for: shipments alone; with fleets, caps, shares and the like, which it leaves out."""

PLAIN = FEATURES - {
    "fleets", "empties", "round_trip", "handling_caps", "store_caps", "shares", "min_fill", "must_run", "trades"
}  # fmt: skip
PLAN_SEEDS = tuple(range(12))
REROUTED_SEEDS = (27, 41, 47)
"""Cases whose plan, once built, small MIPs improve."""


@cache
def problem_of(seed: int) -> DesignProblem:
    return build_network(random_case(seed), "in_force").problem


@cache
def plain_problem(seed: int) -> DesignProblem:
    return build_network(random_case(seed, features=PLAIN), "in_force").problem


@cache
def optimum_of(seed: int, *, plain: bool = False) -> DesignSolution:
    return solve(plain_problem(seed) if plain else problem_of(seed), Limits(time_s=60.0))


@pytest.fixture
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every problem that suits for one of many orders."""
    monkeypatch.setattr(large, "MANY_TERMINALS", -1)
    monkeypatch.setattr(large, "LONG_RIDES", -1.0)


@pytest.mark.parametrize("seed", BOUND_SEEDS)
def test_the_flat_bound_is_below_the_optimum_whatever_the_prices(seed: int) -> None:
    optimum = optimum_of(seed)
    if optimum.status is not SolveStatus.OPTIMAL:
        pytest.skip("cannot be served")
    master = Master(problem_of(seed))
    assert suits_split_bound(master)
    bound = FlatBound(master, flatten(master.problem, master.net))
    limit = optimum.upper + 1e-6 * max(1.0, abs(optimum.upper))
    rng = np.random.default_rng(seed)
    for turn in range(12):
        if turn == 6:
            bound.leave_out_unreachable(lambda: False)
        assert bound.round() <= limit
        room = bound.room * rng.uniform(0.0, 3.0, size=bound.room.shape)
        shaken = SplitPrices(room, bound.toll * rng.uniform(0.0, 3.0, size=bound.toll.shape), bound.limit)
        assert bound.bound(shaken) <= limit
        before = bound.best
        bound.count_time(lambda: False)
        assert before <= bound.best <= limit


@pytest.mark.parametrize("seed", PLAN_SEEDS)
def test_ways_in_time_are_the_cheapest(seed: int) -> None:
    """Against labels over every arc of the expanded network, at prices of the flat bound."""
    master = Master(plain_problem(seed))
    if not suits_split_bound(master):
        pytest.skip("not plain enough")
    flat = flatten(master.problem, master.net)
    bound = FlatBound(master, flat)
    bound.round()
    room = bound.best_prices.room
    bound.toll[:] = 0.0
    bound.best_prices = SplitPrices(room, np.zeros_like(bound.toll), bound.limit)
    before = bound.bound(bound.best_prices)
    bound.best = before
    bound.count_time(lambda: False)
    p, net = master.problem, master.net
    by_leg = (room / bound.capacity)[net.slot_leg]
    extra = 0.0
    for k in range(len(p.commodity_origin)):
        supply = float(master.supply[p.commodity_supply[k]])
        price = by_leg @ p.commodity_load[k] * supply
        least = cheapest_in_time(master, k, price, late=False) / supply if supply else np.inf
        flat_cost = bound.cost[bound.demand_of_terminal[p.sink_terminal[k]]]
        mine = bound.blocks.terminal == p.sink_terminal[k]
        gains = [
            np.minimum(0.0, cost - bound.blocks.worth[mine]) @ bound.blocks.qty[mine] for cost in (least, flat_cost)
        ]
        extra += gains[0] - gains[1]
    assert bound.best - before == pytest.approx(extra, abs=1e-6 * max(1.0, abs(before)))


@pytest.mark.parametrize(("quantity", "best"), [(10.0, -40.0), (7.0, -13.0), (20.0, -80.0)])
def test_the_flat_bound_of_a_lorry_is_exact(quantity: float, best: float) -> None:
    """A bound that says nothing would pass the test above."""
    master = Master(lorry(block_qty=np.array([quantity])))
    bound = FlatBound(master, flatten(master.problem, master.net))
    for _ in range(60):
        bound.round()
    assert bound.best == pytest.approx(best, rel=1e-3)


def test_runs_by_inspection_are_the_best_whole_numbers() -> None:
    """Against every number of runs, each with its knapsacks filled from the dearest down."""
    rng = np.random.default_rng(0)
    for _ in range(60):
        num_legs, num_demands, most = int(rng.integers(1, 4)), int(rng.integers(1, 6)), int(rng.integers(0, 5))
        share = rng.uniform(0.05, 1.5, size=(num_demands, num_legs, 1))
        toll = np.where(rng.random((num_demands, num_legs)) < 0.7, rng.uniform(0.0, 9.0, (num_demands, num_legs)), 0.0)
        room, cost = rng.uniform(0.0, 3.0, num_legs), np.array([float(rng.uniform(1.0, 15.0))])
        ways = Ways(
            np.full(num_demands, num_legs), np.tile(np.arange(num_legs), (num_demands, 1)), share,
            np.zeros(num_demands, dtype=np.int64), np.zeros((num_demands, 1), dtype=np.int64),
            np.zeros((num_demands, 1, 1), dtype=np.int16), np.zeros((num_demands, 1)),
        )  # fmt: skip
        found = inspect_runs(
            ways,
            np.array([0, num_legs]),
            cost,
            np.zeros(1),
            np.array([float(most)]),
            np.zeros(num_legs, dtype=np.int64),
            room,
            toll,
        )
        values = []
        for runs in range(most + 1):
            value = runs * (cost[0] - room.sum())
            for leg in range(num_legs):
                space = float(runs)
                for k in np.argsort(-toll[:, leg] / share[:, leg, 0]):
                    part = min(1.0, space / share[k, leg, 0])
                    value -= toll[k, leg] * part
                    space -= part * share[k, leg, 0]
            values.append(value)
        assert found == pytest.approx(min(values), abs=1e-9)


@pytest.mark.parametrize("seed", PLAN_SEEDS)
def test_flat_costs_are_the_cheapest(seed: int) -> None:
    """Against Bellman and Ford."""
    master = Master(plain_problem(seed))
    flat = flatten(master.problem, master.net)
    price = flat.flow_prices()[:1]
    for target in range(0, flat.num_nodes, 3):
        found = np.empty((1, flat.num_nodes))
        flat.costs_to(np.array([[0, target]]), price, found)
        slow = np.full(flat.num_nodes, np.inf)
        slow[target] = 0.0
        for _, a in product(range(flat.num_nodes), range(len(flat.tail))):
            slow[flat.tail[a]] = min(slow[flat.tail[a]], slow[flat.head[a]] + price[0, a])
        assert found[0] == pytest.approx(slow)


@pytest.mark.parametrize("seed", PLAN_SEEDS)
def test_a_rebuilt_plan_costs_what_was_counted_and_no_less_than_the_optimum(seed: int) -> None:
    master = Master(plain_problem(seed))
    if not (suits_split_bound(master) and suits_rebuilding(master)):
        pytest.skip("not plain enough")
    rebuilder = Rebuilder(master, flatten(master.problem, master.net), seed)
    rebuilder.build(lambda: False)
    for step in range(10):
        rebuilder.search(step / 10)
    found = rebuilder.plan()
    assert found.cost == pytest.approx(rebuilder.best_total, abs=1e-6 * max(1.0, abs(found.cost)))
    assert found.cost >= optimum_of(seed, plain=True).upper - 1e-6 * max(1.0, abs(found.cost))


def rerouted(seed: int) -> tuple[Rebuilder, int]:
    """A plan built once and rerouted, beside one that only hears of the moves; and how many there were."""
    master = Master(plain_problem(seed))
    if not (suits_split_bound(master) and suits_rebuilding(master)):
        pytest.skip("not plain enough")
    flat = flatten(master.problem, master.net)
    mine, other = (Rebuilder(master, flat, seed) for _ in range(2))
    for rebuilder in (mine, other):
        rebuilder.build(lambda: False)
    search, listener = Rerouter(mine), Rerouter(other)
    moves = [search.step(MipLimits(time_s=1.0)) for _ in range(8)]
    made = [move for move in moves if move is not None]
    for move in made:
        assert listener.take(move)
    assert other.best_total == pytest.approx(mine.best_total)
    return mine, len(made)


@pytest.mark.parametrize("seed", PLAN_SEEDS[:6] + REROUTED_SEEDS)
def test_a_rerouted_plan_costs_what_was_counted_and_no_less_than_the_optimum(seed: int) -> None:
    rebuilder, _ = rerouted(seed)
    state, counted = rebuilder.state, rebuilder.best_total
    assert float(state.total[0]) == pytest.approx(counted)
    assert (state.runs <= rebuilder.space.most).all()
    assert (state.left >= -1e-9).all()
    found = rebuilder.plan()
    assert found.cost == pytest.approx(counted, abs=1e-6 * max(1.0, abs(found.cost)))
    assert found.cost >= optimum_of(seed, plain=True).upper - 1e-6 * max(1.0, abs(found.cost))


@pytest.mark.parametrize("seed", REROUTED_SEEDS)
def test_small_mips_find_better_ways(seed: int) -> None:
    """A search that never found anything would pass the test above."""
    assert rerouted(seed)[1] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", PLAN_SEEDS[:6])
def test_plans_for_many_orders_are_valid(seed: int, threads: int) -> None:
    case = random_case(seed, features=PLAIN)
    found = plan(case, limits=PlanLimits(time_s=1.5, threads=threads))
    assert verify(found, case) == []


@pytest.mark.usefixtures("all_is_large")
def test_the_same_seed_and_work_give_the_same_plan() -> None:
    first, second = (solve(plain_problem(3), Limits(work=5.0, seed=7)) for _ in range(2))
    assert first.status is SolveStatus.WORK_LIMIT
    for item in fields(DesignSolution):
        one, two = getattr(first, item.name), getattr(second, item.name)
        if isinstance(one, np.ndarray):
            assert one.tobytes() == two.tobytes(), item.name
    assert (first.upper, first.lower) == (second.upper, second.lower)


@pytest.mark.slow
@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancelled_search_for_many_orders_returns_at_once(threads: int) -> None:
    begun = time.monotonic()
    found = solve(plain_problem(3), Limits(threads=threads, cancelled=lambda: time.monotonic() - begun > 1.0))
    assert found.status in (SolveStatus.CANCELLED, SolveStatus.OPTIMAL)
    assert time.monotonic() - begun < 3.0


def cheapest_in_time(master: Master, k: int, ride_price: np.ndarray, *, late: bool = True) -> float:
    """Least cost of an order's path through the expanded network, arc by arc in the order of time."""
    p, net = master.problem, master.net
    weight = float(p.commodity_weight_t[k] * master.supply[p.commodity_supply[k]])
    label = np.full(net.num_nodes * net.num_cycles, np.inf)
    label[net.origin_node[k]] = 0.0
    best = np.inf
    for x in range(int(net.origin_node[k]), len(label)):
        cycle, n = divmod(x, net.num_nodes)
        minute = int(net.node_min[n]) + cycle * net.horizon_min
        if not np.isfinite(label[x]) or minute > p.sink_deadline_min[k]:
            continue
        if net.node_place[n] == p.sink_node[k]:
            cost_per_min = p.sink_late_cost[k] * master.supply[p.commodity_supply[k]] if late else 0.0
            best = min(best, label[x] + max(0, minute - int(p.sink_due_min[k])) * cost_per_min)
        for a in range(net.arc_ptr[n], net.arc_ptr[n + 1]):
            access, to_cycle = net.arc_access[a], cycle + int(net.arc_wrap[a])
            if to_cycle >= net.num_cycles or (access >= 0 and not net.access[p.commodity_class[k], access]):
                continue
            z = net.arc_slot[a]
            cost = label[x] + weight * net.arc_cost_per_t[a] + (ride_price[z] if z >= 0 else 0.0)
            to = to_cycle * net.num_nodes + int(net.arc_head[a])
            label[to] = min(label[to], cost)
    return float(best)


@pytest.mark.slow
@pytest.mark.parametrize("seed", PLAN_SEEDS)
def test_a_scan_of_rides_finds_the_cheapest_path(seed: int) -> None:
    """Against labels over every arc of the expanded network, at the prices of a plan half built."""
    master = Master(plain_problem(seed))
    if not (suits_split_bound(master) and suits_rebuilding(master)):
        pytest.skip("not plain enough")
    rebuilder = Rebuilder(master, flatten(master.problem, master.net), seed)
    space, freight, state = rebuilder.space, rebuilder.freight, rebuilder.state
    orders = np.where(freight.quantity > 0)[0]
    way = Way(0.8, 0.5, 1e6, 1.0)
    put_in(space, freight, rebuilder.guides, state, rebuilder.scratch, orders[::2], way)
    for k in orders[1::2]:
        price = np.array([ride_price(rebuilder, z, k, way) for z in range(len(space.slot_run))])
        flow, length = find_path(space, freight, rebuilder.guides, state, rebuilder.scratch, int(k), way)
        least = cheapest_in_time(master, int(k), price)
        if length < 0:
            assert least >= freight.value[k] - 1e-6
            continue
        slots = master.net.arc_slot[rebuilder.scratch.arcs[:length]]
        assert flow + price[slots[slots >= 0]].sum() == pytest.approx(least, rel=1e-9, abs=1e-6)


def ride_price(rebuilder: Rebuilder, z: int, k: int, way: Way) -> float:
    """What a ride costs an order: next to nothing where it fits, else a part of the runs to open."""
    space, state = rebuilder.space, rebuilder.state
    load, r = rebuilder.freight.load[k] * rebuilder.freight.quantity[k], space.slot_run[z]
    binds = (load > 0) & np.isfinite(space.capacity[z])
    if (space.capacity[z][binds] <= 0).any():
        return np.inf
    part = float((load[binds] / space.capacity[z][binds]).max(initial=0.0))
    need = np.ceil((state.load[z] + load)[binds] / space.capacity[z][binds] - 1e-9).max(initial=1.0)
    extra = max(need, 1.0) - state.runs[r]
    if extra <= 0:
        return float(TIE * space.leg_cost[z] * part)
    limits = slice(space.limit_ptr[r], space.limit_ptr[r + 1])
    if need > state.most[r] or (state.left[space.limit[limits]] < extra * space.limit_count[limits] - 1e-9).any():
        return np.inf
    return float(space.leg_cost[z] * (way.spread * min(part / way.fill, extra) + (1 - way.spread) * extra))


@pytest.mark.parametrize("seed", PLAN_SEEDS[:4])
def test_kernels_compiled_after_an_install_are_those_of_real_cases(seed: int) -> None:
    """An array that is not in one piece is of another type: its kernels would be compiled within a plan's time."""
    tiny, real = (
        Rebuilder(master, flatten(master.problem, master.net), 0)
        for master in (Master(two_lorries()), Master(plain_problem(seed)))
    )
    for name in ("space", "freight", "guides", "state"):
        assert typeof(getattr(tiny, name)) == typeof(getattr(real, name))
