"""
State of a parcel: a fold over its events, sorted by when they happened and, within a moment, by their usual order.

The same events in any order of arrival give the same state. An event that another one corrects does not count; an
actual event before acceptance does not count; the first event that ends a parcel's way stays its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from landbridge.operations.events.codes import ENDS
from landbridge.operations.events.corrected import mark_corrected
from landbridge.operations.events.spread import events_of
from landbridge.operations.store import STATES, Store
from landbridge.operations.store.schema import BUCKETS, STAGES
from landbridge.operations.store.store import Part, write_part
from landbridge.runtime import Workers

_READ = (
    "parcel", "event", "digest", "code", "status", "reason", "classifier", "occurred_at", "recorded_at", "place",
    "corrects", "sequence", "stage",
)  # fmt: skip


def fold(events: pl.LazyFrame) -> pl.DataFrame:
    """
    Fold events into a state for each of their parcels.

    Parameters
    ----------
    events
        Events in any order, all of each parcel (:data:`landbridge.operations.store.EVENTS`).

    Returns
    -------
    pl.DataFrame
        A row a parcel (:data:`landbridge.operations.store.STATES`), sorted by parcel.
    """
    rows = events.select(_READ).collect()
    rows = mark_corrected(rows, "parcel")
    is_actual = (pl.col("classifier") == "ACT") & ~pl.col("is_corrected")
    is_end = is_actual & pl.col("status").cast(pl.String).is_in(ENDS)
    order = ["parcel", "occurred_at", "sequence", "recorded_at", "digest"]
    rows = (
        rows.sort(order)
        .with_row_index("at_row")
        .with_columns(
            pl.when(is_actual & (pl.col("stage") == 0) & (pl.col("status") == "picked_up"))
            .then("occurred_at")
            .min()
            .over("parcel")
            .alias("accepted")
        )
    )
    is_early = is_actual & (pl.col("status") != "pending") & (pl.col("occurred_at") < pl.col("accepted"))
    rows = rows.with_columns(is_early.fill_null(value=False).alias("is_early"))
    ends = pl.when(is_end & ~pl.col("is_early")).then("at_row")
    rows = rows.with_columns(ends.min().over("parcel").alias("end"))
    is_after = (pl.col("at_row") > pl.col("end")).fill_null(value=False) & is_actual
    rows = rows.with_columns(is_after.alias("is_after"))
    counts = is_actual & ~pl.col("is_early") & ~pl.col("is_after")

    def last(name: str) -> pl.Expr:
        return pl.col(name).filter(counts).last()

    def reached(stage: int) -> pl.Expr:
        return pl.col("occurred_at").filter(counts & (pl.col("stage") == stage)).min().alias(f"t{stage}")

    def told(classifier: str) -> pl.Expr:
        """Delivery as last told, by when it was recorded."""
        mine = (pl.col("classifier") == classifier) & (pl.col("status") == "delivered") & ~pl.col("is_corrected")
        return pl.col("occurred_at").filter(mine).sort_by(pl.col("recorded_at").filter(mine)).last()

    states = rows.group_by("parcel", maintain_order=True).agg(
        last("status"),
        last("reason"),
        last("code"),
        pl.col("place").filter(counts).drop_nulls().last(),
        last("occurred_at").alias("at"),
        pl.col("stage").filter(counts).max(),
        *(reached(stage) for stage in range(STAGES)),
        pl.col("occurred_at").filter(counts & is_end).first().alias("ended_at"),
        told("PLN").alias("planned_at"),
        told("EST").alias("estimated_at"),
        pl.len().alias("events"),
        pl.col("is_early").sum().alias("early"),
        pl.col("is_after").sum().alias("after_end"),
        pl.col("is_corrected").sum().alias("corrected"),
    )
    states = states.with_columns(pl.col("status").fill_null("pending"))
    return states.select(pl.col(name).cast(kind) for name, kind in STATES.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    folder: Path
    bucket: int


def fold_store(store: Store, workers: Workers | None = None, cancelled: Callable[[], bool] = lambda: False) -> int:
    """
    Fold all events of a store into its table ``states``, one bucket a task; return how many parcels have a state.

    Workers, local or of a cluster, must see the folder of the store; they write files that count once all are there.
    """
    tasks = [_Task(folder=store.folder, bucket=bucket) for bucket in range(BUCKETS)]
    parts = [part for part in (workers or Workers()).map(_fold_bucket, tasks, cancelled) if part is not None]
    with store.batch() as batch:
        batch.adopt("states", parts, replace=True)
    return sum(part.rows for part in parts)


def _fold_bucket(task: _Task) -> Part | None:
    store, name = Store(task.folder), f"{task.bucket:02d}"
    states = fold(events_of(store, name))
    return write_part(task.folder, "states", name, states) if states.height else None
