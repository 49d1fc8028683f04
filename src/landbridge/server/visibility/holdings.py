"""Which organisation holds which party of a case, and whose each row is (docs/design/server.md §2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from landbridge.cooperation.players import owners_in
from landbridge.cooperation.restrict import fleet_owners
from landbridge.model.case import ATTRIBUTES, Case, Patch, Pin
from landbridge.tables.scenarios import KEY_SIGN

OWNER_COLUMN: Mapping[str, str] = {
    "parties": "party",
    "hubs": "owner",
    "handling": "owner",
    "services": "owner",
    "fleets": "owner",
    "orders": "party",
    "projects": "owner",
}
"""Column of a table that names the party or parties a row belongs to."""

Organisations = frozenset[str]
"""Ids of organisations; of a row without owner none: it belongs to the case."""

EVERYBODY = "*"
"""Giver or taker of a grant that stands for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """
    Who holds the parties of a case.

    Parameters
    ----------
    host
        Organisation that hosts the case; it holds every party that nobody else does.
    by_party
        Organisation of a party, for those that somebody else than the host holds.
    """

    host: str
    by_party: Mapping[str, str] = field(default_factory=dict)

    def of_party(self, party: str) -> str:
        """Organisation that holds a party."""
        return self.by_party.get(party) or self.host

    def of_cell(self, cell: str) -> Organisations:
        """Organisations of an owner cell: blank, ``a``, ``a:0.5 b:0.5`` or ``a+b``."""
        return frozenset(self.of_party(party) for party in owners_in(cell))

    def participants(self, case: Case) -> Organisations:
        """Organisations that work on the case: its host, and who holds a party of it."""
        return frozenset({self.host, *(self.of_party(row.party) for row in case.parties)})

    def is_alone(self, case: Case, viewer: str) -> bool:
        """Whether the viewer holds all there is: then there is nobody to keep anything from."""
        return all(self.of_party(row.party) == viewer for row in case.parties)


def key_of(table: str, row: Any) -> str:
    """Id of a row, the parts of one of several columns joined as in the table of scenarios."""
    return KEY_SIGN.join(str(getattr(row, item.field)) for item in ATTRIBUTES[table] if item.key)


class Owners:
    """
    Whose each row of a case is.

    A row of the timetable is its service's, an event its resource's, a pin and a
    patch that of the rows they change; an agreement and its grants belong to who signs
    (§2.3). A fleet without owner is that of its services.
    """

    def __init__(self, case: Case, holdings: Holdings) -> None:
        self.case, self.holdings = case, holdings
        self.organisations_by_region: dict[str, set[str]] = {}
        for party in case.parties:
            self.organisations_by_region.setdefault(party.region, set()).add(holdings.of_party(party.party))
        self._parties = {row.party for row in case.parties}
        cells = fleet_owners(case)
        self._fleets = {row.fleet: holdings.of_cell(cells[row.fleet]) for row in case.fleets}
        self._by_id: dict[str, dict[str, Organisations]] = {
            table: {key_of(table, row): self._own(table, row) for row in getattr(case, table)} for table in OWNER_COLUMN
        }
        self._signers: dict[str, set[str]] = {row.agreement: set() for row in case.agreements}
        for grant in case.grants:
            for name in (grant.giver, grant.taker):
                self._signers.setdefault(grant.agreement, set()).update(self.of_name(name))
        self._through: dict[str, Callable[[Any], Organisations]] = {
            "timetable": lambda row: self.of_id("services", row.service),
            "events": lambda row: self.of_resource(row.resource),
            "pins": self._of_pin,
            "agreements": lambda row: self.signers(row.agreement),
            "grants": lambda row: self.signers(row.agreement),
            "scenarios": lambda row: frozenset().union(*(self.of(row.table, hit) for hit in self.patched(row))),
        }

    def of(self, table: str, row: Any) -> Organisations:
        """Owners of a row; none: it belongs to the case, and its host edits it."""
        if table in OWNER_COLUMN:
            return self._own(table, row)
        return self._through[table](row) if table in self._through else frozenset()

    def of_id(self, table: str, key: str) -> Organisations:
        """Owners of the row of an id; none where there is no such row."""
        return self._by_id[table].get(key, frozenset())

    def of_resource(self, resource: str) -> Organisations:
        """Owners of a hub, a handling, a service, a fleet or an order."""
        tables = ("services", "hubs", "handling", "fleets", "orders")
        return next((self._by_id[table][resource] for table in tables if resource in self._by_id[table]), frozenset())

    def signers(self, agreement: str) -> Organisations:
        """Organisations that sign an agreement: those of its givers and takers; ``*`` is nobody in particular."""
        return frozenset(self._signers.get(agreement, ()))

    def of_name(self, name: str) -> Organisations:
        """Organisations that a party or a region of a grant stands for."""
        if name in self._parties:
            return frozenset({self.holdings.of_party(name)})
        return frozenset(self.organisations_by_region.get(name, ()))

    def patched(self, patch: Patch) -> Iterable[Any]:
        """Rows that a row of a scenario changes; the last parts of a key of several columns may be left out."""
        if patch.table not in ATTRIBUTES or patch.table == "scenarios":
            return ()
        wanted = patch.key.split(KEY_SIGN)
        rows = getattr(self.case, patch.table)
        return [row for row in rows if key_of(patch.table, row).split(KEY_SIGN)[: len(wanted)] == wanted]

    def _own(self, table: str, row: Any) -> Organisations:
        if table == "fleets" and row.fleet in getattr(self, "_fleets", {}):
            return self._fleets[row.fleet]
        return self.holdings.of_cell(getattr(row, OWNER_COLUMN[table]))

    def _of_pin(self, row: Pin) -> Organisations:
        table = "orders" if row.table == "orders" else "services"
        return self.of_id(table, row.key.partition("@")[0] if table == "services" else row.key)
