"""Plans near a relaxation: its runs rounded up or down, whatever rides them."""

from __future__ import annotations

import numpy as np

from landbridge.engine.improve.submodel import Frame, add_choices, idle_point, part_model
from landbridge.engine.lp import LinearModel, MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray

WHOLE_TOL = 1e-5
"""Runs of a relaxation that are as near to a whole number count as whole."""


def whole_ends(master: Master, runs: FloatArray, empties: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Whole numbers next to the runs of a relaxation, by column; from -inf to inf where a column is none of a run."""
    low, high = np.full(master.model.num_cols, -np.inf), np.full(master.model.num_cols, np.inf)
    for cols, values in ((master.run_col, runs), (master.empty_col, empties)):
        has = cols >= 0
        low[cols[has]] = np.floor(values[has] + WHOLE_TOL)
        high[cols[has]] = np.ceil(values[has] - WHOLE_TOL)
    return low, high


def round_relaxation(
    master: Master, frame: Frame, ends: tuple[FloatArray, FloatArray], integer: BoolArray, limits: MipLimits
) -> tuple[FloatArray | None, int]:
    """
    Find a point whose runs are those of a relaxation, each rounded up or down [1]_.

    Returns
    -------
    tuple
        The point (None: none was found), and the simplex iterations spent.

    References
    ----------
    .. [1] Berthold, T. (2014). RENS: the optimal rounding. *Mathematical Programming Computation* 6(1): 33-54.
           https://doi.org/10.1007/s12532-013-0060-9.
    """
    low, high = np.maximum(frame.lower, ends[0]), np.minimum(frame.upper, ends[1])
    model = LinearModel()
    model.add_rows(frame.row_lower, frame.row_upper)
    model.add_cols(frame.cost, low, high, frame.ptr, frame.index, frame.value)
    free = np.arange(len(frame.cost))
    extra, _ = add_choices(master, model, np.zeros(len(free)), free)
    whole = np.where(integer)[0]
    result = model.solve_mip(np.concatenate([whole, extra]), limits)
    if not result.has_point:
        return None, result.iterations
    x = result.x[: len(free)].copy()
    x[whole] = np.round(x[whole])
    return x, result.iterations


def flows_of_runs(
    master: Master, frame: Frame, setting: FloatArray, runs: FloatArray, time_s: float
) -> tuple[FloatArray | None, int]:
    """
    Find the best point with given runs over the paths of a master; runs that freight does not need stay at home.

    Terminals that may take one path only keep the one that carries most.

    Returns
    -------
    tuple
        The point (None: not found in time), and the simplex iterations spent.
    """
    p, net, paths = master.problem, master.net, master.paths
    num = len(frame.cost)
    x = idle_point(master, setting)[:num]
    has = (master.run_col >= 0) & (master.run_col < num)
    x[master.run_col[has]] = runs[has]
    open_slot = (runs > 0.5)[net.slot_run] | master.run_is_free[net.slot_run]
    rides = [i for i, slots in enumerate(paths.slots) if paths.col[i] < num and open_slot[slots].all()]
    cols = np.array([paths.col[i] for i in rides], dtype=np.int64)
    free = np.concatenate([master.block_col + np.arange(len(p.block_qty)), cols])
    model, _ = part_model(frame, x, free)
    found = model.solve(time_s)
    spent = found.iterations
    if not found.is_optimal:
        return None, spent
    first = len(p.block_qty)
    second = _second_choices(master, rides, found.x[first:])
    if len(second):
        model.set_col_bounds(first + second, np.zeros(len(second)), np.zeros(len(second)))
        found = model.solve(time_s)
        spent += found.iterations
        if not found.is_optimal:
            return None, spent
    x[free] = found.x[: len(free)]
    x[master.run_col[has]] = _runs_in_use(master, rides, found.x[first:], runs)[has]
    return x, spent


def _second_choices(master: Master, rides: list[int], amounts: FloatArray) -> IntArray:
    """Places of paths that terminals with one path only have to give up."""
    p, paths = master.problem, master.paths
    best: dict[int, int] = {}
    gone: list[int] = []
    for n in np.argsort(-amounts, kind="stable").tolist():
        s = paths.sink[rides[n]]
        ends = {int(p.commodity_supply[p.sink_commodity[s]]), int(p.sink_terminal[s])}
        single = [t for t in ends if p.terminal_single[t]]
        if any(t in best for t in single):
            gone.append(n)
        else:
            best.update(dict.fromkeys(single, n))
    return np.array(gone, dtype=np.int64)


def _runs_in_use(master: Master, rides: list[int], amounts: FloatArray, runs: FloatArray) -> FloatArray:
    """Runs, each no more often than its fullest leg needs."""
    p, net, paths = master.problem, master.net, master.paths
    load = np.zeros_like(master.slot_cap)
    for n in np.flatnonzero(amounts > WHOLE_TOL * 1e-3).tolist():
        i = rides[n]
        np.add.at(load, paths.slots[i], p.commodity_load[p.sink_commodity[paths.sink[i]]] * amounts[n])
    with np.errstate(invalid="ignore", divide="ignore"):
        needed = np.nan_to_num(load / master.slot_cap, nan=0.0, posinf=0.0).max(axis=1, initial=0.0)
    least = np.zeros(len(runs))
    np.maximum.at(least, net.slot_run, np.maximum(np.ceil(needed - 1e-9), (load > 0).any(axis=1)))
    fewer: FloatArray = np.minimum(runs, least)
    return fewer
