"""Which cells of a row everybody in the case sees, and which its owner keeps (docs/design/server.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from landbridge.model.case import ATTRIBUTES
from landbridge.model.columns import Audience
from landbridge.tables.columns import match_column

Cells = Mapping[str, str]
"""Texts of a row by column; blank cells are left out."""


class Visibility(StrEnum):
    """Who sees the capacities of a row."""

    CORRIDOR = "corridor"
    PARTNERS = "partners"
    PRIVATE = "private"


PRICE = "price"
CAPACITY = "capacity"
SHARED = "shared"

PAPER_NAME = frozenset({"agreement", "name", "status"})
"""What others than the signers see of an agreement in force."""


def part_of(table: str, column: str) -> str:
    """Part of a row that a column belongs to."""
    if table == "agreements":
        return SHARED if column in PAPER_NAME else PRICE
    found = match_column(column, ATTRIBUTES[table])
    match found.audience if found is not None else Audience.OWNER:
        case Audience.ALL:
            return SHARED
        case Audience.CAPACITY:
            return CAPACITY
        case _:
            return PRICE


def split_cells(
    table: str, cells: Cells, *, is_owned: bool, visibility: Visibility
) -> tuple[dict[str, str], dict[str, Cells]]:
    """
    Divide the cells of a row into what all participants see and the private parts.

    A row without owner has no private part; capacities are one only when the owner says so.
    """
    if not is_owned:
        return dict(cells), {}
    hidden = {PRICE} if visibility is Visibility.CORRIDOR else {PRICE, CAPACITY}
    shared: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    for column, text in cells.items():
        part = part_of(table, column)
        (parts.setdefault(part, {}) if part in hidden else shared)[column] = text
    return shared, dict(parts)
