"""The bound of a re-plan: no plan that leaves what has left alone is worth more, and it is near where that is known."""

from __future__ import annotations

import math

import pytest
from tests.helpers.random_cases import random_case
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.engine.bound import prove_bound
from landbridge.engine.problem import Limits
from landbridge.errors import InvalidCase, InvalidRun
from landbridge.model.case import TimetableRow
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.planning.encode import encode
from landbridge.planning.events import read_event
from landbridge.planning.replan import replan, unroll
from landbridge.planning.replan.bound import rest_of, settled_cost
from landbridge.planning.replan.onward import look_at

LIMITS = PlanLimits(time_s=2.0)


def bound_of(dated, now_min: int) -> float:
    """The bound as it is proved, not raised to the value of a plan."""
    network = build_network(dated.case, dated.plan.summary.agreements, is_merged=False)
    base = encode(network, dated.plan)
    begun = look_at(network, base, now_min)
    lower = prove_bound(rest_of(network.problem, base, begun), Limits(time_s=20.0))
    return -(lower + settled_cost(network, base, begun, ())) - network.constant_cost


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(60) if random_case(seed).settings.cyclic][:6])
@pytest.mark.parametrize("part", [0.0, 0.4])
def test_no_replan_is_worth_more_than_the_bound(seed: int, part: float) -> None:
    """Re-planning with nothing happening can only make the dated plan better, and never better than the bound."""
    case = random_case(seed)
    week = plan(case, limits=LIMITS)
    if week.summary.value is None or not week.departures:
        pytest.skip("the random week has no plan with departures")
    dated = unroll(case, week, 2)
    now = int(part * dated.case.settings.horizon_h * 60)
    found = replan(dated, [], now, limits=LIMITS)
    bound = bound_of(dated, now)
    scale = 1e-6 * max(1.0, abs(found.after.summary.value), found.after.summary.spend)
    assert found.before.summary.value <= bound + scale
    assert found.after.summary.value <= bound + scale
    assert found.after.summary.value <= found.bound + scale
    assert found.bound == pytest.approx(bound)


@pytest.mark.parametrize("seed", [seed for seed in range(60) if random_case(seed).settings.cyclic][:6])
def test_nor_when_a_service_closes_and_freight_turns(seed: int) -> None:
    """What was on its way goes on by another way: the bound counts what it has cost by then."""
    case = random_case(seed)
    week = plan(case, limits=LIMITS)
    if week.summary.value is None or not week.departures:
        pytest.skip("the random week has no plan with departures")
    dated = unroll(case, week, 2)
    event = read_event(dated.case, f"close:{week.departures[0].service}")
    now = int(dated.case.settings.horizon_h * 20)
    try:
        found = replan(dated, [event], now, limits=LIMITS)
    except (InvalidCase, InvalidRun):
        pytest.skip("services without a timetable are met, or freight on its way cannot arrive")
    scale = 1e-6 * max(1.0, abs(found.after.summary.value), found.after.summary.spend)
    assert found.after.summary.value <= found.bound + scale


def two_days():
    """A truck each morning, an order for each of two days, and one for the first day that does not pay: 10 at 0.5."""
    orders = [
        shipment("first", ready="2026-01-05T06:00", due="2026-01-05T20:00"),
        shipment("dear", ready="2026-01-05T06:00", due="2026-01-05T20:00", price_per_unit=0.5, qty=20.0),
        shipment("second", ready="2026-01-06T06:00", due="2026-01-06T20:00"),
    ]
    rows = (TimetableRow(service="s", depart="08:00"), TimetableRow(service="t", depart="10:00"))
    services = [truck("s"), truck("t", run_cost=30.0)]
    return tiny_case(services=services, orders=orders, timetable=rows, settings={"horizon_h": 72.0})


def test_the_bound_counts_what_has_left_and_what_an_event_leaves() -> None:
    """First day: 50 less 10. Second: by the dear truck, 50 less 30, as the cheap one is closed."""
    case = two_days()
    week = plan(case, limits=LIMITS)
    assert week.summary.value == pytest.approx(80.0)
    dated = unroll(case, week, 1)
    assert bound_of(dated, 24 * 60) == pytest.approx(80.0)
    event = read_event(case, "close:s from 2026-01-06T00:00")
    found = replan(dated, [event], 24 * 60, limits=LIMITS)
    assert found.after.summary.value == pytest.approx(60.0)
    assert found.bound == pytest.approx(60.0)
    assert math.isclose(found.after.summary.gap, 0.0, abs_tol=1e-6)
