"""Instances, due times and timetables as verify reads them (semantics §1, §2, §5.2)."""

from __future__ import annotations

import pytest

from landbridge.model.case import Good, Order, Service, Settings, TimetableRow
from landbridge.model.clock import Clock
from landbridge.verify.times import is_open, list_instances, read_minute, read_timetable, terms_of

WEEK = 10_080
ZONES = {"a": "UTC", "b": "Asia/Shanghai"}


def clock(*, cyclic: bool = True) -> Clock:
    return Clock.of(Settings(name="t", horizon_h=168.0, cyclic=cyclic))


def shipment(**columns: str) -> Order:
    return Order(order="o", good="g", qty=1.0, from_hub="a", to_hub="b", **columns)


@pytest.mark.parametrize(
    ("ready", "due", "cyclic", "expected"),
    [
        ("", "", False, WEEK),
        ("Mon 10:00", "", True, 600 + WEEK),
        ("Mon 10:00", "Tue 08:00", True, 1440),
        ("Tue 10:00", "Tue 08:00", True, 1440 + WEEK),
        ("Tue 10:00", "Tue 08:00 +1w", True, 1440 + 2 * WEEK),
        ("Tue 10:00", "Wed 08:00 +1w", True, 2880 + WEEK),
        ("Tue 10:00", "+200h", True, 2040 + 12_000),
        ("Tue 10:00", "+24h", False, 2040 + 1440),
        ("2026-01-12T10:00", "2026-01-13T08:00", True, 1440),
        ("2026-01-06T10:00", "2026-01-07T08:00", False, 2880),
    ],
)
def test_terms_of_brings_due_into_the_cycle_after_ready(ready: str, due: str, cyclic: bool, expected: int) -> None:
    """§2.2; due is local to b, eight hours ahead."""
    at = clock(cyclic=cyclic)
    (item,) = list_instances(shipment(ready=ready, due=due), at, ZONES)
    assert terms_of(item, None, Good(good="g"), at).due == expected


def test_list_instances_numbers_the_days_on_which_an_order_repeats() -> None:
    items = list_instances(shipment(ready="07:30", due="+24h", days="Mon Thu"), clock(), ZONES)
    assert [(item.repeat, item.ready) for item in items] == [(0, 450), (1, 3 * 1440 + 450)]


def test_terms_of_a_trade_take_the_earlier_due_and_the_lateness_of_the_bid() -> None:
    """§2.3: life counts from the offer's ready."""
    at = clock()
    offer = Order(order="o", good="g", qty=1.0, from_hub="a", ready="Wed 00:00", due="Sat 00:00")
    bid = Order(order="b", good="g", qty=1.0, to_hub="b", due="Tue 08:00", late_max_h=5.0, late_cost_per_unit_h=2.0)
    (first,), (second,) = list_instances(offer, at, ZONES), list_instances(bid, at, ZONES)
    terms = terms_of(first, second, Good(good="g"), at)
    assert (terms.ready, terms.due, terms.deadline) == (2880, 7200, 7500)
    assert terms.late_cost_per_unit_h == 2.0
    assert terms_of(first, second, Good(good="g", life_h=10.0), at).deadline == 2880 + 600


@pytest.mark.parametrize(
    ("row", "cyclic", "minutes"),
    [
        (TimetableRow(service="s", days="Tue", depart="08:00"), True, [1440]),
        (TimetableRow(service="s", days="Tue", depart="00:30"), True, [1440 - 450]),
        (TimetableRow(service="s", every_h=84.0), True, [0, 5040]),
        (TimetableRow(service="s", every_h=84.0), False, [0, 5040, WEEK]),
        (TimetableRow(service="s", every_h=84.0, starts="Mon 09:00", ends="Thu 20:59"), False, [60]),
        (TimetableRow(service="s", every_h=84.0, starts="Mon 09:00", ends="Thu 21:00"), False, [60, 5100]),
    ],
)
def test_read_timetable_lists_the_minutes_of_a_row(row: TimetableRow, cyclic: bool, minutes: list[int]) -> None:
    """Times are local to the first hub, b."""
    service = Service(service="s", mode="rail", route=("b", "a"), travel_h=(1.0,))
    assert sorted(read_timetable(service, (row,), clock(cyclic=cyclic), ZONES)) == minutes


@pytest.mark.parametrize(
    ("minute", "expected"), [(0, False), (59, False), (60, True), (539, True), (540, False), (WEEK + 60, True)]
)
def test_is_open_reads_the_local_clock_in_each_cycle(minute: int, expected: bool) -> None:
    """09:00-17:00 in China is minute 60 to 540 of a week that starts in UTC."""
    assert is_open("09:00", "17:00", "Mon", minute, clock(), "Asia/Shanghai") is expected


def test_read_minute_refuses_times_without_offset_or_with_seconds() -> None:
    assert read_minute("2026-01-05T08:00+08:00", clock()) == 0
    assert read_minute("2026-01-05T08:00", clock()) is None
    assert read_minute("2026-01-05T08:00:30+08:00", clock()) is None
    assert read_minute("", clock()) is None
