"""Each rule of semantics.md on a case whose optimum is worked out by hand in the test's docstring."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from tests.oracle.compact_mip import OracleResult, solve_case
from tests.oracle.tiny_cases import every, shipment, tiny_case, truck

from landbridge.model.case import (
    Agreement,
    Case,
    Fleet,
    Good,
    Grant,
    Handling,
    Hub,
    Order,
    Party,
    Pin,
    Region,
    Service,
    TimetableRow,
)

HUBS = {name: Hub(hub=f"h{name}", region=name.upper()) for name in "abc"}


def value_of(case: Case, step_h: float = 2.0, agreements: str = "in_force") -> float:
    return solve_case(case, every(case, step_h), agreements).value


def hubs(**changes: dict[str, Any]) -> tuple[Hub, ...]:
    """The three hubs, some changed: ``hubs(b={"store_cap_t": 4.0})``."""
    return tuple(replace(hub, **changes.get(name, {})) for name, hub in HUBS.items())


def signed(*grants: Grant, status: str = "in_force", **dates: Any) -> dict[str, Any]:
    names = dict.fromkeys(grant.agreement for grant in grants)
    return {
        "agreements": tuple(Agreement(agreement=name, status=status, **dates) for name in names),
        "grants": grants,
    }


def daily(service: str, *clocks: str, **changes: Any) -> tuple[TimetableRow, ...]:
    return tuple(TimetableRow(service=service, depart=clock, **changes) for clock in clocks)


def test_two_runs_carry_what_one_cannot() -> None:
    """15 units at 5 = 75; two trucks of 10 at 10 = 20: 55. One truck: 50 - 10 = 40."""
    assert value_of(tiny_case(services=[truck()], orders=[shipment(qty=15.0)])) == pytest.approx(55)


def test_a_part_load_that_does_not_pay_stays() -> None:
    """11 units: the second truck would earn 5 and cost 10; 50 - 10 = 40 with one unit unserved at 2 each: 38."""
    order = shipment(qty=11.0, unserved_cost_per_unit=2.0)
    result = solve_case(case := tiny_case(services=[truck()], orders=[order]), every(case, 2))
    assert result.value == pytest.approx(38)
    assert result.filled == {("o", 0): pytest.approx(10)}


def test_one_vehicle_carries_all_legs() -> None:
    """a>b 10 units and b>c 10 units share one run of a>b>c: 50 + 50 - 10 = 90."""
    orders = [shipment("o1", "ha>hb"), shipment("o2", "hb>hc")]
    assert value_of(tiny_case(services=[truck(route="ha>hb>hc")], orders=orders)) == pytest.approx(90)


def test_load_is_limited_leg_by_leg_and_dimension_by_dimension() -> None:
    """Seats: 4 of 6 guests ride one run (4 x 5 - 10 = 10); a second run earns 10 and costs 10: 10 either way."""
    goods = (Good(good="g", per_unit={"seats": 1.0}),)
    service = truck(capacity={"t": 1.0, "seats": 4.0})
    assert value_of(tiny_case(services=[service], orders=[shipment(qty=6.0)], goods=goods)) == pytest.approx(10)


def test_costs_per_tonne_and_emissions_count_leg_by_leg() -> None:
    """Two legs cost 1 + 0.5 a tonne, 100 kg at 2 each at 5 a tonne add 0.5 a leg: 10 x (5 - 2.5) - 10 = 15."""
    service = truck(route="ha>hb>hc", cost_per_t=(1.0, 0.5), kgco2e_per_t=(100.0,))
    case = tiny_case(
        services=[service], orders=[shipment(way="ha>hc", transit=("NB",))], settings={"co2_cost_per_t": 5.0}
    )
    assert value_of(case) == pytest.approx(15)


def test_a_good_without_tonnes_pays_nothing_per_tonne_but_needs_a_run() -> None:
    """10 x 5 - 10 = 40, whatever a tonne costs; nothing rides a service that may not run."""
    goods = (Good(good="g"),)
    case = tiny_case(services=[truck(cost_per_t=(9.0,))], orders=[shipment()], goods=goods)
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, services=(truck(max_runs=0),))) == pytest.approx(0)


def test_lateness_costs_by_the_hour_and_has_an_end() -> None:
    """Due 05:00, the only truck arrives 07:00: two hours at 1 a unit: 10 x (5 - 2) - 10 = 20; 1 h late at most: 0."""
    order = shipment(due="2026-01-05T05:00", late_max_h=2.0, late_cost_per_unit_h=1.0)
    case = tiny_case(services=[truck()], orders=[order], timetable=daily("s", "06:00"))
    assert value_of(case) == pytest.approx(20)
    assert value_of(replace(case, orders=(replace(order, late_max_h=1.0),))) == pytest.approx(0)


@pytest.mark.parametrize(("life_h", "value"), [(7.0, 40.0), (6.5, 0.0)])
def test_life_counts_from_ready_and_its_last_minute_is_good(life_h: float, value: float) -> None:
    """Ready 00:00, arrival 07:00: an age of exactly 7 h."""
    goods = (Good(good="g", per_unit={"t": 1.0}, life_h=life_h),)
    case = tiny_case(services=[truck()], orders=[shipment()], goods=goods, timetable=daily("s", "06:00"))
    assert value_of(case) == pytest.approx(value)


def test_min_fill_is_all_of_a_part_or_nothing() -> None:
    """One truck of 10 for 20 units: half is enough at 0.5 (40), not at 0.6 (0)."""
    case = tiny_case(services=[truck(max_runs=1)], orders=[shipment(qty=20.0, min_fill_frac=0.5)])
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, orders=(shipment(qty=20.0, min_fill_frac=0.6),))) == pytest.approx(0)


def test_an_order_that_is_not_split_takes_one_path() -> None:
    """Two trucks of 10 for 14 units at different hours: 70 - 20 = 50 split, 50 - 10 = 40 on one path."""
    case = tiny_case(
        services=[truck()], orders=[shipment(qty=14.0)], timetable=daily("s", "06:00", "08:00", max_runs=1)
    )
    assert value_of(case) == pytest.approx(50)
    assert value_of(replace(case, orders=(shipment(qty=14.0, split=False),))) == pytest.approx(40)


def test_an_order_with_days_happens_once_a_day() -> None:
    """Daily at 03:00 in Kolkata (UTC+5:30) is 21:30 UTC; one truck, 22:00 UTC on Monday = Tue 03:30: 40 for one day."""
    order = shipment(days="daily", ready="03:00", due="+2h")
    case = tiny_case(
        services=[truck()], orders=[order], settings={"horizon_h": 48.0},
        timetable=(TimetableRow(service="s", depart="03:30", days="Tue"),),
        hubs=(Hub(hub="ha", region="A", timezone="Asia/Kolkata"), HUBS["b"], HUBS["c"]),
    )  # fmt: skip
    result = solve_case(case, {})
    assert result.value == pytest.approx(40)
    assert result.filled == {("o", 0): pytest.approx(10), ("o", 1): 0.0}


def offer(name: str = "sell", **changes: Any) -> Order:
    fields: dict[str, Any] = {"party": "a", "good": "g", "qty": 10.0, "from_hub": "ha", "price_per_unit": 1.0}
    return Order(order=name, **(fields | changes))


def bid(name: str = "buy", **changes: Any) -> Order:
    fields: dict[str, Any] = {"party": "b", "good": "g", "qty": 10.0, "to_hub": "hb", "price_per_unit": 5.0}
    return Order(order=name, **(fields | changes))


TRADE = Grant(agreement="ab", giver="a", taker="b", kind="trade")


def test_a_trade_needs_a_grant_and_earns_the_difference() -> None:
    """10 x (5 - 1) - 10 = 30 with the grant; 0 without, or when it runs the other way only."""
    case = tiny_case(services=[truck()], orders=[offer(), bid()])
    assert value_of(case) == pytest.approx(0)
    assert value_of(replace(case, **signed(TRADE))) == pytest.approx(30)
    assert value_of(replace(case, **signed(replace(TRADE, giver="b", taker="a")))) == pytest.approx(0)
    assert value_of(replace(case, **signed(replace(TRADE, giver="b", taker="a", both_ways=True)))) == pytest.approx(30)


def test_the_market_outside_trades_with_all_but_itself() -> None:
    """An outside bid needs no grant: 30. Two outside sides make no trade: 0."""
    case = tiny_case(services=[truck()], orders=[offer(), bid(party="")])
    assert value_of(case) == pytest.approx(30)
    assert value_of(replace(case, orders=(offer(party=""), bid(party="")))) == pytest.approx(0)


def test_a_bid_that_is_not_split_buys_from_one_offer() -> None:
    """Two offers of 6 for a bid of 10: 10 x 4 - 10 = 30 from both; from one 6 x 4 - 10 = 14."""
    orders = (offer("s1", qty=6.0), offer("s2", qty=6.0), bid(party="a"))
    case = tiny_case(services=[truck()], orders=orders)
    assert value_of(case) == pytest.approx(30)
    assert value_of(replace(case, orders=(*orders[:2], bid(party="a", split=False)))) == pytest.approx(14)


def test_a_trade_at_one_hub_needs_no_vehicle() -> None:
    """10 x (5 - 1) = 40."""
    assert value_of(tiny_case(services=[], orders=[offer(), bid(party="a", to_hub="ha")])) == pytest.approx(40)


def test_an_offer_limits_when_its_goods_arrive() -> None:
    """The truck arrives 07:00: in time for an offer that holds until 07:00, too late for 06:00."""
    case = tiny_case(services=[truck()], orders=[], timetable=daily("s", "06:00"))
    good, late = (offer(due=f"2026-01-05T{hour}:00") for hour in ("07", "06"))
    assert value_of(replace(case, orders=(good, bid(party="")))) == pytest.approx(30)
    assert value_of(replace(case, orders=(late, bid(party="")))) == pytest.approx(0)


RAIL = truck("r", "hb>hc", mode="rail")


def change(**fields: Any) -> Handling:
    return Handling(handling="x", hub="hb", **({"from_mode": "road", "to_mode": "rail"} | fields))


def via_b(*rows: Handling, **changes: Any) -> Case:
    """a>b by road at 06:00, b>c by rail at 07:00 and 10:00; 10 units: 50 - 20 = 30 before handling."""
    fields: dict[str, Any] = {
        "services": [truck(), RAIL],
        "orders": [shipment(way="ha>hc", transit=("NB",))],
        "timetable": (*daily("s", "06:00"), *daily("r", "07:00", "10:00", "20:00")),
        "handling": rows,
    }
    return tiny_case(**(fields | changes))


def rail_minutes(result: OracleResult) -> set[int]:
    return {flow.ride.leaves for flow in result.flows if flow.ride.run[0] == "r"}


def test_a_change_without_a_row_is_free_and_takes_no_time() -> None:
    """The truck comes at 07:00 and the train leaves at 07:00: due 08:00 is met."""
    case = via_b(orders=[shipment(way="ha>hc", transit=("NB",), due="2026-01-05T08:00")])
    assert value_of(case) == pytest.approx(30)


def test_a_change_with_a_row_takes_its_dwell_and_its_money() -> None:
    """Two hours and 0.5 a tonne: the train of 10:00 or later, 30 - 5 = 25."""
    result = solve_case(via_b(change(dwell_h=2.0, cost_per_t=0.5)), {})
    assert result.value == pytest.approx(25)
    assert min(rail_minutes(result)) >= 600


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"handling_class": "chilled"}, 0.0),  # a row matches, none serves the class
        ({"from_mode": "air", "handling_class": "chilled"}, 30.0),  # no row matches
        ({"from_mode": "", "to_mode": "", "cost_per_t": 1.0}, 20.0),  # blank matches every pair
        ({"from_mode": "", "to_mode": "", "cost_per_t": 1.0, "cap_runs_per_day": 9.0}, 30.0),  # only counts runs
        ({"from_mode": "start", "to_mode": "", "cost_per_t": 1.0}, 30.0),  # nothing starts here
        ({"from_mode": "", "cost_per_t": 1.0}, 20.0),
    ],
)
def test_which_rows_a_change_must_use(fields: dict[str, Any], value: float) -> None:
    """10 units at 1 a tonne cost 10 of the 30."""
    assert value_of(via_b(change(**fields))) == pytest.approx(value)


def test_start_and_end_handlings_delay_and_cost() -> None:
    """
    One hour at the start misses the truck of 00:30 and takes that of 06:00; the end takes an hour more.

    Arrival 08:00 instead of 07:00, due 08:00; 1 + 1 a tonne: 10 x (5 - 2) - 10 = 20. Due 07:30: 0.
    """
    rows = (
        Handling(handling="x", hub="ha", from_mode="start", dwell_h=1.0, cost_per_t=1.0),
        Handling(handling="y", hub="hb", to_mode="end", dwell_h=1.0, cost_per_t=1.0),
    )
    case = tiny_case(
        services=[truck()], orders=[shipment(due="2026-01-05T08:00")], handling=rows,
        timetable=daily("s", "00:30", "06:00"),
    )  # fmt: skip
    assert value_of(case) == pytest.approx(20)
    assert value_of(replace(case, orders=(shipment(due="2026-01-05T07:30"),))) == pytest.approx(0)


@pytest.mark.parametrize(
    ("fields", "minute"),
    [
        ({"opens": "09:00", "closes": "10:00"}, 600),
        ({"opens": "07:00", "closes": "08:00"}, 420),
        ({"opens": "05:00", "closes": "07:00"}, None),  # closes the minute the freight arrives
        ({"opens": "20:00", "closes": "02:00"}, 1200),
        ({"opens": "20:00", "closes": "07:30", "days": "Sun"}, 420),  # opened on Sunday, still open on Monday 07:00
        ({"opens": "20:00", "closes": "07:30", "days": "Mon"}, 1200),
        ({"days": "Tue"}, None),
    ],
)
def test_handling_starts_within_the_opening_hours(fields: dict[str, str], minute: int | None) -> None:
    """Freight at 07:00 on a Monday; trains at 07:00, 10:00, 20:00; the change takes no time."""
    result = solve_case(via_b(change(**fields)), {})
    assert result.value == pytest.approx(30 if minute else 0)
    if minute == 1200 or minute == 420:
        assert max(rail_minutes(result)) >= minute
        assert min(rail_minutes(result)) >= minute


def test_tonnes_a_day_limit_handling_on_the_day_it_starts() -> None:
    """4 t a day, two days: 4 change on Monday, 4 wait and change on Tuesday: 8 x 5 - 10 - 10 = 20."""
    case = via_b(
        change(cap_t_per_day=4.0), settings={"horizon_h": 48.0},
        timetable=(TimetableRow(service="s", days="Mon", depart="06:00"),
                   TimetableRow(service="r", days="Tue", depart="10:00")),
    )  # fmt: skip
    assert value_of(case) == pytest.approx(20)


def test_tonnes_a_day_are_split_among_owners_with_shares() -> None:
    """
    A and b own half each of 8 t a day: a's shipment gets 4 t: 4 x 5 - 20 = 0, so nothing moves.

    With b's half open to a (share 1): 8 x 5 - 20 = 20. With half of it (0.5): 6 x 5 - 20 = 10.
    """
    case = via_b(change(cap_t_per_day=8.0, owner="a:0.5 b:0.5"))
    assert value_of(case) == pytest.approx(0)
    grant = Grant(agreement="ab", giver="b", taker="a", kind="hub", resource="x")
    assert value_of(replace(case, **signed(grant))) == pytest.approx(20)
    assert value_of(replace(case, **signed(replace(grant, share_frac=0.5)))) == pytest.approx(10)


def test_storage_costs_the_time_outside_handling() -> None:
    """
    Ready 00:00, truck 06:00 from ha (0.1 a tonne hour): 6 h; at hb (0.2): 3 h to 10:00 less 2 h of dwell: 1 h.

    30 - 10 x (0.6 + 0.2) = 22.
    """
    places = hubs(a={"store_cost_per_t_h": 0.1}, b={"store_cost_per_t_h": 0.2}, c={"store_cost_per_t_h": 9.0})
    assert value_of(via_b(change(dwell_h=2.0), hubs=places)) == pytest.approx(22)


def test_a_store_is_never_fuller_than_its_limit() -> None:
    """Freight waits at hb from 07:00 to 10:00; 6 t fit: 6 x 5 - 20 = 10. Under handling all the time: 30."""
    places = hubs(b={"store_cap_t": 6.0})
    trains = (*daily("s", "06:00"), *daily("r", "10:00"))
    assert value_of(via_b(hubs=places, timetable=trains)) == pytest.approx(10)
    assert value_of(via_b(change(dwell_h=3.0), hubs=places, timetable=trains)) == pytest.approx(30)


def test_freight_that_leaves_makes_room_at_once() -> None:
    """o1 waits 00:00-06:00 and o2 06:00-08:00 in a store of 10 t: both go, 2 x 50 - 20 = 80."""
    orders = [shipment("o1"), shipment("o2", ready="2026-01-05T06:00")]
    case = tiny_case(
        services=[truck()], orders=orders, hubs=hubs(a={"store_cap_t": 10.0}),
        timetable=daily("s", "06:00", "08:00", max_runs=1),
    )  # fmt: skip
    assert value_of(case) == pytest.approx(80)


def test_services_take_the_classes_they_accept() -> None:
    """The good is ``general``."""
    assert value_of(tiny_case(services=[truck(accepts=("chilled",))], orders=[shipment()])) == pytest.approx(0)
    assert value_of(tiny_case(services=[truck(accepts=("chilled", "general"))], orders=[shipment()])) > 0


@pytest.mark.parametrize(
    ("good", "order", "value"),
    [((), (), 0.0), (("NB",), (), 30.0), (("NB",), ("-",), 0.0), ((), ("NB",), 30.0), (("NA",), ("*",), 30.0)],
)
def test_third_countries_are_crossed_where_they_are_listed(
    good: tuple[str, ...], order: tuple[str, ...], value: float
) -> None:
    """From NA to NC through NB; the order's column counts, blank = the good's."""
    goods = (Good(good="g", per_unit={"t": 1.0}, transit=good),)
    case = via_b(goods=goods, orders=[shipment(way="ha>hc", transit=order)])
    assert value_of(case) == pytest.approx(value)


def test_staying_aboard_crosses_a_country_too() -> None:
    """a>b>c by one truck passes NB."""
    case = tiny_case(services=[truck(route="ha>hb>hc")], orders=[shipment(way="ha>hc")])
    assert value_of(case) == pytest.approx(0)


def test_a_trade_crosses_what_both_sides_list() -> None:
    """10 x 4 - 20 = 20 when both list NB."""
    sides = offer(transit=("NB",)), bid(party="", to_hub="hc", transit=("*",))
    assert value_of(via_b(orders=sides)) == pytest.approx(20)
    assert value_of(via_b(orders=(sides[0], replace(sides[1], transit=("NC",))))) == pytest.approx(0)


def test_a_service_with_an_owner_takes_strangers_by_grant_only() -> None:
    """The truck is b's, the shipment a's: 0; by a grant of the service, of its mode, to the region or to all: 40."""
    case = tiny_case(services=[truck(owner="b")], orders=[shipment()])
    assert value_of(case) == pytest.approx(0)
    for fields in (
        {"kind": "service", "resource": "s"},
        {"kind": "mode", "resource": "road"},
        {"kind": "service", "taker": "A"},
        {"kind": "service", "giver": "B", "taker": "*"},
        {"kind": "charter"},
    ):
        words: dict[str, Any] = {"agreement": "ab", "giver": "b", "taker": "a", **fields}
        grant = Grant(**words)
        assert value_of(replace(case, **signed(grant))) == pytest.approx(40), fields
    wrong = Grant(agreement="ab", giver="b", taker="a", kind="mode", resource="rail")
    assert value_of(replace(case, **signed(wrong))) == pytest.approx(0)


def test_an_outside_shipment_rides_everything() -> None:
    assert value_of(tiny_case(services=[truck(owner="b")], orders=[shipment(party="")])) == pytest.approx(40)


def test_parties_of_one_region_need_no_agreement() -> None:
    parties = (Party(party="a", region="A"), Party(party="b", region="A"), Party(party="c", region="C"))
    case = tiny_case(services=[truck(owner="b")], orders=[shipment()], parties=parties)
    assert value_of(case) == pytest.approx(40)


def test_agreements_count_by_status_and_date() -> None:
    """In force on the day the case starts, 2026-01-05; ``all`` adds what is proposed or signed."""
    grant = Grant(agreement="ab", giver="b", taker="a", kind="service")
    case = tiny_case(services=[truck(owner="b")], orders=[shipment()])
    proposed = replace(case, **signed(grant, status="proposed"))
    assert [value_of(proposed, agreements=name) for name in ("none", "in_force", "all")] == pytest.approx([0, 0, 40])
    assert value_of(replace(case, **signed(grant, status="ended")), agreements="all") == pytest.approx(0)
    assert value_of(replace(case, **signed(grant, starts="2026-01-05", ends="2026-01-05"))) == pytest.approx(40)
    assert value_of(replace(case, **signed(grant, starts="2026-01-06"))) == pytest.approx(0)
    assert value_of(replace(case, **signed(grant, ends="2026-01-04"))) == pytest.approx(0)


def test_a_grant_of_a_part_limits_those_who_ride_by_it_together() -> None:
    """Party b lends 0.3 of its one truck: a and c together 3 t: 5; 3 t of a at 9 and 7 t of b: 27 + 35 - 10."""
    grant = Grant(agreement="ab", giver="b", taker="*", kind="service", share_frac=0.3)
    case = tiny_case(services=[truck(owner="b", max_runs=1)], orders=[shipment(), shipment("p", party="c")])
    assert value_of(replace(case, **signed(grant))) == pytest.approx(3 * 5 - 10)
    both = (shipment(price_per_unit=9.0), shipment("p", party="b"))
    assert value_of(replace(case, orders=both, **signed(grant))) == pytest.approx(3 * 9 + 7 * 5 - 10)


def test_two_agreements_of_one_giver_are_limited_apart() -> None:
    """0.3 for a and 0.3 for c, by two agreements: 6 x 5 - 10 = 20."""
    grants = (
        Grant(agreement="ab", giver="b", taker="a", kind="service", share_frac=0.3),
        Grant(agreement="cb", giver="b", taker="c", kind="service", share_frac=0.3),
    )
    case = tiny_case(services=[truck(owner="b", max_runs=1)], orders=[shipment(), shipment("p", party="c")])
    assert value_of(replace(case, **signed(*grants))) == pytest.approx(20)


def test_a_trade_rides_by_the_better_permission_of_its_sides() -> None:
    """On c's truck a may fill 0.2 and b all: 10 x 4 - 10 = 30; only a: 2 x 4 - 10 < 0."""
    part = Grant(agreement="ac", giver="c", taker="a", kind="service", share_frac=0.2)
    whole = Grant(agreement="bc", giver="c", taker="b", kind="service")
    case = tiny_case(services=[truck(owner="c")], orders=[offer(), bid()])
    assert value_of(replace(case, **signed(TRADE, part, whole))) == pytest.approx(30)
    assert value_of(replace(case, **signed(TRADE, part))) == pytest.approx(0)


