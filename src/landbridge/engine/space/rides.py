"""How many rides the freight of a problem may take in time: how large its networks in space and time are."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import DesignProblem
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.flat import flatten

LONG_RIDES = 2000.0
"""With more rides than this a terminal, it hardly matters when freight rides, and strong inequalities are too many."""

MOST_SINKS = 400
"""Sinks that are looked at; more of them are taken to be like these."""


def rides_in_time(problem: DesignProblem, net: Expansion) -> float:
    """
    Estimate the pairs of a sink and a slot that freight for the sink may ride in time, waiting left out.

    A slot counts once, however many cycles it may be ridden in. With windows of some days freight may ride a few
    hundred slots, with windows of weeks any; the strong relaxation and its master grow with the pairs.
    """
    p, flat = problem, flatten(problem, net)
    count = len(p.sink_node)
    if not count or not len(net.slot_leg):
        return 0.0
    sinks = np.unique(np.linspace(0, count - 1, min(count, MOST_SINKS)).astype(np.int64))
    commodity = p.sink_commodity[sinks]
    kind = flat.kind_of_commodity[commodity]
    targets, row = np.unique(np.column_stack([kind, p.sink_node[sinks]]), axis=0, return_inverse=True)
    minutes = np.empty((len(targets), flat.num_nodes))
    flat.costs_to(targets, np.where(flat.usable, flat.duration_min[None, :], np.inf), minutes)
    tail, head = flat.tail[net.slot_leg], flat.head[net.slot_leg]
    takes = net.slot_end - net.slot_start
    found = 0
    for s, k, left in zip(sinks.tolist(), commodity.tolist(), minutes[row.ravel()], strict=True):
        origin = left[p.commodity_origin[k]]
        if not np.isfinite(origin):
            continue
        away = np.where(np.isfinite(left[tail]), np.maximum(origin - left[tail], 0.0), 0.0)
        earliest = p.commodity_ready_min[k] + away
        latest = p.sink_deadline_min[s] - left[head] - takes
        start = net.slot_start.astype(np.float64)
        if p.cyclic:
            start += np.ceil((earliest - start) / net.horizon_min - 1e-9) * net.horizon_min
        usable = p.leg_access[p.commodity_class[k]][net.slot_leg]
        found += int((usable & (start >= earliest - 1e-6) & (start <= latest)).sum())
    return found / len(sinks) * count
