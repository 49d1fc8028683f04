"""Folders and tables of what is told about changes to a plan: comparisons, explanations, bottlenecks, investments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landbridge.model.comparison import COMPARISON_TABLES, Comparison
from landbridge.tables.atomic import whole_folder
from landbridge.tables.runs import table_text


def write_tables(
    path: Path, tables: Mapping[str, tuple[type, Sequence[Any]]], name: str, document: Mapping[str, Any]
) -> None:
    """
    Write tables as CSV and a document as ``<name>.json`` into a new folder, whole or not at all.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    """
    texts = {f"{table}.csv": table_text(table, kind, rows) for table, (kind, rows) in tables.items()}
    texts[f"{name}.json"] = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with whole_folder(Path(path)) as folder:
        for file, text in texts.items():
            (folder / file).write_bytes(text.encode())


def write_comparison(found: Comparison, path: Path) -> None:
    """Write a comparison: a CSV a table and ``comparison.json`` with the names of the runs."""
    tables = {table: (kind, getattr(found, table)) for table, kind in COMPARISON_TABLES.items()}
    write_tables(path, tables, "comparison", {"runs": list(found.runs), "currency": found.currency})
