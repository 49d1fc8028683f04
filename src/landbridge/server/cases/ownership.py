"""Whose a row is: the parties that its owner cell, or the row it hangs on, names (docs/design/server.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from landbridge.model.case import ATTRIBUTES
from landbridge.server.cases.parts import PRICE, Cells, part_of

KEY_SIGN = "|"
"""Between the parts of a key of several columns, as in the table ``scenarios``."""

OWNER_COLUMN = {
    "parties": "party",
    "hubs": "owner",
    "handling": "owner",
    "services": "owner",
    "fleets": "owner",
    "orders": "party",
    "projects": "owner",
}
"""Column that names the owner, of tables that have one."""

HANGING = ("timetable", "pins", "scenarios", "agreements", "grants")
"""Tables whose rows belong to the owners of another row."""

Owners = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """
    What must be known of other rows to tell whose a row is.

    Parameters
    ----------
    owners_of
        Owners of a row by table and key; None when there is no such row, or it may not be seen.
    region_by_party
        The parties of the case and where they are.
    grants_of
        Givers and takers of an agreement's grants.
    """

    owners_of: Callable[[str, str], Owners | None]
    region_by_party: Mapping[str, str] = field(default_factory=dict)
    grants_of: Callable[[str], Iterable[tuple[str, str]]] = lambda agreement: ()


def key_of(table: str, cells: Cells) -> str:
    """Id of a row: its key columns, a sign between them."""
    return KEY_SIGN.join(cells.get(item.name, item.default or "") for item in ATTRIBUTES[table] if item.key)


def owner_words(text: str) -> Owners:
    """Parties that an owner cell names: ``a``, ``a:0.5 b:0.5`` or ``a+b``."""
    if "+" in text:
        return tuple(word for word in text.split("+") if word)
    return tuple(word.rpartition(":")[0] or word for word in text.split())


def owners_of(table: str, cells: Cells, book: Book) -> Owners:
    """Parties that own a row; none: it belongs to the case and its host."""
    if table in OWNER_COLUMN:
        return owner_words(cells.get(OWNER_COLUMN[table], ""))
    match table:
        case "timetable":
            return book.owners_of("services", cells.get("service", "")) or ()
        case "pins":
            return book.owners_of(*pinned_row(cells)) or ()
        case "scenarios":
            return book.owners_of(cells.get("table", ""), cells.get("key", "")) or ()
        case "grants":
            return _signers(book, [(cells.get("giver", ""), cells.get("taker", ""))])
        case "agreements":
            return _signers(book, book.grants_of(cells.get("agreement", "")))
        case _:
            return ()


def pinned_row(cells: Cells) -> tuple[str, str]:
    """Table and key of the row that a pin is about; a departure is named service@time."""
    table, key = cells.get("table", ""), cells.get("key", "")
    return ("services", key.partition("@")[0]) if table in ("services", "departures") else (table, key)


def is_private(table: str, cells: Cells, owners: Owners) -> bool:
    """Whether only its owners may know that a row exists."""
    if not owners:
        return False
    match table:
        case "orders" | "grants":
            return True
        case "agreements":
            return cells.get("status", "proposed") != "in_force"
        case "pins":
            return pinned_row(cells)[0] == "orders"
        case "scenarios":
            return cells.get("table") in ("orders", "pins", "grants") or part_of(cells.get("column", "")) == PRICE
        case _:
            return False


def _signers(book: Book, grants: Iterable[tuple[str, str]]) -> Owners:
    found: dict[str, None] = {}
    for grant in grants:
        for name in grant:
            for party, region in book.region_by_party.items():
                if name in ("*", party, region):
                    found[party] = None
    return tuple(found)