def test_each_party_charters_its_own_public_runs() -> None:
    """Two times 5 would fit one truck, but neither may ride the other's: 2 x (25 - 10) = 30; with a grant 40."""
    case = tiny_case(services=[truck()], orders=[shipment(qty=5.0), shipment("p", party="c", qty=5.0)])
    assert value_of(case) == pytest.approx(30)
    grant = Grant(agreement="ac", giver="a", taker="c", kind="service")
    assert value_of(replace(case, **signed(grant))) == pytest.approx(40)


def test_joint_owners_must_all_agree() -> None:
    """A run of a+b: a rides when b grants, c when both do."""
    case = tiny_case(services=[truck(owner="a+b")], orders=[shipment()])
    from_a, from_b = (Grant(agreement="j", giver=giver, taker="*", kind="service") for giver in "ab")
    assert value_of(case) == pytest.approx(0)
    assert value_of(replace(case, **signed(from_b))) == pytest.approx(40)
    theirs = replace(case, orders=(shipment(party="c"),))
    assert value_of(replace(theirs, **signed(from_b))) == pytest.approx(0)
    assert value_of(replace(theirs, **signed(from_a, from_b))) == pytest.approx(40)


def test_changing_vehicles_needs_the_hub_owner_but_starting_and_ending_does_not() -> None:
    """Party c owns hb: a may not change there without a grant; a shipment that ends there is free."""
    case = via_b(hubs=hubs(b={"owner": "c"}))
    assert value_of(case) == pytest.approx(0)
    grant = Grant(agreement="ac", giver="c", taker="a", kind="hub", resource="hb")
    assert value_of(replace(case, **signed(grant))) == pytest.approx(30)
    assert value_of(replace(case, orders=(shipment(),))) == pytest.approx(40)
    assert value_of(replace(case, orders=(shipment(way="ha>hc", party="", transit=("NB",)),))) == pytest.approx(30)


