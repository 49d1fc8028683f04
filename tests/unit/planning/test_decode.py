"""Design solutions made by hand, written as the tables of a plan (semantics §6, §7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.unit.network.small_cases import bid, daily, grants, offer, service, shipment, small_case, weekly
from tests.unit.planning.hand_made import hand_made

from landbridge.engine import Progress, SolveStatus
from landbridge.model.case import Case, Fleet, Handling, Hub
from landbridge.model.plan import Plan, PlanStatus
from landbridge.network import Network, build_network
from landbridge.planning import PlanLimits
from landbridge.planning.limits import engine_limits
from landbridge.planning.solve import decode
from landbridge.verify import verify

HOUR, DAY, WEEK = 60, 1440, 10080


def _decode(network: Network, limits: PlanLimits | None = None, /, **made: Any) -> Plan:
    return decode(network, hand_made(network, **made), limits or PlanLimits())


def _accepted(plan: Plan, case: Case) -> Plan:
    """The second opinion has nothing to say."""
    assert [str(finding) for finding in verify(plan, case)] == []
    return plan


def _direct(**changes: Any) -> Case:
    fields: dict[str, Any] = {"services": (service(owner="a"),), "timetable": (daily(),), "orders": (shipment(),)}
    return small_case(**(fields | changes))


def test_a_ride_is_a_departure_a_flow_and_an_order_served() -> None:
    """Four units at 20 on a run of 100, a fifth of it used; the loss is the plan's value."""
    case = _direct(services=(service(owner="a", cost_per_t=(2.0,)),))
    plan = _decode(
        build_network(case),
        runs=[(0, 480, 1, 0)],
        paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])],
        served=[4.0],
        upper=28.0,
    )
    _accepted(plan, case)
    (departure,) = plan.departures
    assert (departure.departure, departure.owner, departure.runs, departure.load) == ("D1", "a", 1, {"t": 4.0})
    assert (departure.leaves, departure.arrives) == ("2026-01-05T08:00+00:00", "2026-01-05T13:00+00:00")
    assert departure.fill_frac == 0.4
    (flow,) = plan.flows
    assert (flow.order, flow.path, flow.seq, flow.kind, flow.departure, flow.leg) == ("o", 1, 1, "leg", "D1", 1)
    assert (flow.qty, flow.grant) == (4.0, "")
    (order,) = plan.orders
    assert (order.filled, order.value, order.why) == (4.0, 80.0, "")
    summary = plan.summary
    assert summary.status is PlanStatus.OPTIMAL
    assert (summary.value, summary.bound, summary.spend, summary.gap) == (-28.0, -28.0, 108.0, 0.0)
    assert (summary.money.orders_value, summary.money.run_cost, summary.money.flow_cost) == (80.0, 100.0, 8.0)


def test_merged_orders_are_filled_by_value() -> None:
    """Six units for two merged orders of four: the dearer one is filled, the other gets two; path by path."""
    case = _direct(orders=(shipment("low", price_per_unit=10.0), shipment("high", price_per_unit=30.0)))
    network = build_network(case)
    paths = [(0, 0, 5.0, [("leg", 0, 480, 780)]), (0, 0, 1.0, [("leg", 0, 1920, 2220)])]
    served = [4.0 if value == 30.0 else 2.0 for value in network.problem.block_value]
    plan = _decode(network, runs=[(0, 480, 1, 0), (0, 1920, 1, 0)], paths=paths, served=served, upper=60.0)
    _accepted(plan, case)
    assert {order.order: order.filled for order in plan.orders} == {"low": 2.0, "high": 4.0}
    assert [(flow.order, flow.path, flow.qty) for flow in plan.flows] == [
        ("low", 1, 1.0),
        ("low", 2, 1.0),
        ("high", 1, 4.0),
    ]


