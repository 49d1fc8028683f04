"""Numbers and times as a person reads them."""

from __future__ import annotations

from datetime import datetime

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def amount(value: float | None, digits: int = 1) -> str:
    """Round to ``digits`` places, thousands apart, without trailing zeros; blank for None."""
    if value is None:
        return ""
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def money(value: float | None, currency: str = "") -> str:
    """Money: whole from 1,000 on, else to the cent; a dash for None."""
    if value is None:
        return "-"
    text = amount(value, 0 if abs(value) >= 1000 else 2)
    return f"{text} {currency}" if currency else text


def percent(part: float | None, digits: int = 1) -> str:
    """Per cent of a part of one; a dash for None. What is not nothing is never printed as 0 %."""
    if part is None:
        return "-"
    if 0 < part * 100 < 0.5 * 10**-digits:
        return f"< {10**-digits:.{digits}f} %"
    if 1 > part > 1 - 0.5 * 10 ** -(digits + 2):
        return f"> {100 - 10**-digits:.{digits}f} %"
    return f"{part * 100:,.{digits if part < 10 else 0}f} %"


def duration(seconds: float) -> str:
    """Seconds as ``0.3 s``, ``12 s`` or ``3 min 05 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def moment(text: str) -> str:
    """Short form of a local ISO time: ``Mon 05.01. 08:00``; what is no time stays as it is."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{WEEKDAYS[when.weekday()]} {when:%d.%m. %H:%M}"


def span(start: str, end: str) -> str:
    """Two local ISO times in short: ``Mon 05.01. 08:00 - 13:00``; the day is named again when it is another."""
    first, last = moment(start), moment(end)
    return f"{first} - {last[-5:] if first[:-5] == last[:-5] else last}" if end else first
