"""Which cells of a row everybody in the case sees, and which its owner keeps (docs/design/server.md §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

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

PRICE_COLUMNS = frozenset(
    {
        "run_cost",
        "empty_cost",
        "cost_per_t",
        "fixed_cost",
        "store_cost_per_t_h",
        "price_per_unit",
        "unserved_cost_per_unit",
        "late_cost_per_unit_h",
        "cost_per_week",
        "fee_per_t",
    }
)
"""Columns that only a row's owners see."""

_CAPACITY = re.compile(r"cap_.+|max_runs|count|store_cap_t|added_capacity")
_NOT_CAPACITY = frozenset({"cap_frac"})  # of events: what happens to everybody


def part_of(column: str) -> str:
    """Part of a row that a column belongs to."""
    if column in PRICE_COLUMNS:
        return PRICE
    if column not in _NOT_CAPACITY and _CAPACITY.fullmatch(column):
        return CAPACITY
    return SHARED


def split_cells(cells: Cells, *, is_owned: bool, visibility: Visibility) -> tuple[dict[str, str], dict[str, Cells]]:
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
        part = part_of(column)
        (parts.setdefault(part, {}) if part in hidden else shared)[column] = text
    return shared, dict(parts)
