"""Plans near a relaxation: its runs rounded up or down, whatever rides them."""

from __future__ import annotations

import numpy as np

from landbridge.engine.improve.submodel import Frame, add_choices
from landbridge.engine.lp import LinearModel, MipLimits
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray

WHOLE_TOL = 1e-5
"""Runs of a relaxation that are as near to a whole number count as whole."""


def whole_ends(master: Master, runs: FloatArray, empties: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Whole numbers next to the runs of a relaxation, by column; from -inf to inf where a column is none of a run."""
    low, high = np.full(master.model.num_cols, -np.inf), np.full(master.model.num_cols, np.inf)
    for cols, values in ((master.run_col, runs), (master.empty_col, empties)):
        has = cols >= 0
        low[cols[has]] = np.floor(values[has] + WHOLE_TOL)
        high[cols[has]] = np.ceil(values[has] - WHOLE_TOL)
    return low, high


def round_relaxation(
    master: Master, frame: Frame, ends: tuple[FloatArray, FloatArray], integer: BoolArray, limits: MipLimits
) -> tuple[FloatArray | None, int]:
    """
    Find a point whose runs are those of a relaxation, each rounded up or down [1]_.

    Returns
    -------
    tuple
        The point (None: none was found), and the simplex iterations spent.

    References
    ----------
    .. [1] Berthold, T. (2014). RENS: the optimal rounding. *Mathematical Programming Computation* 6(1): 33-54.
           https://doi.org/10.1007/s12532-013-0060-9.
    """
    low, high = np.maximum(frame.lower, ends[0]), np.minimum(frame.upper, ends[1])
    model = LinearModel()
    model.add_rows(frame.row_lower, frame.row_upper)
    model.add_cols(frame.cost, low, high, frame.ptr, frame.index, frame.value)
    free = np.arange(len(frame.cost))
    extra, _ = add_choices(master, model, np.zeros(len(free)), free)
    whole = np.where(integer)[0]
    result = model.solve_mip(np.concatenate([whole, extra]), limits)
    if not result.has_point:
        return None, result.iterations
    x = result.x[: len(free)].copy()
    x[whole] = np.round(x[whole])
    return x, result.iterations
