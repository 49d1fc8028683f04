"""Articles of orders: one a row in a CSV file, several in the JSON of shops."""

from __future__ import annotations

import polars as pl

from landbridge.operations.orders.batches import Batch
from landbridge.operations.orders.convert import to_currency, to_money, to_number
from landbridge.operations.orders.mapping import WEIGHT_UNITS, Mapping
from landbridge.operations.parcels.countries import COUNTRIES
from landbridge.operations.parcels.hs import hs_fault, hs_text
from landbridge.operations.parcels.items import ITEM_SCHEMA


def typed_items(batch: Batch, parcels: pl.DataFrame, taken: pl.Series, mapping: Mapping) -> pl.DataFrame | None:
    """
    Articles of the parcels that were taken, with the columns of articles; None where the file says nothing of them.

    A CSV row is one article: its weight and value are the parcel's.
    """
    if batch.items is None:
        if batch.text.get_column("description").null_count() == batch.text.height:
            return None
        rows = pl.concat([parcels.select("parcel"), batch.text], how="horizontal").filter(taken)
        rows = rows.with_columns(pl.col("weight").alias("net_weight"))
    else:
        ids = parcels.select("parcel", "external_id").filter(taken)
        rows = batch.items.join(ids, on="external_id", how="inner", maintain_order="left")
    rows = rows.with_columns(hs_text("hs_code").alias("_hs"))
    country = pl.col("origin_country").str.to_uppercase()
    weight = to_number("net_weight", mapping.decimal) * WEIGHT_UNITS[mapping.weight_unit]
    columns = {
        "parcel": pl.col("parcel"),
        "position": pl.int_range(pl.len()).over("parcel") + 1,
        "description": pl.col("description"),
        "quantity": to_number("quantity", mapping.decimal).fill_null(1),
        "net_weight_kg": weight,
        "value": to_money("value", mapping.decimal),
        "currency": to_currency("currency"),
        "hs_code": pl.when(hs_fault("_hs") == "").then("_hs"),  # anything else might be a slipped cell
        "origin_country": pl.when(country.is_in(sorted(COUNTRIES))).then(country),
    }
    return rows.select(columns[name].cast(dtype, strict=False).alias(name) for name, dtype in ITEM_SCHEMA.items())
