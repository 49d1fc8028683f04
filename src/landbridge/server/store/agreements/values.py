"""What versions of agreements are worth: to each side its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from landbridge.server.store.database import Viewer
from landbridge.server.store.papers import AgreementValue


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
