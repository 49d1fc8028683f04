"""A column mapping: what a shop's file calls our fields, saved as TOML and used again."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from landbridge.errors import Finding, LandbridgeError
from landbridge.model.faults import did_you_mean
from landbridge.operations.orders.encoding import ENCODINGS
from landbridge.operations.orders.fields import BY_NAME, NAMES, PERSONAL, REQUIRED

WEIGHT_UNITS = {"kg": 1.0, "g": 0.001, "lb": 0.45359237, "t": 1000.0}
"""Kilograms in one unit of weight."""

DATE_ORDERS = ("ymd", "dmy", "mdy")


class BadMapping(LandbridgeError, ValueError):
    """A column mapping that cannot be used; carries every finding."""

    code = "bad-mapping"

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """
    How to read a shop's file.

    Parameters
    ----------
    channel
        Name of the shop; with the external id it makes a parcel unique.
    columns
        Column of the file by our field.
    constants
        Value of a field that is the same for every row.
    encoding, separator
        Blank = found by looking at the file.
    decimal
        Sign between whole and part of a number.
    timezone
        IANA zone of times without an offset; blank = such times are set aside.
    dates
        Order of day, month and year where the year does not come first: ``dmy`` or ``mdy``; ``ymd`` = refuse them.
    weight_unit
        Unit of the weight.
    promise_h
        Hours from ready to promised, where the file says nothing; 0 = no promise.
    postcode_signs
        How many signs of a postcode the table of parcels keeps.
    articles
        ``rows``: the file has a row for each article, and rows with one id are one parcel; blank: a row is a parcel.
    order_amounts
        Of ``weight`` and ``value`` those that each row repeats for its whole order; the others are added up.
    """

    channel: str
    columns: Dict[str, str] = field(default_factory=dict)
    constants: Dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    separator: str = ""
    decimal: str = "."
    timezone: str = ""
    dates: str = "ymd"
    weight_unit: str = "kg"
    promise_h: float = 0.0
    postcode_signs: int = 3
    articles: str = ""
    order_amounts: tuple[str, ...] = ()


_SETTINGS = tuple(item.name for item in dataclasses.fields(Mapping) if item.name not in ("columns", "constants"))
_CHOICES: dict[str, tuple[Any, ...]] = {
    "encoding": ("", *ENCODINGS),
    "separator": ("", ",", ";", "\t", "|"),
    "decimal": (".", ","),
    "dates": DATE_ORDERS,
    "weight_unit": tuple(WEIGHT_UNITS),
    "postcode_signs": tuple(range(5)),
    "articles": ("", "rows"),
}


def read_mapping(path: Path, *, columns: bool = True) -> Mapping:
    """
    Read a saved mapping.

    Parameters
    ----------
    path
        The file.
    columns
        Whether it has to name the columns of a CSV file; a shop's JSON needs none.

    Raises
    ------
    BadMapping
        With every finding, placed by key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"cannot be read ({error}); make one with landbridge operate mapping"
        raise BadMapping([Finding(where=path.name, code="bad-mapping", message=message)]) from error
    return mapping_of(content, path.name, columns=columns)


def mapping_of(content: dict[str, Any], where: str, *, columns: bool = True) -> Mapping:
    """Check the content of a mapping and make it one."""
    findings: list[Finding] = []

    def find(key: str, message: str, code: str = "bad-mapping") -> None:
        findings.append(Finding(where=where, column=key, message=message, code=code))

    values: dict[str, Any] = {}
    for key, value in content.items():
        if key in ("columns", "constants"):
            values[key] = _texts(key, value, find)
        elif key not in _SETTINGS:
            find(key, f"unknown key {key!r}{did_you_mean(key, (*_SETTINGS, 'columns', 'constants'))}", "unknown-key")
        elif key in _CHOICES and value not in _CHOICES[key]:
            find(key, f"found {value!r}, expected one of {', '.join(map(repr, _CHOICES[key]))}")
        elif key == "promise_h" and not (isinstance(value, int | float) and 0 <= value < 10_000):
            find(key, f"found {value!r}, expected hours")
        elif key in ("channel", "timezone") and not isinstance(value, str):
            find(key, f"found {value!r}, expected a text in quotes")
        elif key == "order_amounts":
            if not isinstance(value, list) or any(name not in ("weight", "value") for name in value):
                find(key, f"found {value!r}, expected a list of 'weight', 'value' or both")
            values[key] = tuple(value) if isinstance(value, list) else ()
        else:
            values[key] = value
    _check(values, find, REQUIRED if columns else ())
    if findings:
        raise BadMapping(findings)
    return Mapping(**values)


def _texts(key: str, value: Any, find: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        find(key, "expected a block of lines, each: field = 'text'")
        return {}
    good = {}
    for name, text in value.items():
        if name not in BY_NAME:
            find(f"{key}.{name}", f"{name!r} is no field of an order{did_you_mean(name, NAMES)}", "unknown-field")
        elif not isinstance(text, str) or not text:
            find(f"{key}.{name}", f"found {text!r}, expected a text in quotes, not blank")
        elif key == "constants" and name in (*PERSONAL, "external_id", "number"):
            find(f"{key}.{name}", f"{name} differs from row to row; name its column")
        else:
            good[name] = text
    return good


def _check(values: dict[str, Any], find: Any, required: tuple[str, ...]) -> None:
    channel = values.get("channel", "")
    if not channel or ":" in str(channel) or any(char.isspace() for char in str(channel)):
        find("channel", f"found {channel!r}, expected one word that names the shop, without a colon")
    known = {**values.get("constants", {}), **values.get("columns", {})}
    for name in required:
        if name not in known:
            find(f"columns.{name}", f"no column is named: {BY_NAME[name].description}", "missing-field")
    for name in sorted(set(values.get("constants", {})) & set(values.get("columns", {}))):
        find(f"constants.{name}", "is a constant and a column; keep one")
    if values.get("order_amounts") and values.get("articles") != "rows":
        find("order_amounts", 'says something only with articles = "rows"; leave it out, or set that')
    zone = values.get("timezone", "")
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            find("timezone", f"found {zone!r}, expected a name such as Asia/Shanghai", "bad-timezone")


def write_mapping(mapping: Mapping, notes: Dict[str, str] | None = None) -> str:
    """Text of a mapping as TOML; ``notes`` are comments by key."""
    notes = notes or {}
    lines = ["# How landbridge operate import reads the files of a shop. See docs/operations.md."]
    lines += [f"{key} = {_toml(getattr(mapping, key))}{_note(notes, key)}" for key in _SETTINGS]
    for block in ("columns", "constants"):
        lines += ["", f"[{block}]"]
        for name, text in getattr(mapping, block).items():
            lines.append(f"{name} = {_toml(text)}{_note(notes, f'{block}.{name}')}")
        lines += [f"# {note}" for key, note in notes.items() if key.startswith(f"{block}?")]
    return "\n".join(lines) + "\n"


def _note(notes: Dict[str, str], key: str) -> str:
    return f"  # {notes[key]}" if key in notes else ""


def _toml(value: Any) -> str:
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
