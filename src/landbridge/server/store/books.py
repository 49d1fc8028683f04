"""What must be known of other rows to tell whose a row is, read from the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from landbridge.server.cases.ownership import Book, Owners, key_of, owner_words, owners_of
from landbridge.server.store.database import Viewer, chunks
from landbridge.server.store.rows import visible_to
from landbridge.server.store.schema import CaseRow

Tables = Mapping[str, Sequence[Mapping[str, str]]]


def book_of(connection: Connection, viewer: Viewer, case: str, tables: Tables | None = None) -> Book:
    """Look other rows up as they are needed: among given tables, or in the database as the viewer sees it."""
    if tables is not None:
        return _given(tables)
    parties = connection.execute(
        select(CaseRow.key, CaseRow.cells).where(CaseRow.case_id == case, CaseRow.table_name == "parties")
    )

    def owners(table: str, key: str) -> Owners | None:
        row = connection.execute(
            select(CaseRow.parties).where(
                CaseRow.case_id == case,
                CaseRow.table_name == table,
                CaseRow.key == key,
                visible_to(viewer.organisation),
            )
        ).first()
        return None if row is None else _owners_in(row.parties)

    def matching(table: str, column: str, text: str) -> list[Any]:
        return list(
            connection.execute(
                select(CaseRow.cells, CaseRow.parties).where(
                    CaseRow.case_id == case,
                    CaseRow.table_name == table,
                    CaseRow.cells[column].as_string() == text,
                    visible_to(viewer.organisation),
                )
            )
        )

    return Book(
        owners_of=owners,
        region_by_party={row.key: row.cells.get("region", "") for row in parties},
        grants_of=lambda agreement: [
            (row.cells.get("giver", ""), row.cells.get("taker", ""))
            for row in matching("grants", "agreement", agreement)
        ],
        fleet_owners=lambda fleet: _union(
            owner_words(row.cells.get("owner", "")) for row in matching("services", "fleet", fleet)
        ),
        is_in_force=lambda agreement: any(
            row.cells.get("status") == "in_force" for row in matching("agreements", "agreement", agreement)
        ),
    )


def with_rows(book: Book, connection: Connection, viewer: Viewer, case: str, named: set[tuple[str, str]]) -> Book:
    """
    The same book with some rows looked up at once.

    Parameters
    ----------
    named
        Table and key of each row.
    """
    known: dict[tuple[str, str], Owners | None] = dict.fromkeys(named)
    for table in {table for table, _ in named}:
        keys = sorted(key for other, key in named if other == table)
        for some in chunks(keys):
            found = connection.execute(
                select(CaseRow.key, CaseRow.parties).where(
                    CaseRow.case_id == case,
                    CaseRow.table_name == table,
                    CaseRow.key.in_(some),
                    visible_to(viewer.organisation),
                )
            )
            known |= {(table, row.key): _owners_in(row.parties) for row in found}
    return replace(
        book,
        owners_of=lambda table, key: known[table, key] if (table, key) in known else book.owners_of(table, key),
    )


def _owners_in(parties: str) -> Owners:
    return tuple(word for word in parties.split("\n") if word)


def _union(owners: Iterable[Owners]) -> Owners:
    return tuple(dict.fromkeys(party for some in owners for party in some))


def _given(tables: Tables) -> Book:
    regions = {cells.get("party", ""): cells.get("region", "") for cells in tables.get("parties", ())}
    by_agreement: dict[str, list[tuple[str, str]]] = {}
    for cells in tables.get("grants", ()):
        by_agreement.setdefault(cells.get("agreement", ""), []).append((cells.get("giver", ""), cells.get("taker", "")))
    by_fleet: dict[str, list[Owners]] = {}
    for cells in tables.get("services", ()):
        by_fleet.setdefault(cells.get("fleet", ""), []).append(owner_words(cells.get("owner", "")))
    in_force = {cells.get("agreement") for cells in tables.get("agreements", ()) if cells.get("status") == "in_force"}
    plain = Book(
        owners_of=lambda table, key: None,
        region_by_party=regions,
        fleet_owners=lambda fleet: _union(by_fleet.get(fleet, ())),
    )
    known: dict[tuple[str, str], Owners] = {}
    for table in ("regions", "hubs", "handling", "goods", "services", "fleets", "orders", "projects"):
        for cells in tables.get(table, ()):
            known[table, key_of(table, cells)] = owners_of(table, cells, plain)
    return replace(
        plain,
        owners_of=lambda table, key: known.get((table, key)),
        grants_of=lambda agreement: by_agreement.get(agreement, ()),
        is_in_force=lambda agreement: agreement in in_force,
    )
