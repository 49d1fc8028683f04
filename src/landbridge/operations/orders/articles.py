"""
Files with a row for each article: the rows of one order become one parcel.

The file is read twice. First only the ids, to know how many rows each order has; then all of it, and an order goes on
when its last row has come. Rows of an order need not stand together, but what waits is held in memory: a file in
which too much would wait is refused before anything is taken, and wants sorting.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from landbridge.operations.orders.batches import ITEM_COLUMNS, LINE, BadOrders, Batch, Broken
from landbridge.operations.orders.convert import plain_number
from landbridge.operations.orders.csv_source import BLOCK, CsvFile, csv_batches
from landbridge.operations.orders.fields import NAMES, OF_ARTICLES
from landbridge.operations.orders.mapping import Mapping

MOST_HELD = 500_000
"""Most rows that may wait for others of their orders."""

AMOUNTS = ("weight", "value")

DIFFER, INCOMPLETE, REPEATED = "rows-differ", "order-incomplete", "repeated-row"

_KEY, _RAW, _AT = "__key", "__raw", "__at"

Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Orders:
    """How many rows each order of a file has, by a word of its id, and orders that a broken row is part of."""

    words: Words
    rows: Counts
    broken: frozenset[str]


def order_batches(file: CsvFile, mapping: Mapping, block: int = BLOCK) -> Iterator[Batch]:
    """
    Read a file as its mapping says: a row a parcel, or a row an article.

    Raises
    ------
    BadOrders
        When the rows of orders stand too far apart.
    BadMapping
        When the mapping names columns that the file does not have.
    """
    if mapping.articles != "rows":
        yield from csv_batches(file, mapping, block)
        return
    orders = _count_rows(file, mapping, block)
    held = pl.DataFrame()
    for batch in csv_batches(file, mapping, block):
        rows = batch.text.with_columns(
            _word().alias(_KEY), pl.lit(None, dtype=pl.String).alias(_RAW), pl.int_range(pl.len()).alias(_AT)
        )
        rows = pl.concat([held, rows]) if held.height else rows
        is_done = _is_complete(rows, orders)
        yield _joined(rows.filter(is_done), batch, mapping, orders)
        held = _with_raw(rows.filter(~is_done), batch)


def _word() -> pl.Expr:
    """Word of 64 bits for each order; a row without an id is an order of its own."""
    alone = pl.concat_str(pl.lit("\x00"), pl.col(LINE).cast(pl.String))
    return pl.coalesce("external_id", alone).hash(seed=7)


def _count_rows(file: CsvFile, mapping: Mapping, block: int) -> _Orders:
    column = mapping.columns["external_id"]
    ids = replace(mapping, columns={"external_id": column}, constants={})
    words: list[Words] = []
    broken: set[str] = set()
    for batch in csv_batches(file, ids, block):
        words.append(batch.text.select(_word()).to_series().to_numpy())
        broken |= {_id_of(item, file, column) for item in batch.broken}
    all_words = np.concatenate(words) if words else np.zeros(0, dtype=np.uint64)
    known, place, rows = np.unique(all_words, return_inverse=True, return_counts=True)
    last = np.zeros(len(known), dtype=np.int64)
    np.maximum.at(last, place, np.arange(len(all_words)))
    most = _most_held(last, rows, len(all_words))
    if most > MOST_HELD:
        raise BadOrders(
            f"{file.path}: the rows of orders stand so far apart that {most:,} would have to wait in memory, expected "
            f"at most {MOST_HELD:,}. Sort the file by its column {column!r} and import it again."
        )
    return _Orders(words=known, rows=rows.astype(np.int64), broken=frozenset(broken - {""}))


def _most_held(last: Counts, rows: Counts, count: int) -> int:
    """Most rows that wait at a time: those that have come, without those whose orders are complete."""
    done = np.zeros(count, dtype=np.int64)
    done[last] = rows
    return int((np.arange(1, count + 1) - np.cumsum(done)).max(initial=0))


def _id_of(item: Broken, file: CsvFile, column: str) -> str:
    """Id in a row that could not be cut as the others: what stands in its place, if anything."""
    cells = next(csv.reader([item.raw.replace("\x00", "")], delimiter=file.separator), [])
    at = file.header.index(column)
    return cells[at].strip() if at < len(cells) else ""


def _is_complete(rows: pl.DataFrame, orders: _Orders) -> pl.Series:
    words = rows.get_column(_KEY).to_numpy()
    total = orders.rows[np.searchsorted(orders.words, words)] if len(words) else np.zeros(0, dtype=np.int64)
    come = rows.select(pl.len().over(_KEY)).to_series()
    return come == pl.Series(total)


def _with_raw(rows: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    """Rows that wait, with their texts, so that the block they came in can go."""
    fresh = rows.filter(pl.col(_RAW).is_null())
    texts = pl.Series(_RAW, batch.raw(fresh.get_column(_AT).to_list()), dtype=pl.String)
    return pl.concat([rows.filter(pl.col(_RAW).is_not_null()), fresh.with_columns(texts)])


def _joined(rows: pl.DataFrame, batch: Batch, mapping: Mapping, orders: _Orders) -> Batch:
    """Orders whose rows have all come, as a batch with a row each."""
    rows = rows.sort(LINE)
    whole = [name for name in NAMES if name not in OF_ARTICLES or name in mapping.order_amounts]
    added = [name for name in AMOUNTS if name not in mapping.order_amounts]
    groups = rows.with_columns(
        pl.struct(NAMES).hash().alias("__same"), *(_amount(name, mapping).alias(f"__{name}") for name in added)
    ).group_by(_KEY, maintain_order=True)
    text = groups.agg(
        pl.col(LINE).first(),
        *(pl.col(name).drop_nulls().first() for name in NAMES if name not in added),
        *(_sum(name, mapping) for name in added),
        *((pl.col(name).drop_nulls().n_unique() > 1).alias(f"__{name}") for name in whole),
        pl.len().alias("__rows"),
        (pl.col("__same").n_unique() < pl.len()).alias("__repeats"),
        pl.col(LINE).alias("__lines"),
        pl.col(_AT).alias("__ats"),
        pl.col(_RAW).alias("__raws"),
    )
    is_broken = text.get_column("external_id").is_in(sorted(orders.broken)).fill_null(value=False)
    faults = [(name, DIFFER, text.get_column(f"__{name}")) for name in whole] + [("external_id", INCOMPLETE, is_broken)]
    faults.append(("external_id", REPEATED, text.get_column("__repeats")))

    def pieces(index: int) -> list[tuple[int, str]]:
        lines, ats, raws = (text.item(index, name).to_list() for name in ("__lines", "__ats", "__raws"))
        fresh = iter(batch.raw([at for at, raw in zip(ats, raws, strict=True) if raw is None]))
        return [(line, next(fresh) if raw is None else raw) for line, raw in zip(lines, raws, strict=True)]

    def raw(wanted: Sequence[int]) -> list[str]:
        return ["\n".join(piece for _, piece in pieces(index)) for index in wanted]

    return Batch(
        text=text.select(LINE, *NAMES),
        raw=raw,
        broken=batch.broken,
        items=_items(rows, text, mapping),
        faults=tuple(fault for fault in faults if fault[2].any()),
        rows=text.get_column("__rows").cast(pl.Int64),
        pieces=pieces,
    )


def _amount(name: str, mapping: Mapping) -> pl.Expr:
    """Amounts of rows; null where there is none, or none that could be added up."""
    number = plain_number(name, mapping.decimal)
    is_plain = number.str.contains(r"^\+?[0-9]{1,12}(?:\.[0-9]{1,9})?$")
    return pl.when(is_plain).then(number).cast(pl.Decimal(28, 9), strict=False)


def _sum(name: str, mapping: Mapping) -> pl.Expr:
    """
    Amount of an order as text, as the file would write it.

    A cell that is no amount stands for the sum: so it is told of the order as it would be of its row.
    """
    wrong = pl.col(name).filter(pl.col(name).is_not_null() & pl.col(f"__{name}").is_null()).first()
    total = pl.col(f"__{name}").sum().cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    is_blank = pl.col(name).is_null().all()
    text = total.str.replace(".", mapping.decimal, literal=True)
    return pl.coalesce(wrong, pl.when(~is_blank).then(text)).alias(name)


def _items(rows: pl.DataFrame, text: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Articles of the orders; an amount of the whole order is an article's only where it is alone."""
    of_order = text.select(_KEY, pl.col("currency").alias("__currency"), "__rows")
    found = rows.join(of_order, on=_KEY, how="left", maintain_order="left")
    found = found.with_columns(
        pl.col("weight").alias("net_weight"), pl.coalesce("currency", "__currency").alias("currency")
    )
    shared = {"weight": "net_weight", "value": "value"}
    alone = [
        pl.when(pl.col("__rows") == 1).then(pl.col(shared[name])).alias(shared[name]) for name in mapping.order_amounts
    ]
    found = found.with_columns(alone).filter(
        pl.any_horizontal(pl.col(name).is_not_null() for name in ("description", "hs_code", "quantity"))
    )
    return found.select(ITEM_COLUMNS)
