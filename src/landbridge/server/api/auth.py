"""Who asks: sessions in cookies with a token against forged requests, keys of machines."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.roles import SCOPES, Permission, permissions_of
from landbridge.server.state import State, state_of
from landbridge.server.store import sessions
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import hash_of

COOKIE = "lb_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def _state(request: Request) -> State:
    return state_of(request)  # on the event loop: a thread for it would cost more than it does


Server = Annotated[State, Depends(_state)]


def find_caller(request: Request) -> Caller | None:
    """
    Tell who asks; None: nobody has signed in.

    Raises
    ------
    Refused
        401 for a key that is unknown or too old, 403 for a request that another site may have forged.
    """
    state = state_of(request)
    header = request.headers.get("authorization", "")
    if header:
        return _machine(state, header)
    secret = request.cookies.get(COOKIE, "")
    if not secret:
        return None
    caller = _person(state, hash_of(secret))
    if caller is not None and request.method not in SAFE_METHODS:
        given = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), caller.csrf.encode()):
            message = "send the X-CSRF-Token that GET /api/v1/session gives"
            raise Refused(403, "bad-csrf-token", message, entity="X-CSRF-Token")
    return caller


def require_caller(request: Request, state: Server) -> Caller:
    """Refuse those that have not signed in."""
    caller = find_caller(request)
    if caller is None:
        state.by_caller.take(f"address {address_of(request)}")
        raise Refused(401, "not-signed-in", "sign in first", headers={"WWW-Authenticate": "Bearer"})
    state.by_caller.take(caller.secret)
    request.state.caller = caller
    return caller


def require_same_site(request: Request) -> None:
    """Refuse a sign-in that another site sends: there is no session yet whose token could be asked for."""
    origin = request.headers.get("origin", "")
    if request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise Refused(403, "cross-site", "this request comes from another site", entity="Origin")
    if origin and urlsplit(origin).netloc not in (request.headers.get("host", ""), urlsplit(
        state_of(request).settings.address).netloc):  # fmt: skip
        raise Refused(403, "cross-site", "this request comes from another site", entity="Origin")


def allow(permission: Permission) -> Any:
    """Give the caller to a route, if the roles allow what it does."""

    async def dependency(caller: Annotated[Caller, Depends(require_caller)]) -> Caller:
        caller.require(permission)
        return caller

    return Depends(dependency)


AnyCaller = Annotated[Caller, Depends(require_caller)]
MayRead = Annotated[Caller, allow(Permission.READ)]
MayEdit = Annotated[Caller, allow(Permission.EDIT)]
MayPlan = Annotated[Caller, allow(Permission.PLAN)]
MayAgree = Annotated[Caller, allow(Permission.AGREE)]
MayAudit = Annotated[Caller, allow(Permission.AUDIT)]
MayAdminister = Annotated[Caller, allow(Permission.ADMINISTER)]


def address_of(request: Request) -> str:
    """Address of who asks; of clients behind a proxy that is believed, the server knows it from the proxy."""
    return request.client.host if request.client else "unknown"


def give_cookie(response: Response, state: State, secret: str) -> None:
    """Let the browser keep a session."""
    response.set_cookie(
        COOKIE, secret, max_age=int(state.settings.session_s), httponly=True, samesite="lax",
        secure=state.settings.is_secure, path="/",
    )  # fmt: skip


def _person(state: State, hashed: str) -> Caller | None:
    viewer = Viewer(secret=hashed)
    with state.database.read(viewer) as connection:
        found = sessions.find_session(connection, hashed, state.settings.idle_s)
    if found is None:
        return None
    if found["seen"] < time.time() - sessions.SEEN_EVERY_S:
        with state.database.write(viewer) as connection:
            sessions.touch_session(connection, hashed)
    return caller_of_session(found, hashed)


def caller_of_session(found: Mapping[str, Any], hashed: str) -> Caller:
    """Give who a session is of; without roles it acts for no organisation."""
    roles = (found["roles"] or "").split()
    return Caller(
        user=found["user_id"],
        organisation=found["organisation_id"] if roles else "",
        permissions=permissions_of(roles),
        secret=hashed,
        csrf=found["csrf"],
    )


def _machine(state: State, header: str) -> Caller:
    scheme, _, secret = header.partition(" ")
    hashed = hash_of(secret.strip())
    viewer = Viewer(secret=hashed)
    found = None
    if scheme.lower() == "bearer" and secret.startswith(sessions.KEY_PREFIX):
        with state.database.read(viewer) as connection:
            found = sessions.find_key(connection, hashed)
    if found is None:
        message = "the key is unknown or too old; expected Authorization: Bearer lbk_..."
        raise Refused(401, "bad-key", message, entity="Authorization", headers={"WWW-Authenticate": "Bearer"})
    if (found["seen"] or 0.0) < time.time() - sessions.SEEN_EVERY_S:
        with state.database.write(viewer) as connection:
            sessions.touch_key(connection, found["id"])
    scopes = frozenset(item for item in SCOPES if item.value in found["scopes"].split())
    return Caller(user=found["user_id"], organisation=found["organisation_id"], permissions=scopes, secret=hashed)
