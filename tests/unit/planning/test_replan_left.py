"""What has left stays in a re-plan, also where what it brought goes on another way."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest
from tests.unit.network.small_cases import daily, service, shipment, small_case

from landbridge.errors import InvalidRun
from landbridge.model.case import Good, Handling, Settings, TimetableRow
from landbridge.network import build_network
from landbridge.planning import PlanLimits, plan
from landbridge.planning.encode import encode
from landbridge.planning.events import read_event
from landbridge.planning.replan import replan, unroll
from landbridge.planning.replan.onward import look_at
from landbridge.tables import read_case
from landbridge.verify import verify

LIMITS = PlanLimits(time_s=3.0)


@pytest.mark.slow
def test_a_feeder_that_costs_nothing_has_left_though_its_freight_goes_on_another_way() -> None:
    """The feeder brings freight at midnight; the truck of 11:00 that it was to ride is closed at 01:00."""
    case = read_case(resources.files("landbridge") / "cases" / "starter")
    lanes = [service.service for service in case.services if "lane" in service.service]
    rows = tuple(TimetableRow(service=lane, depart=depart) for lane in lanes for depart in ("06:00", "18:00"))
    case = replace(case, timetable=rows)
    dated = unroll(case, plan(case, limits=LIMITS), 3)
    lane = next(flow for flow in dated.plan.flows if flow.kind == "leg" and flow.seq == 2 and flow.service in lanes)
    feeder = next(flow for flow in dated.plan.flows if (flow.order, flow.path, flow.seq) == (lane.order, lane.path, 1))
    event = read_event(dated.case, f"close:{lane.service} from 2026-01-05T01:00 to 2026-01-06T00:00")
    found = replan(dated, [event], 60, limits=LIMITS)
    assert found.paths_turned == 1
    assert verify(found.after, found.case) == []
    left = [(row.service, row.leaves) for row in found.after.departures]
    assert (feeder.service, feeder.leaves) in left
    onward = [flow for flow in found.after.flows if flow.order == lane.order and flow.service in lanes]
    assert onward
    assert all(flow.leaves != lane.leaves for flow in onward)


def test_freight_whose_life_ends_where_it_stands_is_named() -> None:
    """The train to B left at 08:00; the truck of 15:00 is closed for two days and the milk of 06:00 lives for one."""
    milk = Good(good="milk", per_unit={"t": 1.0}, life_h=24.0)
    case = small_case(
        settings=Settings(name="small", horizon_h=96.0),
        goods=(milk,),
        services=(service("train", "A>B", owner="a"), service("truck", "B>C", owner="a")),
        timetable=(daily("train"), daily("truck", "15:00")),
        orders=(shipment("o", good="milk", qty=10.0, price_per_unit=90.0, ready="2026-01-05T06:00"),),
    )
    dated = unroll(case, plan(case, limits=LIMITS), 1)
    assert [flow.service for flow in dated.plan.flows if flow.kind == "leg"] == ["train", "truck"]
    event = read_event(dated.case, "close:truck from 2026-01-05T12:00 to 2026-01-07T12:00")
    with pytest.raises(InvalidRun, match=r"10 units of order 'o' \('milk'\) at 'B', by 2026-01-06T06:00") as caught:
        replan(dated, [event], 12 * 60, limits=LIMITS)
    assert [finding.code for finding in caught.value.findings] == ["no-way-on"]


@pytest.mark.parametrize(("now_min", "done"), [(480, 0), (481, 2), (781, 2)])
def test_a_free_change_has_begun_when_the_departure_that_follows_has_left(now_min: int, done: int) -> None:
    """The truck leaves A at 08:00; an order of 09:00 is to board it at B, where no handling row asks for a step."""
    case = small_case(
        services=(service("s", "A>B>C", owner="a"),),
        timetable=(daily(),),
        orders=(shipment(way="B>C", price_per_unit=90.0, ready="2026-01-05T09:00"),),
        handling=(Handling(handling="x", hub="B", from_mode="rail", to_mode="end"),),
    )
    network = build_network(case, "in_force", is_merged=False)
    found = encode(network, plan(case, limits=LIMITS))
    assert found.step_is_link.tolist() == [True, False]
    assert look_at(network, found, now_min).done == (done,)
