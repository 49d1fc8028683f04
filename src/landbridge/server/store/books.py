"""What must be known of other rows to tell whose a row is, read from the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from landbridge.server.cases.ownership import Book, Owners, key_of, owners_of
from landbridge.server.store.database import Viewer
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
                CaseRow.case_id == case, CaseRow.table_name == table, CaseRow.key == key, visible_to(viewer.organisation)
            )
        ).first()
        return None if row is None else tuple(word for word in row.parties.split("\n") if word)

    def grants(agreement: str) -> Iterable[tuple[str, str]]:
        found = connection.execute(
            select(CaseRow.cells).where(
                CaseRow.case_id == case,
                CaseRow.table_name == "grants",
                CaseRow.cells["agreement"].as_string() == agreement,
                visible_to(viewer.organisation),
            )
        )
        return [(row.cells.get("giver", ""), row.cells.get("taker", "")) for row in found]

    return Book(
        owners_of=owners, region_by_party={row.key: row.cells.get("region", "") for row in parties}, grants_of=grants
    )


def _given(tables: Tables) -> Book:
    regions = {cells.get("party", ""): cells.get("region", "") for cells in tables.get("parties", ())}
    by_agreement: dict[str, list[tuple[str, str]]] = {}
    for cells in tables.get("grants", ()):
        by_agreement.setdefault(cells.get("agreement", ""), []).append((cells.get("giver", ""), cells.get("taker", "")))
    plain = Book(owners_of=lambda table, key: None, region_by_party=regions)
    known: dict[tuple[str, str], Owners] = {}
    for table in ("regions", "hubs", "handling", "goods", "services", "fleets", "orders", "projects", "events"):
        for cells in tables.get(table, ()):
            known[table, key_of(table, cells)] = owners_of(table, cells, plain)
    return Book(
        owners_of=lambda table, key: known.get((table, key)),
        region_by_party=regions,
        grants_of=lambda agreement: by_agreement.get(agreement, ()),
    )
