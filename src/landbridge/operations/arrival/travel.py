"""Hours between hubs as events have them, for the planner: a scenario patch on the travel times of services."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from landbridge.model.case import Case
from landbridge.operations.allocation import Ways
from landbridge.operations.allocation.demand import PATCH_COLUMNS
from landbridge.operations.arrival.estimate import LEAST
from landbridge.operations.arrival.life_table import LifeTable, count_spells, life_table
from landbridge.operations.events.codes import code_table


def hub_times(
    events: pl.LazyFrame, allocations: pl.DataFrame, ways: Ways, now: datetime
) -> dict[tuple[str, str], LifeTable]:
    """
    Estimate the hours of each leg of the plan that parcels were told to leave and to arrive on.

    A parcel of which nothing was told since it left counts as still on its leg; where something was told, but not at
    the leg's end, nobody looks there and the leg of that parcel does not count. Legs that fewer than fifty parcels
    were seen to finish are left out.

    Returns
    -------
    dict
        Estimates by first and last hub of a leg.
    """
    leaving = code_table().filter(pl.col("biz_step") == "departing").select("code_system", "code")
    told = events.filter(pl.col("classifier") == "ACT", pl.col("occurred_at") <= now, pl.col("place").is_not_null())
    told = told.select("parcel", "place", "occurred_at", "code_system", "code")
    left = (
        told.join(leaving.lazy(), on=["code_system", "code"], how="semi")
        .group_by("parcel", "place")
        .agg(pl.col("occurred_at").max().alias("left"))
        .collect()
    )
    seen = told.group_by("parcel", "place").agg(pl.col("occurred_at").min().alias("seen")).collect()
    last = told.group_by("parcel").agg(pl.col("occurred_at").max().alias("last")).collect()
    legs = (
        allocations.filter(pl.col("way").is_not_null())
        .select("parcel", "order", "way")
        .join(ways.legs.select("order", "way", "from_hub", "to_hub"), on=["order", "way"])
    )
    rows = legs.join(left, left_on=["parcel", "from_hub"], right_on=["parcel", "place"]).join(
        seen, left_on=["parcel", "to_hub"], right_on=["parcel", "place"], how="left"
    )
    is_over = pl.col("seen").is_not_null()
    rows = rows.join(last, on="parcel").filter(is_over | (pl.col("last") <= pl.col("left")))
    end = pl.coalesce("seen", pl.lit(now))
    spells = rows.filter(end >= pl.col("left")).select(
        pl.col("from_hub").alias("lane"),
        pl.col("to_hub").alias("service"),
        pl.lit("ride").alias("leg"),
        pl.lit(0.0).alias("entry_h"),
        ((end - pl.col("left")).dt.total_seconds() / 3600).alias("exit_h"),
        is_over.alias("ended"),
    )
    found = {}
    for (first, last), counts in count_spells(spells).partition_by("lane", "service", as_dict=True).items():
        if counts["ended"].sum() >= LEAST:
            found[str(first), str(last)] = life_table(counts)
    return found


def travel_patch(case: Case, times: dict[tuple[str, str], LifeTable], quantile: float, scenario: str) -> pl.DataFrame:
    """
    Travel times of services as estimated, as rows of the table ``scenarios``.

    Parameters
    ----------
    quantile
        Part of parcels that were as quick: 0.5 plans what is usual, 0.8 what can be promised.
    """
    rows = []
    for service in case.services:
        pairs = list(zip(service.route, service.route[1:], strict=False))
        if not any(pair in times for pair in pairs):
            continue
        planned = service.travel_h if len(service.travel_h) == len(pairs) else (service.travel_h[0],) * len(pairs)
        hours = [
            round(times[pair].quantile(quantile), 1) if pair in times else told
            for pair, told in zip(pairs, planned, strict=True)
        ]
        value = ">".join(f"{item:g}" for item in hours)
        rows.append((scenario, "services", service.service, "travel_h", value))
    return pl.DataFrame(rows, schema=dict.fromkeys(PATCH_COLUMNS, pl.String), orient="row")
