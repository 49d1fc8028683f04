"""Many rows in one statement: on PostgreSQL the rows travel as one JSON document, so its policies are planned once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias

from landbridge.server.store.schema import Base, CaseRow

Rows = Sequence[Mapping[str, Any]]


def insert_rows(connection: Connection, table: type[Base], rows: Rows) -> None:
    """
    Add rows.

    Parameters
    ----------
    rows
        Values by column, every row of the same columns.
    """
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), list(rows))
        return
    given = _given(rows, {name: table.__table__.c[name].type for name in rows[0]})
    connection.execute(insert(table).from_select(list(rows[0]), select(*given.c)))


def update_case_rows(connection: Connection, rows: Rows) -> int:
    """
    Change rows of cases, each only as it was read; give how many were found so.

    Parameters
    ----------
    rows
        ``row_id`` and ``was`` (its version) say which row, the rest are its new values by column.
    """
    if not rows:
        return 0
    names = [name for name in rows[0] if name not in ("row_id", "was")]
    if connection.dialect.name != "postgresql":
        is_it = (CaseRow.id == bindparam("row_id"), CaseRow.version == bindparam("was"))
        return connection.execute(update(CaseRow).where(*is_it), list(rows)).rowcount
    columns = CaseRow.__table__.c
    places = {"row_id": columns.id.type, "was": columns.version.type}
    given = _given(rows, places | {name: columns[name].type for name in names})
    is_it = (CaseRow.id == given.c.row_id, CaseRow.version == given.c.was)
    return connection.execute(update(CaseRow).where(*is_it).values({name: given.c[name] for name in names})).rowcount


def _given(rows: Rows, types: Mapping[str, Any]) -> TableValuedAlias:
    """Rows as a table that a statement can read from."""
    document = bindparam("given_rows", [dict(row) for row in rows], type_=JSONB)
    named = func.jsonb_to_recordset(document).table_valued(*[column(name, kind) for name, kind in types.items()])
    return named.render_derived(name="given", with_types=True)
