"""Rows of a case written together: few statements, however many rows a change has."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import IntegrityError

from landbridge.server.cases.ownership import Owners
from landbridge.server.cases.parts import Visibility, split_cells
from landbridge.server.errors import Refused
from landbridge.server.store.bulk import insert_rows, update_case_rows
from landbridge.server.store.database import chunks
from landbridge.server.store.rows import StoredRow
from landbridge.server.store.schema import CaseChangeRow, CaseRow, CaseRowPartner, CaseRowPrivate


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row as it shall stand."""

    table: str
    key: str
    cells: Mapping[str, str]
    owners: Owners
    is_private: bool
    visibility: Visibility = Visibility.CORRIDOR
    partners: tuple[str, ...] = ()


class RowWriter:
    """
    Writes rows under the number of a change; what it is given is kept until ``flush``.

    Rows go first, then others change, then new ones come: a key that one of them gives up is free for the next.
    """

    def __init__(self, connection: Connection, case: str, change: int) -> None:
        self.connection, self.case, self.change = connection, case, change
        self._last: float | None = None
        self._num_notes = 0
        self._forget()

    def _forget(self) -> None:
        self._removed: list[int] = []
        self._changed: list[tuple[StoredRow, dict[str, Any]]] = []
        self._added: list[dict[str, Any]] = []
        self._private: list[dict[str, Any]] = []
        self._partners: list[dict[str, Any]] = []
        self._notes: list[dict[str, Any]] = []

    def add(self, row: WrittenRow) -> None:
        """Write a new row, after all others of the case."""
        self._last = (self._last_position() if self._last is None else self._last) + 1.0
        row_id = secrets.randbits(52)  # random: it tells nothing, and is known before it is written
        place = {"id": row_id, "case_id": self.case, "table_name": row.table, "position": self._last}
        self._added.append(place | self._head(row_id, row) | {"version": self.change})

    def replace(self, before: StoredRow, row: WrittenRow) -> None:
        """Write a row anew."""
        self._changed.append((before, self._head(before.id, row) | {"version": self.change}))

    def move(self, before: StoredRow, row: WrittenRow) -> None:
        """Give a row to other owners, or show it to others; nobody's edit of it is out of date by that."""
        self._changed.append((before, self._head(before.id, row) | {"version": before.version}))

    def remove(self, row: StoredRow) -> None:
        """Remove a row."""
        self._removed.append(row.id)

    def note(self, organisation: str, table: str, before: StoredRow | None, key: str | None) -> None:
        """Note what a row was before, and what it is called since, so that the change can be undone."""
        self._num_notes += 1
        kept = None
        if before is not None:
            kept = {"cells": dict(before.cells), "visibility": before.visibility, "partners": list(before.partners)}
        self._notes.append(
            {"change_id": self.change, "seq": self._num_notes, "organisation_id": organisation, "table_name": table,
             "key": key, "before": kept}
        )  # fmt: skip

    def flush(self) -> None:
        """
        Write all that was given.

        Raises
        ------
        Refused
            412 when a row was changed by somebody faster, 409 for a key of a row that the viewer does not see.
        """
        changed = [before.id for before, _ in self._changed]
        # Private parts go first: once the row is somebody else's, the database would not let us touch them.
        for some in chunks(changed):
            self.connection.execute(delete(CaseRowPrivate).where(CaseRowPrivate.row_id.in_(some)))
            self.connection.execute(delete(CaseRowPartner).where(CaseRowPartner.row_id.in_(some)))
        for some in chunks(self._removed):
            self._expect(len(some), self.connection.execute(delete(CaseRow).where(CaseRow.id.in_(some))).rowcount)
        try:
            self._update()
            insert_rows(self.connection, CaseRow, self._added)
        except IntegrityError as error:
            message = "an id is taken by a row that you may not see; choose other ids"
            raise Refused(409, "key-taken", message, entity="case") from error
        insert_rows(self.connection, CaseRowPrivate, self._private)
        insert_rows(self.connection, CaseRowPartner, self._partners)
        insert_rows(self.connection, CaseChangeRow, self._notes)
        self._forget()

    def _update(self) -> None:
        """Rows that are called otherwise now go one by one, in their order: one may take the key of another."""
        found = [values | {"row_id": before.id, "was": before.version} for before, values in self._changed]
        is_renamed = [before.key != values["key"] for before, values in self._changed]
        for row, alone in zip(found, is_renamed, strict=True):
            if alone:
                self._expect(1, update_case_rows(self.connection, [row]))
        same = [row for row, alone in zip(found, is_renamed, strict=True) if not alone]
        self._expect(len(same), update_case_rows(self.connection, same))

    @staticmethod
    def _expect(wanted: int, done: int) -> None:
        """Refuse the whole change when the database did not find each row as it was read."""
        if done != wanted:
            raise Refused(412, "stale", "somebody changed a row meanwhile; read them again", entity="case")

    def _head(self, row_id: int, row: WrittenRow) -> dict[str, Any]:
        """Columns of a row's head; its private parts are kept for later."""
        shared, parts = split_cells(row.table, row.cells, is_owned=bool(row.owners), visibility=row.visibility)
        self._private += [
            {"row_id": row_id, "part": part, "case_id": self.case, "cells": dict(cells)}
            for part, cells in parts.items()
        ]
        if row.visibility is Visibility.PARTNERS:
            self._partners += [{"row_id": row_id, "organisation_id": partner} for partner in sorted(set(row.partners))]
        return {
            "key": row.key,
            "parties": parties_text(row.owners),
            "is_private": row.is_private,
            "visibility": row.visibility,
            "cells": shared,
        }

    def _last_position(self) -> float:
        found = self.connection.execute(select(func.max(CaseRow.position)).where(CaseRow.case_id == self.case)).scalar()
        return float(found or 0.0)


def parties_text(owners: Owners) -> str:
    """Owners as they stand in the database, each between line breaks."""
    return "\n" + "\n".join(owners) + "\n" if owners else ""
