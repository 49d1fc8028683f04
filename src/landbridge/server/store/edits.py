"""Changes to the rows of a case: all or nothing, never over somebody else's, each noted so that it can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.cases.checks import checked_cells
from landbridge.server.cases.ownership import HANGING, Owners, is_private, key_of, owners_of
from landbridge.server.cases.parts import Visibility, split_cells
from landbridge.server.errors import Refused
from landbridge.server.store import cases, organisations, rows
from landbridge.server.store.books import book_of
from landbridge.server.store.database import Viewer
from landbridge.server.store.rows import StoredRow
from landbridge.server.store.schema import (
    CaseChange,
    CaseChangeRow,
    CaseRow,
    CaseRowPartner,
    CaseRowPrivate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """
    What shall become of a row.

    Parameters
    ----------
    table
        Where it stands.
    key
        Which row; None adds one.
    version
        Version the change was made from; None for a new row.
    cells
        New texts by column, blank = cleared, other columns stay; None removes the row.
    visibility, partners
        Who sees its capacities; None = as it is.
    """

    table: str
    key: str | None = None
    version: int | None = None
    cells: Mapping[str, str] | None = None
    visibility: Visibility | None = None
    partners: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A row as it shall stand."""

    table: str
    key: str
    cells: Mapping[str, str]
    owners: Owners
    visibility: Visibility
    partners: tuple[str, ...]


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
    before = _present(connection, viewer, case, changes)
    _refuse_stale(changes, before)
    change = cases.new_change(connection, viewer, case, kind)
    work = _Work(connection, viewer, case, found["host_id"] == viewer.organisation, change)
    for item in changes:
        work.apply(item, before.get((item.table, item.key or "")))
    work.refresh_hanging()
    if any(item.key is None for item in changes):
        _refuse_too_many(connection, case, max_rows)
    append(connection, viewer.organisation, viewer.user, f"case.{kind}", f"case:{case}",
           {"change": change, "rows": len(changes), "tables": sorted({item.table for item in changes})})  # fmt: skip
    return change


def undo(connection: Connection, viewer: Viewer, case: str) -> int:
    """Take back the last edit or import of the viewer's organisation, if no row of it was changed since."""
    cases.lock(connection, case)
    cases.head(connection, viewer, case)
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
    changes = [_backwards(connection, viewer, case, note, int(last)) for note in noted]
    connection.execute(update(CaseChange).where(CaseChange.id == last).values(undone=True))
    return edit(connection, viewer, case, changes, kind="undo", max_rows=10**9)


def _backwards(connection: Connection, viewer: Viewer, case: str, note: Any, change: int) -> RowChange:
    present = rows.by_keys(connection, viewer, case, note.table_name, [note.key]) if note.key is not None else {}
    now = present.get(note.key)
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
    connection: Connection, viewer: Viewer, case: str, changes: Sequence[RowChange]
) -> dict[tuple[str, str], StoredRow]:
    wanted: dict[str, list[str]] = {}
    for item in changes:
        if item.key is not None:
            wanted.setdefault(item.table, []).append(item.key)
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


