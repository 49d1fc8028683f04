"""Agreements: written, proposed, talked about, valued, signed, ended; keys to sign with."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field
from sqlalchemy import Connection

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import BadAgreement
from landbridge.server.agreements.keys import new_key, open_key, public_key
from landbridge.server.agreements.signatures import sign, verify
from landbridge.server.api.auth import MayAgree, MayRead, Server
from landbridge.server.api.common import (
    Body,
    Cursor,
    Id,
    Limit,
    Line,
    Name,
    Prose,
    Secret,
    decode_cursor,
    encode_cursor,
    moment,
    page_of,
)
from landbridge.server.api.jobs import job_item
from landbridge.server.api.once import OnceOnly
from landbridge.server.caller import Caller
from landbridge.server.errors import Refused, not_found
from landbridge.server.jobs.options import JobKind, check_options
from landbridge.server.store import agreements, jobs, keys
from landbridge.server.store.agreements import Wish

router = APIRouter(tags=["agreements"])

MOST_COMMENTS = 2000
SHOWN_COMMENTS = 500

Version = Annotated[int, Query(ge=1, le=2**31 - 1, description="Version; blank = the one at hand.")]


def _day(text: str) -> str:
    if text:
        datetime.date.fromisoformat(text)
        if len(text) != 10:
            raise ValueError("expected a day, YYYY-MM-DD")
    return text


Day = Annotated[str, Field(max_length=10), AfterValidator(_day)]
"""A day ``YYYY-MM-DD``; blank: none."""


class GrantWish(Body):
    """Whose capacity is opened to whom; as a row of the table ``grants``."""

    giver: Name
    taker: Name
    kind: Literal["service", "mode", "charter", "hub", "trade"]
    resource: Name = "*"
    share_frac: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0
    fee_per_t: Annotated[float, Field(ge=0, le=1e12, strict=False)] = 0.0
    both_ways: bool = False


class VersionWish(Body):
    """What a version of an agreement shall say; ``parties`` are the two that sign."""

    name: Name
    parties: Annotated[list[Name], Field(min_length=2, max_length=2)]
    starts: Day = ""
    ends: Day = ""
    fixed_cost: Annotated[float, Field(ge=0, le=1e15, strict=False)] = 0.0
    grants: Annotated[list[GrantWish], Field(min_length=1, max_length=500)]

    def wish(self) -> Wish:
        """Give it to the store."""
        if self.starts and self.ends and self.ends < self.starts:
            message = f"found {self.ends!r}, expected {self.starts!r} or later"
            raise Refused(422, "ends-before-starts", message, entity="ends")
        return Wish(
            name=self.name,
            parties=(self.parties[0], self.parties[1]),
            starts=self.starts,
            ends=self.ends,
            fixed_cost=self.fixed_cost,
            grants=[row.model_dump() for row in self.grants],
        )


class AgreementWish(VersionWish):
    """A new agreement; ``agreement`` is its id in the tables of the case."""

    agreement: Name


class CommentWish(Body):
    """What to say."""

    text: Prose


class Moderation(Body):
    """Whether a comment is hidden from both sides."""

    hidden: bool


class ValueWish(Body):
    """How long each plan may take that the value is found by."""

    time_s: Annotated[float, Field(gt=0, le=1e6, strict=False)] = 30.0


class SignWish(Body):
    """
    A signature of a version: by the organisation's key that is kept here, or made elsewhere.

    ``jws`` is detached (``header..signature``), over the bytes of ``document.json``.
    """

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    passphrase: Secret | None = None
    jws: Annotated[str, Field(min_length=1, max_length=4000)] | None = None


class SigningKeyWish(Body):
    """A new key, its private half encrypted with a passphrase; or the public half of one made elsewhere."""

    name: Name
    passphrase: Secret | None = None
    public: dict[str, Line] | None = None


def agreement_item(connection: Connection, caller: Caller, agreement: str) -> dict[str, Any]:
    """Write an agreement as it is answered."""
    found = agreements.get(connection, caller.viewer, agreement)
    document = found["document"]
    signed = {row["organisation_id"]: row for row in agreements.signatures(connection, agreement, found["version"])}
    own = agreements.value(connection, caller.viewer, agreement, found["version"])
    return {
        "id": found["id"],
        "case": found["case_id"],
        "agreement": found["key"],
        "name": found["name"],
        "state": found["state"],
        "version": found["version"],
        "versions": [
            {"version": row["version"], "sha256": row["sha256"], "by": row["organisation_id"],
             "created": moment(row["created"])}
            for row in agreements.versions(connection, agreement)
        ],
        "document": document,
        "sha256": found["sha256"],
        "signers": [_signer(row, signed.get(row["organisation"])) for row in document["signers"]],
        "yours": [row["party"] for row in document["signers"] if row["organisation"] == caller.organisation],
        "value": own and {"low": own["low"], "high": own["high"], "basis": own["basis"], "at": moment(own["at"])},
        "comments": [_comment(row) for row in agreements.comments(connection, agreement, SHOWN_COMMENTS)],
        "created": moment(found["created"]),
        "changed": moment(found["changed"]),
    }  # fmt: skip


def _signer(row: Mapping[str, Any], signature: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "party": row["party"],
        "organisation": row["organisation"],
        "name": row["organisation_name"],
        "signed_at": moment(signature["signed"]) if signature else None,
        "kid": signature["kid"] if signature else None,
    }


def _comment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "organisation": row["organisation_id"],
        "author": row["author"],
        "version": row["version"],
        "text": row["text"],
        "hidden_by": row["hidden_by"],
        "at": moment(row["at"]),
    }


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
    """Write the first version; until it is proposed the other side does not see it."""

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


@router.post("/agreements/{agreement}/propose", summary="Show a draft to the other side")
def propose_agreement(agreement: Id, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Propose: the other side sees it, and it stands in the tables of the case as proposed."""

    def work(connection: Connection) -> dict[str, Any]:
        agreements.propose(connection, caller.viewer, agreement)
        return agreement_item(connection, caller, agreement)

    return once.do(work)


