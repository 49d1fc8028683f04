"""Finished runs: their rows; the folders are beside the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store import cases
from landbridge.server.store.database import Viewer
from landbridge.server.store.schema import CaseHead, Run


def listed(connection: Connection, viewer: Viewer, case: str, before: float | None, limit: int) -> list[dict[str, Any]]:
    """Runs of a case that the viewer takes part in, the newest first."""
    head = cases.head(connection, viewer, case)
    query = select(Run.__table__).where(Run.case_id == case)
    if before is not None:
        query = query.where(Run.created < before)
    found = connection.execute(query.order_by(Run.created.desc(), Run.id).limit(limit))
    return [dict(row._mapping) | {"stale": row.case_version != head["version"]} for row in found]


def get(connection: Connection, viewer: Viewer, run: str) -> dict[str, Any]:
    """Run of a case that the viewer takes part in."""
    row = connection.execute(
        select(Run.__table__, cases.version_of(CaseHead.id).label("now"), CaseHead.host_id)
        .join(CaseHead, CaseHead.id == Run.case_id)
        .where(Run.id == run, cases.takes_part(viewer.organisation))
    ).first()
    if row is None:
        raise not_found("run")
    return dict(row._mapping) | {"stale": row.case_version != row.now}


def remove(connection: Connection, viewer: Viewer, run: str) -> None:
    """Remove a run: who made it may, and who hosts its case."""
    found = get(connection, viewer, run)
    if viewer.organisation not in (found["organisation_id"], found["host_id"]):
        message = "only the organisation that made the run, or the host of the case, may remove it"
        raise Refused(403, "not-the-owner", message, entity="run")
    try:
        connection.execute(delete(Run).where(Run.id == run))
    except IntegrityError as error:
        message = "this run is followed with parcels, so it is kept; whoever follows it must end that first"
        raise Refused(409, "run-is-followed", message, entity="run") from error
    append(connection, viewer.organisation, viewer.user, "run.remove", f"run:{run}", {})


def ids(connection: Connection) -> set[str]:
    """Ids of all runs."""
    return set(connection.execute(select(Run.id)).scalars())


def is_of_case(connection: Connection, run: str, case: str) -> bool:
    """Whether a run was made of a case."""
    return connection.execute(select(Run.id).where(Run.id == run, Run.case_id == case)).first() is not None
