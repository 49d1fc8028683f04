"""The door of the engine: a design problem of arrays in, a design solution of arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landbridge.errors import InvalidInstance

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def _ints() -> IntArray:
    return np.zeros(0, dtype=np.int64)


def _floats() -> FloatArray:
    return np.zeros(0)


def _bools() -> BoolArray:
    return np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignProblem:
    """
    A service network design problem on a flat network; the engine expands time.

    Minimise the cost of runs, empty runs, fleets and flows, less the value of
    what is served, plus the penalty of what is not. Letters: N nodes, L legs,
    V vehicles, P departures, K commodities, S sinks, T terminals, B blocks,
    R run limits, Q flow limits, M links, F fleets, C classes, D dimensions, W switches, G budgets.

    Parameters
    ----------
    horizon_min
        Length of the plan, minutes; 0 = static: no time, all of one moment.
    cyclic
        The horizon repeats; runs are decided once a cycle.
    dimensions
        Names of the D capacity dimensions, for messages.
    node_rank
        Shape ``(N,)``. Order of nodes within one minute: 1 = freight arrives or waits, 2 = boards, 3 = ends.
        Links lead to a node of higher rank or take time. Whoever reaches a node may pass it and wait there.
    node_hold_cost
        Shape ``(N,)``. Cost of a tonne waiting for a minute.
    node_store
        Shape ``(N,)``. Index of the store the node belongs to, -1 = none.
    store_cap_t
        Most tonnes waiting in a store at any moment.
    leg_vehicle, leg_tail, leg_head, leg_travel_min, leg_cost_per_t
        Shape ``(L,)``. Legs in the order of vehicles and of their routes. ``leg_vehicle`` is non-decreasing.
    leg_room
        Shape ``(L,)`` or empty. Legs of one vehicle with the same number of 0 or more share its capacity: their loads
        add up (an undirected link: legs i > j and j > i in one room). -1 or empty: each leg has all of it
        (a bidirected link: the larger of the two loads counts).
    vehicle_load_cost
        Shape ``(V,)`` or empty (= 0). Cost, for each departure, of a unit of load in the first dimension, the load
        being that of the fullest room: max over rooms, where a leg without a room is one of its own.
    vehicle_service
        Shape ``(V,)``. A vehicle is a service together with who charters it; vehicles of one service
        share candidate departures.
    vehicle_capacity
        Shape ``(V, D)``; inf = no limit.
    vehicle_run_cost, vehicle_empty_cost
        Shape ``(V,)``; an empty cost of nan allows no empty runs.
    vehicle_timed
        Shape ``(V,)``; False: may leave at any time, the engine chooses candidates.
    vehicle_fleet, vehicle_from_hub, vehicle_to_hub
        Shape ``(V,)``; fleet -1 = hired one way. Hubs are any numbering of places where vehicles stand.
    departure_vehicle, departure_min
        Shape ``(P,)``. Departures of timed vehicles, ``0 <= minute <= horizon``, each pair once.
    limit_cap, limit_low, limit_period_min, limit_shift_min
        Shape ``(R,)``. In each period (0 = the whole horizon; otherwise a day, ``(minute + shift) // period``,
        wrapped in a cyclic problem) loaded and empty runs <= cap and loaded runs >= low.
    use_limit, use_vehicle, use_departure, use_offset_min
        Each run of the vehicle (``use_departure`` = -1) or of that departure alone counts once against the
        limit, at its minute of leaving plus the offset.
    link_tail, link_head, link_duration_min, link_cost_per_t
        Shape ``(M,)``. Handling at a hub, or a free change (duration and cost 0).
    link_window_ptr, window_start, window_end
        Link m may start in ``[window_start, window_end)`` of its windows, minutes of ``0..horizon``;
        a link without windows is always open. Windows of a link do not overlap and ascend.
    flow_limit_cap_t, flow_limit_period_min, flow_limit_shift_min
        Shape ``(Q,)``. Tonnes whose handling starts in a period.
    flow_use_limit, flow_use_link, flow_use_class
        Flow of the class (-1 = all) on the link counts against the limit.
    leg_access, link_access
        Shape ``(C, L)`` and ``(C, M)``. What freight of a class may use.
    share_vehicle, share_frac, share_class_ptr, share_class
        The listed classes together fill at most that part of each run of the vehicle, on each leg and dimension.
    fleet_count, fleet_fixed_cost, fleet_start_hub, fleet_returns
        Shape ``(F,)``. count inf = any; start hub -1 = anywhere.
    commodity_origin, commodity_ready_min, commodity_class, commodity_weight_t, commodity_load, commodity_supply
        Shape ``(K,)``, load ``(K, D)``. Flow that starts at a node; ``supply`` is the terminal it draws on.
    sink_commodity, sink_node, sink_due_min, sink_deadline_min, sink_late_cost, sink_terminal
        Shape ``(S,)``. Where flow of the commodity may end, with the terminal it fills (a shipment's own
        supply, or a bid's); cost of lateness per unit and minute after due. Sorted by commodity.
    terminal_single
        Shape ``(T,)``. All flow of the terminal takes one path.
    block_terminal, block_qty, block_value, block_penalty, block_low, block_min_fill
        Shape ``(B,)``. Orders: units, value per unit served (negative: an offer's price), penalty per unit not
        served, least units that must be served, and least units served if any. Sorted by terminal.
    switch_cost, switch_low, switch_high
        Shape ``(W,)``. What may be off or on (0, 1) for the whole plan: an agreement, a project, a region; its cost
        when on, and the settings it may take (low = high: fixed).
    budget_cap, budget_use_budget, budget_use_switch, budget_use_amount
        The amounts of the switches that are on stay within each budget. ``a - b <= 0`` says that a needs b.
    block_switch
        Shape ``(B,)`` or empty. The block is there (quantity, least units, penalty) only while this switch is on;
        -1 = always.
    limit_add_limit, limit_add_switch, limit_add_runs
        While on, the switch raises the (whole) cap of a run limit in each period by a whole number.
    flow_add_limit, flow_add_switch, flow_add_t
        While on, the switch raises a flow limit, tonnes in each period.
    """

    horizon_min: int
    cyclic: bool = False
    dimensions: tuple[str, ...] = ("t",)
    node_rank: IntArray
    node_hold_cost: FloatArray
    node_store: IntArray
    store_cap_t: FloatArray = field(default_factory=_floats)
    leg_vehicle: IntArray
    leg_tail: IntArray
    leg_head: IntArray
    leg_travel_min: IntArray
    leg_cost_per_t: FloatArray
    leg_room: IntArray = field(default_factory=_ints)
    vehicle_load_cost: FloatArray = field(default_factory=_floats)
    vehicle_service: IntArray
    vehicle_capacity: FloatArray
    vehicle_run_cost: FloatArray
    vehicle_empty_cost: FloatArray
    vehicle_timed: BoolArray
    vehicle_fleet: IntArray
    vehicle_from_hub: IntArray
    vehicle_to_hub: IntArray
    departure_vehicle: IntArray = field(default_factory=_ints)
    departure_min: IntArray = field(default_factory=_ints)
    limit_cap: FloatArray = field(default_factory=_floats)
    limit_low: FloatArray = field(default_factory=_floats)
    limit_period_min: IntArray = field(default_factory=_ints)
    limit_shift_min: IntArray = field(default_factory=_ints)
    use_limit: IntArray = field(default_factory=_ints)
    use_vehicle: IntArray = field(default_factory=_ints)
    use_departure: IntArray = field(default_factory=_ints)
    use_offset_min: IntArray = field(default_factory=_ints)
    link_tail: IntArray = field(default_factory=_ints)
    link_head: IntArray = field(default_factory=_ints)
    link_duration_min: IntArray = field(default_factory=_ints)
    link_cost_per_t: FloatArray = field(default_factory=_floats)
    link_window_ptr: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    window_start: IntArray = field(default_factory=_ints)
    window_end: IntArray = field(default_factory=_ints)
    flow_limit_cap_t: FloatArray = field(default_factory=_floats)
    flow_limit_period_min: IntArray = field(default_factory=_ints)
    flow_limit_shift_min: IntArray = field(default_factory=_ints)
    flow_use_limit: IntArray = field(default_factory=_ints)
    flow_use_link: IntArray = field(default_factory=_ints)
    flow_use_class: IntArray = field(default_factory=_ints)
    leg_access: BoolArray
    link_access: BoolArray
    share_vehicle: IntArray = field(default_factory=_ints)
    share_frac: FloatArray = field(default_factory=_floats)
    share_class_ptr: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    share_class: IntArray = field(default_factory=_ints)
    fleet_count: FloatArray = field(default_factory=_floats)
    fleet_fixed_cost: FloatArray = field(default_factory=_floats)
    fleet_start_hub: IntArray = field(default_factory=_ints)
    fleet_returns: BoolArray = field(default_factory=_bools)
    commodity_origin: IntArray
    commodity_ready_min: IntArray
    commodity_class: IntArray
    commodity_weight_t: FloatArray
    commodity_load: FloatArray
    commodity_supply: IntArray
    sink_commodity: IntArray
    sink_node: IntArray
    sink_due_min: IntArray
    sink_deadline_min: IntArray
    sink_late_cost: FloatArray
    sink_terminal: IntArray
    terminal_single: BoolArray
    block_terminal: IntArray
    block_qty: FloatArray
    block_value: FloatArray
    block_penalty: FloatArray
    block_low: FloatArray
    block_min_fill: FloatArray
    switch_cost: FloatArray = field(default_factory=_floats)
    switch_low: IntArray = field(default_factory=_ints)
    switch_high: IntArray = field(default_factory=_ints)
    budget_cap: FloatArray = field(default_factory=_floats)
    budget_use_budget: IntArray = field(default_factory=_ints)
    budget_use_switch: IntArray = field(default_factory=_ints)
    budget_use_amount: FloatArray = field(default_factory=_floats)
    block_switch: IntArray = field(default_factory=_ints)
    limit_add_limit: IntArray = field(default_factory=_ints)
    limit_add_switch: IntArray = field(default_factory=_ints)
    limit_add_runs: FloatArray = field(default_factory=_floats)
    flow_add_limit: IntArray = field(default_factory=_ints)
    flow_add_switch: IntArray = field(default_factory=_ints)
    flow_add_t: FloatArray = field(default_factory=_floats)

    @classmethod
    def from_arrays(
        cls,
        tails: ArrayLike,
        heads: ArrayLike,
        unit_cost: ArrayLike,
        capacity: ArrayLike,
        fixed_cost: ArrayLike,
        origins: ArrayLike,
        destinations: ArrayLike,
        quantity: ArrayLike,
        *,
        max_runs: ArrayLike = 1,
        penalty: ArrayLike | None = None,
        num_nodes: int | None = None,
    ) -> DesignProblem:
        """
        Make a plain static problem: fixed-charge multicommodity capacitated network design.

        Minimise the sum of ``fixed_cost * runs + unit_cost * flow`` over arcs, with all flow of an arc at most
        ``capacity * runs``, runs whole. Flow may split. Numbers instead of arrays hold for all arcs, or commodities.

        Parameters
        ----------
        tails, heads
            Shape ``(A,)``. Nodes of each arc, counted from 0; parallel arcs are welcome.
        unit_cost
            Shape ``(A,)``. Money per unit of flow, finite, 0 or more.
        capacity
            Shape ``(A,)``. Units of flow one run carries; inf = no limit.
        fixed_cost
            Shape ``(A,)``. Money per run, finite, 0 or more.
        origins, destinations
            Shape ``(K,)``. Nodes of each commodity.
        quantity
            Shape ``(K,)``. Units to be carried, finite, 0 or more.
        max_runs
            Shape ``(A,)``. Most runs of each arc, whole; inf = any. 1 = built or not.
        penalty
            Shape ``(K,)``. Money per unit not carried; inf = must be carried, as by default all.
        num_nodes
            Number of nodes; default: as many as the arrays name.

        Raises
        ------
        InvalidInstance
            When an array has the wrong shape or a number that makes no sense; the message names array and index.

        Examples
        --------
        >>> problem = DesignProblem.from_arrays(
        ...     tails=[0, 1, 0], heads=[1, 2, 2], unit_cost=[1, 1, 3], capacity=10, fixed_cost=[5, 5, 40],
        ...     origins=[0, 1], destinations=[2, 2], quantity=[6, 4],
        ... )
        """
        from landbridge.engine.plain import problem_from_arrays  # it makes problems, so it imports this module

        return problem_from_arrays(
            tails,
            heads,
            unit_cost,
            capacity,
            fixed_cost,
            origins,
            destinations,
            quantity,
            max_runs=max_runs,
            penalty=penalty,
            num_nodes=num_nodes,
        )


class SolveStatus(StrEnum):
    """How a solve ended; only ``OPTIMAL`` and ``INFEASIBLE`` are proofs."""

    OPTIMAL = "optimal"
    GAP_REACHED = "gap_reached"
    FEASIBLE = "feasible"
    TIME_LIMIT = "time_limit"
    WORK_LIMIT = "work_limit"
    CANCELLED = "cancelled"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known after some seconds: cost of the best plan (inf = none yet) and proved bound (-inf = none yet)."""

    seconds: float
    upper: float
    lower: float
    phase: str


def _never() -> bool:
    return False


def _ignore(progress: Progress) -> None:
    del progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    When to stop.

    Parameters
    ----------
    time_s
        Wall-clock seconds, kept to within a second or two; inf = none.
    gap
        Stop when ``upper - lower <= gap * gap_base``.
    gap_base
        Money the gap is relative to: given a solution, its spend; default ``|upper|``.
    work
        Work units (counted simplex iterations and pricing rounds, not timed); inf = none. With one
        thread, the same seed and work limit give the same solution.
    seed, threads
        Seed of all random choices; number of threads.
    cancelled
        Polled often; True stops the search, which returns the best plan so far.
    report
        Called with each improvement of the plan or the bound, and at least every few seconds.

    Raises
    ------
    InvalidInstance
        When a limit is nan, which no search would ever come to.
    """

    time_s: float = np.inf
    gap: float = 0.0
    gap_base: Callable[[DesignSolution], float] | None = None
    work: float = np.inf
    seed: int = 0
    threads: int = 1
    cancelled: Callable[[], bool] = _never
    report: Callable[[Progress], None] = _ignore

    def __post_init__(self) -> None:
        for name in ("time_s", "gap", "work"):
            if np.isnan(getattr(self, name)):
                raise InvalidInstance(f"Limits: {name} is nan; expected a number of 0 or more, or inf for no limit.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSolution:
    """
    A plan with its proved bound.

    Parameters
    ----------
    status, upper, lower, seconds, work, trace
        ``upper`` is the cost of the plan (inf: none found), ``lower`` no plan costs less.
    run_vehicle, run_min, run_count, run_empty
        Departures that run: vehicle, minute in ``0..horizon``, loaded and empty runs.
    path_commodity, path_sink, path_qty, path_ptr
        Flows by path; the steps of path p are ``path_ptr[p]:path_ptr[p + 1]``.
    step_is_link, step_index, step_start_min, step_end_min
        Each step: a leg (index into legs) or a link, with unwrapped times. Free links (no duration, no
        cost) are included; waiting is not.
    block_served
        Shape ``(B,)``. Units served.
    fleet_used
        Shape ``(F,)``. Vehicles in use.
    switch_on
        Shape ``(W,)``. Setting of each switch.
    terminal_dual
        Shape ``(T,)``. Duals of the strong relaxation: worth of one more unit at the terminal (what the last
        unit brings there, net of nothing); by ``limit_dual`` rows ``(limit, period, dual)`` and
        ``flow_limit_dual`` the worth of one more run or tonne.
    num_candidates
        Candidate departures chosen by the engine for untimed vehicles (0: the bound holds as it is).
    pool
        Opaque; give it back as ``start`` to the next solve of a problem of the same shape.
    """

    status: SolveStatus
    upper: float
    lower: float
    seconds: float
    work: float
    trace: tuple[Progress, ...]
    run_vehicle: IntArray
    run_min: IntArray
    run_count: IntArray
    run_empty: IntArray
    path_commodity: IntArray
    path_sink: IntArray
    path_qty: FloatArray
    path_ptr: IntArray
    step_is_link: BoolArray
    step_index: IntArray
    step_start_min: IntArray
    step_end_min: IntArray
    block_served: FloatArray
    fleet_used: IntArray
    switch_on: IntArray
    terminal_dual: FloatArray
    limit_dual: FloatArray
    flow_limit_dual: FloatArray
    num_candidates: int = 0
    pool: object | None = None
