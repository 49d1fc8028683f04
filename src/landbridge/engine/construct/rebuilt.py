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

SHARE, MOST_S = 0.1, 5.0
"""Part of the time or work that a first plan may take, and the most seconds."""


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

    def used() -> float:
        """Part of what the plan may take that is used."""
        watch.work = max(watch.work, master.work)
        part = watch.used / SHARE
        return part if watch.counts_work else max(part, watch.seconds / MOST_S)

    def done() -> bool:
        return used() >= 1.0 or watch.stop() is not None

    rebuilder.build(done)
    begun = used()
    while not done():
        rebuilder.search((used() - begun) / (1.0 - begun))
    plan = rebuilder.plan()
    return point_of(master, plan.setting, plan.runs, plan.flow, plan.served)
