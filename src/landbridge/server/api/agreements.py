"""Agreements: written, proposed, talked about, valued, signed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from landbridge.server.agreements.document import BadAgreement
from landbridge.server.agreements.keys import open_key
from landbridge.server.agreements.signatures import sign, verify
from landbridge.server.api.agreement_bodies import (
    AgreementWish,
    CommentWish,
    Moderation,
    SignWish,
    ValueWish,
    VersionWish,
    agreement_item,
)
from landbridge.server.api.auth import MayAgree, MayRead, Server
from landbridge.server.api.common import Cursor, Id, Limit, decode_cursor, encode_cursor, page_of
from landbridge.server.api.jobs import job_item
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused
from landbridge.server.jobs.options import JobKind, check_options
from landbridge.server.store import agreements, jobs, keys

router = APIRouter(tags=["agreements"])

MOST_COMMENTS = 2000


@router.get("/cases/{case}/agreements", summary="Agreements of a case that the organisation is a side of")
def list_agreements(case: Id, caller: MayRead, state: Server, limit: Limit = 50, cursor: Cursor = "") -> dict[str, Any]:
    """List agreements, the newest first."""
    (before,) = decode_cursor(cursor, float) or (None,)
    with state.database.read(caller.viewer) as connection:
        found = agreements.listed(connection, caller.viewer, case, before, limit)
        items = [agreement_item(connection, caller, row["id"]) for row in found]
    return page_of(items, limit, encode_cursor(found[-1]["created"]) if found else None)


@router.post("/cases/{case}/agreements", status_code=201, summary="Write an agreement")
def create_agreement(case: Id, wish: AgreementWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Write the first version; until it is proposed the other sides do not see it."""

    def work(connection: Connection) -> dict[str, Any]:
        made = agreements.create(connection, caller.viewer, case, wish.agreement, wish.wish())
        return agreement_item(connection, caller, made)

    return once.do(work, 201)


@router.get("/agreements/{agreement}", summary="An agreement")
def read_agreement(agreement: Id, caller: MayRead, state: Server) -> dict[str, Any]:
    """Tell what an agreement says, where it stands, and what it is worth to the caller's own side."""
    with state.database.read(caller.viewer) as connection:
        return agreement_item(connection, caller, agreement)


@router.post("/agreements/{agreement}/versions", status_code=201, summary="Write another version")
def write_version(agreement: Id, wish: VersionWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Write another version, as draft or proposed; signatures of versions before do not count for it."""

    def work(connection: Connection) -> dict[str, Any]:
        agreements.write_version(connection, caller.viewer, agreement, wish.wish())
        return agreement_item(connection, caller, agreement)

    return once.do(work, 201)


@router.post("/agreements/{agreement}/propose", summary="Show a draft to the other sides")
def propose_agreement(agreement: Id, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Propose: the other sides see it, and it stands in the tables of the case as proposed."""

    def work(connection: Connection) -> dict[str, Any]:
        agreements.propose(connection, caller.viewer, agreement)
        return agreement_item(connection, caller, agreement)

    return once.do(work)


@router.post("/agreements/{agreement}/comments", status_code=201, summary="Say something")
def write_comment(agreement: Id, wish: CommentWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Write a comment that all sides read."""

    def work(connection: Connection) -> dict[str, Any]:
        key = agreements.comment(connection, caller.viewer, agreement, wish.text, MOST_COMMENTS)
        return {"id": key}

    return once.do(work, 201)


@router.patch("/agreements/{agreement}/comments/{comment}", summary="Hide a comment, or show it again")
def moderate_comment(agreement: Id, comment: Id, wish: Moderation, caller: MayAgree, state: Server) -> dict[str, Any]:
    """Hide a comment from all sides; only the side that hid it may show it again."""
    with state.database.write(caller.viewer) as connection:
        agreements.hide_comment(connection, caller.viewer, agreement, comment, hidden=wish.hidden)
        return agreement_item(connection, caller, agreement)


@router.post("/agreements/{agreement}/value", status_code=202, summary="Ask what it is worth")
def value_agreement(agreement: Id, wish: ValueWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Start a job that values the version at hand for each side; each reads its own figure only."""

    def work(connection: Connection) -> dict[str, Any]:
        found = agreements.get(connection, caller.viewer, agreement)
        if found["state"] not in ("proposed", "signed", "in_force"):
            message = f"the agreement is {found['state']}; expected one that is proposed, signed or in force"
            raise Refused(409, "wrong-state", message, entity="agreement")
        options = {"agreement": agreement, "version": found["version"], "time_s": wish.time_s}
        options = check_options(JobKind.VALUE, options, once.state.settings)
        most = once.state.settings.max_queued_jobs
        return job_item(jobs.queue(connection, caller.viewer, found["case_id"], JobKind.VALUE.value, options, most))

    return once.do(work, 202)


@router.post("/agreements/{agreement}/sign", summary="Sign a version")
def sign_agreement(agreement: Id, wish: SignWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Sign the version at hand. When all have signed, plans follow it from its first day on."""
    if (wish.passphrase is None) == (wish.jws is None):
        raise Refused(422, "one-signature", "send either passphrase or jws", entity="jws")
    once.state.by_sign_in.take(f"sign {caller.organisation}")

    def work(connection: Connection) -> dict[str, Any]:
        document = agreements.version_of(connection, caller.viewer, agreement, wish.version)
        public, jws = _signature(connection, caller, document, wish)
        agreements.sign(connection, caller.viewer, agreement, wish.version, public, jws)
        return agreement_item(connection, caller, agreement)

    return once.do(work)


def _signature(
    connection: Connection, caller: Caller, document: Mapping[str, Any], wish: SignWish
) -> tuple[dict[str, Any], str]:
    """Public key and detached signature: made with the key that is kept here, or found to fit one of the known ones."""
    if wish.passphrase is not None:
        public, sealed = keys.secret(connection, caller.viewer)
        try:
            return public, sign(document, open_key(public, sealed, wish.passphrase))
        except BadAgreement as error:
            raise Refused(422, error.code, str(error), entity="passphrase") from error
    jws = wish.jws or ""
    for public in keys.public_keys(connection, caller.viewer).values():
        try:
            verify(document, jws, public)
        except BadAgreement:
            continue
        return public, jws
    message = "the signature is not one of this version by a key of your organisation; sign document.json as it is"
    raise Refused(422, "bad-signature", message, entity="jws")


@router.post("/agreements/{agreement}/end", summary="End it, or take it back")
def end_agreement(agreement: Id, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """End an agreement, or take a draft or proposal back; each side may."""

    def work(connection: Connection) -> dict[str, Any]:
        agreements.end(connection, caller.viewer, agreement)
        return agreement_item(connection, caller, agreement)

    return once.do(work)
