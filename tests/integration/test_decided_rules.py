"""Sentences of the semantics that leave no room for a second reading: engine, oracle and ``verify`` read them alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.integration.test_engine_against_oracle import LIMITS, assert_exact
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.model.case import Agreement, Case, Fleet, Good, Grant, Handling, Hub, Order, Pin, TimetableRow
from landbridge.planning import plan
from landbridge.units import MONEY_TOL
from landbridge.verify import verify

WEIGHTLESS = Good(good="n")
TON = Good(good="g", per_unit={"t": 1.0})
WEEK: Mapping[str, Any] = {"settings": {"horizon_h": 168.0, "cyclic": True}}


def by(*rows: str) -> dict[str, Any]:
    """Grants of agreement A: giver, taker, kind, resource and share, blank-separated."""
    grants = []
    for row in rows:
        giver, taker, kind, resource, share = row.split()
        grants.append(
            Grant(agreement="A", giver=giver, taker=taker, kind=kind, resource=resource, share_frac=float(share))
        )
    return {"agreements": (Agreement(agreement="A", status="in_force"),), "grants": tuple(grants)}


def hubs(**changes: Any) -> tuple[Hub, ...]:
    return tuple(Hub(hub=f"h{name}", region=name.upper(), **(changes if name == "b" else {})) for name in "abc")


def leaves(**fields: Any) -> dict[str, Any]:
    return {"timetable": (TimetableRow(service="s", **fields),)}


def assert_worth(case: Case, value: float) -> None:
    assert assert_exact(case).summary.value == pytest.approx(value, rel=MONEY_TOL, abs=MONEY_TOL)


def end_handling() -> dict[str, Any]:
    return {"handling": (Handling(handling="X", hub="hb", to_mode="end", dwell_h=2.0),)}


def test_freight_is_late_by_the_end_of_its_last_handling() -> None:
    """§2.3, §2.4: there at 1:30, handled until 3:30, due at 2:00."""
    order = shipment(due="2026-01-05T02:00", late_max_h=5.0, late_cost_per_unit_h=0.5)
    assert_worth(tiny_case(services=[truck()], orders=[order], **leaves(depart="00:30"), **end_handling()), 32.5)


@pytest.mark.parametrize(("depart", "value"), [("21:00", 40.0), ("21:01", 0.0)])
def test_handling_ends_within_the_horizon(depart: str, value: float) -> None:
    """§1.4: an hour on the way and two of handling, however late it is due."""
    order = shipment(ready="2026-01-05T12:00", due="+48h")
    assert_worth(tiny_case(services=[truck()], orders=[order], **leaves(depart=depart), **end_handling()), value)


@pytest.mark.parametrize(
    ("service", "good", "value"),
    [
        (truck(capacity={}), "g", 40.0),
        (truck(), "n", 40.0),
        (truck(capacity={}, max_runs=0), "g", 0.0),
        (truck(run_cost=0.0, max_runs=0), "n", 0.0),
        (truck(capacity={}, run_cost=60.0), "g", 0.0),
    ],
)
def test_freight_that_takes_no_room_rides_only_what_runs(service: Any, good: str, value: float) -> None:
    """§5.1."""
    assert_worth(tiny_case(services=[service], orders=[shipment(good=good)], goods=(TON, WEIGHTLESS)), value)


@pytest.mark.parametrize(
    ("owner", "grants", "value"),
    [
        ("b", ("b a service * 0.3", "b c service * 0.5"), 30.0),
        ("b", ("b a service * 0.5", "b c service * 0.5"), 15.0),
        ("b", ("b a service * 0.3", "b a mode road 0.6"), 20.0),
        ("b+c", ("b a service * 0.3", "c a mode road 0.6"), 5.0),
        ("b+c", ("b a service * 1",), 0.0),
    ],
)
def test_shares_of_a_run(owner: str, grants: tuple[str, ...], value: float) -> None:
    """§4.4: one run of 10 t; per giver, agreement and share; the better of two grants; both of two joint owners."""
    orders = [shipment()]
    if any(row.split()[1] == "c" for row in grants):
        orders.append(shipment("o2", party="c"))
    assert_worth(tiny_case(services=[truck(owner=owner, max_runs=1)], orders=orders, **by(*grants)), value)


@pytest.mark.parametrize(
    ("hub_owner", "row_owner", "resources", "is_open"),
    [
        ("", "b", ("hb",), False),
        ("", "b", ("X",), True),
        ("b", "", ("hb",), True),
        ("b", "", ("X",), False),
        ("b", "b", ("hb",), False),
        ("b", "b", ("hb", "X"), True),
        ("b", "b", ("*",), True),
        ("b+c", "", ("*",), False),
        ("", "b+c", ("*",), False),
    ],
)
def test_a_grant_names_the_hub_or_the_row_that_has_the_owner(
    hub_owner: str, row_owner: str, resources: tuple[str, ...], is_open: bool
) -> None:
    """§4.6: grants of b alone; a joint owner needs c as well."""
    case = tiny_case(
        services=[truck("s1", "ha>hb"), truck("s2", "hb>hc", mode="rail")],
        orders=[shipment(way="ha>hc", transit=("*",))],
        hubs=hubs(owner=hub_owner),
        handling=(Handling(handling="X", hub="hb", from_mode="road", to_mode="rail", owner=row_owner),),
        **by(*(f"b a hub {resource} 1" for resource in resources)),
    )
    assert_worth(case, 30.0 if is_open else 0.0)


def test_both_joint_owners_together_open_a_hub() -> None:
    case = tiny_case(
        services=[truck("s1", "ha>hb"), truck("s2", "hb>hc")],
        orders=[shipment(way="ha>hc", transit=("*",))],
        hubs=hubs(owner="b+c"),
        **by("b a hub * 1", "c a hub hb 1"),
    )
    assert_worth(case, 30.0)


def test_outside_freight_draws_on_all_shares_of_a_handling() -> None:
    """§4.7: 12 t a day, half of it of b's: b may handle 6 t, the market outside what is left."""
    row = Handling(
        handling="X", hub="hb", from_mode="road", to_mode="rail", owner="b:0.5 c:0.5", cap_t_per_day=12.0
    )  # fmt: skip
    case = tiny_case(
        services=[truck("s1", "ha>hb"), truck("s2", "hb>hc", mode="rail")],
        orders=[
            shipment(way="ha>hc", party="", transit=("*",)),
            shipment("o2", way="ha>hc", party="b", price_per_unit=50.0, transit=("*",)),
        ],
        handling=(row,),
    )
    # 6 t of b at 50 and 4 t from outside at 5 fill a truck of each leg; two more would need a second one
    assert_worth(case, 300.0 + 20.0 - 20.0)


