"""A JSON file of a shop's orders, in batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import DecimalException
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.operations.orders.batches import ITEM_COLUMNS, LINE, BadOrders, Batch, Broken, complete
from landbridge.operations.orders.fields import NAMES
from landbridge.operations.orders.mapping import Mapping as ColumnMapping
from landbridge.operations.orders.products import Product
from landbridge.operations.orders.set_aside import raw_json
from landbridge.operations.orders.shops import SHOPS, Shop, ShopOrder

ORDERS_AT_A_TIME = 50_000
LARGEST = 1 << 30
"""Bytes; a larger file is asked for in pages, as shops' interfaces give it."""

BAD_ORDER = "bad-order"


def read_shop_file(path: Path, shop: str) -> list[Any]:
    """
    Read the orders of a shop's file.

    Raises
    ------
    BadOrders
        When it is no JSON, or holds no list of orders where the shop puts it.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadOrders(f"{path}: larger than 1 GiB; export it in pages and import them one by one.")
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise BadOrders(f"{path}: cannot be read ({error.strerror}); name a file of orders.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadOrders(f"{path}: not JSON in UTF-8 ({type(error).__name__}); export it again.") from error
    keys = SHOPS[shop].path
    for key in keys:
        if isinstance(content, list):
            break
        content = content.get(key) if isinstance(content, dict) else None
    if not isinstance(content, list):
        raise BadOrders(
            f"{path}: no list of orders was found; {shop} has it at {'.'.join(keys)}, or as the whole file."
        )
    return content


def json_batches(
    orders: Sequence[Any], shop: str, mapping: ColumnMapping, products: Mapping[str, Product]
) -> Iterator[Batch]:
    """Turn a shop's orders into batches; the line of a row is its place in the list, counted from 1."""
    reader = SHOPS[shop]
    places = {id(order): place for place, order in enumerate(orders, start=1)}
    waiting = [order for order in orders if not isinstance(order, dict) or reader.ships(order)]
    skipped = len(orders) - len(waiting)
    for start in range(0, max(1, len(waiting)), ORDERS_AT_A_TIME):
        found, broken = _read(reader, waiting[start : start + ORDERS_AT_A_TIME], places, products)
        yield _batch(found, broken, places, mapping, skipped if start == 0 else 0)


def _read(
    reader: Shop, orders: Sequence[Any], places: Mapping[int, int], products: Mapping[str, Product]
) -> tuple[list[ShopOrder], list[Broken]]:
    """Read orders together; where one is not as the shop's model says, one by one."""
    try:
        return reader.read(orders, products), []
    except (TypeError, ValueError, AttributeError, KeyError, DecimalException):
        pass
    found: list[ShopOrder] = []
    broken: list[Broken] = []
    sound = []
    for order in orders:
        try:
            reader.read([order], products)
        except (TypeError, ValueError, AttributeError, KeyError, DecimalException):
            broken.append(Broken(line=places[id(order)], code=BAD_ORDER, raw=raw_json(order)))
        else:
            sound.append(order)
    found = reader.read(sound, products)
    return found, broken


def _batch(
    found: list[ShopOrder], broken: list[Broken], places: Mapping[int, int], mapping: ColumnMapping, skipped: int
) -> Batch:
    schema = dict.fromkeys(NAMES, pl.String)
    text = pl.DataFrame([order.fields for order in found], schema=schema)
    lines = pl.Series(LINE, [places[id(order.raw[0])] for order in found], dtype=pl.Int64)
    text = complete(text.insert_column(0, lines), {})
    constants = [
        pl.col(name).fill_null(pl.lit(value)).alias(name) for name, value in mapping.constants.items() if name in NAMES
    ]
    items = pl.DataFrame(
        [item for order in found for item in order.items], schema=dict.fromkeys(ITEM_COLUMNS, pl.String)
    ).with_columns(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()))

    def raw(wanted: Sequence[int]) -> list[str]:
        return [",\n".join(raw_json(piece) for piece in found[index].raw) for index in wanted]

    return Batch(text=text.with_columns(constants), raw=raw, broken=tuple(broken), items=items, skipped=skipped)
