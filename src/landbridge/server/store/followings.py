"""Plans that an organisation follows with its own parcels, as the web process reads and changes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, tuple_, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store import cases, jobs, runs
from landbridge.server.store.database import Viewer
from landbridge.server.store.follow_tables import (
    Following,
    FollowingAside,
    FollowingManifest,
    FollowingProposal,
    FollowingUnit,
    FollowingUpload,
    Tracked,
)
from landbridge.server.store.ids import new_id
from landbridge.server.store.schema import CaseHead

FOLLOWED_KINDS = ("plan", "replan")
"""Kinds of runs that can be followed."""

MOST_FOLLOWINGS = 200
"""Of one organisation on one case."""

NEVER = 10**12
"""Moment after all others: promises that were not made come last."""


def create(connection: Connection, viewer: Viewer, case: str, name: str, run: str) -> str:
    """Follow a run of a case."""
    cases.head(connection, viewer, case)
    found = runs.get(connection, viewer, run)
    if found["case_id"] != case or found["kind"] not in FOLLOWED_KINDS:
        message = "only a plan of this case can be followed, one of the kind plan or replan"
        raise Refused(422, "cannot-be-followed", message, entity="run")
    if len(listed(connection, viewer, case, "", MOST_FOLLOWINGS)) >= MOST_FOLLOWINGS:
        message = f"your organisation follows {MOST_FOLLOWINGS} plans of this case, the most that may; remove some"
        raise Refused(409, "too-many-followings", message, entity="following")
    following = new_id()
    connection.execute(
        insert(Following).values(
            id=following, case_id=case, organisation_id=viewer.organisation, run_id=run, name=name, is_tracked=False,
            version=1, created=time.time(), number=0, content={}, parcels=0, placed=0, events=0,
        )
    )  # fmt: skip
    note(connection, viewer, "following.create", following, {"case": case, "run": run})
    return following


def note(connection: Connection, viewer: Viewer, action: str, following: str, detail: Mapping[str, Any]) -> None:
    """Write a line of the audit log."""
    append(connection, viewer.organisation, viewer.user, action, f"following:{following}", dict(detail))


_HEAD = tuple(column for column in Following.__table__.columns if column.name not in ("content", "departures"))


def _mine(viewer: Viewer) -> Any:
    """Followings of the viewer's organisation, of cases that it takes part in."""
    query = select(*_HEAD).join(CaseHead, CaseHead.id == Following.case_id)
    return query.where(Following.organisation_id == viewer.organisation, cases.takes_part(viewer.organisation))


def get(connection: Connection, viewer: Viewer, following: str) -> dict[str, Any]:
    """Following of the viewer's organisation; to all others it is not there."""
    row = connection.execute(_mine(viewer).where(Following.id == following)).first()
    if row is None:
        raise not_found("following")
    return dict(row._mapping)


