"""Instances of orders and the times that bind them (semantics §2)."""

from __future__ import annotations

import pytest
from tests.unit.network.small_cases import bid, offer, shipment, small_case, weekly

from landbridge.model.case import Case, Good, Hub, Order
from landbridge.network.instances import Terms, list_instances, terms_of, trade_terms
from landbridge.network.places import look_up

HOUR, DAY, WEEK = 60, 1440, 10080


def _terms(case: Case, order: Order) -> list[Terms]:
    places = look_up(case)
    good = places.good_by_id[order.good]
    return [terms_of(order, item, good, places.clock) for item in list_instances(places)]


def _one(case: Case) -> Terms:
    (terms,) = _terms(case, case.orders[0])
    return terms


def test_blank_times_span_the_horizon() -> None:
    case = small_case(orders=(shipment(),))
    assert _one(case) == Terms(0, 48 * HOUR, 48 * HOUR, 0.0)


def test_a_due_of_plus_hours_counts_from_ready() -> None:
    case = small_case(orders=(shipment(ready="2026-01-05T06:00", due="+10h", late_max_h=2, late_cost_per_unit_h=6.0),))
    assert _one(case) == Terms(6 * HOUR, 16 * HOUR, 18 * HOUR, 0.1)


def test_times_are_local_to_the_hub_at_their_end() -> None:
    """08:00 in Shanghai is midnight in the case's UTC."""
    hubs = (Hub(hub="A", region="A", timezone="Asia/Shanghai"), Hub(hub="B", region="B"), Hub(hub="C", region="C"))
    case = small_case(hubs=hubs, orders=(shipment(ready="2026-01-05T08:00", due="2026-01-05T08:00"),))
    terms = _one(case)
    assert (terms.ready_min, terms.due_min) == (0, 8 * HOUR)


def test_life_ends_a_deadline_before_lateness_does() -> None:
    case = small_case(
        goods=(Good(good="cargo", per_unit={"t": 1.0}, life_h=12.0),), orders=(shipment(due="+10h", late_max_h=9),)
    )
    assert _one(case).deadline_min == 12 * HOUR


def test_an_order_with_days_has_an_instance_a_listed_local_day() -> None:
    """Tokyo's Tuesday 05:00 is Monday 20:00 UTC; its Thursday 05:00 is past a horizon of 48 h."""
    hubs = (Hub(hub="A", region="A", timezone="Asia/Tokyo"), Hub(hub="B", region="B"), Hub(hub="C", region="C"))
    case = small_case(hubs=hubs, orders=(shipment(days="Tue Thu", ready="05:00", due="+24h"),))
    assert [(terms.ready_min, terms.due_min) for terms in _terms(case, case.orders[0])] == [(20 * HOUR, 44 * HOUR)]


@pytest.mark.parametrize(
    ("ready", "due", "expected"),
    [
        ("Wed 00:00", "", (2 * DAY, 2 * DAY + WEEK)),
        ("Wed 00:00", "Fri 00:00", (2 * DAY, 4 * DAY)),
        ("Fri 00:00", "Wed 00:00", (4 * DAY, 2 * DAY + WEEK)),
        ("Fri 00:00", "Fri 00:00", (4 * DAY, 4 * DAY + WEEK)),
        ("Fri 00:00", "Sat 00:00 +1w", (4 * DAY, 5 * DAY + WEEK)),
        ("Fri 00:00", "+400h", (4 * DAY, 4 * DAY + 400 * HOUR)),
        ("2026-01-14T00:00", "2026-01-15T00:00", (2 * DAY, 3 * DAY)),
    ],
)
def test_a_cyclic_due_follows_ready_within_a_week_unless_it_says_more(
    ready: str, due: str, expected: tuple[int, int]
) -> None:
    case = weekly(small_case(orders=(shipment(ready=ready, due=due),)))
    terms = _one(case)
    assert (terms.ready_min, terms.due_min) == expected


@pytest.mark.parametrize(
    ("offer_due", "bid_due", "expected"),
    [
        ("", "", 4 * DAY + WEEK),
        ("", "Sun 00:00", 6 * DAY),
        ("", "Tue 00:00", DAY + WEEK),
        ("+24h", "Sun 00:00", 5 * DAY),
    ],
)
def test_a_trade_is_due_at_the_earlier_due_after_the_offer_is_ready(
    offer_due: str, bid_due: str, expected: int
) -> None:
    orders = (offer(ready="Fri 00:00", due=offer_due), bid(due=bid_due, late_max_h=3, late_cost_per_unit_h=60.0))
    places = look_up(weekly(small_case(orders=orders)))
    first, second = list_instances(places)
    terms = trade_terms(first, second, orders[1], places.good_by_id["cargo"], places.clock)
    assert terms == Terms(4 * DAY, expected, expected + 3 * HOUR, 1.0)
