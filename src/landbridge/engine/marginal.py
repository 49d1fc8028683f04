"""What more of a limit on runs is worth on the relaxation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landbridge.engine.lp import INF
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, FloatArray, Limits
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.watch import Watch

MOST_ROUNDS = 40
"""Rounds of pricing after a limit has been raised."""


def relaxations_with_more(
    problem: DesignProblem, caps: Sequence[FloatArray], time_s: float
) -> tuple[float, list[float | None]] | None:
    """
    Solve the strong relaxation, and again from there with each of some other caps.

    Parameters
    ----------
    problem
        What to design.
    caps
        Each of shape ``(R,)``, no cap below the problem's.
    time_s
        Most seconds altogether.

    Returns
    -------
    tuple or None
        Cost of the relaxation, and with each of the caps (None: not finished in time); None where the first did not
        converge in time. Paths are priced out each time, so each is a bound on the cost of its problem; strong
        inequalities that only the raised limit would call for are left out, which can only lower it.
    """
    raised = replace(problem, limit_cap=np.max([problem.limit_cap, *caps], axis=0))
    master, watch = Master(raised), Watch(Limits(time_s=time_s))
    rows = master.run_rows
    at = np.arange(len(rows.cap))

    def set_caps(cap: FloatArray) -> None:
        upper = cap[rows.limit]
        master.model.set_row_bounds(
            master.cap_rows + at, np.full(len(at), -INF), np.where(np.isfinite(upper), upper, INF)
        )

    set_caps(problem.limit_cap)
    relaxation = solve_relaxation(master, watch)
    if not relaxation.converged or relaxation.row_dual is None:
        return None
    base = _solve_out(master, watch)
    found: list[float | None] = []
    for cap in caps:
        set_caps(cap)
        found.append(None if base is None else _solve_out(master, watch))
        set_caps(problem.limit_cap)
    return None if base is None else (base, found)


def _solve_out(master: Master, watch: Watch) -> float | None:
    """Cost of the relaxation over all paths; None where time is up before."""
    for _ in range(MOST_ROUNDS):
        result = master.solve(max(0.1, watch.seconds_left))
        if not result.is_optimal or watch.seconds_left <= 0:
            return None
        if not price_columns(master, read_duals(master, result.row_dual))[0]:
            return result.objective + master.penalty_constant
    return None
