"""The hand-worked example of three regions and one truck: figures from the design page on cooperation, part 9."""

from __future__ import annotations

import pytest
from tests.oracle.compact_mip import solve_case
from tests.oracle.tiny_cases import every

from landbridge.model.case import Agreement, Case, Good, Grant, Hub, Order, Party, Region, Service, Settings


def worked_case(truck_t: float, signed: str) -> Case:
    """A and B north, C south; lanes A-C (100 a round trip) and B-C (110), a feeder of A and B at 3 a unit."""

    def lane(name: str, owner: str, route: str, cost: float) -> Service:
        return Service(
            service=name, owner=owner, mode="road", route=tuple(route.split(">")), travel_h=(5.0, 5.0),
            capacity={"t": truck_t}, run_cost=cost,
        )  # fmt: skip

    def feeder(name: str, route: str) -> Service:
        return Service(
            service=name, owner="A+B", mode="road", route=tuple(route.split(">")), travel_h=(1.0,), cost_per_t=(3.0,)
        )

    def demand(name: str, party: str, way: str, qty: float) -> Order:
        start, _, end = way.partition(">")
        return Order(order=name, party=party, good="g", qty=qty, from_hub=start, to_hub=end, price_per_unit=20.0)

    return Case(
        settings=Settings(name="worked example", horizon_h=24.0),
        regions=tuple(Region(region=name, country="XS" if name == "C" else "XN") for name in "ABC"),
        parties=tuple(Party(party=name, region=name) for name in "ABC"),
        hubs=tuple(Hub(hub=name.lower(), region=name) for name in "ABC"),
        goods=(Good(good="g", per_unit={"t": 1.0}),),
        services=(
            lane("1A", "A", "a>c>a", 100.0), lane("1C", "C", "c>a>c", 100.0),
            lane("2B", "B", "b>c>b", 110.0), lane("2C", "C", "c>b>c", 110.0),
            feeder("AB", "a>b"), feeder("BA", "b>a"),
        ),
        orders=(
            demand("A1", "A", "a>c", 6.0), demand("B1", "B", "b>c", 4.0),
            demand("C1", "C", "c>a", 5.0), demand("C2", "C", "c>b", 3.0),
        ),
        agreements=tuple(Agreement(agreement=pair, status="in_force") for pair in signed.split()),
        grants=tuple(
            Grant(agreement=pair, giver=pair[0], taker=pair[1], kind="service", both_ways=True)
            for pair in signed.split()
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("signed", "value"),
    [
        ("", 20.0),
        ("AB", 88.0),
        ("AC", 120.0),
        ("BC", 50.0),
        ("AB AC", 188.0),
        ("AB BC", 132.0),
        ("AC BC", 171.0),
        ("AB AC BC", 239.0),
    ],
)
def test_trucks_of_ten_are_worth_what_the_design_page_says(signed: str, value: float) -> None:
    case = worked_case(10.0, signed)
    assert solve_case(case, every(case, 1.0)).value == pytest.approx(value, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signed", "value"),
    [
        ("", 20.0),
        ("AB", 54.0),
        ("AC", 120.0),
        ("BC", 50.0),
        ("AB AC", 154.0),
        ("AB BC", 126.0),
        ("AC BC", 171.0),
        ("AB AC BC", 205.0),
    ],
)
def test_trucks_of_eight_are_worth_what_the_oracles_say(signed: str, value: float) -> None:
    case = worked_case(8.0, signed)
    assert solve_case(case, every(case, 1.0)).value == pytest.approx(value, abs=1e-6)
