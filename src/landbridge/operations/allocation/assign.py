"""
Parcels to ways: earliest promise first, within the room of each way, and on a re-plan with the least change.

Parcels are grouped by what they may take: the order they belong to (or, without one, their hubs and good) and, on a
re-plan, the part of their way that has begun. In each group ways are filled in the order in which they arrive; of
the parcels that can still catch a way the earliest promises go first. All groups are filled at once, way by way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from landbridge.operations.allocation.ways import Ways
from landbridge.operations.store import ALLOCATIONS

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROOM_TOL = 1e-9
"""Relative tolerance of a way's room."""

REASONS = {
    "": "has its place",
    "late": "has a place, but arrives after its promise",
    "unknown-order": "its order is not in the plan's case",
    "not-carried": "the plan carries nothing of its order, or nothing between its hubs",
    "left-already": "every way of its order leaves before it is ready",
    "no-room": "the ways of its order that it can catch are full",
}
"""What the codes of allocations mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a re-allocation changed: parcels that keep their way, take another, lost or gained a place."""

    kept: int
    moved: int
    lost: int
    gained: int


def allocate(
    parcels: pl.DataFrame,
    ways: Ways,
    *,
    before: pl.DataFrame | None = None,
    now: datetime | None = None,
    held: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """
    Give each parcel its place.

    Parameters
    ----------
    parcels
        As :data:`landbridge.operations.parcels.frame.PARCEL_SCHEMA` says.
    before
        Allocations as they are: whoever can keep their way keeps it.
    now
        Moment of the re-plan: what left before it has left, and nothing else can leave before it.
    held
        Allocations of other parcels that stay as they are, such as of those delivered: they take their room.

    Returns
    -------
    pl.DataFrame
        A row a parcel (:data:`landbridge.operations.store.ALLOCATIONS`).
    """
    rows = _with_groups(parcels, ways, before, now)
    table = ways.ways.with_row_index("way_id").with_columns(_begun(pl.col("way"), now).alias("begun"))
    room = _room(table, held)
    taken = np.full(rows.height, -1, dtype=np.int64)
    filler = _Filler(rows, table, room, now)
    for key in ("base", "between"):
        filler.fill(taken, key)
    return _told(rows, table, taken, filler, ways)


def _room(table: pl.DataFrame, held: pl.DataFrame | None) -> FloatArray:
    """Kilograms of each way that are free."""
    room: FloatArray = table["room_kg"].to_numpy() * (1 + ROOM_TOL)
    if held is None:
        return room
    used = held.drop_nulls("way").group_by("order", "way").agg(pl.col("weight_kg").sum().alias("used_kg"))
    taken = table.join(used, on=["order", "way"], how="left", maintain_order="left")["used_kg"].fill_null(0.0)
    free: FloatArray = np.maximum(room - taken.to_numpy(), 0.0)
    return free


def compare_allocations(before: pl.DataFrame, after: pl.DataFrame) -> Change:
    """Count what changed for parcels that are in both."""
    both = before.select("parcel", pl.col("way").alias("old")).join(after.select("parcel", "way"), on="parcel")
    had, has = pl.col("old").is_not_null(), pl.col("way").is_not_null()
    row = both.select(
        (had & has & (pl.col("old") == pl.col("way"))).sum().alias("kept"),
        (had & has & (pl.col("old") != pl.col("way"))).sum().alias("moved"),
        (had & ~has).sum().alias("lost"),
        (~had & has).sum().alias("gained"),
    ).row(0)
    return Change(kept=row[0], moved=row[1], lost=row[2], gained=row[3])


def _begun(way: pl.Expr, now: datetime | None) -> pl.Expr:
    """Steps of a way that had begun at a moment: those on departures that had left."""
    if now is None:
        return pl.lit("")
    limit = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    steps = way.str.split(" > ")
    has_left = pl.element().str.extract(r"@(.*Z):", 1) < limit
    return steps.list.eval(pl.element().filter(has_left)).list.join(" > ").fill_null("")


def _with_groups(parcels: pl.DataFrame, ways: Ways, before: pl.DataFrame | None, now: datetime | None) -> pl.DataFrame:
    """Parcels in the order in which they are served, with what they had before."""
    rows = parcels.select("parcel", "number", "order", "good", "from_hub", "to_hub", "weight_kg", "ready", "promised")
    known = ways.orders.select("base", pl.lit(value=True).alias("is_known"))
    rows = rows.join(known, left_on="order", right_on="base", how="left", maintain_order="left")
    if before is None:
        rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("old"))
    else:
        old = before.select("parcel", pl.col("way").alias("old"))
        rows = rows.join(old, on="parcel", how="left", maintain_order="left")
    rows = rows.with_columns(_begun(pl.col("old"), now).alias("begun"))
    return rows.sort("promised", "ready", "parcel", nulls_last=True)


