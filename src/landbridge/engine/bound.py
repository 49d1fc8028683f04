"""A proved bound on the cost of a problem, without looking for a plan."""

from __future__ import annotations

from landbridge.engine.large import LargeSearch, is_large
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, Limits
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch


def prove_bound(problem: DesignProblem, limits: Limits) -> float:
    """
    Bound the cost from below by the strong relaxation, within the limits.

    Returns
    -------
    float
        No plan of the problem costs less; -inf where nothing was proved in time.
    """
    watch = Watch(limits)
    master = Master(problem)
    if is_large(master):
        LargeSearch(master, watch, lambda plan: None).prove()
    elif warm_up(watch):
        solve_relaxation(master, watch)
    return watch.lower
