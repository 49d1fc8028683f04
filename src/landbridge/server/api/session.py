"""Signing in and out, the first-run link, one's own account."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, Field

from landbridge.server.api.auth import (
    COOKIE,
    AnyCaller,
    Server,
    address_of,
    caller_of_session,
    find_caller,
    give_cookie,
    require_same_site,
)
from landbridge.server.api.common import Body, Id, Name, Secret, example
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.passwords import check_new, hash_password, is_right
from landbridge.server.roles import Role
from landbridge.server.state import State
from landbridge.server.store import organisations, sessions, users
from landbridge.server.store.database import NOBODY, Viewer
from landbridge.server.store.ids import hash_of

router = APIRouter(tags=["session"])

_EMAIL = re.compile(r"[^@\s\"<>]{1,64}@[^@\s\"<>]{1,180}")


def _email(text: str) -> str:
    text = text.strip().casefold()
    if not _EMAIL.fullmatch(text) or not text.isprintable():
        raise ValueError("expected an e-mail address, such as name@example.org")
    return text


Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Language = Literal["en", "ru", "zh"]


class SetupWish(Body):
    """The first administrator."""

    model_config = example(
        token="the token of the link",
        organisation="Post of the north",
        name="Ann",
        email="ann@example.org",
        password="correct horse battery",
        language="en",
    )

    token: Secret
    organisation: Name
    name: Name
    email: Email
    password: Secret
    language: Language = "en"


class SignIn(Body):
    """What a person signs in with."""

    model_config = example(email="ann@example.org", password="correct horse battery")

    email: Email
    password: Secret


class ActiveOrganisation(Body):
    """Which organisation to act for."""

    organisation: Id


class NewPassword(Body):
    """A change of password."""

    old: Secret
    new: Secret


class Profile(Body):
    """What a person may change of itself."""

    name: Name | None = None
    language: Language | None = None


@router.get("/session", summary="Who is signed in, and whether the server waits to be set up")
def read_session(request: Request, state: Server) -> dict[str, Any]:
    """Tell who asks; the token that changes need is here."""
    return describe_session(state, find_caller(request))


def describe_session(state: State, caller: Caller | None) -> dict[str, Any]:
    """Describe a session, or that there is none."""
    with state.database.read(caller.viewer if caller else NOBODY) as connection:
        if caller is None:
            setup = organisations.is_empty(connection)
            return {"setup_needed": setup, "user": None, "organisations": [], "organisation": None, "csrf_token": None}
        user = users.get(connection, caller.user)
        member_of = organisations.of_user(connection, caller.user)
    shown = None if user is None else {key: user[key] for key in ("id", "name", "email", "language")}
    return {
        "setup_needed": False,
        "user": shown,
        "organisations": member_of,
        "organisation": caller.organisation or None,
        "csrf_token": caller.csrf or None,
        "permissions": sorted(caller.permissions),
    }


@router.post("/setup", status_code=201, dependencies=[Depends(require_same_site)], summary="Set the server up")
def set_up(wish: SetupWish, request: Request, response: Response, state: Server) -> dict[str, Any]:
    """Make the first organisation and its administrator, with the link that ``landbridge serve`` printed."""
    state.by_sign_in.take(f"address {address_of(request)}")
    check_new(wish.password, wish.email, wish.name, wish.organisation)
    hashed = hash_password(wish.password)
    with state.database.write(Viewer(secret=hash_of(wish.token))) as connection:
        if not organisations.is_empty(connection):
            raise Refused(409, "set-up-already", "the server was set up already; sign in", entity="token")
        found = users.use_invitation(connection, wish.token)
        if found["organisation"] is not None:
            raise Refused(400, "bad-link", "this is not the first-run link", entity="token")
        user = users.create(connection, wish.email, wish.name, hashed, wish.language)
        organisation = organisations.create(connection, Viewer(user=user), wish.organisation, is_host=True)
        organisations.add_member(connection, organisation, user, [role.value for role in Role])
    return _open(state, response, user, organisation)


@router.post("/session", dependencies=[Depends(require_same_site)], summary="Sign in")
def sign_in(wish: SignIn, request: Request, response: Response, state: Server) -> dict[str, Any]:
    """Open a session; a wrong address and a wrong password get the same answer after the same time."""
    state.by_sign_in.take(f"address {address_of(request)}")
    state.by_sign_in.take(f"account {wish.email}")
    with state.database.read(Viewer(secret=wish.email)) as connection:
        user = users.by_email(connection, wish.email)
    if not is_right(wish.password, user["password_hash"] if user else None) or user is None:
        raise Refused(401, "wrong-password", "the address or the password is wrong", entity="password")
    with state.database.read(Viewer(user=user["id"])) as connection:
        member_of = organisations.of_user(connection, user["id"])
    return _open(state, response, user["id"], member_of[0]["id"] if member_of else None)


def _open(state: State, response: Response, user: str, organisation: str | None) -> dict[str, Any]:
    with state.database.write(Viewer(user=user, organisation=organisation or "")) as connection:
        secret, _ = sessions.open_session(connection, user, organisation, state.settings.session_s)
    give_cookie(response, state, secret)
    hashed = hash_of(secret)
    with state.database.read(Viewer(secret=hashed)) as connection:
        found = sessions.find_session(connection, hashed, state.settings.idle_s)
    if found is None:
        raise Refused(503, "try-again", "the session could not be opened; try again")
    return describe_session(state, caller_of_session(found, hashed))


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(caller: AnyCaller, state: Server) -> Response:
    """Close the session."""
    if caller.is_machine:
        raise Refused(403, "forbidden", "a key has no session; an administrator removes it")
    with state.database.write(caller.viewer) as connection:
        sessions.close_session(connection, caller.viewer)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.put("/session/organisation", summary="Act for another of one's organisations")
def choose_organisation(wish: ActiveOrganisation, caller: AnyCaller, request: Request, state: Server) -> dict[str, Any]:
    """Change the active organisation of the session."""
    if caller.is_machine:
        raise Refused(403, "forbidden", "a key acts for its own organisation")
    with state.database.write(caller.viewer) as connection:
        sessions.choose_organisation(connection, caller.viewer, wish.organisation)
    return describe_session(state, find_caller(request))


@router.put("/me/password", status_code=204, summary="Change one's password")
def change_password(wish: NewPassword, caller: AnyCaller, state: Server) -> Response:
    """Change the password and sign out everywhere else."""
    state.by_sign_in.take(f"account {caller.user}")
    with state.database.read(caller.viewer) as connection:
        user = users.get(connection, caller.user)
    if caller.is_machine or user is None or not is_right(wish.old, user["password_hash"]):
        raise Refused(403, "wrong-password", "the old password is wrong", entity="old")
    check_new(wish.new, user["email"], user["name"])
    hashed = hash_password(wish.new)
    with state.database.write(caller.viewer) as connection:
        users.change(connection, caller.viewer, {"password_hash": hashed})
        users.end_other_sessions(connection, caller.viewer)
    return Response(status_code=204)


@router.patch("/me", summary="Change one's name or language")
def change_profile(wish: Profile, caller: AnyCaller, request: Request, state: Server) -> dict[str, Any]:
    """Change what others see of oneself."""
    if caller.is_machine:
        raise Refused(403, "forbidden", "a key has no profile")
    values = {key: value for key, value in wish.model_dump().items() if value is not None}
    if values:
        with state.database.write(caller.viewer) as connection:
            users.change(connection, caller.viewer, values)
    return describe_session(state, find_caller(request))
