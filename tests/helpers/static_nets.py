"""Small static networks of vehicles, their optimum by a MIP, and a checker of plans; none of it knows the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import highspy
import numpy as np

KINDS = (
    "plain", "modules", "undirected", "bidirected", "elastic", "undirected elastic", "bidirected elastic", "tight",
    "odd", "fractional",
)  # fmt: skip
"""Kinds of random networks; ``odd``: nothing to carry, nowhere to go, nodes apart, the same demand twice."""


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """Legs (tail, head, cost of a unit); ``shared``: the loads of its legs add up, else the largest is its load."""

    legs: tuple[tuple[int, int, float], ...]
    capacity: float
    run_cost: float
    most: float
    shared: bool = False
    load_cost: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Net:
    """Vehicles and demands (origin, destination, quantity, penalty of a unit left; inf: must be carried)."""

    num_nodes: int
    vehicles: tuple[Vehicle, ...]
    demands: tuple[tuple[int, int, float, float], ...]


def random_net(seed: int, kind: str) -> Net:
    """Four to six nodes, a ring and some chords, two to five demands; most kinds can mostly be served."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    num_nodes = int(rng.integers(4, 7))
    ring = [(n, (n + 1) % num_nodes) for n in range(num_nodes)]
    chords = [tuple(map(int, rng.choice(num_nodes, 2, replace=False))) for _ in range(int(rng.integers(2, 5)))]
    both = kind.startswith(("undirected", "bidirected"))
    ends = ring + chords + ([] if both else [(j, i) for i, j in ring])
    scale = 0.8 if kind == "tight" else 1.0
    vehicles = []
    for i, j in ends:
        price = float(rng.integers(0, 6))
        sizes = 1 if kind in ("plain", "tight", "odd", "fractional") else int(rng.integers(1, 3))
        for _ in range(sizes):
            capacity = float(rng.integers(3, 14)) * scale
            if kind == "fractional":
                capacity = float(np.round(rng.uniform(2.0, 9.0), 3))
            vehicles.append(
                Vehicle(
                    legs=((i, j, 0.0 if kind.startswith("bidirected") else price),)
                    + (((j, i, 0.0 if kind.startswith("bidirected") else price),) if both else ()),
                    capacity=capacity,
                    run_cost=float(rng.integers(0, 40)),
                    most=float(rng.choice([1, 2, 3, np.inf] if kind != "tight" else [1, 1, 2])),
                    shared=kind.startswith("undirected"),
                    load_cost=price if kind.startswith("bidirected") else 0.0,
                )
            )
    demands = []
    for _ in range(int(rng.integers(2, 6))):
        o, d = map(int, rng.choice(num_nodes, 2, replace=False))
        penalty = float(rng.integers(1, 25)) if "elastic" in kind and rng.random() < 0.8 else np.inf
        quantity = float(np.round(rng.uniform(0.5, 8.0), 2)) if kind == "fractional" else float(rng.integers(1, 9))
        demands.append((o, d, quantity, penalty))
    if kind == "odd":
        demands += [(*demands[0][:2], 2.0, np.inf), (1, 2, 0.0, np.inf), (2, 2, 3.0, np.inf)]
        vehicles.append(vehicles[int(rng.integers(len(vehicles)))])
        vehicles.append(Vehicle(legs=((num_nodes, num_nodes + 1, 1.0),), capacity=5.0, run_cost=3.0, most=2.0))
        vehicles.append(Vehicle(legs=((0, 2, 1.0),), capacity=float("inf"), run_cost=90.0, most=1.0))
        num_nodes += 3
    return Net(num_nodes=num_nodes, vehicles=tuple(vehicles), demands=tuple(demands))


@dataclass(frozen=True, kw_only=True)
class Best:
    """An optimal plan: its cost, runs of each vehicle, flow of each (demand, vehicle, leg)."""

    cost: float
    runs: tuple[float, ...]
    flow: dict[tuple[int, int, int], float]


def optimum(net: Net) -> float | None:
    """Least cost; None: infeasible."""
    best = best_plan(net)
    return None if best is None else best.cost


