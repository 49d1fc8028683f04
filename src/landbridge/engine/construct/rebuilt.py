"""A first plan of many orders: put in one by one, then ruined and recreated for a while."""

from __future__ import annotations

from landbridge.engine.improve.rebuild import Rebuilder
from landbridge.engine.improve.rebuild_kernels import ruin_and_recreate
from landbridge.engine.improve.submodel import point_of
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray
from landbridge.engine.space.flat import flatten
from landbridge.engine.warm import warm_up
from landbridge.engine.watch import Watch

BUILD_SHARE, SEARCH_SHARE = 0.3, 0.3
"""Part of the time or work in which orders are put in, at most, and up to which the plan is then rebuilt."""

MOST_SEARCH_S = 15.0
"""Seconds up to which it is rebuilt where there is no limit."""


def construct_rebuilt(master: Master, watch: Watch) -> FloatArray | None:
    """
    Build a point of the master by ruin and recreate; None where kernels are not compiled in time.

    Orders go whole; see :class:`Rebuilder`. It takes a tenth of the time that insertion by whole sweeps does, and
    neighbourhoods split orders and close what is left.
    """
    rebuilder = Rebuilder(master, flatten(master.problem, master.net), watch.limits.seed)
    if not warm_up(watch, (ruin_and_recreate,), rebuilder.warm):
        return None
    watch.phase = "constructing"
    limits = watch.limits

    def used() -> float:
        if watch.counts_work:
            return max(watch.work, master.work) / limits.work
        return watch.seconds / min(limits.time_s, MOST_SEARCH_S / SEARCH_SHARE)

    rebuilder.build(lambda: used() > BUILD_SHARE or watch.stop() is not None)
    begun = used()
    while used() < SEARCH_SHARE and watch.stop() is None:
        rebuilder.search((used() - begun) / max(SEARCH_SHARE - begun, 1e-9))
    watch.work = max(watch.work, master.work)
    plan = rebuilder.plan()
    return point_of(master, plan.setting, plan.runs, plan.flow, plan.served)
