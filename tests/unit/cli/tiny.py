"""A case and a plan small enough to count by hand."""

from __future__ import annotations

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
