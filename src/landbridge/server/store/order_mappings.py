"""Mappings of columns that an organisation saves under a name: how it reads the files of a shop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store.database import Viewer
from landbridge.server.store.follow_tables import OrderMapping
from landbridge.server.store.ids import new_id

MOST_MAPPINGS = 200
"""Of one organisation."""


def listed(connection: Connection, viewer: Viewer, after: str, limit: int) -> list[dict[str, Any]]:
    """Mappings of the viewer's organisation, by name."""
    query = select(OrderMapping.__table__).where(
        OrderMapping.organisation_id == viewer.organisation, OrderMapping.name > after
    )
    return [dict(row._mapping) for row in connection.execute(query.order_by(OrderMapping.name).limit(limit))]


def get(connection: Connection, viewer: Viewer, mapping: str) -> dict[str, Any]:
    """Give one mapping of the viewer's organisation; those of others are not there."""
    row = connection.execute(
        select(OrderMapping.__table__).where(
            OrderMapping.id == mapping, OrderMapping.organisation_id == viewer.organisation
        )
    ).first()
    if row is None:
        raise not_found("mapping")
    return dict(row._mapping)


def save(
    connection: Connection, viewer: Viewer, name: str, content: Mapping[str, Any], version: int | None
) -> dict[str, Any]:
    """
    Save a mapping under a name; one of that name is replaced, if ``version`` says that it was seen.

    Raises
    ------
    Refused
        409 when the name is taken and ``version`` is None, 412 when it was changed meanwhile.
    """
    row = connection.execute(
        select(OrderMapping.id, OrderMapping.version).where(
            OrderMapping.organisation_id == viewer.organisation, OrderMapping.name == name
        )
    ).first()
    if row is not None and version is None:
        message = "a mapping of this name is saved; choose another name, or send If-Match to replace it"
        raise Refused(409, "name-taken", message, entity="name")
    if version is not None and (row is None or row.version != version):
        raise Refused(412, "stale", "this was changed meanwhile; read it again", entity="mapping")
    values = {"content": dict(content), "changed": time.time()}
    if row is not None:
        same = (OrderMapping.id == row.id, OrderMapping.version == row.version)
        done = connection.execute(update(OrderMapping).where(*same).values(version=row.version + 1, **values))
        if done.rowcount != 1:
            raise Refused(412, "stale", "this was changed meanwhile; read it again", entity="mapping")
        found = str(row.id)
    else:
        if len(listed(connection, viewer, "", MOST_MAPPINGS)) >= MOST_MAPPINGS:
            message = f"your organisation has saved {MOST_MAPPINGS} mappings, the most that may; remove some"
            raise Refused(409, "too-many-mappings", message, entity="mapping")
        found = new_id()
        connection.execute(
            insert(OrderMapping).values(
                id=found, organisation_id=viewer.organisation, name=name, version=1, **values
            )
        )  # fmt: skip
    append(connection, viewer.organisation, viewer.user, "mapping.save", f"mapping:{found}", {})
    return get(connection, viewer, found)


def remove(connection: Connection, viewer: Viewer, mapping: str) -> None:
    """Remove a mapping; files that were read with it stay read."""
    get(connection, viewer, mapping)
    connection.execute(delete(OrderMapping).where(OrderMapping.id == mapping))
    append(connection, viewer.organisation, viewer.user, "mapping.remove", f"mapping:{mapping}", {})
