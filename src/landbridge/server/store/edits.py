"""Changes to the rows of a case: all or nothing, never over somebody else's, each noted so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from landbridge.server.audit.log import append
from landbridge.server.cases.parts import Visibility
from landbridge.server.errors import Refused
from landbridge.server.store import cases, rows
from landbridge.server.store.database import Viewer
from landbridge.server.store.editing import Editing, Present, RowChange
from landbridge.server.store.rows import StoredRow
from landbridge.server.store.schema import CaseChange, CaseChangeRow, CaseRow


def edit(
    connection: Connection, viewer: Viewer, case: str, changes: Sequence[RowChange], *, kind: str, max_rows: int
) -> int:
    """
    Apply changes and return the number of the change.

    Raises
    ------
    Refused
        412 ``stale`` with the present rows when one was changed meanwhile, 403 where the viewer may not edit, 422 for
        what cannot stand in a cell, 409 for a key that is taken. Nothing is written then.
    """
    cases.lock(connection, case)
    found = cases.head(connection, viewer, case)
    present = _present(connection, viewer, case, [(item.table, item.key) for item in changes if item.key is not None])
    _refuse_stale(changes, present)
    is_host = found["host_id"] == viewer.organisation
    return _make(connection, viewer, case, changes, present, is_host=is_host, kind=kind, max_rows=max_rows)


def _make(
    connection: Connection, viewer: Viewer, case: str, changes: Sequence[RowChange], present: Present, *,
    is_host: bool, kind: str, max_rows: int,
) -> int:  # fmt: skip
    """Write changes to rows that are as they were read, and what they were before."""
    change = cases.new_change(connection, viewer, case, kind)
    Editing(connection, viewer, case, change, is_host=is_host).apply(changes, present)
    if any(item.key is None for item in changes):
        _refuse_too_many(connection, case, max_rows)
    append(connection, viewer.organisation, viewer.user, f"case.{kind}", f"case:{case}",
           {"change": change, "rows": len(changes), "tables": sorted({item.table for item in changes})})  # fmt: skip
    return change


def undo(connection: Connection, viewer: Viewer, case: str) -> int:
    """Take back the last edit or import of the viewer's organisation, if no row of it was changed since."""
    cases.lock(connection, case)
    is_host = cases.head(connection, viewer, case)["host_id"] == viewer.organisation
    last = connection.execute(
        select(CaseChange.id)
        .where(
            CaseChange.case_id == case,
            CaseChange.organisation_id == viewer.organisation,
            CaseChange.kind.in_(("edit", "import")),
            CaseChange.undone.is_(False),
        )
        .order_by(CaseChange.id.desc())
        .limit(1)
    ).scalar()
    if last is None:
        raise Refused(409, "nothing-to-undo", "there is no edit of your organisation to take back", entity="case")
    noted = connection.execute(
        select(CaseChangeRow.__table__).where(CaseChangeRow.change_id == last).order_by(CaseChangeRow.seq.desc())
    ).all()
    places = [(note.table_name, note.key) for note in noted if note.key is not None]
    present = _present(connection, viewer, case, places)
    changes = [_backwards(note, present.get((note.table_name, note.key)), int(last)) for note in noted]
    connection.execute(update(CaseChange).where(CaseChange.id == last).values(undone=True))
    return _make(connection, viewer, case, changes, present, is_host=is_host, kind="undo", max_rows=10**9)


def _backwards(note: Any, now: StoredRow | None, change: int) -> RowChange:
    """Change that takes a noted one back; the row must be as it left it."""
    if note.key is not None and (now is None or now.version != change):
        message = f"{note.table_name} {note.key!r} was changed after that edit; change it by hand"
        raise Refused(409, "edited-since", message, entity=f"{note.table_name}[{note.key}]")
    if note.before is None:
        return RowChange(table=note.table_name, key=note.key, version=change)
    kept: dict[str, str] = note.before["cells"]
    cleared = dict.fromkeys(now.cells, "") if now is not None else {}
    return RowChange(
        table=note.table_name,
        key=note.key,
        version=change if note.key is not None else None,
        cells=cleared | kept,
        visibility=Visibility(note.before["visibility"]),
        partners=note.before["partners"],
    )


def _present(
    connection: Connection, viewer: Viewer, case: str, places: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredRow]:
    """Rows by table and key, as they are."""
    wanted: dict[str, list[str]] = {}
    for table, key in places:
        wanted.setdefault(table, []).append(key)
    found: dict[tuple[str, str], StoredRow] = {}
    for table, keys in wanted.items():
        if len(set(keys)) < len(keys):
            raise Refused(422, "double-change", "a row is changed twice at once; send each once", entity=table)
        found |= {(table, key): row for key, row in rows.by_keys(connection, viewer, case, table, keys).items()}
    return found


def _refuse_stale(changes: Sequence[RowChange], before: Mapping[tuple[str, str], StoredRow]) -> None:
    stale = []
    for item in changes:
        if item.key is None:
            continue
        row = before.get((item.table, item.key))
        if row is None or row.version != item.version:
            stale.append((item, row))
    if stale:
        errors = [
            {
                "code": "stale",
                "entity": f"{item.table}[{item.key}]",
                "message": "somebody changed this row meanwhile" if row else "this row is not there any more",
            }
            for item, row in stale
        ]
        present = [
            {"table": item.table, "key": item.key, "values": dict(row.cells) if row else None,
             "etag": str(row.version) if row else None}
            for item, row in stale
        ]  # fmt: skip
        message = "rows were changed meanwhile; look at them and send the change again"
        raise Refused(412, "stale", message, errors=errors, extra={"rows": present})


def _refuse_too_many(connection: Connection, case: str, max_rows: int) -> None:
    count = connection.execute(select(func.count()).select_from(CaseRow).where(CaseRow.case_id == case)).scalar_one()
    if count > max_rows:
        raise Refused(422, "too-many-rows", f"the case would have more than {max_rows} rows", entity="case")


def keys_of(connection: Connection, change: int) -> list[str]:
    """Keys of the rows that a change wrote and that are there since."""
    found = connection.execute(
        select(CaseChangeRow.key)
        .where(CaseChangeRow.change_id == change, CaseChangeRow.key.is_not(None))
        .order_by(CaseChangeRow.seq)
    )
    return [str(row.key) for row in found]
