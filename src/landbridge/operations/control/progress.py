"""How far parcels are on their ways, how far behind the plan, and which departures they will miss."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from landbridge.operations.allocation import Ways

BEHIND_H = 1.0
"""Parcels behind the plan by more than this are told."""


def progress(states: pl.DataFrame, allocations: pl.DataFrame, ways: Ways, now: datetime) -> pl.DataFrame:
    """
    Set the last place told of each parcel against its way.

    Behind is what it arrived late at the last place told, or how long it is overdue at the next, whichever is more;
    who is early, or not yet due, is 0 hours behind.

    Parameters
    ----------
    states
        States of parcels; those without one have not been seen.

    Returns
    -------
    pl.DataFrame
        A row a parcel with a place in the plan that has not ended: ``parcel``, ``number``, ``order``, ``way``,
        ``status``, ``place``, ``reached`` (legs done), ``behind_h``, ``planned`` (arrival), ``expected`` (planned and
        behind), ``promised``.
    """
    placed = allocations.filter(pl.col("way").is_not_null())
    rows = placed.join(
        states.select("parcel", "status", "place", "at", "ended_at"), on="parcel", how="left", maintain_order="left"
    )
    rows = rows.filter(pl.col("ended_at").is_null())
    arrived = ways.legs.select(
        "order",
        "way",
        pl.col("to_hub").alias("place"),
        pl.col("seq").alias("reached"),
        pl.col("arrives").alias("planned_there"),
    ).unique(["order", "way", "place"], keep="last", maintain_order=True)
    rows = rows.join(arrived, on=["order", "way", "place"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("reached").fill_null(0))
    upcoming = ways.legs.sort("seq").select(
        "order", "way", "seq", pl.col("arrives").alias("next_arrives"), pl.col("to_hub").alias("next_hub")
    )
    rows = rows.sort("reached").join_asof(
        upcoming, left_on="reached", right_on="seq", by=["order", "way"], strategy="forward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    was_late = (pl.col("at") - pl.col("planned_there")).dt.total_seconds() / 3600
    overdue = (pl.lit(now) - pl.col("next_arrives")).dt.total_seconds() / 3600
    behind = pl.max_horizontal(was_late.fill_null(0.0), overdue.fill_null(0.0), 0.0)
    return rows.with_columns(behind.alias("behind_h"), pl.col("status").cast(pl.String).fill_null("pending")).select(
        "parcel",
        "number",
        "order",
        "way",
        "status",
        "place",
        "reached",
        "behind_h",
        pl.col("arrives").alias("planned"),
        (pl.col("arrives") + pl.duration(seconds=(pl.col("behind_h") * 3600).cast(pl.Int64))).alias("expected"),
        "promised",
    )


def missed_departures(found: pl.DataFrame, allocations: pl.DataFrame, ways: Ways, now: datetime) -> pl.DataFrame:
    """
    Departures still to come that parcels will not reach, at the pace they have: a row a departure and hub.

    Returns
    -------
    pl.DataFrame
        ``service``, ``departs``, ``hub``, ``leaves``, ``parcels``, ``weight_kg``, ``late_h`` (the median of how much
        they come too late).
    """
    boards = (
        ways.legs.sort("order", "way", "seq")
        .with_columns(pl.col("arrives").shift(1).over("order", "way").alias("comes"))
        .group_by("order", "way", "service", "departs", maintain_order=True)
        .agg(pl.col("from_hub").first().alias("hub"), pl.col("leaves", "comes", "seq").first())
        .filter((pl.col("leaves") > now) & pl.col("comes").is_not_null())
    )
    late = found.filter(pl.col("behind_h") > 0).join(allocations.select("parcel", "weight_kg"), on="parcel", how="left")
    riding = late.join(boards, on=["order", "way"], how="inner").filter(pl.col("seq") > pl.col("reached"))
    comes = pl.col("comes") + pl.duration(seconds=(pl.col("behind_h") * 3600).cast(pl.Int64))
    riding = riding.with_columns(((comes - pl.col("leaves")).dt.total_seconds() / 3600).alias("late_h"))
    return (
        riding.filter(pl.col("late_h") > 0)
        .group_by("service", "departs", "hub")
        .agg(
            pl.col("leaves").first(),
            pl.len().alias("parcels"),
            pl.col("weight_kg").sum().round(1),
            pl.col("late_h").median().round(1),
        )
        .sort("departs", "service", "hub")
    )
