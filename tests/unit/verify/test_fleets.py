"""Vehicles of a fleet: least number in use (semantics §5.6)."""

from __future__ import annotations

import pytest
from tests.helpers.hand_runs import local, starter_run

from landbridge.model.case import Case, Fleet, Hub, Region, Service, Settings
from landbridge.model.plan import Departure, Plan
from landbridge.verify.book import build_book
from landbridge.verify.fleets import check_fleets, count_used


def shuttle_plan(leaves: list[tuple[str, float]], travel_h: float, *, cyclic: bool) -> tuple[Plan, Case]:
    """Departures (service, hour) of one vehicle each; services ab and ba go there and back."""
    case = Case(
        settings=Settings(name="shuttle", horizon_h=168.0, cyclic=cyclic),
        regions=(Region(region="r", country="XA"),),
        hubs=(Hub(hub="a", region="r"), Hub(hub="b", region="r")),
        services=tuple(
            Service(service=name, mode="road", route=tuple(name), travel_h=(travel_h,), fleet="F")
            for name in ("ab", "ba")
        ),
        fleets=(Fleet(fleet="F"),),
    )
    departures = tuple(
        Departure(
            departure=f"{name}@{hour}",
            service=name,
            owner="",
            leaves=local(hour),
            arrives=local(hour + travel_h),
            runs=1,
            empty_runs=0,
            load={},
            fill_frac=0.0,
            run_cost=0.0,
        )
        for name, hour in leaves
    )
    start, _ = starter_run()
    return Plan(
        summary=start.summary, departures=departures, flows=(), orders=(), trades=(), prices=(), fleets=()
    ), case


@pytest.mark.parametrize(
    ("leaves", "travel_h", "cyclic", "used"),
    [
        ([("ab", 0), ("ba", 10)], 10.0, True, 1),
        ([("ab", 0), ("ba", 9)], 10.0, True, 2),
        ([("ab", 0), ("ba", 10), ("ab", 20), ("ba", 30)], 10.0, True, 1),
        ([("ab", 0), ("ba", 158)], 10.0, True, 1),
        ([("ab", 5), ("ba", 160)], 10.0, True, 1),
        ([("ab", 1), ("ba", 160)], 10.0, True, 2),
        ([("ab", 100), ("ba", 30)], 90.0, True, 2),
        ([("ab", 0), ("ba", 20)], 180.0, True, 3),
        ([("ab", 0), ("ba", 10)], 10.0, False, 1),
        ([("ab", 0), ("ba", 9)], 10.0, False, 2),
    ],
)
def test_count_used_finds_the_least_number(
    leaves: list[tuple[str, float]], travel_h: float, cyclic: bool, used: int
) -> None:
    """
    Worked out by hand.

    A vehicle that arrives at a minute may leave in it; one on the way at
    minute 0 counts, and counts twice when it is away for more than a cycle
    longer: 180 h there and 180 h back take three vehicles in a week of 168.
    """
    plan, case = shuttle_plan(leaves, travel_h, cyclic=cyclic)
    assert count_used(build_book(plan, case)) == {"F": used}


def test_check_fleets_refuses_vehicles_that_do_not_come_back() -> None:
    plan, case = shuttle_plan([("ab", 0), ("ab", 50), ("ba", 20)], 10.0, cyclic=True)
    assert "fleet-not-conserved" in {finding.code for finding in check_fleets(build_book(plan, case))}
