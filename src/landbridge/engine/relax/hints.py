"""What a relaxation tells the search for plans, whatever master that has: paths, prices, runs and inequalities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.engine.cuts.cutset import CutSet
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.relax.pricing import read_duals


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Duals without a master: of the rows every master has from the start, and of slots by dimension."""

    first: FloatArray
    slot: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PathBatch:
    """Paths without a master: sinks and the arcs and cycles of each, as :meth:`Master.add_paths` takes them."""

    sinks: IntArray
    ptr: IntArray
    arcs: IntArray
    cycles: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """
    What a finished relaxation tells the search for plans, whatever master that has.

    Parameters
    ----------
    paths, prices, runs, empties
        At the last point, after all inequalities: paths in use, duals, loaded and empty runs. Shape ``(R,)``.
    strong, cuts
        Inequalities found: pairs of terminal and slot, and cut sets.
    """

    paths: PathBatch
    prices: Prices | None
    runs: FloatArray
    empties: FloatArray
    strong: tuple[tuple[int, int], ...]
    cuts: tuple[CutSet, ...]


Listener = Callable[[PathBatch, "Prices | None"], None]

Offer = Callable[[Hints], None]

Builder = Callable[[PathBatch, FloatArray], None]
"""Takes whole runs by candidate, and paths on them."""


def prices_of(master: Master, row_dual: FloatArray | None) -> Prices | None:
    """Prices by family, from row duals of one master."""
    if row_dual is None:
        return None
    return Prices(first=row_dual[: master.num_first_rows].copy(), slot=read_duals(master, row_dual).slot)


def good_paths(master: Master, x: FloatArray) -> PathBatch:
    """The paths a point uses."""
    paths = master.paths
    cols = np.array(paths.col, dtype=np.int64)
    known = np.where(cols < len(x))[0]
    used = known[x[cols[known]] > 1e-7].tolist()
    return batch_of(master, used)


def batch_of(master: Master, chosen: list[int]) -> PathBatch:
    """Some paths of a master."""
    paths = master.paths
    empty = [np.zeros(0, dtype=np.int64)]
    return PathBatch(
        sinks=np.array([paths.sink[i] for i in chosen], dtype=np.int64),
        ptr=np.concatenate([[0], np.cumsum([len(paths.arcs[i]) for i in chosen])]).astype(np.int64),
        arcs=np.concatenate(empty + [paths.arcs[i] for i in chosen]),
        cycles=np.concatenate(empty + [paths.cycles[i] for i in chosen]),
    )
