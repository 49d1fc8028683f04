"""Which design problems are static networks, and what is read of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.modular import KINDS as LINK_KINDS
from tests.helpers.modular import Modular, random_modular
from tests.helpers.random_cases import random_case
from tests.helpers.static_nets import Net, Vehicle
from tests.unit.engine.hand_made import lorry, shuttle
from tests.unit.engine.static.made import arc, to_network, to_problem

from landbridge.engine import DesignProblem
from landbridge.engine.static.network import StaticNetwork, static_network
from landbridge.network import build_network, read_canad, read_gins

INF = np.inf


def read(problem: DesignProblem) -> StaticNetwork:
    found = static_network(problem)
    assert found is not None
    return found


def triangle(**changes: Any) -> DesignProblem:
    fields: dict[str, Any] = {
        "tails": [0, 1, 0],
        "heads": [1, 2, 2],
        "unit_cost": [1, 2, 3],
        "capacity": [10, 11, 12],
        "fixed_cost": [5, 6, 40],
        "origins": [0, 1],
        "destinations": [2, 2],
        "quantity": [6, 4],
    }
    return DesignProblem.from_arrays(**(fields | changes))


def test_arcs_are_links_of_one_module() -> None:
    net = read(triangle(max_runs=[1, 2, 0], num_nodes=5))
    assert (net.num_nodes, net.num_arcs, net.num_links) == (5, 2, 2)
    assert net.arc_tail.tolist() == [0, 1]
    assert net.arc_head.tolist() == [1, 2]
    assert net.arc_cost.tolist() == [1.0, 2.0]
    assert net.link_ptr.tolist() == [0, 1, 2]
    assert net.arc_link.tolist() == net.module_link.tolist() == net.module_vehicle.tolist() == [0, 1]
    assert not net.link_shared.any()
    assert net.link_cost.tolist() == [0.0, 0.0]
    assert net.module_cost.tolist() == [5.0, 6.0]
    assert net.module_most.tolist() == [1.0, 1.0]
    assert (net.origin.tolist(), net.dest.tolist(), net.qty.tolist()) == ([0, 1], [2, 2], [6.0, 4.0])
    assert np.isinf(net.penalty).all()
    assert net.constant == 0.0


def test_capacity_and_copies_are_no_more_than_all_freight_needs() -> None:
    """Ten units in all: of 4 units a run three runs are enough, and no run carries more than ten."""
    net = read(triangle(capacity=[4, 25, INF], max_runs=INF))
    assert net.module_cap.tolist() == [4.0, 10.0, 10.0]
    assert net.module_most.tolist() == [3.0, 1.0, 1.0]


def test_arcs_that_no_run_serves_are_left_out() -> None:
    assert read(triangle(capacity=[0, 1, 1])).module_vehicle.tolist() == [1, 2]


@pytest.mark.parametrize("second", [{"capacity": 3.0}, {"run_cost": 9.0}, {"most": 4.0}])
def test_vehicles_with_equal_legs_are_modules_of_one_link(second: dict[str, float]) -> None:
    """Also when another vehicle stands between them."""
    vehicles = (arc(0, 1), arc(1, 0), arc(0, 1, **second))
    net = to_network(Net(num_nodes=2, vehicles=vehicles, demands=((0, 1, 30.0, INF),)))
    assert net.num_links == 2
    assert net.module_link.tolist() == [0, 0, 1]
    assert net.module_vehicle.tolist() == [0, 2, 1]


def test_parallel_arcs_of_different_unit_cost_are_two_links() -> None:
    net = to_network(Net(num_nodes=2, vehicles=(arc(0, 1, 1.0), arc(0, 1, 2.0)), demands=((0, 1, 3.0, INF),)))
    assert net.num_links == 2


def pair(*, shared: bool, load_cost: float = 0.0, leg_cost: float = 0.0) -> Net:
    link = Vehicle(
        legs=((0, 1, leg_cost), (1, 0, leg_cost)),
        capacity=10.0,
        run_cost=5.0,
        most=3.0,
        shared=shared,
        load_cost=load_cost,
    )
    return Net(num_nodes=2, vehicles=(link,), demands=((0, 1, 6.0, INF), (1, 0, 6.0, INF)))


def test_legs_of_one_room_share_and_a_load_cost_is_one_of_their_flows() -> None:
    net = to_network(pair(shared=True, load_cost=2.0, leg_cost=1.0))
    assert net.link_shared.tolist() == [True]
    assert net.arc_cost.tolist() == [3.0, 3.0]
    assert net.link_cost.tolist() == [0.0]


def test_legs_of_two_rooms_are_apart_and_the_larger_load_costs() -> None:
    net = to_network(pair(shared=False, load_cost=2.0, leg_cost=1.0))
    assert net.link_shared.tolist() == [False]
    assert (net.arc_tail.tolist(), net.arc_head.tolist()) == ([0, 1], [1, 0])
    assert net.arc_cost.tolist() == [1.0, 1.0]
    assert net.link_cost.tolist() == [2.0]


def test_the_load_cost_of_a_single_leg_is_one_of_its_flow() -> None:
    net = to_network(Net(num_nodes=2, vehicles=(arc(0, 1, 1.0, load_cost=2.0),), demands=((0, 1, 3.0, INF),)))
    assert net.arc_cost.tolist() == [3.0]
    assert net.link_cost.tolist() == [0.0]


def test_links_of_different_load_cost_or_room_are_apart() -> None:
    base = pair(shared=False, load_cost=2.0)
    for change in ({"load_cost": 3.0}, {"shared": True, "load_cost": 2.0}):
        other = replace(base.vehicles[0], **change)
        assert to_network(replace(base, vehicles=(base.vehicles[0], other))).num_links == 2
    assert to_network(replace(base, vehicles=base.vehicles * 2)).num_links == 1


def merged(net: StaticNetwork) -> dict[tuple[int, int, float], tuple[float, list[int]]]:
    keys = zip(net.origin.tolist(), net.dest.tolist(), net.penalty.tolist(), strict=True)
    return {
        key: (qty, sorted(members.tolist()))
        for key, qty, members in zip(keys, net.qty.tolist(), net.members, strict=True)
    }


def test_demands_between_the_same_nodes_at_the_same_penalty_are_one_commodity() -> None:
    problem = triangle(
        origins=[0, 1, 0, 0, 0, 1],
        destinations=[2, 2, 2, 2, 2, 1],
        quantity=[6, 4, 1, 2, 0, 9],
        penalty=[INF, 3, INF, 3, 3, INF],
    )
    assert merged(read(problem)) == {
        (0, 2, INF): (7.0, [0, 2]),
        (1, 2, 3.0): (4.0, [1]),
        (0, 2, 3.0): (2.0, [3]),
    }


def test_the_value_of_what_is_served_is_a_constant_and_a_penalty() -> None:
    """Serving all is worth 6 * 9 of the one that may stay and 4 * 2 of the one that must go."""
    problem = replace(
        triangle(penalty=[1.5, INF]), block_value=np.array([9.0, 2.0]), block_switch=np.full(2, -1, dtype=np.int64)
    )
    net = read(problem)
    assert net.constant == -(6 * 9.0 + 4 * 2.0)
    assert net.penalty.tolist() == [10.5, INF]


def test_flow_is_measured_in_capacity() -> None:
    """Units of 2 t that fill 4 of the capacity: twice the money a tonne is half the money a unit of capacity."""
    problem = replace(
        triangle(penalty=[8.0, INF]), commodity_load=np.full((2, 1), 4.0), commodity_weight_t=np.full(2, 2.0)
    )
    net = read(problem)
    assert net.qty.tolist() == [24.0, 16.0]
    assert net.arc_cost.tolist() == [0.5, 1.0, 1.5]
    assert net.penalty.tolist() == [2.0, INF]


def test_limits_of_one_vehicle_alone_bound_its_copies() -> None:
    """The lowest counts; parts of a run do not."""
    problem = triangle(max_runs=3, quantity=[60, 40])
    two = replace(
        problem,
        limit_cap=np.array([3.0, 3.0, 3.0, 2.9]),
        limit_low=np.zeros(4),
        limit_period_min=np.zeros(4, dtype=np.int64),
        limit_shift_min=np.zeros(4, dtype=np.int64),
        use_limit=np.array([0, 1, 2, 3]),
        use_vehicle=np.array([0, 1, 2, 1]),
        use_departure=np.full(4, -1),
        use_offset_min=np.zeros(4, dtype=np.int64),
    )
    assert read(two).module_most.tolist() == [3.0, 2.0, 3.0]


ONE = np.array([1])
NOT_PLAIN: dict[str, dict[str, Any]] = {
    "a horizon": {"horizon_min": 100},
    "two capacity dimensions": {"vehicle_capacity": np.ones((3, 2)), "commodity_load": np.ones((2, 2))},
    "no access for some": {"leg_access": np.array([[True, True, False]])},
    "a path for all of a shipment": {"terminal_single": np.array([True, False])},
    "a least quantity if any": {"block_min_fill": np.array([1.0, 0.0])},
    "a part that must be served": {"block_low": np.array([3.0, 4.0])},
    "an offer without worth": {"block_low": np.array([0.0, 4.0]), "block_value": np.array([-1.0, 0.0])},
    "a choice": {"switch_cost": np.ones(1), "switch_low": 0 * ONE, "switch_high": ONE},
    "a fleet": {
        "fleet_count": np.ones(1),
        "fleet_fixed_cost": np.ones(1),
        "fleet_start_hub": -ONE,
        "fleet_returns": np.array([True]),
    },
    "a link": {
        "link_tail": 0 * ONE,
        "link_head": ONE,
        "link_duration_min": 0 * ONE,
        "link_cost_per_t": np.zeros(1),
        "link_window_ptr": np.zeros(2, dtype=np.int64),
        "link_access": np.ones((1, 1), dtype=np.bool_),
    },
    "two sinks": {
        "sink_commodity": np.array([0, 0, 1]),
        "sink_node": np.array([2, 1, 2]),
        "sink_terminal": np.array([0, 0, 1]),
        "sink_due_min": np.zeros(3, dtype=np.int64),
        "sink_deadline_min": np.zeros(3, dtype=np.int64),
        "sink_late_cost": np.zeros(3),
    },
    "freight for another terminal": {"sink_terminal": np.array([1, 0])},
    "one supply for both": {"commodity_supply": np.array([0, 0]), "sink_terminal": np.array([0, 0])},
    "freight without load": {"commodity_load": np.zeros((2, 1))},
    "different weights of a unit of load": {"commodity_weight_t": np.array([1.0, 2.0])},
    "a limit for two vehicles": {"use_limit": np.array([0, 0, 1])},
    "runs that must be": {"limit_low": np.array([0.0, 1.0, 0.0])},
    "a limit by day": {"limit_period_min": np.array([0, 1440, 0])},
    "a limit of a departure": {"use_departure": np.array([0, -1, -1])},
    "a share of a class": {"share_vehicle": 0 * ONE, "share_frac": np.ones(1), "share_class_ptr": np.array([0, 0])},
    "a store": {"store_cap_t": np.ones(1)},
    "a subsidy of runs": {"vehicle_run_cost": np.array([-1.0, 1.0, 1.0])},
    "a subsidy of flow": {"leg_cost_per_t": np.array([-1.0, 1.0, 1.0])},
    "two prices of one shipment": {
        "block_terminal": np.array([0, 0, 1]),
        "block_qty": np.ones(3),
        "block_value": np.zeros(3),
        "block_penalty": np.ones(3),
        "block_low": np.zeros(3),
        "block_min_fill": np.zeros(3),
    },
    "a vehicle of two legs on": {
        "leg_vehicle": np.array([0, 0, 1]),
        "leg_tail": np.array([0, 1, 0]),
        "leg_head": np.array([1, 2, 2]),
    },
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_more_than_a_static_network_is_none(name: str) -> None:
    assert static_network(replace(triangle(), **NOT_PLAIN[name])) is None


def test_problems_with_time_are_none() -> None:
    assert static_network(lorry()) is None
    assert static_network(lorry(horizon_min=0)) is None  # its lorry has no departure
    assert static_network(shuttle()) is None
    assert all(static_network(build_network(random_case(seed), "in_force").problem) is None for seed in range(3))


def test_freight_at_home_that_may_stay_is_none() -> None:
    """It can be served for nothing, which no link says."""
    net = Net(num_nodes=2, vehicles=(arc(0, 1),), demands=((1, 1, 3.0, 2.0),))
    assert static_network(to_problem(net)) is None


def test_a_canad_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.dow"
    path.write_text("MULTIGEN.DAT:\n3 2 2\n1 2 4 10 7 1 1\n2 3 5 20 8 1 2\n1 3 6\n2 3 9\n")
    net = read(read_canad(path))
    assert (net.arc_tail.tolist(), net.arc_head.tolist(), net.arc_cost.tolist()) == ([0, 1], [1, 2], [4.0, 5.0])
    assert (net.module_cap.tolist(), net.module_cost.tolist()) == ([10.0, 15.0], [7.0, 8.0])
    assert net.module_most.tolist() == [1.0, 1.0]
    assert merged(net) == {(0, 2, INF): (6.0, [0]), (1, 2, INF): (9.0, [1])}


@pytest.mark.parametrize("kind", LINK_KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_gins_file_is_read(tmp_path: Path, kind: str, seed: int) -> None:
    """One link a line of the file, in its order, unless two lines are alike; here none are."""
    instance: Modular = random_modular(seed, kind)
    path = tmp_path / "g.txt"
    path.write_text(instance.text())
    net = read(read_gins(path))
    assert net.num_links == len(instance.links)
    assert net.link_shared.tolist() == [kind == "undirected"] * net.num_links
    total = sum(q for _, _, q in instance.demands)
    for e, (i, j, cost) in enumerate(instance.links):
        arcs = slice(net.link_ptr[e], net.link_ptr[e + 1])
        assert net.arc_tail[arcs].tolist() == ([i] if kind == "directed" else [i, j])
        assert net.arc_head[arcs].tolist() == ([j] if kind == "directed" else [j, i])
        assert set(net.arc_cost[arcs].tolist()) == {0.0 if kind == "bidirected" else float(cost)}
        assert net.link_cost[e] == (cost if kind == "bidirected" else 0.0)
        of_link = net.module_link == e
        assert list(zip(net.module_cap[of_link], net.module_cost[of_link], strict=True)) == [
            (min(u, total), f) for u, f in instance.modules
        ]
        assert net.module_most[of_link].tolist() == [
            min(n, np.ceil(total / u)) for n, (u, _) in zip(instance.copies, instance.modules, strict=True)
        ]
    assert sum(qty for qty, _ in merged(net).values()) == total
