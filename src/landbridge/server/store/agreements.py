"""Agreements in the database: written, proposed, talked about, signed, ended; versions are never edited."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from landbridge.server.agreements.canonical import canonical_json
from landbridge.server.agreements.document import BadAgreement, Paper, Signer, document_of, sha256_of
from landbridge.server.agreements.signatures import verify
from landbridge.server.agreements.states import State, Step, next_state, on_day
from landbridge.server.audit.heads import hand_over_head
from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store import cases, grants
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.papers import (
    AgreementComment,
    AgreementHead,
    AgreementSignature,
    AgreementValue,
    AgreementVersion,
)
from landbridge.server.store.schema import Organisation, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a version shall say; ``parties`` are two of the case, ``grants`` rows of the table of that name."""

    name: str
    parties: tuple[str, str]
    starts: str
    ends: str
    fixed_cost: float
    grants: Sequence[Mapping[str, Any]]


def seen_by(organisation: str) -> ColumnElement[bool]:
    """Whether an organisation sees an agreement: its author, and once it is proposed the other (as the policy)."""
    return or_(
        AgreementHead.author_id == organisation,
        and_(AgreementHead.other_id == organisation, AgreementHead.proposed.is_not(None)),
    )


def get(connection: Connection, viewer: Viewer, agreement: str) -> dict[str, Any]:
    """Agreement that the viewer is a side of, with the state of today."""
    row = connection.execute(
        select(AgreementHead.__table__, AgreementVersion.document, AgreementVersion.sha256)
        .join(
            AgreementVersion,
            and_(AgreementVersion.agreement_id == AgreementHead.id, AgreementVersion.version == AgreementHead.version),
        )
        .where(AgreementHead.id == agreement, seen_by(viewer.organisation))
    ).first()
    if row is None:
        raise not_found("agreement")
    found = dict(row._mapping)
    found["document"] = json.loads(found["document"])
    found["state"] = _today(found["state"], found["document"])
    return found


def listed(connection: Connection, viewer: Viewer, case: str, before: float | None, limit: int) -> list[dict[str, Any]]:
    """Agreements of a case that the viewer is a side of, the newest first."""
    cases.head(connection, viewer, case)
    query = select(AgreementHead.id, AgreementHead.created).where(
        AgreementHead.case_id == case, seen_by(viewer.organisation)
    )
    if before is not None:
        query = query.where(AgreementHead.created < before)
    found = connection.execute(query.order_by(AgreementHead.created.desc(), AgreementHead.id).limit(limit)).all()
    return [get(connection, viewer, row.id) for row in found]


def create(connection: Connection, viewer: Viewer, case: str, key: str, wish: Wish) -> str:
    """Write the first version of an agreement; a draft is seen by its author alone."""
    agreement, now = new_id(), time.time()
    document = _document(connection, viewer, case, key, wish, version=1, previous="")
    other = next(row["organisation"] for row in document["signers"] if row["organisation"] != viewer.organisation)
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
    """Write another version; either side may, while the agreement is proposed. What was signed before stays there."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.WRITE)
    version = found["version"] + 1
    document = _document(connection, viewer, found["case_id"], found["key"], wish, version, found["sha256"])
    sides = {row["organisation"] for row in document["signers"]}
    if sides != {found["author_id"], found["other_id"]}:
        raise Refused(422, "other-signers", "a version keeps its two organisations; write a new agreement for others",
                      entity="parties")  # fmt: skip
    _write_version(connection, viewer, agreement, version, document)
    _set(connection, agreement, state=state, version=version, name=wish.name)
    if state is State.PROPOSED:
        grants.write(connection, viewer, found["case_id"], document, State.PROPOSED)
    append(connection, viewer.organisation, viewer.user, "agreement.version", f"agreement:{agreement}",
           {"version": version, "sha256": sha256_of(document)})  # fmt: skip


def propose(connection: Connection, viewer: Viewer, agreement: str) -> None:
    """Show a draft to the other side, and put it into the tables of the case as proposed."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.PROPOSE)
    _set(connection, agreement, state=state, proposed=time.time())
    grants.write(connection, viewer, found["case_id"], found["document"], state)
    _tell(connection, viewer, found, "agreement.propose", {"version": found["version"], "sha256": found["sha256"]})


