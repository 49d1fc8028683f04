"""Users, and the links by which they come in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import hash_of, new_id, new_secret
from landbridge.server.store.schema import Invitation, Session, User


def create(connection: Connection, email: str, name: str, password_hash: str, language: str = "en") -> str:
    """Make a user."""
    user = new_id()
    connection.execute(
        insert(User).values(
            id=user, email=email, name=name, language=language, password_hash=password_hash, created=time.time()
        )
    )
    return user


def by_email(connection: Connection, email: str) -> dict[str, Any] | None:
    """User with an e-mail address; the viewer's secret must be that address."""
    row = connection.execute(select(User.__table__).where(User.email == email)).first()
    return None if row is None else dict(row._mapping)


def get(connection: Connection, user: str) -> dict[str, Any] | None:
    """User by id."""
    row = connection.execute(select(User.__table__).where(User.id == user)).first()
    return None if row is None else dict(row._mapping)


def change(connection: Connection, viewer: Viewer, values: dict[str, Any]) -> None:
    """Change name, language or password hash of the viewer."""
    connection.execute(update(User).where(User.id == viewer.user).values(**values))
    if viewer.organisation:
        append(connection, viewer.organisation, viewer.user, "user.change", f"user:{viewer.user}",
               {"fields": sorted(values)})  # fmt: skip


def end_other_sessions(connection: Connection, viewer: Viewer) -> None:
    """Sign the viewer out everywhere but here."""
    connection.execute(delete(Session).where(Session.user_id == viewer.user, Session.id != viewer.secret))


def invite(
    connection: Connection, viewer: Viewer, organisation: str | None, email: str, roles: Sequence[str], for_s: float
) -> str:
    """Make a link; returns its token, of which only the hash is kept. Without organisation: the first-run link."""
    token, now = new_secret(), time.time()
    connection.execute(
        insert(Invitation).values(
            id=hash_of(token), organisation_id=organisation, email=email, roles=" ".join(sorted(roles)),
            created=now, expires=now + for_s, used=None,
        )
    )  # fmt: skip
    if organisation is not None:
        append(connection, organisation, viewer.user, "member.invite", f"organisation:{organisation}",
               {"roles": sorted(roles)})  # fmt: skip
    return token


def drop_setup_links(connection: Connection) -> None:
    """Forget first-run links made before: each start prints one of its own."""
    connection.execute(delete(Invitation).where(Invitation.organisation_id.is_(None)))


def use_invitation(connection: Connection, token: str) -> dict[str, Any]:
    """
    Take a link, once.

    Raises
    ------
    Refused
        ``bad-link`` when it is unknown, used or too old: one answer for all, so that it tells nothing.
    """
    now = time.time()
    found = connection.execute(
        update(Invitation)
        .where(Invitation.id == hash_of(token), Invitation.used.is_(None), Invitation.expires > now)
        .values(used=now)
        .returning(Invitation.organisation_id, Invitation.email, Invitation.roles)
    ).first()
    if found is None:
        raise _bad_link()
    return {"organisation": found.organisation_id, "email": found.email, "roles": found.roles.split()}


def find_invitation(connection: Connection, token: str) -> dict[str, Any]:
    """Look at an invitation that can still be used; refused like ``use_invitation``."""
    row = connection.execute(
        select(Invitation.organisation_id, Invitation.email).where(
            Invitation.id == hash_of(token), Invitation.used.is_(None), Invitation.expires > time.time()
        )
    ).first()
    if row is None or row.organisation_id is None:
        raise _bad_link()
    return {"organisation": row.organisation_id, "email": row.email}


def _bad_link() -> Refused:
    message = "the link is unknown, was used already, or is too old; ask an administrator for a new one"
    return Refused(400, "bad-link", message, entity="token")
