"""
One text for one document: the JSON Canonicalization Scheme [1]_.

References
----------
.. [1] Rundgren, A., B. Jordan, and S. Erdtman (2020). JSON Canonicalization Scheme (JCS).
       RFC 8785. https://doi.org/10.17487/RFC8785.
"""

from __future__ import annotations

import json
import math
from typing import Any

_LARGEST_INTEGER = 2**53


def canonical_json(document: Any) -> bytes:
    """
    Write a document as the one sequence of bytes that is signed.

    No blanks, names in the order of their UTF-16 code units, strings with the escapes that JSON needs and
    no others, numbers as ECMAScript prints them.

    Raises
    ------
    ValueError
        For what has no canonical form: NaN, infinity, an integer that a double cannot hold, half of a pair of
        surrogates, a name that is no string, another type.
    """
    return _write(document).encode("utf-8")


def _write(value: Any) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            value.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
            return json.dumps(value, ensure_ascii=False)
        case int():
            if abs(value) > _LARGEST_INTEGER:
                raise ValueError(f"{value} is beyond 2**53; expected a number that a double holds exactly")
            return str(value)
        case float():
            return _number(value)
        case list() | tuple():
            return "[" + ",".join(_write(item) for item in value) + "]"
        case dict():
            for name in value:
                if not isinstance(name, str):
                    raise ValueError(f"{name!r} is not a string; expected names of members to be")
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{_write(name)}:{_write(value[name])}" for name in names) + "}"
        case _:
            raise ValueError(f"{value!r:.80} has no form in JSON")


def _number(value: float) -> str:
    """Print as ECMAScript does (Number::toString): the shortest digits that read back the same."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if value == 0:
        return "0"
    sign, digits, exponent = _digits(value)
    point = len(digits) + exponent  # value = 0.digits * 10**point
    if len(digits) <= point <= 21:
        text = digits + "0" * exponent
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        power = f"e{point - 1:+d}"
        text = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "") + power
    return sign + text


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, shortest decimal digits without zeros at either end, and the power of ten behind them."""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits, exponent = whole + part, int(power or 0) - len(part)
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    return "-" if value < 0 else "", stripped.lstrip("0"), exponent
