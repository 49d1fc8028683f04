"""The strong relaxation: paths priced in and strong inequalities added until neither is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import LpResult
from landbridge.engine.problem import FloatArray
from landbridge.engine.static.master import PathMaster

NEAR = 0.05
"""Distance of bound and objective below which strong inequalities are looked for each round."""

CUT_EVERY = 4
"""Before that they are looked for every so many rounds."""

CLOSED = 1e-7
"""Distance of bound and objective below which pricing has converged."""

NEAR_ENOUGH = 1e-5
"""Distance above which the last point is not optimal: paths that pay were not found."""

SMOOTHING = 0.7
"""Part of the prices of the round before in the smooth ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The last optimal point, the best proved bound (without the constant), and whether nothing is missing."""

    result: LpResult
    bound: float
    converged: bool


def relax(
    master: PathMaster,
    stop: Callable[[], bool],
    *,
    rounds: int = 1000,
    strong: bool = True,
    cutoff: float = np.inf,
    until: float = np.inf,
) -> Relaxed:
    """
    Solve the strong relaxation by column generation.

    Stops early after ``rounds``, when the bound exceeds ``cutoff``, or at the clock's ``until``. The bound is the
    best Lagrangian one of all rounds, and holds whenever it stops. Paths are priced at smooth duals [1]_ and at those
    of the LP, in each round: a path costs little to find beside an LP.

    References
    ----------
    .. [1] Pessoa, A., R. Sadykov, E. Uchoa, and F. Vanderbeck (2018). Automation and combination of linear-programming
           based stabilization techniques in column generation. *INFORMS Journal on Computing* 30(2): 339-360.
           https://doi.org/10.1287/ijoc.2017.0784.
    """
    best = -np.inf
    smooth: FloatArray | None = None
    result = master.solve(until - time.monotonic())
    for step in range(rounds):
        if not result.has_point:
            return Relaxed(result=result, bound=best, converged=False)
        added = 0
        if smooth is not None:
            smooth = _mixed(result.row_dual, smooth)
            added, bound = master.price(smooth)
            best = max(best, bound)
        else:
            smooth = result.row_dual
        more, bound = master.price(result.row_dual)  # last: ``priced`` is of the LP's duals
        added, best = added + more, max(best, bound)
        if best > cutoff or stop():
            return Relaxed(result=result, bound=best, converged=False)
        distance = (result.objective - best) / max(1.0, abs(result.objective))
        cuts = 0
        if strong and (distance < NEAR or step % CUT_EVERY == CUT_EVERY - 1):
            cuts = master.separate_strong(result.x)
        done = not cuts and (not added or distance < CLOSED)
        if done and (distance < NEAR_ENOUGH or not master.drop_flow_cuts(result.row_dual)):
            return Relaxed(result=result, bound=best, converged=distance < NEAR_ENOUGH)
        result = master.solve(until - time.monotonic())
    return Relaxed(result=result, bound=best, converged=False)


def _mixed(dual: FloatArray, smooth: FloatArray) -> FloatArray:
    """Smooth duals of this round; those of new rows are the LP's."""
    mixed = dual.copy()
    mixed[: len(smooth)] += SMOOTHING * (smooth - dual[: len(smooth)])
    return mixed
