"""Rows that are written without being edited: all of a new case, and what an agreement says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from landbridge.server.audit.log import append
from landbridge.server.cases.ownership import Owners, is_private, key_of, owners_of
from landbridge.server.errors import Refused
from landbridge.server.store import cases, rows
from landbridge.server.store.books import Tables, book_of
from landbridge.server.store.database import Viewer
from landbridge.server.store.hanging import refresh_hanging
from landbridge.server.store.row_writer import RowWriter, WrittenRow


def fill(connection: Connection, viewer: Viewer, case: str, tables: Tables, kind: str) -> None:
    """Write all rows of a new case at once; the viewer's organisation hosts it and holds every party."""
    writer = RowWriter(connection, case, cases.new_change(connection, viewer, case, kind))
    for cells in tables.get("parties", ()):
        cases.add_party(connection, viewer, case, key_of("parties", cells))
    book = book_of(connection, viewer, case, tables)
    for table, texts in tables.items():
        for cells in texts:
            owners = owners_of(table, cells, book)
            hides = is_private(table, cells, owners, book)
            writer.add(WrittenRow(table=table, key=key_of(table, cells), cells=cells, owners=owners, is_private=hides))
    writer.flush()
    num = sum(len(texts) for texts in tables.values())
    append(connection, viewer.organisation, viewer.user, "case.create", f"case:{case}", {"rows": num})


def write_paper(
    connection: Connection,
    viewer: Viewer,
    case: str,
    agreement: str,
    tables: Mapping[str, Sequence[Mapping[str, str]]],
    owners: Owners,
) -> int:
    """
    Write what an agreement between organisations says into the tables of its case, over what stood there of it.

    The rows belong to all who sign; so the tables cannot be edited by one of them (``edits.edit`` refuses it).

    Parameters
    ----------
    agreement
        Its id in the table ``agreements``.
    tables
        Rows of ``agreements`` and ``grants``.
    owners
        Parties that sign.

    Raises
    ------
    Refused
        409 ``key-taken``, when the case has another agreement of that id.
    """
    cases.lock(connection, case)
    change = cases.new_change(connection, viewer, case, "agreement")
    writer = RowWriter(connection, case, change)
    for row in rows.load(connection, viewer, case, ["agreements", "grants"]):
        if row.cells.get("agreement") == agreement and set(owners) <= set(row.owners):
            writer.remove(row)
    writer.flush()
    book = book_of(connection, viewer, case)
    for table, texts in tables.items():
        keys = [key_of(table, cells) for cells in texts]
        for key in sorted(rows.taken(connection, case, table, keys)):
            message = f"{table} has {key!r} already; choose another id"
            raise Refused(409, "key-taken", message, entity=f"{table}[{key}]")
        for key, cells in zip(keys, texts, strict=True):
            hides = is_private(table, cells, owners, book)
            writer.add(WrittenRow(table=table, key=key, cells=cells, owners=owners, is_private=hides))
        writer.flush()
    refresh_hanging(connection, viewer, case, writer, is_host=False)
    return change
