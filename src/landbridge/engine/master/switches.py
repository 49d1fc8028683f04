"""Switches: what may be off or on for the whole plan, and what hangs on each setting."""

from __future__ import annotations

import numpy as np

from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.master.limits import RunRows
from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray
from landbridge.engine.space.expansion import Expansion


def free_switches(problem: DesignProblem) -> BoolArray:
    """Which switches may be off or on. Shape ``(W,)``."""
    free: BoolArray = problem.switch_low < problem.switch_high
    return free


def switched_blocks(problem: DesignProblem) -> BoolArray:
    """Which blocks hang on a switch. Shape ``(B,)``."""
    if not len(problem.block_switch):
        return np.zeros(len(problem.block_qty), dtype=np.bool_)
    hang: BoolArray = problem.block_switch >= 0
    return hang


def blocks_at(problem: DesignProblem, setting: FloatArray) -> FloatArray:
    """Which blocks are there at a setting: 1 or 0. Shape ``(B,)``."""
    there = np.ones(len(problem.block_qty))
    hang = switched_blocks(problem)
    if hang.any():
        there[hang] = setting[problem.block_switch[hang]]
    return there


def costs_of_on(problem: DesignProblem) -> FloatArray:
    """Cost of each switch when on, with the penalties of the blocks that it brings. Shape ``(W,)``."""
    cost = problem.switch_cost.astype(np.float64).copy()
    hang = switched_blocks(problem)
    if hang.any():
        np.add.at(cost, problem.block_switch[hang], (problem.block_penalty * problem.block_qty)[hang])
    return cost


def runs_added(problem: DesignProblem, rows: RunRows) -> list[tuple[int, int, float]]:
    """By how much each switch raises each row on runs: (row, switch, runs)."""
    adds = zip(problem.limit_add_limit, problem.limit_add_switch, problem.limit_add_runs, strict=True)
    return [(int(row), int(w), float(n)) for x, w, n in adds for row in np.where(rows.limit == x)[0]]


def tonnes_added(problem: DesignProblem, net: Expansion) -> list[tuple[int, int, float]]:
    """By how much each switch raises each row on tonnes: (row, switch, tonnes)."""
    adds = zip(problem.flow_add_limit, problem.flow_add_switch, problem.flow_add_t, strict=True)
    return [(int(row), int(w), float(n)) for q, w, n in adds for row in np.where(net.row_limit == q)[0]]


def raised(cap: FloatArray, adds: list[tuple[int, int, float]], setting: FloatArray) -> FloatArray:
    """Right sides at a setting."""
    total = cap.astype(np.float64).copy()
    for row, w, amount in adds:
        total[row] += amount * setting[w]
    return total


def nearest_setting(problem: DesignProblem, wish: FloatArray) -> FloatArray | None:
    """
    The setting within the budgets that is nearest to a wish.

    Parameters
    ----------
    wish
        Shape ``(W,)``, each in ``0..1``.

    Returns
    -------
    FloatArray
        Whole numbers, shape ``(W,)``; None where no setting keeps within the budgets.
    """
    p = problem
    if not len(p.switch_cost):
        return np.zeros(0)
    model = LinearModel()
    order = np.argsort(p.budget_use_switch, kind="stable")
    ptr = np.searchsorted(p.budget_use_switch[order], np.arange(len(wish) + 1))
    model.add_rows(np.full(len(p.budget_cap), -INF), p.budget_cap)
    model.add_cols(
        1.0 - 2.0 * wish + 1e-6,
        p.switch_low.astype(np.float64),
        p.switch_high.astype(np.float64),
        ptr.astype(np.int64),
        p.budget_use_budget[order],
        p.budget_use_amount[order],
    )
    result = model.solve_mip(np.arange(len(wish)), MipLimits(time_s=np.inf))
    return np.round(result.x) if result.has_point else None
