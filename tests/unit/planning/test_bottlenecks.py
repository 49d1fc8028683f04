"""Bottlenecks: the interval holds what one more is worth to the best plans, for each kind of limit."""

from __future__ import annotations

import pytest
from tests.helpers.random_cases import random_case
from tests.oracle.tiny_cases import shipment, tiny_case, truck

from landbridge.model.case import Fleet, Handling, TimetableRow
from landbridge.planning import PlanLimits, plan
from landbridge.planning.bottlenecks import find_bottlenecks
from landbridge.planning.raising import KINDS, raise_by, rows_of
from landbridge.verify import verify

LIMITS = PlanLimits(time_s=60.0)  # each is closed at once, where nothing else keeps the machine
KIND_BY_NAME = {kind.name: kind for kind in KINDS}


def accepts(found, case) -> bool:
    return verify(found, case) == []


def timed(*hours: int) -> tuple[TimetableRow, ...]:
    return tuple(TimetableRow(service="s", depart=f"{hour:02}:00") for hour in hours)


def two_orders(**changes):
    return [shipment("first", price_per_unit=9.0, **changes), shipment("second", **changes)]


CASES = {
    "tonnes handled": tiny_case(
        services=[truck()],
        orders=two_orders(),
        timetable=timed(8),
        handling=(Handling(handling="in", hub="hb", to_mode="end", cap_t_per_day=12.0),),
    ),
    "fleet": tiny_case(
        services=[truck(fleet="f", empty_cost=1.0)],
        orders=two_orders(),
        timetable=timed(8),
        fleets=(Fleet(fleet="f", hub="ha", count=1, round_the_week=False),),
    ),
    "room of a vehicle": tiny_case(services=[truck(max_runs=1)], orders=two_orders(), timetable=timed(8)),
    "opening hours": tiny_case(
        services=[truck()],
        orders=[shipment("first", due="2026-01-05T20:00"), shipment("late", ready="2026-01-05T10:00")],
        timetable=timed(8, 16),
        handling=(Handling(handling="in", hub="hb", to_mode="end", opens="06:00", closes="17:00"),),
    ),
}


TRUTH = {"tonnes handled": 5.0, "fleet": 40.0, "room of a vehicle": 5.0, "opening hours": 40.0}
"""A unit of the second order is worth 5, all ten with a truck of their own 50 - 10; two of them do not pay a truck."""


@pytest.mark.parametrize("name", list(CASES))
def test_one_more_of_each_kind_is_worth_what_it_is_by_hand(name: str) -> None:
    """A tonne handled, a vehicle of a fleet, a tonne in a truck, an hour in which the last truck is still handled."""
    case, truth = CASES[name], TRUTH[name]
    found = plan(case, limits=LIMITS)
    rows = find_bottlenecks(case, found, check=accepts, time_s=10.0)
    row = next(row for row in rows if row.kind == name)
    assert row.found == pytest.approx(truth)
    assert row.is_verified
    assert row.high is not None
    assert row.low - 1e-4 <= truth <= row.high + 1e-4
    assert row.verdict == "worth"


@pytest.mark.parametrize("seed", [3, 7, 11, 20, 26])
def test_on_random_cases_intervals_hold_the_truth(seed: int) -> None:
    """Both cases planned to the optimum; nothing that is told may lie outside."""
    case = random_case(seed)
    found = plan(case, limits=LIMITS)
    if found.summary.value is None or found.summary.status != "optimal":
        pytest.skip("the random case is not solved in time")
    scale = 1e-5 * max(1.0, abs(found.summary.value), found.summary.spend)
    for row in find_bottlenecks(case, found, check=accepts, time_s=5.0, top=4):
        other = plan(raise_by(case, KIND_BY_NAME[row.kind], row.resource, row.step), limits=LIMITS)
        if other.summary.status != "optimal":
            continue
        truth = other.summary.value - found.summary.value
        assert row.is_verified
        assert row.found <= truth + scale, row
        assert row.low <= truth + scale, row
        assert row.high is None or truth <= row.high + scale, row


def test_an_hour_more_of_opening_never_passes_midnight_or_the_time_it_opens() -> None:
    rule = KIND_BY_NAME["opening hours"]

    def longer(opens: str, closes: str) -> tuple[str, str] | None:
        row = Handling(handling="x", hub="hb", opens=opens, closes=closes)
        case = tiny_case(services=[truck()], orders=[], handling=(row,))
        if not rows_of(case, rule):
            return None
        more = raise_by(case, rule, "x", 1).handling[0]
        return more.opens, more.closes

    assert longer("08:00", "20:00") == ("08:00", "21:00")
    assert longer("08:00", "23:30") == ("08:00", "24:00")
    assert longer("08:00", "") == ("07:00", "")
    assert longer("22:00", "04:00") == ("22:00", "05:00")
    assert longer("22:00", "21:30") == ("22:00", "22:00")
    assert longer("", "") is None
