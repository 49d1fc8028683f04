"""Signing keys of organisations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store.database import Viewer
from landbridge.server.store.papers import SigningKey, SigningSecret


def listed(connection: Connection, organisation: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Public keys of an organisation by id, revoked ones too: they signed what they signed."""
    found = connection.execute(
        select(SigningKey.__table__, SigningSecret.key_id.is_not(None).label("is_kept"))
        .outerjoin(SigningSecret, SigningSecret.key_id == SigningKey.id)
        .where(SigningKey.organisation_id == organisation, SigningKey.id > after)
        .order_by(SigningKey.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in found]


def add(
    connection: Connection, viewer: Viewer, name: str, public: Mapping[str, Any], sealed: Mapping[str, Any] | None
) -> None:
    """Keep a public key, and the private half where it was made here; the organisation signs with it from now on."""
    taken = connection.execute(select(SigningKey.id).where(SigningKey.id == public["kid"])).first()
    if taken is not None:
        raise Refused(409, "key-taken", "this key is known already; make another one", entity="public")
    connection.execute(
        insert(SigningKey).values(
            id=public["kid"], organisation_id=viewer.organisation, name=name, public=dict(public),
            created=time.time(), revoked=None,
        )
    )  # fmt: skip
    if sealed is not None:
        connection.execute(
            insert(SigningSecret).values(key_id=public["kid"], organisation_id=viewer.organisation, sealed=dict(sealed))
        )
    append(connection, viewer.organisation, viewer.user, "key.add", f"signing-key:{public['kid']}",
           {"is_kept": sealed is not None})  # fmt: skip


def revoke(connection: Connection, viewer: Viewer, key: str) -> None:
    """Sign with a key no more; what it signed stays signed."""
    done = connection.execute(
        update(SigningKey)
        .where(SigningKey.id == key, SigningKey.organisation_id == viewer.organisation, SigningKey.revoked.is_(None))
        .values(revoked=time.time())
    )
    if not done.rowcount:
        raise not_found("signing key")
    append(connection, viewer.organisation, viewer.user, "key.revoke", f"signing-key:{key}", {})


def public_keys(connection: Connection, viewer: Viewer) -> dict[str, dict[str, Any]]:
    """Keys that the viewer's organisation signs with, by id."""
    found = connection.execute(
        select(SigningKey.id, SigningKey.public)
        .where(SigningKey.organisation_id == viewer.organisation, SigningKey.revoked.is_(None))
        .order_by(SigningKey.created)
    )
    return {row.id: row.public for row in found}


def secret(connection: Connection, viewer: Viewer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Newest key whose private half is kept here: public, and sealed."""
    row = connection.execute(
        select(SigningKey.public, SigningSecret.sealed)
        .join(SigningSecret, SigningSecret.key_id == SigningKey.id)
        .where(
            SigningKey.organisation_id == viewer.organisation,
            SigningSecret.organisation_id == viewer.organisation,
            SigningKey.revoked.is_(None),
        )
        .order_by(SigningKey.created.desc())
        .limit(1)
    ).first()
    if row is None:
        message = "your organisation has no signing key here; make one, or send a signature made elsewhere (jws)"
        raise Refused(409, "no-signing-key", message, entity="signing-keys")
    return dict(row.public), dict(row.sealed)
