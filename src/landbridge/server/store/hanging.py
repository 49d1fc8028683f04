"""Rows that hang on others: when those change hands, so do they."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from landbridge.server.cases.ownership import HANGING, is_private, owners_of
from landbridge.server.store import rows
from landbridge.server.store.books import book_of
from landbridge.server.store.database import Viewer
from landbridge.server.store.row_writer import RowWriter, WrittenRow
from landbridge.server.store.rows import StoredRow

_NAMING = {"services": ("fleet",), "grants": ("agreement", "giver", "taker"), "agreements": ("status",),
           "parties": ("region",)}  # fmt: skip
"""Columns that say which rows hang on this one."""

_HOLDING = ("services", "hubs", "handling", "fleets", "orders", "grants", "agreements", "parties")
"""Tables whose rows others hang on."""


def moves_others(before: StoredRow | None, after: WrittenRow | None) -> bool:
    """Whether a change may move rows that hang on this one to other owners."""
    row = after or before
    if row is None or row.table not in _HOLDING:
        return False
    if before is None or after is None or before.key != after.key or before.owners != after.owners:
        return True
    if (before.visibility, before.partners) != (after.visibility, after.partners):
        return True
    return any(before.cells.get(name) != after.cells.get(name) for name in _NAMING.get(row.table, ()))


def refresh_hanging(connection: Connection, viewer: Viewer, case: str, writer: RowWriter, *, is_host: bool) -> None:
    """Give rows that hang on changed ones to their owners of now, of those that the viewer may edit."""
    present = rows.load(connection, viewer, case)
    tables: dict[str, list[Mapping[str, str]]] = {}
    for row in present:
        tables.setdefault(row.table, []).append(row.cells)
    book = book_of(connection, viewer, case, tables)
    services = {row.key: row for row in present if row.table == "services"}
    for row in present:
        may_move = row.is_mine if row.owners else is_host
        if row.table not in HANGING or not may_move:
            continue
        owners = owners_of(row.table, row.cells, book)
        hides = is_private(row.table, row.cells, owners, book)
        said = services.get(row.cells.get("service", ""), row) if row.table == "timetable" else row
        now = (owners, hides, said.visibility, said.partners)
        if now != (row.owners, row.is_private, row.visibility, row.partners):
            writer.move(
                row,
                WrittenRow(table=row.table, key=row.key, cells=row.cells, owners=owners, is_private=hides,
                           visibility=said.visibility, partners=said.partners),
            )  # fmt: skip
    writer.flush()
