"""Workbooks: a case as .xlsx, with help in the header, drop-downs, and a blank one to start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from landbridge.errors import OutputError
from landbridge.model.case import ATTRIBUTES, RATES, SETTINGS, Good, Hub, Order, Region, Service, Settings, TimetableRow
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import range_text
from landbridge.tables.atomic import whole_file
from landbridge.tables.cells import format_cell, format_number
from landbridge.tables.layout import TableColumn
from landbridge.tables.settings import setting_rows
from landbridge.tables.sheets import column_letters

MAX_ROWS = 1_048_575
MAX_TEXT = 32_767
_LIST_ROWS = 2000
_NUMBERS = frozenset({Kind.NUMBER, Kind.AMOUNTS, Kind.INTEGER, Kind.FLAG})

EXAMPLE: dict[str, tuple[Any, ...]] = {
    "regions": (
        Region(region="north", name="North bank", country="XA"),
        Region(region="south", name="South bank", country="XB"),
    ),
    "hubs": (
        Hub(hub="northport", region="north", name="North port", lat=50.0, lon=127.0),
        Hub(hub="southport", region="south", name="South port", lat=49.0, lon=127.5),
    ),
    "goods": (
        Good(good="parcels", name="Parcels", per_unit={"t": 1.0, "m3": 5.0}, handling_class="parcel"),
        Good(good="soybeans", name="Soybeans", per_unit={"t": 1.0}, handling_class="bulk"),
    ),
    "services": (
        Service(
            service="truck",
            mode="road",
            route=("northport", "southport"),
            travel_h=(5.0,),
            distance_km=(200.0,),
            capacity={"t": 20.0, "m3": 80.0},
            run_cost=400.0,
            cost_per_t=(2.0,),
            max_runs=2,
        ),
        Service(
            service="truck back",
            mode="road",
            route=("southport", "northport"),
            travel_h=(5.0,),
            distance_km=(200.0,),
            capacity={"t": 20.0, "m3": 80.0},
            run_cost=400.0,
            cost_per_t=(2.0,),
        ),
    ),
    "timetable": (
        TimetableRow(service="truck", days="Mon Thu", depart="08:00"),
        TimetableRow(service="truck back", days="Tue Fri", depart="08:00"),
    ),
    "orders": (
        Order(
            order="1",
            party="north",
            good="parcels",
            qty=8.0,
            from_hub="northport",
            to_hub="southport",
            price_per_unit=100.0,
            due="+72h",
            unserved_cost_per_unit=20.0,
        ),
        Order(order="2", party="south", good="soybeans", qty=15.0, from_hub="southport", price_per_unit=300.0),
        Order(order="3", party="north", good="soybeans", qty=12.0, to_hub="northport", price_per_unit=380.0),
    ),
}
"""Rows of the blank workbook: a case of two trucks and three orders that can be planned as it is."""


def write_workbook(settings: Settings, tables: Mapping[str, Sequence[TableColumn]], path: Path) -> None:
    """Write a workbook: the sheets ``case`` and ``rates`` and one sheet a table."""
    for table, columns in tables.items():
        if columns and len(columns[0].values) > MAX_ROWS:
            raise OutputError(
                f"{path.name}: {table} has more rows than a sheet may have, {MAX_ROWS}; write CSV or Parquet"
            )
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2026, 1, 1)})  # the same case gives the same file
    formats = {
        "header": book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1}),
        "required": book.add_format({"bold": True, "bg_color": "#F8CBAD", "bottom": 1}),
        "text": book.add_format({"num_format": "@"}),
    }
    _write_settings(book, formats, settings)
    letters = {
        table: {column.name: column_letters(i) for i, column in enumerate(columns)} for table, columns in tables.items()
    }
    for table, columns in tables.items():
        sheet = book.add_worksheet(table)
        sheet.freeze_panes(1, 1)
        for index, column in enumerate(columns):
            _write_header(sheet, formats, index, column.name, column.attribute)
            _write_cells(sheet, formats, index, column)
            _add_dropdown(sheet, index, column.attribute, letters)
    try:
        book.close()
    except xlsxwriter.exceptions.XlsxWriterException as error:
        cause = error.__cause__ or error.__context__
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from error


def blank_workbook(path: Path) -> None:
    """
    Write a workbook to fill in: every table and column, explained, with a few example rows.

    The header of a column has a comment with its meaning, unit, range and
    default; columns with few choices, and those that name the row of another
    sheet, have a drop-down. The example rows are a case that can be planned.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    """
    tables: dict[str, list[TableColumn]] = {}
    for table, attributes in ATTRIBUTES.items():
        rows = EXAMPLE.get(table, ())
        tables[table] = []
        for attribute in attributes:
            values = [getattr(row, attribute.field) for row in rows]
            if attribute.kind is Kind.AMOUNTS:
                for dimension in ("t", "m3", "seats"):
                    name = attribute.name.replace("<dim>", dimension)
                    cells = [amounts.get(dimension) for amounts in values]
                    tables[table].append(TableColumn(name, attribute.of(dimension), cells))
            else:
                optional = not attribute.required
                cells = [None if optional and value == attribute.default else value for value in values]
                tables[table].append(TableColumn(attribute.name, attribute, cells))
    with whole_file(Path(path)) as file:
        write_workbook(Settings(name="My case"), tables, file)


def help_text(attribute: Attribute) -> str:
    """Comment of a header: meaning, unit, range, default."""
    parts = [attribute.description]
    if attribute.unit:
        parts.append(f"Unit: {attribute.unit}.")
    if range_text(attribute):
        parts.append(f"Range: {range_text(attribute)}.")
    if attribute.choices:
        parts.append(f"One of: {', '.join(attribute.choices)}.")
    if attribute.ref:
        parts.append(f"Ids of the sheet {attribute.ref}.")
    default = "" if attribute.required else format_cell(attribute.kind, attribute.default or None)
    parts.append("Required." if attribute.required else f"Default: {default}." if default else "May be blank.")
    return "\n".join(parts)


def _write_settings(book: Any, formats: Mapping[str, Any], settings: Settings) -> None:
    sheet = book.add_worksheet("case")
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, 2, 80)
    sheet.write_row(0, 0, ["key", "value", "meaning"], formats["header"])
    for row, ((key, value), attribute) in enumerate(zip(setting_rows(settings), SETTINGS, strict=True), start=1):
        sheet.write_string(row, 0, key)
        _write_text(sheet, row, 1, value, formats["text"])
        sheet.write_string(row, 2, attribute.description)
    sheet = book.add_worksheet("rates")
    for index, attribute in enumerate(RATES):
        _write_header(sheet, formats, index, attribute.name, attribute)
        for row, rate in enumerate(settings.rates, start=1):
            _write_text(sheet, row, index, format_cell(attribute.kind, getattr(rate, attribute.name)), formats["text"])


def _write_header(sheet: Any, formats: Mapping[str, Any], index: int, name: str, attribute: Attribute) -> None:
    sheet.write_string(0, index, name, formats["required" if attribute.required else "header"])
    sheet.write_comment(0, index, help_text(attribute), {"x_scale": 2.5, "y_scale": 2})
    sheet.set_column(index, index, max(10, len(name) + 2), None if attribute.kind in _NUMBERS else formats["text"])


def _write_cells(sheet: Any, formats: Mapping[str, Any], index: int, column: TableColumn) -> None:
    if column.attribute.kind not in _NUMBERS:
        for row, text in enumerate(column.texts(), start=1):
            if text:
                _write_text(sheet, row, index, text, formats["text"])
        return
    for row, value in enumerate(column.values, start=1):
        if value is not None:
            number = float(value)
            if float(f"{number:.16G}") == number:
                sheet.write_number(row, index, number)
            else:  # the format of workbooks holds 16 digits, this number has 17
                sheet.write_string(row, index, format_number(number))


def _write_text(sheet: Any, row: int, index: int, text: str, cell_format: Any) -> None:
    if len(text) > MAX_TEXT:
        raise OutputError(
            f"a text of {len(text)} characters is longer than a cell may be, {MAX_TEXT}; write CSV or Parquet"
        )
    if text:
        sheet.write_string(row, index, text, cell_format)


def _add_dropdown(sheet: Any, index: int, attribute: Attribute, letters: Mapping[str, Mapping[str, str]]) -> None:
    if attribute.choices:
        source: Any = list(attribute.choices)
    elif attribute.kind is Kind.FLAG:
        source = ["0", "1"]
    elif attribute.ref and attribute.kind is Kind.TEXT and attribute.ref in letters:
        key = next(item.name for item in ATTRIBUTES[attribute.ref] if item.key)
        letter = letters[attribute.ref][key]
        source = f"={attribute.ref}!${letter}$2:${letter}${_LIST_ROWS}"
    else:
        return
    sheet.data_validation(
        1,
        index,
        _LIST_ROWS,
        index,
        {
            "validate": "list",
            "source": source,
            "error_type": "warning",
            "error_title": "Not in the list",
            "error_message": "Landbridge will not find this value. Keep it all the same?",
        },
    )
