"""Times of a case as text and as whole minutes since its start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from landbridge.model.case import Settings
from landbridge.units import MINUTES_PER_DAY, to_minutes

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_WEEKDAY = re.compile(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):([0-5]\d)(?: \+(\d)w)?$")
_AFTER = re.compile(r"^\+(\d+(?:\.\d+)?)h$")
_DAYS = re.compile(r"^([1-7])-([1-7])$")


class BadTime(ValueError):
    """A text that is not a time, day list or zone Landbridge reads; the message says what is expected."""


def parse_clock(text: str) -> int:
    """Minutes after midnight of ``HH:MM``; ``24:00`` is 1440."""
    if text == "24:00":
        return MINUTES_PER_DAY
    match = _CLOCK.match(text)
    if match is None:
        raise BadTime(f"found {text!r}, expected a clock time HH:MM")
    return int(match[1]) * 60 + int(match[2])


@lru_cache(maxsize=1024)
def parse_days(text: str) -> tuple[int, ...]:
    """Weekdays (0 = Monday) of ``Mon Thu``, ``1-5`` or ``daily``; blank is daily."""
    if text in ("", "daily"):
        return tuple(range(7))
    match = _DAYS.match(text)
    if match is not None:
        first, last = int(match[1]) - 1, int(match[2]) - 1
        if first > last:
            raise BadTime(f"found {text!r}, expected a range like 1-5, first day before last")
        return tuple(range(first, last + 1))
    names = text.replace(",", " ").split()
    for name in names:
        if name not in WEEKDAYS:
            raise BadTime(f"found {text!r}, expected weekdays like 'Mon Thu', '1-5' or 'daily'")
    return tuple(sorted({WEEKDAYS.index(name) for name in names}))


@lru_cache(maxsize=1024)  # ZoneInfo keeps eight and reads the others again each time
def zone(name: str) -> ZoneInfo:
    """Look an IANA time zone up."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, IsADirectoryError) as error:
        raise BadTime(f"found {name!r}, expected an IANA time zone such as Asia/Vladivostok") from error


@dataclass(frozen=True, slots=True)
class Clock:
    """
    Converts local times to minutes since the start of a case and back.

    A minute is absolute; a local time belongs to a time zone, whose offset is
    the one in force at that moment. In a cyclic case minute 0 and minute
    ``horizon_min`` are the same moment of the repeating week; times on an
    order's way may lie beyond ``horizon_min``.
    """

    start: datetime
    horizon_min: int
    cyclic: bool
    timezone: str

    @classmethod
    def of(cls, settings: Settings) -> Clock:
        """Clock of a case."""
        try:
            local = datetime.fromisoformat(settings.start)
        except ValueError as error:
            raise BadTime(f"found {settings.start!r}, expected a date and time YYYY-MM-DDTHH:MM") from error
        if local.tzinfo is None:
            local = local.replace(tzinfo=zone(settings.timezone))
        return cls(local.astimezone(UTC), to_minutes(settings.horizon_h), settings.cyclic, settings.timezone)

    def minute(self, text: str, timezone: str = "") -> int:
        """
        Minutes since the start of an ISO 8601 time or ``Mon 08:00[ +1w]``, local to ``timezone``.

        A weekday is the first such day and hour at or after the start of the case.
        """
        tz = zone(timezone or self.timezone)
        match = _WEEKDAY.match(text)
        if match is not None:
            first = self.start.astimezone(tz)
            days = (WEEKDAYS.index(match[1]) - first.weekday()) % 7
            moment = datetime(first.year, first.month, first.day, int(match[2]), int(match[3]), tzinfo=tz)
            moment += timedelta(days=days + 7 * int(match[4] or 0))
            minute = self._since_start(moment)
            return minute if minute >= 0 else self._since_start(moment + timedelta(days=7))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise BadTime(
                f"found {text!r}, expected a time such as 2026-11-02T08:00 or 'Mon 08:00', local to the hub"
            ) from error
        return self._since_start(moment if moment.tzinfo else moment.replace(tzinfo=tz))

    def after(self, text: str) -> int | None:
        """Minutes of ``+48h``, or None when the text is not of that form."""
        match = _AFTER.match(text)
        return None if match is None else to_minutes(float(match[1]))

    def text(self, minute: int, timezone: str = "") -> str:
        """Local ISO 8601 time with offset of a minute."""
        return _text(self.start, minute, timezone or self.timezone)

    def shift_min(self, timezone: str = "") -> int:
        """Local minutes after midnight at the start of the case: ``(minute + shift) // 1440`` is the local day."""
        local = _local(self.start, timezone or self.timezone)
        return local.hour * 60 + local.minute

    def day(self, minute: int, timezone: str = "") -> int:
        """
        Index of the local day of a minute, 0 = the local day on which the case starts; cyclic cases wrap.

        The offset of the zone at the start of the case is used throughout, so that all days have 1440 minutes.
        """
        day = (self._wrap(minute) + self.shift_min(timezone)) // MINUTES_PER_DAY
        return day % (self.horizon_min // MINUTES_PER_DAY) if self.cyclic else day

    def weekday(self, minute: int, timezone: str = "") -> int:
        """Local weekday of a minute, 0 = Monday."""
        first = _local(self.start, timezone or self.timezone).weekday()
        return (first + (self._wrap(minute) + self.shift_min(timezone)) // MINUTES_PER_DAY) % 7

    def clock_times(self, clock_min: int, days: tuple[int, ...], timezone: str, first: int, last: int) -> list[int]:
        """Minutes in ``first..last`` at which the local clock shows ``clock_min`` on one of the weekdays, in order."""
        shift = self.shift_min(timezone)
        weekday = _local(self.start, timezone or self.timezone).weekday()
        found = []
        day = (first + shift) // MINUTES_PER_DAY
        while (minute := day * MINUTES_PER_DAY - shift + clock_min) <= last:
            if minute >= first and (weekday + day) % 7 in days:
                found.append(minute)
            day += 1
        return found

    def _wrap(self, minute: int) -> int:
        return minute % self.horizon_min if self.cyclic else minute

    def _since_start(self, moment: datetime) -> int:
        return round((moment.astimezone(UTC) - self.start).total_seconds() / 60)


@lru_cache(maxsize=1 << 17)
def _text(start: datetime, minute: int, timezone: str) -> str:
    """Local ISO 8601 time; a run says the same moments over and over."""
    return (start + timedelta(minutes=minute)).astimezone(zone(timezone)).isoformat(timespec="minutes")


@lru_cache(maxsize=1024)
def _local(start: datetime, timezone: str) -> datetime:
    return start.astimezone(zone(timezone))
