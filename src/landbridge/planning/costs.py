"""Costs of a design solution by term, straight from its arrays (semantics §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from landbridge.engine import DesignProblem, DesignSolution
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.network import Network

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCosts:
    """
    What each step of each path costs, and what waiting before it does.

    Parameters
    ----------
    path
        Path of each step.
    tail
        Node each step starts from.
    leg, handling, storage
        Money a step, for all that flows.
    """

    path: IntArray
    tail: IntArray
    leg: FloatArray
    handling: FloatArray
    storage: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCosts:
    """
    What each path costs, when it ends, and whether it uses shared capacity.

    Parameters
    ----------
    flow, handling, storage, late
        Money a path, for all that flows.
    arrives_min
        Unwrapped minute at which each path ends.
    is_shared
        True when it rides a service with a run_cost or a fleet (§6.2).
    """

    steps: StepCosts
    flow: FloatArray
    handling: FloatArray
    storage: FloatArray
    late: FloatArray
    arrives_min: IntArray
    is_shared: BoolArray


def cost_paths(problem: DesignProblem, solution: DesignSolution) -> PathCosts:
    """Price the paths of a solution."""
    num_paths = len(solution.path_qty)
    path = np.repeat(np.arange(num_paths), np.diff(solution.path_ptr))
    weight_t = problem.commodity_weight_t[solution.path_commodity] * solution.path_qty
    step_t = weight_t[path]
    is_link = solution.step_is_link
    leg = np.where(is_link, 0, solution.step_index)
    link = np.where(is_link, solution.step_index, 0)
    tail = np.where(is_link, _take(problem.link_tail, link), _take(problem.leg_tail, leg))
    ready = problem.commodity_ready_min[solution.path_commodity]
    before = np.concatenate((np.zeros(1, dtype=np.int64), solution.step_end_min))[:-1]
    has_steps = np.diff(solution.path_ptr) > 0
    before[solution.path_ptr[:-1][has_steps]] = ready[has_steps]
    wait_min = solution.step_start_min - before
    steps = StepCosts(
        path=path,
        tail=tail,
        leg=np.where(is_link, 0.0, _take(problem.leg_cost_per_t, leg)) * step_t,
        handling=np.where(is_link, _take(problem.link_cost_per_t, link), 0.0) * step_t,
        storage=_take(problem.node_hold_cost, tail) * wait_min * step_t,
    )
    arrives = ready.copy()
    arrives[has_steps] = solution.step_end_min[solution.path_ptr[1:][has_steps] - 1]
    late_min = np.maximum(0, arrives - problem.sink_due_min[solution.path_sink])
    vehicle = _take(problem.leg_vehicle, leg)
    pays = (_take(problem.vehicle_run_cost, vehicle) > 0) | (_take(problem.vehicle_fleet, vehicle) >= 0)
    return PathCosts(
        steps=steps,
        flow=_sum_by(path, steps.leg, num_paths),
        handling=_sum_by(path, steps.handling, num_paths),
        storage=_sum_by(path, steps.storage, num_paths),
        late=problem.sink_late_cost[solution.path_sink] * late_min * solution.path_qty,
        arrives_min=arrives,
        is_shared=np.bincount(path, pays & ~is_link, num_paths) > 0,
    )


def sum_spend(network: Network, solution: DesignSolution) -> float:
    """Add up the spend of a solution (§6.2)."""
    problem = network.problem
    costs = cost_paths(problem, solution)
    shared = (costs.flow + costs.handling + costs.storage + costs.late)[costs.is_shared].sum()
    runs = float((problem.vehicle_run_cost[solution.run_vehicle] * solution.run_count).sum())
    empty_cost = np.nan_to_num(problem.vehicle_empty_cost[solution.run_vehicle])
    empty = float((empty_cost * solution.run_empty).sum())
    fleets = float((problem.fleet_fixed_cost * solution.fleet_used).sum())
    unserved = np.maximum(0.0, problem.block_qty - solution.block_served) * problem.block_penalty
    return float(
        runs - must_run_cost(network, solution) + empty + fleets + unserved.sum() + network.constant_cost + shared
    )


def must_run_cost(network: Network, solution: DesignSolution) -> float:
    """Run cost of the runs that leave whatever they carry."""
    if not network.must_run:
        return 0.0
    service = network.problem.vehicle_service[solution.run_vehicle]
    loaded: dict[tuple[int, int], int] = {}
    for key in zip(service.tolist(), solution.run_min.tolist(), solution.run_count.tolist(), strict=True):
        loaded[key[:2]] = loaded.get(key[:2], 0) + key[2]
    services = network.case.services
    return sum(services[key[0]].run_cost * min(must, loaded.get(key, 0)) for key, must in network.must_run.items())


def _sum_by(index: IntArray, values: FloatArray, num: int) -> FloatArray:
    return np.bincount(index, values, num).astype(np.float64)


def _take(values: NDArray[Number], index: IntArray) -> NDArray[Number]:
    """Pick values; where there are none at all the places picked are not used."""
    return values[index] if len(values) else np.zeros(len(index), dtype=values.dtype)
