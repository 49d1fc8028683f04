"""A changed case planned with nothing pinned: on from the plan at hand, and from nothing (changes.md §6)."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.repair import Repair
from landbridge.network import Network, build_network
from landbridge.planning.explain.pinned import SOLVE_S, Forced, terminal_of
from landbridge.planning.explain.prepared import Prepared
from landbridge.planning.limits import PlanLimits
from landbridge.planning.solve import decode
from landbridge.planning.solve import plan as plan_case

GROUP = 50
"""Orders opened at a time."""


def plan_freely(run: Prepared, forced: Forced, order: str, repeat: int, limits: PlanLimits) -> float:
    """
    Best value known of a changed case with nothing pinned, money; the order need not be served.

    Half of the time goes on from the better of two plans, the run's own and the one that serves the order; the other
    half plans from nothing.
    """
    network = build_network(forced.case, run.plan.summary.agreements, is_merged=False)
    after = forced.plan.summary.value or 0.0
    start = forced.solution if after >= (run.plan.summary.value or 0.0) else run.solution_on(network)
    half = replace(limits, time_s=limits.time_s / 2)
    found = [after]
    onward = improve(network, start, terminal_of(network, order, repeat), half)
    if onward is not None:
        found.append(decode(network, onward, half, is_explained=False).summary.value or after)
    anew = plan_case(forced.case, limits=half, agreements=run.plan.summary.agreements)
    return max([*found, anew.summary.value if anew.summary.value is not None else after])


def improve(network: Network, start: DesignSolution, terminal: int | None, limits: PlanLimits) -> DesignSolution | None:
    """Open one group of orders after another, the first around a terminal, until it leads nowhere or time is up."""
    until = time.monotonic() + limits.time_s
    repair = Repair(network.problem, start)
    if not repair.fits:
        return None
    rng = np.random.default_rng(limits.seed)
    num = len(network.problem.terminal_single)
    seed, quiet = terminal if terminal is not None else int(rng.integers(num)), 0
    while time.monotonic() < until and not limits.cancelled() and quiet < 2 * num / GROUP + 3:
        group = [seed, *repair.companions(seed)[: GROUP - 1]]
        is_better = repair.open(group, min(SOLVE_S, until - time.monotonic()))
        quiet = 0 if is_better else quiet + 1
        seed = int(rng.integers(num))
    return repair.solution()
