"""Tables of a case: rows by page, edits all or nothing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from landbridge.model.case import ATTRIBUTES
from landbridge.server.api.auth import MayEdit, MayRead, Server
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    Limit,
    Line,
    decode_cursor,
    encode_cursor,
    example,
    page_of,
)
from landbridge.server.caller import Caller
from landbridge.server.cases.checks import known_table
from landbridge.server.cases.parts import CAPACITY, PRICE, Visibility, part_of
from landbridge.server.errors import Refused
from landbridge.server.store import cases, edits, rows
from landbridge.server.store.editing import RowChange
from landbridge.server.store.rows import StoredRow
from landbridge.tables.columns import match_column

router = APIRouter(tags=["tables"])


class RowWish(Body):
    """
    A change to a row.

    ``key`` null adds a row. ``values`` null removes it; otherwise only the named columns change, blank = cleared.
    """

    key: Line | None = None
    etag: Annotated[str, Field(max_length=40)] | None = None
    values: dict[Line, Line] | None = None
    visibility: Annotated[Visibility, Field(strict=False)] | None = None
    partners: Annotated[list[Id], Field(max_length=200)] | None = None


class TableChange(Body):
    """Changes to a table, done together or not at all."""

    model_config = example(
        changes=[{"key": "S1", "etag": "17", "values": {"run_cost": "95"}}, {"values": {"service": "S2"}}]
    )

    changes: Annotated[list[RowWish], Field(min_length=1)]


@router.get("/cases/{case}/tables/{table}", summary="Rows of a table")
def read_table(
    case: Id,
    table: Line,
    caller: MayRead,
    state: Server,
    limit: Limit = 200,
    cursor: Cursor = "",
    q: Annotated[str, Query(max_length=200, description="Only rows with this text in a cell.")] = "",
) -> JSONResponse:
    """List the rows of a table that the caller sees, with the columns and what is hidden."""
    known_table(table)
    after = decode_cursor(cursor, float, int)
    with state.database.read(caller.viewer) as connection:
        head = cases.head(connection, caller.viewer, case)
        held = cases.holders(connection, case)
        found = rows.page(connection, caller.viewer, case, table, after=after, limit=limit, search=q)
    is_host = head["host_id"] == caller.organisation
    items = [row_item(row, caller, held, is_host=is_host) for row in found]
    answer = page_of(items, limit, encode_cursor(found[-1].position, found[-1].id) if found else None)
    return JSONResponse(
        {"columns": columns_of(table, found), **answer}
    )  # plain already: FastAPI would look at each cell


@router.patch("/cases/{case}/tables/{table}", summary="Change rows of a table")
def change_table(case: Id, table: Line, wish: TableChange, caller: MayEdit, state: Server) -> dict[str, Any]:
    """
    Change rows, all or nothing.

    Each change names the ETag it was made from; 412 lists the rows that were changed meanwhile, as they are now.
    """
    known_table(table)
    if len(wish.changes) > state.settings.max_changes:
        message = f"{len(wish.changes)} rows at once, expected at most {state.settings.max_changes}; import a file"
        raise Refused(413, "too-many-changes", message, entity="changes")
    changes = [_change(table, item) for item in wish.changes]
    with state.database.write(caller.viewer) as connection:
        change = edits.edit(connection, caller.viewer, case, changes, kind="edit", max_rows=state.settings.max_rows)
        keys = edits.keys_of(connection, change)
        held = cases.holders(connection, case)
        is_host = cases.head(connection, caller.viewer, case)["host_id"] == caller.organisation
        now = rows.by_keys(connection, caller.viewer, case, table, keys)
    items = [row_item(now[key], caller, held, is_host=is_host) for key in keys if key in now]
    return {"change": change, "items": items}


def _change(table: str, wish: RowWish) -> RowChange:
    if wish.key is None and wish.values is None:
        raise Refused(422, "empty-change", "a change without key and without values does nothing", entity=table)
    if wish.key is not None and wish.etag is None:
        message = f"send the etag of {wish.key!r:.80}, so that nobody's edit is lost"
        raise Refused(428, "etag-required", message, entity=f"{table}[{wish.key:.80}]")
    text = (wish.etag or "").strip('"')
    return RowChange(
        table=table,
        key=wish.key,
        version=int(text) if text.isascii() and text.isdecimal() else -1,
        cells=wish.values,
        visibility=wish.visibility,
        partners=wish.partners,
    )


def row_item(row: StoredRow, caller: Caller, held: dict[str, str], *, is_host: bool) -> dict[str, Any]:
    """Write a row as it is answered."""
    owners = sorted({held[party] for party in row.owners if party in held})
    return {
        "key": row.key,
        "values": dict(row.cells),
        "owner": owners[0] if len(owners) == 1 else None,
        "owners": owners,
        "editable": is_editable(row, caller, held, is_host=is_host),
        "hidden": hidden_columns(row),
        "visibility": row.visibility.value,
        "partners": list(row.partners),
        "etag": str(row.version),
    }


def is_editable(row: StoredRow, caller: Caller, held: dict[str, str], *, is_host: bool) -> bool:
    """Whether the caller's organisation may edit a row: the store refuses by the same rule."""
    if not row.owners:
        return is_host
    if row.table in ("agreements", "grants"):
        return all(held.get(party) == caller.organisation for party in row.owners)
    return row.is_mine


def hidden_columns(row: StoredRow) -> list[str]:
    """Columns of a row that its owner does not show the reader, whether or not there is anything in them."""
    if not row.owners or row.is_mine:
        return []
    hidden = {PRICE}
    if row.visibility is not Visibility.CORRIDOR and CAPACITY not in row.parts:
        hidden.add(CAPACITY)
    return [item.name for item in ATTRIBUTES[row.table] if part_of(row.table, item.name) in hidden]


def columns_of(table: str, found: list[StoredRow]) -> list[dict[str, Any]]:
    """Describe the columns of a table; of a family (``cap_<dim>``) those that are there."""
    columns = []
    for item in ATTRIBUTES[table]:
        names = [item.name]
        if "<dim>" in item.name:
            head, tail = item.name.split("<dim>")
            plain = {other.name for other in ATTRIBUTES[table]}
            names += sorted({name for row in found for name in row.cells
                             if name.startswith(head) and name.endswith(tail) and name not in plain})  # fmt: skip
        columns += [
            {
                "name": name,
                "type": item.kind.value,
                "unit": (match_column(name, ATTRIBUTES[table]) or item).unit,
                "default": None if isinstance(item.default, dict | tuple) else item.default,
                "required": item.required,
                "key": item.key,
                "ref": item.ref,
                "low": item.low,
                "high": item.high,
                "private": part_of(table, name) == PRICE,
                "capacity": part_of(table, name) == CAPACITY,
                "description": item.description,
                "options": list(item.choices),
            }
            for name in names
        ]
    return columns
