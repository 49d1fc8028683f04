"""Which dimensions of a leg can bind."""

from __future__ import annotations

import numpy as np

from landbridge.engine.master.rooms import access_of_rooms, load_costs
from landbridge.engine.problem import BoolArray, DesignProblem


def binding_dimensions(problem: DesignProblem) -> BoolArray:
    """
    Tell which dimensions of each leg can bind: limited, loaded by something that may ride, and not implied by another.

    A dimension is implied when every commodity that may ride fills a larger part of another one. Legs of one room
    bind in the same dimensions; the first is needed where its load is paid for.
    """
    p = problem
    num_dims = p.vehicle_capacity.shape[1]
    kinds = np.unique(np.concatenate([p.commodity_class[:, None], p.commodity_load], axis=1), axis=0)
    binds = np.zeros((len(p.leg_tail), num_dims), dtype=np.bool_)
    capacity = p.vehicle_capacity[p.leg_vehicle]
    finite = np.isfinite(capacity)
    patterns, which = np.unique(
        np.concatenate([access_of_rooms(p).T.astype(np.float64), capacity], axis=1), axis=0, return_inverse=True
    )
    for i, pattern in enumerate(patterns):
        rides = kinds[pattern[kinds[:, 0].astype(np.int64)] > 0, 1:]
        cap = pattern[len(p.leg_access) :]
        fills = np.array(
            [
                rides[:, d] / cap[d] if np.isfinite(cap[d]) and cap[d] > 0 else np.zeros(len(rides))
                for d in range(num_dims)
            ]
        )
        keep = [d for d in range(num_dims) if np.isfinite(cap[d]) and (cap[d] == 0 or fills[d].max(initial=0.0) > 0)]
        for d in tuple(keep):
            others = [e for e in keep if e != d]
            if cap[d] > 0 and any((fills[e] >= fills[d]).all() for e in others if cap[e] > 0):
                keep.remove(d)
        binds[np.ix_(np.where(which.ravel() == i)[0], np.array(keep, dtype=np.int64))] = True
    binds &= finite
    binds[load_costs(p)[p.leg_vehicle] > 0, 0] = True
    return binds