def test_the_owner_of_a_handling_row_is_asked_even_at_the_end() -> None:
    """The row is c's; it serves the end at hb: without a grant a cannot end there."""
    row = Handling(handling="x", hub="hb", owner="c", to_mode="end")
    case = tiny_case(services=[truck()], orders=[shipment()], handling=(row,))
    assert value_of(case) == pytest.approx(0)
    grant = Grant(agreement="ac", giver="c", taker="a", kind="hub", resource="x")
    assert value_of(replace(case, **signed(grant))) == pytest.approx(40)


def test_quotas_of_runs_are_pooled_then_rounded_down() -> None:
    """
    max_runs 3, a and b half each; each has 20 units (2 runs, 100 - 20 = 80 when both go).

    Apart floor(1.5) = 1 run each, together floor(3) = 3: 2 x 40 = 80. When b opens its half to a: a 2 and b 1: 120.
    """
    orders = [shipment(qty=20.0), shipment("p", party="b", qty=20.0)]
    case = tiny_case(services=[truck(owner="a:0.5 b:0.5", max_runs=3)], orders=orders)
    assert value_of(case) == pytest.approx(80)
    grant = Grant(agreement="ab", giver="b", taker="a", kind="charter")
    assert value_of(replace(case, **signed(grant))) == pytest.approx(120)


