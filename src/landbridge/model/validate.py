"""What makes a case usable: every rule a row, a pair of columns or a pair of tables must keep."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import Any

from landbridge.errors import Finding
from landbridge.model.case import ATTRIBUTES, REQUIRED_TABLES, Case, Order, Service
from landbridge.model.clock import BadTime, Clock, parse_clock, parse_days, zone
from landbridge.model.columns import Attribute, Kind
from landbridge.units import MINUTES_PER_WEEK, to_minutes

SCHEMA_VERSION = 1
LARGEST = 1e15
"""Numbers beyond this lose whole units in a float64 and are typing errors in a case."""
LONGEST_H = 87840.0
"""Ten years: the longest horizon, travel time or wait."""
SHARE_TOL = 1e-9

KNOWN_MODES = ("rail", "road", "sea", "air", "pipeline")
KNOWN_CLASSES = ("general", "chilled", "frozen", "bulk", "oversize", "parcel", "gas", "person")
WRONG_DIMENSIONS = {
    "t": ("kg", "g", "lb", "lbs", "ton", "tons", "tonne", "tonnes", "kt", "mt"),
    "m3": ("l", "litre", "litres", "liter", "liters", "cm3", "dm3", "ft3", "cbm", "cubic_m"),
    "seats": ("seat", "persons", "pax", "passengers"),
}
"""Spellings of a dimension that would silently be a dimension of their own, by the one that is meant."""

_DIMENSION = re.compile(r"[a-z][a-z0-9_]*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SHARE = re.compile(r"(?P<party>.+):(?P<share>\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_AFTER = re.compile(r"\+(\d+(?:\.\d+)?)h", re.ASCII)
_FORBIDDEN = {"hubs": ">", "parties": ":+", "services": "@"}
_NO_BLANKS = frozenset({"hubs", "parties"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One broken rule, placed in the case itself; readers turn it into the place in a file.

    Parameters
    ----------
    table
        Table, or ``case`` for the settings.
    row
        Index of the row; -1 when the whole table is meant.
    column
        Name of the column as a file has it, or key of the settings; blank = the row.
    code
        Name of the rule.
    message
        What was found and what is expected.
    also
        Other columns of the row that the rule has read: when one of them is unreadable, the fault says nothing new.
    ref
        Table in which an id was looked up in vain.
    """

    table: str
    row: int
    column: str
    code: str
    message: str
    also: tuple[str, ...] = ()
    ref: str = ""


def validate(case: Case) -> list[Finding]:
    """
    Check a case made in Python by all the rules that apply to files.

    Returns
    -------
    list
        Findings in the order of the tables, placed by table and id; empty when the case can be used.
    """
    return [
        Finding(where=_entity(case, fault), column=fault.column, message=fault.message, code=fault.code)
        for fault in check_case(case)
    ]


def validate_texts(case: Case) -> list[Finding]:
    """Check only that every text of a case fits on one line of a file."""
    faults = (*check_settings(case), *check_cells(case))
    return [
        Finding(where=_entity(case, fault), column=fault.column, message=fault.message, code=fault.code)
        for fault in faults
        if fault.code == "bad-text"
    ]


