"""The table of jobs: queued, claimed for a while, told of, ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store import cases
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.schema import CaseHead, Job, JobEvent, Run

ENDED = ("done", "failed", "cancelled")
_CLAIM = 6_172_636
KEPT_EVENTS = 200
"""Events of a job that are kept for followers that come back."""


def queue(
    connection: Connection,
    viewer: Viewer,
    case: str,
    kind: str,
    options: Mapping[str, Any],
    most: int,
    following: str | None = None,
) -> dict[str, Any]:
    """Put a job into the queue, if the organisation has not too many waiting."""
    cases.head(connection, viewer, case)
    waiting = connection.execute(
        select(func.count()).select_from(Job).where(Job.organisation_id == viewer.organisation, Job.state == "queued")
    ).scalar_one()
    if waiting >= most:
        message = f"{waiting} jobs of your organisation are waiting, the most that may; wait, or cancel some"
        raise Refused(429, "too-many-jobs", message, entity="job", headers={"Retry-After": "30"})
    job = new_id()
    connection.execute(
        insert(Job).values(
            id=job, case_id=case, organisation_id=viewer.organisation, user_id=viewer.user, kind=kind,
            options=dict(options), state="queued", attempts=0, created=time.time(), is_cancelled=False, progress={},
            following_id=following,
        )
    )  # fmt: skip
    append(connection, viewer.organisation, viewer.user, "job.queue", f"job:{job}", {"kind": kind, "case": case})
    _tell(connection, job, viewer.organisation, "state", {"state": "queued"})
    return get(connection, viewer, job)


def get(connection: Connection, viewer: Viewer, job: str) -> dict[str, Any]:
    """Job of the viewer's organisation."""
    row = connection.execute(
        select(Job.__table__).where(Job.id == job, Job.organisation_id == viewer.organisation)
    ).first()
    if row is None:
        raise not_found("job")
    return dict(row._mapping)


def listed(connection: Connection, viewer: Viewer, case: str, before: float | None, limit: int) -> list[dict[str, Any]]:
    """Jobs of the viewer's organisation on a case, the newest first."""
    cases.head(connection, viewer, case)
    query = select(Job.__table__).where(Job.case_id == case, Job.organisation_id == viewer.organisation)
    if before is not None:
        query = query.where(Job.created < before)
    found = connection.execute(query.order_by(Job.created.desc(), Job.id).limit(limit))
    return [dict(row._mapping) for row in found]


def cancel(connection: Connection, viewer: Viewer, job: str) -> dict[str, Any]:
    """Ask for a job to be stopped: one that waits is cancelled, one at work is told."""
    found = get(connection, viewer, job)
    if found["state"] == "queued":
        _end(connection, found, "cancelled", None, {})
    elif found["state"] == "running":
        connection.execute(update(Job).where(Job.id == job).values(is_cancelled=True))
    else:
        return found
    append(connection, viewer.organisation, viewer.user, "job.cancel", f"job:{job}", {})
    return get(connection, viewer, job)


def events_after(connection: Connection, viewer: Viewer, job: str, after: int) -> tuple[dict[str, Any], list[Any]]:
    """Job as it stands, and its events after a number."""
    query = select(JobEvent.id, JobEvent.event).where(JobEvent.job_id == job, JobEvent.id > after)
    events = list(connection.execute(query.order_by(JobEvent.id)).all())
    return get(connection, viewer, job), events  # in this order: the job is never older than its events


# The worker's side


def claim(connection: Connection, worker: str, lease_s: float, max_attempts: int) -> dict[str, Any] | None:
    """
    Take a job whose worker has been silent for too long, or one that waits: organisations take turns.

    The one that was served longest ago goes first, with its oldest job, so that nobody's queue holds up another's. One
    statement decides, so two workers never take the same job.
    """
    now = time.time()
    if connection.dialect.name == "postgresql":  # two jobs of one following must not be taken at one moment
        connection.execute(select(func.pg_advisory_xact_lock(_CLAIM)))
    _give_up(connection, now, max_attempts)
    other = aliased(Job)
    is_waiting = exists().where(  # for another job of its following, which is at work
        other.following_id == Job.following_id,
        other.id != Job.id,
        other.state == "running",
    )
    lost = and_(Job.state == "running", Job.lease_until < now)
    last = func.max(Job.started).label("last")
    served = select(Job.organisation_id, last).group_by(Job.organisation_id).subquery()
    candidate = (
        select(Job.id)
        .join(served, served.c.organisation_id == Job.organisation_id)
        .where(or_(Job.state == "queued", lost), Job.attempts < max_attempts, ~is_waiting)
        .order_by(Job.state == "queued", func.coalesce(served.c.last, 0.0), Job.created, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Job)
        .scalar_subquery()
    )
    row = connection.execute(
        update(Job)
        .where(Job.id == candidate)
        .values(
            state="running",
            worker=worker,
            lease_until=now + lease_s,
            attempts=Job.attempts + 1,
            started=func.coalesce(Job.started, now),
        )
        .returning(*Job.__table__.columns)
    ).first()
    if row is None:
        return None
    job = dict(row._mapping)
    if job["attempts"] > 1:
        words = "taken once more: the worker that had it fell silent"
        progress = {"words": words}
        connection.execute(update(Job).where(Job.id == job["id"]).values(progress=progress))
        append(connection, job["organisation_id"], "", "job.retry", f"job:{job['id']}", {"attempt": job["attempts"]})
    _tell(connection, job["id"], job["organisation_id"], "state", {"state": "running"})
    return job


