"""Answers to requests that named an idempotency key: the same request again gets the same answer, done once."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from landbridge.server.errors import Refused
from landbridge.server.store.database import Viewer, tell_viewer
from landbridge.server.store.schema import Answer

KEPT_S = 2 * 86_400.0
"""How long an answer is kept."""


def find(connection: Connection, answer: str, request_sha256: str) -> dict[str, Any] | None:
    """Return the answer that was given to a key, if any; another request with the same key is refused."""
    row = connection.execute(select(Answer.__table__).where(Answer.id == answer)).first()
    if row is None:
        return None
    if row.request_sha256 != request_sha256:
        message = "this Idempotency-Key was used for another request; choose a new one"
        raise Refused(422, "idempotency-key-reused", message, entity="Idempotency-Key")
    return dict(row._mapping)


def keep(connection: Connection, viewer: Viewer, answer: str, request_sha256: str, status: int, body: Any) -> None:
    """Keep an answer, in the transaction of what it answers."""
    tell_viewer(connection, viewer)  # what was done may have spoken for another organisation, as an invitation does
    connection.execute(
        insert(Answer).values(
            id=answer, organisation_id=viewer.organisation, request_sha256=request_sha256, at=time.time(),
            status=status, body=body,
        )
    )  # fmt: skip


def drop_old(connection: Connection) -> None:
    """Forget answers nobody will ask for again."""
    connection.execute(delete(Answer).where(Answer.at < time.time() - KEPT_S))
