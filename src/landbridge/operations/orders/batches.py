"""A file of orders as batches of rows: every field as text, each row with its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from landbridge.errors import LandbridgeError
from landbridge.operations.orders.fields import NAMES

LINE = "line"
"""Column of the line in the file (or the place in a list) a row comes from."""

ITEM_COLUMNS = (
    "external_id",
    "description",
    "quantity",
    "net_weight",
    "value",
    "currency",
    "hs_code",
    "origin_country",
)
"""What is said of an article in a parcel, as text."""


class BadOrders(LandbridgeError, ValueError):
    """A file of orders that cannot be read at all."""

    code = "bad-orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A row that could not be cut into cells: where, which rule, and its text."""

    line: int
    code: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Some rows of a file.

    Parameters
    ----------
    text
        A row each, with the column ``line`` and every field as text; null where the file says nothing.
    raw
        Gives the texts of rows, by their index in ``text``, as they stood in the file.
    broken
        Rows that are not in ``text``.
    items
        Articles in the parcels, by external id; None where the file has one article a row, in ``text``.
    skipped
        Orders that are not waiting to be sent.
    faults
        What was wrong with rows before they came here: column, code, and which of ``text``.
    rows
        How many rows of the file each of ``text`` is; None where each is one.
    pieces
        Lines and texts of the rows of the file that one of ``text`` is, by its index.
    """

    text: pl.DataFrame
    raw: Callable[[Sequence[int]], list[str]]
    broken: tuple[Broken, ...] = field(default=())
    items: pl.DataFrame | None = None
    skipped: int = 0
    faults: tuple[tuple[str, str, pl.Series], ...] = ()
    rows: pl.Series | None = None
    pieces: Callable[[int], list[tuple[int, str]]] | None = None


def complete(text: pl.DataFrame, constants: dict[str, str]) -> pl.DataFrame:
    """Give every field a column: strip cells, make blank ones null, fill in what is the same for every row."""
    columns: list[pl.Expr] = [pl.col(LINE)]
    for name in NAMES:
        if name in text.columns:
            cell = pl.col(name).str.strip_chars()
            cell = pl.when(cell.str.len_bytes() > 0).then(cell)
            columns.append(cell.alias(name))
        else:
            columns.append(pl.lit(constants.get(name), dtype=pl.String).alias(name))
    return text.select(columns)
