"""Whose a row is: the parties that its owner cell, or the row it hangs on, names (docs/design/server.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from landbridge.model.case import ATTRIBUTES
from landbridge.server.cases.parts import SHARED, Cells, part_of

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

HANGING = ("timetable", "fleets", "events", "pins", "scenarios", "agreements", "grants")
"""Tables whose rows belong to the owners of another row."""

RESOURCES = ("services", "hubs", "handling", "fleets", "orders")
"""Tables whose rows events are about."""

Owners = tuple[str, ...]

EVERYBODY = "*"


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
    fleet_owners
        Owners of the services that a fleet's vehicles run.
    is_in_force
        Whether an agreement is.
    """

    owners_of: Callable[[str, str], Owners | None]
    region_by_party: Mapping[str, str] = field(default_factory=dict)
    grants_of: Callable[[str], Iterable[tuple[str, str]]] = lambda agreement: ()
    fleet_owners: Callable[[str], Owners] = lambda fleet: ()
    is_in_force: Callable[[str], bool] = lambda agreement: False


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
        named = owner_words(cells.get(OWNER_COLUMN[table], ""))
        return named or (book.fleet_owners(cells.get("fleet", "")) if table == "fleets" else ())
    if table in ("grants", "agreements"):
        return _signers(book, book.grants_of(cells.get("agreement", "")))
    found = (book.owners_of(*place) for place in named_rows(table, cells))
    return next((owners for owners in found if owners is not None), ())


def named_rows(table: str, cells: Cells) -> list[tuple[str, str]]:
    """Table and key of the rows that a row may hang on; the first that is there counts."""
    match table:
        case "timetable":
            return [("services", cells.get("service", ""))]
        case "events":
            return [(other, cells.get("resource", "")) for other in RESOURCES]
        case "pins":
            return [pinned_row(cells)]
        case "scenarios":
            return [(cells.get("table", ""), cells.get("key", ""))]
        case _:
            return []


def pinned_row(cells: Cells) -> tuple[str, str]:
    """Table and key of the row that a pin is about; a departure is named service@time."""
    table, key = cells.get("table", ""), cells.get("key", "")
    return ("services", key.partition("@")[0]) if table in ("services", "departures") else (table, key)


def is_private(table: str, cells: Cells, owners: Owners, book: Book) -> bool:
    """Whether only its owners may know that a row exists."""
    if not owners:
        return False
    match table:
        case "orders" | "pins":
            return True
        case "grants":  # an offer to everybody that nobody can read is none
            return not (book.is_in_force(cells.get("agreement", "")) and _is_to_all(cells))
        case "agreements":
            return cells.get("status", "proposed") != "in_force"
        case "scenarios":
            changed, column = cells.get("table", ""), cells.get("column", "")
            return changed in ("orders", "pins", "agreements", "grants") or part_of(changed, column) != SHARED
        case _:
            return False


def _is_to_all(cells: Cells) -> bool:
    is_both = cells.get("both_ways", "0").lower() in ("1", "true")
    return cells.get("taker") == EVERYBODY or (is_both and cells.get("giver") == EVERYBODY)


def _signers(book: Book, grants: Iterable[tuple[str, str]]) -> Owners:
    """Parties of givers and takers, which may be regions; everybody is nobody in particular."""
    found: dict[str, None] = {}
    for grant in grants:
        for name in grant:
            if name in book.region_by_party:
                found[name] = None
                continue
            found |= {party: None for party, region in book.region_by_party.items() if region == name}
    return tuple(found)
