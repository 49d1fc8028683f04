"""From a case to files: what :func:`landbridge.tables.reading.read_case` reads back as the same case."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from landbridge.errors import InvalidCase, UnknownName
from landbridge.model.case import Case
from landbridge.model.columns import Kind
from landbridge.model.validate import validate_texts
from landbridge.tables.atomic import whole_file, whole_folder
from landbridge.tables.layout import TableColumn, columns_of, tables_of
from landbridge.tables.settings import write_toml
from landbridge.tables.workbook import write_workbook

Format = Literal["csv", "parquet", "xlsx"]

_PARQUET_TYPES: dict[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Float64(),
    Kind.AMOUNTS: pl.Float64(),
    Kind.INTEGER: pl.Int64(),
    Kind.FLAG: pl.Boolean(),
}


def write_case(case: Case, path: Path, format: Format = "csv") -> None:  # noqa: A002
    """
    Write a case, whole or not at all.

    Numbers are written in the fewest digits that read back the same. Optional
    tables without rows and optional columns that hold nothing but defaults are
    left out.

    Parameters
    ----------
    case
        What to write.
    path
        Folder (``csv``, ``parquet``) or file (``xlsx``) to make; its parents are made too.
    format
        How the tables are written.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    InvalidCase
        When a text of the case cannot be written on one line.
    """
    path = Path(path)
    findings = validate_texts(case)
    if findings:
        raise InvalidCase(findings)
    match format:
        case "csv" | "parquet":
            with whole_folder(path) as folder:
                fill_folder(case, folder, format)
        case "xlsx":
            with whole_file(path) as file:
                write_workbook(case.settings, {table: columns_of(case, table) for table in tables_of(case)}, file)
        case _:
            raise UnknownName(f"format {format!r} is unknown; expected csv, parquet or xlsx", code="unknown-format")


def fill_folder(case: Case, folder: Path, format: Literal["csv", "parquet"] = "csv") -> None:  # noqa: A002
    """Write the files of a case into an empty folder."""
    (folder / "case.toml").write_bytes(write_toml(case.settings).encode())
    for table in tables_of(case):
        columns = columns_of(case, table)
        if format == "csv":
            (folder / f"{table}.csv").write_bytes(csv_text(columns).encode())
        else:
            frame = pl.DataFrame(
                [pl.Series(column.name, _typed(column), _PARQUET_TYPES.get(column.attribute.kind, pl.String()))
                 for column in columns]
            )  # fmt: skip
            frame.write_parquet(folder / f"{table}.parquet")


def input_hash(case: Case) -> str:
    """SHA-256 of the case's canonical CSV files: equal for equal cases, whatever files they were read from."""
    digest = hashlib.sha256()
    parts = [("case.toml", write_toml(case.settings))]
    parts += [(f"{table}.csv", csv_text(columns_of(case, table))) for table in tables_of(case)]
    for name, text in parts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def csv_text(columns: Sequence[TableColumn]) -> str:
    """Text of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*(column.texts() for column in columns), strict=True))
    return text.getvalue()


def _typed(column: TableColumn) -> list[Any]:
    if column.attribute.kind in _PARQUET_TYPES:
        return list(column.values)
    return [text or None for text in column.texts()]
