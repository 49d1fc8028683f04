"""Heads of audit chains, handed to other organisations to keep."""

from __future__ import annotations

import time

from sqlalchemy import Connection, func, insert, select, union

from landbridge.server.store.papers import AuditHead
from landbridge.server.store.schema import AuditLine, CaseHead, CaseParty

EXCHANGE_EVERY_S = 86_400.0
"""How old a head may be that an organisation keeps of another one it shares a case with."""


def exchange_heads(connection: Connection) -> int:
    """
    Let organisations that share a case keep heads of each other's chains, a day apart at most; for workers.

    Returns
    -------
    int
        Heads that were handed over.
    """
    side = union(
        select(CaseHead.id.label("case_id"), CaseHead.host_id.label("organisation_id")),
        select(CaseParty.case_id, CaseParty.organisation_id),
    ).subquery()
    other = side.alias()
    pairs = connection.execute(
        select(side.c.organisation_id, other.c.organisation_id)
        .join(other, other.c.case_id == side.c.case_id)
        .where(side.c.organisation_id != other.c.organisation_id)
        .distinct()
    ).all()
    kept = connection.execute(
        select(AuditHead.organisation_id, AuditHead.holder_id, func.max(AuditHead.at)).group_by(
            AuditHead.organisation_id, AuditHead.holder_id
        )
    )
    last = {(row[0], row[1]): float(row[2]) for row in kept}
    due = [pair for pair in sorted(map(tuple, pairs)) if last.get(pair, 0.0) < time.time() - EXCHANGE_EVERY_S]
    for organisation, holder in due:
        hand_over_head(connection, organisation, holder)
    return len(due)


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
