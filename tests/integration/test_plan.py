"""From a case to a plan by the engine: worked examples, agreements, pins and limits, accepted by verify."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.network.small_cases import bid, daily, grants, offer, service, shipment, small_case, weekly

import landbridge
from landbridge.errors import InvalidCase
from landbridge.model.case import Case, Pin
from landbridge.model.plan import PlanStatus
from landbridge.planning import PlanLimits, PlanProgress, evaluate, plan
from landbridge.tables import read_case
from landbridge.verify import verify

LIMITS = PlanLimits(time_s=60.0)


def _starter(capacity_t: float) -> Case:
    case = read_case(Path(landbridge.__file__).parent / "cases" / "starter")
    services = tuple(replace(row, capacity={"t": capacity_t}) if "t" in row.capacity else row for row in case.services)
    return replace(case, services=services)


def _keep(case: Case, agreements: str) -> Case:
    kept = tuple(row for row in case.agreements if row.agreement in agreements.split("+"))
    return replace(case, agreements=kept, grants=tuple(g for g in case.grants if g.agreement in agreements.split("+")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capacity_t", "agreements", "value"),
    [
        (10.0, "AB+AC+BC", 239.0),
        (8.0, "AB+AC+BC", 205.0),
        (10.0, "AB", 88.0),
        (10.0, "AC", 120.0),
        (10.0, "BC", 50.0),
        (10.0, "AB+AC", 188.0),
        (8.0, "AB+AC", 154.0),
        (10.0, "AC+BC", 171.0),
        (10.0, "none", 20.0),
    ],
)
def test_the_worked_example_is_solved_under_each_set_of_agreements(
    capacity_t: float, agreements: str, value: float
) -> None:
    """The table of the design page on cooperation, part 9, and its figures by agreement."""
    case = _keep(_starter(capacity_t), agreements)
    found = plan(case, limits=LIMITS)
    assert found.summary.status is PlanStatus.OPTIMAL
    assert found.summary.value == pytest.approx(value, rel=1e-6)
    assert found.summary.bound == pytest.approx(value, rel=1e-6)
    assert verify(found, case) == []
    assert all(order.why for order in found.orders if order.filled < order.qty - 1e-6)


def test_a_case_without_orders_is_planned_to_do_nothing() -> None:
    case = replace(_starter(10.0), orders=())
    found = plan(case, limits=LIMITS)
    assert (found.summary.status, found.summary.value, found.summary.bound) == (PlanStatus.OPTIMAL, 0.0, 0.0)
    assert verify(found, case) == []


def test_no_agreements_leave_each_region_alone() -> None:
    found = plan(_starter(10.0), limits=LIMITS, agreements="none")
    assert found.summary.value == pytest.approx(20.0)
    assert found.summary.agreements == "none"


WEEK = weekly(
    small_case(
        services=(service("s", owner="a"), service("dear", owner="a", run_cost=150.0)),
        timetable=(daily("s", days="Mon Thu"),),
        orders=(shipment(qty=8.0, ready="Sat 00:00"), offer(qty=5.0), bid(qty=7.0)),
        **grants(("a", "c", "trade")),
    )
)


def test_a_week_that_repeats_is_planned_over_its_end() -> None:
    """13 units of 15 profit (the bid less the offer) or 20 fill Monday's run and part of another; by hand:
    one run of 10 (8 * 20 + 2 * 15 - 100 = 90) beats two (8 * 20 + 5 * 15 - 200 = 35).
    """
    found = plan(WEEK, limits=LIMITS)
    assert found.summary.value == pytest.approx(90.0)
    assert verify(found, WEEK) == []
    assert found.flows[0].leaves > "2026-01-10"


def test_pins_are_kept_and_priced() -> None:
    """A second run is pinned: 35, by the sum above."""
    pins = (Pin(table="departures", key="s@Mon 08:00", min=1), Pin(table="departures", key="s@Thu 08:00", min=1))
    case = replace(WEEK, pins=pins)
    found = plan(case, limits=LIMITS)
    assert found.summary.value == pytest.approx(35.0)
    assert verify(found, case) == []


def test_evaluate_runs_what_is_pinned_and_nothing_else() -> None:
    """Today's plan sends the dear truck on Saturday at 06:00: 8 * 20 + 2 * 15 - 150."""
    pins = (Pin(table="departures", key="dear@Sat 06:00", min=1, max=1),)
    found = evaluate(WEEK, pins, limits=LIMITS)
    assert found.summary.pins_only
    assert [(row.service, row.leaves, row.runs) for row in found.departures] == [("dear", "2026-01-10T06:00+00:00", 1)]
    assert found.summary.value == pytest.approx(40.0)
    assert verify(found, WEEK) == []


def test_evaluating_nothing_serves_nothing_and_says_why() -> None:
    found = evaluate(WEEK, (), limits=LIMITS)
    assert (found.summary.value, found.departures) == (0.0, ())
    assert all(order.why for order in found.orders)


def test_pins_that_contradict_the_case_are_infeasible() -> None:
    """Ten units of an order of eight cannot be served."""
    found = plan(WEEK, limits=LIMITS, pins=(Pin(table="orders", key="o", min=10.0),))
    assert found.summary.status is PlanStatus.INFEASIBLE
    assert found.summary.value is None
    assert found.orders == ()


def test_a_pin_of_nothing_is_a_finding() -> None:
    with pytest.raises(InvalidCase, match="pinned services 'x'"):
        evaluate(WEEK, (Pin(table="services", key="x"),))


def test_a_cancelled_search_returns_a_plan_with_a_bound() -> None:
    found = plan(_starter(10.0), limits=PlanLimits(time_s=60.0, cancelled=lambda: True))
    assert found.summary.status in (PlanStatus.CANCELLED, PlanStatus.OPTIMAL)
    assert found.summary.value is not None
    assert found.summary.bound is not None
    assert found.summary.bound >= found.summary.value
    assert verify(found, _starter(10.0)) == []


def test_progress_is_told_in_values_and_bounds() -> None:
    seen: list[PlanProgress] = []
    found = plan(_starter(10.0), limits=PlanLimits(time_s=60.0, report=seen.append))
    assert seen
    values = [progress.value for progress in seen if progress.value is not None]
    assert values == sorted(values)
    assert found.summary.value is not None
    assert values[-1] == pytest.approx(found.summary.value)


@pytest.mark.slow
def test_the_same_seed_and_work_give_the_same_plan() -> None:
    limits = PlanLimits(time_s=120.0, work=1e5, seed=7)
    first, second = plan(_starter(8.0), limits=limits), plan(_starter(8.0), limits=limits)
    assert first.flows == second.flows
    assert first.departures == second.departures
