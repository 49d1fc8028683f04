"""Plain static problems from plain arrays: links, what runs on them, and demands between two nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from landbridge.engine.problem import DesignProblem, FloatArray, IntArray
from landbridge.errors import InvalidInstance


def static_problem(
    *,
    num_nodes: int,
    leg_vehicle: IntArray,
    leg_tail: IntArray,
    leg_head: IntArray,
    leg_cost: FloatArray,
    capacity: FloatArray,
    run_cost: FloatArray,
    most_runs: FloatArray,
    origin: IntArray,
    destination: IntArray,
    quantity: FloatArray,
    penalty: FloatArray | None = None,
    leg_room: IntArray | None = None,
    load_cost: FloatArray | None = None,
) -> DesignProblem:
    """
    Fill in a design problem without time, of one capacity dimension, in which each vehicle has a run limit of its own.

    Parameters
    ----------
    leg_vehicle, leg_tail, leg_head, leg_cost, leg_room
        Shape ``(L,)``, by vehicle; rooms: as in :class:`DesignProblem`.
    capacity, run_cost, most_runs, load_cost
        Shape ``(V,)``.
    origin, destination, quantity, penalty
        Shape ``(K,)``; a penalty of inf, or none at all: must be served in full.
    """
    num_vehicles, num_demands = len(capacity), len(origin)
    first_leg = np.searchsorted(leg_vehicle, np.arange(num_vehicles))
    every_vehicle, every_demand = np.arange(num_vehicles), np.arange(num_demands)
    zeros, no_time = np.zeros(num_vehicles, dtype=np.int64), np.zeros(num_demands, dtype=np.int64)
    must = np.ones(num_demands, dtype=np.bool_) if penalty is None else ~np.isfinite(penalty)
    return DesignProblem(
        horizon_min=0,
        node_rank=np.ones(num_nodes, dtype=np.int64),
        node_hold_cost=np.zeros(num_nodes),
        node_store=np.full(num_nodes, -1, dtype=np.int64),
        leg_vehicle=leg_vehicle,
        leg_tail=leg_tail,
        leg_head=leg_head,
        leg_travel_min=np.zeros(len(leg_tail), dtype=np.int64),
        leg_cost_per_t=leg_cost,
        leg_room=np.zeros(0, dtype=np.int64) if leg_room is None else leg_room,
        vehicle_load_cost=np.zeros(0) if load_cost is None else load_cost,
        vehicle_service=every_vehicle,
        vehicle_capacity=capacity.reshape(-1, 1).copy(),
        vehicle_run_cost=run_cost,
        vehicle_empty_cost=np.full(num_vehicles, np.nan),
        vehicle_timed=np.ones(num_vehicles, dtype=np.bool_),
        vehicle_fleet=np.full(num_vehicles, -1, dtype=np.int64),
        vehicle_from_hub=leg_tail[first_leg],
        vehicle_to_hub=leg_head[first_leg],
        departure_vehicle=every_vehicle,
        departure_min=zeros,
        limit_cap=most_runs,
        limit_low=np.zeros(num_vehicles),
        limit_period_min=zeros,
        limit_shift_min=zeros,
        use_limit=every_vehicle,
        use_vehicle=every_vehicle,
        use_departure=np.full(num_vehicles, -1, dtype=np.int64),
        use_offset_min=zeros,
        leg_access=np.ones((1, len(leg_tail)), dtype=np.bool_),
        link_access=np.ones((1, 0), dtype=np.bool_),
        commodity_origin=origin,
        commodity_ready_min=no_time,
        commodity_class=no_time,
        commodity_weight_t=np.ones(num_demands),
        commodity_load=np.ones((num_demands, 1)),
        commodity_supply=every_demand,
        sink_commodity=every_demand,
        sink_node=destination,
        sink_due_min=no_time,
        sink_deadline_min=no_time,
        sink_late_cost=np.zeros(num_demands),
        sink_terminal=every_demand,
        terminal_single=np.zeros(num_demands, dtype=np.bool_),
        block_terminal=every_demand,
        block_qty=quantity.copy(),
        block_value=np.zeros(num_demands),
        block_penalty=np.zeros(num_demands) if penalty is None else np.where(must, 0.0, penalty),
        block_low=np.where(must, quantity, 0.0),
        block_min_fill=np.zeros(num_demands),
    )


def problem_from_arrays(
    tails: ArrayLike,
    heads: ArrayLike,
    unit_cost: ArrayLike,
    capacity: ArrayLike,
    fixed_cost: ArrayLike,
    origins: ArrayLike,
    destinations: ArrayLike,
    quantity: ArrayLike,
    *,
    max_runs: ArrayLike,
    penalty: ArrayLike | None,
    num_nodes: int | None,
) -> DesignProblem:
    """Check the arrays of :meth:`DesignProblem.from_arrays` and fill in the problem."""
    tail, origin = _nodes("tails", tails, None, num_nodes), _nodes("origins", origins, None, num_nodes)
    arcs, demands = len(tail), len(origin)
    head = _nodes("heads", heads, arcs, num_nodes)
    destination = _nodes("destinations", destinations, demands, num_nodes)
    highest = max(int(ends.max(initial=-1)) for ends in (tail, head, origin, destination))
    most = _amounts("max_runs", max_runs, arcs, may_be_inf=True)
    broken = np.where(np.isfinite(most) & (most != np.floor(most)))[0]
    if len(broken):
        raise _refused("max_runs", int(broken[0]), f"{most[broken[0]]:g}", "a whole number or inf")
    return static_problem(
        num_nodes=highest + 1 if num_nodes is None else num_nodes,
        leg_vehicle=np.arange(arcs),
        leg_tail=tail,
        leg_head=head,
        leg_cost=_amounts("unit_cost", unit_cost, arcs),
        capacity=_amounts("capacity", capacity, arcs, may_be_inf=True),
        run_cost=_amounts("fixed_cost", fixed_cost, arcs),
        most_runs=most,
        origin=origin,
        destination=destination,
        quantity=_amounts("quantity", quantity, demands),
        penalty=None if penalty is None else _amounts("penalty", penalty, demands, may_be_inf=True),
    )


def _refused(name: str, at: int, found: str, expected: str) -> InvalidInstance:
    return InvalidInstance(f"{name}[{at}] is {found}; expected {expected}.")


def _vector(name: str, given: ArrayLike, count: int | None) -> FloatArray:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInstance(f"{name}: {error}; expected numbers.") from error
    if array.ndim == 0 and count is not None:
        array = np.full(count, float(array))
    if array.ndim != 1 or (count is not None and len(array) != count):
        expected = "one dimension" if count is None else f"shape ({count},)"
        raise InvalidInstance(f"{name} has shape {array.shape}; expected {expected}.")
    return array


def _nodes(name: str, given: ArrayLike, count: int | None, num_nodes: int | None) -> IntArray:
    array = _vector(name, given, count)
    most = np.inf if num_nodes is None else num_nodes - 1
    wrong = np.where(~((array >= 0) & (array <= min(most, 2**31)) & (array == np.floor(array))))[0]
    if len(wrong):
        upto = "" if num_nodes is None else f" below {num_nodes}"
        raise _refused(name, int(wrong[0]), f"{array[wrong[0]]:g}", f"a whole number of 0 or more{upto}")
    return array.astype(np.int64)


def _amounts(name: str, given: ArrayLike, count: int, *, may_be_inf: bool = False) -> FloatArray:
    array = _vector(name, given, count)
    wrong = np.where(~(array >= 0) | (np.isinf(array) & (not may_be_inf)))[0]
    if len(wrong):
        expected = "a number of 0 or more, or inf" if may_be_inf else "a finite number of 0 or more"
        raise _refused(name, int(wrong[0]), f"{array[wrong[0]]:g}", expected)
    return array.copy()
