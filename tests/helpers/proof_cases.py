"""Small cases with prices of the engine and true values of coalitions, for proofs of bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.helpers.random_cases import random_case
from tests.oracle.compact_mip import solve_case

from landbridge.cooperation.endow import QuotaRule, base_values, endow
from landbridge.cooperation.players import PlayerKind
from landbridge.cooperation.restrict import Endowment
from landbridge.cooperation.slot_proof import tell_prices
from landbridge.engine import Limits, SlotPoint, candidate_minutes, price_any_time, price_resources
from landbridge.model.case import Case
from landbridge.model.plan import Money, Plan, PlanStatus, Summary
from landbridge.model.shares import ProofPriceRow
from landbridge.network import build_network
from landbridge.tables import input_hash
from landbridge.verify import prove_lists

AGREEMENTS = "all"

NANO = 10**9


@dataclass(frozen=True)
class Priced:
    """A coalition's prices, the bound they are by the engine, and the true value of each of its parts."""

    endowment: Endowment
    mask: int
    rows: tuple[ProofPriceRow, ...]
    bound: float
    truth: Callable[[int], float]
    is_timed: bool

    @property
    def members(self) -> str:
        """Names of the members."""
        return " ".join(self.names(self.mask))

    def names(self, mask: int) -> list[str]:
        """Names of the players in a mask."""
        return [name for index, name in enumerate(self.endowment.players.names) if mask >> index & 1]

    def proved(self, rows: tuple[ProofPriceRow, ...] | None = None) -> list[float]:
        """What prices (default: the engine's) prove of each coalition by mask; inf: nothing."""
        players = self.endowment.players
        quota = dict(zip(players.names, self.endowment.quota, strict=False))
        lists = [(self.members, self.rows if rows is None else rows)]
        case = self.endowment.case
        found = prove_lists(empty_plan(case), case, players.names, players.kind.value, quota, lists)
        return [math.inf if value is None else value / NANO for value in found]


def empty_plan(case: Case) -> Plan:
    """A plan of nothing; proofs take the agreements from it."""
    settings = case.settings
    summary = Summary(
        case=settings.name,
        status=PlanStatus.INFEASIBLE,
        value=None,
        bound=None,
        spend=0.0,
        gap=None,
        money=Money(),
        currency=settings.currency,
        start=settings.start,
        horizon_h=settings.horizon_h,
        cyclic=settings.cyclic,
        agreements=AGREEMENTS,
        seconds=0.0,
        seed=0,
        threads=1,
        work=0.0,
        limits={},
        versions={},
        input_sha256=input_hash(case),
    )
    return Plan(summary=summary, departures=(), flows=(), orders=(), trades=(), prices=(), fleets=())


@cache
def priced(seed: int, mask: int = 0, kind: PlayerKind = PlayerKind.REGIONS) -> Priced:
    """Price a coalition of a random case (of mask 0: everybody)."""
    endowment = endow(random_case(seed), kind, QuotaRule.EQUAL)
    mask = mask or (1 << len(endowment.players.names)) - 1
    network = build_network(endowment.restrict(mask), AGREEMENTS)
    found = price_resources(network.problem, Limits(time_s=20))
    is_timed = found.holds_any_time
    if not found.holds_any_time:
        found = price_any_time(network.problem, Limits(time_s=20))
    assert isinstance(found.point, SlotPoint)

    @cache
    def truth(part: int) -> float:
        return true_value(endowment, part)

    rows = tell_prices(network, found.point)
    return Priced(endowment, mask, rows, found.value - network.constant_cost, truth, is_timed)


def true_value(endowment: Endowment, mask: int) -> float:
    """Value of a coalition by the tests' own optimiser, on the minutes the engine tries."""
    case = endowment.restrict(mask)
    if not case.orders:
        return sum(value for player, value in enumerate(base_values(endowment)) if mask >> player & 1)
    minutes: dict[str, list[int]] = {service.service: [] for service in case.services}
    for index, found in candidate_minutes(build_network(case, AGREEMENTS).problem).items():
        minutes[case.services[index].service] = found.tolist()
    result = solve_case(case, minutes, AGREEMENTS)
    return result.value if result.feasible else -math.inf
