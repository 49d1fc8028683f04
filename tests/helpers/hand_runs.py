"""Small cases with plans made by hand: every figure in them was worked out on paper, none by Landbridge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

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
    Region,
    Service,
    Settings,
    TimetableRow,
)
from landbridge.model.plan import (
    Departure,
    FleetUse,
    Flow,
    Money,
    OrderResult,
    Plan,
    PlanStatus,
    Price,
    Summary,
    TracePoint,
    Trade,
)
from landbridge.tables import input_hash

_MONDAY = datetime(2026, 1, 5)
CHINA = 8
"""Offset of Asia/Shanghai, hours."""


def local(hours: float, offset: int = 0) -> str:
    """ISO time, with the offset of a hub, of a moment so many hours after Monday 5 January 2026, 00:00 UTC."""
    moment = (_MONDAY + timedelta(hours=hours)).replace(tzinfo=UTC)
    return moment.astimezone(timezone(timedelta(hours=offset))).isoformat(timespec="minutes")


def departure(
    name: str,
    service: str,
    owner: str,
    leaves: str,
    arrives: str,
    *,
    load_t: float,
    fill_frac: float,
    run_cost: float,
    runs: int = 1,
    empty_runs: int = 0,
) -> Departure:
    return Departure(
        departure=name,
        service=service,
        owner=owner,
        leaves=leaves,
        arrives=arrives,
        runs=runs,
        empty_runs=empty_runs,
        load={"t": load_t},
        fill_frac=fill_frac,
        run_cost=run_cost,
    )


def leg(
    path: tuple[str, int, int],
    seq: int,
    ride: tuple[str, str, int],
    ends: tuple[str, str],
    times: tuple[str, str],
    qty: float,
    *,
    grant: str = "",
    trade: str = "",
) -> Flow:
    """Row of flows: ``path`` is order, repeat and path, ``ride`` is departure, service and leg (from 1)."""
    return Flow(
        order=path[0],
        repeat=path[1],
        path=path[2],
        trade=trade,
        seq=seq,
        kind="leg",
        departure=ride[0],
        service=ride[1],
        leg=ride[2],
        handling="",
        from_hub=ends[0],
        to_hub=ends[1],
        leaves=times[0],
        arrives=times[1],
        qty=qty,
        grant=grant,
    )


def handle(
    path: tuple[str, int, int],
    seq: int,
    handling: str,
    hub: str,
    times: tuple[str, str],
    qty: float,
    *,
    trade: str = "",
) -> Flow:
    return Flow(
        order=path[0],
        repeat=path[1],
        path=path[2],
        trade=trade,
        seq=seq,
        kind="handling",
        departure="",
        service="",
        leg=0,
        handling=handling,
        from_hub=hub,
        to_hub=hub,
        leaves=times[0],
        arrives=times[1],
        qty=qty,
        grant="",
    )


def result(
    order: str,
    party: str,
    good: str,
    qty: float,
    filled: float,
    value: float,
    arrives: str = "",
    *,
    repeat: int = 0,
    late_h: float = 0.0,
    unserved_cost: float = 0.0,
    why: str = "",
) -> OrderResult:
    return OrderResult(
        order=order,
        repeat=repeat,
        party=party,
        good=good,
        qty=qty,
        filled=filled,
        arrives=arrives,
        late_h=late_h,
        value=value,
        unserved_cost=unserved_cost,
        why=why,
    )


def summary(
    case: Case,
    *,
    status: PlanStatus,
    value: float,
    bound: float,
    spend: float,
    gap: float | None,
    money: Money,
    limits: Mapping[str, float | None],
) -> Summary:
    return Summary(
        case=case.settings.name,
        status=status,
        value=value,
        bound=bound,
        spend=spend,
        gap=gap,
        money=money,
        currency=case.settings.currency,
        start=case.settings.start,
        horizon_h=case.settings.horizon_h,
        cyclic=case.settings.cyclic,
        agreements="in_force",
        seconds=1.5,
        seed=1,
        threads=1,
        work=0.0,
        limits=limits,
        versions={"landbridge": "0.1.0"},
        input_sha256=input_hash(case),
        trace=(
            TracePoint(seconds=0.1, value=None, bound=bound + 100.0),
            TracePoint(seconds=0.5, value=value - 50.0, bound=bound + 100.0),
            TracePoint(seconds=1.5, value=value, bound=bound),
        ),
    )


def starter_case() -> Case:
    """Part 9 of the design page on cooperation: three regions, one truck of 10."""
    regions = {"A": "XN", "B": "XN", "C": "XS"}
    truck = {"mode": "road", "capacity": {"t": 10.0}}
    feeder = {"mode": "road", "owner": "A+B", "travel_h": (1.0,), "cost_per_t": (3.0,)}
    shipments = (("A>C", "A", 6.0), ("B>C", "B", 4.0), ("C>A", "C", 5.0), ("C>B", "C", 3.0))
    pairs = ("AB", "AC", "BC")
    return Case(
        settings=Settings(name="starter", horizon_h=168.0, currency="CNY", timezone="Asia/Shanghai"),
        regions=tuple(Region(region=name, country=country) for name, country in regions.items()),
        parties=tuple(Party(party=name, region=name) for name in regions),
        hubs=tuple(Hub(hub=f"{name}-town", region=name) for name in regions),
        goods=(Good(good="cargo", per_unit={"t": 1.0}),),
        services=(
            Service(
                service="lane1-A",
                owner="A",
                route=("C-town", "A-town", "C-town"),
                travel_h=(5.0, 5.0),
                run_cost=100.0,
                **truck,
            ),
            Service(
                service="lane2-C",
                owner="C",
                route=("C-town", "B-town", "C-town"),
                travel_h=(6.0, 6.0),
                run_cost=110.0,
                **truck,
            ),
            Service(service="feeder-AB", route=("A-town", "B-town"), **feeder),
            Service(service="feeder-BA", route=("B-town", "A-town"), **feeder),
        ),
        orders=tuple(
            Order(
                order=name,
                party=party,
                good="cargo",
                qty=qty,
                from_hub=f"{name[0]}-town",
                to_hub=f"{name[2]}-town",
                price_per_unit=20.0,
            )
            for name, party, qty in shipments
        ),
        agreements=tuple(Agreement(agreement=pair, status="in_force") for pair in pairs),
        grants=tuple(
            Grant(agreement=pair, giver=pair[0], taker=pair[1], kind="service", both_ways=True) for pair in pairs
        ),
    )


def starter_run() -> tuple[Plan, Case]:
    """The best joint plan: one truck of A, both ways, and the feeder; 360 - 100 - 12 - 9 = 239."""
    case = starter_case()
    at = ["2026-01-05T00:00+08:00", "2026-01-05T01:00+08:00"]
    five, six, ten = "2026-01-05T05:00+08:00", "2026-01-05T06:00+08:00", "2026-01-05T10:00+08:00"
    north, south = ("C-town", "A-town"), ("A-town", "C-town")
    plan = Plan(
        summary=summary(
            case,
            status=PlanStatus.OPTIMAL,
            value=239.0,
            bound=239.0,
            spend=121.0,
            gap=0.0,
            money=Money(orders_value=360.0, run_cost=100.0, flow_cost=21.0),
            limits={"gap": None},
        ),
        departures=(
            departure("d1", "lane1-A", "A", at[0], ten, load_t=10.0, fill_frac=1.0, run_cost=100.0),
            departure("d2", "feeder-BA", "A+B", at[0], at[1], load_t=4.0, fill_frac=0.0, run_cost=0.0),
            departure("d3", "feeder-AB", "A+B", five, six, load_t=3.0, fill_frac=0.0, run_cost=0.0),
        ),
        flows=(
            leg(("A>C", 0, 1), 1, ("d1", "lane1-A", 2), south, (five, ten), 6.0),
            leg(("B>C", 0, 1), 1, ("d2", "feeder-BA", 1), ("B-town", "A-town"), (at[0], at[1]), 4.0, grant="AB"),
            leg(("B>C", 0, 1), 2, ("d1", "lane1-A", 2), south, (five, ten), 4.0, grant="AB"),
            leg(("C>A", 0, 1), 1, ("d1", "lane1-A", 1), north, (at[0], five), 5.0, grant="AC"),
            leg(("C>B", 0, 1), 1, ("d1", "lane1-A", 1), north, (at[0], five), 3.0, grant="AC"),
            leg(("C>B", 0, 1), 2, ("d3", "feeder-AB", 1), ("A-town", "B-town"), (five, six), 3.0, grant="AC BC"),
        ),
        orders=(
            result("A>C", "A", "cargo", 6.0, 6.0, 120.0, ten),
            result("B>C", "B", "cargo", 4.0, 4.0, 80.0, ten),
            result("C>A", "C", "cargo", 5.0, 5.0, 100.0, five),
            result("C>B", "C", "cargo", 3.0, 3.0, 60.0, six),
        ),
        trades=(),
        prices=(),
        fleets=(),
    )
    return plan, case


def week_case() -> Case:
    """
    A cyclic week with everything a plan can hold.

    Rail N1 > X, then customs (09:00-17:00 in China, Mon-Fri), then trucks of a
    fleet X > S1; a public truck through the third country XM.
    """
    return Case(
        settings=Settings(name="week", horizon_h=168.0, cyclic=True, co2_cost_per_t=50.0),
        regions=(Region(region="N", country="XN"), Region(region="S", country="XS"), Region(region="M", country="XM")),
        parties=(
            Party(party="n1", region="N"),
            Party(party="s1", region="S"),
            Party(party="s2", region="S"),
            Party(party="m1", region="M"),
        ),
        hubs=(
            Hub(hub="N1", region="N", store_cost_per_t_h=0.1),
            Hub(
                hub="X",
                region="S",
                owner="s1",
                kind="crossing",
                timezone="Asia/Shanghai",
                store_cost_per_t_h=0.5,
                store_cap_t=20.0,
                cap_runs_per_day=5.0,
            ),
            Hub(hub="S1", region="S", timezone="Asia/Shanghai"),
            Hub(hub="M1", region="M"),
        ),
        handling=(
            Handling(
                handling="customs",
                hub="X",
                owner="s1",
                from_mode="rail",
                to_mode="road",
                dwell_h=2.0,
                cost_per_t=3.0,
                cap_t_per_day=20.0,
                opens="09:00",
                closes="17:00",
                days="Mon Tue Wed Thu Fri",
            ),
            Handling(handling="gate", hub="X", owner="n1:0.5 s1:0.5", direction="in", cap_runs_per_day=2.0),
        ),
        goods=(
            Good(good="grain", per_unit={"t": 1.0}, handling_class="bulk"),
            Good(good="parts", per_unit={"t": 1.0, "m3": 2.0}, transit=("XM",)),
            Good(good="milk", per_unit={"t": 1.0}, handling_class="chilled", life_h=30.0),
        ),
        services=(
            Service(
                service="rail",
                owner="n1",
                mode="rail",
                route=("N1", "X"),
                travel_h=(10.0,),
                capacity={"t": 21.0},
                run_cost=200.0,
                cost_per_t=(2.0,),
                max_runs=2,
            ),
            Service(
                service="truck",
                owner="s1",
                mode="road",
                route=("X", "S1"),
                travel_h=(6.0,),
                capacity={"t": 10.0},
                run_cost=50.0,
                cost_per_t=(1.0,),
                kgco2e_per_t=(20.0,),
                fleet="F",
                empty_cost=20.0,
                max_runs=2,
                accepts=("bulk", "general"),
            ),
            Service(
                service="back",
                owner="s1",
                mode="road",
                route=("S1", "X"),
                travel_h=(6.0,),
                capacity={"t": 10.0},
                run_cost=50.0,
                cost_per_t=(1.0,),
                kgco2e_per_t=(20.0,),
                fleet="F",
                empty_cost=20.0,
            ),
            Service(
                service="via",
                mode="road",
                route=("N1", "M1", "S1"),
                travel_h=(5.0, 40.0),
                capacity={"t": 5.0},
                run_cost=10.0,
                cost_per_t=(1.0, 2.0),
                max_runs=3,
            ),
        ),
        timetable=(
            TimetableRow(service="rail", days="Mon", depart="08:00"),
            TimetableRow(service="rail", days="Thu", depart="08:00", must_run=1),
        ),
        fleets=(Fleet(fleet="F", owner="s1", count=2, fixed_cost=30.0),),
        orders=(
            Order(
                order="O1", party="n1", good="grain", qty=12.0, from_hub="N1", price_per_unit=10.0, ready="Mon 06:00"
            ),
            Order(
                order="B1",
                party="s1",
                good="grain",
                qty=15.0,
                to_hub="S1",
                price_per_unit=60.0,
                due="Tue 15:00",
                late_max_h=2.0,
                late_cost_per_unit_h=0.5,
                unserved_cost_per_unit=2.0,
                min_fill_frac=0.8,
            ),
            Order(
                order="K1",
                party="n1",
                good="parts",
                qty=8.0,
                from_hub="N1",
                to_hub="S1",
                price_per_unit=40.0,
                due="Wed 10:00",
                split=False,
            ),
            Order(
                order="W1", good="parts", qty=2.0, from_hub="N1", to_hub="S1", price_per_unit=30.0, ready="Sun 20:00"
            ),
            Order(
                order="D1",
                party="n1",
                good="milk",
                qty=1.0,
                from_hub="N1",
                to_hub="X",
                price_per_unit=20.0,
                ready="07:00",
                days="Mon Thu",
                due="+24h",
            ),
            Order(
                order="R1",
                party="s2",
                good="grain",
                qty=6.0,
                from_hub="S1",
                to_hub="X",
                price_per_unit=15.0,
                ready="Tue 20:00",
            ),
            Order(
                order="U1",
                party="n1",
                good="parts",
                qty=5.0,
                from_hub="N1",
                to_hub="S1",
                unserved_cost_per_unit=4.0,
                transit=("-",),
            ),
        ),
        agreements=(
            Agreement(agreement="P", status="in_force", starts="2025-06-01", ends="2026-12-31"),
            Agreement(agreement="T", status="in_force"),
            Agreement(agreement="later", status="proposed"),
        ),
        grants=(
            Grant(agreement="P", giver="s1", taker="N", kind="mode", resource="road", share_frac=0.4),
            Grant(agreement="P", giver="S", taker="n1", kind="hub"),
            Grant(agreement="T", giver="n1", taker="s1", kind="trade", resource="grain"),
            Grant(agreement="later", giver="s1", taker="n1", kind="service"),
        ),
    )


def week_run() -> tuple[Plan, Case]:
    """
    A good plan of the week, worth 191.

    orders 720 - 120 + 320 + 60 + 40 + 90 = 1110; runs 2*200 + 2*50 + 50 + 10 = 560; one empty truck 20; two trucks 60;
    flow rail 22*2, trucks 26*(1 + 1 CO2), via 2*3 = 102; customs 20*3 = 60; storage at N1 12*2*.1 + 8*8*.1 + 2*.1 = 9,
    at X 20*7*.5 = 70; late 12 * 2 h * .5 = 12; unserved 5*4 + 3*2 = 26. Spend: all costs, 919, less the 200 of
    Thursday's train, which must run.
    """
    case = week_case()
    monday = (local(8), local(18, CHINA))
    thursday = (local(80), local(90, CHINA))
    customs = (local(25, CHINA), local(27, CHINA))
    truck = (local(27, CHINA), local(33, CHINA))
    back = (local(36, CHINA), local(42, CHINA))
    o1, k1, w1 = ("O1", 0, 1), ("K1", 0, 1), ("W1", 0, 1)
    plan = Plan(
        summary=summary(
            case,
            status=PlanStatus.FEASIBLE,
            value=191.0,
            bound=201.0,
            spend=719.0,
            gap=10.0 / 719.0,
            money=Money(
                orders_value=1110.0,
                run_cost=560.0,
                empty_cost=20.0,
                fleet_cost=60.0,
                flow_cost=102.0,
                handling_cost=60.0,
                storage_cost=79.0,
                late_cost=12.0,
                unserved_cost=26.0,
            ),
            limits={"gap": 0.001},
        ),
        departures=(
            departure("rail@Mon", "rail", "n1", *monday, load_t=21.0, fill_frac=1.0, run_cost=200.0),
            departure("rail@Thu", "rail", "n1", *thursday, load_t=1.0, fill_frac=1.0 / 21.0, run_cost=200.0),
            departure("truck@Tue", "truck", "s1", *truck, load_t=20.0, fill_frac=1.0, run_cost=100.0, runs=2),
            departure("back@Tue", "back", "s1", *back, load_t=6.0, fill_frac=0.6, run_cost=50.0, empty_runs=1),
            departure("via@Sun", "via", "n1", local(164), local(209, CHINA), load_t=2.0, fill_frac=0.4, run_cost=10.0),
        ),
        flows=(
            leg(o1, 1, ("rail@Mon", "rail", 1), ("N1", "X"), monday, 12.0, trade="t1"),
            handle(o1, 2, "customs", "X", customs, 12.0, trade="t1"),
            leg(o1, 3, ("truck@Tue", "truck", 1), ("X", "S1"), truck, 12.0, trade="t1"),
            leg(k1, 1, ("rail@Mon", "rail", 1), ("N1", "X"), monday, 8.0),
            handle(k1, 2, "customs", "X", customs, 8.0),
            leg(k1, 3, ("truck@Tue", "truck", 1), ("X", "S1"), truck, 8.0, grant="P"),
            leg(w1, 1, ("via@Sun", "via", 1), ("N1", "M1"), (local(164), local(169)), 2.0),
            leg(w1, 2, ("via@Sun", "via", 2), ("M1", "S1"), (local(169), local(209, CHINA)), 2.0),
            leg(("D1", 0, 1), 1, ("rail@Mon", "rail", 1), ("N1", "X"), monday, 1.0),
            leg(("D1", 1, 1), 1, ("rail@Thu", "rail", 1), ("N1", "X"), thursday, 1.0),
            leg(("R1", 0, 1), 1, ("back@Tue", "back", 1), ("S1", "X"), back, 6.0),
        ),
        orders=(
            result("O1", "n1", "grain", 12.0, 12.0, -120.0, truck[1], late_h=2.0),
            result(
                "B1",
                "s1",
                "grain",
                15.0,
                12.0,
                720.0,
                truck[1],
                late_h=2.0,
                unserved_cost=6.0,
                why="no more is offered",
            ),
            result("K1", "n1", "parts", 8.0, 8.0, 320.0, truck[1]),
            result("W1", "", "parts", 2.0, 2.0, 60.0, local(209, CHINA)),
            result("D1", "n1", "milk", 1.0, 1.0, 20.0, monday[1]),
            result("D1", "n1", "milk", 1.0, 1.0, 20.0, thursday[1], repeat=1),
            result("R1", "s2", "grain", 6.0, 6.0, 90.0, back[1]),
            result("U1", "n1", "parts", 5.0, 0.0, 0.0, unserved_cost=20.0, why="worth less than its way costs"),
        ),
        trades=(
            Trade(
                trade="t1",
                offer="O1",
                offer_repeat=0,
                bid="B1",
                bid_repeat=0,
                seller="n1",
                buyer="s1",
                good="grain",
                qty=12.0,
                price_per_unit=55.0,
            ),
        ),
        prices=(
            Price(kind="order", resource="B1", good="grain", day="", price=55.0, unit="USD/unit"),
            Price(kind="handling", resource="customs", good="", day="2026-01-06", price=1.5, unit="USD/t"),
        ),
        fleets=(FleetUse(fleet="F", used=2, fixed_cost=60.0),),
    )
    return plan, case


def strait_case() -> Case:
    """
    A day that does not repeat, with limits that owners split.

    Of four ferries a departure a and b have two each, c one of a's by grant; the port's 24 t a day are split
    alike. A shuttle of a's fleet starts at Q. b sells c what lies at Q already.
    """
    split = "a:0.5 b:0.5"
    shipments = (("a1", "a", 5.0), ("b1", "b", 10.0), ("c1", "c", 5.0))
    return Case(
        settings=Settings(name="strait", horizon_h=24.0),
        regions=tuple(Region(region=name, country="XA") for name in "abc"),
        parties=tuple(Party(party=name, region=name) for name in "abc"),
        hubs=(Hub(hub="P", region="a"), Hub(hub="Q", region="b")),
        handling=(
            Handling(
                handling="port",
                hub="Q",
                owner=split,
                from_mode="sea",
                to_mode="end",
                dwell_h=1.0,
                cost_per_t=1.0,
                cap_t_per_day=24.0,
            ),
        ),
        goods=(Good(good="fish", per_unit={"t": 1.0}),),
        services=(
            Service(
                service="ferry",
                owner=split,
                mode="sea",
                route=("P", "Q"),
                travel_h=(3.0,),
                capacity={"t": 5.0},
                run_cost=10.0,
                max_runs=4,
            ),
            Service(
                service="shuttle",
                owner="a",
                mode="road",
                route=("Q", "P"),
                travel_h=(2.0,),
                capacity={"t": 4.0},
                run_cost=1.0,
                fleet="V",
            ),
        ),
        timetable=(TimetableRow(service="ferry", every_h=12.0),),
        fleets=(Fleet(fleet="V", owner="a", hub="Q", count=1, fixed_cost=7.0, round_the_week=False),),
        orders=(
            *(
                Order(order=name, party=party, good="fish", qty=qty, from_hub="P", to_hub="Q", price_per_unit=10.0)
                for name, party, qty in shipments
            ),
            Order(order="a2", party="a", good="fish", qty=4.0, from_hub="Q", to_hub="P", price_per_unit=10.0),
            Order(order="sell", party="b", good="fish", qty=3.0, from_hub="Q", price_per_unit=2.0),
            Order(order="buy", party="c", good="fish", qty=3.0, to_hub="Q", price_per_unit=5.0),
        ),
        agreements=(Agreement(agreement="AC", status="in_force"), Agreement(agreement="BC", status="in_force")),
        grants=(
            Grant(agreement="AC", giver="a", taker="c", kind="charter", resource="ferry", share_frac=0.5),
            Grant(agreement="AC", giver="a", taker="c", kind="hub"),
            Grant(agreement="BC", giver="b", taker="c", kind="trade"),
        ),
    )


def strait_run() -> tuple[Plan, Case]:
    """The best plan of the day: 200 + 40 + 15 - 6 - 41 - 7 - 20 = 181."""
    case = strait_case()
    sea, port = (local(0), local(3)), (local(3), local(4))
    flows = []
    for name, qty in (("a1", 5.0), ("b1", 10.0), ("c1", 5.0)):
        flows.append(leg((name, 0, 1), 1, (f"ferry-{name[0]}", "ferry", 1), ("P", "Q"), sea, qty))
        flows.append(handle((name, 0, 1), 2, "port", "Q", port, qty))
    road = (local(6), local(8))
    plan = Plan(
        summary=summary(
            case,
            status=PlanStatus.OPTIMAL,
            value=181.0,
            bound=181.0,
            spend=68.0,
            gap=0.0,
            money=Money(orders_value=249.0, run_cost=41.0, fleet_cost=7.0, handling_cost=20.0),
            limits={},
        ),
        departures=(
            departure("ferry-a", "ferry", "a", *sea, load_t=5.0, fill_frac=1.0, run_cost=10.0),
            departure("ferry-b", "ferry", "b", *sea, load_t=10.0, fill_frac=1.0, run_cost=20.0, runs=2),
            departure("ferry-c", "ferry", "c", *sea, load_t=5.0, fill_frac=1.0, run_cost=10.0),
            departure("shuttle", "shuttle", "a", *road, load_t=4.0, fill_frac=1.0, run_cost=1.0),
        ),
        flows=(*flows, leg(("a2", 0, 1), 1, ("shuttle", "shuttle", 1), ("Q", "P"), road, 4.0)),
        orders=(
            result("a1", "a", "fish", 5.0, 5.0, 50.0, port[1]),
            result("b1", "b", "fish", 10.0, 10.0, 100.0, port[1]),
            result("c1", "c", "fish", 5.0, 5.0, 50.0, port[1]),
            result("a2", "a", "fish", 4.0, 4.0, 40.0, road[1]),
            result("sell", "b", "fish", 3.0, 3.0, -6.0, local(0)),
            result("buy", "c", "fish", 3.0, 3.0, 15.0, local(0)),
        ),
        trades=(
            Trade(
                trade="t1",
                offer="sell",
                offer_repeat=0,
                bid="buy",
                bid_repeat=0,
                seller="b",
                buyer="c",
                good="fish",
                qty=3.0,
                price_per_unit=5.0,
            ),
        ),
        prices=(),
        fleets=(FleetUse(fleet="V", used=1, fixed_cost=7.0),),
    )
    return plan, case


HAND_RUNS = {"starter": starter_run, "week": week_run, "strait": strait_run}
"""Runs that verify must accept, by name."""
