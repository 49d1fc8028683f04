"""Which rows and cells of a case an organisation sees (docs/design/server.md §2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from landbridge.model.case import ATTRIBUTES, Case, Grant, Patch
from landbridge.model.columns import Attribute, Audience, Kind
from landbridge.server.visibility.holdings import EVERYBODY, Holdings, Organisations, Owners, key_of
from landbridge.tables.columns import match_column

Openness = Literal["corridor", "partners", "private"]
"""Who sees the capacities of a row: everybody on the case, named organisations, nobody else."""

OPENNESS: tuple[Openness, ...] = get_args(Openness)

PRIVATE_TABLES = frozenset({"orders", "pins"})
"""Tables whose rows only their owner sees, whole or not at all; those without owner everybody."""

PAPERS = frozenset({"agreements", "grants"})
"""Tables that the organisations of the signers see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What the owner of a row says of its capacities; ``partners`` counts with the openness of that name."""

    openness: Openness = "corridor"
    partners: Organisations = frozenset()


CORRIDOR = Disclosure()

Disclosures = Mapping[tuple[str, str], Disclosure]
"""What was said of rows, by table and key; of all others the default holds."""


def hidden_columns(
    table: str, owners: Organisations, viewer: str, disclosure: Disclosure = CORRIDOR
) -> frozenset[str] | None:
    """
    Name the columns of a row that an organisation does not see; None: it does not see the row.

    Parameters
    ----------
    table
        Any but ``agreements``, ``grants`` and ``scenarios``, which depend on what they say.
    owners
        Organisations that own the row; none: it is the case's, and seen whole.
    viewer
        Organisation that looks.
    disclosure
        What the owner said of the row's capacities.
    """
    if not owners or viewer in owners:
        return frozenset()
    if table in PRIVATE_TABLES:
        return None
    audiences = {Audience.OWNER}
    is_open = disclosure.openness == "corridor" or (disclosure.openness == "partners" and viewer in disclosure.partners)
    if not is_open:
        audiences.add(Audience.CAPACITY)
    return frozenset(item.name for item in ATTRIBUTES[table] if item.audience in audiences)


class RowView:
    """What one organisation sees of the rows of a case."""

    def __init__(self, case: Case, holdings: Holdings, viewer: str, disclosures: Disclosures | None = None) -> None:
        self.case, self.viewer = case, viewer
        self.owners = Owners(case, holdings)
        self.disclosures = disclosures or {}
        self.in_force = {row.agreement for row in case.agreements if row.status == "in_force"}

    def hidden(self, table: str, row: Any) -> frozenset[str] | None:
        """Columns of a row that are not seen; None: the row is not."""
        if table in PAPERS:
            return self._hidden_paper(table, row)
        if table == "scenarios":
            return frozenset() if self._sees_patch(row) else None
        disclosure = self.disclosures.get(self._disclosed_by(table, row), CORRIDOR)
        return hidden_columns(table, self.owners.of(table, row), self.viewer, disclosure)

    def see(self, table: str, row: Any) -> Any:
        """Give a row with what is hidden blank; None when it is not seen."""
        hidden = self.hidden(table, row)
        if not hidden:
            return None if hidden is None else row
        blanks = {item.field: _blank(item) for item in ATTRIBUTES[table] if item.name in hidden}
        return dataclasses.replace(row, **blanks)

    def _disclosed_by(self, table: str, row: Any) -> tuple[str, str]:
        """Row whose owner says who sees the capacities: of the timetable its service."""
        return ("services", row.service) if table == "timetable" else (table, key_of(table, row))

    def _hidden_paper(self, table: str, row: Any) -> frozenset[str] | None:
        """
        Signers see all, others the name of what is in force.

        A grant in force that is made to everybody is seen by everybody: an offer nobody can read is none.
        """
        signers = self.owners.signers(row.agreement)
        if self.viewer in signers or not signers:
            return frozenset()
        if row.agreement not in self.in_force:
            return None
        if table == "grants":
            return frozenset({"fee_per_t"}) if _is_to_all(row) else None
        shown = {"agreement", "name", "status"}
        return frozenset(item.name for item in ATTRIBUTES[table] if item.name not in shown)

    def _sees_patch(self, patch: Patch) -> bool:
        """A patch is seen by who sees the cell of every row that it changes."""
        attribute = match_column(patch.column_name, ATTRIBUTES.get(patch.table, ()))
        name = attribute.name if attribute else patch.column_name
        for row in self.owners.patched(patch):
            hidden = self.hidden(patch.table, row)
            if hidden is None or name in hidden:
                return False
        return True


def visible_case(case: Case, holdings: Holdings, viewer: str, disclosures: Disclosures | None = None) -> Case:
    """
    Make the case as an organisation may see it: rows that are hidden are left out, cells that are hidden are blank.

    A blank takes its default when it is read again (no cost, no limit), so the result is to be shown, not planned.
    """
    view = RowView(case, holdings, viewer, disclosures)
    tables: dict[str, Any] = {
        table: tuple(row for row in (view.see(table, row) for row in getattr(case, table)) if row is not None)
        for table in ATTRIBUTES
    }
    return dataclasses.replace(case, **tables)


def _blank(item: Attribute) -> Any:
    return {} if item.kind is Kind.AMOUNTS else item.default


def _is_to_all(row: Grant) -> bool:
    return row.taker == EVERYBODY or (row.both_ways and row.giver == EVERYBODY)