class _Work:
    """One change while it is written."""

    def __init__(self, connection: Connection, viewer: Viewer, case: str, is_host: bool, change: int) -> None:
        self.connection, self.viewer, self.case, self.change = connection, viewer, case, change
        self.is_host = is_host
        self.holders = cases.holders(connection, case)
        self.book = book_of(connection, viewer, case)
        self.seq = 0
        self.must_refresh = False
        self.last: float | None = None

    def apply(self, item: RowChange, before: StoredRow | None) -> None:
        """Write, change or remove one row."""
        if before is not None:
            self._refuse_foreign(item.table, before.key, before.owners)
        after = self._after(item, before) if item.cells is not None else None
        if before is None and after is None:
            return
        self._keep_parties(item.table, before, after)
        if after is None and before is not None:
            self.connection.execute(delete(CaseRow).where(CaseRow.id == before.id))
        elif after is not None:
            self._write(after, before)
        self._note(item.table, before, after)
        if _moves_others(item.table, before, after):
            self.must_refresh = True

    def _after(self, item: RowChange, before: StoredRow | None) -> _Written:
        cells = checked_cells(item.table, dict(before.cells) if before else {}, item.cells or {})
        key = key_of(item.table, cells)
        if item.table == "parties" and key not in self.holders:
            owners: Owners = ()
        else:
            owners = owners_of(item.table, cells, self.book)
        unknown = [party for party in owners if party not in self.holders]
        if unknown:
            message = f"{unknown[0]!r} is not in parties; add the party first"
            raise Refused(422, "unknown-party", message, entity=f"{item.table}[{key}]")
        if not (item.table == "parties" and self.is_host):
            self._refuse_foreign(item.table, key, owners)
        if before is None or before.key != key:
            self._refuse_taken(item.table, key)
        visibility, partners = self._disclosure(item, before, cells)
        return _Written(table=item.table, key=key, cells=cells, owners=owners, visibility=visibility, partners=partners)

    def _disclosure(
        self, item: RowChange, before: StoredRow | None, cells: Mapping[str, str]
    ) -> tuple[Visibility, tuple[str, ...]]:
        """Who sees the capacities of a row: what is said of it; of a departure what is said of its service."""
        if item.table == "timetable":
            service = cells.get("service", "")
            before = rows.by_keys(self.connection, self.viewer, self.case, "services", [service]).get(service)
            return (before.visibility, before.partners) if before else (Visibility.CORRIDOR, ())
        visibility = item.visibility or (before.visibility if before else Visibility.CORRIDOR)
        partners = tuple(item.partners if item.partners is not None else (before.partners if before else ()))
        unknown = organisations.unknown(self.connection, partners)
        if unknown:
            raise Refused(
                422, "unknown-organisation", f"there is no organisation {unknown[0]!r:.80}", entity="partners"
            )
        return visibility, partners

    def _refuse_foreign(self, table: str, key: str, owners: Owners) -> None:
        """Refuse rows of others; of agreements, those that others sign too; of the case itself, all but the host."""
        held = [self.holders.get(party) == self.viewer.organisation for party in owners]
        if not owners and not self.is_host:
            message = "this row belongs to the case; only the organisation that hosts it may edit it"
            raise Refused(403, "not-the-host", message, entity=f"{table}[{key}]")
        if table in ("agreements", "grants") and not all(held):
            message = "others sign this agreement too; propose a version of it instead of editing the table"
            raise Refused(403, "not-the-owner", message, entity=f"{table}[{key}]")
        if owners and not any(held):
            message = "this row belongs to another organisation"
            raise Refused(403, "not-the-owner", message, entity=f"{table}[{key}]")

    def _refuse_taken(self, table: str, key: str) -> None:
        taken = self.connection.execute(
            select(CaseRow.id).where(CaseRow.case_id == self.case, CaseRow.table_name == table, CaseRow.key == key)
        ).first()
        if taken is not None:
            raise Refused(409, "key-taken", f"{table} has {key!r} already; choose another id", entity=f"{table}[{key}]")

    def _keep_parties(self, table: str, before: StoredRow | None, after: _Written | None) -> None:
        """Keep the list of who holds what in step with the table of parties."""
        if table != "parties" or (before and after and before.key == after.key):
            return
        if before is not None:
            cases.remove_party(self.connection, self.case, before.key)
        if after is not None:
            if not self.is_host:
                message = "only the organisation that hosts the case may add a party"
                raise Refused(403, "not-the-host", message, entity=f"parties[{after.key}]")
            cases.add_party(self.connection, self.viewer, self.case, after.key)
        self.holders = cases.holders(self.connection, self.case)
        self.book = book_of(self.connection, self.viewer, self.case)

    def _write(self, after: _Written, before: StoredRow | None) -> None:
        owners = (after.key,) if after.table == "parties" else after.owners
        shared, parts = split_cells(after.table, after.cells, is_owned=bool(owners), visibility=after.visibility)
        values = {
            "key": after.key,
            "parties": parties_text(owners),
            "is_private": is_private(after.table, after.cells, owners, self.book),
            "visibility": after.visibility,
            "cells": shared,
            "version": self.change,
        }
        if before is None:
            self.last = (self._last_position() if self.last is None else self.last) + 1.0
            row = new_row_id()
            place = {"id": row, "case_id": self.case, "table_name": after.table, "position": self.last}
            self.connection.execute(insert(CaseRow).values(**place, **values))
        else:
            row = before.id
            # Private parts go first: once the row is somebody else's, the database would not let us touch them.
            self.connection.execute(delete(CaseRowPrivate).where(CaseRowPrivate.row_id == row))
            self.connection.execute(delete(CaseRowPartner).where(CaseRowPartner.row_id == row))
            done = self.connection.execute(
                update(CaseRow).where(CaseRow.id == row, CaseRow.version == before.version).values(**values)
            )
            if done.rowcount != 1:  # another transaction was faster (PostgreSQL; SQLite has one writer)
                raise Refused(412, "stale", "somebody changed this row meanwhile; read it again",
                              entity=f"{after.table}[{after.key}]")  # fmt: skip
        self._write_private(row, parts, after.visibility, after.partners)

    def _note(self, table: str, before: StoredRow | None, after: _Written | None) -> None:
        self.seq += 1
        kept = None
        if before is not None:
            kept = {
                "cells": dict(before.cells),
                "visibility": before.visibility,
                "partners": list(before.partners),
            }
        self.connection.execute(
            insert(CaseChangeRow).values(
                change_id=self.change, seq=self.seq, organisation_id=self.viewer.organisation, table_name=table,
                key=after.key if after else None, before=kept,
            )
        )  # fmt: skip

    def write_paper(self, table: str, cells: Mapping[str, str], owners: Owners) -> None:
        """Write a row of an agreement that all of its owners have a part in."""
        key = key_of(table, cells)
        self._refuse_taken(table, key)
        self._write(
            _Written(table=table, key=key, cells=cells, owners=owners, visibility=Visibility.CORRIDOR, partners=()),
            None,
        )

    def refresh_hanging(self) -> None:
        """Give rows that hang on changed ones to their owners of now."""
        if not self.must_refresh:
            return
        present = rows.load(self.connection, self.viewer, self.case)
        tables: dict[str, list[Mapping[str, str]]] = {}
        for row in present:
            tables.setdefault(row.table, []).append(row.cells)
        self.book = book_of(self.connection, self.viewer, self.case, tables)
        services = {row.key: row for row in present if row.table == "services"}
        for row in present:
            may_move = row.is_mine if row.owners else self.is_host
            if row.table not in HANGING or not may_move:
                continue
            owners = owners_of(row.table, row.cells, self.book)
            hides = is_private(row.table, row.cells, owners, self.book)
            said = services.get(row.cells.get("service", ""), row) if row.table == "timetable" else row
            if (owners, hides, said.visibility, said.partners) != (
                row.owners, row.is_private, row.visibility, row.partners):  # fmt: skip
                self._move(row, owners, said, hides=hides)

    def _move(self, row: StoredRow, owners: Owners, said: StoredRow, *, hides: bool) -> None:
        """Give a row to other owners, with its private parts."""
        shared, parts = split_cells(row.table, row.cells, is_owned=bool(owners), visibility=said.visibility)
        self.connection.execute(delete(CaseRowPrivate).where(CaseRowPrivate.row_id == row.id))
        self.connection.execute(delete(CaseRowPartner).where(CaseRowPartner.row_id == row.id))
        values = {"parties": parties_text(owners), "is_private": hides, "cells": shared, "visibility": said.visibility}
        self.connection.execute(update(CaseRow).where(CaseRow.id == row.id).values(**values))
        self._write_private(row.id, parts, said.visibility, said.partners)

    def _write_private(
        self, row: int, parts: Mapping[str, Mapping[str, str]], visibility: Visibility, partners: Sequence[str]
    ) -> None:
        for part, cells in parts.items():
            self.connection.execute(
                insert(CaseRowPrivate).values(row_id=row, part=part, case_id=self.case, cells=dict(cells))
            )
        if visibility is Visibility.PARTNERS:
            for partner in sorted(set(partners)):
                self.connection.execute(insert(CaseRowPartner).values(row_id=row, organisation_id=partner))

    def _last_position(self) -> float:
        found = self.connection.execute(select(func.max(CaseRow.position)).where(CaseRow.case_id == self.case)).scalar()
        return float(found or 0.0)


