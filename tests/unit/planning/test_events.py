"""Events become limits of a case: whom they meet, and what is refused."""

from __future__ import annotations

import pytest
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.errors import InvalidCase
from landbridge.model.case import Handling, TimetableRow
from landbridge.model.validate import validate
from landbridge.planning import PlanLimits, plan
from landbridge.planning.events import apply_events, describe, read_event, withhold_surcharges
from landbridge.verify import verify


def case_of(**changes):
    """Two trucks by the hour from 00:00 to 23:00: ha > hb > hc, an hour a leg, and hc > hb."""
    services = [truck("s", "ha>hb>hc", max_runs=3), truck("r", "hc>hb")]
    rows = tuple(TimetableRow(service=name, depart=f"{hour:02}:00") for name in "sr" for hour in range(0, 24, 4))
    return tiny_case(services=services, orders=[shipment()], timetable=rows, **changes)


def met(case, text: str) -> dict[str, float | None]:
    return {pin.key: pin.max for pin in apply_events(case, [read_event(case, text)]).pins}


def test_a_closed_hub_meets_departures_whose_call_there_is_in_the_window():
    found = met(case_of(), "close:hb from 2026-01-05T05:00 to 2026-01-05T09:00")
    # s of 04:00 calls at 05:00; s of 08:00 at 09:00, when it is over; r of 04:00 at 05:00
    assert found == {"s@2026-01-05T04:00": 0.0, "r@2026-01-05T04:00": 0.0}


def test_a_closed_service_meets_its_own_departures():
    assert list(met(case_of(), "close:r from 2026-01-05T04:00 to 2026-01-05T12:00")) == [
        "r@2026-01-05T04:00",
        "r@2026-01-05T08:00",
    ]


def test_a_handling_row_meets_the_direction_it_counts():
    rule = Handling(handling="in-c", hub="hc", direction="in", cap_runs_per_day=5)
    found = met(case_of(handling=(rule,)), "close:in-c from 2026-01-05T00:00 to 2026-01-05T07:00")
    assert list(found) == ["s@2026-01-05T00:00", "s@2026-01-05T04:00"]


def test_a_part_of_the_capacity_is_rounded_down_and_no_limit_stays_none():
    found = met(case_of(), "limit:hb=0.5 from 2026-01-05T00:00 to 2026-01-05T02:00")
    assert found == {"s@2026-01-05T00:00": 1.0}  # half of 3; r has no max_runs


def test_what_has_left_is_not_met():
    case = case_of()
    event = read_event(case, "close:hb")
    early = apply_events(case, [event], from_min=12 * 60)
    assert min(pin.key for pin in early.pins if pin.key.startswith("s")) == "s@2026-01-05T12:00"


def test_delays_and_surcharges_change_the_legs_that_end_there():
    case = case_of()
    found = apply_events(case, [read_event(case, "delay:hc=2"), read_event(case, "surcharge:s=5")])
    assert found.services[0].travel_h == (1.0, 3.0)
    assert found.services[0].cost_per_t == (5.0, 5.0)
    assert found.services[1] == case.services[1]


def test_a_delay_for_a_time_makes_a_slower_twin_of_the_departures_met():
    """Of s only the departure of 04:00 is at hb in the window: its leg to hb takes 2 hours more."""
    case = case_of()
    found = apply_events(case, [read_event(case, "delay:hb=2 from 2026-01-05T04:30 to 2026-01-05T05:30")])
    assert found.services[:2] == case.services
    twins = {row.service: row for row in found.services[2:]}
    assert sorted(twins) == ["r~1", "s~1"]
    assert twins["s~1"].travel_h == (3.0, 1.0)
    assert twins["s~1"].route == case.services[0].route
    rows = [row for row in found.timetable if row.service == "s~1"]
    assert [(row.depart, row.starts, row.max_runs) for row in rows] == [("04:00", "2026-01-05T04:00", 3)]
    assert {pin.key: pin.max for pin in found.pins} == {"s@2026-01-05T04:00": 0.0, "r@2026-01-05T04:00": 0.0}
    assert validate(found) == []


def test_a_plan_lives_with_a_delay_for_a_time():
    """Freight due at 10:00 misses the truck of 08:00 that is 2 hours late, and takes the one of 04:00 for 9 more."""
    order = shipment(ready="2026-01-05T00:00", due="2026-01-05T10:00")
    services = [truck("s"), truck("early", run_cost=19.0)]
    rows = (TimetableRow(service="s", depart="08:00"), TimetableRow(service="early", depart="04:00"))
    case = tiny_case(services=services, orders=[order], timetable=rows)
    assert plan(case, limits=PlanLimits(time_s=5.0)).summary.value == pytest.approx(40.0)
    late = apply_events(case, [read_event(case, "delay:s=2 from 2026-01-05T06:00 to 2026-01-05T12:00")])
    found = plan(late, limits=PlanLimits(time_s=5.0))
    assert verify(found, late) == []
    assert found.summary.value == pytest.approx(31.0)
    dear = apply_events(case, [read_event(case, "surcharge:s=0.5 from 2026-01-05T06:00")])
    found = plan(dear, limits=PlanLimits(time_s=5.0))
    assert found.summary.value == pytest.approx(35.0)
    assert [row.service for row in found.departures] == ["s~1"]


@pytest.mark.parametrize(
    "text",
    ["shut:hb", "close:nowhere", "close:hb=1", "limit:hb", "limit:hb=2", "close:hb from yesterday",
     "delay:in-c=1 from 2026-01-05T00:00"],
)  # fmt: skip
def test_an_event_that_makes_no_sense_is_refused(text: str):
    case = case_of(handling=(Handling(handling="in-c", hub="hc", direction="in", cap_runs_per_day=5),))
    with pytest.raises(InvalidCase) as caught:
        apply_events(case, [read_event(case, text)])
    assert caught.value.findings[0].code in ("bad-event", "bad-time")


def test_events_are_told_in_words():
    case = case_of()
    assert describe([read_event(case, "close:hb from 2026-01-05T05:00")]) == "hb closed from 2026-01-05T05:00"


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("svc 3 a tonne dearer from 2026-01-05", "svc 3 a tonne dearer from 2026-01-05"),
        ("svc at 0.5 2 h slower 3 a tonne dearer", "svc at 0.5 2 h slower 3 a tonne dearer"),
        ("other closed 3 a tonne dearer to 2026-01-05", "other closed to 2026-01-05"),
        ("svc at dawn 3 a tonne dearer", "svc at dawn"),  # another's service, or svc at a part of its room
        ("unknown 3 a tonne dearer; svc 4 a tonne dearer", "unknown; svc 4 a tonne dearer"),
        ("a; svc 4 a tonne dearer", "a; svc 4 a tonne dearer"),
        ("a; own 4 a tonne dearer", "a; own"),  # another's, whose name has a semicolon
    ],
)
def test_a_surcharge_is_told_where_its_resource_is_certainly_one_of_those(words, seen):
    assert withhold_surcharges(words, {"svc", "own"}, {"other", "svc at dawn", "a; own"}) == seen