def test_what_passes_the_end_of_a_week_keeps_its_times_and_rides_the_wrapped_departure() -> None:
    """Ready on Sunday 06:00, it leaves on Monday 08:00 of the next week by the departure of this Monday."""
    case = weekly(_direct(orders=(shipment(ready="Sun 06:00"),)))
    network = build_network(case)
    start = WEEK + 480
    plan = _decode(
        network, runs=[(0, 480, 1, 0)], paths=[(0, 0, 4.0, [("leg", 0, start, start + 300)])], served=[4.0], upper=20.0
    )
    _accepted(plan, case)
    assert plan.departures[0].leaves == "2026-01-05T08:00+00:00"
    assert plan.flows[0].departure == "D1"
    assert plan.flows[0].leaves == "2026-01-12T08:00+00:00"
    assert plan.orders[0].arrives == "2026-01-12T13:00+00:00"


HANDLED = small_case(
    services=(service("rail", "A>B", mode="rail", owner="a"), service("road", "B>C", owner="b")),
    timetable=(daily("rail", "08:00"), daily("road", "20:00")),
    handling=(Handling(handling="x", hub="B", from_mode="rail", to_mode="road", dwell_h=2.0, cost_per_t=3.0),),
    hubs=(
        Hub(hub="A", region="A", store_cost_per_t_h=0.5),
        Hub(hub="B", region="B", store_cost_per_t_h=1.0),
        Hub(hub="C", region="C"),
    ),
    orders=(shipment(due="+20h", late_max_h=9.0, late_cost_per_unit_h=0.25),),
    **grants(("b", "a", "service")),
)


def _handled_plan() -> tuple[Case, Plan]:
    network = build_network(HANDLED)
    (link,) = [index for index, link in enumerate(network.nodes.links) if link.row is not None]
    steps = [("leg", 0, 480, 780), ("link", link, 840, 960), ("leg", 1, 1200, 1500)]
    plan = _decode(
        network, runs=[(0, 480, 1, 0), (1, 1200, 1, 0)], paths=[(0, 0, 4.0, steps)], served=[4.0], upper=173.0
    )
    return HANDLED, plan


def test_a_handling_is_a_step_and_waiting_around_it_is_stored() -> None:
    """8 h at A and 1 + 4 h at B wait; 2 h of dwell do not. It is 5 h late."""
    case, plan = _handled_plan()
    _accepted(plan, case)
    assert [(flow.seq, flow.kind, flow.handling, flow.leg, flow.from_hub, flow.to_hub) for flow in plan.flows] == [
        (1, "leg", "", 1, "A", "B"),
        (2, "handling", "x", 0, "B", "B"),
        (3, "leg", "", 1, "B", "C"),
    ]
    money = plan.summary.money
    assert money.handling_cost == 12.0
    assert money.storage_cost == pytest.approx(4 * (8 * 0.5 + 5 * 1.0))
    assert money.late_cost == pytest.approx(4 * 5 * 0.25)
    assert plan.orders[0].late_h == 5.0


def test_the_grant_of_a_leg_is_named() -> None:
    _, plan = _handled_plan()
    assert [flow.grant for flow in plan.flows] == ["", "", "G"]


def test_a_free_change_has_no_row_and_freight_ends_when_it_alights() -> None:
    """The last free link is taken late, which costs nothing and means nothing."""
    hubs = (Hub(hub="A", region="A"), Hub(hub="B", region="B"), Hub(hub="C", region="C", owner="c"))
    case = _direct(hubs=hubs)
    network = build_network(case)
    end = network.nodes.end_node["C"]
    arrive = network.nodes.arrive_node[("C", "road")]
    (link,) = [i for i, item in enumerate(network.nodes.links) if (item.tail, item.head) == (arrive, end)]
    steps = [("leg", 0, 480, 780), ("link", link, 1000, 1000)]
    plan = _decode(network, runs=[(0, 480, 1, 0)], paths=[(0, 0, 4.0, steps)], served=[4.0], upper=20.0)
    _accepted(plan, case)
    assert len(plan.flows) == 1
    assert plan.orders[0].arrives == "2026-01-05T13:00+00:00"


TRADE = _direct(orders=(offer(), bid()), **grants(("a", "c", "trade")))