def fill(
    connection: Connection, viewer: Viewer, case: str, tables: Mapping[str, Sequence[Mapping[str, str]]], kind: str
) -> None:
    """Write all rows of a new case at once; the viewer's organisation hosts it and holds every party."""
    change = cases.new_change(connection, viewer, case, kind)
    for cells in tables.get("parties", ()):
        cases.add_party(connection, viewer, case, key_of("parties", cells))
    book = book_of(connection, viewer, case, tables)
    heads: list[dict[str, Any]] = []
    private: list[dict[str, Any]] = []
    position = 0.0
    for table, texts in tables.items():
        for cells in texts:
            position += 1.0
            owners = owners_of(table, cells, book)
            shared, parts = split_cells(table, cells, is_owned=bool(owners), visibility=Visibility.CORRIDOR)
            row = new_row_id()
            heads.append(
                {"id": row, "case_id": case, "table_name": table, "key": key_of(table, cells), "position": position,
                 "parties": parties_text(owners), "is_private": is_private(table, cells, owners, book),
                 "visibility": Visibility.CORRIDOR, "cells": shared, "version": change}
            )  # fmt: skip
            private += [{"row_id": row, "part": part, "case_id": case, "cells": dict(found)}
                        for part, found in parts.items()]  # fmt: skip
    for start in range(0, len(heads), 2000):
        connection.execute(insert(CaseRow), heads[start : start + 2000])
    for start in range(0, len(private), 2000):
        connection.execute(insert(CaseRowPrivate), private[start : start + 2000])
    append(connection, viewer.organisation, viewer.user, "case.create", f"case:{case}", {"rows": len(heads)})


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

    The rows belong to all who sign; so the tables cannot be edited by one of them (``edit`` refuses it).

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
    work = _Work(connection, viewer, case, False, change)
    seen = [row for row in rows.load(connection, viewer, case, ["agreements", "grants"])
            if row.cells.get("agreement") == agreement and set(owners) <= set(row.owners)]  # fmt: skip
    for row in seen:
        connection.execute(delete(CaseRow).where(CaseRow.id == row.id))
    for table, texts in tables.items():
        for cells in texts:
            work.write_paper(table, cells, owners)
    work.must_refresh = True
    work.refresh_hanging()
    return change


