"""Limits that hold a plan back, and what one more of each is worth, as an interval (changes.md §7)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landbridge.engine.marginal import relaxations_with_more
from landbridge.engine.repair import Repair
from landbridge.model.bottleneck import Bottleneck
from landbridge.model.case import Case
from landbridge.model.plan import Plan, Price
from landbridge.network import Network, build_network
from landbridge.planning.encode import encode
from landbridge.planning.limits import PlanLimits
from landbridge.planning.solve import decode
from landbridge.planning.ways import WayFinder
from landbridge.units import MONEY_TOL, QTY_TOL

TOP = 10
"""Limits that are looked at closely."""

LARGEST_STEP = 20
"""A step is one vehicle; where quotas round it away, the least number that gives somebody one more, up to this."""

RELAXED_SHARE = 0.7
"""Part of the time that goes to the relaxation."""

OPENED = 80
"""Orders not served that are opened when a limit is raised, the dearest first."""

FIELDS = {
    "hubs": ("hub", "cap_runs_per_day"),
    "handling": ("handling", "cap_runs_per_day"),
    "services": ("service", "max_runs"),
}
"""Key and capacity of each table that limits runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    """A limit with its prices, and the case in which it is raised."""

    table: str
    resource: str
    owner: str
    prices: tuple[Price, ...]
    step: float
    case: Case
    network: Network

    @property
    def price(self) -> float:
        return sum(row.price for row in self.prices)


def find_bottlenecks(
    case: Case,
    plan: Plan,
    *,
    check: Callable[[Plan, Case], bool],
    time_s: float = 60.0,
    top: int = TOP,
) -> tuple[Bottleneck, ...]:
    """
    Look at the limits on runs with the highest prices, and at those that are full.

    Most of the time goes to the relaxation, the rest to plans.

    Parameters
    ----------
    check
        Called with each plan and its case; ``verify`` in commands and tests.
    """
    network = build_network(case, plan.summary.agreements)
    raised = list(_raise_all(case, plan, network))[:top]
    caps = [item.network.problem.limit_cap for item in raised]
    relaxed = relaxations_with_more(network.problem, caps, RELAXED_SHARE * time_s) if raised else None
    until = time.monotonic() + (1 - RELAXED_SHARE) * time_s
    is_sound = check(plan, case)
    rows = []
    for number, item in enumerate(raised):
        left = max(0.5, (until - time.monotonic()) / (len(raised) - number))
        other = open_unserved(item.case, plan, left)
        is_good = other is not None and check(other, item.case)
        found = 0.0 if other is None else (other.summary.value or 0.0) - (plan.summary.value or 0.0)
        cost = None if relaxed is None else relaxed[1][number]
        gain = None if relaxed is None or cost is None else relaxed[0] - cost
        bound = None if cost is None else -cost - network.constant_cost
        rows.append(_row(item, plan, found, gain, bound, is_verified=is_sound and is_good))
    return tuple(sorted(rows, key=lambda row: (-row.found, -row.relaxed, row.resource)))


def raise_limit(case: Case, table: str, resource: str, step: float) -> Case:
    """Raise the capacity of a hub, handling row or service, and of its timetable rows where they have their own."""
    key, field = FIELDS[table]

    def more(row: Any) -> Any:
        old = getattr(row, field)
        if getattr(row, key) != resource or old is None:
            return row
        return replace(row, **{field: old + (int(step) if field == "max_runs" else step)})

    found = replace(case, **{table: tuple(more(row) for row in getattr(case, table))})  # type: ignore[arg-type]
    if table == "services":
        rows = tuple(
            replace(row, max_runs=row.max_runs + int(step))
            if row.service == resource and row.max_runs is not None
            else row
            for row in case.timetable
        )
        found = replace(found, timetable=rows)
    return found


def table_of(case: Case, resource: str) -> str:
    """Table of a resource that limits runs; blank when there is none."""
    for table, (key, _) in FIELDS.items():
        if any(getattr(row, key) == resource for row in getattr(case, table)):
            return table
    return ""


