"""From a static plan to the arrays that leave the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, DesignSolution, FloatArray, IntArray, SolveStatus
from landbridge.engine.static.plan import Frame, StaticPlan
from landbridge.engine.watch import Watch
from landbridge.units import FLOW_TOL, SUM_TOL, is_close


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPool:
    """
    What the next solve of a problem of the same shape can start from: a plan as (commodity, arcs, amount).

    ``ends`` are the nodes of all arcs and commodities.
    """

    ends: tuple[bytes, ...]
    flows: tuple[tuple[int, IntArray, float], ...]

    def fits(self, frame: Frame) -> bool:
        """Whether the flows mean the same in another network."""
        return self.ends == _ends(frame)


def _ends(frame: Frame) -> tuple[bytes, ...]:
    net = frame.net
    return tuple(nodes.tobytes() for nodes in (net.arc_tail, net.arc_head, net.origin, net.dest))


def pool_of(frame: Frame, plan: StaticPlan | None) -> StaticPool:
    """The pool of a plan."""
    flows = []
    if plan is not None:
        for p, amount in zip(plan.paths.tolist(), plan.amounts.tolist(), strict=True):
            flows.append((int(frame.pool.commodity[p]), frame.pool.arcs_of(p).copy(), amount))
    return StaticPool(ends=_ends(frame), flows=tuple(flows))


def plan_of_pool(frame: Frame, pool: StaticPool) -> StaticPlan:
    """Flows along the paths of a pool, with the quantities of this problem; they may be more than fits."""
    net = frame.net
    before = np.zeros(len(net.qty))
    for k, _, amount in pool.flows:
        before[k] += amount
    scale = np.minimum(1.0, net.qty / np.maximum(before, 1e-12))
    grown = np.where(before > 0, net.qty / np.maximum(before, 1e-12), 1.0)
    scale = np.where(np.isinf(net.penalty), grown, scale)
    paths = np.array([frame.pool.add(k, arcs) for k, arcs, _ in pool.flows], dtype=np.int64)
    amounts = np.array([amount * scale[k] for k, _, amount in pool.flows])
    return frame.plan(paths, amounts)


def to_solution(
    problem: DesignProblem,
    frame: Frame,
    plan: StaticPlan | None,
    watch: Watch,
    status: SolveStatus,
    demand_dual: FloatArray | None,
) -> DesignSolution:
    """Write a plan (None: none found) with bound, trace and duals."""
    p, net = problem, frame.net
    commodity, sink, qty, ptr, legs = _pieces(p, frame, plan) if plan is not None else ([], [], [], [0], [])
    runs = np.where(plan.copies > 0)[0] if plan is not None else np.zeros(0, dtype=np.int64)
    served = np.where(_is_at_home(p), p.block_low, 0.0) if plan is not None else np.zeros(len(p.block_qty))
    np.add.at(served, _block_of_commodity(p)[np.array(commodity, dtype=np.int64)], np.array(qty))
    served[p.block_qty - served <= FLOW_TOL * np.maximum(1.0, p.block_qty)] = p.block_qty[
        p.block_qty - served <= FLOW_TOL * np.maximum(1.0, p.block_qty)
    ]
    dual = np.zeros(len(p.terminal_single))
    if demand_dual is not None:
        for k, members in enumerate(net.members):
            dual[members] = demand_dual[k]
        dual[p.commodity_supply] *= p.commodity_load[:, 0]
    upper = plan.cost if plan is not None else np.inf
    lower = watch.lower if status != SolveStatus.INFEASIBLE else np.inf
    none = np.zeros(len(legs), dtype=np.int64)
    return DesignSolution(
        status=status,
        upper=upper,
        lower=upper if is_close(lower, upper, SUM_TOL) else lower,
        seconds=watch.seconds,
        work=watch.work,
        trace=tuple(watch.trace),
        run_vehicle=net.module_vehicle[runs],
        run_min=np.zeros(len(runs), dtype=np.int64),
        run_count=plan.copies[runs].astype(np.int64) if plan is not None else runs,
        run_empty=np.zeros(len(runs), dtype=np.int64),
        path_commodity=np.array(commodity, dtype=np.int64),
        path_sink=np.array(sink, dtype=np.int64),
        path_qty=np.array(qty, dtype=np.float64),
        path_ptr=np.array(ptr, dtype=np.int64),
        step_is_link=none.astype(np.bool_),
        step_index=np.array(legs, dtype=np.int64),
        step_start_min=none,
        step_end_min=none,
        block_served=served,
        fleet_used=np.zeros(0, dtype=np.int64),
        switch_on=np.zeros(0, dtype=np.int64),
        terminal_dual=dual,
        limit_dual=np.zeros((0, 3)),
        flow_limit_dual=np.zeros((0, 3)),
        pool=pool_of(frame, plan),
    )


def _is_at_home(p: DesignProblem) -> BoolArray:
    """Which blocks are of freight that is where it is wanted."""
    origin, end = (np.full(len(p.terminal_single), -1, dtype=np.int64) for _ in range(2))
    origin[p.commodity_supply] = p.commodity_origin
    end[p.commodity_supply[p.sink_commodity]] = p.sink_node
    found: BoolArray = (origin == end)[p.block_terminal]
    return found


def _block_of_commodity(p: DesignProblem) -> IntArray:
    block = np.full(len(p.terminal_single), -1, dtype=np.int64)
    block[p.block_terminal] = np.arange(len(p.block_terminal))
    return block[p.commodity_supply]


def _pieces(
    p: DesignProblem, frame: Frame, plan: StaticPlan
) -> tuple[list[int], list[int], list[float], list[int], list[int]]:
    """
    Flows cut so that each piece is of one commodity of the problem and rides one vehicle on each leg.

    Both arcs of a link fill its modules in the same order, so that the larger load of the link is the sum of the
    larger loads of its modules.
    """
    net, pool = frame.net, frame.pool
    first_leg = np.searchsorted(p.leg_vehicle, np.arange(len(p.vehicle_service)), side="left")
    commodity_of = np.full(len(p.terminal_single), -1, dtype=np.int64)
    commodity_of[p.commodity_supply] = np.arange(len(p.commodity_supply))
    sink_of = np.full(len(p.commodity_supply), -1, dtype=np.int64)
    sink_of[p.sink_commodity] = np.arange(len(p.sink_commodity))
    load_of = np.ones(len(p.terminal_single))
    load_of[p.commodity_supply] = p.commodity_load[:, 0]
    wanted = np.zeros(len(p.terminal_single))
    np.add.at(wanted, p.block_terminal, p.block_qty)
    room: dict[int, list[list[float]]] = {}
    members = [[[int(t), float(wanted[t] * load_of[t])] for t in found] for found in net.members]
    commodity, sink, qty, ptr, legs = [], [], [], [0], []
    for path, amount in zip(plan.paths.tolist(), plan.amounts.tolist(), strict=True):
        k = int(pool.commodity[path])
        pieces = _draw(members[k], amount, k)
        arcs = _in_order(frame, path)
        parts: list[tuple[int, float, list[int]]] = [(t, part, []) for t, part in pieces]
        for a in arcs:
            e = int(net.arc_link[a])
            key = int(net.link_ptr[e]) if net.link_shared[e] else a
            if key not in room:
                used = [m for m in np.where(net.module_link == e)[0].tolist() if plan.copies[m] > 0]
                room[key] = [[m, float(plan.copies[m] * net.module_cap[m])] for m in used]
            side = a - int(net.link_ptr[e])
            longer = []
            for t, part, ridden in parts:
                for m, piece in _draw(room[key], part, int(room[key][-1][0])):
                    longer.append((t, piece, [*ridden, int(first_leg[net.module_vehicle[m]]) + side]))
            parts = longer
        for t, part, ridden in parts:
            c = int(commodity_of[t])
            commodity.append(c)
            sink.append(int(sink_of[c]))
            qty.append(part / float(load_of[t]))
            legs += ridden
            ptr.append(len(legs))
    return commodity, sink, qty, ptr, legs


def _draw(sources: list[list[float]], amount: float, last: int) -> list[tuple[int, float]]:
    """Take an amount from sources [key, left] in order; what none has left (a rounding error) goes to the last."""
    taken: list[tuple[int, float]] = []
    for source in sources:
        part = min(amount, source[1])
        if part > FLOW_TOL:
            source[1] -= part
            amount -= part
            taken.append((int(source[0]), part))
    if amount > 0 and taken:
        key, part = taken[-1]
        taken[-1] = (key, part + amount)
    elif amount > 0:
        taken.append((int(sources[-1][0]) if sources else last, amount))
    return taken


def _in_order(frame: Frame, path: int) -> list[int]:
    """Arcs of a path from origin to destination."""
    net = frame.net
    onward = {int(net.arc_tail[a]): int(a) for a in frame.pool.arcs_of(path).tolist()}
    node = int(net.origin[frame.pool.commodity[path]])
    arcs = []
    while node in onward:
        arcs.append(onward.pop(node))
        node = int(net.arc_head[arcs[-1]])
    return arcs
