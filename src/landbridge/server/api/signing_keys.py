"""Keys that organisations sign with."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from landbridge.server.agreements.document import BadAgreement
from landbridge.server.agreements.keys import new_key, public_key
from landbridge.server.api.auth import MayAgree, MayRead, Server
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    Limit,
    Line,
    Name,
    Secret,
    decode_cursor,
    encode_cursor,
    moment,
    page_of,
)
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused, not_found
from landbridge.server.store import keys

router = APIRouter(tags=["agreements"])


class SigningKeyWish(Body):
    """A new key, its private half encrypted with a passphrase; or the public half of one made elsewhere."""

    name: Name
    passphrase: Secret | None = None
    public: dict[str, Line] | None = None


@router.get("/organisations/{organisation}/signing-keys", summary="Keys an organisation signs with")
def list_signing_keys(
    organisation: Id, caller: MayRead, state: Server, limit: Limit = 50, cursor: Cursor = ""
) -> dict[str, Any]:
    """List public keys; those of partners too, to check their signatures with."""
    (after,) = decode_cursor(cursor, str) or ("",)
    with state.database.read(caller.viewer) as connection:
        found = keys.listed(connection, organisation, after, limit)
    items = [
        {"kid": row["id"], "name": row["name"], "public": row["public"], "created": moment(row["created"]),
         "revoked": moment(row["revoked"]),
         "is_kept": row["is_kept"] if organisation == caller.organisation else None}
        for row in found
    ]  # fmt: skip
    return page_of(items, limit, encode_cursor(found[-1]["id"]) if found else None)


@router.post("/organisations/{organisation}/signing-keys", status_code=201, summary="Make a key, or name one")
def add_signing_key(organisation: Id, wish: SigningKeyWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Make an Ed25519 key whose private half a passphrase encrypts, or name the public half of one made elsewhere."""
    _refuse_foreign(organisation, caller)
    if (wish.passphrase is None) == (wish.public is None):
        raise Refused(422, "one-key", "send either passphrase or public", entity="public")
    try:
        public, sealed = new_key(wish.passphrase) if wish.passphrase else (public_key(wish.public or {}), None)
    except BadAgreement as error:
        raise Refused(422, error.code, str(error), entity="public" if wish.public else "passphrase") from error

    def work(connection: Connection) -> dict[str, Any]:
        keys.add(connection, caller.viewer, wish.name, public, sealed)
        return {"kid": public["kid"], "name": wish.name, "public": public}

    return once.do(work, 201)


@router.delete("/organisations/{organisation}/signing-keys/{key}", status_code=204, summary="Sign with a key no more")
def revoke_signing_key(organisation: Id, key: Id, caller: MayAgree, state: Server) -> Response:
    """Revoke a key; what it signed stays signed."""
    _refuse_foreign(organisation, caller)
    with state.database.write(caller.viewer) as connection:
        keys.revoke(connection, caller.viewer, key)
    return Response(status_code=204)


def _refuse_foreign(organisation: str, caller: Caller) -> None:
    if organisation != caller.organisation:
        raise not_found("organisation")
