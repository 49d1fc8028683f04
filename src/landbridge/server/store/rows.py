"""Rows of cases as somebody sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from landbridge.server.cases.parts import CAPACITY, Visibility
from landbridge.server.store.database import Viewer, chunks
from landbridge.server.store.schema import CaseParty, CaseRow, CaseRowPartner, CaseRowPrivate, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """
    A row with the cells that the reader may see.

    ``is_mine``: the reader holds one of its parties. ``cells`` holds private parts where they may be seen.
    """

    id: int
    table: str
    key: str
    position: float
    cells: Mapping[str, str]
    owners: tuple[str, ...]
    is_private: bool
    is_mine: bool
    visibility: Visibility
    partners: tuple[str, ...] = ()
    version: int
    parts: frozenset[str] = field(default_factory=frozenset)


def owned_by(organisation: Any) -> ColumnElement[bool]:
    """Whether an organisation holds one of the parties that own a row."""
    line = literal("\n") + CaseParty.party + literal("\n")
    return exists().where(
        CaseParty.case_id == CaseRow.case_id,
        CaseParty.organisation_id == organisation,
        func.replace(CaseRow.parties, line, "") != CaseRow.parties,  # not LIKE: ids may hold its signs
    )


def visible_to(organisation: Any) -> ColumnElement[bool]:
    """Whether a participant sees that a row exists (the same rule as the policy in the database)."""
    return or_(CaseRow.is_private.is_(False), owned_by(organisation))


def count_by_table(connection: Connection, viewer: Viewer, case: str) -> dict[str, int]:
    """Rows of each table that the viewer sees."""
    found = connection.execute(
        select(CaseRow.table_name, func.count())
        .where(CaseRow.case_id == case, visible_to(viewer.organisation))
        .group_by(CaseRow.table_name)
    )
    return {row.table_name: row[1] for row in found}


def page(
    connection: Connection,
    viewer: Viewer,
    case: str,
    table: str,
    *,
    after: tuple[float, int] | None = None,
    limit: int = 500,
    search: str = "",
) -> list[StoredRow]:
    """Some rows of a table, in their order, after a place; with a text in one of the cells that the viewer sees."""
    place: dict[str, Any] = {"organisation": viewer.organisation, "case": case, "table": table}
    if after is not None:
        place |= {"position": after[0], "row": after[1]}
    query = _page_query(is_later=after is not None)
    if not search:
        return _with_parts(connection, viewer, connection.execute(query.limit(limit), place).all())
    found: list[StoredRow] = []
    wanted = search.casefold()
    for some in connection.execute(query, place).partitions(1000):
        rows = _with_parts(connection, viewer, some)
        found += [row for row in rows if any(wanted in text.casefold() for text in row.cells.values())]
        if len(found) >= limit:
            break
    return found[:limit]


@cache
def _page_query(*, is_later: bool) -> Select[Any]:
    """Query for a page, made once: making it takes longer than the database does to answer."""
    organisation: BindParameter[str] = bindparam("organisation")
    query = select(CaseRow.__table__, owned_by(organisation).label("is_mine")).where(
        CaseRow.case_id == bindparam("case"), CaseRow.table_name == bindparam("table"), visible_to(organisation)
    )
    if is_later:
        query = query.where(
            tuple_(CaseRow.position, CaseRow.id)
            > tuple_(bindparam("position", type_=Double()), bindparam("row", type_=Number))
        )
    return query.order_by(CaseRow.position, CaseRow.id)


def load(connection: Connection, viewer: Viewer, case: str, tables: Sequence[str] = ()) -> list[StoredRow]:
    """All rows of a case that the viewer sees, in their order."""
    query = select(CaseRow.__table__, owned_by(viewer.organisation).label("is_mine")).where(
        CaseRow.case_id == case, visible_to(viewer.organisation)
    )
    if tables:
        query = query.where(CaseRow.table_name.in_(tables))
    found = connection.execute(query.order_by(CaseRow.table_name, CaseRow.position, CaseRow.id)).all()
    return _with_parts(connection, viewer, found, case="" if tables else case)


def load_whole(connection: Connection, case: str) -> list[StoredRow]:
    """All rows of a case with everything in them: for workers, whose database role may see it."""
    found = connection.execute(
        select(CaseRow.__table__, literal(True).label("is_mine"))
        .where(CaseRow.case_id == case)
        .order_by(CaseRow.table_name, CaseRow.position, CaseRow.id)
    ).all()
    parts: dict[int, dict[str, Any]] = {}
    for row in connection.execute(select(CaseRowPrivate.__table__).where(CaseRowPrivate.case_id == case)):
        parts.setdefault(row.row_id, {})[row.part] = row.cells
    return [_stored(row, parts.get(row.id, {}), ()) for row in found]


def by_keys(connection: Connection, viewer: Viewer, case: str, table: str, keys: Sequence[str]) -> dict[str, StoredRow]:
    """Rows of a table by key, of those that the viewer sees."""
    rows: list[Any] = []
    for some in chunks(keys):
        rows += connection.execute(
            select(CaseRow.__table__, owned_by(viewer.organisation).label("is_mine")).where(
                CaseRow.case_id == case,
                CaseRow.table_name == table,
                CaseRow.key.in_(some),
                visible_to(viewer.organisation),
            )
        ).all()
    return {row.key: row for row in _with_parts(connection, viewer, rows)}


def taken(connection: Connection, case: str, table: str, keys: Sequence[str]) -> set[str]:
    """Those of some keys that rows of a table have, of rows that the database lets the viewer see."""
    found: set[str] = set()
    for some in chunks(keys):
        query = select(CaseRow.key).where(CaseRow.case_id == case, CaseRow.table_name == table, CaseRow.key.in_(some))
        found |= set(connection.execute(query).scalars())
    return found


def _with_parts(connection: Connection, viewer: Viewer, found: Sequence[Any], case: str = "") -> list[StoredRow]:
    """Add the private parts that the viewer may see: all of its own rows, capacities where it is a named partner."""
    ids = [row.id for row in found if row.parties]
    parts: dict[int, dict[str, Any]] = {}
    partners: dict[int, list[str]] = {}
    for some in [[]] if case else chunks(ids):
        place = {"organisation": viewer.organisation, **({"case": case} if case else {"rows": some})}
        for row in connection.execute(_parts_query(is_whole=bool(case)), place):
            parts.setdefault(row.row_id, {})[row.part] = row.cells
    shown_to_some = [row.id for row in found if row.visibility == Visibility.PARTNERS and row.is_mine]
    for some in chunks(shown_to_some):
        for row in connection.execute(select(CaseRowPartner.__table__).where(CaseRowPartner.row_id.in_(some))):
            partners.setdefault(row.row_id, []).append(row.organisation_id)
    return [_stored(row, parts.get(row.id, {}), tuple(sorted(partners.get(row.id, ())))) for row in found]


@cache
def _parts_query(*, is_whole: bool) -> Select[Any]:
    """Query for private parts that somebody may see, of a whole case or of some rows."""
    organisation: BindParameter[str] = bindparam("organisation")
    mine = and_(CaseRow.id == CaseRowPrivate.row_id, owned_by(organisation))
    partner = and_(CaseRowPartner.row_id == CaseRowPrivate.row_id, CaseRowPartner.organisation_id == organisation)
    is_partner = and_(
        CaseRowPrivate.part == CAPACITY,
        exists().where(CaseRow.id == CaseRowPrivate.row_id, CaseRow.visibility == Visibility.PARTNERS),
        exists().where(partner),
    )
    if is_whole:
        place = CaseRowPrivate.case_id == bindparam("case")
    else:
        place = CaseRowPrivate.row_id.in_(bindparam("rows", expanding=True))
    return select(CaseRowPrivate.__table__).where(place, or_(exists().where(mine), is_partner))


def _stored(row: Any, parts: Mapping[str, Mapping[str, str]], partners: tuple[str, ...]) -> StoredRow:
    cells = dict(row.cells)
    for part in parts.values():
        cells |= part
    return StoredRow(
        id=row.id,
        table=row.table_name,
        key=row.key,
        position=row.position,
        cells=cells,
        owners=tuple(word for word in row.parties.split("\n") if word),
        is_private=row.is_private,
        is_mine=bool(row.is_mine),
        visibility=Visibility(row.visibility),
        partners=partners,
        version=row.version,
        parts=frozenset(parts),
    )


def disclosures(connection: Connection, case: str) -> dict[tuple[str, str], tuple[Any, list[str]]]:
    """Who sees the capacities of rows whose owner shows them not to everybody."""
    found = connection.execute(
        select(CaseRow.id, CaseRow.table_name, CaseRow.key, CaseRow.visibility).where(
            CaseRow.case_id == case, CaseRow.visibility != Visibility.CORRIDOR
        )
    ).all()
    partners: dict[int, list[str]] = {}
    ids = [row.id for row in found]
    for some in chunks(ids):
        named = select(CaseRowPartner.__table__).where(CaseRowPartner.row_id.in_(some))
        for row in connection.execute(named):
            partners.setdefault(row.row_id, []).append(row.organisation_id)
    return {(row.table_name, row.key): (row.visibility, partners.get(row.id, [])) for row in found}
