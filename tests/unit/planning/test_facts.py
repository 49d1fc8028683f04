"""What the summary counts, on a plan small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.cli.tiny import CASE, PLAN

from landbridge.planning.facts import load_by_crossing, served_by_good, unserved_by_reason


def test_shipments_and_bids_are_wanted_and_offers_are_sold():
    (row,) = served_by_good(CASE, PLAN)
    assert (row.name, row.orders, row.orders_served) == ("Milk", 2, 2)
    assert (row.qty, row.filled, row.filled_t) == (40, 30, 15.0)
    assert (row.offered, row.sold) == (50, 6)
    assert row.frac == pytest.approx(0.75)


def test_load_over_the_border_is_counted_by_direction_and_mode():
    (row,) = load_by_crossing(CASE, PLAN)
    assert (row.hub_a, row.hub_b, row.mode) == ("north", "south", "road")
    assert (row.t_there, row.t_back, row.t) == (12.0, 3.0, 15.0)
    assert (row.runs_there, row.runs_back) == (3, 2)
    assert row.runs_per_day == pytest.approx(5 / 7)


def test_the_tightest_limit_of_a_crossing_is_the_one_shown():
    """Two runs enter on Monday of a cap of two; the hub has four calls of four, and two more days to spare."""
    (row,) = load_by_crossing(CASE, PLAN)
    assert row.limit is not None
    assert (row.limit.runs, row.limit.weekday) == ({"gate-in": 2, "north": 4}[row.limit.resource], 0)
    assert row.limit.frac == 1.0
    assert row.limit.days_full == 1


def test_only_runs_in_the_direction_of_a_handling_count():
    """Runs of `back` leave south: they are no arrivals from abroad there."""
    case = replace(CASE, hubs=(CASE.hubs[0], replace(CASE.hubs[1], cap_runs_per_day=None), CASE.hubs[2]))
    (row,) = load_by_crossing(case, PLAN)
    assert row.limit is not None
    assert (row.limit.resource, row.limit.runs) == ("gate-in", 2)


def test_orders_not_filled_are_grouped_by_reason_the_dearest_first():
    first, second = unserved_by_reason(PLAN)
    assert (first.reason, first.orders, first.unserved_cost) == ("capacity", 1, 12.0)
    assert first.examples == (("m1", "truck holds no more"),)
    assert (second.reason, second.orders, second.qty) == ("price", 2, 48)