def test_a_part_of_a_quota_may_be_lent() -> None:
    """max_runs 4, halves of 2: a may use its 2 and half of b's 2: 3 runs, 150 - 30 = 120."""
    case = tiny_case(services=[truck(owner="a:0.5 b:0.5", max_runs=4)], orders=[shipment(qty=40.0)])
    grant = Grant(agreement="ab", giver="b", taker="a", kind="charter", share_frac=0.5)
    assert value_of(case) == pytest.approx(80)
    assert value_of(replace(case, **signed(grant))) == pytest.approx(120)


def test_max_runs_holds_each_departure_with_a_timetable_and_the_horizon_without() -> None:
    """30 units; two departures of one run each: 2 x 40 = 80; without a timetable one run in all: 40."""
    case = tiny_case(services=[truck(max_runs=1)], orders=[shipment(qty=30.0)])
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, timetable=daily("s", "06:00", "08:00"))) == pytest.approx(80)


def test_rows_that_give_one_minute_are_one_departure() -> None:
    """max_runs 1 + 2 at 06:00: three runs, 120; must_run 1 + 1 alone: -20."""
    rows = (*daily("s", "06:00", max_runs=1, must_run=1), *daily("s", "06:00", max_runs=2, must_run=1, days="1-5"))
    case = tiny_case(services=[truck()], orders=[shipment(qty=50.0)], timetable=rows)
    assert value_of(case) == pytest.approx(120)
    assert value_of(replace(case, orders=())) == pytest.approx(-20)