@pytest.mark.parametrize(("dual", "price"), [(12.0, 12.0), (30.0, 20.0), (1.0, 5.0)])
def test_a_trade_is_priced_by_the_dual_at_the_bid_between_the_two_prices(dual: float, price: float) -> None:
    network = build_network(TRADE)
    plan = _decode(
        network,
        runs=[(0, 480, 1, 0)],
        paths=[(0, 0, 3.0, [("leg", 0, 480, 780)])],
        served=[3.0, 3.0],
        upper=55.0,
        terminal_dual=np.array([0.0, dual]),
    )
    _accepted(plan, TRADE)
    (trade,) = plan.trades
    assert (trade.trade, trade.offer, trade.bid, trade.seller, trade.buyer) == ("T1", "offer", "bid", "a", "c")
    assert (trade.qty, trade.price_per_unit) == (3.0, price)
    assert plan.flows[0].trade == "T1"
    assert [order.value for order in plan.orders] == [-15.0, 60.0]


def test_what_is_sold_where_it_stands_has_a_trade_and_no_flow() -> None:
    case = _direct(orders=(offer(), bid(hub="A")), **grants(("a", "c", "trade")))
    plan = _decode(build_network(case), paths=[(0, 0, 4.0, [])], served=[4.0, 4.0], upper=-60.0)
    _accepted(plan, case)
    assert (len(plan.trades), len(plan.flows)) == (1, 0)
    assert plan.summary.value == 60.0


def test_a_run_is_shown_under_the_charterer_whose_freight_it_carries() -> None:
    """With mutual grants one vehicle stands for both charterers of a public service."""
    case = _direct(
        services=(service(),),
        orders=(shipment("p"), shipment("q", party="b")),
        **grants(("a", "b", "service"), both_ways=True),
    )
    network = build_network(case)
    (terminal,) = {int(found) for found in network.problem.block_terminal}
    assert terminal == 0
    served = [0.0, 4.0]
    plan = _decode(
        network, runs=[(0, 480, 1, 0)], paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])], served=served, upper=20.0
    )
    _accepted(plan, case)
    assert plan.departures[0].owner == "b"
    assert plan.flows[0].grant == ""


def test_spend_leaves_out_must_run_and_ways_that_share_nothing() -> None:
    """The first run must leave anyway; the free service's flow is not shared capacity, its penalty is spend."""
    runs = (service("s", owner="a"), service("free", owner="a", run_cost=0.0, cost_per_t=(7.0,)))
    case = _direct(
        services=runs,
        timetable=(daily(must_run=1, days="Mon"), daily("free")),
        orders=(shipment(unserved_cost_per_unit=2.0),),
    )
    network = build_network(case)
    made = {
        "runs": [(0, 480, 1, 0), (1, 480, 1, 0)],
        "paths": [(0, 0, 3.0, [("leg", 1, 480, 780)])],
        "served": [3.0],
        "upper": 63.0,
    }
    plan = _accepted(_decode(network, **made), case)
    assert plan.summary.spend == 2.0
    limits = engine_limits(PlanLimits(), network)
    assert limits.gap_base is not None
    assert limits.gap_base(hand_made(network, **made)) == 2.0  # type: ignore[arg-type]


def test_fleets_report_what_is_in_use() -> None:
    runs = (service(owner="a", fleet="f"), service("back", "C>A", owner="a", fleet="f", empty_cost=40.0))
    case = _direct(
        services=runs,
        timetable=(daily(days="Mon"), daily("back", days="Tue")),
        fleets=(Fleet(fleet="f", fixed_cost=11.0),),
    )
    plan = _decode(
        build_network(case),
        runs=[(0, 480, 1, 0), (1, DAY + 480, 0, 1)],
        paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])],
        served=[4.0],
        upper=71.0,
        fleet_used=np.array([1]),
    )
    _accepted(plan, case)
    assert [(row.fleet, row.used, row.fixed_cost) for row in plan.fleets] == [("f", 1, 11.0)]
    assert plan.summary.money.empty_cost == 40.0
    assert [(row.runs, row.empty_runs) for row in plan.departures] == [(1, 0), (0, 1)]


