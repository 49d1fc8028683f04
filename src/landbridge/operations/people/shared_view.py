"""What the other side of a corridor may see of parcels: id, beginning of the postcode, weight, band of value."""

from __future__ import annotations

import itertools

import polars as pl

BANDS = (0, 20, 50, 100, 200, 500, 1000)
"""Lower ends of bands of value, in the parcel's own currency."""


def value_band(column: str) -> pl.Expr:
    """Band of value that a value lies in, such as ``100-200`` or ``1000+``."""
    value = pl.col(column).cast(pl.Float64)
    band = pl.lit(f"{BANDS[-1]}+")
    for low, high in reversed(list(itertools.pairwise(BANDS))):
        band = pl.when(value < high).then(pl.lit(f"{low}-{high}")).otherwise(band)
    return band


def shared_view(parcels: pl.LazyFrame) -> pl.LazyFrame:
    """Columns that leave the house: enough to plan with, nothing that names a person or a price."""
    return parcels.select("parcel", "postcode_prefix", "weight_kg", value_band("value").alias("value_band"), "currency")
