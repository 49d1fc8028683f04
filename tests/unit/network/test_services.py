"""Vehicles, departures and limits on runs (semantics §4.3, §4.7, §5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.network.small_cases import daily, grants, service, shipment, small_case, weekly

from landbridge.errors import InvalidCase
from landbridge.model.case import Agreement, Case, Fleet, Good, Grant, Handling, Hub, Pin, TimetableRow
from landbridge.network import Network, build_network

HOUR, DAY = 60, 1440


def _names(network: Network) -> list[str]:
    return [charter.name for charter in network.vehicles.charter_by_vehicle]


def _limits(network: Network) -> dict[tuple[str, str, tuple[str, ...], int], tuple[float, float, int]]:
    """Cap, low and number of uses by kind, resource, users and minute."""
    problem = network.problem
    return {
        (note.kind, note.resource, note.users, note.minute): (
            float(problem.limit_cap[limit]),
            float(problem.limit_low[limit]),
            int((problem.use_limit == limit).sum()),
        )
        for limit, note in enumerate(network.limit_notes)
    }


def test_one_vehicle_carries_all_legs_of_its_route() -> None:
    run = service(route="A>B>C", travel_h=(5.0, 0.5), cost_per_t=(3.0, 4.0), kgco2e_per_t=(1000.0,))
    case = small_case(services=(run,), orders=(shipment(),))
    case = replace(case, settings=replace(case.settings, co2_cost_per_t=2.0))
    problem = build_network(case).problem
    assert problem.leg_vehicle.tolist() == [0, 0]
    assert problem.leg_travel_min.tolist() == [300, 30]
    assert problem.leg_cost_per_t.tolist() == [5.0, 6.0]
    assert problem.vehicle_capacity.tolist() == [[10.0]]


def test_a_dimension_no_service_limits_is_free() -> None:
    goods = (Good(good="cargo", per_unit={"t": 1.0, "m3": 2.0}),)
    problem = build_network(small_case(goods=goods, services=(service(),), orders=(shipment(),))).problem
    assert problem.dimensions == ("t", "m3")
    assert problem.vehicle_capacity.tolist() == [[10.0, np.inf]]
    assert problem.commodity_load.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (daily(), [8 * HOUR, DAY + 8 * HOUR]),
        (daily(days="Tue"), [DAY + 8 * HOUR]),
        (daily(starts="2026-01-05T09:00"), [DAY + 8 * HOUR]),
        (daily(ends="2026-01-05T08:00"), [8 * HOUR]),
        (TimetableRow(service="s", every_h=18.5), [0, 1110, 2220]),
        (TimetableRow(service="s", every_h=24.0), [0, DAY]),
        (TimetableRow(service="s", every_h=24.0, starts="2026-01-04T20:00"), [20 * HOUR, DAY + 20 * HOUR]),
    ],
)
def test_timetable_rows_become_minutes(row: TimetableRow, expected: list[int]) -> None:
    case = small_case(services=(service(),), timetable=(row,), orders=(shipment(),))
    problem = build_network(case).problem
    assert problem.departure_min.tolist() == expected
    assert problem.vehicle_timed.tolist() == [True]


def test_departures_leave_at_the_clock_of_the_first_hub() -> None:
    hubs = (Hub(hub="A", region="A", timezone="Asia/Tokyo"), Hub(hub="B", region="B"), Hub(hub="C", region="C"))
    case = small_case(hubs=hubs, services=(service(),), timetable=(daily(depart="08:00"),), orders=(shipment(),))
    assert build_network(case).problem.departure_min.tolist() == [23 * HOUR, DAY + 23 * HOUR]


def test_rows_of_the_same_minute_are_one_departure_with_summed_limits() -> None:
    rows = (daily(max_runs=2, must_run=1), daily(days="Mon", max_runs=3, must_run=2))
    network = build_network(small_case(services=(service(),), timetable=rows, orders=(shipment(),)))
    assert _limits(network) == {
        ("departure", "s", (), 480): (5.0, 3.0, 1),
        ("departure", "s", (), DAY + 480): (2.0, 1.0, 1),
    }
    assert network.must_run == {(0, 480): 3, (0, DAY + 480): 1}


def test_max_runs_bounds_each_departure_or_the_horizon() -> None:
    timed = small_case(services=(service(max_runs=2),), timetable=(daily(days="Mon"),), orders=(shipment(),))
    assert _limits(build_network(timed)) == {("departure", "s", (), 480): (2.0, 0.0, 1)}
    free = small_case(services=(service(max_runs=2),), orders=(shipment(),))
    assert _limits(build_network(free)) == {("service", "s", (), -1): (2.0, 0.0, 1)}


TWO = (shipment("p", party="a"), shipment("q", party="b"))


def test_a_public_service_has_a_vehicle_for_each_party_that_orders() -> None:
    network = build_network(small_case(services=(service(),), orders=TWO))
    assert _names(network) == ["a", "b"]
    assert network.problem.leg_access.tolist() == [[True, False], [False, True]]


def test_a_charterer_that_another_can_replace_is_left_out() -> None:
    """With mutual grants a and b ride each other's runs, so that one charterer is enough."""
    network = build_network(
        small_case(services=(service(),), orders=TWO, **grants(("a", "b", "service"), both_ways=True))
    )
    assert _names(network) == ["a"]
    assert network.vehicles.charter_by_vehicle[0].alternatives == ("b",)


