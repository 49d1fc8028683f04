"""Cut sets: what the finder, the pricing that pays once, and the dropping of rows rest on."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engine.test_relaxation import problem_of, tightened

from landbridge.engine.improve.submodel import Frame
from landbridge.engine.master.master import Master
from landbridge.engine.relax.pricing import price_columns, read_duals

SEEDS = (0, 2, 5, 8, 12, 15)


def cheapest_by_twin(
    master: Master, commodity: int, extra: np.ndarray, once: list[tuple[float, set[int]]]
) -> dict[int, float]:
    """The slow twin of the kernel: every set of prices paid so far has its least cost at each node, none is merged."""
    p, net = master.problem, master.net
    weight, klass = float(p.commodity_weight_t[commodity]), int(p.commodity_class[commodity])
    labels: dict[int, dict[frozenset[int], float]] = {int(net.origin_node[commodity]): {frozenset(): 0.0}}
    for x in range(int(net.origin_node[commodity]), net.num_nodes * net.num_cycles):
        c, n = divmod(x, net.num_nodes)
        for a in range(int(net.arc_ptr[n]), int(net.arc_ptr[n + 1])):
            if x not in labels or (net.arc_access[a] >= 0 and not net.access[klass, net.arc_access[a]]):
                continue
            to = (c + int(net.arc_wrap[a])) * net.num_nodes + int(net.arc_head[a])
            z = int(net.arc_slot[a])
            for paid, cost in labels[x].items():
                fresh = {i for i, (_, slots) in enumerate(once) if z in slots and i not in paid}
                new = cost + weight * float(net.arc_cost_per_t[a]) + (float(extra[z]) if z >= 0 else 0.0)
                new += sum(once[i][0] for i in fresh)
                at = labels.setdefault(to, {})
                key = paid | fresh
                at[key] = min(at.get(key, np.inf), new)
    found = {}
    for s in np.where(p.sink_commodity == commodity)[0].tolist():
        best = np.inf
        place = int(p.sink_node[s])
        for n in net.place_node[net.place_ptr[place] : net.place_ptr[place + 1]].tolist():
            for c in range(net.num_cycles):
                minute = int(net.node_min[n]) + c * net.horizon_min
                if minute <= p.sink_deadline_min[s]:
                    late = max(0, minute - int(p.sink_due_min[s])) * float(p.sink_late_cost[s])
                    best = min([best, *(cost + late for cost in labels.get(c * net.num_nodes + n, {}).values())])
        found[s] = best
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_prices_paid_once_are_paid_once(seed: int) -> None:
    """The kernel finds what a search without dominance finds, for prices on random sets of slots."""
    master = Master(problem_of(seed))
    p, net = master.problem, master.net
    rng = np.random.default_rng(seed)
    num_slots = len(net.slot_run)
    master.open_runs(np.arange(len(master.run_col)))
    worth = 1e6
    dual = np.zeros(master.model.num_rows)
    dual[master.terminal_row : master.terminal_row + len(master.supply)] = worth
    once: dict[int, list[tuple[float, set[int]]]] = {}
    extra: dict[int, np.ndarray] = {}
    row = master.model.num_rows
    prices = []
    for k in range(len(p.commodity_supply)):
        t = int(p.commodity_supply[k])
        if t in once:
            continue
        once[t], extra[t] = [], np.zeros(num_slots)
        for n in range(6):
            slots = rng.choice(num_slots, size=min(num_slots, 2 + n), replace=False)
            price = float(rng.uniform(1.0, 500.0))
            prices.append(-price)
            master.own.add(t, slots, row, 1.0, once=n < 5)
            row += 1
            if n < 5:
                once[t].append((price, set(slots.tolist())))
            else:
                extra[t][slots] += price
    duals = read_duals(master, np.concatenate([dual, prices]))
    _, reduced = price_columns(master, duals)
    for k in range(len(p.commodity_supply)):
        t = int(p.commodity_supply[k])
        for s, cost in cheapest_by_twin(master, k, extra[t], once[t]).items():
            all_worth = worth * (1 if int(p.sink_terminal[s]) == t else 2)
            if cost < all_worth:
                assert reduced[s] == pytest.approx(cost - all_worth, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_path_is_quicker_than_reach_says(seed: int) -> None:
    """What any path rides can be ridden, and from one ride to a later one it takes no less than the least minutes."""
    master = tightened(problem_of(seed))
    p, net, paths, reach = master.problem, master.net, master.paths, master.reach
    assert paths.sink
    for i, sink in enumerate(paths.sink):
        ends = {int(p.commodity_supply[p.sink_commodity[sink]]), int(p.sink_terminal[sink])}
        arcs, cycles = paths.arcs[i], paths.cycles[i]
        rides = [
            (int(net.arc_slot[a]), int(net.node_min[net.arc_tail[a]]) + int(c) * net.horizon_min)
            for a, c in zip(arcs, cycles, strict=True)
            if net.arc_slot[a] >= 0
        ]
        for g in ends:
            assert all(reach.can_ride(g)[z] for z, _ in rides)
        for n, (first, leaves) in enumerate(rides):
            for second, starts in rides[n + 1 :]:
                assert reach.spans(first)[second] <= starts + reach.travel[second] - leaves


@pytest.mark.parametrize("seed", SEEDS)
def test_dropped_cuts_leave_the_other_rows_as_they_were(seed: int) -> None:
    """Rows are renumbered: each path still counts in the rows it rides, and new paths would."""
    master = tightened(problem_of(seed))
    cuts = np.unique([row for at in master.cut_at.values() for row, _ in at])
    before = master.solve()
    gone = np.zeros(master.model.num_rows, dtype=np.bool_)
    gone[cuts[::2]] = True
    new_row = master.drop_cuts(gone)
    assert (new_row[gone] == -1).all()
    assert master.model.num_rows == int((~gone).sum())
    frame = Frame.of(master)
    for i, col in enumerate(master.paths.col):
        span = slice(int(frame.ptr[col]), int(frame.ptr[col + 1]))
        there = dict(zip(frame.index[span].tolist(), frame.value[span].tolist(), strict=True))
        expected = {row: value for row, value in master._path_entries(i).items() if value}
        assert there == pytest.approx(expected)
    after = master.solve()
    assert after.is_optimal
    assert after.objective <= before.objective + 1e-6 * max(1.0, abs(before.objective))


def test_sets_have_several_slots_and_bids() -> None:
    """The random cases show what the tests are about: lifted sets, bids, and freight that may ride twice."""
    masters = [tightened(problem_of(seed)) for seed in SEEDS]
    rows: dict[tuple[int, int], set[int]] = {}
    owners = set()
    for n, master in enumerate(masters):
        for (owner, z), at in master.cut_at.items():
            owners.add(owner >= len(master.supply))
            for row, _ in at:
                rows.setdefault((n, row), set()).add(z)
    assert owners == {False, True}
    assert max(len(slots) for slots in rows.values()) > 2
    assert any(master.own.prices(-np.ones(master.model.num_rows)).once.any() for master in masters)
