"""One change while it is made: what each row becomes, and who may say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from landbridge.server.cases.checks import checked_cells
from landbridge.server.cases.ownership import Owners, is_private, key_of, named_rows, owners_of
from landbridge.server.cases.parts import Visibility
from landbridge.server.errors import Refused
from landbridge.server.store import cases, organisations, rows
from landbridge.server.store.books import book_of, with_rows
from landbridge.server.store.database import Viewer
from landbridge.server.store.hanging import moves_others, refresh_hanging
from landbridge.server.store.row_writer import RowWriter, WrittenRow
from landbridge.server.store.rows import StoredRow

_ONE_BY_ONE = ("parties", "agreements", "grants")
"""Tables where whose a row is depends on the rows before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """
    What shall become of a row.

    Parameters
    ----------
    table
        Where it stands.
    key
        Which row; None adds one.
    version
        Version the change was made from; None for a new row.
    cells
        New texts by column, blank = cleared, other columns stay; None removes the row.
    visibility, partners
        Who sees its capacities; None = as it is.
    """

    table: str
    key: str | None = None
    version: int | None = None
    cells: Mapping[str, str] | None = None
    visibility: Visibility | None = None
    partners: Sequence[str] | None = None


Present = Mapping[tuple[str, str], StoredRow]
"""Rows that are changed, as they are, by table and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A change to a row, the row as it is, and the cells it shall have (None: it is removed)."""

    change: RowChange
    before: StoredRow | None
    cells: Mapping[str, str] | None

    @property
    def key(self) -> str:
        """What the row is called afterwards."""
        return key_of(self.change.table, self.cells) if self.cells is not None else ""