class _Filler:
    """The room that is left, and the parcels that want it."""

    def __init__(self, rows: pl.DataFrame, table: pl.DataFrame, room: FloatArray, now: datetime | None) -> None:
        self.rows, self.table, self.left = rows, table, room.copy()
        self.weight = rows["weight_kg"].to_numpy()
        ready = rows["ready"].dt.timestamp("us").to_numpy()
        self.begun = (rows["begun"] != "").to_numpy()
        floor = 0 if now is None else int(now.timestamp() * 1e6)
        self.ready = np.where(self.begun, np.iinfo(np.int64).min, np.maximum(ready, floor))
        self.leaves = table["leaves"].dt.timestamp("us").to_numpy()
        self.has_ways = np.zeros(rows.height, dtype=np.bool_)
        self.can_catch = np.zeros(rows.height, dtype=np.bool_)

    def fill(self, taken: IntArray, key: str) -> None:
        """Serve the parcels with an order (``base``), or those without (``between`` two hubs)."""
        mine = self.rows["order"].is_not_null() if key == "base" else self.rows["order"].is_null()
        wanted = np.flatnonzero(mine.to_numpy() & (self.weight > 0))
        if not len(wanted) or self.table.is_empty():
            return
        group, ways = self._groups(wanted, key)
        order = np.argsort(group, kind="stable")
        wanted, group = wanted[order], group[order]
        self._keep(taken, wanted, group, ways)
        first = np.searchsorted(ways[:, 0], group, side="left")
        count = np.searchsorted(ways[:, 0], group, side="right") - first
        self.has_ways[wanted] = count > 0
        for turn in range(int(count.max(initial=0))):
            is_open = (turn < count) & (taken[wanted] < 0)
            at = wanted[is_open]
            self._offer(taken, at, ways[first[is_open] + turn, 1])

    def _groups(self, wanted: IntArray, key: str) -> tuple[IntArray, IntArray]:
        """Group of each parcel, and ways as rows of (group, way), by group and arrival."""
        names = ["good", "begun", *(["base"] if key == "base" else ["from_hub", "to_hub"])]
        parcels = self.rows[wanted].rename({"order": "base"}).select(names)
        known = parcels.unique(maintain_order=True).with_row_index("group")
        group = parcels.join(known, on=names, how="left", maintain_order="left")["group"]
        ways = self.table.join(known, on=names, how="inner").sort("group", "arrives", "leaves", "way")
        return group.cast(pl.Int64).to_numpy(), ways.select("group", "way_id").cast(pl.Int64).to_numpy()

    def _keep(self, taken: IntArray, wanted: IntArray, group: IntArray, ways: IntArray) -> None:
        """Let parcels stay on the way they have, where the plan still has it."""
        old = self.rows["old"][wanted]
        if old.null_count() == len(old):
            return
        mine = pl.DataFrame({"group": group, "way": old, "at": np.arange(len(wanted))}).drop_nulls("way")
        named = pl.DataFrame({"group": ways[:, 0], "way_id": ways[:, 1]})
        named = named.with_columns(self.table["way"][ways[:, 1]]).unique(["group", "way"], maintain_order=True)
        hits = mine.join(named, on=["group", "way"], how="inner").sort("way_id", "at")
        self._offer(taken, wanted[hits["at"].to_numpy()], hits["way_id"].to_numpy())

    def _offer(self, taken: IntArray, at: IntArray, way: IntArray) -> None:
        """Let parcels take a way, the first ones first, as far as they can catch it and it has room."""
        can = self.ready[at] <= self.leaves[way]
        self.can_catch[at[can]] = True
        at, way = at[can], way[can]
        order = np.argsort(way, kind="stable")
        at, way = at[order], way[order]
        while len(at):
            fits = self.weight[at] <= self.left[way]
            at, way = at[fits], way[fits]
            load = _running(self.weight[at], way)
            goes = load <= self.left[way]
            if not goes.any():
                return
            taken[at[goes]] = way[goes]
            np.subtract.at(self.left, way[goes], self.weight[at[goes]])
            at, way = at[~goes], way[~goes]


def _running(weight: FloatArray, group: IntArray) -> FloatArray:
    """Sum of the weights up to each one of its group; groups stand together."""
    if not len(weight):
        return weight
    total = np.cumsum(weight)
    starts = np.concatenate([[True], group[1:] != group[:-1]])
    base = np.where(starts, total - weight, 0.0)
    return total - base[np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))]


def _told(rows: pl.DataFrame, table: pl.DataFrame, taken: IntArray, filler: _Filler, ways: Ways) -> pl.DataFrame:
    """Allocations, with a code for those without a place or with a late one."""
    chosen = pl.Series("way_id", taken)
    places = table.select(pl.col("way_id").cast(pl.Int64), "way", "leaves", "arrives", pl.col("order").alias("counted"))
    found = rows.with_columns(
        chosen, pl.Series("has_ways", filler.has_ways), pl.Series("can_catch", filler.can_catch)
    ).join(places, on="way_id", how="left", maintain_order="left")
    placed = pl.col("way").is_not_null()
    code = (
        pl.when(placed & (pl.col("arrives") > pl.col("promised")))
        .then(pl.lit("late"))
        .when(placed)
        .then(pl.lit(""))
        .when(pl.col("order").is_not_null() & pl.col("is_known").is_null())
        .then(pl.lit("unknown-order"))
        .when(~pl.col("has_ways"))
        .then(pl.lit("not-carried"))
        .when(~pl.col("can_catch"))
        .then(pl.lit("left-already"))
        .otherwise(pl.lit("no-room"))
    )
    found = found.with_columns(code.alias("code"), pl.coalesce("counted", "order").alias("order"))
    return found.select(pl.col(name).cast(kind) for name, kind in ALLOCATIONS.items())
