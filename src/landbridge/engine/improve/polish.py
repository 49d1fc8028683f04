"""The last step: the flows of a plan made exact, its runs kept."""

from __future__ import annotations

import numpy as np

from landbridge.engine.improve.submodel import Frame
from landbridge.engine.lp import LinearModel
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan, settle
from landbridge.engine.master.switches import blocks_at
from landbridge.units import FLOW_TOL, is_close


def polish(master: Master, plan: InnerPlan) -> InnerPlan:
    """
    Solve the flows of a plan as a linear programme over its own paths and whole runs.

    A MIP's runs are whole within a tolerance only, and flows that fill a run of
    0.9999999 are as much too small. Without runs and other paths to choose the optimum is a vertex
    of exact numbers. The plan itself is returned where that is not as good.
    """
    p, frame = master.problem, Frame.of(master)
    indices = sorted(plan.flow)
    if not indices:
        return plan
    blocks = master.block_col + np.arange(len(p.block_qty))
    x = np.zeros(len(frame.cost))
    for cols, amounts in ((master.run_col, plan.runs), (master.empty_col, plan.empties)):
        x[cols[cols >= 0]] = amounts[cols >= 0]
    x[master.switch_cols()] = plan.setting
    there = blocks_at(p, plan.setting)
    loads = master.load_col[master.load_col >= 0]
    free = np.concatenate([np.array([master.paths.col[i] for i in indices], dtype=np.int64), blocks, loads])
    least = np.where((plan.served > FLOW_TOL) & (p.block_min_fill > 0), p.block_min_fill, p.block_low * there)
    most = np.where((plan.served > FLOW_TOL) | (p.block_min_fill == 0), p.block_qty * there, 0.0)
    ptr, index, value = frame.columns(free)
    rows, local = np.unique(index, return_inverse=True)
    others = frame.activity(x)[rows]
    model = LinearModel()
    model.add_rows(frame.row_lower[rows] - others, frame.row_upper[rows] - others)
    model.add_cols(
        frame.cost[free],
        np.concatenate([np.zeros(len(indices)), np.maximum(least, p.block_low * there), np.zeros(len(loads))]),
        np.concatenate([frame.upper[free[: len(indices)]], most, frame.upper[loads]]),
        ptr,
        local.astype(np.int64),
        value,
    )
    result = model.solve()
    if not result.is_optimal:
        return plan
    flow = {i: float(result.x[n]) for n, i in enumerate(indices) if result.x[n] > FLOW_TOL}
    better = settle(master, plan.runs, plan.empties, flow, plan.setting)
    return better if better.cost < plan.cost or is_close(better.cost, plan.cost) else plan
