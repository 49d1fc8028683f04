"""From a case to a plan and back: the engine's optimum is the oracle's, and ``verify`` finds nothing against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from tests.helpers.random_cases import FEATURES, random_case
from tests.oracle.compact_mip import solve_case

import landbridge
from landbridge.engine import candidate_minutes
from landbridge.model.case import Case, Handling
from landbridge.model.plan import Plan, PlanStatus
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.tables import read_case
from landbridge.units import MONEY_TOL
from landbridge.verify import verify

SEEDS = 220
FAST_SEEDS = 30
LONG_SEEDS = frozenset({6})
"""Of the fast seeds those that take seconds."""

LEFT_OUT = frozenset({24, 79, 93, 122})
"""Seeds that are planned exactly too, but take five to fifteen seconds each: the suite has five minutes."""

LIMITS = PlanLimits(time_s=90.0, threads=1)


def chosen_minutes(case: Case, agreements: str) -> dict[str, list[int]]:
    """Minutes at which the engine lets each service without a timetable leave."""
    network = build_network(case, agreements)
    found: dict[str, list[int]] = {service.service: [] for service in case.services}
    for index, minutes in candidate_minutes(network.problem).items():
        found[case.services[index].service] = minutes.tolist()
    return found


def assert_exact(case: Case, agreements: str = "in_force") -> Plan:
    """Plan a case, and compare with the oracle on the same candidate minutes."""
    found = plan(case, limits=LIMITS, agreements=agreements)
    expected = solve_case(case, chosen_minutes(case, agreements), agreements)
    if not expected.feasible:
        assert found.summary.status is PlanStatus.INFEASIBLE
        assert found.summary.value is None
        return found
    assert found.summary.value is not None
    assert found.summary.bound is not None
    tol = MONEY_TOL * max(1.0, abs(expected.value))
    assert found.summary.value == pytest.approx(expected.value, abs=tol)
    assert found.summary.bound >= expected.value - tol
    assert found.summary.status is PlanStatus.OPTIMAL
    assert verify(found, case) == []
    return found


def seeds(count: int, fast: int) -> list[object]:
    return [
        seed if seed < fast and seed not in LONG_SEEDS else pytest.param(seed, marks=pytest.mark.slow)
        for seed in range(count)
        if seed not in LEFT_OUT
    ]


@pytest.mark.parametrize("seed", seeds(SEEDS, FAST_SEEDS))
def test_a_random_case_is_planned_exactly(seed: int) -> None:
    """Three opinions on one optimum: engine, compact programme, verify."""
    assert_exact(random_case(seed))


@pytest.mark.parametrize("agreements", ["none", "all"])
@pytest.mark.parametrize("seed", seeds(20, 5))
def test_other_sets_of_agreements_are_planned_exactly(seed: int, agreements: str) -> None:
    assert_exact(random_case(1000 + seed), agreements)


@pytest.mark.parametrize(("capacity_t", "value"), [(10.0, 239.0), (8.0, 205.0)])
def test_the_worked_example_is_planned_exactly(capacity_t: float, value: float) -> None:
    """The starter case as it is, and with a smaller truck: figures of the design page on cooperation, part 9."""
    case = read_case(Path(landbridge.__file__).parent / "cases" / "starter")
    services = tuple(replace(row, capacity={"t": capacity_t}) if "t" in row.capacity else row for row in case.services)
    found = assert_exact(replace(case, services=services))
    assert found.summary.value == pytest.approx(value, rel=MONEY_TOL)


# what the suite covers


def _changes(case: Case) -> list[Handling]:
    return [row for row in case.handling if row.cap_runs_per_day is None]


def _has_third_country(case: Case) -> bool:
    return len({region.country for region in case.regions}) > 2


def _has_part_share(case: Case) -> bool:
    return any(row.share_frac < 1 and row.kind in ("service", "mode") for row in case.grants)


def _owners(case: Case) -> Iterable[str]:
    rows = (*case.services, *case.hubs, *case.handling)
    return (row.owner for row in rows)


SHOWS: Mapping[str, Callable[[Case], bool]] = {
    "agreements_beyond": lambda case: any(
        row.status != "in_force" or row.starts or row.ends for row in case.agreements
    ),
    "charter": lambda case: any(row.kind == "charter" for row in case.grants),
    "co2": lambda case: case.settings.co2_cost_per_t > 0,
    "cyclic": lambda case: case.settings.cyclic,
    "dimensions": lambda case: any(len(row.capacity) > 1 for row in case.services),
    "empties": lambda case: any(row.empty_cost is not None for row in case.services),
    "fleets": lambda case: bool(case.fleets),
    "handling": lambda case: any(row.dwell_h > 0 or row.cost_per_t > 0 for row in _changes(case)),
    "handling_caps": lambda case: any(row.cap_t_per_day is not None for row in case.handling),
    "hours": lambda case: any(row.opens or row.closes for row in case.handling),
    "hub_caps": lambda case: any(row.cap_runs_per_day is not None for row in case.hubs),
    "hub_owners": lambda case: any(row.owner for row in case.hubs),
    "joint": lambda case: any("+" in row.owner for row in case.services),
    "late": lambda case: any(row.late_max_h > 0 for row in case.orders),
    "life": lambda case: any(row.life_h is not None for row in case.goods),
    "max_runs": lambda case: any(row.max_runs is not None for row in (*case.services, *case.timetable)),
    "min_fill": lambda case: any(row.min_fill_frac > 0 for row in case.orders),
    "multi_leg": lambda case: any(len(row.route) > 2 and row.route[0] != row.route[-1] for row in case.services),
    "must_run": lambda case: any(row.must_run for row in case.timetable),
    "no_split": lambda case: any(not row.split for row in case.orders),
    "outside": lambda case: any(not row.party for row in case.orders),
    "public": lambda case: any(not row.owner for row in case.services),
    "quotas": lambda case: any(":" in owner for owner in _owners(case)),
    "repeats": lambda case: any(row.days for row in case.orders),
    "round_trip": lambda case: any(row.route[0] == row.route[-1] for row in case.services),
    "run_caps": lambda case: any(row.cap_runs_per_day is not None for row in case.handling),
    "second_party": lambda case: len({row.region for row in case.parties}) < len(case.parties),
    "shares": _has_part_share,
    "store_caps": lambda case: any(row.store_cap_t is not None for row in case.hubs),
    "store_costs": lambda case: any(row.store_cost_per_t_h > 0 for row in case.hubs),
    "timetable": lambda case: bool(case.timetable),
    "timezones": lambda case: len({row.timezone for row in case.hubs}) > 1,
    "trades": lambda case: any(not row.to_hub for row in case.orders) and any(not row.from_hub for row in case.orders),
    "transit": _has_third_country,
    "unserved": lambda case: any(row.unserved_cost_per_unit > 0 for row in case.orders),
}
"""How a case shows that it uses a feature."""


@cache
def _cases() -> tuple[Case, ...]:
    return tuple(random_case(seed) for seed in range(SEEDS))


def test_each_feature_has_a_sign() -> None:
    assert set(SHOWS) == FEATURES


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_the_fast_and_the_whole_suite_use_each_feature(feature: str) -> None:
    shows = [SHOWS[feature](case) for case in _cases()]
    assert any(shows[:FAST_SEEDS])
    assert sum(shows) >= 10
