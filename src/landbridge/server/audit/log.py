"""The audit log: append only."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, insert

from landbridge.server.store.schema import AuditLine


def append(
    connection: Connection,
    organisation: str,
    user: str,
    action: str,
    object: str,
    detail: dict[str, Any],
) -> None:
    """
    Write one line in the transaction of what it tells of.

    Parameters
    ----------
    organisation, user
        Ids of who did it; blank user: the server itself.
    action
        A word with a dot, ``case.edit``.
    object
        What it was done to, ``case:ID``.
    detail
        Counts and ids; never a price, a text of a cell or a secret.
    """
    connection.execute(
        insert(AuditLine).values(
            organisation_id=organisation, user_id=user, action=action, object=object, detail=detail, at=time.time()
        )
    )
