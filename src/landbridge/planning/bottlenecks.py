"""Limits that hold a plan back, and what one more of each is worth, as an interval (changes.md §7)."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from landbridge.engine.marginal import Relaxed, relaxations_of
from landbridge.engine.repair import Repair
from landbridge.model.bottleneck import Bottleneck
from landbridge.model.case import Case
from landbridge.model.plan import Plan, Price
from landbridge.network import Network, build_network
from landbridge.planning.encode import encode
from landbridge.planning.limits import PlanLimits
from landbridge.planning.raising import KINDS, Kind, find_full, raise_by, rows_of
from landbridge.planning.solve import decode
from landbridge.planning.ways import WayFinder
from landbridge.units import MONEY_TOL, QTY_TOL, exceeds

TOP = 10
"""Limits that are looked at closely."""

LARGEST_STEP = 20
"""A step is one vehicle; where quotas round it away, the least number that gives somebody one more, up to this."""

RELAXED_SHARE = 0.7
"""Part of the time that goes to the relaxation."""

CONTROL_S, LEAST_S = 5.0, 0.5
"""Most seconds of the plan with nothing raised, and least of each with a limit raised."""

OPENED = 80
"""Orders not served that are opened when a limit is raised, the dearest first."""

PRICED_SHARE = 0.6
"""Part of the limits looked at that are the dearest; the rest are the fullest of each kind in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """A limit with its prices, and how often it is full."""

    kind: Kind
    resource: str
    prices: tuple[Price, ...]
    times_full: int

    @property
    def price(self) -> float:
        return sum(row.price for row in self.prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    """A limit, and the case in which it is raised."""

    limit: _Limit
    owner: str
    step: float
    case: Case
    network: Network


def find_bottlenecks(
    case: Case,
    plan: Plan,
    *,
    check: Callable[[Plan, Case], bool],
    time_s: float = 60.0,
    top: int = TOP,
) -> tuple[Bottleneck, ...]:
    """
    Look at the limits with the highest prices, and at those of each kind that are full most often.

    Most of the time goes to relaxations, the rest to plans. What a plan gains is told against the plan with the
    same orders opened and nothing raised, which may be better than the run's: then more of it is luck, not worth.

    Parameters
    ----------
    check
        Called with each plan and its case; ``verify`` in commands and tests.
    """
    network = build_network(case, plan.summary.agreements)
    begun = time.monotonic()
    raised = list(_raise_all(case, plan, network, top))
    if not raised:
        return ()
    control = _best(plan, open_unserved(case, plan, CONTROL_S))
    relaxed = relaxations_of(network.problem, [item.network.problem for item in raised], RELAXED_SHARE * time_s)
    until = max(begun + time_s, time.monotonic() + LEAST_S * len(raised))
    is_sound = check(control, case)
    rows = []
    for number, item in enumerate(raised):
        left = (until - time.monotonic()) / (len(raised) - number)
        other = open_unserved(item.case, control, left)
        is_good = is_sound and other is not None and check(other, item.case)
        found = 0.0 if other is None else (other.summary.value or 0.0) - (control.summary.value or 0.0)
        worth = _Worth.of(item, plan, control, found, relaxed, number)
        rows.append(_row(item, worth, is_verified=is_good))
    return tuple(sorted(rows, key=lambda row: (-row.found, -row.relaxed, row.resource)))


def _best(plan: Plan, other: Plan | None) -> Plan:
    """The other plan where it is better by more than noise."""
    if other is None or not exceeds(other.summary.value or 0.0, plan.summary.value or 0.0, MONEY_TOL):
        return plan
    return other


def _raise_all(case: Case, plan: Plan, network: Network, top: int) -> Iterator[_Raised]:
    """The first so many limits that can be raised, each by the least step."""
    number = 0
    for limit in _list_limits(case, plan):
        item = _raise(case, plan, network, limit)
        if item is not None:
            yield item
            number += 1
        if number == top:
            return


def _list_limits(case: Case, plan: Plan) -> list[_Limit]:
    """Limits with a price, the dearest first; between them, and after them, the fullest of each kind in turn."""
    full = _find_full(case, plan)
    priced: list[_Limit] = []
    others: list[list[_Limit]] = []
    for kind in KINDS:
        grouped: dict[str, list[Price]] = defaultdict(list)
        for row in plan.prices:
            if row.kind == "capacity" and kind.price_unit and row.unit.endswith(kind.price_unit) and row.price > 0:
                grouped[row.resource].append(row)
        limits = [
            _Limit(kind=kind, resource=name, prices=tuple(grouped[name]), times_full=full[kind.name].get(name, 0))
            for name in rows_of(case, kind)
        ]
        priced += [limit for limit in limits if limit.prices]
        rest = [limit for limit in limits if limit.times_full and not limit.prices]
        others.append(sorted(rest, key=lambda limit: (-limit.times_full, limit.resource)))
    priced.sort(key=lambda limit: (-limit.price, limit.resource))
    in_turn = [limit for group in zip_longest(*others) for limit in group if limit is not None]
    return _interleave(priced, in_turn)


def _interleave(first: list[_Limit], second: list[_Limit]) -> list[_Limit]:
    """Two lists as one in which the first has its share from the start."""
    found: list[_Limit] = []
    first, second = first[::-1], second[::-1]
    taken = 0
    while first or second:
        is_due = taken < PRICED_SHARE * (len(found) + 1)
        if first and (is_due or not second):
            found.append(first.pop())
            taken += 1
        else:
            found.append(second.pop())
    return found


def _find_full(case: Case, plan: Plan) -> dict[str, Mapping[str, int]]:
    """What is full in a plan, by kind and resource, on how many days or departures."""
    network = build_network(case, plan.summary.agreements, is_merged=False)
    return find_full(network, plan, WayFinder(network, encode(network, plan)))


def _raise(case: Case, plan: Plan, network: Network, limit: _Limit) -> _Raised | None:
    """The case with the least step more; None where no step up to the largest gives anybody more."""
    row = rows_of(case, limit.kind)[limit.resource]
    is_of_runs = limit.kind.price_unit == "/run"
    for step in range(1, LARGEST_STEP + 1):
        changed = raise_by(case, limit.kind, limit.resource, step)
        other = build_network(changed, plan.summary.agreements)
        old, new = network.problem.limit_cap, other.problem.limit_cap
        if not is_of_runs or (len(old) == len(new) and (new > old).any()):
            return _Raised(limit=limit, owner=row.owner or "(public)", step=step, case=changed, network=other)
    return None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worth:
    """What a step more is worth: to the relaxation, to a plan, and to the best plans as an interval."""

    relaxed: float
    basis: str
    found: float
    low: float
    high: float
    verdict: str

    @classmethod
    def of(
        cls,
        item: _Raised,
        plan: Plan,
        control: Plan,
        found: float,
        relaxed: tuple[float, list[Relaxed]] | None,
        number: int,
    ) -> _Worth:
        value, proved = control.summary.value or 0.0, max(plan.summary.bound or 0.0, control.summary.value or 0.0)
        constant = item.network.constant_cost
        gain, top = item.limit.price * item.step, math.inf
        basis = "prices" if item.limit.prices else "none"
        if relaxed is not None:
            base, one = relaxed[0], relaxed[1][number]
            top = -one.bound - constant
            if one.cost is not None:
                gain, basis = max(0.0, base - one.cost), "relaxation"
        scale = max(1.0, abs(value)) * MONEY_TOL
        low = max(0.0, value + found - proved)
        high = max(0.0, found, top - value)
        verdict = "worth" if low > scale else "nothing" if high <= scale else "undecided"
        return cls(relaxed=gain, basis=basis, found=max(0.0, found), low=low, high=high, verdict=verdict)


def _row(item: _Raised, worth: _Worth, *, is_verified: bool) -> Bottleneck:
    limit = item.limit
    busiest = max(limit.prices, key=lambda row: row.price, default=None)
    return Bottleneck(
        kind=limit.kind.name,
        resource=limit.resource,
        owner=item.owner,
        unit=limit.kind.unit,
        busiest="" if busiest is None else busiest.day,
        price=limit.price,
        step=item.step,
        relaxed=worth.relaxed,
        basis=worth.basis,
        found=worth.found,
        is_verified=is_verified,
        low=worth.low,
        high=None if math.isinf(worth.high) else worth.high,
        verdict=worth.verdict,
    )