def best_plan(net: Net) -> Best | None:
    """An optimal plan, by one flow variable a leg and demand and one integer a vehicle; None: infeasible."""
    model = highspy.Highs()
    model.silent()
    total = sum(q for _, _, q, _ in net.demands)
    runs = [
        model.addIntegral(lb=0, ub=float(min(v.most, np.ceil(total / min(v.capacity, 1e6)) + 1)), obj=v.run_cost)
        for v in net.vehicles
    ]
    load = [model.addVariable(lb=0, obj=v.load_cost) for v in net.vehicles]
    places = [(v, leg) for v, vehicle in enumerate(net.vehicles) for leg in range(len(vehicle.legs))]
    flow = {
        (k, v, leg): model.addVariable(lb=0, obj=net.vehicles[v].legs[leg][2])
        for k, (v, leg) in product(range(len(net.demands)), places)
    }
    constant = 0.0
    for k, (origin, destination, quantity, penalty) in enumerate(net.demands):
        served = model.addVariable(lb=quantity if np.isinf(penalty) else 0, ub=quantity)
        if np.isfinite(penalty):
            model.changeColCost(served.index, -penalty)
            constant += penalty * quantity
        for n in range(net.num_nodes):
            out = [flow[k, v, leg] for v, leg in places if net.vehicles[v].legs[leg][0] == n]
            back = [flow[k, v, leg] for v, leg in places if net.vehicles[v].legs[leg][1] == n]
            share = float(n == origin) - float(n == destination)
            model.addConstr(sum(out, served * 0.0) - sum(back, served * 0.0) - share * served == 0)
    for v, vehicle in enumerate(net.vehicles):
        on_legs = [sum(flow[k, v, leg] for k in range(len(net.demands))) for leg in range(len(vehicle.legs))]
        for sums in [sum(on_legs)] if vehicle.shared else on_legs:
            model.addConstr(load[v] - sums >= 0)
        model.addConstr(min(vehicle.capacity, total + 1.0) * runs[v] - load[v] >= 0)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("mip_abs_gap", 1e-7)
    model.setOptionValue("threads", 1)
    model.run()
    if model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = model.getSolution().col_value
    return Best(
        cost=float(model.getObjectiveValue()) + constant,
        runs=tuple(float(round(value[run.index])) for run in runs),
        flow={key: float(value[var.index]) for key, var in flow.items()},
    )


@dataclass(frozen=True, kw_only=True)
class Ride:
    """A quantity of a demand that rides legs (vehicle, leg) in this order."""

    demand: int
    quantity: float
    legs: tuple[tuple[int, int], ...]


def check_plan(net: Net, runs: Sequence[float], rides: Sequence[Ride], tol: float = 1e-6) -> float:
    """Cost of a plan, counted anew; an assertion fails where it is no plan."""
    served = np.zeros(len(net.demands))
    loads = [np.zeros(len(v.legs)) for v in net.vehicles]
    cost = 0.0
    for ride in rides:
        node, destination = net.demands[ride.demand][:2]
        assert ride.quantity >= 0
        served[ride.demand] += ride.quantity
        for v, leg in ride.legs:
            tail, head, price = net.vehicles[v].legs[leg]
            assert tail == node, "a ride goes on from where it is"
            node = head
            loads[v][leg] += ride.quantity
            cost += price * ride.quantity
        assert node == destination, "a ride ends at its destination"
    for (_, _, quantity, penalty), got in zip(net.demands, served, strict=True):
        assert got <= quantity + tol * max(1.0, quantity), "no more is carried than there is"
        if np.isinf(penalty):
            assert got >= quantity - tol * max(1.0, quantity), "what must be carried is"
        else:
            cost += penalty * max(quantity - got, 0.0)
    for vehicle, count, load in zip(net.vehicles, runs, loads, strict=True):
        assert count == round(count)
        assert 0 <= count <= vehicle.most
        size = float(load.sum() if vehicle.shared else load.max(initial=0.0))
        assert size <= (count * vehicle.capacity if count else 0.0) + tol * max(1.0, size), "loads fit"
        cost += vehicle.run_cost * count + vehicle.load_cost * size
    return cost
