"""The kernels of first-order steps, and a way to call them all once."""

from __future__ import annotations

from landbridge.engine.cuts.warm import two_lorries
from landbridge.engine.master.master import Master
from landbridge.engine.relax.split_kernels import primal_dual_steps
from landbridge.engine.relax.timed_bound import TimedBound
from landbridge.engine.relax.timed_kernels import cheapest_in_time
from landbridge.engine.space.flat import flatten

STEP_KERNELS = (cheapest_in_time, primal_dual_steps)
"""Kernels that :func:`take_a_step` calls."""


def take_a_step() -> None:
    """Take a first-order step on a tiny problem."""
    master = Master(two_lorries())
    TimedBound(master, flatten(master.problem, master.net)).round(1)
