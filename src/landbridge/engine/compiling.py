"""Compiles all kernels at once, for whoever would rather wait before the first search than in it."""

from __future__ import annotations

from landbridge.engine.cuts.warm import CUT_KERNELS, find_a_cut, two_lorries
from landbridge.engine.large import LARGE_KERNELS, LargeSearch
from landbridge.engine.master.master import Master
from landbridge.engine.problem import Limits
from landbridge.engine.relax.warm import STEP_KERNELS, take_a_step
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.static.solve import STATIC_KERNELS, use_static_kernels
from landbridge.engine.warm import is_cold, price_a_path
from landbridge.engine.watch import Watch

KERNELS = (price_paths, *CUT_KERNELS, *STATIC_KERNELS, *STEP_KERNELS, *LARGE_KERNELS)
"""Kernels that searches call; others are called by these."""


def compile_kernels() -> bool:
    """
    Compile the kernels of all searches and keep them on disk; one to two minutes, once after an install.

    Returns
    -------
    bool
        Whether there was anything to compile.
    """
    if not any(is_cold(kernel) for kernel in KERNELS):
        return False
    price_a_path()
    find_a_cut()
    use_static_kernels()
    take_a_step()
    LargeSearch(Master(two_lorries()), Watch(Limits(work=1.0)), lambda _: None).use_kernels()
    return True
