"""Explanations: the worth of a change is the exact difference of two plans; the textbook model agrees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.helpers.random_cases import random_case
from tests.oracle.compact_mip import solve_case
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.errors import UnknownName
from landbridge.model.case import Grant, TimetableRow
from landbridge.network import build_network
from landbridge.planning import PlanLimits, evaluate, plan
from landbridge.planning.by_region import value_by_region
from landbridge.planning.encode import encode
from landbridge.planning.explain import explain, prepare
from landbridge.planning.explain.freely import improve
from landbridge.planning.solve import decode
from landbridge.units import exceeds
from landbridge.verify import verify

LIMITS = PlanLimits(time_s=20.0)


def accepts(found, case) -> bool:
    return verify(found, case) == []


def explained(case, order: str):
    found = plan(case, limits=LIMITS)
    return found, *explain(prepare(case, found, accepts), order)


def timed(service: str, hour: int = 8) -> TimetableRow:
    return TimetableRow(service=service, depart=f"{hour:02}:00")


def test_a_dear_order_is_served_at_what_the_textbook_model_says_it_costs():
    """One order that does not pay: 10 units at 0.5 bring 5, the truck costs 10."""
    case = tiny_case(services=[truck()], orders=[shipment(price_per_unit=0.5)], timetable=(timed("s"),))
    found, explanation, tried = explained(case, "o")
    assert explanation.state == "not served"
    none = next(change for change in explanation.changes if change.kind == "none")
    must = replace(case, orders=(replace(case.orders[0], unserved_cost_per_unit=1000.0),))  # then it pays to serve it
    forced = solve_case(must, {})
    assert none.worth == pytest.approx(forced.value - found.summary.value) == pytest.approx(-5.0)
    price = next(change for change in explanation.changes if change.kind == "price")
    assert float(price.value) == pytest.approx(1.0)
    assert price.owner == "a"
    assert price.worth == pytest.approx(0.0, abs=1e-6)
    assert all(item.change.is_verified for item in tried)


@pytest.mark.slow
def test_with_all_free_the_changed_case_is_worth_what_the_textbook_model_says():
    """Nothing changed, the order stays at home again; at 1.5 a unit the truck goes for 15."""
    case = tiny_case(services=[truck()], orders=[shipment(price_per_unit=0.5)], timetable=(timed("s"),))
    found = plan(case, limits=LIMITS)
    explanation, tried = explain(prepare(case, found, accepts), "o", free=PlanLimits(time_s=2.0))
    none = next(change for change in explanation.changes if change.kind == "none")
    assert (none.value_after, none.free_value) == (pytest.approx(-5.0), pytest.approx(0.0, abs=1e-9))
    for item in tried:
        assert item.change.free_value == pytest.approx(solve_case(item.case, {}).value, abs=1e-6)


def test_a_plan_at_hand_is_taken_on_when_all_is_free():
    """A run that serves nothing: groups of orders are opened from it until it is as good as a plan from nothing."""
    case = random_case(3)
    found = evaluate(case, (), limits=LIMITS)
    run = prepare(case, found, accepts)
    network = build_network(case, "in_force", is_merged=False)
    better = improve(network, run.solution_on(network), None, PlanLimits(time_s=10.0))
    assert better is not None
    plan_after = decode(network, better, LIMITS)
    assert accepts(plan_after, case)
    assert plan_after.summary.value > found.summary.value + 1.0
    assert plan_after.summary.value <= plan(case, limits=LIMITS).summary.bound + 1e-6


def test_a_full_departure_asks_for_a_vehicle_of_its_owner():
    """Two orders of 10 units, one truck of 10 t: the cheaper one stays behind for want of a second truck."""
    case = tiny_case(
        services=[truck(owner="a", max_runs=1)],
        orders=[shipment("first", price_per_unit=9.0), shipment("second")],
        timetable=(timed("s"),),
    )
    found, explanation, _ = explained(case, "second")
    assert explanation.why.startswith("capacity")
    change = next(change for change in explanation.changes if change.kind == "capacity")
    assert (change.table, change.key, change.column, change.value) == ("services", "s", "max_runs", "2")
    assert change.owner == "a"
    more = replace(case, services=(replace(case.services[0], max_runs=2),))
    assert change.worth == pytest.approx(solve_case(more, {}).value - found.summary.value) == pytest.approx(40.0)


def test_a_missed_deadline_asks_for_the_hours_that_are_missing():
    case = tiny_case(services=[truck()], orders=[shipment(due="2026-01-05T06:30")], timetable=(timed("s"),))
    found, explanation, _ = explained(case, "o")
    assert explanation.why.startswith("deadline")
    change = next(change for change in explanation.changes if change.kind == "deadline")
    assert change.value == "3"  # there at 9:00, due 6:30
    assert change.worth == pytest.approx(40.0)
    assert found.summary.value == pytest.approx(0.0)


def test_a_missing_permission_asks_for_an_agreement_with_the_owner():
    case = tiny_case(services=[truck(owner="b")], orders=[shipment()], timetable=(timed("s"),))
    found, explanation, tried = explained(case, "o")
    assert explanation.why.startswith("no permission")
    change = explanation.changes[0]
    assert (change.kind, change.owner) == ("agreement", "b")
    assert change.worth == pytest.approx(40.0)
    grant = next(item.case.grants[-1] for item in tried if item.change == change)
    assert grant == Grant(agreement="new_agreement", giver="b", taker="a", kind="service", resource="s")
    assert found.summary.value == pytest.approx(0.0)


def test_a_transit_rule_asks_for_leave_to_cross():
    case = tiny_case(services=[truck(route="ha>hb>hc")], orders=[shipment(way="ha>hc")], timetable=(timed("s"),))
    _, explanation, _ = explained(case, "o")
    assert explanation.why.startswith("transit")
    assert [(change.kind, change.value) for change in explanation.changes] == [("transit", "NB")]
    assert explanation.changes[0].worth == pytest.approx(40.0)


def test_a_late_order_is_brought_in_time():
    """The cheap truck is late; the dear one in time costs 15 more and saves lateness of 10."""
    case = tiny_case(
        services=[truck("slow"), truck("fast", run_cost=35.0)],
        orders=[shipment(due="2026-01-05T08:00", late_max_h=5.0, late_cost_per_unit_h=1.0)],
        timetable=(timed("slow", 9), timed("fast", 6)),
    )
    found, explanation, _ = explained(case, "o")
    assert (explanation.state, explanation.late_h) == ("late", 2.0)
    none = next(change for change in explanation.changes if change.kind == "none")
    assert none.worth == pytest.approx(-5.0)
    assert none.arrives.startswith("2026-01-05T07:00")
    assert found.summary.value == pytest.approx(20.0)


def test_a_served_order_is_told_with_its_way_and_cost_and_an_unknown_one_is_refused():
    case = tiny_case(services=[truck()], orders=[shipment()], timetable=(timed("s"),))
    found, explanation, tried = explained(case, "o")
    assert (explanation.state, explanation.brings, explanation.costs) == ("served", 50.0, 10.0)
    assert explanation.way == ("2026-01-05 08:00 ha > hb by s",)
    assert tried == ()
    with pytest.raises(UnknownName, match="no order 'p'"):
        explain(prepare(case, found, accepts), "p")


@pytest.mark.parametrize("seed", [42, 43, 44, 45, 47, 50])
def test_on_random_cases_every_change_serves_the_order_at_exactly_its_worth(seed: int):
    """The plan read back is the plan; regions add up to its value; every change is verified, no worse than it says."""
    case = random_case(seed)
    found = plan(case, limits=PlanLimits(time_s=5.0))
    if found.summary.value is None:
        return
    network = build_network(case, is_merged=False)
    again = decode(network, encode(network, found), LIMITS, is_explained=False)
    assert again.summary.value == pytest.approx(found.summary.value)
    assert verify(again, case) == []
    assert sum(value_by_region(case, found).values()) == pytest.approx(found.summary.value)
    open_still = [row for row in found.orders if exceeds(row.qty, row.filled) or row.late_h > 0]
    for row in open_still[:2]:
        _, tried = explain(prepare(case, found, accepts), row.order, row.repeat)
        for item in tried:
            mine = next(r for r in item.plan.orders if (r.order, r.repeat) == (row.order, row.repeat))
            assert item.change.is_verified
            assert not exceeds(row.qty, mine.filled)
            assert item.change.worth == pytest.approx(item.plan.summary.value - found.summary.value)
            if item.change.kind == "price":
                assert item.change.worth >= -1e-6
