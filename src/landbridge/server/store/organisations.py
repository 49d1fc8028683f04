"""Organisations and their members."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.roles import Role
from landbridge.server.store.database import Viewer, chunks, tell_viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.schema import Membership, Organisation, Session, User


def is_empty(connection: Connection) -> bool:
    """Whether nobody has set the server up yet; on PostgreSQL asked of a function, as nobody sees organisations."""
    if connection.dialect.name == "postgresql":
        return not connection.execute(select(func.lb_is_set_up())).scalar()
    return connection.execute(select(Organisation.id).limit(1)).first() is None


def create(connection: Connection, viewer: Viewer, name: str, *, is_host: bool) -> str:
    """Make an organisation; the line in the audit log is written by who asked for it."""
    organisation = new_id()
    tell_viewer(connection, Viewer(organisation=organisation, user=viewer.user, secret=viewer.secret))
    connection.execute(
        insert(Organisation).values(id=organisation, name=name, is_host=is_host, version=1, created=time.time())
    )
    tell_viewer(connection, viewer if viewer.organisation else Viewer(organisation=organisation, user=viewer.user))
    append(connection, viewer.organisation or organisation, viewer.user, "organisation.create",
           f"organisation:{organisation}", {})  # fmt: skip
    return organisation


def listed(connection: Connection, after: str, limit: int) -> list[dict[str, Any]]:
    """Organisations of the server by id; every member may know their names, to hand parties over."""
    found = connection.execute(
        select(Organisation.id, Organisation.name, Organisation.is_host)
        .where(Organisation.id > after)
        .order_by(Organisation.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in found]


def get(connection: Connection, organisation: str) -> dict[str, Any]:
    """One organisation."""
    columns = (Organisation.id, Organisation.name, Organisation.is_host, Organisation.version)
    row = connection.execute(select(*columns).where(Organisation.id == organisation)).first()
    if row is None:
        raise not_found("organisation")
    return dict(row._mapping)


def unknown(connection: Connection, some: Sequence[str]) -> list[str]:
    """Those of some ids that are no organisation."""
    found: set[str] = set()
    for part in chunks(some):
        found |= set(connection.execute(select(Organisation.id).where(Organisation.id.in_(part))).scalars())
    return sorted(set(some) - found)


def rename(connection: Connection, viewer: Viewer, name: str, version: int) -> dict[str, Any]:
    """Change the name of the viewer's organisation, if nobody has since it was read."""
    done = connection.execute(
        update(Organisation)
        .where(Organisation.id == viewer.organisation, Organisation.version == version)
        .values(name=name, version=version + 1)
    )
    if done.rowcount != 1:
        raise Refused(412, "stale", "the organisation was changed meanwhile; read it again", entity="organisation")
    append(connection, viewer.organisation, viewer.user, "organisation.rename", f"organisation:{viewer.organisation}",
           {})  # fmt: skip
    return get(connection, viewer.organisation)


def of_user(connection: Connection, user: str) -> list[dict[str, Any]]:
    """Organisations a user is a member of, with the roles."""
    found = connection.execute(
        select(Organisation.id, Organisation.name, Membership.roles)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user)
        .order_by(Membership.created)
    )
    return [{"id": row.id, "name": row.name, "roles": row.roles.split()} for row in found]


def roles_of(connection: Connection, organisation: str, user: str) -> tuple[str, ...] | None:
    """Roles of a member; None for others."""
    row = connection.execute(
        select(Membership.roles).where(Membership.organisation_id == organisation, Membership.user_id == user)
    ).first()
    return None if row is None else tuple(row.roles.split())


def members(connection: Connection, organisation: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Members of an organisation by id."""
    found = connection.execute(
        select(User.id, User.name, User.email, Membership.roles)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation, User.id > after)
        .order_by(User.id)
        .limit(limit)
    )
    return [dict(row._mapping) | {"roles": row.roles.split()} for row in found]


def add_member(connection: Connection, organisation: str, user: str, roles: Sequence[str]) -> None:
    """Make a user a member; one that is one already gets the roles too."""
    before = roles_of(connection, organisation, user)
    if before is None:
        connection.execute(
            insert(Membership).values(
                organisation_id=organisation, user_id=user, roles=" ".join(sorted(roles)), created=time.time()
            )
        )
    else:
        _write_roles(connection, organisation, user, {*before, *roles})
    append(connection, organisation, user, "member.join", f"user:{user}", {"roles": sorted(roles)})


def set_roles(connection: Connection, viewer: Viewer, user: str, roles: Sequence[str]) -> None:
    """Change the roles of a member; the last administrator stays one."""
    if roles_of(connection, viewer.organisation, user) is None:
        raise not_found("member")
    if Role.ADMINISTRATOR not in roles:
        _refuse_last_administrator(connection, viewer.organisation, user)
    _write_roles(connection, viewer.organisation, user, roles)
    append(connection, viewer.organisation, viewer.user, "member.roles", f"user:{user}", {"roles": sorted(roles)})


def remove_member(connection: Connection, viewer: Viewer, user: str) -> None:
    """End a membership, and the sessions in it."""
    if roles_of(connection, viewer.organisation, user) is None:
        raise not_found("member")
    _refuse_last_administrator(connection, viewer.organisation, user)
    place = (Membership.organisation_id == viewer.organisation, Membership.user_id == user)
    connection.execute(delete(Membership).where(*place))
    connection.execute(delete(Session).where(Session.user_id == user, Session.organisation_id == viewer.organisation))
    append(connection, viewer.organisation, viewer.user, "member.remove", f"user:{user}", {})


def _write_roles(connection: Connection, organisation: str, user: str, roles: Sequence[str] | set[str]) -> None:
    connection.execute(
        update(Membership)
        .where(Membership.organisation_id == organisation, Membership.user_id == user)
        .values(roles=" ".join(sorted(set(roles))))
    )


def _refuse_last_administrator(connection: Connection, organisation: str, user: str) -> None:
    others = connection.execute(
        select(func.count())
        .select_from(Membership)
        .where(
            Membership.organisation_id == organisation,
            Membership.user_id != user,
            Membership.roles.contains(Role.ADMINISTRATOR),
        )
    ).scalar_one()
    if not others and Role.ADMINISTRATOR in (roles_of(connection, organisation, user) or ()):
        message = "this is the last administrator of the organisation; make another one first"
        raise Refused(409, "last-administrator", message, entity="roles")


def require_inviter(connection: Connection, viewer: Viewer, organisation: str) -> None:
    """Refuse others than an administrator of the organisation, or of the server's host while nobody is in it."""
    if organisation == viewer.organisation:
        return
    if not get(connection, viewer.organisation)["is_host"]:
        raise not_found("organisation")
    get(connection, organisation)
    tell_viewer(connection, Viewer(organisation=organisation, user=viewer.user, secret=viewer.secret))
    has_members = connection.execute(
        select(Membership.user_id).where(Membership.organisation_id == organisation).limit(1)
    ).first()
    if has_members is not None:
        raise Refused(403, "has-members", "this organisation has members; its own administrator invites", entity="")