def sign(
    connection: Connection, viewer: Viewer, agreement: str, version: int, public: Mapping[str, Any], jws: str
) -> None:
    """
    Keep a signature of the version at hand, once it was checked; with both the agreement is signed.

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
    header = _refusing(lambda: verify(document, jws, public))
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
    """End an agreement, or take a draft or proposal back; either side may. What it granted is granted no more."""
    found = _lock(connection, viewer, agreement)
    state = _step(found, Step.END)
    _set(connection, agreement, state=state)
    if found["proposed"] is not None:
        grants.write(connection, viewer, found["case_id"], found["document"], state)
    _tell(connection, viewer, found, "agreement.end", {"version": found["version"], "from": found["state"]})


# Versions and signatures


def version_of(connection: Connection, viewer: Viewer, agreement: str, version: int) -> dict[str, Any]:
    """Document of a version."""
    get(connection, viewer, agreement)
    row = connection.execute(
        select(AgreementVersion.document).where(
            AgreementVersion.agreement_id == agreement, AgreementVersion.version == version
        )
    ).first()
    if row is None:
        raise not_found("version")
    found: dict[str, Any] = json.loads(row.document)
    return found


def versions(connection: Connection, agreement: str) -> list[dict[str, Any]]:
    """Versions of an agreement that the caller has got, oldest first."""
    columns = (AgreementVersion.version, AgreementVersion.sha256, AgreementVersion.organisation_id,
               AgreementVersion.created)  # fmt: skip
    query = select(*columns).where(AgreementVersion.agreement_id == agreement).order_by(AgreementVersion.version)
    return [dict(row._mapping) for row in connection.execute(query)]


def signatures(connection: Connection, agreement: str, version: int | None = None) -> list[dict[str, Any]]:
    """Signatures of an agreement, or of one version of it, in the order in which they were given."""
    query = select(AgreementSignature.__table__).where(AgreementSignature.agreement_id == agreement)
    if version is not None:
        query = query.where(AgreementSignature.version == version)
    return [dict(row._mapping) for row in connection.execute(query.order_by(AgreementSignature.signed))]


# Comments


def comments(connection: Connection, agreement: str, limit: int) -> list[dict[str, Any]]:
    """Last comments, oldest first; of hidden ones there is no text."""
    query = select(AgreementComment.__table__).where(AgreementComment.agreement_id == agreement)
    found = connection.execute(query.order_by(AgreementComment.at.desc()).limit(limit)).all()
    return [dict(row._mapping) | {"text": None if row.hidden_by else row.text} for row in reversed(found)]


def comment(connection: Connection, viewer: Viewer, agreement: str, text: str, most: int) -> str:
    """Say something about an agreement that is proposed or later; a draft's author has nobody to talk to."""
    found = get(connection, viewer, agreement)
    count = connection.execute(
        select(func.count()).select_from(AgreementComment).where(AgreementComment.agreement_id == agreement)
    ).scalar_one()
    if count >= most:
        raise Refused(409, "too-many-comments", f"the agreement has {most} comments, the most it may", entity="comment")
    author = connection.execute(select(User.name).where(User.id == viewer.user)).scalar() or ""
    key = new_id()
    connection.execute(
        insert(AgreementComment).values(
            id=key, agreement_id=agreement, version=found["version"], organisation_id=viewer.organisation,
            user_id=viewer.user, author=author, text=text, at=time.time(), hidden_by=None,
        )
    )  # fmt: skip
    append(
        connection, viewer.organisation, viewer.user, "agreement.comment", f"agreement:{agreement}", {"comment": key}
    )
    return key


def hide_comment(connection: Connection, viewer: Viewer, agreement: str, key: str, *, hidden: bool) -> None:
    """Hide a comment from both sides, or show it again, which only who hid it may."""
    get(connection, viewer, agreement)
    place = (AgreementComment.id == key, AgreementComment.agreement_id == agreement)
    row = connection.execute(select(AgreementComment.hidden_by).where(*place)).first()
    if row is None:
        raise not_found("comment")
    if row.hidden_by not in (None, viewer.organisation):
        raise Refused(403, "hidden-by-other", "the other side has hidden this comment; only it may show it again",
                      entity="comment")  # fmt: skip
    by = viewer.organisation if hidden else None
    connection.execute(update(AgreementComment).where(*place).values(hidden_by=by))
    append(connection, viewer.organisation, viewer.user, "agreement.moderate", f"agreement:{agreement}",
           {"comment": key, "hidden": hidden})  # fmt: skip


# Values


def value(connection: Connection, viewer: Viewer, agreement: str, version: int) -> dict[str, Any] | None:
    """What a version is worth to the viewer; None: it was not asked."""
    row = connection.execute(
        select(AgreementValue.__table__).where(
            AgreementValue.agreement_id == agreement,
            AgreementValue.version == version,
            AgreementValue.organisation_id == viewer.organisation,
        )
    ).first()
    return None if row is None else dict(row._mapping)


