"""What parcels say of demand: a scenario patch that the planner may lay on the case."""

from __future__ import annotations

import polars as pl

from landbridge.operations.allocation.ways import KG_PER_T, Ways

PATCH_COLUMNS = ("scenario", "table", "key", "column", "value")


def demand_patch(parcels: pl.DataFrame, ways: Ways, tonnes_per_unit: dict[str, float], scenario: str) -> pl.DataFrame:
    """
    Quantities of orders as the parcels of an average week have them, as rows of the table ``scenarios``.

    Weeks are counted from the first parcel to the last, to the nearest whole one.

    Returns
    -------
    pl.DataFrame
        Columns :data:`PATCH_COLUMNS`, a row for each order of the case that parcels name.
    """
    named = parcels.join(ways.orders.select("base"), left_on="order", right_on="base", how="semi")
    if named.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(PATCH_COLUMNS, pl.String))
    span_h = named.select((pl.col("ready").max() - pl.col("ready").min()).dt.total_hours()).item()
    weeks = max(1, round(float(span_h) / (7 * 24)))
    units = pl.DataFrame({"good": list(tonnes_per_unit), "unit_kg": [t * KG_PER_T for t in tonnes_per_unit.values()]})
    return (
        named.group_by("order", "good")
        .agg(pl.col("weight_kg").sum())
        .join(units.filter(pl.col("unit_kg") > 0), on="good")
        .sort("order")
        .select(
            pl.lit(scenario).alias("scenario"),
            pl.lit("orders").alias("table"),
            pl.col("order").alias("key"),
            pl.lit("qty").alias("column"),
            (pl.col("weight_kg") / pl.col("unit_kg") / weeks).round(6).cast(pl.String).alias("value"),
        )
    )
