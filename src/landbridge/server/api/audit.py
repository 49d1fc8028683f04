"""The audit log of one's own organisation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from landbridge.server.api.auth import MayAudit, Server
from landbridge.server.api.common import Cursor, Limit, decode_cursor, encode_cursor, moment, page_of
from landbridge.server.audit import log

router = APIRouter(tags=["audit"])


@router.get("/audit", summary="Who changed what")
def list_audit(caller: MayAudit, state: Server, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """List the lines of the organisation's log, the newest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    with state.database.read(caller.viewer) as connection:
        found = log.listed(connection, caller.viewer, before, limit)
    items = [
        {
            "seq": row["seq"],
            "at": moment(row["at"]),
            "user": row["user_id"],
            "action": row["action"],
            "object": row["object"],
            "detail": row["detail"],
            "previous": row["previous"],
            "hash": row["hash"],
        }
        for row in found
    ]
    return page_of(items, limit, encode_cursor(found[-1]["seq"]) if found else None)


@router.get("/audit/verify", summary="Is the log whole")
def verify_audit(caller: MayAudit, state: Server) -> dict[str, Any]:
    """Compute the organisation's hash chain again, and compare it with the heads that others keep of it."""
    with state.database.read(caller.viewer) as connection:
        report = log.check(connection, caller.organisation)
        heads = log.kept(connection, caller.viewer)
    return {
        "is_sound": report.is_sound,
        "lines": report.lines,
        "head": {"seq": report.head.seq, "hash": report.head.hash},
        "faults": list(report.faults)[:100],
        "kept_of_others": [
            {"organisation": row["organisation_id"], "seq": row["seq"], "hash": row["hash"], "at": moment(row["at"])}
            for row in heads
        ],
    }