def _raise_all(case: Case, plan: Plan, network: Network) -> Iterator[_Raised]:
    """Limits with a price or without room for one run more, the dearest and fullest first, raised by the least step."""
    grouped: dict[str, list[Price]] = defaultdict(list)
    for row in plan.prices:
        if row.kind == "capacity" and row.unit.endswith("/run") and row.price > 0:
            grouped[row.resource].append(row)
    full = _full_limits(case, plan)
    names = dict.fromkeys((*grouped, *full))
    for resource in sorted(
        names, key=lambda name: (-sum(row.price for row in grouped[name]), -full.get(name, 0), name)
    ):
        prices = grouped[resource]
        table = table_of(case, resource)
        if not table:
            continue
        owner = next(row.owner for row in getattr(case, table) if getattr(row, FIELDS[table][0]) == resource)
        for step in range(1, LARGEST_STEP + 1):
            changed = raise_limit(case, table, resource, step)
            other = build_network(changed, plan.summary.agreements)
            old, new = network.problem.limit_cap, other.problem.limit_cap
            if len(old) == len(new) and (new > old).any():
                yield _Raised(
                    table=table,
                    resource=resource,
                    owner=owner or "(public)",
                    prices=tuple(prices),
                    step=step,
                    case=changed,
                    network=other,
                )
                break


def _full_limits(case: Case, plan: Plan) -> dict[str, int]:
    """On how many days or departures each limit on runs has no place for one more; duals may miss what is full."""
    network = build_network(case, plan.summary.agreements, is_merged=False)
    used = WayFinder(network, encode(network, plan)).limits.used
    found: dict[str, int] = defaultdict(int)
    for (limit, _), count in used.items():
        if count + 1 > network.problem.limit_cap[limit]:
            found[network.limit_notes[limit].resource] += 1
    return dict(found)


def open_unserved(case: Case, plan: Plan, time_s: float) -> Plan | None:
    """
    A plan on a case with more capacity: orders that are not served opened, the dearest first, all else pinned.

    None where the plan does not fit the case.
    """
    network = build_network(case, plan.summary.agreements, is_merged=False)
    base = encode(network, plan)
    repair = Repair(network.problem, base)
    if not repair.fits:
        return None
    p = network.problem
    left = p.block_qty - base.block_served
    open_still = np.where(left > QTY_TOL * np.maximum(1.0, p.block_qty))[0]
    worth = (p.block_value + p.block_penalty) * left
    dearest = open_still[np.argsort(-worth[open_still], kind="stable")][:OPENED]
    repair.open([int(t) for t in p.block_terminal[dearest]], time_s)
    solution = repair.solution()
    if solution is None:
        return None
    return decode(network, replace(solution, terminal_dual=base.terminal_dual), PlanLimits(), is_explained=False)


def _row(
    item: _Raised, plan: Plan, found: float, gain: float | None, bound: float | None, *, is_verified: bool
) -> Bottleneck:
    value, proved = plan.summary.value or 0.0, plan.summary.bound or 0.0
    scale = max(1.0, abs(value)) * MONEY_TOL
    relaxed = item.price * item.step if gain is None else max(0.0, gain)
    top = proved + relaxed if bound is None else bound
    high = max(0.0, found, top - value)
    low = max(0.0, value + found - proved)
    verdict = "worth" if low > scale else "nothing" if high <= scale else "undecided"
    busiest = max(item.prices, key=lambda row: row.price, default=None)
    return Bottleneck(
        kind={"hubs": "hub", "handling": "crossing or handling", "services": "service"}[item.table],
        resource=item.resource,
        owner=item.owner,
        unit="vehicles a departure" if item.table == "services" else "vehicles a day",
        busiest="" if busiest is None else busiest.day,
        price=item.price,
        step=item.step,
        relaxed=relaxed,
        basis="prices" if gain is None else "relaxation",
        found=max(0.0, found),
        is_verified=is_verified,
        low=low,
        high=high,
        verdict=verdict,
    )
