"""Compiles the kernels before the first search after an install, and says so: it takes a while, once."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import DesignProblem
from landbridge.engine.relax.pricing import price_columns, read_duals
from landbridge.engine.space.kernels import price_paths
from landbridge.engine.watch import Watch

COMPILING = "compiling the kernels, once after an install"
"""Phase that is reported meanwhile."""

COMPILER = "landbridge-compiling"
"""Name of the thread that compiles."""

UNREADABLE = (OSError, TypeError, ValueError, AttributeError, LookupError, ImportError, EOFError, pickle.PickleError)
"""What comes of an index that is no pickle, or of a numba that keeps its cache in another way."""

LOOK_EVERY_S = 0.1
"""Seconds between two looks at whether to stop waiting for the compiler."""


def is_cold(kernel: Any) -> bool:
    """
    Whether a kernel has to be compiled: neither this process nor the cache on disk has it.

    The cache is asked as numba asks it: its index is of this version of numba and of this source, and one of its
    keys is of this processor and code, whatever the types. numba has no public way to ask, so a cache that cannot be
    found, read or asked counts as absent: a phase more is told, no more.
    """
    if kernel.signatures:
        return False
    try:
        cache = kernel._cache
        _, *wanted = cache._index_key(None, kernel.targetctx.codegen())
        return not any(list(key[1:]) == wanted for key in cache._cache_file._load_index())
    except UNREADABLE:
        return True


def warm_up(watch: Watch, kernels: Sequence[Any] = (price_paths,), use: Callable[[], None] | None = None) -> bool:
    """
    Compile kernels that are cold, with a phase of its own; costs next to nothing when all are compiled.

    Compiling cannot be interrupted, so a thread does it, and we wait no longer than the watch allows: what that
    thread has finished by the end of the process is in the cache for the next.

    Parameters
    ----------
    watch
        Told of the phase at once.
    kernels
        Those that ``use`` calls.
    use
        Calls the kernels with arguments of the types the search has; default: prices paths of a tiny problem.

    Returns
    -------
    bool
        Whether the kernels may be used; False: the watch said stop before they were compiled.
    """
    if not any(is_cold(kernel) for kernel in kernels):
        return True
    before = watch.phase
    watch.announce(COMPILING)
    failures: list[BaseException] = []

    def compile_them() -> None:
        try:
            (use or price_a_path)()
        except BaseException as failure:  # noqa: BLE001 - handed to the caller's thread
            failures.append(failure)

    thread = threading.Thread(target=compile_them, name=COMPILER, daemon=True)
    thread.start()
    while thread.is_alive() and watch.stop() is None:
        thread.join(LOOK_EVERY_S)
    if failures:
        raise failures[0]
    watch.announce(before)
    return not thread.is_alive()


def price_a_path() -> None:
    """Price the paths of a problem of one arc."""
    one, two = np.array([0]), np.array([1])
    master = Master(DesignProblem.from_arrays(one, two, 1.0, 1.0, 1.0, one, two, 1.0))
    price_columns(master, read_duals(master, np.zeros(master.model.num_rows)))