@pytest.mark.parametrize("days", ["", "Mon Thu"])
@pytest.mark.parametrize(("departs", "value"), [("Thu", 30.0), ("Mon", 30.0), ("Tue", 0.0)])
def test_a_blank_due_of_a_bid_is_a_cycle_after_the_offer_is_ready(days: str, departs: str, value: float) -> None:
    """§2.2: ready on Wednesday at 0:00; what leaves on Tuesday at 23:30 is there after that."""
    offer = Order(order="offer", party="a", good="g", qty=10.0, from_hub="ha", ready="Wed 00:00", price_per_unit=1.0)
    bid = Order(order="bid", party="a", good="g", qty=10.0, to_hub="hb", price_per_unit=5.0, days=days)
    case = tiny_case(services=[truck()], orders=[offer, bid], **leaves(days=departs, depart="23:30"), **WEEK)
    assert_worth(case, value)


@pytest.mark.parametrize(("second", "is_possible"), [("10:00", True), ("23:30", False)])
def test_calls_after_the_horizon_count_on_their_own_day(second: str, is_possible: bool) -> None:
    """§5.5: one call a day; the first truck comes at 0:30 of the day after the last."""
    case = tiny_case(
        services=[truck("s1"), truck("s2")],
        orders=[shipment()],
        hubs=hubs(cap_runs_per_day=1.0),
        timetable=(
            TimetableRow(service="s1", depart="23:30", must_run=1),
            TimetableRow(service="s2", depart=second, must_run=1),
        ),
    )
    assert (assert_exact(case).summary.value is not None) == is_possible