def keep_values(
    connection: Connection, agreement: str, version: int, case_version: int, values: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write what a version is worth to each of its sides; for workers."""
    for organisation, found in values.items():
        place = (
            AgreementValue.agreement_id == agreement,
            AgreementValue.version == version,
            AgreementValue.organisation_id == organisation,
        )
        given = {**found, "case_version": case_version, "at": time.time()}
        done = connection.execute(update(AgreementValue).where(*place).values(**given))
        if not done.rowcount:
            connection.execute(
                insert(AgreementValue).values(
                    agreement_id=agreement, version=version, organisation_id=organisation, **given
                )
            )


# For workers: is what the case says what was signed


def document(connection: Connection, case: str, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Document of the version that the options of a job name, of an agreement of its case; None: it names none."""
    row = connection.execute(
        select(AgreementVersion.document)
        .join(AgreementHead, AgreementHead.id == AgreementVersion.agreement_id)
        .where(
            AgreementHead.case_id == case,
            AgreementHead.id == options.get("agreement", ""),
            AgreementVersion.version == options.get("version", 0),
        )
    ).first()
    return None if row is None else dict(json.loads(row.document))


def faults(connection: Connection, case: str, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    """
    Say which agreements in force are not as they were signed.

    Parameters
    ----------
    case
        Id of the case.
    rows
        Its tables ``agreements`` and ``grants`` as texts.

    Returns
    -------
    list
        A sentence each: a document, a signature, or the rows a plan would follow were changed behind the server's back.
    """
    found = connection.execute(
        select(AgreementHead.id, AgreementHead.key, AgreementHead.version, AgreementVersion.document,
               AgreementVersion.sha256)
        .join(AgreementVersion, and_(AgreementVersion.agreement_id == AgreementHead.id,
                                     AgreementVersion.version == AgreementHead.version))
        .where(AgreementHead.case_id == case, AgreementHead.state.in_((State.SIGNED, State.IN_FORCE)))
    ).all()  # fmt: skip
    said = []
    for row in found:
        document = json.loads(row.document)
        wanted = {side["organisation"] for side in document["signers"]}
        valid = set()
        for item in signatures(connection, row.id, row.version):
            try:
                verify(document, item["jws"], item["public"])
            except BadAgreement:
                continue
            valid.add(item["organisation_id"])
        if sha256_of(document) != row.sha256 or valid != wanted:
            said.append(f"the agreement {row.key!r} is not what both sides signed")
        elif not grants.is_as_signed(document, rows):
            said.append(f"the tables of the case do not say what the agreement {row.key!r} says")
    return said


# Steps


def _lock(connection: Connection, viewer: Viewer, agreement: str) -> dict[str, Any]:
    """Agreement, with all other changes of its case waiting."""
    cases.lock(connection, get(connection, viewer, agreement)["case_id"])
    return get(connection, viewer, agreement)


def _step(found: Mapping[str, Any], step: Step, signatures: int = 0) -> State:
    state: State = _refusing(
        lambda: next_state(State(found["state"]), step, signatures=signatures, starts=found["document"]["starts"]), 409
    )
    return state


def _refusing(work: Any, status: int = 422) -> Any:
    try:
        return work()
    except BadAgreement as error:
        raise Refused(status, error.code, str(error), entity="agreement") from error


def _today(state: str, document: Mapping[str, Any]) -> State:
    return on_day(State(state), document["starts"], document["ends"])


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
    """Write to the log, and give the other side the head of this side's chain to keep."""
    append(connection, viewer.organisation, viewer.user, action, f"agreement:{found['id']}", detail)
    other = found["other_id"] if found["author_id"] == viewer.organisation else found["author_id"]
    hand_over_head(connection, viewer.organisation, other)


def _document(
    connection: Connection, viewer: Viewer, case: str, key: str, wish: Wish, version: int, previous: str
) -> dict[str, Any]:
    head = cases.head(connection, viewer, case)
    held = cases.holders(connection, case)
    for party in wish.parties:
        if party not in held:
            raise Refused(422, "unknown-party", f"{party!r:.100} is not a party of the case", entity="parties")
    sides = tuple(held[party] for party in wish.parties)
    if viewer.organisation not in sides:
        raise Refused(422, "not-a-signer", "one of the two parties has to be held by your organisation",
                      entity="parties")  # fmt: skip
    rows = grants.checked(connection, viewer, case, wish.grants, held, sides)
    names = grants.party_names(connection, viewer, case)
    organisations = select(Organisation.id, Organisation.name).where(Organisation.id.in_(sides))
    titles = {row.id: row.name for row in connection.execute(organisations)}
    first, second = (
        Signer(party=party, party_name=names.get(party, ""), organisation=side, organisation_name=titles[side])
        for party, side in zip(wish.parties, sides, strict=True)
    )
    paper = Paper(
        case=case,
        case_name=str(head["name"]),
        currency=str(head["settings"]["currency"]),
        agreement=key,
        name=wish.name,
        version=version,
        signers=(first, second),
        starts=wish.starts,
        ends=wish.ends,
        fixed_cost=wish.fixed_cost,
        grants=rows,
        previous_sha256=previous,
    )
    found: dict[str, Any] = _refusing(lambda: document_of(paper))
    return found
