"""
Events of units, spread over the parcels in them.

An event of a container, a bag or a departure is kept once, as it was told, and counts for each parcel that was in the
unit at that moment. Who was in it is asked when parcels are folded: loads that are told late, or are corrected, change
what a unit's event means without anything being written anew.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from landbridge.operations.events.codes import code_table
from landbridge.operations.events.corrected import live
from landbridge.operations.events.inside import Inside, only
from landbridge.operations.events.units import departure_key
from landbridge.operations.store import EVENTS, Store
from landbridge.operations.store.schema import BUCKETS

LATE = timedelta(days=7)
"""How long after its planned end a departure may be on its way, where its event names no place of its route."""


def events_of(store: Store, bucket: str | None = None) -> pl.LazyFrame:
    """Events of the parcels of a bucket, or of all: their own, and those of the units they were in."""
    own = store.scan("events", bucket)
    if not store.rows("unit_events"):
        return own
    buckets = [bucket] if bucket is not None else [f"{number:02d}" for number in range(BUCKETS)]
    return pl.concat([own, *(spread(store, item).select(*EVENTS).lazy() for item in buckets)])


def spread(store: Store, bucket: str, parcel: str = "") -> pl.DataFrame:
    """
    Give the events of units as events of the parcels of a bucket, or of one of them.

    Returns
    -------
    pl.DataFrame
        :data:`landbridge.operations.store.EVENTS`, and the ``unit`` that each was told of.
    """
    told = live(store.scan("unit_events").collect(), "unit").with_row_index("at_event")
    inside = Inside(store).of_bucket(bucket, parcel).join(told, on="unit", how="semi").rename({"content": "parcel"})
    hits = told.select("at_event", "unit", "occurred_at").join(inside, on="unit")
    hits = hits.filter(pl.col("occurred_at").is_between("since", "until")).select("parcel", "at_event")
    found = pl.concat([hits, _riding(store, bucket, parcel, told)]).unique().join(told, on="at_event")
    # that a unit was accepted does not tell when its parcels were, and what corrects it has been heard already
    found = found.with_columns(
        pl.when(pl.col("stage") > 0).then("stage").alias("stage"), pl.lit(None, dtype=pl.String).alias("corrects")
    )
    return found.select(*(pl.col(name).cast(kind) for name, kind in EVENTS.items()), "unit")


def _riding(store: Store, bucket: str, parcel: str, told: pl.DataFrame) -> pl.DataFrame:
    """Parcels that ride a departure by the plan, with the events of it that are theirs."""
    told = told.filter(pl.col("unit").str.contains("@", literal=True))
    legs = pl.DataFrame()
    if told.height:
        legs = store.scan("legs").with_columns(departure_key().alias("unit")).collect()
        legs = legs.join(told, on="unit", how="semi").sort("order", "way", "seq")
    if legs.is_empty():
        return pl.DataFrame(schema={"parcel": pl.String, "at_event": pl.UInt32})
    steps = code_table().select("code_system", "code", "biz_step").unique(["code_system", "code"])
    told = told.join(steps, on=["code_system", "code"], how="left")
    riders = only(store.scan("allocations", bucket), "parcel", parcel).select("parcel", "order", "way")
    riding = riders.drop_nulls("way").collect()
    return riding.join(_by_stretch(legs, told), on=["order", "way"]).select("parcel", "at_event")


def _by_stretch(legs: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """
    Events of departures by the ways that ride them: ``order``, ``way``, ``at_event``.

    Where the event names a hub at which the departure calls, it belongs to the ways that pass that hub on it, having
    boarded and not left. Elsewhere the plan's hours say who is on it; to the last hub also when it comes late.
    """
    ride = ["order", "way", "unit"]
    stretches = legs.group_by(ride, maintain_order=True).agg(
        pl.col("from_hub").first().alias("on"),
        pl.col("to_hub").last().alias("off"),
        pl.col("leaves").first(),
        pl.col("arrives").last(),
    )
    calls = pl.concat([legs.select(*ride, pl.col(end).alias("place")) for end in ("from_hub", "to_hub")]).unique()
    moments = told.select("at_event", "unit", "place", "occurred_at", "biz_step")
    there = moments.join(calls, on=["unit", "place"]).join(stretches, on=ride)
    too_soon = (pl.col("place") == pl.col("on")) & (pl.col("biz_step") == "arriving")
    too_late = (pl.col("place") == pl.col("off")) & (pl.col("biz_step") == "departing")
    there = there.filter(~(too_soon | too_late).fill_null(value=False))
    elsewhere = moments.join(calls, on=["unit", "place"], how="anti").join(stretches, on="unit")
    is_last = pl.col("arrives") == pl.col("arrives").max().over("unit")
    until = pl.when(is_last).then(pl.col("arrives") + LATE).otherwise("arrives")
    elsewhere = elsewhere.filter(pl.col("occurred_at").is_between("leaves", until))
    return pl.concat([frame.select("order", "way", "at_event") for frame in (there, elsewhere)]).unique()
