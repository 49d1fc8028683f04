"""Plans of everybody together, kept: asked again, they cost nothing."""

from __future__ import annotations

import math
from dataclasses import replace

from landbridge.cooperation.values import KEPT
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.planning import PlanLimits, plan
from landbridge.runtime import Cache
from landbridge.tables import input_hash

LONGER, LEAST_LONGER_S = 4.0, 10.0
"""How much longer everybody is planned again when parts apart come to more, and how long at least, seconds."""


def plan_together(case: Case, agreements: str, limits: PlanLimits, cache: Cache) -> Plan:
    """Plan a case, or take the plan that was found under the same limits before; one that was cut short is not kept."""
    from landbridge import __version__

    told = (limits.time_s, limits.gap, limits.work, limits.seed, limits.threads)
    key = cache.key(__version__, KEPT, input_hash(case), "joint", agreements, repr(told))
    kept = cache.get(key)
    if isinstance(kept, Plan):
        return kept
    found = plan(case, limits=limits, agreements=agreements)
    if not limits.cancelled():
        cache.put(key, found)
    return found


def plan_longer(case: Case, joint: Plan, agreements: str, limits: PlanLimits, cache: Cache) -> Plan:
    """Plan everybody again with more time (or work); the better of the two plans."""
    time_s, work = max(LONGER * limits.time_s, LEAST_LONGER_S), LONGER * limits.work
    again = plan_together(case, agreements, replace(limits, time_s=time_s, work=work), cache)
    return again if (again.summary.value or -math.inf) > (joint.summary.value or -math.inf) else joint
