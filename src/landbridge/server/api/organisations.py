"""Organisations, members, invitations and keys."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from landbridge.server.api.auth import AnyCaller, MayAdminister, Server, address_of, require_same_site
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    IfMatch,
    Limit,
    Name,
    Secret,
    decode_cursor,
    encode_cursor,
    etag_of,
    example,
    moment,
    page_of,
    version_of,
)
from landbridge.server.api.once import OnceOnly
from landbridge.server.api.session import Email
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused, not_found
from landbridge.server.passwords import check_new, hash_password, is_right
from landbridge.server.roles import SCOPES, Role
from landbridge.server.store import organisations, sessions, users
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import hash_of

router = APIRouter(tags=["organisations"])


class OrganisationName(Body):
    """What an organisation is called."""

    model_config = example(name="Railway of the south")

    name: Name


class Roles(Body):
    """Roles of a member."""

    roles: Annotated[list[str], Field(min_length=1, max_length=len(Role))]


class Invite(Roles):
    """Who shall become a member."""

    model_config = example(email="bob@example.org", roles=["planner"])

    email: Email


class Accept(Body):
    """Who takes an invitation; a person with an account gives its password."""

    name: Name
    password: Secret


class KeyWish(Body):
    """A key of a machine; ``expires_days`` None: until it is removed."""

    model_config = example(name="nightly plan", scopes=["read", "plan"], expires_days=365.0)

    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=len(SCOPES))]
    expires_days: Annotated[float, Field(gt=0, le=3660)] | None = None


def _roles(wish: Roles) -> list[str]:
    unknown = [word for word in wish.roles if word not in set(Role)]
    if unknown:
        message = f"found {unknown[0]!r:.60}; expected {', '.join(Role)}"
        raise Refused(422, "unknown-role", message, entity="roles")
    return sorted(set(wish.roles))


def _own(caller: Caller, organisation: str) -> None:
    """Administrators manage the organisation they act for; of others they learn nothing."""
    if caller.organisation != organisation:
        raise not_found("organisation")


def _shown(found: dict[str, Any]) -> JSONResponse:
    body = {"id": found["id"], "name": found["name"], "is_host": found["is_host"]}
    return JSONResponse(body | {"etag": etag_of(found["version"])}, headers={"ETag": etag_of(found["version"])})


@router.get("/organisations", summary="Organisations of this server")
def list_organisations(caller: AnyCaller, state: Server, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """List ids and names: whom a party can be handed to."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = organisations.listed(connection, after, limit)
    return page_of(found, limit, encode_cursor(found[-1]["id"]) if found else None)


@router.post("/organisations", status_code=201, summary="Make an organisation")
def create_organisation(wish: OrganisationName, caller: MayAdminister, once: OnceOnly) -> JSONResponse:
    """Make an organisation; the host of the server alone. An invitation to it brings in its first administrator."""

    def work(connection: Any) -> dict[str, Any]:
        if not organisations.get(connection, caller.organisation)["is_host"]:
            raise Refused(403, "not-the-host", "only the organisation that hosts the server makes others")
        made = organisations.create(connection, caller.viewer, wish.name, is_host=False)
        return {"id": made, "name": wish.name}

    return once.do(work, 201)


@router.get("/organisations/{organisation}", summary="An organisation")
def read_organisation(organisation: Id, caller: AnyCaller, state: Server) -> JSONResponse:
    """Give its name."""
    with state.database.read(caller.viewer) as connection:
        return _shown(organisations.get(connection, organisation))


@router.patch("/organisations/{organisation}", summary="Rename one's organisation")
def rename_organisation(
    organisation: Id, wish: OrganisationName, caller: MayAdminister, state: Server, if_match: IfMatch = None
) -> JSONResponse:
    """Change the name."""
    _own(caller, organisation)
    with state.database.write(caller.viewer) as connection:
        return _shown(organisations.rename(connection, caller.viewer, wish.name, version_of(if_match)))


@router.get("/organisations/{organisation}/members", summary="Members")
def list_members(
    organisation: Id, caller: AnyCaller, state: Server, limit: Limit = 100, cursor: Cursor = ""
) -> dict[str, Any]:
    """List the members of one's organisation with their roles."""
    _own(caller, organisation)
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = organisations.members(connection, organisation, after, limit)
    return page_of(found, limit, encode_cursor(found[-1]["id"]) if found else None)


