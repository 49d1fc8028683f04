"""The audit log: append only, each organisation's lines in a hash chain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, insert, select

from landbridge.server.audit.chain import ChainReport, Head, Line, check_chain, hash_line
from landbridge.server.store.database import Viewer, at_end, tell_viewer
from landbridge.server.store.papers import AuditHead
from landbridge.server.store.schema import AuditLine


def append(
    connection: Connection,
    organisation: str,
    user: str,
    action: str,
    object: str,  # noqa: A002
    detail: dict[str, Any],
) -> None:
    """
    Write one line in the transaction of what it tells of.

    It is written when the transaction ends: a chain has one end, and who writes to it makes all others wait.

    Parameters
    ----------
    organisation, user
        Ids of who did it; blank user: the server itself.
    action
        A word with a dot, ``case.edit``.
    object
        What it was done to, ``case:ID``.
    detail
        Counts and ids; never a price, a text of a cell or a secret.
    """
    at_ms = round(time.time() * 1000)

    def write(connection: Connection) -> None:
        _write(connection, organisation, at_ms, user, action, object, detail)

    at_end(connection, write)


def listed(connection: Connection, viewer: Viewer, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Lines of the viewer's organisation, the newest first."""
    query = select(AuditLine.__table__).where(AuditLine.organisation_id == viewer.organisation)
    if before is not None:
        query = query.where(AuditLine.seq < before)
    return [dict(row._mapping) for row in connection.execute(query.order_by(AuditLine.seq.desc()).limit(limit))]


def check(connection: Connection, organisation: str) -> ChainReport:
    """Compute an organisation's chain again, and compare it with the heads that others keep of it."""
    kept = connection.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.organisation_id == organisation))
    heads = [Head(seq=row.seq, hash=row.hash) for row in kept]
    return check_chain(organisation, _lines(connection, organisation), heads)


def kept(connection: Connection, viewer: Viewer, limit: int = 500) -> list[dict[str, Any]]:
    """Heads of others' chains that the viewer's organisation keeps, the newest first."""
    query = select(AuditHead.__table__).where(AuditHead.holder_id == viewer.organisation)
    return [dict(row._mapping) for row in connection.execute(query.order_by(AuditHead.at.desc()).limit(limit))]


def organisations(connection: Connection) -> list[str]:
    """Organisations that have a chain."""
    query = select(AuditLine.organisation_id).distinct().order_by(AuditLine.organisation_id)
    return list(connection.execute(query).scalars())


def _lines(connection: Connection, organisation: str) -> Iterator[tuple[Line, str, str]]:
    query = select(AuditLine.__table__).where(AuditLine.organisation_id == organisation)
    for row in connection.execute(query.order_by(AuditLine.seq)):
        line = Line(
            organisation=row.organisation_id,
            seq=row.seq or 0,
            at_ms=round(row.at * 1000),
            user=row.user_id,
            action=row.action,
            object=row.object,
            detail=row.detail,
        )
        yield line, row.previous or "", row.hash or ""


def _write(
    connection: Connection,
    organisation: str,
    at_ms: int,
    user: str,
    action: str,
    object: str,  # noqa: A002
    detail: dict[str, Any],
) -> None:
    if connection.dialect.name == "postgresql":
        tell_viewer(connection, Viewer(organisation=organisation, user=user))
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"audit {organisation}", 0))))
    last = connection.execute(
        select(AuditLine.seq, AuditLine.hash)
        .where(AuditLine.organisation_id == organisation)
        .order_by(AuditLine.seq.desc())
        .limit(1)
    ).first()
    head = Head() if last is None else Head(seq=last.seq, hash=last.hash)
    line = Line(
        organisation=organisation, seq=head.seq + 1, at_ms=at_ms, user=user, action=action, object=object, detail=detail
    )
    connection.execute(
        insert(AuditLine).values(
            organisation_id=organisation, user_id=user, action=action, object=object, detail=detail, at=at_ms / 1000,
            seq=line.seq, previous=head.hash, hash=hash_line(line, head.hash),
        )
    )  # fmt: skip
