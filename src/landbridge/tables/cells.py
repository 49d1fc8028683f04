"""From the text of a cell to a value and back, by the kind of its column."""

from __future__ import annotations

import math
import re
from typing import Any

from landbridge.model.columns import Attribute, Kind

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = frozenset({"nan", "inf", "+inf", "-inf", "infinity", "-infinity", "na", "n/a", "null", "none"})
_FLAGS = {"1": True, "0": False, "true": True, "false": False}

TEXT_KINDS = frozenset({Kind.TEXT, Kind.TIME, Kind.DAYS, Kind.OWNER})
"""Kinds whose value is the text of the cell."""


class BadCell(ValueError):
    """A text that cannot be read as its column's kind; ``code`` names the finding."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_number(text: str, unit: str = "") -> float:
    """Read a finite decimal number with a point."""
    wanted = f"a number in {unit}" if unit else "a number"
    if _NUMBER.fullmatch(text) is None:
        if text.lower() in _NOT_FINITE:
            raise BadCell("not-finite", f"found {text!r}, expected {wanted}; leave the cell blank for the default")
        hint = "; write a decimal point and no thousands separator" if re.fullmatch(r"[\d\s.,'_-]+", text) else ""
        raise BadCell("not-a-number", f"found {text!r}, expected {wanted}{hint}")
    value = float(text)
    if not math.isfinite(value):
        raise BadCell("not-finite", f"found {text!r}, expected {wanted} that a computer can hold")
    return value


def parse_integer(text: str) -> int:
    """Read a whole number; ``5.0`` is 5, as workbooks write it."""
    value = parse_number(text)
    if value != math.floor(value):
        raise BadCell("not-an-integer", f"found {text!r}, expected a whole number")
    return int(value)


def parse_cell(attribute: Attribute, text: str) -> Any:
    """
    Read one cell that is not blank.

    Parameters
    ----------
    attribute
        Column the cell stands in. A cell of a family (``Kind.AMOUNTS``) is one number.
    text
        Content of the cell, without blanks around it.

    Raises
    ------
    BadCell
        When the text is not of the column's kind.
    """
    match attribute.kind:
        case Kind.NUMBER | Kind.AMOUNTS:
            return parse_number(text, attribute.unit)
        case Kind.INTEGER:
            return parse_integer(text)
        case Kind.FLAG:
            if text.lower() not in _FLAGS:
                raise BadCell("not-a-flag", f"found {text!r}, expected 0 or 1")
            return _FLAGS[text.lower()]
        case Kind.WORDS:
            return tuple(text.split())
        case Kind.ROUTE:
            return tuple(stop.strip() for stop in text.split(">"))
        case Kind.LEGS:
            return tuple(parse_number(leg.strip(), attribute.unit) for leg in text.split(">"))
        case _:
            return text


def format_number(value: float) -> str:
    """Shortest text that reads back as the same number; whole numbers without a point."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def format_cell(kind: Kind, value: Any) -> str:
    """Text of a value; None is blank."""
    if value is None:
        return ""
    match kind:
        case Kind.NUMBER | Kind.AMOUNTS:
            return format_number(value)
        case Kind.INTEGER:
            return str(int(value))
        case Kind.FLAG:
            return "1" if value else "0"
        case Kind.WORDS:
            return " ".join(value)
        case Kind.ROUTE:
            return ">".join(value)
        case Kind.LEGS:
            return ">".join(format_number(leg) for leg in value)
        case _:
            return str(value)
