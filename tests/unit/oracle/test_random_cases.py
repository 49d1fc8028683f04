"""The random cases are valid and worth solving, and the oracle behaves on them as an optimum must."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.helpers.random_cases import FEATURES, random_case
from tests.oracle.compact_mip import OracleResult, solve_case
from tests.oracle.tiny_cases import every

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.columns import Kind

SEEDS = range(60)


def step_h(case: Case) -> float:
    return 24.0 if case.settings.cyclic else 4.0


def solve(case: Case, agreements: str = "in_force") -> OracleResult:
    return solve_case(case, every(case, step_h(case)), agreements)


def ids_of(case: Case, table: str) -> set[str]:
    names = {item.name for item in ATTRIBUTES[table] if item.key}
    return {getattr(row, name) for row in getattr(case, table) for name in names}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_case_keeps_the_attribute_table(seed: int) -> None:
    """Ranges, choices, references, unique keys."""
    case = random_case(seed)
    for table, attributes in ATTRIBUTES.items():
        rows = getattr(case, table)
        keys = [tuple(getattr(row, item.field) for item in attributes if item.key) for row in rows]
        assert len(set(keys)) == len(keys), table
        for row in rows:
            for item in attributes:
                check_cell(case, getattr(row, item.field), item)
    for service in case.services:
        assert len(service.travel_h) == len(service.route) - 1
        assert all(a != b for a, b in zip(service.route, service.route[1:], strict=False))
    for order in case.orders:
        assert order.from_hub != order.to_hub


def check_cell(case: Case, value: Any, item: Any) -> None:
    numbers = {
        Kind.NUMBER: [value], Kind.INTEGER: [value], Kind.LEGS: value,
        Kind.AMOUNTS: value.values() if isinstance(value, dict) else [],
    }.get(item.kind, [])  # fmt: skip
    for number in numbers:
        if number is not None:
            assert item.low is None or number >= item.low, item.name
            assert item.high is None or number <= item.high, item.name
            assert not (item.above and number == item.low), item.name
    if item.choices and value:
        assert value in item.choices, item.name
    if item.ref and value:
        named = {Kind.ROUTE: value, Kind.OWNER: owner_names(value)}.get(item.kind, (value,))
        assert set(named) <= ids_of(case, item.ref), item.name


def owner_names(text: Any) -> tuple[str, ...]:
    words = str(text).replace("+", " ").split() if isinstance(text, str) else []
    return tuple(word.partition(":")[0] for word in words)


def test_the_same_seed_gives_the_same_case() -> None:
    assert random_case(7) == random_case(7)
    assert random_case(7) != random_case(8)


def test_features_are_used_as_asked() -> None:
    assert random_case(1, features=frozenset({"cyclic"})).settings.cyclic
    assert not random_case(1, features=FEATURES - {"cyclic"}).settings.cyclic
    assert not random_case(1, features=frozenset()).agreements or not random_case(1, features=frozenset()).fleets
    with pytest.raises(ValueError, match="unknown features \\['cycles'\\]"):
        random_case(1, features=frozenset({"cycles"}))


@pytest.mark.slow
def test_most_cases_have_a_plan_with_something_served_and_something_not() -> None:
    served = unserved = multi = traded = 0
    for seed in SEEDS:
        case = random_case(seed)
        result = solve(case)
        assert result.feasible
        asked = {order.order: order.qty for order in case.orders}
        served += any(filled > 1e-6 for filled in result.filled.values())
        unserved += any(filled < asked[key[0]] - 1e-6 for key, filled in result.filled.items())
        multi += any(flow.ride.leg > 0 for flow in result.flows)
        traded += any(len(flow.orders) == 2 for flow in result.flows)
    assert served >= 0.7 * len(SEEDS)
    assert unserved >= 0.6 * len(SEEDS)
    assert multi >= 0.1 * len(SEEDS)
    assert traded >= 0.08 * len(SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_more_agreements_limits_and_departures_never_lower_the_value(seed: int) -> None:
    """A plan stays feasible when a limit goes, an agreement counts or a departure may leave."""
    case = random_case(seed)
    value = solve(case).value
    slack = 1e-6 * max(1.0, abs(value))
    assert solve(case, "none").value <= value + slack
    assert value <= solve(case, "all").value + slack
    freer = replace(
        case,
        hubs=tuple(replace(hub, cap_runs_per_day=None, store_cap_t=None) for hub in case.hubs),
        handling=tuple(replace(row, cap_t_per_day=None, opens="", closes="", days="") for row in case.handling),
    )
    assert value <= solve(freer).value + slack
    finer = every(case, step_h(case) / 2)
    assert value <= solve_case(case, finer).value + slack


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_money_scales(seed: int) -> None:
    """Twice the money everywhere is twice the value."""
    case = random_case(seed)
    twice = replace(
        case,
        settings=replace(case.settings, co2_cost_per_t=2 * case.settings.co2_cost_per_t),
        hubs=tuple(replace(row, store_cost_per_t_h=2 * row.store_cost_per_t_h) for row in case.hubs),
        handling=tuple(replace(row, cost_per_t=2 * row.cost_per_t) for row in case.handling),
        services=tuple(
            replace(
                row, run_cost=2 * row.run_cost, cost_per_t=tuple(2 * cost for cost in row.cost_per_t),
                empty_cost=None if row.empty_cost is None else 2 * row.empty_cost,
            )
            for row in case.services
        ),
        fleets=tuple(replace(row, fixed_cost=2 * row.fixed_cost) for row in case.fleets),
        orders=tuple(
            replace(
                row, price_per_unit=2 * row.price_per_unit, late_cost_per_unit_h=2 * row.late_cost_per_unit_h,
                unserved_cost_per_unit=2 * row.unserved_cost_per_unit,
            )
            for row in case.orders
        ),
    )  # fmt: skip
    assert solve(twice).value == pytest.approx(2 * solve(case).value, rel=1e-6, abs=1e-6)
