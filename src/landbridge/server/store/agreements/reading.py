"""Agreements as their sides read them: heads, versions, signatures."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from landbridge.server.agreements.states import State, on_day
from landbridge.server.errors import not_found
from landbridge.server.store import cases
from landbridge.server.store.database import Viewer
from landbridge.server.store.papers import AgreementHead, AgreementSide, AgreementSignature, AgreementVersion


def seen_by(organisation: str) -> ColumnElement[bool]:
    """Whether an organisation sees an agreement: its author, and once it is proposed all who sign (as the policy)."""
    sides = select(AgreementSide.agreement_id).where(AgreementSide.organisation_id == organisation)
    return or_(AgreementHead.author_id == organisation, AgreementHead.id.in_(sides))


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
    document = found["document"]
    found["state"] = on_day(State(found["state"]), document["starts"], document["ends"])
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
