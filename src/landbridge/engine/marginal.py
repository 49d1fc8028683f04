"""What more of something is worth on the relaxation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from landbridge.engine.lp import INF
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, FloatArray, Limits
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.solution import steps_of
from landbridge.engine.space.steps import StepIndex
from landbridge.engine.watch import Watch

MOST_ROUNDS = 40
"""Rounds of pricing after a limit has been raised."""

FIRST_SHARE = 0.6
"""Part of the time for the first relaxation, tightened by cut sets that hold with raised caps too."""

CLEAR_OFF = 1.5
"""Of a relaxation made anew: how much longer than its even part of the time it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """
    A relaxation of a problem with more of something.

    Parameters
    ----------
    cost
        Its cost; None where it did not converge in time.
    bound
        No plan of the problem costs less.
    """

    cost: float | None
    bound: float


def relaxations_of(
    problem: DesignProblem, others: Sequence[DesignProblem], time_s: float
) -> tuple[float, list[Relaxed]] | None:
    """
    Solve the strong relaxation, and from there those of problems with more of something.

    Where only caps of runs differ the rows are moved and paths priced out again, from the basis that is there: strong
    inequalities that only the raised cap would call for are left out, which can only lower the bound. Otherwise the
    relaxation is made anew, with the paths that are known.

    Parameters
    ----------
    problem
        What to design.
    others
        Problems in which something is raised, nothing lowered.
    time_s
        Most seconds altogether.

    Returns
    -------
    tuple or None
        Cost of the relaxation, and each of the others; None where the first did not converge in time.
    """
    caps = [other.limit_cap for other in others if _is_raised_cap(problem, other)]
    master, watch = (
        Master(replace(problem, limit_cap=np.max([problem.limit_cap, *caps], axis=0))),
        Watch(Limits(time_s=time_s)),
    )
    _set_caps(master, problem.limit_cap)
    relaxation = solve_relaxation(master, watch, share=FIRST_SHARE, tighten=True)
    if not relaxation.converged or relaxation.row_dual is None:
        return None
    base = _solve_out(master, watch)
    if base is None:
        return None
    found: list[Relaxed] = []
    for number, other in enumerate(others):
        if _is_raised_cap(problem, other):
            _set_caps(master, other.limit_cap)
            cost = _solve_out(master, watch)
            found.append(Relaxed(cost=cost, bound=-np.inf if cost is None else cost))
            _set_caps(master, problem.limit_cap)
        else:
            found.append(_anew(master, other, CLEAR_OFF * watch.seconds_left / (len(others) - number)))
    return base, found


def _is_raised_cap(a: DesignProblem, b: DesignProblem) -> bool:
    """Whether two problems differ in nothing but caps of runs."""
    for item in fields(a):
        x, y = getattr(a, item.name), getattr(b, item.name)
        is_float = isinstance(x, np.ndarray) and x.dtype.kind == "f"
        if item.name == "limit_cap":
            if x.shape != y.shape:
                return False
        elif not np.array_equal(x, y, equal_nan=is_float):
            return False
    return True


def _set_caps(master: Master, cap: FloatArray) -> None:
    rows = master.run_rows
    upper = cap[rows.limit]
    at = np.arange(len(rows.cap))
    master.model.set_row_bounds(master.cap_rows + at, np.full(len(at), -INF), np.where(np.isfinite(upper), upper, INF))


def _solve_out(master: Master, watch: Watch) -> float | None:
    """Cost of the relaxation over all paths; None where time is up before."""
    for _ in range(MOST_ROUNDS):
        result = master.solve(max(0.1, watch.seconds_left))
        if not result.is_optimal or watch.seconds_left <= 0:
            return None
        if not price_columns(master, read_duals(master, result.row_dual))[0]:
            return result.objective + master.penalty_constant
    return None


def _anew(known: Master, problem: DesignProblem, time_s: float) -> Relaxed:
    """A relaxation of its own that begins with the paths of another."""
    master, watch = Master(problem), Watch(Limits(time_s=max(0.1, time_s)))
    _take_paths(master, known)
    found = solve_relaxation(master, watch, tighten=True)
    bound = max(found.bound, watch.lower)
    return Relaxed(cost=bound if found.converged else None, bound=bound)


def _take_paths(master: Master, known: Master) -> None:
    """Add the paths of another master of the same commodities, by what they ride and use."""
    if not np.array_equal(master.problem.sink_commodity, known.problem.sink_commodity):
        return
    steps, index = steps_of(known, list(range(len(known.paths.sink)))), StepIndex(master.problem, master.net)
    rows = list(zip(steps.is_link.tolist(), steps.index.tolist(), steps.start_min.tolist(), strict=True))
    sinks, ways = [], []
    for i, sink in enumerate(known.paths.sink):
        way = index.path(int(master.problem.sink_commodity[sink]), rows[int(steps.ptr[i]) : int(steps.ptr[i + 1])])
        if way is not None:
            sinks.append(sink)
            ways.append(way)
    if ways:
        arcs, cycles = (np.concatenate(parts) for parts in zip(*ways, strict=True))
        ptr = np.cumsum([0, *(len(part) for part, _ in ways)], dtype=np.int64)
        master.add_paths(np.array(sinks, dtype=np.int64), ptr, arcs, cycles)
