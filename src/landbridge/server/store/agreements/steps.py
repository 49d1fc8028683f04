"""Steps of an agreement: written, proposed, signed by all its sides, ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, update

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import sha256_of, sides_of
from landbridge.server.agreements.signatures import verify
from landbridge.server.agreements.states import State, Step, next_state
from landbridge.server.audit.heads import hand_over_head
from landbridge.server.audit.log import append
from landbridge.server.errors import Refused
from landbridge.server.store import cases, grants
from landbridge.server.store.agreements.drafts import Wish, draft_document, refusing
from landbridge.server.store.agreements.reading import get, signatures
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.papers import AgreementHead, AgreementSide, AgreementSignature, AgreementVersion


def create(connection: Connection, viewer: Viewer, case: str, key: str, wish: Wish) -> str:
    """Write the first version of an agreement; a draft is seen by its author alone."""
    agreement, now = new_id(), time.time()
    document = draft_document(connection, viewer, case, key, wish, version=1, previous="")
    other = next(side for side in sides_of(document) if side != viewer.organisation)
    connection.execute(
        insert(AgreementHead).values(
            id=agreement, case_id=case, key=key, name=wish.name, author_id=viewer.organisation, other_id=other,
            state=State.DRAFT, version=1, created=now, changed=now, proposed=None,
        )
    )  # fmt: skip
    _write_version(connection, viewer, agreement, 1, document)
    append(connection, viewer.organisation, viewer.user, "agreement.create", f"agreement:{agreement}", {"case": case})
    return agreement


def write_version(connection: Connection, viewer: Viewer, agreement: str, wish: Wish) -> None:
    """Write another version; each side may, while the agreement is proposed. What was signed before stays there."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.WRITE)
    version = found["version"] + 1
    document = draft_document(connection, viewer, found["case_id"], found["key"], wish, version, found["sha256"])
    if set(sides_of(document)) != set(sides_of(found["document"])):
        message = "a version keeps the organisations that sign it; write a new agreement for others"
        raise Refused(422, "other-signers", message, entity="parties")
    _write_version(connection, viewer, agreement, version, document)
    _set(connection, agreement, state=state, version=version, name=wish.name)
    if state is State.PROPOSED:
        grants.write(connection, viewer, found["case_id"], document, State.PROPOSED)
    append(connection, viewer.organisation, viewer.user, "agreement.version", f"agreement:{agreement}",
           {"version": version, "sha256": sha256_of(document)})  # fmt: skip


def propose(connection: Connection, viewer: Viewer, agreement: str) -> None:
    """Show a draft to all who shall sign it, and put it into the tables of the case as proposed."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.PROPOSE)
    _set(connection, agreement, state=state, proposed=time.time())
    sides = [{"agreement_id": agreement, "organisation_id": side} for side in sides_of(found["document"])]
    connection.execute(insert(AgreementSide), sides)
    grants.write(connection, viewer, found["case_id"], found["document"], state)
    _tell(connection, viewer, found, "agreement.propose", {"version": found["version"], "sha256": found["sha256"]})


def sign(
    connection: Connection, viewer: Viewer, agreement: str, version: int, public: Mapping[str, Any], jws: str
) -> None:
    """
    Keep a signature of the version at hand, once it was checked; with those of all sides the agreement is signed.

    Raises
    ------
    Refused
        409 ``stale-version`` when another version was written meanwhile, ``signed-already``; 422 ``bad-signature``.
    """
    found = _lock(connection, viewer, agreement)
    if version != found["version"]:
        message = f"version {found['version']} was written meanwhile; read it before you sign"
        raise Refused(409, "stale-version", message, entity="version")
    before = signatures(connection, agreement, found["version"])
    if viewer.organisation in {row["organisation_id"] for row in before}:
        raise Refused(409, "signed-already", "your organisation has signed this version", entity="agreement")
    document = _checked(found)
    state = _step(found, Step.SIGN, signatures=len(before) + 1)
    header = refusing(lambda: verify(document, jws, public))
    party = next(row["party"] for row in document["signers"] if row["organisation"] == viewer.organisation)
    connection.execute(
        insert(AgreementSignature).values(
            agreement_id=agreement, version=version, organisation_id=viewer.organisation, user_id=viewer.user,
            party=party, kid=public["kid"], public=dict(public), jws=jws, signed=time.time(),
        )
    )  # fmt: skip
    _set(connection, agreement, state=state)
    if state in (State.SIGNED, State.IN_FORCE):
        # Its first and last day stand in the tables: from which day on a plan follows it is the plan's to say.
        grants.write(connection, viewer, found["case_id"], document, State.IN_FORCE)
    detail = {"version": version, "sha256": found["sha256"], "kid": public["kid"], "alg": header["alg"]}
    _tell(connection, viewer, found, "agreement.sign", detail)


def end(connection: Connection, viewer: Viewer, agreement: str) -> None:
    """End an agreement, or take a draft or proposal back; each side may. What it granted is granted no more."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.END)
    _set(connection, agreement, state=state)
    if found["proposed"] is not None:
        grants.write(connection, viewer, found["case_id"], found["document"], state)
    _tell(connection, viewer, found, "agreement.end", {"version": found["version"], "from": found["state"]})


def _lock(connection: Connection, viewer: Viewer, agreement: str) -> dict[str, Any]:
    """Agreement, with all other changes of its case waiting."""
    cases.lock(connection, get(connection, viewer, agreement)["case_id"])
    return get(connection, viewer, agreement)


def _step(found: Mapping[str, Any], step: Step, signatures: int = 0) -> State:
    document = found["document"]
    unsigned = len(sides_of(document)) - signatures
    return refusing(lambda: next_state(State(found["state"]), step, unsigned=unsigned, starts=document["starts"]), 409)


def _set(connection: Connection, agreement: str, **values: Any) -> None:
    connection.execute(update(AgreementHead).where(AgreementHead.id == agreement).values(changed=time.time(), **values))


def _write_version(
    connection: Connection, viewer: Viewer, agreement: str, version: int, document: Mapping[str, Any]
) -> None:
    connection.execute(
        insert(AgreementVersion).values(
            agreement_id=agreement, version=version, document=canonical_json(dict(document)).decode(),
            sha256=sha256_of(document), organisation_id=viewer.organisation, user_id=viewer.user, created=time.time(),
        )
    )  # fmt: skip


def _checked(found: Mapping[str, Any]) -> dict[str, Any]:
    """Document of the version at hand, if it is still what was written."""
    document: dict[str, Any] = found["document"]
    if sha256_of(document) != found["sha256"]:
        message = (
            "the document is not the one that was written: its checksum is another. Do not sign; tell the operator"
        )
        raise Refused(409, "tampered-document", message, entity="agreement")
    return document


def _tell(
    connection: Connection, viewer: Viewer, found: Mapping[str, Any], action: str, detail: dict[str, Any]
) -> None:
    """Write to the log, and give the other sides the head of this side's chain to keep."""
    append(connection, viewer.organisation, viewer.user, action, f"agreement:{found['id']}", detail)
    for side in sides_of(found["document"]):
        if side != viewer.organisation:
            hand_over_head(connection, viewer.organisation, side)