def test_what_must_run_but_may_not_is_infeasible() -> None:
    case = tiny_case(services=[truck()], orders=[shipment()], timetable=daily("s", "06:00", max_runs=1, must_run=2))
    result = solve_case(case, {})
    assert not result.feasible
    assert result.value == -math.inf


def test_every_h_counts_from_starts_to_ends_included() -> None:
    """From 04:00 every 5 h to 14:00: 04:00, 09:00, 14:00; one run each: 3 x 40 = 120."""
    row = TimetableRow(
        service="s", depart="", every_h=5.0, starts="2026-01-05T04:00", ends="2026-01-05T14:00", max_runs=1
    )
    case = tiny_case(services=[truck()], orders=[shipment(qty=90.0)], timetable=(row,))
    assert value_of(case) == pytest.approx(120)


def test_a_leg_that_carries_load_arrives_within_the_horizon() -> None:
    """23:00 arrives at 24:00, the end; 23:30 is too late."""
    case = tiny_case(services=[truck()], orders=[shipment()], timetable=daily("s", "23:00"))
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, timetable=daily("s", "23:30"))) == pytest.approx(0)


def test_a_hub_counts_every_call() -> None:
    """The way ha > hb > ha calls twice at ha: 3 calls a day let one vehicle run (40), 4 let two (80)."""
    service = truck(route="ha>hb>ha")
    case = tiny_case(services=[service], orders=[shipment(qty=30.0)], timetable=daily("s", "06:00"))
    assert value_of(replace(case, hubs=hubs(a={"cap_runs_per_day": 3.0}))) == pytest.approx(40)
    assert value_of(replace(case, hubs=hubs(a={"cap_runs_per_day": 4.0}))) == pytest.approx(80)


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"direction": ""}, 80.0),  # two calls of two vehicles
        ({"direction": "in"}, 80.0),
        ({"direction": "out"}, 120.0),  # no leg leaves hb
        ({"direction": "in", "from_mode": "rail"}, 120.0),
        ({"direction": "in", "from_mode": "road"}, 80.0),
    ],
)
def test_handling_rows_count_runs_by_mode_and_direction(fields: dict[str, Any], value: float) -> None:
    """Three runs of 40 each into hb, two a day allowed."""
    row = Handling(handling="x", hub="hb", cap_runs_per_day=2.0, **{"to_mode": "nothing", **fields})
    case = tiny_case(services=[truck()], orders=[shipment(qty=30.0)], handling=(row,))
    assert value_of(case) == pytest.approx(value)


