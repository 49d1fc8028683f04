"""
What was in which unit, and when: stays, put together from what was told of loading and unloading.

A stay begins when something is put in. It ends when it is taken out of that unit, put into another unit of the same
kind, or when the unit is emptied; until then it is open. Stays of stays give what is in a container by way of a bag.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from landbridge.operations.events.codes import code_table
from landbridge.operations.events.corrected import live
from landbridge.operations.events.units import unit_kind
from landbridge.operations.parcels.frame import MOMENT
from landbridge.operations.store import Store
from landbridge.operations.store.schema import BUCKETS

DEEPEST = 6
"""Most units one within another, such as item, bag, container, wagon, train."""

_OPEN = pl.lit(datetime(9999, 1, 1), dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")

STAYS = pl.Schema({"content": pl.String(), "unit": pl.String(), "since": MOMENT, "until": MOMENT})


def stays(facts: pl.DataFrame, emptied: pl.DataFrame) -> pl.DataFrame:
    """
    Put facts of loading together.

    Parameters
    ----------
    facts
        As :data:`landbridge.operations.store.LOADS`, all of each content, with those that were corrected.
    emptied
        ``unit`` and ``at``: moments after which a unit is empty.

    Returns
    -------
    pl.DataFrame
        ``content``, ``unit``, ``since``, ``until`` (the year 9999 where nothing ended it).
    """
    rows = live(facts, "content").sort("occurred_at", "recorded_at", "digest")
    into = rows.filter(pl.col("action") == "in").select("content", "unit", pl.col("occurred_at").alias("since"))
    if into.is_empty():
        return pl.DataFrame(schema=STAYS)
    out = rows.filter(pl.col("action") == "out").select("content", "unit", pl.col("occurred_at").alias("out"))
    other = pl.col("since").shift(-1).over("content", "kind")
    found = into.with_columns(unit_kind(pl.col("unit")).alias("kind")).with_columns(other.alias("other"))
    found = found.join_asof(
        out, left_on="since", right_on="out", by=["content", "unit"], strategy="forward", check_sortedness=False,
        coalesce=False,
    )  # fmt: skip
    found = found.join_asof(
        emptied.sort("at"), left_on="since", right_on="at", by="unit", strategy="forward", allow_exact_matches=False,
        check_sortedness=False, coalesce=False,
    )  # fmt: skip
    until = pl.min_horizontal("other", "out", "at").fill_null(_OPEN)
    return found.select("content", "unit", "since", until.cast(MOMENT).alias("until"))


def emptied_units(store: Store) -> pl.DataFrame:
    """Moments at which units were emptied: told as a load taken out whole, or as a container stripped."""
    loads = live(store.scan("unit_loads").filter(pl.col("content").is_null()).collect(), "unit")
    stripped = code_table().filter(pl.col("biz_step") == "unpacking").select("code_system", "code")
    told = live(store.scan("unit_events").filter(pl.col("classifier") == "ACT").collect(), "unit")
    told = told.join(stripped, on=["code_system", "code"], how="semi")
    return pl.concat([frame.select("unit", pl.col("occurred_at").alias("at")) for frame in (loads, told)]).sort("at")


def only(rows: pl.LazyFrame, column: str, parcel: str) -> pl.LazyFrame:
    """Rows of one parcel, or of all where none is named."""
    return rows.filter(pl.col(column) == parcel) if parcel else rows


class Inside:
    """
    What is in the units of a store.

    Parameters
    ----------
    store
        Whose loads and unit events are read; units within units are put together once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._emptied = emptied_units(store)
        self._nested = stays(store.scan("unit_loads").filter(pl.col("content").is_not_null()).collect(), self._emptied)

    def of_bucket(self, bucket: str, parcel: str = "") -> pl.DataFrame:
        """
        Stays of the parcels of a bucket, or of one of them, in all units that hold them, one within another.

        ``content`` is the parcel.
        """
        level = stays(only(self._store.scan("loads", bucket), "content", parcel).collect(), self._emptied)
        found = [level]
        for _ in range(DEEPEST - 1):
            level = self._outward(level)
            if level.is_empty():
                break
            found.append(level)
        return pl.concat(found)

    def _outward(self, level: pl.DataFrame) -> pl.DataFrame:
        """Stays in the units that the units of these stays were in meanwhile."""
        outer = self._nested.rename({"content": "unit", "unit": "outer", "since": "from", "until": "to"})
        both = level.join(outer, on="unit", how="inner").select(
            "content",
            pl.col("outer").alias("unit"),
            pl.max_horizontal("since", "from").alias("since"),
            pl.min_horizontal("until", "to").alias("until"),
        )
        return both.filter(pl.col("since") <= pl.col("until"))

    def occupied(self) -> pl.DataFrame:
        """Return when units hold any parcel at all: ``unit``, ``since``, ``until``."""
        parts = [self.of_bucket(f"{bucket:02d}").select("unit", "since", "until").unique() for bucket in range(BUCKETS)]
        return pl.concat(parts).unique()
