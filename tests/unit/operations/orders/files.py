"""Small files of orders and what it takes to import them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from landbridge.operations.orders.articles import order_batches
from landbridge.operations.orders.checks import Rules
from landbridge.operations.orders.csv_source import BLOCK, look_at
from landbridge.operations.orders.hub_rules import HubRule
from landbridge.operations.orders.importer import Source, import_orders
from landbridge.operations.orders.mapping import Mapping
from landbridge.operations.parcels.frame import scan_parcels

HEADER = "Order,Track,Region,Weight,Price,Cur,HS,Created,What,Who,Street"
MAPPING = Mapping(
    channel="shop",
    columns={
        "external_id": "Order",
        "number": "Track",
        "to_region": "Region",
        "weight": "Weight",
        "value": "Price",
        "currency": "Cur",
        "hs_code": "HS",
        "ready": "Created",
        "description": "What",
        "name": "Who",
        "address": "Street",
    },
    constants={"good": "parcel", "from_hub": "H", "to_country": "RU"},
    timezone="Asia/Shanghai",
    promise_h=240,
)
HUBS = (HubRule(country="RU", region="Primorye", hub="V"), HubRule(country="RU", region="Amur", hub="B"))
RULES = Rules(mapping=MAPPING, hub_rules=HUBS, hubs=frozenset("HVB"), goods=frozenset({"parcel"}))


def row(at: int = 1, **cells: str) -> str:
    """A sound row; any cell can be another."""
    sound = {
        "order": f"A{at}",
        "track": "",
        "region": "Primorye",
        "weight": "1.5",
        "price": "99.90",
        "cur": "CNY",
        "hs": "610910",
        "created": "2026-10-05 10:00",
        "what": "Cotton T-shirts",
        "who": "Ivanova Maria",
        "street": "Svetlanskaya 12",
    }
    return ",".join((sound | cells).values())


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join((HEADER, *rows, "")).encode(encoding))
    return path


def run(
    path: Path,
    folder: Path,
    rules: Rules = RULES,
    *,
    dry: bool = False,
    block: int = BLOCK,
    numbers=None,
    people=None,
    **changes: object,
):
    """Import a file into ``folder/P`` with recipients in ``folder/people``."""
    if changes:
        rules = replace(rules, mapping=replace(rules.mapping, **changes))  # type: ignore[arg-type]
    file = look_at(path, rules.mapping.encoding, rules.mapping.separator)
    source = Source(
        path=path,
        encoding=file.encoding,
        batches=order_batches(file, rules.mapping, block),
        header=file.header,
        separator=file.separator,
    )
    return import_orders(source, rules, out=folder / "P", people=people or folder / "people", numbers=numbers, dry=dry)


def parcels(folder: Path) -> pl.DataFrame:
    return scan_parcels(folder / "P" / "parcels").sort("parcel").collect()
