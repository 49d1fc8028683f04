"""What control finds, as a person or a programme reads it: a few numbers, and rows of plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from landbridge.operations.control.expect import expected
from landbridge.operations.control.follow import Followed
from landbridge.operations.control.progress import missed_departures, progress
from landbridge.operations.store import Store

Frame = pl.DataFrame
"""Rows in columns, for those above who do not know the library."""

BEHIND_H = 1.0
"""A parcel later than this against its plan is behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    Where the parcels of a store are at a moment.

    ``status`` counts them by status, the most frequent first; ``behind`` are more than an hour behind the plan, the
    median of which is ``behind_median_h``; ``missed`` has a row a departure that parcels will miss.
    """

    parcels: int
    unplaced: int
    status: dict[str, int]
    behind: int
    behind_median_h: float
    missed: pl.DataFrame


def standing(store: Store, followed: Followed, moment: datetime) -> Standing:
    """Compare all parcels of a store with the plan it follows."""
    allocations, states = store.scan("allocations").collect(), store.scan("states").collect()
    where = progress(states, allocations, followed.ways, moment)
    counts = allocations.select("parcel").join(states.select("parcel", "status"), on="parcel", how="left")
    told = counts["status"].cast(pl.String).fill_null("pending").value_counts(sort=True)
    behind = where.filter(pl.col("behind_h") > BEHIND_H)["behind_h"]
    return Standing(
        parcels=allocations.height,
        unplaced=allocations["way"].null_count(),
        status=dict(told.iter_rows()),
        behind=len(behind),
        behind_median_h=round(float(behind.median() or 0.0), 1),  # type: ignore[arg-type]
        missed=missed_departures(where, allocations, followed.ways, moment),
    )


def in_danger(store: Store, followed: Followed, moment: datetime) -> tuple[int, pl.DataFrame]:
    """How many parcels are on their way, and those whose promise is in danger or that are too long on a leg."""
    waiting = expected(store, moment, followed.case, followed.ways)
    numbers = store.scan("parcels").select("parcel", "number").collect()
    hits = waiting.filter(pl.col("in_danger") | pl.col("alarm")).join(numbers, on="parcel", how="left")
    columns = ("parcel", "number", "lane", "stage", "age_h", "promised", "p50", "p80", "in_danger", "alarm")
    hits = hits.sort("promised", "parcel", nulls_last=True).with_columns(pl.col("age_h").round(1)).select(columns)
    return waiting.height, hits


def why_late(hits: pl.DataFrame) -> pl.DataFrame:
    """Parcels in danger with one name and one reason each, for reading."""
    why = pl.when("in_danger").then(pl.lit("promise")).otherwise(pl.lit("leg"))
    name = pl.coalesce("number", "parcel").alias("parcel")
    return hits.select(name, "stage", "age_h", "promised", "p50", "p80", why.alias("why"))


def not_carried(found: pl.DataFrame, followed: Followed, most: int) -> Iterator[tuple[str, int, str]]:
    """Orders that the plan carries nothing of: id, parcels, and what the plan says of it; those of most parcels."""
    lost = found.filter(pl.col("code") == "not-carried").drop_nulls("order")
    orders = lost.group_by("order").len("parcels").sort("parcels", "order", descending=[True, False])
    told = orders.join(followed.ways.orders, left_on="order", right_on="base", maintain_order="left").drop_nulls("why")
    return told.select("order", "parcels", "why").head(most).iter_rows()


def last_moment(store: Store) -> datetime | None:
    """Moment of the last event; None where nothing has been told yet."""
    found: datetime | None = store.scan("states").select(pl.col("at").max()).collect().item()
    return found


def with_texts(frame: pl.DataFrame, form: str = "%Y-%m-%dT%H:%M:%SZ") -> pl.DataFrame:
    """Moments of a frame as text."""
    return frame.with_columns(
        pl.col(name).dt.strftime(form) for name, kind in frame.schema.items() if kind.is_temporal()
    )
