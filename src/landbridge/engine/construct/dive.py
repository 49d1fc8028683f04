"""A plan from first-order steps: runs of the relaxation become whole a few at a time, and the others follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray
from landbridge.engine.relax.split import SplitBound

UP, DOWN = 0.85, 0.02
"""Broken part of a run from which on it is one more, and below which it is none."""

DEARER_FIRST = 0.4
"""Power of its cost by which a dearer run is decided before a cheaper one as broken."""

WHOLE_TOL = 1e-6


def can_dive(master: Master) -> bool:
    """Whether any whole runs within the limits make a plan: nothing must run or be served, vehicles need not return."""
    p = master.problem
    must = (p.block_low > 0).any() or (p.block_min_fill > 0).any() or master.low_index.size
    return not (must or len(p.fleet_count))


def dive(
    bound: SplitBound, share: Callable[[int], float], follow: Callable[[], object], done: Callable[[], bool]
) -> FloatArray | None:
    """
    Make the runs of a settled bound whole, which ends its use as a bound of the problem: take a fork.

    In each round those that are nearly whole are rounded up, and some more, the largest broken parts and the dearest
    runs first, as far as limits allow; those next to nothing are closed. Then freight and prices follow to where they
    belong with these runs, and new ways are sought [1]_.

    Parameters
    ----------
    share
        Part of the runs not decided yet, of so many, that a round decides at least.
    follow
        Takes first-order steps of the bound and looks for ways.

    Returns
    -------
    array
        Runs by carrier; None: it was time to stop before all were decided.

    References
    ----------
    .. [1] Joncour, C., S. Michel, R. Sadykov, D. Sverdlov, and F. Vanderbeck (2010). Column generation based primal
           heuristics. *Electronic Notes in Discrete Mathematics* 36: 695-702.
           https://doi.org/10.1016/j.endm.2010.05.088.
    """
    left = bound.carriers.cap.copy()
    while (undecided := undecided_runs(bound)) > 0:
        if done():
            return None
        _decide(bound, share(undecided), left)
        follow()
    runs: FloatArray = np.round(bound.carriers.least)
    return runs


def undecided_runs(bound: SplitBound) -> int:
    """Carriers that are not decided yet."""
    return int(_undecided(bound).sum())


def _undecided(bound: SplitBound) -> BoolArray:
    """Carriers that cost something and may still run more or less often."""
    undecided: BoolArray = bound.carriers.least < bound.carriers.most - 0.5
    return undecided


def _decide(bound: SplitBound, share: float, left: FloatArray) -> None:
    """Decide some carriers; ``left`` is what limits still allow, and goes down with what is decided."""
    carriers = bound.carriers
    least, most = carriers.least.copy(), carriers.most.copy()
    undecided = np.where(_undecided(bound))[0]
    runs = bound.runs[undecided]
    base = np.floor(runs + WHOLE_TOL)
    broken = np.maximum(runs - base, 0.0)
    closed = runs <= DOWN
    most[undecided[closed]] = 0.0
    rank = broken[~closed] * carriers.run_cost[undecided[~closed]] ** DEARER_FIRST
    order = np.argsort(-rank, kind="stable")
    count = max(int(np.ceil(share * len(order))), int((broken[~closed] >= UP).sum()))
    for r in undecided[~closed][order[:count]].tolist():
        rows = slice(int(carriers.limit_ptr[r]), int(carriers.limit_ptr[r + 1]))
        room = np.floor((left[carriers.limit[rows]] / carriers.limit_count[rows]).min(initial=np.inf) + WHOLE_TOL)
        wish = np.ceil(bound.runs[r] - WHOLE_TOL)
        least[r] = most[r] = max(min(wish, most[r], room), 0.0)
        left[carriers.limit[rows]] -= carriers.limit_count[rows] * least[r]
    bound.carriers = carriers._replace(least=least, most=most)
    bound.runs = np.clip(bound.runs, least, most)
