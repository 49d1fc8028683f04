"""Workbooks as text: the sheets of an .xlsx, cell by cell, with the place of each."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
import polars as pl

from landbridge.errors import Finding
from landbridge.tables.raw import RawTable, set_columns

_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3}\d{1,7})"')
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ROUNDED_TO = 1e-9
_CLOCK = re.compile(r"(?:1899-12-3[01] )?(\d\d:\d\d)(?::\d\d(?:\.0+)?)?")


class BadWorkbook(ValueError):
    """A file that is not a workbook; carries the one finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def column_letters(index: int) -> str:
    """Letters of a column, 0 = A, 26 = AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_sheets(path: Path) -> dict[str, list[list[str]]]:
    """
    Read every sheet of a workbook as rows of text, the first row being row 1.

    Raises
    ------
    BadWorkbook
        When the file is not a workbook, or a formula in it gave an error.
    """
    try:
        workbook = fastexcel.read_excel(path.read_bytes())
        sheets = {name: _cells(workbook, name) for name in workbook.sheet_names}
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadWorkbook(
            Finding(
                where=path.name,
                message=f"not a workbook that can be read ({reason}); save it as .xlsx again",
                code="unreadable-table",
            )
        ) from error
    return sheets


def _cells(workbook: Any, name: str) -> list[list[str]]:
    """
    Texts of a sheet.

    The library rounds numbers to nine decimals when it writes them as text, so
    the sheet is read as numbers too, and the full number wins where the text
    is its rounding.
    """
    texts = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    numbers = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="float").to_polars()
    columns = [
        [_full(text, number) for text, number in zip(texts.to_series(i), numbers.to_series(i), strict=True)]
        for i in range(texts.width)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _full(text: str | None, number: float | None) -> str:
    if text is None:
        return ""
    text = text.strip()
    if number is None:
        clock = _CLOCK.fullmatch(text)  # a cell formatted as a time of day
        return clock[1] if clock else text
    try:
        rounded = float(text)
    except ValueError:
        return text
    if rounded != number and abs(rounded - number) <= _ROUNDED_TO:
        return repr(number)
    return text


def error_cells(path: Path) -> dict[str, list[str]]:
    """Cells of each sheet whose formula gave an error; the library would take them for blank."""
    found: dict[str, list[str]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            targets = {
                relation.get("Id", ""): relation.get("Target", "")
                for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")).iter(_RELATIONS)
            }
            for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(_MAIN):
                target = targets.get(sheet.get(_RELATION_ID, ""), "")
                part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
                cells = _ERROR_CELL.findall(archive.read(part))
                found[sheet.get("name", "")] = [cell.decode() for cell in cells]
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, OSError, ValueError):
        return found  # what the library could read but we cannot has no findings here
    return found


def table_of(source: str, rows: list[list[str]]) -> RawTable:
    """Table of a sheet; row 1 is the header, rows without content are passed over."""
    table = RawTable(source=source, letters={})
    if not rows or not any(rows[0]):
        if any(any(row) for row in rows):
            table.damaged = True
            table.find("missing-header", "row 1 is blank, expected the names of the columns", where=f"{source}!A1")
        return table
    names = rows[0]
    kept = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
    letters: dict[str, str] = {}
    for index, name in enumerate(names):
        letters.setdefault(name, column_letters(index))
    table.letters = letters
    for number, row in kept:
        for index, cell in enumerate(row):
            if "\n" in cell or "\r" in cell:
                table.find(
                    "quoted-newline",
                    "the cell holds a line break, expected one line; put the text on one line",
                    where=f"{source}!{column_letters(index)}{number}",
                    column=names[index],
                )
    columns = [list(column) for column in zip(*(row for _, row in kept), strict=True)] or [[] for _ in names]
    set_columns(table, names, columns, [number for number, _ in kept])
    return table
