"""Times of a case, or what is wrong with them."""

from __future__ import annotations

import re
from datetime import date

from landbridge.model.case import Case
from landbridge.model.clock import BadTime, Clock, parse_clock
from landbridge.model.faults import LONGEST_H

_AFTER = re.compile(r"\+(\d+(?:\.\d+)?)h", re.ASCII)


def clock_of(case: Case) -> Clock | None:
    """Clock of a case; None when its start or horizon is a finding already."""
    try:
        clock = Clock.of(case.settings)
    except (BadTime, OverflowError, ValueError):
        return None
    return clock if 1900 <= clock.start.year <= 2200 and 1 <= case.settings.horizon_h <= LONGEST_H else None


def minute_of(clock: Clock | None, text: str, timezone: str) -> tuple[int | None, str]:
    """Minute of a time, or what is wrong with it; neither when it is blank or cannot be told."""
    if not text or clock is None:
        return None, ""
    try:
        minute = clock.minute(text, timezone)
        clock.text(minute, timezone)
    except BadTime as error:
        # An unknown zone of a hub is a finding of its own.
        return None, "" if "IANA" in str(error) else str(error)
    except (OverflowError, ValueError):
        return None, f"found {text!r}, expected a time from the year 2 to 9998"
    return minute, ""


def clock_problem(text: str) -> str:
    """Tell what is wrong with a clock time; empty when nothing is."""
    try:
        parse_clock(text)
    except BadTime as error:
        return str(error)
    return ""


def after_problem(text: str) -> str:
    """Tell what is wrong with hours after ready, ``+48h``; empty when nothing is."""
    match = _AFTER.fullmatch(text)
    if match is None or not float(match[1]) <= LONGEST_H:
        return f"found {text!r}, expected hours such as +48h, at most +{LONGEST_H:g}h"
    return ""


def is_day(text: str) -> bool:
    """Tell whether a text is a day YYYY-MM-DD."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
