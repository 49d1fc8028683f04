"""Rules of single cells, from the attribute table: ranges, choices, texts, days."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.clock import BadTime, parse_days
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import LARGEST, LONGEST_H, Fault, bad_text, did_you_mean, range_text
from landbridge.units import to_minutes


def check_cells(case: Case) -> Iterator[Fault]:
    """Check ranges, choices, blanks, texts and day lists of every cell by the attribute table."""
    for table, attributes in ATTRIBUTES.items():
        rows = getattr(case, table)
        if not rows:
            continue
        for attribute in attributes:
            values = list(map(attrgetter(attribute.field), rows))
            problem = _CELL_RULES.get(attribute.kind, _text_problem)
            if attribute.kind is Kind.AMOUNTS:
                yield from _amount_faults(attribute, values)
                continue
            bad = {value: found for value in set(values) if (found := problem(attribute, value))}
            if not bad:
                continue
            for row, value in enumerate(values):
                if value in bad:
                    code, message = bad[value]
                    yield Fault(table=table, row=row, column=attribute.name, code=code, message=message)


def _amount_faults(attribute: Attribute, values: Sequence[Mapping[str, float]]) -> Iterator[Fault]:
    for row, amounts in enumerate(values):
        for dimension, amount in amounts.items():
            problem = _number_problem(attribute.of(dimension), amount)
            if problem:
                column = attribute.name.replace("<dim>", dimension)
                yield Fault(table=attribute.table, row=row, column=column, code=problem[0], message=problem[1])


def _number_problem(attribute: Attribute, value: float | None) -> tuple[str, str] | None:
    if value is None:
        return None
    if not math.isfinite(value):
        return "not-finite", f"found {value}, expected a number"
    low, high = attribute.low, attribute.high
    if (low is not None and (value < low or (attribute.above and value == low))) or (high is not None and value > high):
        return "out-of-range", f"found {value:g}, expected a number {range_text(attribute)}"
    if abs(value) > LARGEST:
        return "out-of-range", f"found {value:g}, expected a number between -{LARGEST:g} and {LARGEST:g}"
    if attribute.unit == "h":
        if value > LONGEST_H:
            return "out-of-range", f"found {value:g}, expected at most {LONGEST_H:g} h"
        if attribute.above and to_minutes(value) < 1:
            return "out-of-range", f"found {value:g}, expected at least one minute, 0.0167 h"
    return None


def _legs_problem(attribute: Attribute, value: tuple[float, ...]) -> tuple[str, str] | None:
    return next((problem for leg in value if (problem := _number_problem(attribute, leg))), None)


def _days_problem(_: Attribute, value: str) -> tuple[str, str] | None:
    try:
        parse_days(value)
    except BadTime as error:
        return "bad-days", str(error)
    return None


def _words_problem(_: Attribute, value: tuple[str, ...]) -> tuple[str, str] | None:
    for word in value:
        if not word or any(char.isspace() for char in word) or bad_text(word):
            return "bad-text", f"found {word!r}, expected words without blanks in them"
    return None


def _no_problem(_: Attribute, __: Any) -> None:
    return None


def _text_problem(attribute: Attribute, value: str) -> tuple[str, str] | None:
    if not value:
        if attribute.required or attribute.default:
            return "blank-cell", f"is blank, expected a value: {attribute.description}"
        return None
    if attribute.choices and value not in attribute.choices:
        return "not-a-choice", f"found {value!r}{did_you_mean(value, attribute.choices)}"
    problem = bad_text(value)
    return ("bad-text", problem) if problem else None


_CELL_RULES: dict[Kind, Callable[[Attribute, Any], tuple[str, str] | None]] = {
    Kind.NUMBER: _number_problem,
    Kind.INTEGER: _number_problem,
    Kind.FLAG: _no_problem,
    Kind.DAYS: _days_problem,
    Kind.LEGS: _legs_problem,
    Kind.WORDS: _words_problem,
    Kind.ROUTE: _words_problem,
}
