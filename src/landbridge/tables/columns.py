"""Which attribute a column of a file is, and what a column that is none was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from landbridge.model.check_words import dimension_problem
from landbridge.model.columns import Attribute, Kind

_UNITS = frozenset(
    {"min", "mins", "minute", "minutes", "s", "sec", "seconds", "h", "hr", "hrs", "hour", "hours", "d", "day", "days"}
    | {"week", "weeks", "m", "km", "mi", "mile", "miles", "kg", "g", "lb", "lbs", "t", "ton", "tons", "tonne", "tonnes"}
    | {"kt", "m3", "l", "litre", "litres", "unit", "units", "pct", "percent", "frac", "share", "deg", "degrees"}
    | {"usd", "eur", "cny", "rub", "runs", "per"}
)


def match_column(name: str, attributes: Sequence[Attribute]) -> Attribute | None:
    """Attribute of a column, of a family with the unit of its dimension; None when it is unknown."""
    for attribute in attributes:
        if attribute.name == name:
            return attribute
    for attribute in attributes:
        dimension = dimension_of(attribute, name) if attribute.kind is Kind.AMOUNTS else ""
        if dimension:
            return attribute.of(dimension)
    return None


def dimension_of(attribute: Attribute, name: str) -> str:
    """Return the dimension that a column of a family is about; empty when it is not of the family or misspelt."""
    head, tail = attribute.name.split("<dim>")
    dimension = name[len(head) : len(name) - len(tail)]
    if name != head + dimension + tail or not dimension or dimension_problem(dimension, attribute.name):
        return ""
    return dimension


def explain_column(name: str, attributes: Sequence[Attribute]) -> tuple[str, str]:
    """Code and message of an unknown column: a wrong unit, a misspelling, or nothing we know."""
    for attribute in attributes:
        if attribute.kind is Kind.AMOUNTS:
            pattern = "^" + re.escape(attribute.name).replace("<dim>", "(.*)") + "$"
            match = re.match(pattern, name)
            problem = dimension_problem(match[1], attribute.name) if match else ""
            if problem:
                return "wrong-unit", f"unknown column {name!r}: {problem}"
    names = [attribute.name for attribute in attributes]
    alike = [known for known in names if _stem(known) == _stem(name)]
    if alike and _stem(name) and _stem(name) != name:
        wanted = " or ".join(repr(known) for known in alike)
        return "wrong-unit", f"unknown column {name!r}: the unit is in the name of a column, expected {wanted}"
    if alike and _stem(alike[0]) != alike[0]:
        wanted = " or ".join(repr(known) for known in alike)
        return "unknown-column", f"unknown column {name!r}; did you mean {wanted}?"
    near = difflib.get_close_matches(name.lower(), names, 1)
    if near:
        return "unknown-column", f"unknown column {name!r}; did you mean {near[0]!r}?"
    return "unknown-column", f"unknown column {name!r}; expected one of {', '.join(names)}"


def _stem(name: str) -> str:
    words = name.lower().split("_")
    while words and words[-1] in _UNITS:
        words.pop()
    return "_".join(words)
