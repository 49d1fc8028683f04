"""Tables as text, with the place of every cell: what a file holds before it is understood."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from landbridge.errors import Finding


@dataclass(slots=True, kw_only=True)
class RawTable:
    """
    The text of one table.

    Parameters
    ----------
    source
        Name of the file, or of the sheet.
    columns
        Texts of each column, without blanks around them, in file order.
    lines
        Line (CSV), row (workbook, both counted from 1 at the header) or number of the row (Parquet) of each row.
    letters
        Column letters of a workbook, by column; None for files.
    findings
        What is wrong with the file itself.
    damaged
        Rows are missing because they could not be read, so ids may be unknown for want of them.
    """

    source: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    lines: Sequence[int] = ()
    letters: dict[str, str] | None = None
    findings: list[Finding] = field(default_factory=list)
    damaged: bool = False

    def place(self, row: int, column: str = "") -> str:
        """Where a cell stands, ``orders.csv:79`` or ``orders!F79``; row -1 is the header, a blank column the row."""
        if self.letters is None:
            header = 1 if self.source.endswith(".csv") else 0
            line = header if row < 0 else self.lines[row]
            return f"{self.source}:{line}" if line else self.source
        line = 1 if row < 0 else self.lines[row]
        if row < 0 and column not in self.letters:
            return self.source
        return f"{self.source}!{self.letters.get(column, 'A')}{line}"

    def find(self, code: str, message: str, *, where: str = "", column: str = "") -> None:
        """Note something that is wrong with the file."""
        self.findings.append(Finding(where=where or self.source, column=column, message=message, code=code))


def decode_utf8(content: bytes, source: str) -> tuple[str, Finding | None]:
    """Text of a file in UTF-8, with or without a byte order mark, or what stands against it."""
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        # The codec counts from after a byte order mark.
        offset = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        before = content[:offset]
        line = before.count(b"\n") + 1
        byte = len(before) - (before.rfind(b"\n") + 1) + 1
        return "", Finding(
            where=f"{source}:{line}",
            message=f"byte {byte} of the line is 0x{content[offset]:02x}, which is not UTF-8; save the file as UTF-8",
            code="not-utf-8",
        )


def read_csv(path: Path) -> RawTable:
    """Read a CSV file; what is wrong with it is in ``findings``."""
    table = RawTable(source=path.name)
    text, finding = decode_utf8(path.read_bytes(), path.name)
    if finding is not None:
        table.findings.append(finding)
        table.damaged = True
        return table
    rows, lines = _split_csv(text, table)
    if not rows:
        return table
    names = [name.strip() for name in rows[0]]
    width = len(names)
    kept, kept_lines = [], []
    for line, cells in zip(lines[1:], rows[1:], strict=True):
        if len(cells) == width:
            kept.append(cells)
            kept_lines.append(line)
        else:
            table.damaged = True
            table.find(
                "row-length",
                f"found {len(cells)} cells, expected {width} as in the header; quote a cell that holds a comma",
                where=f"{path.name}:{line}",
            )
    set_columns(table, names, [list(column) for column in zip(*kept, strict=True)] or [[] for _ in names], kept_lines)
    return table


def _split_csv(text: str, table: RawTable) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    try:
        for cells in reader:
            if reader.line_num > before + 1:
                table.find(
                    "quoted-newline",
                    "a quoted cell holds a line break, expected one line a row; put the text on one line",
                    where=f"{table.source}:{before + 1}",
                )
            if (cells and cells[0] and cells[0][0] > " ") or any(cell.strip() for cell in cells):
                rows.append(cells)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        table.damaged = True
        table.find(
            "bad-csv",
            f"the file cannot be read from here on ({error}); expected comma-separated cells, "
            "quoted whole or not at all",
            where=f"{table.source}:{before + 1}",
        )
    return rows, lines


def read_parquet(path: Path) -> RawTable:
    """Read a Parquet file; typed columns become the text that CSV would hold."""
    table = RawTable(source=path.name)
    try:
        frame = pl.read_parquet(path.read_bytes())
        columns = [_texts_of(frame.get_column(name)) for name in frame.columns]
    except (pl.exceptions.PolarsError, ValueError, OSError, pl.exceptions.PanicException) as error:
        table.damaged = True
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        table.find("unreadable-table", f"not a Parquet file that can be read ({reason}); write it again")
        return table
    names = [name.strip() for name in frame.columns]
    set_columns(table, names, columns, range(1, frame.height + 1))
    return table


def _texts_of(column: pl.Series) -> list[str]:
    if column.dtype.is_float():
        return ["" if value is None else repr(value) for value in column.to_list()]
    if column.dtype == pl.Boolean:
        return ["" if value is None else str(int(value)) for value in column.to_list()]
    return ["" if value is None else value for value in column.cast(pl.String).to_list()]


def set_columns(table: RawTable, names: list[str], columns: list[list[str]], lines: Sequence[int]) -> None:
    """Fill a table; a name that is blank or comes twice is a finding."""
    seen: dict[str, list[str]] = {}
    for name, texts in zip(names, columns, strict=True):
        if name in seen:
            table.find(
                "duplicate-column",
                f"the column {name!r} comes twice; remove one",
                where=table.place(-1, name),
                column=name,
            )
        elif name:
            seen[name] = list(map(str.strip, texts))
        elif any(text.strip() for text in texts):
            table.find(
                "unnamed-column",
                "a column with cells has no name; name it in the header, or remove it",
                where=table.place(-1),
            )
    table.columns = seen
    table.lines = lines
