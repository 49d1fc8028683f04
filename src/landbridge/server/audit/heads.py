"""Heads of audit chains, handed to other organisations to keep."""

from __future__ import annotations

import time

from sqlalchemy import Connection, insert, select

from landbridge.server.store.papers import AuditHead
from landbridge.server.store.schema import AuditLine


def hand_over_head(connection: Connection, organisation: str, holder: str) -> None:
    """Give another organisation the head of this one's chain as it is before the transaction at hand."""
    last = connection.execute(
        select(AuditLine.seq, AuditLine.hash)
        .where(AuditLine.organisation_id == organisation, AuditLine.seq.is_not(None))
        .order_by(AuditLine.seq.desc())
        .limit(1)
    ).first()
    if last is None:
        return
    place = (AuditHead.organisation_id == organisation, AuditHead.holder_id == holder, AuditHead.seq == last.seq)
    if connection.execute(select(AuditHead.seq).where(*place)).first() is None:
        connection.execute(
            insert(AuditHead).values(
                organisation_id=organisation, holder_id=holder, seq=last.seq, hash=last.hash, at=time.time()
            )
        )
