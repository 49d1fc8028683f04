"""The table of articles in parcels: what customs forms are made from."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from landbridge.operations.parcels.frame import MONEY

ITEM_SCHEMA = pl.Schema(
    {
        "parcel": pl.String(),
        "position": pl.Int32(),
        "description": pl.String(),
        "quantity": pl.Int64(),
        "net_weight_kg": pl.Float64(),
        "value": MONEY,
        "currency": pl.String(),
        "hs_code": pl.String(),
        "origin_country": pl.String(),
    }
)
"""Articles: several rows a parcel, numbered from 1. Weight and value are those of all its pieces together."""


def scan_items(folder: Path) -> pl.LazyFrame:
    """Scan the articles in a folder of imports without reading them; none where it has none."""
    place = folder / "items"
    if not place.is_dir():
        return pl.LazyFrame(schema=ITEM_SCHEMA)
    return pl.scan_parquet(place / "**" / "*.parquet", hive_partitioning=False)
