"""Files that were read and wait to be applied."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from landbridge.server.errors import not_found
from landbridge.server.store import cases, edits
from landbridge.server.store.database import Viewer
from landbridge.server.store.editing import RowChange
from landbridge.server.store.ids import new_id
from landbridge.server.store.schema import ImportDraft


def keep(
    connection: Connection, viewer: Viewer, case: str, changes: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]
) -> str:
    """Keep what a file would change until it is applied or dropped."""
    draft = new_id()
    connection.execute(
        insert(ImportDraft).values(
            id=draft, case_id=case, organisation_id=viewer.organisation, user_id=viewer.user, created=time.time(),
            changes={"changes": list(changes)}, summary=dict(summary),
        )
    )  # fmt: skip
    return draft


def apply(connection: Connection, viewer: Viewer, case: str, draft: str, max_rows: int, kept_s: float) -> int:
    """Apply a file, all or nothing; rows that were changed since it was read are refused with 412."""
    cases.head(connection, viewer, case)
    found = connection.execute(
        select(ImportDraft.changes).where(
            ImportDraft.id == draft,
            ImportDraft.case_id == case,
            ImportDraft.organisation_id == viewer.organisation,
            ImportDraft.created > time.time() - kept_s,
        )
    ).scalar()
    if found is None:
        raise not_found("import")
    changes = [RowChange(**item) for item in found["changes"]]
    change = edits.edit(connection, viewer, case, changes, kind="import", max_rows=max_rows)
    connection.execute(delete(ImportDraft).where(ImportDraft.id == draft))
    return change


def drop(connection: Connection, viewer: Viewer, case: str, draft: str) -> None:
    """Forget a file."""
    gone = connection.execute(
        delete(ImportDraft).where(
            ImportDraft.id == draft, ImportDraft.case_id == case, ImportDraft.organisation_id == viewer.organisation
        )
    ).rowcount
    if not gone:
        raise not_found("import")


def drop_old(connection: Connection, kept_s: float) -> None:
    """Forget files that nobody applied."""
    connection.execute(delete(ImportDraft).where(ImportDraft.created < time.time() - kept_s))
