"""Numbers and times as a person reads them."""

from __future__ import annotations

import pytest

from landbridge.cli.numbers import amount, duration, moment, money, percent, span


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567.891, "1,234,567.9"), (12.0, "12"), (0.04, "0"), (-0.01, "0"), (-3.25, "-3.2"), (None, "")],
)
def test_amount_sets_thousands_apart_and_drops_trailing_zeros(value, text):
    assert amount(value) == text


@pytest.mark.parametrize(("value", "text"), [(239.0, "239"), (12.345, "12.35"), (1234.56, "1,235"), (None, "-")])
def test_money_is_whole_from_a_thousand_on(value, text):
    assert money(value) == text


def test_money_names_its_currency():
    assert money(12.5, "CNY") == "12.5 CNY"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (None, "-"),
        (0.0, "0.0 %"),
        (0.0001, "< 0.1 %"),
        (0.5, "50.0 %"),
        (0.9999, "> 99.9 %"),
        (1, "100.0 %"),
        (23.687, "2,369 %"),
    ],
)
def test_percent_never_rounds_something_to_nothing_or_nearly_all_to_all(part, text):
    """A gap that is not proved zero must not look as if it were."""
    assert percent(part) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.25, "0.2 s"), (12.4, "12 s"), (185, "3 min 05 s"), (59.9, "60 s")])
def test_duration_reads_in_seconds_or_minutes(seconds, text):
    assert duration(seconds) == text


def test_moment_shortens_a_local_time_and_leaves_other_texts():
    assert moment("2026-01-05T08:00+08:00") == "Mon 05.01. 08:00"
    assert moment("") == ""


def test_span_names_the_day_again_only_when_it_is_another():
    assert span("2026-01-05T08:00+08:00", "2026-01-05T13:00+08:00") == "Mon 05.01. 08:00 - 13:00"
    assert span("2026-01-05T22:00+08:00", "2026-01-06T03:00+08:00") == "Mon 05.01. 22:00 - Tue 06.01. 03:00"
