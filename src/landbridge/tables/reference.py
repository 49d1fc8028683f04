"""The reference page and the schema of a case, both from the attribute table."""

from __future__ import annotations

import inspect
from typing import Any

from landbridge.model.case import ATTRIBUTES, RATES, REQUIRED_TABLES, ROW_TYPES, SETTINGS
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import range_text
from landbridge.tables.cells import format_cell

_KIND_WORDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.INTEGER: "whole number",
    Kind.FLAG: "0 or 1",
    Kind.TIME: "time",
    Kind.DAYS: "weekdays",
    Kind.WORDS: "words",
    Kind.ROUTE: "route `A>B>C`",
    Kind.LEGS: "numbers `10>14`",
    Kind.OWNER: "owner",
    Kind.AMOUNTS: "number",
}

_INTRODUCTION = """\
# Tables of a case

<!-- Written by `python -m landbridge.tables docs/reference/tables.md`; change src/landbridge/model/case.py instead. -->

A case is a folder with `case.toml` and one `.csv` or `.parquet` file a table, or one `.xlsx` workbook with a sheet a
table, a sheet `case` of keys and values, and a sheet `rates`. Tables marked * are required. Ids are texts. A blank cell
takes the default. Units are in the names of the columns; `money` is in the case's currency. Files are UTF-8, numbers
have a decimal point, every row stands on one line.

- **time**: ISO 8601 (`2026-11-02T08:00`), or a weekday and hour (`Mon 08:00`, `Mon 08:00 +1w`), or hours after ready
  (`+48h`).
- **weekdays**: `Mon Thu`, `1-5`, `daily`.
- **owner**: a party; several with their shares, `a:0.5 b:0.5`; or several jointly, `a+b`.
- **words**: separated by blanks.
"""


def reference_page() -> str:
    """Markdown page of all tables and columns."""
    lines = [_INTRODUCTION, "## case.toml*", "", "Settings of the case as a whole.", "", *_rows(SETTINGS, "key")]
    lines += ["", "Each of `[[rates]]` is an exchange rate that was used:", "", *_rows(RATES, "key")]
    for table, attributes in ATTRIBUTES.items():
        star = "*" if table in REQUIRED_TABLES else ""
        lines += ["", f"## {table}{star}", "", _purpose(table), "", *_rows(attributes, "column")]
    return "\n".join(lines) + "\n"


def _purpose(table: str) -> str:
    return " ".join((inspect.getdoc(ROW_TYPES[table]) or "").split())


def _rows(attributes: tuple[Attribute, ...], first: str) -> list[str]:
    lines = [f"| {first} | type | unit | range | default | meaning |", "|---|---|---|---|---|---|"]
    for attribute in attributes:
        cells = [
            f"`{attribute.name}`" + (" (key)" if attribute.key else ""),
            _KIND_WORDS[attribute.kind] + (f", id of [{attribute.ref}](#{attribute.ref})" if attribute.ref else ""),
            attribute.unit,
            " ".join(f"`{word}`" for word in attribute.choices)
            or range_text(attribute).removesuffix(f" {attribute.unit}"),
            _default_text(attribute),
            attribute.description,
        ]
        lines.append(
            "| "
            + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") if "`" not in cell else cell for cell in cells)
            + " |"
        )
    return lines


def _default_text(attribute: Attribute) -> str:
    if attribute.required:
        return "required"
    text = format_cell(attribute.kind, attribute.default) if attribute.kind is not Kind.AMOUNTS else ""
    return f"`{text}`" if text else "blank"


def json_schema() -> dict[str, Any]:
    """
    JSON Schema of a case written as one object: ``case`` and one array of rows a table.

    Cells have the types of the tables: a blank optional cell is null or left out, routes and the like are texts.
    """
    tables = {
        table: {
            "type": "array",
            "description": _purpose(table),
            "items": _object(attributes),
            **({"minItems": 1} if table in REQUIRED_TABLES else {}),
        }
        for table, attributes in ATTRIBUTES.items()
    }
    settings = _object(SETTINGS)
    settings["properties"]["rates"] = {"type": "array", "items": _object(RATES)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Landbridge case",
        "description": "All input data of a plan, schema version 1.",
        "type": "object",
        "properties": {"case": settings, **tables},
        "required": ["case", *REQUIRED_TABLES],
        "additionalProperties": False,
    }


def _object(attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    plain = [attribute for attribute in attributes if attribute.kind is not Kind.AMOUNTS]
    families = [attribute for attribute in attributes if attribute.kind is Kind.AMOUNTS]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {attribute.name: _property(attribute) for attribute in plain},
        "required": [attribute.name for attribute in plain if attribute.required],
        "additionalProperties": False,
    }
    if families:
        schema["patternProperties"] = {
            "^" + attribute.name.replace("<dim>", "[a-z][a-z0-9_]*") + "$": _property(attribute)
            for attribute in families
        }
    return schema


def _property(attribute: Attribute) -> dict[str, Any]:
    types = {Kind.NUMBER: "number", Kind.AMOUNTS: "number", Kind.INTEGER: "integer", Kind.FLAG: "boolean"}
    name = types.get(attribute.kind, "string")
    schema: dict[str, Any] = {
        "type": name if attribute.required else [name, "null"],
        "description": attribute.description,
    }
    if attribute.choices:
        schema["enum"] = [*attribute.choices, *([] if attribute.required else [None, ""])]
    if attribute.kind in types:
        if attribute.low is not None:
            schema["exclusiveMinimum" if attribute.above else "minimum"] = attribute.low
        if attribute.high is not None:
            schema["maximum"] = attribute.high
    if attribute.unit:
        schema["x-unit"] = attribute.unit
    if attribute.ref:
        schema["x-ref"] = attribute.ref
    if not attribute.required and attribute.kind is not Kind.AMOUNTS and attribute.default is not None:
        is_text = name == "string"
        schema["default"] = format_cell(attribute.kind, attribute.default) if is_text else attribute.default
    return schema
