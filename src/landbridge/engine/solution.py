"""From a plan inside the engine to the arrays that leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan, fleet_in_use
from landbridge.engine.problem import BoolArray, DesignSolution, FloatArray, IntArray, SolveStatus
from landbridge.engine.relax.hints import PathBatch, batch_of
from landbridge.engine.watch import Watch
from landbridge.units import SUM_TOL, is_close


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What the next solve of a similar problem can start from: the paths of a plan, and the size of their network."""

    paths: PathBatch
    num_arcs: int
    num_nodes: int
    num_sinks: int

    def fits(self, master: Master) -> bool:
        """Whether the paths mean the same in another master."""
        net = master.net
        same = self.num_arcs == len(net.arc_tail) and self.num_nodes == net.num_nodes
        return same and self.num_sinks == len(master.problem.sink_node)


def to_solution(
    master: Master, plan: InnerPlan | None, watch: Watch, status: SolveStatus, row_dual: FloatArray | None
) -> DesignSolution:
    """Write a plan (None: none found) with bound, trace and duals."""
    p, net = master.problem, master.net
    runs = np.where(plan.runs + plan.empties > 0)[0] if plan is not None else np.zeros(0, dtype=np.int64)
    indices = sorted(plan.flow) if plan is not None else []
    steps = steps_of(master, indices)
    sinks = np.array([master.paths.sink[i] for i in indices], dtype=np.int64)
    terminal, limit, flow_limit = _duals(master, row_dual)
    used = fleet_in_use(master, plan.runs, plan.empties) if plan is not None else np.zeros(len(p.fleet_count))
    upper = plan.cost if plan is not None else np.inf
    lower = watch.lower if status != SolveStatus.INFEASIBLE else np.inf
    return DesignSolution(
        status=status,
        upper=upper,
        lower=upper if is_close(lower, upper, SUM_TOL) else lower,  # what is left are sums in another order
        seconds=watch.seconds,
        work=watch.work,
        trace=tuple(watch.trace),
        run_vehicle=net.run_vehicle[runs],
        run_min=net.run_min[runs],
        run_count=plan.runs[runs].astype(np.int64) if plan is not None else np.zeros(0, dtype=np.int64),
        run_empty=plan.empties[runs].astype(np.int64) if plan is not None else np.zeros(0, dtype=np.int64),
        path_commodity=p.sink_commodity[sinks] if len(sinks) else np.zeros(0, dtype=np.int64),
        path_sink=sinks,
        path_qty=np.array([plan.flow[i] for i in indices]) if plan is not None else np.zeros(0),
        path_ptr=steps.ptr,
        step_is_link=steps.is_link,
        step_index=steps.index,
        step_start_min=steps.start_min,
        step_end_min=steps.end_min,
        block_served=plan.served if plan is not None else np.zeros(len(p.block_qty)),
        fleet_used=used.astype(np.int64),
        switch_on=(plan.setting if plan is not None else p.switch_low).astype(np.int64),
        terminal_dual=terminal,
        limit_dual=limit,
        flow_limit_dual=flow_limit,
        num_candidates=net.num_candidates,
        pool=Pool(
            paths=batch_of(master, indices),
            num_arcs=len(net.arc_tail),
            num_nodes=net.num_nodes,
            num_sinks=len(p.sink_node),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSteps:
    """Legs and links of paths one after another; those of path i are ``ptr[i]..ptr[i + 1]``."""

    ptr: IntArray
    is_link: BoolArray
    index: IntArray
    start_min: IntArray
    end_min: IntArray


def steps_of(master: Master, paths: list[int]) -> PathSteps:
    """Rides and handlings of paths, without waiting, boarding and alighting."""
    net, none = master.net, np.zeros(0, dtype=np.int64)
    arcs = np.concatenate([none, *(master.paths.arcs[i] for i in paths)])
    cycles = np.concatenate([none, *(master.paths.cycles[i] for i in paths)])
    path = np.repeat(np.arange(len(paths)), [len(master.paths.arcs[i]) for i in paths])
    moves = (net.arc_slot[arcs] >= 0) | (net.arc_link[arcs] >= 0)
    arcs, cycles, path = arcs[moves], cycles[moves], path[moves]
    slot, link = net.arc_slot[arcs], net.arc_link[arcs]
    index = link.copy()
    index[slot >= 0] = net.slot_leg[slot[slot >= 0]]
    start = net.node_min[net.arc_tail[arcs]] + cycles * net.horizon_min
    return PathSteps(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(path, minlength=len(paths)))]).astype(np.int64),
        is_link=slot < 0,
        index=index.astype(np.int64),
        start_min=start.astype(np.int64),
        end_min=(start + net.arc_duration[arcs]).astype(np.int64),
    )


def _duals(master: Master, row_dual: FloatArray | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Worth of one more unit at each terminal, and rows (limit, period, worth) of run and flow limits that bind."""
    p, net, rows = master.problem, master.net, master.run_rows
    if row_dual is None:
        return np.zeros(len(p.terminal_single)), np.zeros((0, 3)), np.zeros((0, 3))
    first = master.terminal_row
    terminal = row_dual[first : first + len(p.terminal_single)].copy()
    worth = -np.minimum(row_dual[master.cap_rows : master.cap_rows + len(rows.cap)], 0.0)
    binding = np.where(worth > 1e-9)[0]
    limit = np.stack([rows.limit[binding], rows.period[binding], worth[binding]], axis=1).astype(np.float64)
    tonnage = -np.minimum(row_dual[master.tonnage_rows : master.tonnage_rows + len(net.row_cap_t)], 0.0)
    tight = np.where((tonnage > 1e-9) & (net.row_limit >= 0))[0]
    flow = np.stack([net.row_limit[tight], net.row_period[tight], tonnage[tight]], axis=1).astype(np.float64)
    return terminal, limit, flow
