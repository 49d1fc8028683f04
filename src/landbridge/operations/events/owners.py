"""Whose an event is: the parcel that its number means at that time, or the unit it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from landbridge.operations.events.codes import ENDS
from landbridge.operations.events.inside import Inside
from landbridge.operations.events.units import BAG, departure_key, unit_key, unit_kind, wrong_containers
from landbridge.operations.parcels.frame import MOMENT
from landbridge.operations.store import Store

REUSE = timedelta(days=365)
"""How long after a parcel was ready its number means this parcel: a post may use it again after twelve months."""


def look_up_parcel(rows: pl.DataFrame, known: pl.DataFrame | None) -> pl.DataFrame:
    """Find the parcel of each number at the time of the event: ``parcel``, ``ready`` and ``owners``, how many."""
    if known is None:
        moment = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
        return rows.with_columns(pl.col("number").alias("parcel"), moment.alias("ready"), pl.lit(1).alias("owners"))
    table = known.select("number", "parcel", "ready")
    own_id = table.select(pl.col("parcel").alias("number"), "parcel", "ready")
    table = pl.concat([table, own_id]).drop_nulls("number").with_columns(pl.col("number").str.to_uppercase())
    hits = rows.select("row", "number", "occurred_at_utc").join(table.unique(), on="number", how="inner")
    counted = hits.group_by("row").agg(pl.len().alias("all"))
    age = pl.col("occurred_at_utc") - pl.col("ready")
    near = hits.filter(pl.col("occurred_at_utc").is_null() | ((age >= -REUSE) & (age <= REUSE)))
    chosen = near.group_by("row").agg(
        pl.col("parcel").first(), pl.col("ready").first(), pl.col("parcel").n_unique().alias("near")
    )
    return (
        rows.join(counted, on="row", how="left", maintain_order="left")
        .join(chosen, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("near").fill_null(0).alias("owners"))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """
    Units that events may be told of.

    Parameters
    ----------
    named
        Names of all that are known.
    occupied
        When they hold a parcel: ``unit``, ``since``, ``until``.
    ridden
        Departures of the plan that parcels ride; these are not asked for the moment, since they may run late.
    """

    named: pl.Series = field(default_factory=lambda: pl.Series("unit", [], dtype=pl.String))
    occupied: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"unit": pl.String, "since": MOMENT, "until": MOMENT})
    )
    ridden: pl.Series = field(default_factory=lambda: pl.Series("unit", [], dtype=pl.String))


def units_of(store: Store) -> Units:
    """Units that the loads of a store name, and the departures of the plan that it follows."""
    legs = store.scan("legs").with_columns(departure_key().alias("unit")).select("order", "way", "unit").unique()
    places = store.scan("allocations").select("order", "way").unique()
    named = [store.scan(table).select("unit") for table in ("loads", "unit_loads")]
    return Units(
        named=pl.concat([*named, legs.select("unit")]).unique().collect()["unit"],
        occupied=Inside(store).occupied(),
        ridden=legs.join(places, on=["order", "way"], how="semi").select("unit").unique().collect()["unit"],
    )


def look_up_unit(rows: pl.DataFrame, units: Callable[[], Units], *, is_any_number: bool) -> pl.DataFrame:
    """Find the unit of each number that is no parcel's: ``unit``, and in ``unit_problem`` why it cannot be used."""
    blank = pl.lit(None, dtype=pl.String)
    if is_any_number and units().named.is_empty():
        return rows.with_columns(blank.alias("unit"), blank.alias("unit_problem"))
    is_open = pl.col("number").is_not_null() if is_any_number else pl.col("owners") == 0
    asked = rows.filter(is_open).select("row", unit_key(pl.col("number")).alias("unit"), "occurred_at_utc", "status")
    if asked.is_empty():
        return rows.with_columns(blank.alias("unit"), blank.alias("unit_problem"))
    known = units()
    held = asked.join(known.occupied, on="unit").filter(pl.col("occurred_at_utc").is_between("since", "until"))
    is_held = pl.col("row").is_in(held["row"].implode()) | pl.col("unit").is_in(known.ridden.implode())
    is_named = pl.col("unit").is_in(known.named.implode())
    is_shaped = (unit_kind(pl.col("unit")) != BAG) & (not is_any_number)
    problem = (
        pl.when(is_named & pl.col("status").cast(pl.String).is_in(ENDS))
        .then(pl.lit("unit-cannot-end"))
        .when(is_named & ~is_held)
        .then(pl.lit("empty-unit"))
        .when(~is_named & is_shaped & pl.col("unit").is_in(wrong_containers(asked["unit"]).implode()))
        .then(pl.lit("bad-container"))
        .when(~is_named & is_shaped)
        .then(pl.lit("unknown-unit"))
    )
    found = asked.with_columns(problem.alias("unit_problem"))
    found = found.filter(is_named | pl.col("unit_problem").is_not_null()).select("row", "unit", "unit_problem")
    return rows.join(found, on="row", how="left", maintain_order="left")