class Editing:
    """
    Makes a change: rows in their order, those of one table together.

    What must be known of other rows is read for a whole batch at once, and what is written is written at once.
    """

    def __init__(self, connection: Connection, viewer: Viewer, case: str, change: int, *, is_host: bool) -> None:
        self.connection, self.viewer, self.case, self.is_host = connection, viewer, case, is_host
        self.writer = RowWriter(connection, case, change)
        self.must_refresh = False
        self._read_parties()

    def apply(self, changes: Sequence[RowChange], present: Present) -> None:
        """Make all changes; others' rows that hang on them follow."""
        for batch in _batches(changes):
            table = batch[0].table
            steps = [_step(item, present.get((item.table, item.key or ""))) for item in batch]
            self._look_up(table, steps)
            for step in steps:
                self._apply(step)
            self.writer.flush()
        if self.must_refresh:
            refresh_hanging(self.connection, self.viewer, self.case, self.writer, is_host=self.is_host)

    def _read_parties(self) -> None:
        self.holders = cases.holders(self.connection, self.case)
        self.book = book_of(self.connection, self.viewer, self.case)

    def _look_up(self, table: str, steps: Sequence[_Step]) -> None:
        """Read what must be known of other rows to make these steps."""
        kept = [step for step in steps if step.cells is not None]
        new = [step.key for step in kept if step.before is None or step.before.key != step.key]
        self.taken = rows.taken(self.connection, self.case, table, new)
        named = {place for step in kept if step.cells is not None for place in named_rows(table, step.cells)}
        self.known = with_rows(self.book, self.connection, self.viewer, self.case, named) if named else self.book
        wished = {name for step in kept for name in step.change.partners or ()}
        wished |= {name for step in kept if step.before is not None for name in step.before.partners}
        self.unknown = set(organisations.unknown(self.connection, sorted(wished)))
        self.services: dict[str, StoredRow] = {}
        if table == "timetable":
            services = sorted(key for _, key in named)
            self.services = rows.by_keys(self.connection, self.viewer, self.case, "services", services)

    def _apply(self, step: _Step) -> None:
        """Write, change or remove one row."""
        table, before = step.change.table, step.before
        if before is not None:
            self._refuse_foreign(table, before.key, before.owners)
        after = self._after(step, step.cells) if step.cells is not None else None
        if before is None and after is None:
            return
        is_renamed = before is None or after is None or before.key != after.key
        if table == "parties" and is_renamed and after is not None:
            self._add_party(after.key)
        if before is not None and after is not None:
            self.writer.replace(before, after)
        elif after is not None:
            self.writer.add(after)
        elif before is not None:
            self.writer.remove(before)
        self.writer.note(self.viewer.organisation, table, before, after.key if after else None)
        if is_renamed and before is not None:
            self.taken.discard(before.key)
        if after is not None:
            self.taken.add(after.key)
        if table == "parties" and is_renamed:
            self._follow_parties(before)
        self.must_refresh = self.must_refresh or moves_others(before, after)

    def _after(self, step: _Step, cells: Mapping[str, str]) -> WrittenRow:
        table, key = step.change.table, step.key
        is_new_party = table == "parties" and key not in self.holders
        owners: Owners = () if is_new_party else owners_of(table, cells, self.known)
        unknown = [party for party in owners if party not in self.holders]
        if unknown:
            message = f"{unknown[0]!r} is not in parties; add the party first"
            raise Refused(422, "unknown-party", message, entity=f"{table}[{key}]")
        if not (table == "parties" and self.is_host):
            self._refuse_foreign(table, key, owners)
        if (step.before is None or step.before.key != key) and key in self.taken:
            message = f"{table} has {key!r} already; choose another id"
            raise Refused(409, "key-taken", message, entity=f"{table}[{key}]")
        visibility, partners = self._disclosure(step, cells)
        return WrittenRow(
            table=table,
            key=key,
            cells=cells,
            owners=(key,) if table == "parties" else owners,
            is_private=is_private(table, cells, owners, self.known),
            visibility=visibility,
            partners=partners,
        )

    def _disclosure(self, step: _Step, cells: Mapping[str, str]) -> tuple[Visibility, tuple[str, ...]]:
        """Who sees the capacities of a row: what is said of it; of a departure what is said of its service."""
        change, before = step.change, step.before
        if change.table == "timetable":
            service = self.services.get(cells.get("service", ""))
            return (service.visibility, service.partners) if service else (Visibility.CORRIDOR, ())
        visibility = change.visibility or (before.visibility if before else Visibility.CORRIDOR)
        partners = tuple(change.partners if change.partners is not None else (before.partners if before else ()))
        for name in partners:
            if name in self.unknown:
                message = f"there is no organisation {name!r:.80}"
                raise Refused(422, "unknown-organisation", message, entity="partners")
        return visibility, partners

    def _refuse_foreign(self, table: str, key: str, owners: Owners) -> None:
        """Refuse rows of others; of agreements, those that others sign too; of the case itself, all but the host."""
        held = [self.holders.get(party) == self.viewer.organisation for party in owners]
        if not owners and not self.is_host:
            message = "this row belongs to the case; only the organisation that hosts it may edit it"
            raise Refused(403, "not-the-host", message, entity=f"{table}[{key}]")
        if table in ("agreements", "grants") and not all(held):
            message = "others sign this agreement too; propose a version of it instead of editing the table"
            raise Refused(403, "not-the-owner", message, entity=f"{table}[{key}]")
        if owners and not any(held):
            message = "this row belongs to another organisation"
            raise Refused(403, "not-the-owner", message, entity=f"{table}[{key}]")

    def _add_party(self, party: str) -> None:
        """Note who holds a new party, before its row is written: the database asks who holds it."""
        if not self.is_host:
            message = "only the organisation that hosts the case may add a party"
            raise Refused(403, "not-the-host", message, entity=f"parties[{party}]")
        cases.add_party(self.connection, self.viewer, self.case, party)

    def _follow_parties(self, before: StoredRow | None) -> None:
        """Forget a party whose row is gone, after that: the database asks who held it."""
        self.writer.flush()
        if before is not None:
            cases.remove_party(self.connection, self.case, before.key)
        self._read_parties()


def _step(change: RowChange, before: StoredRow | None) -> _Step:
    if change.cells is None:
        return _Step(change=change, before=before, cells=None)
    cells = checked_cells(change.table, dict(before.cells) if before else {}, change.cells)
    return _Step(change=change, before=before, cells=cells)


def _batches(changes: Sequence[RowChange]) -> Iterator[list[RowChange]]:
    """Changes of one table that follow each other, as far as they may be made together."""
    for table, some in groupby(changes, key=lambda item: item.table):
        if table in _ONE_BY_ONE:
            yield from ([item] for item in some)
        else:
            yield list(some)
