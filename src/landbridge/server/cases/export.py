"""A case as files: what the viewer sees, with nothing in it that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landbridge.model.case import ATTRIBUTES, REQUIRED_TABLES, SETTINGS
from landbridge.model.columns import Kind
from landbridge.server.cases.files import defuse
from landbridge.server.store.rows import StoredRow
from landbridge.tables.cells import format_cell
from landbridge.tables.columns import match_column
from landbridge.tables.filtered import Sheet, SheetColumn, write_sheets
from landbridge.tables.settings import Places, settings_of, write_toml

_NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.AMOUNTS, Kind.FLAG})


def export_csv(settings: Mapping[str, Any], rows: Sequence[StoredRow]) -> bytes:
    """Give a zip of ``case.toml`` and a CSV file a table."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case.toml", _toml(settings))
        for table, found in _by_table(rows).items():
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            columns = _columns_of(table, found)
            writer.writerow(columns)
            writer.writerows([defuse(row.cells.get(column, "")) for column in columns] for row in found)
            archive.writestr(f"{table}.csv", text.getvalue().encode())
    return packed.getvalue()


def export_workbook(settings: Mapping[str, Any], rows: Sequence[StoredRow]) -> bytes:
    """Give a workbook with a sheet a table; texts are written as texts, so that none is a formula."""
    keys = [item.name for item in SETTINGS]
    texts = [format_cell(item.kind, settings.get(item.name, item.default)) for item in SETTINGS]
    sheets = [
        Sheet(name="case", columns=[SheetColumn(header="key", cells=keys), SheetColumn(header="value", cells=texts)])
    ]
    rates = settings.get("rates") or []
    names = ("currency", "per_unit", "date", "source")
    if rates:
        columns = [SheetColumn(header=name, cells=[str(rate.get(name, "")) for rate in rates]) for name in names]
        sheets.append(Sheet(name="rates", columns=columns))
    for table, found in _by_table(rows).items():
        sheets.append(
            Sheet(name=table, columns=[_sheet_column(table, name, found) for name in _columns_of(table, found)])
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.xlsx"
        write_sheets(sheets, file)
        return file.read_bytes()


def _toml(settings: Mapping[str, Any]) -> str:
    found, _, _, _ = settings_of(dict(settings), Places("case", {}))
    return write_toml(found)


def _by_table(rows: Sequence[StoredRow]) -> dict[str, list[StoredRow]]:
    found: dict[str, list[StoredRow]] = {table: [] for table in ATTRIBUTES}
    for row in rows:
        found[row.table].append(row)
    return {table: some for table, some in found.items() if some or table in REQUIRED_TABLES}


def _columns_of(table: str, rows: Sequence[StoredRow]) -> list[str]:
    """Columns that hold something, and those a table cannot do without, in their order."""
    used = {name for row in rows for name in row.cells}
    used |= {item.name for item in ATTRIBUTES[table] if item.required or item.key}
    order = {item.name: place for place, item in enumerate(ATTRIBUTES[table])}

    def place(name: str) -> tuple[int, str]:
        attribute = match_column(name, ATTRIBUTES[table])
        return (order[attribute.name] if attribute else len(order), name)

    return sorted(used, key=place)


def _sheet_column(table: str, name: str, rows: Sequence[StoredRow]) -> SheetColumn:
    attribute = match_column(name, ATTRIBUTES[table])
    texts = [row.cells.get(name) for row in rows]
    if attribute is not None and attribute.kind in _NUMBERS:
        try:
            numbers = [None if text is None else float(text) for text in texts]
        except ValueError:
            return SheetColumn(header=name, cells=texts)
        return SheetColumn(header=name, style="number", cells=numbers)
    return SheetColumn(header=name, cells=texts)