def check_case(case: Case) -> Iterator[Fault]:
    """Apply every rule of this module."""
    yield from check_settings(case)
    yield from check_tables(case)
    yield from check_cells(case)
    yield from check_keys(case)
    yield from check_ids(case)
    yield from check_references(case)
    yield from check_owners(case)
    yield from check_words(case)
    yield from check_dimensions(case)
    yield from check_hubs(case)
    yield from check_handling(case)
    yield from check_services(case)
    yield from check_timetable(case)
    yield from check_pins(case)
    yield from check_orders(case)
    yield from check_agreements(case)
    yield from check_resources(case)
    yield from check_scenarios(case)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End of a message: the nearest known word, or a few of them."""
    words = sorted({item for item in known if item})
    if not words:
        return "; there is none"
    near = words
    if len(near) > 5000:  # the search is slow: keep those that begin or end alike
        near = [item for item in near if item[:2] == word[:2] or item[-2:] == word[-2:]][:5000]
    match = difflib.get_close_matches(word, near, 1)
    if match:
        return f"; did you mean {match[0]!r}?"
    shown = ", ".join(words[:5])
    return f"; expected one of {shown}, ... ({len(words)} in all)" if len(words) > 5 else f"; expected one of {shown}"


def _entity(case: Case, fault: Fault) -> str:
    if fault.table == "case" or fault.row < 0:
        return fault.table
    row = getattr(case, fault.table)[fault.row]
    key = " ".join(str(getattr(row, item.field)) for item in ATTRIBUTES[fault.table] if item.key)
    return f"{fault.table}[{fault.row}] {key!r}"


# The case as a whole


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
        problem = _bad_text(getattr(settings, column))
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
        clock = Clock.of(case.settings)
    except (BadTime, OverflowError, ValueError) as error:
        return str(error)
    if not 1900 <= clock.start.year <= 2200:
        return f"found {case.settings.start!r}, expected a year from 1900 to 2200"
    return ""


def _check_rates(case: Case) -> Iterator[Fault]:
    for index, rate in enumerate(case.settings.rates):
        prefix = f"rates.{index}."

        def fault(column: str, code: str, message: str, prefix: str = prefix) -> Fault:
            return Fault(table="case", row=-1, column=prefix + column, code=code, message=message)

        if not _CURRENCY.fullmatch(rate.currency):
            yield fault("currency", "bad-currency", f"found {rate.currency!r}, expected an ISO 4217 code such as EUR")
        if not (math.isfinite(rate.per_unit) and 0 < rate.per_unit <= LARGEST):
            yield fault("per_unit", "out-of-range", f"found {rate.per_unit:g}, expected a number above 0")
        if not _is_day(rate.date):
            yield fault("date", "bad-time", f"found {rate.date!r}, expected a day YYYY-MM-DD")
        problem = "is blank, expected where the rate was published" if not rate.source else _bad_text(rate.source)
        if problem:
            yield fault("source", "blank-cell" if not rate.source else "bad-text", problem)


def check_tables(case: Case) -> Iterator[Fault]:
    """Check that the tables a case cannot do without have rows."""
    for table in REQUIRED_TABLES:
        if not getattr(case, table):
            message = "the table has no rows, expected at least one"
            yield Fault(table=table, row=-1, column="", code="empty-table", message=message)


# Cell by cell, from the attribute table


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
            problem = _number_problem(attribute, amount)
            if problem:
                column = attribute.name.replace("<dim>", dimension)
                yield Fault(table=attribute.table, row=row, column=column, code=problem[0], message=problem[1])


def range_text(attribute: Attribute) -> str:
    """Range of a column in words; empty where there is none."""
    unit = f" {attribute.unit}" if attribute.unit else ""
    if attribute.low is not None and attribute.high is not None:
        return f"from {attribute.low:g} to {attribute.high:g}{unit}"
    if attribute.low is not None:
        return f"{'above' if attribute.above else 'at least'} {attribute.low:g}{unit}"
    return f"at most {attribute.high:g}{unit}" if attribute.high is not None else ""


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
        if not word or any(char.isspace() for char in word) or _bad_text(word):
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
    problem = _bad_text(value)
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


def _bad_text(value: str) -> str:
    if value.isascii() and value.isprintable():
        if value == value.strip():
            return ""
    elif value == value.strip() and not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\ufffe\uffff\ufeff" for char in value
    ):
        return ""
    return f"found {value!r:.80}, expected one line of text, with no control characters and no blanks around it"


# Ids


def check_keys(case: Case) -> Iterator[Fault]:
    """Check that the key columns of a table tell its rows apart."""
    for table, attributes in ATTRIBUTES.items():
        keys = [attribute for attribute in attributes if attribute.key]
        rows = getattr(case, table)
        if not keys or not rows:
            continue
        ids = list(map(attrgetter(*(key.field for key in keys)), rows))
        if len(set(ids)) == len(ids):
            continue
        first: dict[Any, int] = {}
        for row, found in enumerate(ids):
            if found not in first:
                first[found] = row
                continue
            shown = found if isinstance(found, str) else " ".join(found)
            names = ", ".join(key.name for key in keys)
            yield Fault(
                table=table,
                row=row,
                column=keys[0].name,
                code="duplicate-id",
                message=f"{shown!r} comes again (first in row {first[found] + 1} of the table), "
                f"expected every {names} once",
                also=tuple(key.name for key in keys),
            )


def check_ids(case: Case) -> Iterator[Fault]:
    """Check that ids can be written in routes, owners and pins."""
    for table, attributes in ATTRIBUTES.items():
        keys = [attribute for attribute in attributes if attribute.key]
        if len(keys) != 1:
            continue
        forbidden = _FORBIDDEN.get(table, "")
        for row, found in enumerate(map(attrgetter(keys[0].field), getattr(case, table))):
            used = [repr(char) for char in forbidden if char in found]
            if table in _NO_BLANKS and any(char.isspace() for char in found):
                used.append("blanks")
            if used or found in ("*", "-"):
                wanted = f"without {' or '.join(used)}" if used else "that is a word"
                message = f"found {found!r}, expected an id {wanted}"
                yield Fault(table=table, row=row, column=keys[0].name, code="bad-id", message=message)


def check_references(case: Case) -> Iterator[Fault]:
    """Check that ids of other tables exist."""
    ids = {
        table: _ids(case, table)
        for table in ("regions", "parties", "hubs", "goods", "services", "fleets", "agreements")
    }
    for table, attributes in ATTRIBUTES.items():
        rows = getattr(case, table)
        for attribute in attributes:
            if not attribute.ref or attribute.kind is Kind.OWNER or not rows:
                continue
            known = ids[attribute.ref]
            values = list(map(attrgetter(attribute.field), rows))
            named = set().union(*values) if attribute.kind is Kind.ROUTE else set(values)
            unknown = named - known - {""}
            if unknown:
                yield from _unknown_faults(attribute, values, unknown, known)


def _unknown_faults(attribute: Attribute, values: Sequence[Any], unknown: set[str], known: set[str]) -> Iterator[Fault]:
    hints: dict[str, str] = {}
    for row, value in enumerate(values):
        for name in value if isinstance(value, tuple) else (value,):
            if name not in unknown:
                continue
            if name not in hints:
                # Suggestions are slow to find and only the first findings of a column are shown.
                hints[name] = did_you_mean(name, known) if len(hints) < 25 else ""
            yield Fault(
                table=attribute.table,
                row=row,
                column=attribute.name,
                code="unknown-id",
                message=f"{name!r} is not in {attribute.ref}{hints[name]}",
                ref=attribute.ref,
            )


def _ids(case: Case, table: str) -> set[str]:
    key = next(attribute.field for attribute in ATTRIBUTES[table] if attribute.key)
    return {getattr(row, key) for row in getattr(case, table)}


def check_owners(case: Case) -> Iterator[Fault]:
    """Check owners and quotas: known parties, shares that add up, one way of sharing at a time."""
    parties = _ids(case, "parties")
    for table, attributes in ATTRIBUTES.items():
        for attribute in attributes:
            if attribute.kind is not Kind.OWNER:
                continue
            values = [getattr(row, attribute.field) for row in getattr(case, table)]
            bad = {
                value: found
                for value in set(values) - parties - {""}
                if (found := _owner_problem(value, parties, joint=attribute.name != "quota"))
            }
            for row, value in enumerate(values) if bad else ():
                if value in bad:
                    code, message = bad[value]
                    ref = "parties" if code == "unknown-id" else ""
                    yield Fault(table=table, row=row, column=attribute.name, code=code, message=message, ref=ref)


def _owner_problem(text: str, parties: set[str], *, joint: bool) -> tuple[str, str] | None:
    syntax = "a party, shares such as 'a:0.5 b:0.5'" + (", or joint owners such as 'a+b'" if joint else "")
    named: list[str] = []
    total = 0.0
    if "+" in text:
        if not joint or ":" in text or " " in text:
            return "bad-owner", f"found {text!r}, expected {syntax}"
        named = text.split("+")
    elif ":" in text or " " in text:
        for word in text.split():
            match = _SHARE.fullmatch(word)
            if match is None:
                return "bad-owner", f"found {word!r} in {text!r}, expected {syntax}"
            named.append(match["party"])
            share = float(match["share"])
            total += share
            if not 0 < share <= 1:
                return "bad-shares", f"found a share of {share:g} in {text!r}, expected above 0 and at most 1"
    else:
        named = [text]
    if "" in named:
        return "bad-owner", f"found {text!r}, expected {syntax}"
    for name, count in Counter(named).items():
        if name not in parties:
            return "unknown-id", f"{name!r} is not in parties{did_you_mean(name, parties)}"
        if count > 1:
            return "bad-owner", f"found {name!r} twice in {text!r}, expected each party once"
    if total > 1 + SHARE_TOL:
        return "bad-shares", f"the shares in {text!r} add up to {total:g}, expected at most 1"
    return None


# Words without a table of their own


def check_words(case: Case) -> Iterator[Fault]:
    """Check modes, handling classes and countries, which have no table of their own."""
    modes = {service.mode for service in case.services}
    for row, mode in enumerate(service.mode for service in case.services):
        if mode in ("start", "end") or any(char.isspace() for char in mode):
            message = f"found {mode!r}, expected one word, not start or end: rail, road, sea, air, pipeline, ..."
            yield Fault(table="services", row=row, column="mode", code="bad-mode", message=message)
    classes = {good.handling_class for good in case.goods}
    for row, good in enumerate(case.goods):
        if any(char.isspace() for char in good.handling_class):
            message = f"found {good.handling_class!r}, expected one word"
            yield Fault(table="goods", row=row, column="handling_class", code="bad-class", message=message)
    known_classes = classes.union(KNOWN_CLASSES)
    for row, service in enumerate(case.services):
        for word in service.accepts:
            if word not in known_classes:
                message = f"no good has the handling class {word!r}{did_you_mean(word, known_classes)}"
                yield Fault(
                    table="services", row=row, column="accepts", code="unknown-class", message=message, ref="goods"
                )
    for row, item in enumerate(case.handling):
        for column, extra in (("from_mode", "start"), ("to_mode", "end")):
            mode = getattr(item, column)
            known = modes.union(KNOWN_MODES, (extra,))
            if mode and mode not in known:
                message = f"no service has the mode {mode!r}{did_you_mean(mode, known)}"
                yield Fault(
                    table="handling", row=row, column=column, code="unknown-mode", message=message, ref="services"
                )
        if item.handling_class and item.handling_class not in known_classes:
            message = f"no good has the handling class {item.handling_class!r}"
            message += did_you_mean(item.handling_class, known_classes)
            yield Fault(
                table="handling", row=row, column="handling_class", code="unknown-class", message=message, ref="goods"
            )
    yield from _check_countries(case)


def _check_countries(case: Case) -> Iterator[Fault]:
    for row, region in enumerate(case.regions):
        if region.country and not _COUNTRY.fullmatch(region.country):
            message = f"found {region.country!r}, expected an ISO 3166-1 alpha-2 code such as CN"
            yield Fault(table="regions", row=row, column="country", code="bad-country", message=message)
    for table, signs in (("goods", ("*",)), ("orders", ("*", "-"))):
        values = [item.transit for item in getattr(case, table)]
        bad: dict[tuple[str, ...], str] = {}
        for words in set(values):
            for word in words:
                if word in signs:
                    if len(words) > 1:
                        bad[words] = f"found {' '.join(words)!r}, expected {word!r} to stand alone"
                elif not _COUNTRY.fullmatch(word):
                    bad[words] = f"found {word!r}, expected ISO 3166-1 alpha-2 codes, or {' or '.join(signs)}"
        for row, words in enumerate(values) if bad else ():
            if words in bad:
                yield Fault(table=table, row=row, column="transit", code="bad-country", message=bad[words])


def check_dimensions(case: Case) -> Iterator[Fault]:
    """Check the names of dimensions, which goods and services must share."""
    families = {
        "goods": [set(good.per_unit) for good in case.goods],
        "services": [set(service.capacity) for service in case.services],
    }
    used = {table: set().union(*rows) if rows else set() for table, rows in families.items()}
    for table, other in (("goods", "services"), ("services", "goods")):
        pattern = "<dim>_per_unit" if table == "goods" else "cap_<dim>"
        for dimension in sorted(used[table]):
            column = pattern.replace("<dim>", dimension)
            problem = dimension_problem(dimension, pattern)
            code = "wrong-unit"
            if not problem and dimension not in used[other]:
                near = difflib.get_close_matches(dimension, used[other] - used[table], 1, 0.75)
                if near:
                    problem = f"no {other} have the dimension {dimension!r}; did you mean {near[0]!r}?"
                    code = "unmatched-dimension"
            if problem:
                row = next(index for index, names in enumerate(families[table]) if dimension in names)
                yield Fault(table=table, row=row, column=column, code=code, message=problem)


def dimension_problem(dimension: str, pattern: str) -> str:
    """Tell what is wrong with the name of a dimension; empty when nothing is."""
    for meant, spellings in WRONG_DIMENSIONS.items():
        if dimension in spellings:
            return f"found the unit {dimension!r}, expected {pattern.replace('<dim>', meant)}"
    if not _DIMENSION.fullmatch(dimension):
        return f"found the dimension {dimension!r}, expected small letters, digits and _"
    return ""


# Table by table


def check_hubs(case: Case) -> Iterator[Fault]:
    """Check the time zones of hubs."""
    zones = [hub.timezone for hub in case.hubs]
    bad = {}
    for name in set(zones) - {""}:
        try:
            zone(name)
        except BadTime as error:
            bad[name] = str(error)
    for row, name in enumerate(zones):
        if name in bad:
            yield Fault(table="hubs", row=row, column="timezone", code="bad-timezone", message=bad[name])


def check_handling(case: Case) -> Iterator[Fault]:
    """Check opening hours."""
    for row, item in enumerate(case.handling):
        for column in ("opens", "closes"):
            text = getattr(item, column)
            problem = _clock_problem(text) if text else ""
            if problem:
                yield Fault(table="handling", row=row, column=column, code="bad-clock", message=problem)


def _clock_problem(text: str) -> str:
    try:
        parse_clock(text)
    except BadTime as error:
        return str(error)
    return ""


def check_services(case: Case) -> Iterator[Fault]:
    """Check routes, their legs, and empty runs."""
    for row, service in enumerate(case.services):
        for column, code, message in _service_problems(service):
            yield Fault(
                table="services",
                row=row,
                column=column,
                code=code,
                message=message,
                also=("route", "fleet", "empty_cost"),
            )


def _service_problems(service: Service) -> Iterator[tuple[str, str, str]]:
    route = service.route
    shown = ">".join(route)
    if len(route) < 2:
        yield "route", "short-route", f"found {shown!r}, expected at least two hubs, A>B"
    for here, there in pairwise(route):
        if here == there:
            yield (
                "route",
                "hub-follows-itself",
                f"found {here}>{there} in {shown!r}, expected another hub after {here!r}",
            )
    legs = len(route) - 1
    for column, shortest in (("travel_h", legs), ("distance_km", 0), ("cost_per_t", 1), ("kgco2e_per_t", 1)):
        count = len(getattr(service, column))
        if legs > 0 and count not in (legs, shortest):
            one = " or one number for all" if shortest == 1 and legs > 1 else ""
            yield column, "leg-count", f"found {count} legs, expected {legs} as in the route {shown!r}{one}"
    if service.empty_cost is not None and not service.fleet:
        yield (
            "empty_cost",
            "empty-cost-without-fleet",
            f"found {service.empty_cost:g} in a service without a fleet, expected blank; name a fleet to run empty",
        )


def check_timetable(case: Case) -> Iterator[Fault]:
    """Check departures: one way of telling them, first before last, must_run within max_runs."""
    clock = _clock(case)
    services = {service.service: service for service in case.services}
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    for row, item in enumerate(case.timetable):

        def fault(column: str, code: str, message: str, *also: str, row: int = row) -> Fault:
            return Fault(table="timetable", row=row, column=column, code=code, message=message, also=also)

        if bool(item.depart) == (item.every_h is not None):
            found = "both depart and every_h" if item.depart else "neither depart nor every_h"
            yield fault("depart", "depart-or-every", f"found {found}, expected one of them", "every_h")
        problem = _clock_problem(item.depart) if item.depart else ""
        if problem:
            yield fault("depart", "bad-clock", problem)
        service = services.get(item.service)
        timezone = zones.get(service.route[0], "") if service is not None and service.route else ""
        minutes = {}
        for column in ("starts", "ends"):
            minute, problem = _minute(clock, getattr(item, column), timezone)
            minutes[column] = minute
            if problem:
                yield fault(column, "bad-time", problem)
        first, last = minutes["starts"], minutes["ends"]
        if first is not None and last is not None and last < first:
            yield fault(
                "ends", "ends-before-starts", f"found {item.ends!r}, expected {item.starts!r} or later", "starts"
            )
        limit = item.max_runs if item.max_runs is not None else service.max_runs if service is not None else None
        if limit is not None and item.must_run > limit:
            message = f"found {item.must_run}, expected at most max_runs, {limit}"
            yield fault("must_run", "must-run-above-max", message, "max_runs")


def _clock(case: Case) -> Clock | None:
    try:
        clock = Clock.of(case.settings)
    except (BadTime, OverflowError, ValueError):
        return None
    return clock if 1900 <= clock.start.year <= 2200 and 1 <= case.settings.horizon_h <= LONGEST_H else None


def _minute(clock: Clock | None, text: str, timezone: str) -> tuple[int | None, str]:
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


def check_pins(case: Case) -> Iterator[Fault]:
    """Check that pins name something and leave room."""
    clock = _clock(case)
    services = {service.service: service for service in case.services}
    orders = _ids(case, "orders") if case.pins else set()
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    for row, pin in enumerate(case.pins):

        def fault(column: str, code: str, message: str, *also: str, ref: str = "", row: int = row) -> Fault:
            return Fault(table="pins", row=row, column=column, code=code, message=message, also=also, ref=ref)

        if pin.max is not None and pin.max < pin.min:
            yield fault("max", "max-below-min", f"found {pin.max:g}, expected at least min, {pin.min:g}", "min")
        if pin.table == "orders" and pin.key not in orders:
            message = f"{pin.key!r} is not in orders{did_you_mean(pin.key, orders)}"
            yield fault("key", "unknown-id", message, "table", ref="orders")
        if pin.table not in ("services", "departures"):
            continue
        name, at, time = pin.key.partition("@")
        if bool(at) != (pin.table == "departures"):
            wanted = "service@time, such as S1@Mon 08:00" if pin.table == "departures" else "the id of a service"
            yield fault("key", "bad-pin", f"found {pin.key!r}, expected {wanted}", "table")
        elif name not in services:
            message = f"{name!r} is not in services{did_you_mean(name, services)}"
            yield fault("key", "unknown-id", message, "table", ref="services")
        elif at:
            route = services[name].route
            _, problem = _minute(clock, time, zones.get(route[0], "") if route else "")
            if problem or not time:
                yield fault("key", "bad-time", problem or f"found {pin.key!r}, expected a time after @", "table")


def check_orders(case: Case) -> Iterator[Fault]:
    """Check the ends and the times of orders (semantics §2)."""
    clock = _clock(case)
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    known: dict[tuple[str, str], tuple[int | None, str]] = {}
    for row, order in enumerate(case.orders):
        for column, code, message, also in _order_problems(order, clock, zones, known):
            yield Fault(table="orders", row=row, column=column, code=code, message=message, also=also)


def _order_problems(
    order: Order, clock: Clock | None, zones: Mapping[str, str], known: dict[tuple[str, str], tuple[int | None, str]]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    if not order.from_hub and not order.to_hub:
        message = "neither from_hub nor to_hub is given, expected one of them (an offer, a bid) or both (a shipment)"
        yield "from_hub", "order-without-hub", message, ("to_hub",)
    elif order.from_hub == order.to_hub:
        yield "to_hub", "same-ends", f"found {order.to_hub!r} at both ends, expected two hubs", ("from_hub",)
    if not order.ready and not order.due:
        return
    if order.ready and not order.from_hub:
        yield "ready", "bid-with-ready", f"found {order.ready!r} in a bid, expected blank", ("from_hub",)
        return
    if order.days:
        wrong = _clock_problem(order.ready) if order.ready else ""
        if wrong:
            yield "ready", "bad-clock", f"{wrong}: an order with days is ready at that time of each day", ("days",)
        wrong = _after_problem(order.due) if order.due else ""
        if wrong:
            yield "due", "bad-time", f"{wrong}: an order with days is due so long after ready", ("days",)
        return
    ready, problem = _order_time(clock, order.ready, zones.get(order.from_hub, ""), known)
    if problem:
        yield "ready", problem[0], problem[1], ("from_hub",)
    if order.due.startswith("+"):
        wrong = _after_problem(order.due)
        if wrong:
            yield "due", "bad-time", wrong, ()
        return
    due, problem = _order_time(clock, order.due, zones.get(order.to_hub or order.from_hub, ""), known)
    if problem:
        yield "due", problem[0], problem[1], ("to_hub", "from_hub")
    elif due is not None and clock is not None and not clock.cyclic and due < (ready or 0):
        message = f"found {order.due!r}, expected {order.ready or 'the start of the case'!r} or later"
        yield "due", "due-before-ready", message, ("ready", "from_hub", "to_hub")


def _order_time(
    clock: Clock | None, text: str, timezone: str, known: dict[tuple[str, str], tuple[int | None, str]]
) -> tuple[int | None, tuple[str, str] | None]:
    found = known.get((text, timezone))
    if found is None:
        found = known[text, timezone] = _minute(clock, text, timezone)
    minute, problem = found
    if problem:
        return None, ("bad-time", problem)
    if minute is not None and clock is not None and not clock.cyclic and not 0 <= minute <= clock.horizon_min:
        first, last = clock.text(0, timezone), clock.text(clock.horizon_min, timezone)
        return None, ("outside-horizon", f"found {text!r}, expected a time from {first} to {last}")
    return minute, None


def _after_problem(text: str) -> str:
    match = _AFTER.fullmatch(text)
    if match is None or not float(match[1]) <= LONGEST_H:
        return f"found {text!r}, expected hours such as +48h, at most +{LONGEST_H:g}h"
    return ""


def check_agreements(case: Case) -> Iterator[Fault]:
    """Check the days of agreements, and that grants name parties or regions."""
    for row, agreement in enumerate(case.agreements):
        days = [agreement.starts, agreement.ends]
        for column, text in zip(("starts", "ends"), days, strict=True):
            if text and not _is_day(text):
                message = f"found {text!r}, expected a day YYYY-MM-DD"
                yield Fault(table="agreements", row=row, column=column, code="bad-time", message=message)
        if all(days) and all(map(_is_day, days)) and agreement.ends < agreement.starts:
            message = f"found {agreement.ends!r}, expected {agreement.starts!r} or later"
            yield Fault(
                table="agreements", row=row, column="ends", code="ends-before-starts", message=message, also=("starts",)
            )
    signers = _ids(case, "parties") | _ids(case, "regions") | {"*"}
    for row, grant in enumerate(case.grants):
        for column in ("giver", "taker"):
            name = getattr(grant, column)
            if name and name not in signers:
                message = f"{name!r} is neither in parties nor in regions{did_you_mean(name, signers)}"
                yield Fault(table="grants", row=row, column=column, code="unknown-id", message=message, ref="parties")


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def check_resources(case: Case) -> Iterator[Fault]:
    """Check that grants, events and projects name something that exists."""
    services, hubs, handling = _ids(case, "services"), _ids(case, "hubs"), _ids(case, "handling")
    by_kind = {
        "service": services,
        "charter": services,
        "mode": {service.mode for service in case.services}.union(KNOWN_MODES),
        "hub": hubs | handling,
        "trade": _ids(case, "goods"),
    }
    words = {"hub": "hubs or handling", "trade": "goods", "mode": "the modes of services"}
    for row, grant in enumerate(case.grants):
        known = by_kind.get(grant.kind)
        if known is not None and grant.resource and grant.resource != "*" and grant.resource not in known:
            message = f"{grant.resource!r} is not in {words.get(grant.kind, 'services')}"
            message += did_you_mean(grant.resource, known)
            yield Fault(
                table="grants",
                row=row,
                column="resource",
                code="unknown-id",
                message=message,
                also=("kind",),
                ref="services",
            )
    clock = _clock(case)
    places = services | hubs | handling
    for table in ("events", "projects"):
        for row, item in enumerate(getattr(case, table)):
            if item.resource and item.resource not in places:
                message = f"{item.resource!r} is not in hubs, handling or services{did_you_mean(item.resource, places)}"
                yield Fault(table=table, row=row, column="resource", code="unknown-id", message=message, ref="services")
    for row, event in enumerate(case.events):
        minutes = []
        for column in ("starts", "ends"):
            minute, problem = _minute(clock, getattr(event, column), "")
            minutes.append(minute)
            if problem:
                yield Fault(table="events", row=row, column=column, code="bad-time", message=problem)
        if minutes[0] is not None and minutes[1] is not None and minutes[1] < minutes[0]:
            message = f"found {event.ends!r}, expected {event.starts!r} or later"
            yield Fault(
                table="events", row=row, column="ends", code="ends-before-starts", message=message, also=("starts",)
            )


def check_scenarios(case: Case) -> Iterator[Fault]:
    """Check that patches name a cell."""
    ids: dict[str, set[str]] = {}
    tables = [table for table in ATTRIBUTES if table != "scenarios"]
    for row, patch in enumerate(case.scenarios):

        def fault(column: str, message: str, *also: str, ref: str = "", row: int = row) -> Fault:
            return Fault(
                table="scenarios", row=row, column=column, code="unknown-id", message=message, also=also, ref=ref
            )

        if patch.table == "case":
            continue
        if patch.table not in tables:
            yield fault("table", f"{patch.table!r} is not a table{did_you_mean(patch.table, tables)}")
            continue
        attributes = ATTRIBUTES[patch.table]
        if patch.table not in ids:
            ids[patch.table] = _ids(case, patch.table)
        if sum(attribute.key for attribute in attributes) == 1 and patch.key not in ids[patch.table]:
            message = f"{patch.key!r} is not in {patch.table}{did_you_mean(patch.key, ids[patch.table])}"
            yield fault("key", message, "table", ref=patch.table)
        names = [attribute.name for attribute in attributes]
        if not any(
            re.fullmatch(re.escape(name).replace("<dim>", "[a-z][a-z0-9_]*"), patch.column_name) for name in names
        ):
            message = f"{patch.column_name!r} is not a column of {patch.table}{did_you_mean(patch.column_name, names)}"
            yield fault("column", message, "table")