@router.patch("/organisations/{organisation}/members/{user}", summary="Change roles")
def change_roles(organisation: Id, user: Id, wish: Roles, caller: MayAdminister, state: Server) -> dict[str, Any]:
    """Give a member other roles."""
    _own(caller, organisation)
    with state.database.write(caller.viewer) as connection:
        organisations.set_roles(connection, caller.viewer, user, _roles(wish))
    return {"id": user, "roles": _roles(wish)}


@router.delete("/organisations/{organisation}/members/{user}", status_code=204, summary="Remove a member")
def remove_member(organisation: Id, user: Id, caller: MayAdminister, state: Server) -> Response:
    """End a membership."""
    _own(caller, organisation)
    with state.database.write(caller.viewer) as connection:
        organisations.remove_member(connection, caller.viewer, user)
    return Response(status_code=204)


@router.post("/organisations/{organisation}/invitations", status_code=201, summary="Invite somebody")
def invite(organisation: Id, wish: Invite, caller: MayAdminister, once: OnceOnly) -> JSONResponse:
    """
    Make a link that is shown once.

    An administrator invites to the own organisation; the host of the server also to one without members.
    """
    roles = _roles(wish)

    def work(connection: Any) -> dict[str, Any]:
        organisations.require_inviter(connection, caller.viewer, organisation)
        token = users.invite(connection, caller.viewer, organisation, wish.email, roles, once.state.settings.link_s)
        return {"link": f"{once.state.settings.address}/#/join?token={token}", "token": token}

    return once.do(work, 201, is_secret=True)


@router.post("/invitations/{token}/accept", status_code=201, dependencies=[Depends(require_same_site)],
             summary="Take an invitation")  # fmt: skip
def accept(token: Secret, wish: Accept, request: Request, state: Server) -> dict[str, Any]:
    """Become a member: with a new account, or with the password of the one that the address has."""
    state.by_sign_in.take(f"address {address_of(request)}")
    secret = hash_of(token)
    with state.database.read(Viewer(secret=secret)) as connection:
        found = users.find_invitation(connection, token)
    with state.database.read(Viewer(secret=found["email"])) as connection:
        user = users.by_email(connection, found["email"])
    if user is not None and not is_right(wish.password, user["password_hash"]):
        raise Refused(401, "wrong-password", "you have an account here: give its password", entity="password")
    if user is None:
        check_new(wish.password, found["email"], wish.name)
    hashed = "" if user else hash_password(wish.password)
    with state.database.write(Viewer(organisation=found["organisation"], secret=secret)) as connection:
        found |= users.use_invitation(connection, token)
        member = user["id"] if user else users.create(connection, found["email"], wish.name, hashed)
        organisations.add_member(connection, found["organisation"], member, found["roles"])
    return {"user": member, "organisation": found["organisation"], "email": found["email"]}


@router.get("/organisations/{organisation}/keys", summary="Keys of machines")
def list_keys(
    organisation: Id, caller: MayAdminister, state: Server, limit: Limit = 100, cursor: Cursor = ""
) -> dict[str, Any]:
    """List keys without their secrets."""
    _own(caller, organisation)
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = sessions.keys(connection, organisation, after, limit)
    last = encode_cursor(found[-1]["id"]) if found else None
    items = [key | {name: moment(key[name]) for name in ("created", "expires", "seen")} for key in found]
    return page_of(items, limit, last)


@router.post("/organisations/{organisation}/keys", status_code=201, summary="Make a key")
def create_key(organisation: Id, wish: KeyWish, caller: MayAdminister, once: OnceOnly) -> JSONResponse:
    """Make a key for a machine; its secret is shown once."""
    _own(caller, organisation)
    unknown = [word for word in wish.scopes if word not in set(SCOPES)]
    if unknown:
        message = f"found {unknown[0]!r:.60}; expected {', '.join(SCOPES)}"
        raise Refused(422, "unknown-scope", message, entity="scopes")
    expires = time.time() + wish.expires_days * 86_400.0 if wish.expires_days else None

    def work(connection: Any) -> dict[str, Any]:
        return sessions.create_key(connection, caller.viewer, wish.name, sorted(set(wish.scopes)), expires)

    return once.do(work, 201, is_secret=True)


@router.delete("/organisations/{organisation}/keys/{key}", status_code=204, summary="Remove a key")
def remove_key(organisation: Id, key: Id, caller: MayAdminister, state: Server) -> Response:
    """End a key at once."""
    _own(caller, organisation)
    with state.database.write(caller.viewer) as connection:
        sessions.remove_key(connection, caller.viewer, key)
    return Response(status_code=204)
