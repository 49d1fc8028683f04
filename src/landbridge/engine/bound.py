"""A proved bound on the cost of a problem, without looking for a plan."""

from __future__ import annotations

from landbridge.engine.cuts.warm import CUT_KERNELS, find_a_cut
from landbridge.engine.large import LargeSearch, is_large
from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem, Limits
from landbridge.engine.relax.relaxation import solve_relaxation
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch


def prove_bound(problem: DesignProblem, limits: Limits, *, tighten: bool = False) -> float:
    """
    Bound the cost from below by the strong relaxation, within the limits.

    Parameters
    ----------
    tighten
        Also by cut sets, until they improve it no more.

    Returns
    -------
    float
        No plan of the problem costs less; -inf where nothing was proved in time.
    """
    watch = Watch(limits)
    master = Master(problem)
    if is_large(master):
        LargeSearch(master, watch, lambda plan: None).prove()
    elif warm_up(watch) and (not tighten or warm_up(watch, CUT_KERNELS, find_a_cut)):
        solve_relaxation(master, watch, tighten=tighten)
    return watch.lower