def test_runs_within_a_country_are_not_counted_at_its_border() -> None:
    """Ha and hb in one country: ``in`` counts nothing."""
    row = Handling(handling="x", hub="hb", cap_runs_per_day=0.0, direction="in")
    regions = tuple(Region(region=name, country="NA") for name in "ABC")
    case = tiny_case(services=[truck()], orders=[shipment()], handling=(row,))
    assert value_of(case) == pytest.approx(0)
    assert value_of(replace(case, regions=regions)) == pytest.approx(40)


def test_calls_a_day_go_by_the_local_day() -> None:
    """14:00 and 16:30 UTC are two days at UTC+8: one call a day lets both runs go: 80."""
    case = tiny_case(
        services=[truck()], orders=[shipment(qty=20.0)], hubs=hubs(b={"cap_runs_per_day": 1.0}),
        timetable=daily("s", "14:00", "16:30"),
    )  # fmt: skip
    assert value_of(case) == pytest.approx(40)
    places = hubs(b={"cap_runs_per_day": 1.0, "timezone": "Asia/Shanghai"})
    assert value_of(replace(case, hubs=places)) == pytest.approx(80)


def fleet_case(fleet: Fleet, *orders: Order, **service: Any) -> Case:
    """A service each way between ha and hb, of one fleet, 10 a run."""
    fields = {"fleet": "f", **service}
    services = [truck("out", "ha>hb", **fields), truck("back", "hb>ha", **fields)]
    return tiny_case(services=services, orders=orders, fleets=(fleet,))


