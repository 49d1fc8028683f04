"""Heads of cases: settings, hosts, and who holds which party."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, exists, func, insert, or_, select, update

from landbridge.server.audit.log import append
from landbridge.server.errors import Refused, not_found
from landbridge.server.store.database import Viewer
from landbridge.server.store.ids import new_id
from landbridge.server.store.schema import CaseChange, CaseHead, CaseParty, CaseRow, Organisation


def takes_part(organisation: Any) -> ColumnElement[bool]:
    """Whether an organisation hosts a case or holds a party in it: the others do not know that it exists."""
    holds = exists().where(CaseParty.case_id == CaseHead.id, CaseParty.organisation_id == organisation)
    return or_(CaseHead.host_id == organisation, holds)


def head(connection: Connection, viewer: Viewer, case: str) -> dict[str, Any]:
    """Head of a case that the viewer takes part in."""
    row = connection.execute(_head_query(), {"case": case, "organisation": viewer.organisation}).first()
    if row is None:
        raise not_found("case")
    return dict(row._mapping)


@cache
def _head_query() -> Select[Any]:
    """Query for a head, made once: every request asks it."""
    query = select(CaseHead.__table__, version_of(CaseHead.id)).where(CaseHead.id == bindparam("case"))
    return query.where(takes_part(bindparam("organisation")))


def version_of(case: Any) -> Any:
    """Number of the last change of a case."""
    last = select(func.max(CaseChange.id)).where(CaseChange.case_id == case).scalar_subquery()
    return func.coalesce(last, 0).label("version")


def lock(connection: Connection, case: str) -> None:
    """Let changes of one case wait for each other (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(case, 0))))


def listed(connection: Connection, viewer: Viewer, after: str, limit: int) -> list[dict[str, Any]]:
    """Cases that the viewer takes part in."""
    found = connection.execute(
        select(CaseHead.id, CaseHead.name, CaseHead.host_id.label("host"), CaseHead.created)
        .where(takes_part(viewer.organisation), CaseHead.id > after)
        .order_by(CaseHead.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in found]


def create(connection: Connection, viewer: Viewer, name: str, settings: Mapping[str, Any]) -> str:
    """Make an empty case that the viewer's organisation hosts."""
    case = new_id()
    connection.execute(
        insert(CaseHead).values(
            id=case, host_id=viewer.organisation, name=name, settings=dict(settings), settings_version=0,
            created=time.time(),
        )
    )  # fmt: skip
    return case


def new_change(connection: Connection, viewer: Viewer, case: str, kind: str) -> int:
    """Begin a change; its number is the version of everything it writes. Who calls it holds the ``lock``."""
    change = connection.execute(
        insert(CaseChange)
        .values(case_id=case, organisation_id=viewer.organisation, user_id=viewer.user, kind=kind, at=time.time(),
                undone=False)
        .returning(CaseChange.id)
    ).scalar_one()  # fmt: skip
    return int(change)


def set_settings(
    connection: Connection, viewer: Viewer, case: str, version: int, name: str, settings: Mapping[str, Any]
) -> None:
    """Change name and settings, if nobody has since they were read; the host alone."""
    lock(connection, case)
    found = head(connection, viewer, case)
    require_host(viewer, found)
    if found["settings_version"] != version:
        raise Refused(412, "stale", "the settings were changed meanwhile; read the case again", entity="settings")
    change = new_change(connection, viewer, case, "settings")
    connection.execute(
        update(CaseHead).where(CaseHead.id == case).values(name=name, settings=dict(settings), settings_version=change)
    )
    append(connection, viewer.organisation, viewer.user, "case.settings", f"case:{case}", {"change": change})


def require_host(viewer: Viewer, found: Mapping[str, Any]) -> None:
    """Refuse others than the host of a case."""
    if found["host_id"] != viewer.organisation:
        raise Refused(403, "not-the-host", "only the organisation that hosts the case may do this", entity="case")


def remove(connection: Connection, viewer: Viewer, case: str) -> None:
    """Remove a case with its jobs and runs; not while others hold parties in it: their rows would go too."""
    found = head(connection, viewer, case)
    require_host(viewer, found)
    others = connection.execute(
        select(CaseParty.party).where(CaseParty.case_id == case, CaseParty.organisation_id != viewer.organisation)
    ).first()
    if others is not None:
        message = f"another organisation holds {others.party!r} in this case; it must give it back first"
        raise Refused(409, "case-in-use", message, entity="case")
    append(connection, viewer.organisation, viewer.user, "case.remove", f"case:{case}", {})
    connection.execute(delete(CaseHead).where(CaseHead.id == case))


def holders(connection: Connection, case: str) -> dict[str, str]:
    """Organisation that holds each party of a case."""
    found = connection.execute(
        select(CaseParty.party, CaseParty.organisation_id).where(CaseParty.case_id == case).order_by(CaseParty.party)
    )
    return {row.party: row.organisation_id for row in found}


def hand_over(connection: Connection, viewer: Viewer, case: str, party: str, organisation: str) -> None:
    """Let another organisation hold a party, with all that belongs to it. Only who holds it may: it cannot be taken."""
    lock(connection, case)
    head(connection, viewer, case)
    if connection.execute(select(Organisation.id).where(Organisation.id == organisation)).first() is None:
        raise Refused(422, "unknown-organisation", "there is no such organisation", entity="organisation")
    held = holders(connection, case)
    if party not in held:
        raise not_found("party")
    if held[party] != viewer.organisation:
        message = f"{party!r} is held by another organisation; only that one may hand it over"
        raise Refused(403, "not-the-holder", message, entity=party)
    change = new_change(connection, viewer, case, "party")
    append(connection, viewer.organisation, viewer.user, "case.party", f"case:{case}",
           {"party": party, "to": organisation, "change": change})  # fmt: skip
    connection.execute(
        update(CaseParty)
        .where(CaseParty.case_id == case, CaseParty.party == party)
        .values(organisation_id=organisation)
    )


def add_party(connection: Connection, viewer: Viewer, case: str, party: str) -> None:
    """Note a new party, held by the viewer, who hosts the case."""
    connection.execute(insert(CaseParty).values(case_id=case, party=party, organisation_id=viewer.organisation))


def remove_party(connection: Connection, case: str, party: str) -> None:
    """Forget a party that owns nothing more."""
    owned = connection.execute(
        select(CaseRow.table_name, func.count())
        .where(
            CaseRow.case_id == case,
            CaseRow.table_name != "parties",
            CaseRow.parties.contains(f"\n{party}\n", autoescape=True),
        )
        .group_by(CaseRow.table_name)
    ).all()
    if owned:
        what = ", ".join(f"{count} {table}" for table, count in owned)
        message = f"the party {party!r} still owns {what}; give these to another party or remove them first"
        raise Refused(409, "party-in-use", message, entity=party)
    connection.execute(delete(CaseParty).where(CaseParty.case_id == case, CaseParty.party == party))


def head_of(connection: Connection, case: str) -> dict[str, Any]:
    """Head of a case, for workers."""
    row = connection.execute(select(CaseHead.__table__, version_of(CaseHead.id)).where(CaseHead.id == case)).first()
    if row is None:
        raise not_found("case")
    return dict(row._mapping)