def _moves_others(table: str, before: StoredRow | None, after: _Written | None) -> bool:
    """Whether a change may move rows that hang on this one to other owners."""
    named = {"services": ("fleet",), "grants": ("agreement", "giver", "taker"), "agreements": ("status",),
             "parties": ("region",)}  # fmt: skip
    if table not in ("services", "hubs", "handling", "fleets", "orders", "grants", "agreements", "parties"):
        return False
    if before is None or after is None or before.key != after.key or before.owners != after.owners:
        return True
    if (before.visibility, before.partners) != (after.visibility, after.partners):
        return True
    return any(before.cells.get(column) != after.cells.get(column) for column in named.get(table, ()))


def new_row_id() -> int:
    """Id of a row: random, so that it tells nothing and can be known before it is written."""
    return secrets.randbits(52)


def parties_text(owners: Owners) -> str:
    """Owners as they stand in the database, each between line breaks."""
    return "\n" + "\n".join(owners) + "\n" if owners else ""


def keys_of(connection: Connection, change: int) -> list[str]:
    """Keys of the rows that a change wrote and that are there since."""
    found = connection.execute(
        select(CaseChangeRow.key)
        .where(CaseChangeRow.change_id == change, CaseChangeRow.key.is_not(None))
        .order_by(CaseChangeRow.seq)
    )
    return [str(row.key) for row in found]