def test_vehicles_of_a_fleet_go_back() -> None:
    """
    10 units one way, 50 - 10. Going back loaded or not: another run at 10 (30), or empty at 4 (36).

    Fixed cost 3 a vehicle: 27 and 33. Without round_the_week: 50 - 10 - 3 = 37.
    """
    fleet = Fleet(fleet="f", fixed_cost=3.0)
    assert value_of(fleet_case(fleet, shipment())) == pytest.approx(27)
    assert value_of(fleet_case(fleet, shipment(), empty_cost=4.0)) == pytest.approx(33)
    assert value_of(fleet_case(replace(fleet, round_the_week=False), shipment())) == pytest.approx(37)


def test_a_fleet_starts_at_its_hub() -> None:
    """From hb the vehicle first runs to ha (10), then carries (50 - 10), and is home: 30; one way 40 from anywhere."""
    fleet = Fleet(fleet="f", hub="hb", round_the_week=False)
    assert value_of(fleet_case(fleet, shipment())) == pytest.approx(30)
    assert value_of(fleet_case(replace(fleet, hub=""), shipment())) == pytest.approx(40)


def test_one_vehicle_runs_again_when_it_is_back() -> None:
    """One vehicle, 20 units: out, back, out, back at 10 each, every second hour: 100 - 40 = 60. No vehicle: 0."""
    fleet = Fleet(fleet="f", count=1)
    assert value_of(fleet_case(fleet, shipment(qty=20.0))) == pytest.approx(60)
    assert value_of(fleet_case(replace(fleet, count=0), shipment(qty=20.0))) == pytest.approx(0)


WEEK: dict[str, Any] = {"cyclic": True, "horizon_h": 168.0}


def test_in_a_cyclic_week_freight_passes_the_end() -> None:
    """Ready on Sunday 20:00, due Monday 09:00: the truck of Monday 06:00 is the next cycle's. 40."""
    order = shipment(ready="Sun 20:00", due="Mon 09:00")
    case = tiny_case(
        services=[truck()], orders=[order], settings=WEEK,
        timetable=(TimetableRow(service="s", days="Mon", depart="06:00"),),
    )  # fmt: skip
    result = solve_case(case, {})
    assert result.value == pytest.approx(40)
    assert [(flow.ride.cycle, flow.ride.leaves) for flow in result.flows] == [(1, 10080 + 360)]


