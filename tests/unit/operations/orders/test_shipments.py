"""Parcels become shipments that a plan can serve."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files as package_files
from pathlib import Path

import polars as pl
import pytest

from landbridge.errors import InvalidCase
from landbridge.operations.orders.shipments import (
    BadShipments,
    Terms,
    make_shipments,
    order_ids,
    with_shipments,
)
from landbridge.operations.parcels.frame import PARCEL_SCHEMA
from landbridge.tables import read_case


def case_of(name):
    return read_case(Path(str(package_files("landbridge") / "cases" / name)))


@pytest.fixture(scope="module")
def far_east():
    return case_of("far-east")


def parcel(at=0, from_hub="city:CN-HL", to_hub="city:RU-PRI", good="parcel", kg=2.0, ready=None, promised=None):
    ready = ready or datetime(2026, 10, 5, 2, 0, tzinfo=UTC)
    return {
        "parcel": f"shop:{at}",
        "channel": "shop",
        "external_id": str(at),
        "good": good,
        "from_hub": from_hub,
        "to_hub": to_hub,
        "weight_kg": kg,
        "currency": "CNY",
        "ready": ready,
        "promised": promised,
    }


def frame_of(*rows):
    return pl.LazyFrame(list(rows), schema={name: PARCEL_SCHEMA[name] for name in rows[0]})


def test_parcels_of_one_day_are_one_order_in_tonnes(far_east):
    late = datetime(2026, 10, 5, 9, 30, 20, tzinfo=UTC)
    rows = [parcel(1), parcel(2, ready=late, promised=late + timedelta(hours=100.7)), parcel(3, kg=6)]
    made = make_shipments(frame_of(*rows), far_east)
    (order,) = made.orders
    assert order.order == "parcels/city:CN-HL>city:RU-PRI/parcel/2026-10-05"
    assert order.qty == pytest.approx(0.010)
    assert order.ready == "Mon 17:31"  # local, when the last is ready, up to the minute
    assert order.due == "+100h"  # the first promise, down to the hour
    assert made.parcels == {order.order: 3}


def test_the_day_is_local_to_the_hub(far_east):
    evening = datetime(2026, 10, 5, 16, 30, tzinfo=UTC)  # 00:30 of the next day in Harbin
    assert make_shipments(frame_of(parcel(1, ready=evening)), far_east).orders[0].ready == "Tue 00:30"


def test_the_column_order_names_the_same_orders(far_east):
    frame = frame_of(parcel(1), parcel(2, to_hub="city:RU-AMU"), parcel(3, ready=datetime(2026, 10, 7, tzinfo=UTC)))
    ids = order_ids(frame, far_east).collect()["order"].to_list()
    assert sorted(set(ids)) == [order.order for order in make_shipments(frame, far_east).orders]


def test_what_is_outside_the_plan_or_the_case_is_counted(far_east):
    frame = frame_of(
        parcel(1),
        parcel(2, ready=datetime(2026, 10, 20, tzinfo=UTC)),
        parcel(3, good="unicorns"),
        parcel(4, to_hub="nowhere"),
    )
    made = make_shipments(frame, far_east)
    assert made.left_out == {"outside-the-plan": 1, "unknown-good": 1, "unknown-hub": 1}
    assert sum(made.parcels.values()) == 1


def test_another_week_of_a_repeating_one_can_be_taken(far_east):
    frame = frame_of(parcel(1), parcel(2, ready=datetime(2026, 10, 12, 3, tzinfo=UTC)))
    made = make_shipments(frame, far_east, first=datetime(2026, 10, 12))
    assert made.left_out == {"outside-the-plan": 1}
    assert made.orders[0].ready == "Mon 11:00"


def test_terms_come_from_the_cases_own_shipments(far_east):
    theirs = [
        order.price_per_unit
        for order in far_east.orders
        if (order.good, order.from_hub, order.to_hub) == ("parcel", "city:CN-HL", "city:RU-PRI")
    ]
    made = make_shipments(frame_of(parcel(1)), far_east).orders[0]
    assert min(theirs) <= made.price_per_unit <= max(theirs)
    assert made.party == "hl-post"


def test_a_good_without_shipments_needs_terms():
    starter = case_of("starter")
    bare = replace(starter, orders=())
    ready = datetime.fromisoformat(starter.settings.start).replace(tzinfo=UTC) + timedelta(hours=2)
    frame = frame_of(parcel(1, "A-town", "C-town", "cargo", ready=ready))
    with pytest.raises(BadShipments, match="cargo") as caught:
        make_shipments(frame, bare)
    assert caught.value.code == "no-terms"
    made = make_shipments(frame, bare, terms=Terms(party="A", price_per_unit=7.0))
    assert made.orders[0].price_per_unit == 7.0


def test_shipments_are_added_or_take_the_place_of_modelled_demand(far_east):
    made = make_shipments(frame_of(parcel(1)), far_east)
    added = with_shipments(far_east, made)
    assert len(added.orders) == len(far_east.orders) + 1
    assert len(with_shipments(added, made).orders) == len(added.orders)  # twice is once
    replaced = with_shipments(far_east, made, instead=True)
    goods = [order.good for order in replaced.orders if order.from_hub and order.to_hub]
    assert goods.count("parcel") == 1
    assert goods.count("machinery") == sum(
        order.good == "machinery" and bool(order.from_hub and order.to_hub) for order in far_east.orders
    )


def test_a_case_that_would_not_be_sound_is_refused(far_east):
    made = make_shipments(frame_of(parcel(1)), far_east)
    wrong = replace(made, orders=(replace(made.orders[0], party="nobody"),))
    with pytest.raises(InvalidCase, match="nobody"):
        with_shipments(far_east, wrong)


def test_a_plan_serves_them():
    """The whole way: parcels, shipments, a plan that brings them to their hub in time."""
    from landbridge.planning import PlanLimits, plan

    starter = case_of("starter")
    ready = datetime.fromisoformat(starter.settings.start).replace(tzinfo=UTC) + timedelta(hours=2)
    rows = [
        parcel(at, "A-town", "C-town", "cargo", kg=1500, ready=ready, promised=ready + timedelta(hours=120))
        for at in range(4)
    ]
    made = make_shipments(frame_of(*rows), starter)
    case = with_shipments(starter, made, instead=True)
    found = plan(case, limits=PlanLimits(time_s=20, threads=1))
    (served,) = [row for row in found.orders if row.order == made.orders[0].order]
    assert served.filled == pytest.approx(6.0)
