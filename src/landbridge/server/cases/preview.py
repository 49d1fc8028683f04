"""What a file would change: compared with what its sender sees, row by row; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from landbridge.model.case import ATTRIBUTES
from landbridge.server.cases.checks import checked_cells
from landbridge.server.cases.files import FileRows
from landbridge.server.cases.ownership import key_of
from landbridge.server.cases.parts import Visibility
from landbridge.server.cases.texts import make_case
from landbridge.server.errors import Refused
from landbridge.server.store.rows import StoredRow
from landbridge.tables.cells import BadCell, parse_cell
from landbridge.tables.columns import match_column

MOST_SAMPLES = 50
MOST_REJECTED = 200

Draft = list[dict[str, Any]]
"""Changes as ``store.editing.RowChange`` takes them, as plain data."""


@dataclass(slots=True)
class Preview:
    """What is found while files are compared."""

    changes: Draft = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    after: dict[tuple[str, str], StoredRow] = field(default_factory=dict)


def compare_files(
    files: Sequence[FileRows], present: Sequence[StoredRow], editable: Mapping[int, bool], *, is_replacing: bool
) -> Preview:
    """
    Compare files with the rows that their sender sees.

    Parameters
    ----------
    editable
        Whether the sender may edit a row, by its id.
    is_replacing
        Rows that the sender may edit and the file does not have are removed.
    """
    found = Preview(after={(row.table, row.key): row for row in present})
    for file in files:
        rows = {row.key: row for row in present if row.table == file.table}
        _compare_table(found, file, rows, editable, is_replacing=is_replacing)
    return found


def new_findings(settings: Mapping[str, Any], before: Sequence[StoredRow], found: Preview) -> list[dict[str, Any]]:
    """Say what would be wrong afterwards and is not now."""
    _, now = make_case(settings, before)
    _, then = make_case(settings, list(found.after.values()))
    known = {(item.table, item.key, item.column, item.code) for item in now}
    names = ("code", "severity", "table", "key", "column", "value", "message")
    return [
        {name: getattr(item, name) for name in names}
        for item in then
        if (item.table, item.key, item.column, item.code) not in known
    ]


def _compare_table(
    found: Preview, file: FileRows, rows: Mapping[str, StoredRow], editable: Mapping[int, bool], *, is_replacing: bool
) -> None:
    counts = {"added": 0, "changed": 0, "removed": 0, "rejected": 0, "unchanged": 0}
    seen: set[str] = set()
    for problem in file.problems:
        found.rejected.append({"table": file.table, **problem})
    for line, texts in file.rows:
        try:
            kind = _compare_row(found, file.table, texts, rows, editable, seen)
        except Refused as error:
            kind = "rejected"
            if len(found.rejected) < MOST_REJECTED:
                found.rejected.append({"table": file.table, "where": f"{file.table}:{line}", "code": error.code,
                                       "message": str(error)})  # fmt: skip
        counts[kind] += 1
    for key, row in rows.items() if is_replacing else ():
        if key not in seen and editable[row.id]:
            counts["removed"] += 1
            found.changes.append({"table": file.table, "key": key, "version": row.version, "cells": None})
            found.after.pop((file.table, key))
    found.tables.append({"table": file.table, **counts})


def _compare_row(
    found: Preview,
    table: str,
    texts: Mapping[str, str],
    rows: Mapping[str, StoredRow],
    editable: Mapping[int, bool],
    seen: set[str],
) -> str:
    key = key_of(table, {column: text for column, text in texts.items() if text})
    row = rows.get(key)
    before: Mapping[str, str] = row.cells if row else {}
    changed = {column: text for column, text in texts.items()
               if not _is_same(table, column, before.get(column, ""), text)}  # fmt: skip
    if row is not None and not editable[row.id]:
        changed = {column: text for column, text in changed.items() if text}  # a blank may be hidden from the sender
    if key in seen:
        raise Refused(422, "double-key", f"the row {key!r:.80} comes twice in the file")
    seen.add(key)
    if row is not None and not changed:
        return "unchanged"
    if row is not None and not editable[row.id]:
        raise Refused(403, "not-the-owner", f"{key!r:.80} belongs to another organisation, or to the case's host")
    cells = checked_cells(table, dict(before), changed)
    found.changes.append(
        {"table": table, "key": key if row else None, "version": row.version if row else None, "cells": changed}
    )
    if len(found.sample) < MOST_SAMPLES:
        found.sample.append({"table": table, "key": key, "before": dict(before) if row else None, "after": cells})
    new = StoredRow(id=0, table=table, key=key, position=0.0, cells=cells, owners=(), is_private=False, is_mine=True,
                    visibility=row.visibility if row else Visibility.CORRIDOR, version=0)  # fmt: skip
    found.after[table, key] = replace(row, cells=cells) if row else new
    return "changed" if row else "added"


def _is_same(table: str, column: str, before: str, after: str) -> bool:
    """Whether two texts mean the same: 10 is 10.0."""
    if before == after:
        return True
    if not before or not after:
        return False
    attribute = match_column(column, ATTRIBUTES[table])
    try:
        return attribute is not None and bool(parse_cell(attribute, before) == parse_cell(attribute, after))
    except BadCell:
        return False