def test_a_grant_of_part_of_a_run_replaces_nobody() -> None:
    case = small_case(
        services=(service(),), orders=TWO, **grants(("a", "b", "service"), both_ways=True, share_frac=0.5)
    )
    network = build_network(case)
    assert _names(network) == ["a", "b"]
    problem = network.problem
    assert problem.share_vehicle.tolist() == [0, 1]
    assert problem.share_frac.tolist() == [0.5, 0.5]
    groups = [
        problem.share_class[problem.share_class_ptr[i] : problem.share_class_ptr[i + 1]].tolist() for i in range(2)
    ]
    assert groups == [[1], [0]]


def test_different_quotas_keep_both_charterers() -> None:
    case = small_case(
        services=(service(owner="a:0.5 b:0.5", max_runs=5),),
        orders=TWO,
        **grants(("a", "b", "service"), both_ways=True),
    )
    network = build_network(case)
    assert _names(network) == ["a", "b"]
    assert _limits(network) == {
        ("service", "s", ("a",), -1): (2.0, 0.0, 1),
        ("service", "s", ("b",), -1): (2.0, 0.0, 1),
    }


def test_a_grant_to_charter_opens_part_of_a_quota() -> None:
    """C may draw on half of a's two runs; a and c together on a's two."""
    case = small_case(services=(service(owner="a:0.5 b:0.5", max_runs=4),), orders=(shipment(),))
    case = replace(case, **grants(("a", "c", "charter"), share_frac=0.5))
    assert _limits(build_network(case)) == {
        ("service", "s", ("a", "c"), -1): (2.0, 0.0, 2),
        ("service", "s", ("b",), -1): (2.0, 0.0, 1),
        ("service", "s", ("c",), -1): (1.0, 0.0, 1),
    }


def _calls(network: Network) -> list[tuple[int, int]]:
    problem = network.problem
    return list(zip(problem.use_vehicle.tolist(), problem.use_offset_min.tolist(), strict=True))


def test_calls_at_a_hub_count_at_the_minute_of_arrival() -> None:
    hubs = (Hub(hub="A", region="A", cap_runs_per_day=3.5), Hub(hub="B", region="B"), Hub(hub="C", region="C"))
    network = build_network(small_case(hubs=hubs, services=(service(route="A>C>A"),), orders=(shipment(),)))
    assert _limits(network) == {("hub", "A", (), -1): (3.0, 0.0, 2)}
    assert _calls(network) == [(0, 0), (0, 600)]
    assert network.problem.limit_period_min.tolist() == [DAY]


