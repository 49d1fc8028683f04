"""What the summary counts, on a plan small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from landbridge.cli.facts import load_by_crossing, served_by_good, unserved_by_reason
from landbridge.model.case import Case, Good, Handling, Hub, Order, Party, Region, Service, Settings
from landbridge.model.plan import Departure, Flow, Money, OrderResult, Plan, PlanStatus, Summary

CASE = Case(
    settings=Settings(name="two towns", start="2026-01-05T00:00", horizon_h=168, cyclic=True),
    regions=(Region(region="N", country="XN"), Region(region="S", country="XS")),
    parties=(Party(party="n", region="N"), Party(party="s", region="S")),
    hubs=(
        Hub(hub="farm", region="N"),
        Hub(hub="north", region="N", kind="crossing", cap_runs_per_day=4),
        Hub(hub="south", region="S", kind="crossing"),
    ),
    handling=(Handling(handling="gate-in", hub="south", direction="in", from_mode="road", cap_runs_per_day=2),),
    goods=(Good(good="milk", name="Milk", per_unit={"t": 0.5}), Good(good="gas")),
    services=(
        Service(service="truck", mode="road", route=("farm", "north", "south"), travel_h=(1.0, 2.0)),
        Service(service="back", mode="road", route=("south", "north"), travel_h=(2.0,)),
    ),
    orders=(
        Order(order="m1", party="n", good="milk", qty=30, from_hub="farm", to_hub="south"),
        Order(order="m2", party="s", good="milk", qty=10, to_hub="north"),
        Order(order="m3", party="s", good="milk", qty=50, from_hub="south"),
    ),
)


def departure(name: str, service: str, leaves: str, runs: int, empty_runs: int = 0) -> Departure:
    return Departure(
        departure=name,
        service=service,
        owner="n",
        leaves=leaves,
        arrives="",
        runs=runs,
        empty_runs=empty_runs,
        load={},
        fill_frac=0.0,
        run_cost=0.0,
    )


def flow(order: str, service: str, a: str, b: str, qty: float, trade: str = "") -> Flow:
    return Flow(
        order=order,
        repeat=0,
        path=1,
        trade=trade,
        seq=1,
        kind="leg",
        departure="D",
        service=service,
        leg=1,
        handling="",
        from_hub=a,
        to_hub=b,
        leaves="",
        arrives="",
        qty=qty,
        grant="",
    )


def result(order: str, qty: float, filled: float, why: str = "", unserved_cost: float = 0.0) -> OrderResult:
    return OrderResult(
        order=order,
        repeat=0,
        party="n",
        good="milk",
        qty=qty,
        filled=filled,
        arrives="",
        late_h=0.0,
        value=0.0,
        unserved_cost=unserved_cost,
        why=why,
    )


PLAN = Plan(
    summary=Summary(
        case="two towns",
        status=PlanStatus.OPTIMAL,
        value=1.0,
        bound=1.0,
        spend=1.0,
        gap=0.0,
        money=Money(),
        currency="USD",
        start="",
        horizon_h=168,
        cyclic=True,
        agreements="in_force",
        seconds=0,
        seed=0,
        threads=1,
        work=0,
        limits={},
        versions={},
        input_sha256="",
    ),
    departures=(
        departure("D1", "truck", "2026-01-05T08:00+00:00", 2),
        departure("D2", "truck", "2026-01-06T08:00+00:00", 1),
        departure("D3", "back", "2026-01-05T20:00+00:00", 1, 1),
    ),
    flows=(
        flow("m1", "truck", "farm", "north", 24),
        flow("m1", "truck", "north", "south", 24),
        flow("m3", "back", "south", "north", 6, "T1"),
    ),
    orders=(
        result("m1", 30, 24, "capacity: truck holds no more", 12.0),
        result("m2", 10, 6, "price: no offer is cheap enough"),
        result("m3", 50, 6, "price: no bid is dear enough"),
    ),
    trades=(),
    prices=(),
    fleets=(),
)


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
