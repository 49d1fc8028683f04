"""A part of a model solved with the rest fixed: the MIP of one neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.master.choices import add_min_fill, add_single_path
from landbridge.engine.master.master import Master
from landbridge.engine.master.switches import blocks_at
from landbridge.engine.problem import BoolArray, FloatArray, IntArray

PATH_SHARE = 10.0
"""By how much more a path must not cost than a run, in terms of what all of its freight costs, to stay open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The columns and rows of a master at one moment."""

    ptr: IntArray
    index: IntArray
    value: FloatArray
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray

    @classmethod
    def of(cls, master: Master) -> Frame:
        """Frame of a master's model."""
        ptr, index, value, cost, lower, upper, row_lower, row_upper = master.model.matrix()
        return cls(
            ptr=ptr,
            index=index,
            value=value,
            cost=cost,
            lower=lower,
            upper=upper,
            row_lower=row_lower,
            row_upper=row_upper,
        )

    def activity(self, x: FloatArray) -> FloatArray:
        """Value of each row at a point."""
        total = np.zeros(len(self.row_lower))
        np.add.at(total, self.index, self.value * np.repeat(x, np.diff(self.ptr)))
        return total

    def reduced_costs(self, row_dual: FloatArray) -> FloatArray:
        """Reduced cost of each column."""
        products = np.concatenate([[0.0], np.cumsum(self.value * row_dual[self.index])])
        reduced: FloatArray = self.cost - (products[self.ptr[1:]] - products[self.ptr[:-1]])
        return reduced

    def columns(self, cols: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Entries of some columns, by column."""
        counts = self.ptr[cols + 1] - self.ptr[cols]
        ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        at = np.repeat(self.ptr[cols] - ptr[:-1], counts) + np.arange(ptr[-1])
        return ptr, self.index[at], self.value[at]


def part_model(frame: Frame, x: FloatArray, free: IntArray) -> tuple[LinearModel, IntArray]:
    """
    Linear programme over some columns of a point, the others fixed; rows leave at least as much room as the point uses.

    Returns
    -------
    tuple
        The model, with the free columns in their order, and the rows of the frame that are its rows.
    """
    ptr, index, value = frame.columns(free)
    rows, local = np.unique(index, return_inverse=True)
    mine = np.zeros(len(rows))
    np.add.at(mine, local, value * np.repeat(x[free], np.diff(ptr)))
    others = frame.activity(x)[rows] - mine
    slack = 1e-9 * np.maximum(1.0, np.abs(mine))
    low = np.minimum(np.where(np.isfinite(frame.row_lower[rows]), frame.row_lower[rows] - others, -INF), mine - slack)
    high = np.maximum(np.where(np.isfinite(frame.row_upper[rows]), frame.row_upper[rows] - others, INF), mine + slack)
    both = frame.row_lower[rows] == frame.row_upper[rows]
    low, high = np.where(both, mine, low), np.where(both, mine, high)
    model = LinearModel()
    model.add_rows(low, high)
    model.add_cols(frame.cost[free], frame.lower[free], frame.upper[free], ptr, local.astype(np.int64), value)
    return model, rows.astype(np.int64)


def solve_part(
    master: Master,
    frame: Frame,
    x: FloatArray,
    free: IntArray,
    integer: BoolArray,
    limits: MipLimits,
    hope: float = np.inf,
) -> tuple[FloatArray | None, int]:
    """
    Improve a point over its free columns.

    Parameters
    ----------
    x
        A point that satisfies all rows (artificial columns included) and whose integer columns are whole.
    free
        Columns that may change.
    integer
        Which columns of the master are integer.
    hope
        Part of the distance between the point and the relaxation of its neighbourhood that reduced costs may take up:
        columns that the point does not use and that cost more are closed before the MIP. Less of it makes
        the MIP smaller.

    Returns
    -------
    tuple
        The point with its free columns replaced (None: nothing better was found), and the simplex iterations spent.
    """
    model, _ = part_model(frame, x, free)
    whole = np.where(integer[free])[0]
    extra, start = add_choices(master, model, x, free)
    before = float((frame.cost[free] * x[free]).sum())
    spent = 0
    if hope < np.inf:
        relaxed = model.solve(limits.time_s)
        spent = relaxed.iterations
        if relaxed.is_optimal:
            distance = before - relaxed.objective
            if distance <= 1e-9 * max(1.0, abs(before)):
                return None, spent
            _close_dear(master, frame, model, relaxed.row_dual, hope * distance, x, free)
    ints = np.concatenate([whole, extra])
    result = model.solve_mip(
        ints, limits, (np.concatenate([whole, extra]), np.concatenate([np.round(x[free[whole]]), start]))
    )
    if not result.has_point or result.objective > before - 1e-9 * max(1.0, abs(before)):
        return None, spent + result.iterations
    better = x.copy()
    better[free] = result.x[: len(free)]
    better[free[whole]] = np.round(better[free[whole]])
    return better, spent + result.iterations


def _close_dear(
    master: Master, frame: Frame, model: LinearModel, row_dual: FloatArray, slack: float, x: FloatArray, free: IntArray
) -> None:
    """
    Keep columns where they are in a point if moving them costs more than ``slack`` at the duals of the relaxation.

    A path counts with all that its terminal has. It might carry less, so this is for searches, not for proofs.
    """
    p, paths = master.problem, master.paths
    amount = np.ones(len(frame.cost))
    cols = np.array(paths.col, dtype=np.int64)
    known = cols < len(amount)
    supply = p.commodity_supply[p.sink_commodity[np.array(paths.sink, dtype=np.int64)]]
    amount[cols[known]] = master.supply[supply[known]] * PATH_SHARE
    ptr, index, value, cost, *_ = model.matrix()
    products = np.concatenate([[0.0], np.cumsum(value * row_dual[index])])
    reduced = (cost - (products[ptr[1:]] - products[ptr[:-1]]))[: len(free)] * amount[free]
    now, low, high = x[free], frame.lower[free], frame.upper[free]
    dear = (reduced > slack) & (now <= low + 1e-9)
    shut = np.where(dear)[0]
    model.set_col_bounds(shut, low[shut], np.maximum(low[shut], now[shut]))
    cheap = np.where((reduced < -slack) & (now >= high - 1e-9) & (high < INF))[0]
    model.set_col_bounds(cheap, np.minimum(now[cheap], high[cheap]), high[cheap])


def add_choices(master: Master, model: LinearModel, x: FloatArray, free: IntArray) -> tuple[IntArray, FloatArray]:
    """Binaries of single-path terminals and least fills among the free columns, and their values at the point."""
    p = master.problem
    at = {int(c): i for i, c in enumerate(free.tolist())}
    cols: list[int] = []
    start: list[float] = []
    for t in np.where(p.terminal_single)[0].tolist():
        of_paths = [master.paths.col[i] for i in master.paths_of_single(t)]
        mine = [col for col in of_paths if col in at]
        if not mine:
            continue
        fixed = any(col not in at and col < len(x) and x[col] > 1e-9 for col in of_paths)
        row = model.add_rows(np.array([-INF]), np.zeros(1) if fixed else np.ones(1))
        for col in mine:
            cols.append(add_single_path(model, at[col], float(master.supply[t]), row))
            start.append(1.0 if x[col] > 1e-9 else 0.0)
    for b in np.where(p.block_min_fill > 0)[0].tolist():
        col = master.block_col + b
        if col in at:
            cols.append(add_min_fill(model, at[col], float(p.block_min_fill[b]), float(p.block_qty[b])))
            start.append(1.0 if x[col] > 1e-9 else 0.0)
    return np.array(cols, dtype=np.int64), np.array(start)


def idle_point(master: Master, setting: FloatArray) -> FloatArray:
    """The point of a setting at which nothing runs and what must be served is left to artificial columns."""
    p = master.problem
    x = np.zeros(master.model.num_cols)
    x[master.block_col + np.arange(len(p.block_qty))] = least = p.block_low * blocks_at(p, setting)
    x[master.switch_cols()] = setting
    need = np.zeros(len(p.terminal_single))
    np.add.at(need, p.block_terminal, least)
    for i, t in enumerate(master.artificial_terminals.tolist()):
        x[master.artificial_col + i] = need[t]
    x[master.low_artificial_col + np.arange(len(master.low_index))] = master.run_rows.low[master.low_index]
    return x


def point_of(
    master: Master, setting: FloatArray, runs: FloatArray, flow: dict[int, float], served: FloatArray
) -> FloatArray:
    """The point of a plan: runs by candidate, flow by path, units served by block; what loads cost is left at 0."""
    x = idle_point(master, setting)
    for path, amount in flow.items():
        x[master.paths.col[path]] = amount
    has = master.run_col >= 0
    x[master.run_col[has]] = runs[has]
    x[master.block_col + np.arange(len(served))] = served
    return x
