"""Rules of ``case.toml``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from landbridge.model.case import REQUIRED_TABLES, Case
from landbridge.model.check_times import is_day
from landbridge.model.clock import BadTime, Clock, zone
from landbridge.model.faults import LARGEST, LONGEST_H, Fault, bad_text
from landbridge.units import MINUTES_PER_WEEK, to_minutes

SCHEMA_VERSION = 1


_CURRENCY = re.compile(r"[A-Z]{3}")


def check_settings(case: Case) -> Iterator[Fault]:
    """Check ``case.toml``."""
    settings = case.settings

    def fault(column: str, code: str, message: str, *also: str) -> Fault:
        return Fault(table="case", row=-1, column=column, code=code, message=message, also=also)

    if settings.schema_version != SCHEMA_VERSION:
        yield fault(
            "schema_version",
            "wrong-schema-version",
            f"found {settings.schema_version}, expected {SCHEMA_VERSION}, the version this release reads",
        )
    if not settings.name:
        yield fault("name", "blank-cell", "is blank, expected the name of the case in words")
    for column in ("name", "start", "currency", "timezone"):
        problem = bad_text(getattr(settings, column))
        if problem:
            yield fault(column, "bad-text", problem)
    if not _CURRENCY.fullmatch(settings.currency):
        yield fault("currency", "bad-currency", f"found {settings.currency!r}, expected an ISO 4217 code such as USD")
    if not (math.isfinite(settings.horizon_h) and 1 <= settings.horizon_h <= LONGEST_H):
        yield fault(
            "horizon_h", "out-of-range", f"found {settings.horizon_h:g}, expected a number from 1 to {LONGEST_H:g} h"
        )
    elif settings.cyclic and to_minutes(settings.horizon_h) % MINUTES_PER_WEEK:
        yield fault(
            "horizon_h",
            "partial-week",
            f"found {settings.horizon_h:g}, expected a whole number of weeks (168, 336, ...) in a cyclic case",
            "cyclic",
        )
    if not (math.isfinite(settings.co2_cost_per_t) and 0 <= settings.co2_cost_per_t <= LARGEST):
        yield fault("co2_cost_per_t", "out-of-range", f"found {settings.co2_cost_per_t:g}, expected at least 0 money/t")
    try:
        zone(settings.timezone)
    except BadTime as error:
        yield fault("timezone", "bad-timezone", str(error))
    else:
        problem = _bad_start(case)
        if problem:
            yield fault("start", "bad-time", problem)
    yield from _check_rates(case)


def _bad_start(case: Case) -> str:
    try:
        year = Clock.of(case.settings).start.year
    except BadTime as error:
        return str(error)
    except (OverflowError, ValueError):
        year = 0  # before or after all the calendar has
    return "" if 1900 <= year <= 2200 else f"found {case.settings.start!r}, expected a year from 1900 to 2200"


def _check_rates(case: Case) -> Iterator[Fault]:
    for index, rate in enumerate(case.settings.rates):
        prefix = f"rates.{index}."

        def fault(column: str, code: str, message: str, prefix: str = prefix) -> Fault:
            return Fault(table="case", row=-1, column=prefix + column, code=code, message=message)

        if not _CURRENCY.fullmatch(rate.currency):
            yield fault("currency", "bad-currency", f"found {rate.currency!r}, expected an ISO 4217 code such as EUR")
        if not (math.isfinite(rate.per_unit) and 0 < rate.per_unit <= LARGEST):
            yield fault("per_unit", "out-of-range", f"found {rate.per_unit:g}, expected a number above 0")
        if not is_day(rate.date):
            yield fault("date", "bad-time", f"found {rate.date!r}, expected a day YYYY-MM-DD")
        problem = "is blank, expected where the rate was published" if not rate.source else bad_text(rate.source)
        if problem:
            yield fault("source", "blank-cell" if not rate.source else "bad-text", problem)


def check_tables(case: Case) -> Iterator[Fault]:
    """Check that the tables a case cannot do without have rows."""
    for table in REQUIRED_TABLES:
        if not getattr(case, table):
            message = "the table has no rows, expected at least one"
            yield Fault(table=table, row=-1, column="", code="empty-table", message=message)