def test_a_way_may_be_longer_than_the_cycle() -> None:
    """
    A truck takes nine days (216 h) and leaves each Monday 06:00 with the 10 units of a week: 40.

    ``+240h`` and ``+1w`` reach beyond a week; a weekday alone is at most a week away: 0.
    """
    service = truck(travel_h=(216.0,))
    row = TimetableRow(service="s", days="Mon", depart="06:00")
    case = tiny_case(services=[service], orders=[shipment(due="+240h")], settings=WEEK, timetable=(row,))
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, orders=(shipment(due="Thu 00:00"),))) == pytest.approx(0)
    assert value_of(replace(case, orders=(shipment(due="Thu 00:00 +1w"),))) == pytest.approx(40)


def test_a_store_holds_all_freight_that_is_there_in_the_repeating_week() -> None:
    """
    At hb freight comes Mon 07:00 and customs (24 h, not storage) ends Tue 07:00, after the one train, Tue 06:00.

    It waits 167 h for the next: a store of 10 t holds it, 50 - 20 = 30; one of 6 t: 6 x 5 - 20 = 10. The freight of
    ``days`` Mon and Thu waits from Tue 07:00 and Fri 07:00 until Tue 06:00: 20 t of two trucks and two runs of the
    train, 100 - 40 = 60, need a store of 20 t; in one of 10 t 10 remain: 30.
    """
    rows = (
        TimetableRow(service="s", days="Mon Thu", depart="06:00"),
        TimetableRow(service="r", days="Tue", depart="06:00"),
    )
    order = shipment(way="ha>hc", transit=("NB",), due="+400h")
    case = via_b(change(dwell_h=24.0), orders=[order], settings=WEEK, timetable=(rows[0], rows[1]))
    case = replace(case, timetable=(replace(rows[0], days="Mon"), rows[1]))
    assert value_of(replace(case, hubs=hubs(b={"store_cap_t": 10.0}))) == pytest.approx(30)
    assert value_of(replace(case, hubs=hubs(b={"store_cap_t": 6.0}))) == pytest.approx(10)
    twice = replace(case, timetable=rows, orders=(replace(order, days="Mon Thu"),))
    assert value_of(replace(twice, hubs=hubs(b={"store_cap_t": 20.0}))) == pytest.approx(60)
    assert value_of(replace(twice, hubs=hubs(b={"store_cap_t": 10.0}))) == pytest.approx(30)


def test_capacity_is_shared_by_cycles() -> None:
    """
    Two orders, ready Mon 00:00 and Mon 07:00, one truck of 10 t each Monday 06:00: in a repeating week both
    ride the same departure (the second a week later), so one run carries 10 in all: 40; two runs 80.
    """
    row = TimetableRow(service="s", days="Mon", depart="06:00", max_runs=1)
    orders = [shipment("o1"), shipment("o2", ready="Mon 07:00")]
    case = tiny_case(services=[truck()], orders=orders, settings=WEEK, timetable=(row,))
    assert value_of(case) == pytest.approx(40)
    assert value_of(replace(case, timetable=(replace(row, max_runs=2),))) == pytest.approx(80)


def test_in_a_cyclic_week_vehicles_on_the_way_across_its_end_are_in_use() -> None:
    """
    Out Sunday 23:30, back Monday 02:00 (one hour each): one vehicle is on the way at minute 0 and no other is needed.

    50 - 10 - 10 - 3 = 27; with no vehicle nothing moves.
    """
    fleet = Fleet(fleet="f", fixed_cost=3.0, count=1)
    rows = (
        TimetableRow(service="out", days="Sun", depart="23:30"),
        TimetableRow(service="back", days="Mon", depart="02:00"),
    )
    case = replace(fleet_case(fleet, shipment(due="+200h")), timetable=rows)
    case = replace(case, settings=replace(case.settings, **WEEK))
    assert value_of(case) == pytest.approx(27)
    assert value_of(replace(case, fleets=(replace(fleet, count=0),))) == pytest.approx(0)


def test_a_bid_is_due_in_the_cycle_of_the_offer() -> None:
    """Ready Sat 00:00, the truck leaves Mon 06:00 next week; the bid is due each Tuesday: 30; each Sunday: 0."""
    row = TimetableRow(service="s", days="Mon", depart="06:00")
    orders = (offer(ready="Sat 00:00"), bid(party="", due="Tue 00:00"))
    case = tiny_case(services=[truck()], orders=orders, settings=WEEK, timetable=(row,))
    assert value_of(case) == pytest.approx(30)
    assert value_of(replace(case, orders=(orders[0], bid(party="", due="Sun 00:00")))) == pytest.approx(0)
    assert value_of(replace(case, orders=(orders[0], bid(party="")))) == pytest.approx(30)


def test_the_oracle_refuses_what_it_does_not_know() -> None:
    case = tiny_case(services=[truck()], orders=[shipment()], pins=(Pin(table="orders", key="o"),))
    with pytest.raises(ValueError, match="takes no pins"):
        solve_case(case, every(case, 2))


def test_services_do_not_serve_other_ways() -> None:
    """A truck from hb to ha carries nothing from ha to hb."""
    service: Service = truck(route="hb>ha")
    assert value_of(tiny_case(services=[service], orders=[shipment()])) == pytest.approx(0)