def listed(connection: Connection, viewer: Viewer, case: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Followings of a case."""
    cases.head(connection, viewer, case)
    query = _mine(viewer).where(Following.case_id == case, Following.id > after)
    return [dict(row._mapping) for row in connection.execute(query.order_by(Following.id).limit(limit))]


def change(
    connection: Connection, viewer: Viewer, following: str, version: int, name: str | None, tracking: bool | None
) -> None:
    """Change its name, or whether its numbers may be looked up by everybody."""
    found = get(connection, viewer, following)
    if found["version"] != version:
        raise Refused(412, "stale", "this was changed meanwhile; read it again", entity="following")
    values: dict[str, Any] = {"version": version + 1}
    if name is not None:
        values["name"] = name
    if tracking is not None:
        values["is_tracked"] = tracking
    same = (Following.id == following, Following.version == version)
    if connection.execute(update(Following).where(*same).values(**values)).rowcount != 1:
        raise Refused(412, "stale", "this was changed meanwhile; read it again", entity="following")
    note(connection, viewer, "following.change", following, {"tracking": tracking, "version": version + 1})


def remove(connection: Connection, viewer: Viewer, following: str) -> None:
    """Remove a following with everything in it; jobs of it are stopped."""
    found = get(connection, viewer, following)
    jobs.cancel_all(connection, viewer, following)
    connection.execute(delete(Following).where(Following.id == following))
    note(connection, viewer, "following.remove", following, {"parcels": found["parcels"]})


def keep_upload(
    connection: Connection,
    viewer: Viewer,
    following: str,
    upload: str,
    job: str,
    facts: Mapping[str, Any],
    content: bytes,
) -> None:
    """Keep what is kept of a file until its job has ended."""
    connection.execute(
        insert(FollowingUpload).values(
            id=upload, following_id=following, organisation_id=viewer.organisation, job_id=job, created=time.time(),
            facts=dict(facts), content=content,
        )
    )  # fmt: skip


# What pages read


def departures(connection: Connection, viewer: Viewer, following: str) -> list[dict[str, Any]]:
    """Departures that parcels ride, in the order in which they leave."""
    get(connection, viewer, following)
    found = connection.execute(select(Following.departures).where(Following.id == following)).scalar()
    return list((found or {}).get("rows", []))


def units(connection: Connection, viewer: Viewer, following: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Containers, bags and departures that parcels were loaded into, by name."""
    get(connection, viewer, following)
    query = select(FollowingUnit.__table__).where(FollowingUnit.following_id == following, FollowingUnit.unit > after)
    return [dict(row._mapping) for row in connection.execute(query.order_by(FollowingUnit.unit).limit(limit))]


def parcels(
    connection: Connection,
    viewer: Viewer,
    following: str,
    *,
    status: str = "",
    late: str = "",
    search: str = "",
    unit: str = "",
    after: str = "",
    limit: int,
) -> list[dict[str, Any]]:
    """
    Some parcels, in the order of their ids.

    ``late`` takes those whose promise is in danger (``promise``), that are too long on a leg (``leg``), either
    (``any``), or more than an hour behind the plan (``behind``); ``search`` the beginning of an id or a number;
    ``unit`` those that are in it.
    """
    get(connection, viewer, following)
    query = select(Tracked.__table__).where(Tracked.following_id == following, Tracked.parcel > after)
    if status:
        query = query.where(Tracked.status == status)
    if late == "behind":
        query = query.where(Tracked.behind_h > 1.0)
    elif late == "any":
        query = query.where(Tracked.late != "")
    elif late:
        query = query.where(Tracked.late.in_((late, "promise leg")))
    if unit:
        query = query.where(Tracked.units.contains(f" {unit} ", autoescape=True))
    if search:
        number = "".join(search.split()).upper()
        query = query.where(
            Tracked.parcel.startswith(search, autoescape=True) | Tracked.number.startswith(number, autoescape=True)
        )
    return [dict(row._mapping) for row in connection.execute(query.order_by(Tracked.parcel).limit(limit))]


def parcel(connection: Connection, viewer: Viewer, following: str, wanted: str) -> dict[str, Any]:
    """Give one parcel, by its id or its number."""
    get(connection, viewer, following)
    query = select(Tracked.__table__).where(Tracked.following_id == following)
    row = connection.execute(query.where(Tracked.parcel == wanted)).first()
    row = row or connection.execute(query.where(Tracked.number == wanted).order_by(Tracked.told_at.desc())).first()
    if row is None:
        raise not_found("parcel")
    return dict(row._mapping)


def late(
    connection: Connection, viewer: Viewer, following: str, after: tuple[int, str] | None, limit: int
) -> list[dict[str, Any]]:
    """Parcels whose promise is in danger or that are too long on a leg, the earliest promise first."""
    get(connection, viewer, following)
    due = func.coalesce(Tracked.promised, NEVER)
    query = select(Tracked.__table__).where(Tracked.following_id == following, Tracked.late != "")
    if after is not None:
        query = query.where(tuple_(due, Tracked.parcel) > after)
    return [dict(row._mapping) for row in connection.execute(query.order_by(due, Tracked.parcel).limit(limit))]


def manifest(connection: Connection, viewer: Viewer, following: str, departure: str) -> bytes:
    """Manifest of a departure, gzipped."""
    get(connection, viewer, following)
    query = select(FollowingManifest.content).where(
        FollowingManifest.following_id == following, FollowingManifest.departure == departure
    )
    return _content(connection.execute(query).scalar(), "departure")


def aside(connection: Connection, viewer: Viewer, following: str, wanted: str) -> bytes:
    """Rows that were set aside, as CSV."""
    get(connection, viewer, following)
    query = select(FollowingAside.content).where(FollowingAside.following_id == following, FollowingAside.id == wanted)
    return _content(connection.execute(query).scalar(), "file")


def _content(found: Any, what: str) -> bytes:
    if found is None:
        raise not_found(what)
    return bytes(found)


def proposal(connection: Connection, viewer: Viewer, following: str, wanted: str) -> dict[str, Any]:
    """Give a proposal, without the plan itself."""
    get(connection, viewer, following)
    row = connection.execute(
        select(FollowingProposal.id, FollowingProposal.state, FollowingProposal.told, FollowingProposal.created).where(
            FollowingProposal.following_id == following, FollowingProposal.id == wanted
        )
    ).first()
    if row is None:
        raise not_found("proposal")
    return dict(row._mapping)


# The public


def track(connection: Connection, wanted: str) -> dict[str, Any] | None:
    """What everybody may see of a parcel whose following is open to look-ups; None: not there, or not open."""
    if connection.dialect.name == "postgresql":
        row = connection.execute(text("SELECT * FROM lb_track(:wanted)"), {"wanted": wanted}).first()
    else:
        shown = (Tracked.number, Tracked.parcel, Tracked.status, Tracked.told_at, Tracked.promised, Tracked.p50,
                 Tracked.p80, Tracked.milestones)  # fmt: skip
        row = connection.execute(
            select(*shown)
            .join(Following, Following.id == Tracked.following_id)
            .where((Tracked.number == wanted) | (Tracked.parcel == wanted), Following.is_tracked)
            .order_by(Tracked.told_at.is_(None), Tracked.told_at.desc(), Following.created.desc(), Following.id)
            .limit(1)
        ).first()
    return None if row is None else dict(row._mapping)
