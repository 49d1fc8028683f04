"""Workbooks to look at: sheets with frozen headers, filters, widths and number formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from landbridge.errors import OutputError
from landbridge.tables.workbook import MAX_ROWS, MAX_TEXT

Style = Literal["text", "number", "whole", "money", "part", "time"]

_FORMATS = {"number": "#,##0.##", "whole": "#,##0", "money": "#,##0.00", "part": "0.0%", "time": "yyyy-mm-dd hh:mm"}
_WIDTHS = {"text": 16, "number": 12, "whole": 10, "money": 15, "part": 9, "time": 17}
_WIDEST = 60
_SAMPLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column: its header, how its cells are shown, and the cells; None is a blank, times have no offset."""

    header: str
    style: Style = "text"
    cells: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: its name and columns of one length."""

    name: str
    columns: Sequence[SheetColumn]


def write_sheets(sheets: Sequence[Sheet], path: Path) -> None:
    """
    Write a workbook of sheets that can be filtered and sorted.

    Raises
    ------
    OutputError
        When a table has more rows than a sheet may have, or the file cannot be written.
    """
    for sheet in sheets:
        if len(sheet.columns[0].cells) > MAX_ROWS:
            raise OutputError(f"{path.name}: {sheet.name} has more rows than a sheet may have, {MAX_ROWS}")
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2026, 1, 1)})  # the same run gives the same file
    header = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {style: book.add_format({"num_format": text}) for style, text in _FORMATS.items()}
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name[:31]), sheet, header, formats)
    try:
        book.close()
    except xlsxwriter.exceptions.XlsxWriterException as error:
        cause = error.__cause__ or error.__context__
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from error


def _write_sheet(page: Any, sheet: Sheet, header: Any, formats: dict[str, Any]) -> None:
    num_rows = len(sheet.columns[0].cells)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(1, num_rows), len(sheet.columns) - 1)
    for index, column in enumerate(sheet.columns):
        page.write_string(0, index, column.header, header)
        page.set_column(index, index, _width(column), formats.get(column.style))
        for row, cell in enumerate(column.cells, start=1):
            if cell is None or cell == "":
                continue
            if column.style == "text":
                page.write_string(row, index, str(cell)[:MAX_TEXT])
            elif column.style == "time":
                page.write_datetime(row, index, cell, formats["time"])
            else:
                page.write_number(row, index, float(cell), formats[column.style])


def _width(column: SheetColumn) -> float:
    """Wide enough for most of the texts; long ones are cut off on the screen only."""
    if column.style != "text":
        return max(_WIDTHS[column.style], min(len(column.header), 20) * 0.8)
    longest = max((_length(str(cell)) for cell in column.cells[:_SAMPLE] if cell is not None), default=0)
    return min(_WIDEST, max(10, min(_length(column.header), 24), longest + 1))


def _length(text: str) -> float:
    """Width of a text in digits; Chinese characters are twice as wide."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