@pytest.mark.parametrize(
    ("direction", "mode", "expected"),
    [
        ("", "", [(0, 300), (1, 300)]),
        ("in", "", [(1, 300)]),
        ("out", "", [(0, 300)]),
        ("in", "rail", []),
        ("out", "road", [(0, 300)]),
    ],
)
def test_a_handling_row_counts_runs_by_border_direction_and_mode(
    direction: str, mode: str, expected: list[tuple[int, int]]
) -> None:
    """A>B>C leaves the country after B; C>B>A comes into it at B."""
    row = Handling(handling="slots", hub="B", direction=direction, from_mode=mode, cap_runs_per_day=2)
    routes = (service("out", "A>B>C"), service("in", "C>B>A"))
    network = build_network(small_case(handling=(row,), services=routes, orders=(shipment(),)))
    assert _calls(network) == expected


def test_a_fleet_gives_its_vehicles_a_home_and_empty_runs_a_price() -> None:
    fleets = (Fleet(fleet="f", hub="C", count=4, fixed_cost=9.0, round_the_week=False), Fleet(fleet="g"))
    runs = (service("s1", fleet="f", empty_cost=30.0), service("s2", "C>A", fleet="g"), service("s3", empty_cost=5.0))
    case = small_case(services=runs, fleets=fleets, orders=(shipment(),))
    problem = build_network(case).problem
    assert problem.vehicle_fleet.tolist() == [0, 1, -1]
    assert problem.vehicle_from_hub.tolist() == [0, 2, 0]
    assert problem.vehicle_to_hub.tolist() == [2, 0, 2]
    assert np.array_equal(problem.vehicle_empty_cost, [30.0, np.nan, np.nan], equal_nan=True)
    assert problem.fleet_count.tolist() == [4.0, np.inf]
    assert problem.fleet_start_hub.tolist() == [2, -1]
    assert problem.fleet_returns.tolist() == [False, True]
    cyclic = build_network(weekly(case)).problem
    assert cyclic.fleet_start_hub.tolist() == [-1, -1]
    assert cyclic.fleet_returns.tolist() == [True, True]


# Pins.

TIMED = small_case(
    services=(service("s"), service("u")), timetable=(daily(must_run=1), daily(depart="20:00")), orders=(shipment(),)
)


def _pin(table: str, key: str, low: float = 0.0, cap: float | None = None) -> Pin:
    return Pin(table=table, key=key, min=low, max=cap)


def test_pins_bound_departures_services_and_orders() -> None:
    pins = (
        _pin("departures", "s@Mon 08:00", 2, 3),
        _pin("services", "u", 1, 4),
        _pin("orders", "o", 1, 3),
    )
    network = build_network(TIMED, pins=pins)
    limits = _limits(network)
    assert limits[("pin", "s", (), 480)] == (3.0, 2.0, 1)
    assert limits[("pin", "u", (), -1)] == (4.0, 1.0, 1)
    assert limits[("departure", "s", (), DAY + 480)] == (np.inf, 1.0, 1)
    assert network.problem.block_low.tolist() == [1.0]
    assert network.problem.block_qty.tolist() == [3.0]


def test_units_a_pin_forbids_still_cost_their_penalty() -> None:
    orders = (shipment(unserved_cost_per_unit=6.0),)
    network = build_network(replace(TIMED, orders=orders), pins=(_pin("orders", "o", 0, 3),))
    assert network.constant_cost == 6.0


def test_only_pinned_runs_leave_when_a_plan_is_priced() -> None:
    """What is not named does not run, except what must."""
    network = build_network(TIMED, pins=(_pin("departures", "s@2026-01-05T20:00", 1, 1),), pins_only=True)
    assert [plan.service.service for plan in network.vehicles.plans] == ["s"]
    assert network.problem.departure_min.tolist() == [480, 1200, DAY + 480]
    assert _limits(network) == {
        ("pin", "s", (), 480): (1.0, 1.0, 1),
        ("pin", "s", (), 1200): (1.0, 1.0, 1),
        ("pin", "s", (), DAY + 480): (1.0, 1.0, 1),
    }


