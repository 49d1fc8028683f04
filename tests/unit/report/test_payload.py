"""What a page is told of a plan made by hand: every figure was counted on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.helpers.hand_runs import HAND_RUNS, week_run

from landbridge.model.clock import Clock
from landbridge.model.plan import Price
from landbridge.report import Run
from landbridge.report.payload import build_payload
from landbridge.report.payload.orders import MOST_ORDERS


@pytest.fixture(scope="module")
def run() -> Run:
    plan, case = week_run()
    return Run(plan=plan, case=case)


@pytest.fixture(scope="module")
def page(run: Run) -> dict:
    return build_payload(run)


def test_totals_count_what_is_delivered_and_what_it_emits(page):
    """Bids and shipments: 12 + 8 + 2 + 1 + 1 + 6 t of 38; trucks: 26 t of 20 kg."""
    totals = page["totals"]
    assert (totals["t"], totals["t_wanted"], totals["kgco2e"]) == (30, 38, 520)
    assert (totals["departures"], totals["runs"], totals["empty"]) == (5, 6, 1)


def test_rides_are_the_legs_of_departures_in_the_first_cycle(page):
    """The truck through XM leaves on Sunday at 20:00 and is on its second leg past the end of the week."""
    rides = page["rides"]
    assert len(rides["leg"]) == 6
    via = [place for place, leg in enumerate(rides["departure"]) if leg == 4]
    assert [(rides["leaves"][place], rides["arrives"][place]) for place in via] == [
        (164 * 60, 169 * 60),
        (1 * 60, 41 * 60),
    ]


def test_loads_add_up_to_the_flows_of_the_plan(run, page):
    loads = page["loads"]
    by_hand = sum(flow.qty for flow in run.plan.flows if flow.kind == "leg")
    assert sum(loads["qty"]) == pytest.approx(by_hand)
    pairs = list(zip(loads["ride"], loads["good"], strict=True))
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("name", sorted(HAND_RUNS))
def test_ways_tell_the_same_steps_as_the_table_of_flows(name):
    """Order, quantity, place and time of every step can be read back from the columns."""
    plan, case = HAND_RUNS[name]()
    page = build_payload(Run(plan=plan, case=case))
    ways, rides, hubs = page["ways"], page["rides"], [hub["id"] for hub in page["hubs"]]
    clock = Clock.of(case.settings)
    told = []
    ends = [*ways["first"][1:], len(ways["step"])]
    for place, (first, end) in enumerate(zip(ways["first"], ends, strict=True)):
        order = page["orders"]["rows"]["id"][page["orders"]["rows"]["place"].index(ways["order"][place])]
        for step in range(first, end):
            code = ways["step"][step]
            if code >= 0:
                pair = (hubs[rides["from"][code]], hubs[rides["to"][code]])
                length = rides["arrives"][code] - rides["leaves"][code]
            else:
                hub = hubs[page["handling_hub"][-1 - code]]
                pair, length = (hub, hub), round(60 * page["handling_h"][-1 - code])
            leaves = ways["leaves"][step]
            told.append((order, pair, leaves, leaves + length, ways["qty"][place]))
    wanted = [
        (
            flow.order if flow.repeat == 0 else f"{flow.order} #{flow.repeat}",
            (flow.from_hub, flow.to_hub),
            clock.minute(flow.leaves),
            clock.minute(flow.arrives),
            flow.qty,
        )
        for flow in plan.flows
    ]
    assert told == wanted


def test_crossings_count_tonnes_by_direction_and_local_day(page):
    """The train of Monday 08:00 carries 21 t over the border, that of Thursday one; W1 crosses twice, by road."""
    rows = {(page["hubs"][row["a"]]["id"], page["hubs"][row["b"]]["id"]): row for row in page["crossings"]}
    train = rows["N1", "X"]
    assert (train["t"], train["runs"]) == ([22, 0], [2, 0])
    assert train["there"] == [21, 0, 0, 1, 0, 0, 0]
    assert rows["N1", "M1"]["there"] == [0, 0, 0, 0, 0, 0, 2]
    assert rows["M1", "S1"]["there"] == [2, 0, 0, 0, 0, 0, 0]  # Monday 01:00, when the week has begun anew


def test_limits_count_calls_and_handled_tonnes_by_local_day(page):
    """X is eight hours ahead: a train that arrives on Monday 18:00 counts on Tuesday there."""
    rows = {(row["id"], row["unit"]): row for row in page["limits"]}
    assert rows["X", "runs"]["days"] == [0, 3, 2, 0, 1, 0, 0]
    assert rows["gate", "runs"]["days"] == [0, 1, 0, 0, 1, 0, 0]
    assert rows["customs", "t"]["days"] == [0, 20, 0, 0, 0, 0, 0]
    assert (rows["customs", "t"]["cap"], rows["customs", "t"]["first"]) == (20, "2026-01-05")
    assert page["limits"][0]["id"] == "customs"  # the fullest comes first


def test_cash_of_regions_adds_up_to_the_value_of_the_plan(run, page):
    assert sum(row["cash"] for row in page["region_rows"]) == pytest.approx(run.plan.summary.value, abs=0.05)


def test_regions_send_receive_and_count_their_own_orders(page):
    rows = {page["regions"][row["region"]]["id"]: row for row in page["region_rows"]}
    assert (rows["N"]["out"], rows["N"]["in"]) == (24, 0)
    assert (rows["S"]["out"], rows["S"]["in"]) == (6, 30)
    assert (rows["N"]["orders"], rows["N"]["served"], rows["N"]["part"]) == (5, 4, 0)
    assert (rows["S"]["orders"], rows["S"]["served"], rows["S"]["part"]) == (2, 1, 1)


def test_money_that_does_not_add_up_is_left_out(run):
    """A run that verify would refuse still makes a page; it has no cash by region."""
    plan = replace(run.plan, summary=replace(run.plan.summary, value=1e6))
    assert all(row["cash"] is None for row in build_payload(replace(run, plan=plan))["region_rows"])


def test_fill_is_averaged_over_loaded_vehicles(page):
    rows = {row["id"]: row for row in page["services"]}
    assert rows["rail"]["fill"] == pytest.approx((1 + 1 / 21) / 2, abs=1e-4)
    assert (rows["truck"]["fill"], rows["truck"]["runs"], rows["truck"]["cost"]) == (1, 2, 100)
    assert (rows["back"]["empty"], rows["back"]["cost"]) == (1, 70)


def test_orders_keep_their_reason_and_their_place(page):
    rows = page["orders"]["rows"]
    place = rows["id"].index("U1")
    assert rows["place"][place] == 7
    assert page["orders"]["reasons"][rows["why"][place]]["texts"] == ["worth less than its way costs"]
    assert rows["id"][5] == "D1 #1"


def test_a_page_of_too_many_orders_keeps_those_that_lost_most(run):
    many = tuple(
        replace(run.plan.orders[7], repeat=repeat, unserved_cost=float(repeat)) for repeat in range(MOST_ORDERS + 10)
    )
    orders = build_payload(replace(run, plan=replace(run.plan, orders=many, flows=(), trades=())))["orders"]
    assert orders["total"] == MOST_ORDERS + 10
    assert len(orders["rows"]["id"]) == MOST_ORDERS
    assert min(orders["rows"]["penalty"]) == 10.0


def test_names_fall_back_to_english_and_to_the_id():
    plan, case = week_run()
    hubs = (replace(case.hubs[0], name="North", name_ru="Север"), *case.hubs[1:])
    page = build_payload(Run(plan=plan, case=replace(case, hubs=hubs)))
    assert page["hubs"][0]["names"] == ["North", "Север", "North"]
    assert page["hubs"][2]["names"] == ["S1", "S1", "S1"]


def test_a_run_without_a_plan_still_makes_a_page(run):
    summary = replace(run.plan.summary, value=None, bound=None, gap=None)
    empty = replace(run.plan, summary=summary, departures=(), flows=(), orders=(), trades=(), prices=(), fleets=())
    page = build_payload(replace(run, plan=empty))
    assert page["crossings"] == []
    assert page["totals"]["t"] == 0


def test_prices_of_goods_are_worths_at_the_hub_on_both_sides(run):
    """An offer's dual is a cost: its opposite is the price there."""

    def price(order: str, dual: float) -> Price:
        return Price(kind="good", resource=order, good="grain", day="", price=dual, unit="USD/unit")

    plan = replace(run.plan, prices=(price("O1", -40.0), price("B1", 55.0), price("K1", 7.0)))
    rows = build_payload(replace(run, plan=plan))["hub_prices"]
    assert [(row["side"], row["mean"]) for row in rows] == [("offer", 40), ("bid", 55)]