def test_prices_name_orders_and_limits_by_local_day() -> None:
    """The first departure at 08:00 in Tokyo after midnight UTC is on the next day."""
    hubs = (
        Hub(hub="A", region="A", cap_runs_per_day=2, timezone="Asia/Tokyo"),
        Hub(hub="B", region="B"),
        Hub(hub="C", region="C"),
    )
    case = _direct(hubs=hubs, services=(service(owner="a", max_runs=1),))
    network = build_network(case)
    notes = [note.kind for note in network.limit_notes]
    duals = np.array([(notes.index("hub"), 1, 5.0), (notes.index("departure"), 0, 7.0)])
    plan = _decode(network, limit_dual=duals, terminal_dual=np.array([3.0]))
    assert [(p.kind, p.resource, p.good, p.day, p.price, p.unit) for p in plan.prices] == [
        ("good", "o", "cargo", "2026-01-05", 3.0, "USD/unit"),
        ("capacity", "A", "", "2026-01-06", 5.0, "USD/run"),
        ("capacity", "s", "", "2026-01-06", 7.0, "USD/run"),
    ]


def test_the_trace_tells_values_and_bounds_that_never_turn_back() -> None:
    trace = (
        Progress(seconds=0.0, upper=np.inf, lower=-np.inf, phase="p"),
        Progress(seconds=1.0, upper=5.0, lower=-90.0, phase="p"),
        Progress(seconds=2.0, upper=-10.0, lower=-95.0, phase="p"),
        Progress(seconds=3.0, upper=-10.0, lower=-40.0, phase="p"),
    )
    network = build_network(_direct())
    made = hand_made(network, status=SolveStatus.TIME_LIMIT, trace=trace, lower=-40.0)
    plan = decode(network, made, PlanLimits())
    points = [(point.value, point.bound) for point in plan.summary.trace]
    assert points == [(None, None), (-5.0, 90.0), (0.0, 90.0), (0.0, 40.0)]
    assert (plan.summary.status, plan.summary.value, plan.summary.bound) == (PlanStatus.TIME_LIMIT, 0.0, 40.0)
    assert plan.summary.gap is None


@pytest.mark.parametrize(
    ("status", "lower", "gap", "expected"),
    [
        (SolveStatus.OPTIMAL, 20.0, 0.0, PlanStatus.OPTIMAL),
        (SolveStatus.GAP_REACHED, 15.0, 0.1, PlanStatus.GAP_REACHED),
        (SolveStatus.OPTIMAL, 15.0, 0.1, PlanStatus.GAP_REACHED),
        (SolveStatus.OPTIMAL, 15.0, 0.01, PlanStatus.FEASIBLE),
        (SolveStatus.WORK_LIMIT, 15.0, 0.1, PlanStatus.WORK_LIMIT),
        (SolveStatus.CANCELLED, 15.0, 0.1, PlanStatus.CANCELLED),
    ],
)
def test_a_status_claims_no_more_than_the_bound_proves(
    status: SolveStatus, lower: float, gap: float, expected: PlanStatus
) -> None:
    plan = _decode(
        build_network(_direct()),
        PlanLimits(gap=gap),
        runs=[(0, 480, 1, 0)],
        paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])],
        served=[4.0],
        upper=20.0,
        lower=lower,
        status=status,
    )
    assert plan.summary.status is expected


def test_no_plan_has_no_value_and_empty_tables() -> None:
    plan = _decode(build_network(_direct()), status=SolveStatus.INFEASIBLE, upper=np.inf, lower=np.inf)
    assert plan.summary.status is PlanStatus.INFEASIBLE
    assert (plan.summary.value, plan.summary.bound, plan.summary.gap) == (None, None, None)
    assert (plan.departures, plan.flows, plan.orders) == ((), (), ())


def test_origins_weigh_each_term_by_the_column_that_prices_it() -> None:
    """80 of order money is observed; 100 of runs assumed by exception, 8 of flow derived."""
    case = _direct(
        services=(service(owner="a", cost_per_t=(2.0,), origin="derived run_cost:assumed"),),
        orders=(replace(shipment(), origin="observed"),),
    )
    plan = _decode(
        build_network(case),
        runs=[(0, 480, 1, 0)],
        paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])],
        served=[4.0],
        upper=28.0,
    )
    assert plan.summary.origins == pytest.approx({"observed": 80 / 188, "derived": 8 / 188, "assumed": 100 / 188})
