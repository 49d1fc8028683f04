"""Rules of words that have no table of their own: modes, handling classes, countries, dimensions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.faults import Fault, did_you_mean

KNOWN_MODES = ("rail", "road", "sea", "air", "pipeline")


ORIGINS = ("observed", "derived", "assumed")
KNOWN_CLASSES = ("general", "chilled", "frozen", "bulk", "oversize", "parcel", "gas", "person")


WRONG_DIMENSIONS = {
    "t": ("kg", "g", "lb", "lbs", "ton", "tons", "tonne", "tonnes", "kt", "mt"),
    "m3": ("l", "litre", "litres", "liter", "liters", "cm3", "dm3", "ft3", "cbm", "cubic_m"),
    "seats": ("seat", "persons", "pax", "passengers"),
}
"""Spellings of a dimension that would silently be a dimension of their own, by the one that is meant."""


_DIMENSION = re.compile(r"[a-z][a-z0-9_]*")


_COUNTRY = re.compile(r"[A-Z]{2}")


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
                    table="services", row=row, column="accepts", code="unknown-class", message=message, refs=("goods",)
                )
    for row, item in enumerate(case.handling):
        for column, extra in (("from_mode", "start"), ("to_mode", "end")):
            mode = getattr(item, column)
            known = modes.union(KNOWN_MODES, (extra,))
            if mode and mode not in known:
                message = f"no service has the mode {mode!r}{did_you_mean(mode, known)}"
                yield Fault(
                    table="handling", row=row, column=column, code="unknown-mode", message=message, refs=("services",)
                )
        if item.handling_class and item.handling_class not in known_classes:
            message = f"no good has the handling class {item.handling_class!r}"
            message += did_you_mean(item.handling_class, known_classes)
            yield Fault(
                table="handling",
                row=row,
                column="handling_class",
                code="unknown-class",
                message=message,
                refs=("goods",),
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


def check_origins(case: Case) -> Iterator[Fault]:
    """Check where numbers come from: one word for the row, then ``column:word`` for exceptions."""
    for table, attributes in ATTRIBUTES.items():
        if not any(attribute.name == "origin" for attribute in attributes):
            continue
        values = [row.origin for row in getattr(case, table)]
        names = [attribute.name for attribute in attributes]
        bad = {value: problem for value in set(values) if (problem := _origin_problem(value, names))}
        for row, value in enumerate(values) if bad else ():
            if value in bad:
                yield Fault(table=table, row=row, column="origin", code="bad-origin", message=bad[value])


def _origin_problem(text: str, names: Sequence[str]) -> str:
    for word in text.split():
        column, _, origin = word.rpartition(":")
        if origin not in ORIGINS:
            return f"found {word!r}{did_you_mean(origin, ORIGINS)}"
        if column and not any(re.fullmatch(re.escape(name).replace("<dim>", "[a-z0-9_]+"), column) for name in names):
            return f"found {word!r}, expected a column before the colon{did_you_mean(column, names)}"
    return ""


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
