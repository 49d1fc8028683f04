"""Files that are sent: CSV and workbooks, read without trusting anything they say of themselves."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from landbridge.model.case import ATTRIBUTES
from landbridge.server.errors import Refused
from landbridge.tables.columns import explain_column, match_column
from landbridge.tables.raw import RawTable, read_csv
from landbridge.tables.sheets import BadWorkbook, error_cells, read_sheets, table_of

MOST_PARTS = 2000
MOST_CELLS = 20_000_000
"""Parts of a workbook, and cells of the rectangle that a sheet spans: a cell far out would make all of it."""

_CELL = re.compile(rb'\b(?:r|ref)="(?:[A-Z]{1,3}\d{1,7}:)?([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\br="(\d{1,7})"')
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]|\+\d+(\.\d+)?h")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRows:
    """
    Rows of one table of a file.

    Parameters
    ----------
    columns
        Columns of the table that the file has.
    rows
        Line of the file and texts by column; a blank is an empty text.
    problems
        What is wrong with the table itself, in words, with the place.
    """

    table: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[int, dict[str, str]], ...] = ()
    problems: list[dict[str, str]] = field(default_factory=list)


def defuse(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula; numbers and ``+48h`` are none."""
    if text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def undefuse(text: str) -> str:
    """Take the apostrophe away again."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def read_upload(name: str, content: bytes, table: str, max_unpacked: int) -> list[FileRows]:
    """
    Read a file that somebody sent.

    Parameters
    ----------
    name
        What the sender calls it: tells CSV from workbook and, of a CSV, the table; never a path.
    table
        Table of a CSV; blank: by the name.
    max_unpacked
        Most bytes a workbook may hold once unpacked.

    Raises
    ------
    Refused
        415 for other files, 422 for what cannot be read, 413 for what is larger than it looks.
    """
    base = re.split(r"[\\/]", name)[-1].strip()
    stem, _, suffix = base.rpartition(".")
    with tempfile.TemporaryDirectory() as folder:
        if suffix.lower() == "csv":
            chosen = table or stem.lower()
            if chosen not in ATTRIBUTES:
                message = f"no table {chosen!r:.60}; name the file as the table, or send ?table=; one of "
                raise Refused(422, "unknown-table", message + ", ".join(ATTRIBUTES), entity="table")
            file = Path(folder) / f"{chosen}.csv"
            file.write_bytes(content)
            return [_rows_of(chosen, read_csv(file))]
        if suffix.lower() == "xlsx":
            file = Path(folder) / "upload.xlsx"
            file.write_bytes(repack(content, max_unpacked))
            return _read_workbook(file, table)
    raise Refused(415, "unknown-file", "expected a .csv or an .xlsx file", entity="file")


def repack(content: bytes, max_unpacked: int) -> bytes:
    """
    Write a workbook anew from what its parts really hold.

    Sizes that it declares are not believed: each part is unpacked here, up to the limit, and stored. So the library
    that reads it later meets no bomb, no odd name and no sheet of a billion cells.
    """
    packed = io.BytesIO()
    left = max_unpacked
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as safe:
            infos = archive.infolist()
            if len(infos) > MOST_PARTS or len({info.filename for info in infos}) < len(infos):
                raise _unsafe("it has too many parts, or two of one name")
            for info in infos:
                if info.is_dir():
                    continue
                if info.filename.startswith(("/", "\\")) or ".." in re.split(r"[\\/]", info.filename):
                    raise _unsafe("the name of a part leaves the file")
                with archive.open(info) as part:
                    text = part.read(left + 1)
                left -= len(text)
                if left < 0:
                    message = f"unpacked it is larger than {max_unpacked / 1e6:g} MB"
                    raise Refused(413, "too-large-unpacked", message, entity="file")
                if _DECLARES.search(text):
                    raise _unsafe("a part declares entities, which no spreadsheet does")
                if info.filename.startswith("xl/worksheets/"):
                    _refuse_vast(text)
                safe.writestr(info.filename, text)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise _unsafe("it is not a whole .xlsx file; save it again") from error
    return packed.getvalue()


def _refuse_vast(sheet: bytes) -> None:
    last_row = max([int(row) for row in _ROW.findall(sheet)], default=0)
    last_column = 0
    for letters, row in _CELL.findall(sheet):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        last_column, last_row = max(last_column, column), max(last_row, int(row))
    if last_column * last_row > MOST_CELLS:
        raise _unsafe("a sheet spans more cells than can be read; remove what stands far out, and save it again")


def _unsafe(reason: str) -> Refused:
    return Refused(422, "unreadable-file", f"the workbook cannot be read: {reason}", entity="file")


def _read_workbook(file: Path, only: str) -> list[FileRows]:
    try:
        sheets = read_sheets(file)
    except BadWorkbook as error:
        raise Refused(422, "unreadable-file", error.finding.message, entity="file") from error
    found = []
    errors = error_cells(file)
    for table in ATTRIBUTES:
        if table in sheets and only in ("", table):
            rows = _rows_of(table, table_of(table, sheets[table]))
            rows.problems.extend(
                {"code": "formula-error", "where": f"{table}!{cell}", "message": "the formula gives an error; mend it"}
                for cell in errors.get(table, ())[:20]
            )
            found.append(rows)
    if not found:
        message = f"no sheet is named as a table; expected {', '.join(ATTRIBUTES)}"
        raise Refused(422, "no-table", message, entity="file")
    return found


def _rows_of(table: str, raw: RawTable) -> FileRows:
    problems = [{"code": item.code, "where": item.where, "message": item.message} for item in raw.findings[:50]]
    known = []
    for column in raw.columns:
        if match_column(column, ATTRIBUTES[table]) is None:
            code, message = explain_column(column, ATTRIBUTES[table])
            problems.append({"code": code, "where": table, "message": message})
        else:
            known.append(column)
    texts = [[undefuse(text) for text in raw.columns[column]] for column in known]
    rows = zip(raw.lines, zip(*texts, strict=True), strict=True) if known else []
    return FileRows(
        table=table,
        columns=tuple(known),
        rows=tuple((int(line), dict(zip(known, cells, strict=True))) for line, cells in rows),
        problems=problems,
    )
