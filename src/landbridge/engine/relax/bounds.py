"""The proved bound at any duals of the relaxation."""

from __future__ import annotations

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray

BIG = 1e6
"""Stands for infinity in bounds on standing vehicles and artificial columns, whose reduced cost is never negative."""


def lagrangian(master: Master, row_dual: FloatArray, reduced: FloatArray) -> float:
    """
    Proved bound at any row duals, given the least reduced cost of each sink's paths at these duals.

    Rows are priced out; run, block and standing columns go to the better end
    of their ranges, and no terminal sends more than it has.
    """
    p = master.problem
    ptr, index, value, cost, lower, upper, row_lower, row_upper = master.model.matrix()
    dual = np.clip(
        row_dual, np.where(np.isfinite(row_upper), -np.inf, 0.0), np.where(np.isfinite(row_lower), np.inf, 0.0)
    )
    side = np.where(dual > 0, np.where(dual > 0, row_lower, 0.0), np.where(dual < 0, row_upper, 0.0))
    bound = float((dual * side).sum())
    products = np.concatenate([[0.0], np.cumsum(value * dual[index])])
    rc = cost - (products[ptr[1:]] - products[ptr[:-1]])
    other = np.ones(len(cost), dtype=np.bool_)
    other[np.array(master.paths.col, dtype=np.int64)] = False
    rc, low, high = rc[other], lower[other], np.minimum(upper[other], BIG)
    rc = np.where((high >= BIG) & (rc < 0) & (rc > -1e-6 * np.maximum(1.0, np.abs(cost[other]))), 0.0, rc)
    bound += float(np.where(rc >= 0, low * rc, high * rc).sum())
    supply = p.commodity_supply[p.sink_commodity]
    least = np.zeros(len(master.supply))
    np.minimum.at(least, supply, np.where(np.isfinite(reduced), reduced, 0.0))
    return bound + float((least * master.supply).sum()) + master.penalty_constant
