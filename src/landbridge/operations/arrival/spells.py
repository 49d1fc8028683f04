"""Spells: how long each parcel was on each leg of its way, or has been so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from landbridge.operations.store.schema import STAGES

USUAL_FRAC = 0.5
"""A milestone belongs to a lane's chain when at least this part of its delivered parcels show it."""

LANE = pl.concat_str("from_hub", "to_hub", separator=">")
SERVICE = pl.col("number").str.slice(0, 1).fill_null("")
"""First letter of the S10 number: EMS, parcel, registered, tracked packet."""


def on_lanes(states: pl.DataFrame, parcels: pl.DataFrame | None) -> pl.DataFrame:
    """States with ``lane`` and ``service``: of the parcel where parcels are known, else from the number."""
    if parcels is not None and parcels.height:
        known = parcels.select("parcel", LANE.alias("lane"), SERVICE.alias("service"))
        return states.join(known, on="parcel", how="inner")
    return states.with_columns(
        pl.col("parcel").str.slice(11, 2).alias("lane"), pl.col("parcel").str.slice(0, 1).alias("service")
    )


def count_milestones(states: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """
    Count the parcels of each lane that were delivered by a moment, and those of them that show each milestone.

    Counts of two sets of states add up: ``lane``, ``done``, and ``0`` to ``5``. A lane with nothing delivered has 0.
    """
    is_done = (pl.col("t5") <= cut).fill_null(value=False)
    return states.group_by("lane").agg(
        is_done.sum().cast(pl.Int64).alias("done"),
        *(
            (is_done & (pl.col(f"t{stage}") <= cut).fill_null(value=False)).sum().cast(pl.Int64).alias(str(stage))
            for stage in range(STAGES)
        ),
    )


def chains(counts: Sequence[pl.DataFrame]) -> dict[str, tuple[int, ...]]:
    """
    Milestones of each lane: those that most of its delivered parcels show, from accepted to delivered.

    A lane with nothing delivered yet has all six.

    Parameters
    ----------
    counts
        Of :func:`count_milestones`, of all parts of the states.
    """
    found: dict[str, tuple[int, ...]] = {}
    for row in pl.concat(counts).group_by("lane").sum().sort("lane").iter_rows(named=True):
        usual = [stage for stage in range(1, STAGES - 1) if row[str(stage)] >= USUAL_FRAC * row["done"]]
        found[row["lane"]] = (0, *usual, STAGES - 1)
    return found


def spells(
    states: pl.DataFrame, cut: datetime, window: timedelta, chain_by_lane: dict[str, tuple[int, ...]]
) -> pl.DataFrame:
    """
    Spells that were going on within a window before a moment, as they were known then.

    A spell that began before the window enters it at the age it had by then (delayed entry): so what the window
    tells is how fast parcels left each leg in it, whenever they came.

    Returns
    -------
    pl.DataFrame
        ``lane``, ``service``, ``leg`` (such as ``1-2``), ``entry_h``, ``exit_h`` and ``ended``: False where the
        parcel was still on the leg, or was sent back.
    """
    frames = [
        _leg(states.filter(pl.col("lane").is_in(lanes)), cut, window, first, chain)
        for chain, lanes in _by_chain(chain_by_lane).items()
        for first in range(len(chain) - 1)
    ]
    return pl.concat(frames) if frames else _leg(states, cut, window, 0, (0, STAGES - 1))


def _by_chain(chain_by_lane: dict[str, tuple[int, ...]]) -> dict[tuple[int, ...], list[str]]:
    found: dict[tuple[int, ...], list[str]] = {}
    for lane, chain in chain_by_lane.items():
        found.setdefault(chain, []).append(lane)
    return found


def _leg(states: pl.DataFrame, cut: datetime, window: timedelta, first: int, chain: tuple[int, ...]) -> pl.DataFrame:
    start, end = pl.col(f"t{chain[first]}"), pl.col(f"t{chain[first + 1]}")
    later = [pl.col(f"t{stage}") for stage in chain[first + 2 :]]
    moment, opens = pl.lit(cut), pl.lit(cut - window)
    ended = (end <= moment).fill_null(value=False)
    is_skipped = ~ended & (pl.any_horizontal(*(item <= moment for item in later)) if later else pl.lit(value=False))
    last = pl.when(ended).then(end).otherwise(pl.min_horizontal(moment, "ended_at"))
    rows = states.filter((start <= moment) & ~is_skipped.fill_null(value=False) & (last >= start) & (last > opens))
    return rows.select(
        "lane",
        "service",
        pl.lit(leg_name(chain, first)).alias("leg"),
        (pl.max_horizontal(opens, start) - start).dt.total_seconds().truediv(3600).alias("entry_h"),
        (last - start).dt.total_seconds().truediv(3600).alias("exit_h"),
        ended.alias("ended"),
    )


def leg_name(chain: tuple[int, ...], first: int) -> str:
    """Name of a leg: the milestones it joins."""
    return f"{chain[first]}-{chain[first + 1]}"
