"""Sessions of browsers and keys of machines: who a request comes from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import not_found
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import hash_of, new_id, new_secret
from landbridge.server.store.schema import ApiKey, Membership, Session

KEY_PREFIX = "lbk_"
SEEN_EVERY_S = 60.0
"""How often the time of the last request is written down."""


def open_session(connection: Connection, user: str, organisation: str | None, for_s: float) -> tuple[str, str]:
    """Open a session; returns the cookie's secret and the token against forged requests."""
    secret, csrf, now = new_secret(), new_secret(), time.time()
    connection.execute(
        insert(Session).values(
            id=hash_of(secret), user_id=user, organisation_id=organisation, csrf=csrf,
            created=now, seen=now, expires=now + for_s,
        )
    )  # fmt: skip
    if organisation:
        append(connection, organisation, user, "session.open", f"user:{user}", {})
    return secret, csrf


def find_session(connection: Connection, session: str, idle_s: float) -> dict[str, Any] | None:
    """Session by the hash of its secret, while it lasts; with the roles in its organisation."""
    now = time.time()
    row = connection.execute(
        select(Session.__table__, Membership.roles)
        .outerjoin(
            Membership,
            (Membership.user_id == Session.user_id) & (Membership.organisation_id == Session.organisation_id),
        )
        .where(Session.id == session, Session.expires > now, Session.seen > now - idle_s)
    ).first()
    return None if row is None else dict(row._mapping)


def touch_session(connection: Connection, session: str) -> None:
    """Write down that a session is in use."""
    connection.execute(update(Session).where(Session.id == session).values(seen=time.time()))


def close_session(connection: Connection, viewer: Viewer) -> None:
    """Sign out."""
    connection.execute(delete(Session).where(Session.id == viewer.secret))
    if viewer.organisation:
        append(connection, viewer.organisation, viewer.user, "session.close", f"user:{viewer.user}", {})


def choose_organisation(connection: Connection, viewer: Viewer, organisation: str) -> None:
    """Make another organisation the active one of a session."""
    member = connection.execute(
        select(Membership.user_id).where(Membership.user_id == viewer.user, Membership.organisation_id == organisation)
    ).first()
    if member is None:
        raise not_found("organisation")
    connection.execute(update(Session).where(Session.id == viewer.secret).values(organisation_id=organisation))


def drop_old_sessions(connection: Connection) -> int:
    """Forget sessions that have ended."""
    return connection.execute(delete(Session).where(Session.expires < time.time())).rowcount


# Keys of machines


def create_key(
    connection: Connection, viewer: Viewer, name: str, scopes: Sequence[str], expires: float | None
) -> dict[str, Any]:
    """Make a key; its secret is in the answer and nowhere else."""
    secret, key = KEY_PREFIX + new_secret(), new_id()
    connection.execute(
        insert(ApiKey).values(
            id=key, organisation_id=viewer.organisation, user_id=viewer.user, name=name,
            scopes=" ".join(sorted(scopes)), hash=hash_of(secret), created=time.time(), expires=expires, seen=None,
        )
    )  # fmt: skip
    append(connection, viewer.organisation, viewer.user, "key.create", f"key:{key}", {"scopes": sorted(scopes)})
    return {"id": key, "key": secret}


def keys(connection: Connection, organisation: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Keys of an organisation, without their secrets."""
    columns = (ApiKey.id, ApiKey.name, ApiKey.scopes, ApiKey.created, ApiKey.expires, ApiKey.seen)
    found = connection.execute(
        select(*columns)
        .where(ApiKey.organisation_id == organisation, ApiKey.id > after)
        .order_by(ApiKey.id)
        .limit(limit)
    )
    return [dict(row._mapping) | {"scopes": row.scopes.split()} for row in found]


def remove_key(connection: Connection, viewer: Viewer, key: str) -> None:
    """End a key."""
    gone = connection.execute(
        delete(ApiKey).where(ApiKey.id == key, ApiKey.organisation_id == viewer.organisation)
    ).rowcount
    if not gone:
        raise not_found("key")
    append(connection, viewer.organisation, viewer.user, "key.remove", f"key:{key}", {})


def find_key(connection: Connection, hashed: str) -> dict[str, Any] | None:
    """Key by the hash of its secret, while it lasts."""
    row = connection.execute(select(ApiKey.__table__).where(ApiKey.hash == hashed)).first()
    if row is None or (row.expires is not None and row.expires < time.time()):
        return None
    return dict(row._mapping)


def touch_key(connection: Connection, key: str) -> None:
    """Write down that a key is in use."""
    connection.execute(update(ApiKey).where(ApiKey.id == key).values(seen=time.time()))
