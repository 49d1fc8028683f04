"""Write a case as a folder of CSV: only columns that say something, one row a line, the same bytes each time."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landbridge.model.case import ATTRIBUTES, Case, Settings
from landbridge.model.columns import Attribute, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A case as it is being built: settings, rows by table, and the text of its README."""

    settings: Settings
    tables: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    readme: str = ""


def case_of(draft: Draft) -> Case:
    """The draft as a case."""
    return Case(settings=draft.settings, **{table: tuple(rows) for table, rows in draft.tables.items()})


def write_draft(draft: Draft, folder: Path) -> None:
    """Write ``case.toml``, a CSV for each table with rows, and ``README.md``; other files stay untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(settings_text(draft.settings), encoding="utf-8", newline="\n")
    for table, rows in draft.tables.items():
        if rows:
            (folder / f"{table}.csv").write_text(table_text(table, rows), encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(draft.readme, encoding="utf-8", newline="\n")


def settings_text(settings: Settings) -> str:
    """The TOML of a case's settings."""
    lines = [
        f'name = "{settings.name}"',
        f'start = "{settings.start}"',
        f"horizon_h = {_number(settings.horizon_h)}",
        f"cyclic = {'true' if settings.cyclic else 'false'}",
        f'currency = "{settings.currency}"',
        f'timezone = "{settings.timezone}"',
        f"co2_cost_per_t = {_number(settings.co2_cost_per_t)}",
        f"schema_version = {settings.schema_version}",
    ]
    for rate in settings.rates:
        lines += [
            "",
            "[[rates]]",
            f'currency = "{rate.currency}"',
            f"per_unit = {_number(rate.per_unit)}",
            f'date = "{rate.date}"',
            f'source = "{rate.source}"',
        ]
    return "\n".join(lines) + "\n"


def table_text(table: str, rows: Sequence[Any]) -> str:
    """The CSV of a table; a column in which every row has the default is left out, unless it is required."""
    columns = _columns(table, rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([name for name, _, _ in columns])
    for row in rows:
        writer.writerow([_cell(row, attribute, dimension) for _, attribute, dimension in columns])
    return buffer.getvalue()


def _columns(table: str, rows: Sequence[Any]) -> list[tuple[str, Attribute, str]]:
    columns = []
    for attribute in ATTRIBUTES[table]:
        if attribute.kind is Kind.AMOUNTS:
            dimensions = dict.fromkeys(name for row in rows for name in getattr(row, attribute.field))
            columns += [(attribute.name.replace("<dim>", name), attribute, name) for name in dimensions]
        elif attribute.required or any(_cell(row, attribute, "") for row in rows):
            columns.append((attribute.name, attribute, ""))
    return columns


def _cell(row: Any, attribute: Attribute, dimension: str) -> str:
    value = getattr(row, attribute.field)
    if attribute.kind is Kind.AMOUNTS:
        amount = value.get(dimension)
        return "" if amount is None else _number(amount)
    if value == attribute.default and not attribute.required:
        return ""
    match attribute.kind:
        case Kind.ROUTE:
            return ">".join(value)
        case Kind.LEGS:
            return ">".join(_number(part) for part in value)
        case Kind.WORDS:
            return " ".join(value)
        case Kind.FLAG:
            return "1" if value else "0"
        case Kind.NUMBER | Kind.INTEGER:
            return "" if value is None else _number(value)
        case _:
            return str(value)


def _number(value: float) -> str:
    text = f"{value:.10g}"
    if "e" in text or "E" in text:
        text = f"{value:f}".rstrip("0").rstrip(".")
    return text
