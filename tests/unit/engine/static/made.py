"""From the networks of the helpers to the engine's problems, and from its solutions back to rides."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.helpers.static_nets import Net, Ride, Vehicle, check_plan

from landbridge.engine import DesignProblem, DesignSolution
from landbridge.engine.plain import static_problem
from landbridge.engine.static.network import StaticNetwork, static_network


def to_problem(net: Net) -> DesignProblem:
    """The arrays of a network."""
    legs = [(v, *leg) for v, vehicle in enumerate(net.vehicles) for leg in vehicle.legs]
    demands = np.array(net.demands, dtype=np.float64).reshape(-1, 4)
    return static_problem(
        num_nodes=net.num_nodes,
        leg_vehicle=np.array([v for v, *_ in legs], dtype=np.int64),
        leg_tail=np.array([i for _, i, _, _ in legs], dtype=np.int64),
        leg_head=np.array([j for _, _, j, _ in legs], dtype=np.int64),
        leg_cost=np.array([c for *_, c in legs], dtype=np.float64),
        leg_room=np.array([0 if net.vehicles[v].shared else -1 for v, *_ in legs], dtype=np.int64),
        load_cost=np.array([v.load_cost for v in net.vehicles], dtype=np.float64),
        capacity=np.array([v.capacity for v in net.vehicles], dtype=np.float64),
        run_cost=np.array([v.run_cost for v in net.vehicles], dtype=np.float64),
        most_runs=np.array([v.most for v in net.vehicles], dtype=np.float64),
        origin=demands[:, 0].astype(np.int64),
        destination=demands[:, 1].astype(np.int64),
        quantity=demands[:, 2].copy(),
        penalty=demands[:, 3].copy(),
    )


def to_network(net: Net) -> StaticNetwork:
    """A network as the static room reads it."""
    found = static_network(to_problem(net))
    assert found is not None
    return found


def arc(tail: int, head: int, cost: float = 1.0, **changes: Any) -> Vehicle:
    """A vehicle of one leg: 10 units a run at a cost of 5, once."""
    return Vehicle(**({"legs": ((tail, head, cost),), "capacity": 10.0, "run_cost": 5.0, "most": 1.0} | changes))


def check_solution(net: Net, problem: DesignProblem, found: DesignSolution) -> float:
    """Cost of a solution, counted anew by the helpers."""
    first_leg = np.searchsorted(problem.leg_vehicle, np.arange(len(net.vehicles)))
    runs = np.zeros(len(net.vehicles))
    np.add.at(runs, found.run_vehicle, found.run_count)
    assert not found.step_is_link.any()
    assert not found.run_empty.any()
    rides = []
    for p, k in enumerate(found.path_commodity.tolist()):
        legs = found.step_index[found.path_ptr[p] : found.path_ptr[p + 1]]
        vehicles = problem.leg_vehicle[legs]
        rides.append(
            Ride(
                demand=k,
                quantity=float(found.path_qty[p]),
                legs=tuple(zip(vehicles.tolist(), (legs - first_leg[vehicles]).tolist(), strict=True)),
            )
        )
    served = np.bincount(found.path_commodity, weights=found.path_qty, minlength=len(net.demands))
    at_home = np.array([o == d for o, d, _, _ in net.demands], dtype=np.bool_)
    rides += [
        Ride(demand=k, quantity=float(found.block_served[k] - served[k]), legs=())
        for k in np.where(at_home)[0].tolist()
    ]
    np.testing.assert_allclose(served[~at_home], found.block_served[~at_home], rtol=1e-6, atol=1e-6)
    return check_plan(net, runs.tolist(), rides)