def test_a_pinned_departure_times_a_service_without_timetable() -> None:
    network = build_network(TIMED, pins=(_pin("departures", "u@Tue 03:00", 1, 1),), pins_only=True)
    plan = next(plan for plan in network.vehicles.plans if plan.service.service == "u")
    assert list(plan.slots or ()) == [DAY + 180]


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (_pin("services", "x"), "pinned services 'x', which the case does not have"),
        (_pin("orders", "x"), "pinned orders 'x', which the case does not have"),
        (_pin("departures", "x@Mon 08:00"), "expected service@time"),
        (_pin("departures", "s"), "expected service@time"),
        (_pin("departures", "s@noon"), "found 'noon'"),
        (_pin("departures", "s@Mon 09:00"), "the nearest is 2026-01-05T08:00"),
        (_pin("departures", "u@Mon 09:00"), "no timetable"),
    ],
)
def test_a_pin_of_what_is_not_there_is_a_finding(pin: Pin, message: str) -> None:
    with pytest.raises(InvalidCase, match=message) as caught:
        build_network(TIMED, pins=(pin,))
    assert [finding.code for finding in caught.value.findings] == ["unknown-pin"]


def test_all_pins_of_one_thing_hold() -> None:
    network = build_network(TIMED, pins=(_pin("services", "u", 1, 4), _pin("services", "u", 2, 9)))
    assert _limits(network)[("pin", "u", (), -1)] == (4.0, 2.0, 1)


# Access.


def _leg_open(case: Case) -> list[bool]:
    return [bool(found) for found in build_network(case).problem.leg_access[0]]


@pytest.mark.parametrize(
    ("transit", "good_transit", "expected"),
    [((), (), False), (("XS",), (), True), (("*",), (), True), ((), ("XS",), True), (("-",), ("XS",), False)],
)
def test_a_third_country_must_be_listed(
    transit: tuple[str, ...], good_transit: tuple[str, ...], expected: bool
) -> None:
    """From A to B, both in XN, by C in XS; the order's list goes before the good's."""
    goods = (Good(good="cargo", per_unit={"t": 1.0}, transit=good_transit),)
    routes = (service("s1", "A>C"), service("s2", "C>B"), service("s3", "A>B"))
    case = small_case(goods=goods, services=routes, orders=(shipment(way="A>B", transit=transit),))
    assert _leg_open(case) == [expected, expected, True]


@pytest.mark.parametrize(("accepts", "expected"), [((), True), (("general",), True), (("bulk", "gas"), False)])
def test_a_service_takes_what_it_accepts(accepts: tuple[str, ...], expected: bool) -> None:
    assert _leg_open(small_case(services=(service(accepts=accepts),), orders=(shipment(),))) == [expected]


def test_tonnes_of_a_split_row_are_bounded_by_owner() -> None:
    rail, road = service("rail", "A>B", mode="rail"), service("road", "B>C")
    row = Handling(handling="x", hub="B", owner="a:0.25 b:0.75", from_mode="rail", to_mode="road", cap_t_per_day=10.0)
    network = build_network(small_case(services=(rail, road), handling=(row,), orders=TWO))
    caps = dict(zip([note.users for note in network.flow_limit_notes], network.problem.flow_limit_cap_t, strict=True))
    assert caps == {("a",): 2.5, ("b",): 7.5}
    assert sorted(network.problem.flow_use_class.tolist()) == [0, 1]


def test_two_grants_of_one_giver_share_apart() -> None:
    """Freight of b and of c rides a's run by different agreements: each has its own part (§4.4)."""
    agreements = (Agreement(agreement="B", status="in_force"), Agreement(agreement="C", status="in_force"))
    rows = tuple(
        Grant(agreement=name, giver="a", taker=name.lower(), kind="service", share_frac=share)
        for name, share in (("B", 0.2), ("C", 0.3))
    )
    orders = (shipment("p", party="b"), shipment("q", party="c"))
    case = small_case(services=(service(owner="a"),), orders=orders, agreements=agreements, grants=rows)
    problem = build_network(case).problem
    assert problem.share_frac.tolist() == [0.2, 0.3]
    assert problem.share_class.tolist() == [0, 1]
