"""Opening hours (semantics §3.4)."""

from __future__ import annotations

from tests.unit.network.small_cases import small_case, weekly

from landbridge.model.case import Handling
from landbridge.model.clock import Clock
from landbridge.network.windows import opening_windows

HOUR, DAY, WEEK = 60, 1440, 10080
TWO_DAYS = Clock.of(small_case().settings)
A_WEEK = Clock.of(weekly(small_case()).settings)


def _row(**changes: str) -> Handling:
    return Handling(handling="x", hub="A", from_mode="road", to_mode="rail", **changes)


def test_a_row_without_hours_is_always_open() -> None:
    assert opening_windows(_row(), "UTC", TWO_DAYS) is None
    assert opening_windows(_row(opens="00:00", closes="24:00"), "Asia/Tokyo", A_WEEK) is None
    assert opening_windows(_row(opens="08:00", closes="08:00"), "UTC", TWO_DAYS) is None


def test_hours_are_local_to_the_hub() -> None:
    """09:00 to 17:00 in Tokyo is 00:00 to 08:00 UTC; the last minute of an acyclic case belongs to it."""
    windows = opening_windows(_row(opens="09:00", closes="17:00"), "Asia/Tokyo", TWO_DAYS)
    assert windows == ((0, 8 * HOUR), (DAY, DAY + 8 * HOUR), (2 * DAY, 2 * DAY + 1))


def test_closing_before_opening_is_on_the_next_day_and_the_day_listed_is_the_first() -> None:
    windows = opening_windows(_row(opens="22:00", closes="06:00", days="Mon"), "UTC", TWO_DAYS)
    assert windows == ((22 * HOUR, DAY + 6 * HOUR),)


def test_sunday_night_of_a_cyclic_week_opens_its_first_morning() -> None:
    windows = opening_windows(_row(opens="22:00", closes="06:00", days="Sun"), "UTC", A_WEEK)
    assert windows == ((0, 6 * HOUR), (WEEK - 2 * HOUR, WEEK))


def test_a_row_may_never_be_open() -> None:
    assert opening_windows(_row(days="Fri"), "UTC", TWO_DAYS) == ()


def test_days_that_touch_are_one_window() -> None:
    assert opening_windows(_row(days="Mon Tue"), "UTC", A_WEEK) == ((0, 2 * DAY),)
