"""The independent check: what a solution costs and whether it is allowed, from the published file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bench.instances import FloatArray, Instance

if TYPE_CHECKING:
    from landbridge.engine import DesignProblem, DesignSolution

FLOW_TOL = 1e-4
"""Units of flow that conservation or a capacity may be off, absolute, or as a part of the demand or capacity times
:data:`PART_TOL`: MIP solvers keep rows to 1e-6 of what they scaled."""

PART_TOL = 1e-6
COST_TOL = 1e-6
"""Part of the cost by which the cost claimed may be off."""


def check_flows(
    instance: Instance, copies: FloatArray, flow: FloatArray, balance: FloatArray, claimed: float
) -> tuple[float, list[str]]:
    """
    Recompute cost and feasibility.

    Parameters
    ----------
    copies
        Shape ``(L, M)``. Copies of each module of each link.
    flow
        Shape ``(layers, A)``. Flow of each layer on each arc of ``instance.arcs``.
    balance
        Shape ``(layers, N)``. What should leave each node less what should enter it.
    claimed
        Cost the solver names.

    Returns
    -------
    tuple
        The cost, and what is wrong in words; nothing = all is well.
    """
    tail, head, link = instance.arcs
    wrong = []
    if (flow < -FLOW_TOL).any():
        wrong.append(f"negative flow {flow.min():g}")
    if (np.abs(copies - np.rint(copies)) > 0).any() or (copies < 0).any() or (copies > instance.module_most).any():
        wrong.append("copies of a module are not whole, negative or more than allowed")
    net = np.zeros_like(balance)
    for layer, of_layer in enumerate(flow):
        np.add.at(net[layer], tail, of_layer)
        np.add.at(net[layer], head, -of_layer)
    off = np.abs(net - balance)
    if (off > FLOW_TOL + PART_TOL * np.abs(balance)).any():
        wrong.append(f"flow is not conserved, by {off.max():g}")
    on_arc = flow.sum(axis=0)
    load = np.zeros(len(instance.tail))
    if instance.kind == "bidirected":
        np.maximum.at(load, link, on_arc)
    else:
        np.add.at(load, link, on_arc)
    capacity = (instance.module_capacity * copies).sum(axis=1)
    over = load - capacity
    if (over > FLOW_TOL + PART_TOL * capacity).any():
        wrong.append(f"a link carries {over.max():g} more than its capacity")
    cost = float((instance.module_cost * copies).sum() + instance.unit_cost @ load)
    slack = COST_TOL * max(1.0, abs(cost))
    # Copies on one bidirected link may each be fullest in another direction; the load of the link is less than theirs.
    less_is_right = instance.kind == "bidirected" and cost < claimed
    if not (abs(cost - claimed) <= slack or less_is_right):
        wrong.append(f"costs {cost:.10g}, not {claimed:.10g}")
    return cost, wrong


def check_solution(instance: Instance, problem: DesignProblem, solution: DesignSolution) -> tuple[float, list[str]]:
    """
    Check a solution of the engine.

    Only the meaning of its indices is taken from ``problem``: which nodes a leg joins, and what a run of a
    vehicle holds and costs. Links, modules and demands are those of ``instance``.
    """
    try:
        copies, flow = _read(instance, problem, solution)
    except LookupError as error:
        return np.nan, [str(error)]
    num_demands = len(instance.demand)
    balance = np.zeros((num_demands, instance.num_nodes))
    balance[np.arange(num_demands), instance.origin] += instance.demand
    balance[np.arange(num_demands), instance.dest] -= instance.demand
    return check_flows(instance, copies, flow, balance, solution.upper)


def _read(instance: Instance, problem: DesignProblem, solution: DesignSolution) -> tuple[FloatArray, FloatArray]:
    """Copies of modules and flow of each demand; LookupError where the instance has no such link or module."""
    tail, head, link = instance.arcs
    arcs_by_ends: dict[tuple[int, int], list[int]] = {}
    for arc, ends in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        arcs_by_ends.setdefault(ends, []).append(arc)
    if any(len(arcs) > 1 for arcs in arcs_by_ends.values()):
        if instance.kind != "directed" or len(problem.leg_tail) != len(tail):
            raise LookupError("parallel links: legs cannot be told apart by their ends")
        arcs_by_leg = [[leg] for leg in range(len(tail))]
    else:
        arcs_by_leg = [
            arcs_by_ends.get(ends, [])
            for ends in zip(problem.leg_tail.tolist(), problem.leg_head.tolist(), strict=True)
        ]

    def arc_of(leg: int) -> int:
        for arc in arcs_by_leg[leg]:
            if (tail[arc], head[arc]) == (problem.leg_tail[leg], problem.leg_head[leg]):
                return arc
        raise LookupError(f"leg {leg}: the file has no link between its ends")

    copies = np.zeros(instance.module_cost.shape)
    first_leg = np.searchsorted(problem.leg_vehicle, np.arange(len(problem.vehicle_run_cost)))
    for vehicle, count, empty in zip(
        solution.run_vehicle.tolist(), solution.run_count.tolist(), solution.run_empty.tolist(), strict=True
    ):
        at = link[arc_of(int(first_leg[vehicle]))]
        same = np.flatnonzero(
            (instance.module_capacity[at] == problem.vehicle_capacity[vehicle, 0])
            & (instance.module_cost[at] == problem.vehicle_run_cost[vehicle])
        )
        if not len(same):
            raise LookupError(f"vehicle {vehicle}: link {at} has no module of its capacity and cost")
        copies[at, same[0]] += count + empty
    flow = np.zeros((len(instance.demand), len(tail)))
    for path, commodity in enumerate(solution.path_commodity.tolist()):
        if commodity >= len(flow):
            raise LookupError(f"commodity {commodity}: the file has no such demand")
        for step in range(int(solution.path_ptr[path]), int(solution.path_ptr[path + 1])):
            if not solution.step_is_link[step]:
                flow[commodity, arc_of(int(solution.step_index[step]))] += solution.path_qty[path]
    return copies, flow