def _give_up(connection: Connection, now: float, max_attempts: int) -> None:
    """Fail jobs that were taken too often and whose last worker is silent too."""
    lost = connection.execute(
        select(Job.__table__).where(Job.state == "running", Job.lease_until < now, Job.attempts >= max_attempts)
    ).all()
    for row in lost:
        job = dict(row._mapping)
        words = f"the worker fell silent, {job['attempts']} times; the job was given up"
        _end(connection, job, "failed", words, {"words": words})


def beat(
    connection: Connection, job: str, worker: str, lease_s: float, progress: Mapping[str, Any] | None
) -> bool | None:
    """
    Prolong the lease and tell progress.

    Returns
    -------
    bool or None
        Whether the job shall be stopped; None when it is not this worker's any more.
    """
    values: dict[str, Any] = {"lease_until": time.time() + lease_s}
    if progress is not None:
        values["progress"] = dict(progress)
    row = connection.execute(
        update(Job)
        .where(Job.id == job, Job.worker == worker, Job.state == "running")
        .values(**values)
        .returning(Job.is_cancelled, Job.organisation_id)
    ).first()
    if row is None:
        return None
    if progress is not None:
        _tell(connection, job, row.organisation_id, "progress", {})
        _thin_out(connection, job)
    return bool(row.is_cancelled)


def note_input(connection: Connection, job: str, sha256: str) -> None:
    """Write down what the job is made from."""
    connection.execute(update(Job).where(Job.id == job).values(input_sha256=sha256))


def finish(
    connection: Connection,
    job: Mapping[str, Any],
    state: str,
    *,
    error: str | None = None,
    result: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
) -> bool:
    """
    End a job, together with the row of the run it left; False when it is not this worker's any more.

    The folder of the run is in place already: who sees the row finds it whole.
    """
    mine = connection.execute(
        select(Job.id).where(Job.id == job["id"], Job.worker == job["worker"], Job.state == "running").with_for_update()
    ).first()
    still_there = connection.execute(select(CaseHead.id).where(CaseHead.id == job["case_id"])).first()
    if mine is None or still_there is None:
        return False
    if run is not None:
        connection.execute(insert(Run).values(**run))
        append(connection, job["organisation_id"], job["user_id"], "run.create", f"run:{run['id']}", {"job": job["id"]})
    values = {"run_id": run["id"] if run else None, "result": dict(result) if result is not None else None}
    connection.execute(update(Job).where(Job.id == job["id"]).values(**values))
    _end(connection, job, state, error, None)
    return True


def give_back(connection: Connection, job: str, worker: str) -> None:
    """Return a job to the queue, as if it had not been taken: its worker was asked to stop."""
    row = connection.execute(
        update(Job)
        .where(Job.id == job, Job.worker == worker, Job.state == "running")
        .values(state="queued", worker=None, lease_until=None, attempts=Job.attempts - 1, progress={})
        .returning(Job.organisation_id)
    ).first()
    if row is not None:
        _tell(connection, job, row.organisation_id, "state", {"state": "queued"})


def counts(connection: Connection) -> dict[str, int]:
    """Jobs by state."""
    found = connection.execute(select(Job.state, func.count()).group_by(Job.state))
    return {row.state: row[1] for row in found}


def _end(
    connection: Connection, job: Mapping[str, Any], state: str, error: str | None, progress: Mapping[str, Any] | None
) -> None:
    values: dict[str, Any] = {
        "state": state, "ended": time.time(), "error": error, "worker": None, "lease_until": None
    }  # fmt: skip
    if progress is not None:
        values["progress"] = dict(progress)
    connection.execute(update(Job).where(Job.id == job["id"]).values(**values))
    append(connection, job["organisation_id"], "", f"job.{state}", f"job:{job['id']}", {})
    _tell(connection, job["id"], job["organisation_id"], "state", {"state": state})


def _tell(connection: Connection, job: str, organisation: str, event: str, data: Mapping[str, Any]) -> None:
    connection.execute(
        insert(JobEvent).values(job_id=job, organisation_id=organisation, event=event, at=time.time(), data=dict(data))
    )


def _thin_out(connection: Connection, job: str) -> None:
    oldest = connection.execute(
        select(JobEvent.id)
        .where(JobEvent.job_id == job, JobEvent.event == "progress")
        .order_by(JobEvent.id.desc())
        .offset(KEPT_EVENTS)
        .limit(1)
    ).scalar()
    if oldest is not None:
        connection.execute(
            delete(JobEvent).where(JobEvent.job_id == job, JobEvent.event == "progress", JobEvent.id <= oldest)
        )


def cancel_all(connection: Connection, viewer: Viewer, following: str) -> None:
    """Ask for all jobs of a following to be stopped."""
    found = connection.execute(
        select(Job.id).where(
            Job.following_id == following,
            Job.organisation_id == viewer.organisation,
            Job.state.in_(("queued", "running")),
        )
    ).scalars()
    for job in found.all():
        cancel(connection, viewer, job)


def last_of(connection: Connection, viewer: Viewer, following: str) -> dict[str, Any] | None:
    """Job of a following that is at work or waits, the first of them; else the one that ended last."""
    mine = select(Job.__table__).where(Job.following_id == following, Job.organisation_id == viewer.organisation)
    under_way = mine.where(Job.state.in_(("queued", "running"))).order_by(Job.created, Job.id).limit(1)
    row = connection.execute(under_way).first()
    if row is None:
        row = connection.execute(mine.order_by(Job.created.desc(), Job.id).limit(1)).first()
    return None if row is None else dict(row._mapping)


def is_cancelled(connection: Connection, job: str) -> bool:
    """Whether somebody asked for a job to be stopped."""
    return bool(connection.execute(select(Job.is_cancelled).where(Job.id == job)).scalar())