def test_a_departure_at_the_end_of_the_horizon_is_dropped() -> None:
    """§5.2: every 12 hours of 24, one must run each time: two, not three."""
    assert_worth(tiny_case(services=[truck()], orders=[shipment()], **leaves(every_h=12.0, must_run=1)), 30.0)


@pytest.mark.parametrize(("max_runs", "value"), [(1, 120.0), (None, 200.0)])
def test_rows_of_one_minute_add_up_and_one_without_limit_lifts_it(max_runs: int | None, value: float) -> None:
    """§5.2: 50 units, two trucks by one row and the service's own limit by the other."""
    case = tiny_case(
        services=[truck(max_runs=max_runs)],
        orders=[shipment(qty=50.0)],
        timetable=(
            TimetableRow(service="s", depart="08:00", max_runs=2),
            TimetableRow(service="s", days="Mon", depart="08:00"),
        ),
    )
    assert_worth(case, value)


def test_a_pin_counts_the_runs_of_all_charterers_and_each_instance_of_an_order() -> None:
    """§5.4: two parties charter a public truck; at most two runs, at most 3 units each time an order repeats."""
    orders = [shipment(days="Mon Tue", due="+20h"), shipment("o2", party="b", days="Mon Tue", due="+20h")]
    case = tiny_case(
        services=[truck(capacity={"t": 4.0})],
        orders=orders,
        settings={"horizon_h": 48.0},
        timetable=(TimetableRow(service="s", depart="08:00"),),
        pins=(Pin(table="services", key="s", max=2), Pin(table="orders", key="o", max=3)),
    )
    found = plan(case, limits=LIMITS)
    assert verify(found, case) == []
    assert found.summary.value == pytest.approx(2 * (4 * 5.0 - 10.0), rel=MONEY_TOL)
    free = plan(replace(case, pins=case.pins[1:]), limits=LIMITS)
    assert sum(row.runs for row in free.departures) > 2
    assert max(row.filled for row in free.orders if row.order == "o") <= 3 + 1e-6
    assert verify(free, replace(case, pins=case.pins[1:])) == []


@pytest.mark.parametrize(("empty_cost", "value"), [(None, 130.0), (4.0, 142.0), (15.0, 130.0)])
def test_vehicles_come_back_without_load_at_the_cost_of_a_run_or_of_an_empty_run(
    empty_cost: float | None, value: float
) -> None:
    """§5.1, §5.6: two trucks go out with 20 t worth 8.5 each; nobody has freight for the way back."""
    back = truck("back", "hb>ha", fleet="F", empty_cost=empty_cost, owner="c")
    case = tiny_case(
        services=[truck(fleet="F"), back],
        orders=[shipment(qty=20.0, price_per_unit=8.5)],
        fleets=(Fleet(fleet="F", hub="ha"),),
        timetable=(TimetableRow(service="s", depart="08:00"), TimetableRow(service="back", depart="12:00")),
    )
    assert_worth(case, value)


def test_as_many_vehicles_run_as_the_open_part_of_each_asks_for() -> None:
    """§4.4: 10 t ride by three tenths of a truck of 10 t: three take 9 t, a fourth the last."""
    case = tiny_case(services=[truck(owner="b", run_cost=2.0)], orders=[shipment()], **by("b a service * 0.3"))
    assert_worth(case, 10 * 5.0 - 4 * 2.0)