@router.post("/agreements/{agreement}/comments", status_code=201, summary="Say something")
def write_comment(agreement: Id, wish: CommentWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Write a comment that both sides read."""

    def work(connection: Connection) -> dict[str, Any]:
        key = agreements.comment(connection, caller.viewer, agreement, wish.text, MOST_COMMENTS)
        return {"id": key}

    return once.do(work, 201)


@router.patch("/agreements/{agreement}/comments/{comment}", summary="Hide a comment, or show it again")
def moderate_comment(agreement: Id, comment: Id, wish: Moderation, caller: MayAgree, state: Server) -> dict[str, Any]:
    """Hide a comment from both sides; only the side that hid it may show it again."""
    with state.database.write(caller.viewer) as connection:
        agreements.hide_comment(connection, caller.viewer, agreement, comment, hidden=wish.hidden)
        return agreement_item(connection, caller, agreement)


@router.post("/agreements/{agreement}/value", status_code=202, summary="Ask what it is worth")
def value_agreement(agreement: Id, wish: ValueWish, caller: MayAgree, once: OnceOnly) -> JSONResponse:
    """Start a job that values the version at hand for both sides; each reads its own figure only."""

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
    """Sign the version at hand. When both have signed, plans follow it from its first day on."""
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
    """End an agreement, or take a draft or proposal back; either side may."""

    def work(connection: Connection) -> dict[str, Any]:
        agreements.end(connection, caller.viewer, agreement)
        return agreement_item(connection, caller, agreement)

    return once.do(work)


@router.get("/agreements/{agreement}/document.json", summary="What is signed", response_class=Response)
def read_document(agreement: Id, caller: MayRead, state: Server, version: Version | None = None) -> Response:
    """Give the canonical JSON of a version: exactly the bytes that are signed."""
    document = _document(state, caller, agreement, version)
    return Response(canonical_json(document), media_type="application/json")


@router.get("/agreements/{agreement}/document.pdf", summary="The printed view", response_class=Response)
def read_pdf(
    agreement: Id,
    caller: MayRead,
    state: Server,
    version: Version | None = None,
    lang: Annotated[Literal["en", "ru", "zh"], Query(description="Language.")] = "en",
) -> Response:
    """Give a PDF for reading and filing; the JSON is the truth."""
    from landbridge.server.agreements.pdf import write_pdf

    with state.database.read(caller.viewer) as connection:
        found = agreements.get(connection, caller.viewer, agreement)
        wanted = version or found["version"]
        document = agreements.version_of(connection, caller.viewer, agreement, wanted)
        signed = [
            {"organisation": row["organisation_id"], "kid": row["kid"], "signed_at": row["signed"]}
            for row in agreements.signatures(connection, agreement, wanted)
            if _is_valid(document, row)
        ]
    content = write_pdf(document, signed, found["state"], lang)
    name = f"agreement-{found['id']}-{wanted}.pdf"
    return Response(content, media_type="application/pdf",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


@router.get("/agreements/{agreement}/signatures", summary="Signatures, checked again")
def read_signatures(agreement: Id, caller: MayRead, state: Server) -> dict[str, Any]:
    """List the signatures of all versions, each checked against the document as it is now."""
    with state.database.read(caller.viewer) as connection:
        found = agreements.get(connection, caller.viewer, agreement)
        documents = {
            row["version"]: agreements.version_of(connection, caller.viewer, agreement, row["version"])
            for row in agreements.versions(connection, agreement)
        }
        signed = agreements.signatures(connection, agreement)
    items = [
        {"version": row["version"], "organisation": row["organisation_id"], "party": row["party"], "kid": row["kid"],
         "public": row["public"], "jws": row["jws"], "signed_at": moment(row["signed"]),
         "is_valid": _is_valid(documents[row["version"]], row)}
        for row in signed
    ]  # fmt: skip
    return {"agreement": found["id"], "items": items, "next": None}


def _document(state: Server, caller: Caller, agreement: str, version: int | None) -> dict[str, Any]:
    with state.database.read(caller.viewer) as connection:
        wanted = version or agreements.get(connection, caller.viewer, agreement)["version"]
        return agreements.version_of(connection, caller.viewer, agreement, wanted)


def _is_valid(document: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    try:
        verify(document, row["jws"], row["public"])
    except BadAgreement:
        return False
    return True


# Keys


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
