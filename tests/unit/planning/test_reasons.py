"""Why an order is not served, on empty plans of small cases: one cause each."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.network.small_cases import bid, daily, grants, offer, service, shipment, small_case
from tests.unit.planning.hand_made import hand_made

from landbridge.engine import SolveStatus
from landbridge.model.case import Case, Good, Handling, Hub, Order
from landbridge.network import build_network
from landbridge.planning import PlanLimits
from landbridge.planning.reasons import NO_TIME
from landbridge.planning.solve import decode


def _why(case: Case, /, **made: Any) -> str:
    """Reason of the first order of the case."""
    network = build_network(case)
    plan = decode(network, hand_made(network, **made), PlanLimits())
    return plan.orders[0].why


def _case(*orders: Order, **changes: Any) -> Case:
    fields: dict[str, Any] = {"services": (service(owner="a"),), "timetable": (daily(),), "orders": orders}
    return small_case(**(fields | changes))


def test_no_service_leads_there() -> None:
    assert _why(_case(shipment(way="A>B"))) == "no path: no services lead from A to B"


def test_no_service_takes_the_class() -> None:
    case = _case(shipment(), services=(service("s", owner="a", accepts=("bulk",)),))
    assert _why(case) == "handling class 'general': no way from A to C takes it (s do not)"


def test_no_handling_serves_the_class() -> None:
    row = Handling(handling="x", hub="C", from_mode="road", to_mode="end", handling_class="bulk")
    assert (
        _why(_case(shipment(), handling=(row,))) == "handling class 'general': no way from A to C takes it (x do not)"
    )


def test_the_way_crosses_a_third_country() -> None:
    runs = (service("s1", "A>C", owner="a"), service("s2", "C>B", owner="a"))
    case = _case(shipment(way="A>B"), services=runs, timetable=(daily("s1"), daily("s2")))
    assert _why(case) == "transit: every way from A to B crosses XS, which transit does not allow"


def test_a_grant_to_ride_is_missing() -> None:
    case = _case(shipment(), services=(service("s", owner="b"),))
    assert _why(case) == "no permission: it needs a grant of service s from b"


def test_a_grant_to_change_is_missing() -> None:
    hubs = (Hub(hub="A", region="A"), Hub(hub="B", region="B", owner="b"), Hub(hub="C", region="C"))
    runs = (service("s1", "A>B", owner="a"), service("s2", "B>C", owner="a"))
    case = _case(shipment(), hubs=hubs, services=runs, timetable=())
    assert _why(case) == "no permission: it needs a grant of hub B from b"


def test_nothing_arrives_in_time() -> None:
    """Ready at 00:00, the truck leaves at 08:00 and takes five hours."""
    why = _why(_case(shipment(due="+12h")))
    assert why == "deadline: the earliest possible arrival is 2026-01-05 13:00, it is due 2026-01-05 12:00"


def test_life_is_named_where_it_ends_before_the_due_time() -> None:
    case = _case(shipment(), goods=(Good(good="cargo", per_unit={"t": 1.0}, life_h=12.0),))
    assert _why(case).endswith("it must be there by 2026-01-05 12:00 (life, horizon)")


def test_the_cheapest_way_costs_more_than_it_brings() -> None:
    """22 a tonne and a tenth of a run of 100 make 32; the order pays 20."""
    case = _case(shipment(), services=(service("s", owner="a", cost_per_t=(22.0,)),))
    assert _why(case) == "price: even in full vehicles the cheapest way (s) costs 32 USD a unit; serving it brings 20"


def test_a_run_of_its_own_does_not_pay() -> None:
    why = _why(_case(shipment()))
    assert why == (
        "price: no departure that runs in time has room, and runs of its own for 4 units on the quickest way "
        "(s@2026-01-05 08:00) make 25 USD a unit; serving it brings 20"
    )


def test_what_is_full_is_named_with_its_limit() -> None:
    """The one run of the day carries ten tonnes of a dearer order."""
    case = _case(
        shipment(ready="2026-01-05T00:00", due="+20h"),
        shipment("dear", qty=10.0, price_per_unit=90.0),
        services=(service("s", owner="a", max_runs=1),),
    )
    why = _why(
        case, runs=[(0, 480, 1, 0)], paths=[(1, 1, 10.0, [("leg", 0, 480, 780)])], served=[0.0, 10.0], upper=-800.0
    )
    assert why == "capacity: on the way in time s@2026-01-05 08:00 (1 runs, full; max_runs 1)"


def test_a_full_crossing_is_named_with_its_day() -> None:
    slots = Handling(handling="slots", hub="C", direction="in", cap_runs_per_day=0)
    why = _why(_case(shipment(due="+20h"), handling=(slots,)))
    assert why == "capacity: on the way in time s@2026-01-05 08:00 (does not run; handling slots on day 1 0)"


def test_a_search_that_was_stopped_leaves_it_open() -> None:
    why = _why(_case(shipment(price_per_unit=90.0)), status=SolveStatus.TIME_LIMIT, lower=-500.0)
    assert why.startswith("open: the search ended")


def test_what_is_worth_most_is_looked_into_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two orders without a way the clock leaves time for one; where work is counted it is not asked."""
    case = _case(shipment(way="A>B"), shipment("dear", way="A>B", price_per_unit=90.0))
    network = build_network(case)
    clock = iter(range(10))
    monkeypatch.setattr("landbridge.planning.reasons.time.monotonic", lambda: float(next(clock)))
    cheap, dear = decode(network, hand_made(network), PlanLimits(time_s=10.0)).orders
    assert (cheap.why, dear.why) == (NO_TIME, "no path: no services lead from A to B")
    assert all(row.why == dear.why for row in decode(network, hand_made(network), PlanLimits(work=1.0)).orders)


@pytest.mark.parametrize(
    ("orders", "changes", "expected"),
    [
        ((offer(),), {}, "no path: there is no bid for 'cargo'"),
        ((bid(),), {}, "no path: there is no offer for 'cargo'"),
        ((bid(), offer()), {}, "no permission: no grant to trade 'cargo' with a, who have the only offers"),
        (
            (bid(price_per_unit=3.0), offer()),
            grants(("a", "c", "trade")),
            "price: the best offer still open, 'offer', is at 5 a unit; this bid is at 3",
        ),
    ],
)
def test_trading_fails_for_its_own_reasons(orders: tuple[Order, ...], changes: dict[str, Any], expected: str) -> None:
    assert _why(_case(*orders, **changes)) == expected


def test_a_bid_whose_offers_are_sold_out_says_so() -> None:
    case = _case(bid(qty=9.0), offer(), **grants(("a", "c", "trade")))
    why = _why(case, runs=[(0, 480, 1, 0)], paths=[(0, 0, 4.0, [("leg", 0, 480, 780)])], served=[4.0, 4.0], upper=40.0)
    assert why == "capacity: all 1 offers this bid may meet are filled"


def test_a_trade_that_cannot_travel_names_the_partner() -> None:
    case = _case(bid(hub="B"), offer(), **grants(("a", "c", "trade")))
    assert _why(case) == "no path: no services lead from A to B (offer 'offer')"
