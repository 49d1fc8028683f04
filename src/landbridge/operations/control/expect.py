"""What the estimates say of parcels on their way: arrival shown and promised, alarms, promises in danger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from landbridge.model.case import Case
from landbridge.operations.allocation import Ways
from landbridge.operations.arrival import Estimates, on_the_way, predict
from landbridge.operations.arrival.by_bucket import estimate_store, lane_states
from landbridge.operations.arrival.estimate import AT_OFFICE, PROMISED
from landbridge.operations.store import Store

LAST_MILE_H = 24.0
"""Planner's time from the last hub to the door: the plan ends at the hub."""

CLEARING_H = 6.0
"""Planner's time at customs where the plan has it within the crossing's leg."""


def planned_hours(case: Case, ways: Ways) -> Mapping[tuple[str, str], float]:
    """
    The planner's hours of each leg between milestones, by lane: what an estimate falls back on.

    Leaving the country is the leg whose ends lie in two countries; the median over the ways of a lane.
    """
    country = {row.region: row.country for row in case.regions}
    hubs = pl.DataFrame({"hub": [row.hub for row in case.hubs], "country": [country[row.region] for row in case.hubs]})
    legs = ways.legs.join(hubs, left_on="from_hub", right_on="hub", maintain_order="left").join(
        hubs, left_on="to_hub", right_on="hub", suffix="_to", maintain_order="left"
    )
    crossing = (
        legs.filter(pl.col("country") != pl.col("country_to"))
        .group_by("order", "way")
        .agg(pl.col("leaves").min().alias("out"), pl.col("arrives").max().alias("in"))
    )
    rows = ways.ways.join(crossing, on=["order", "way"]).group_by("from_hub", "to_hub").agg(
        ((pl.col("out") - pl.col("leaves")).dt.total_seconds() / 3600).median().alias("0-1"),
        ((pl.col("in") - pl.col("out")).dt.total_seconds() / 3600).median().alias("1-2"),
        ((pl.col("arrives") - pl.col("in")).dt.total_seconds() / 3600).median().alias("3-4"),
    )  # fmt: skip
    found: dict[tuple[str, str], float] = {}
    for row in rows.iter_rows(named=True):
        lane = f"{row['from_hub']}>{row['to_hub']}"
        for leg in ("0-1", "1-2", "3-4"):
            found[lane, leg] = float(row[leg])
        found[lane, "2-3"], found[lane, "4-5"] = CLEARING_H, LAST_MILE_H
    return found


def estimates_of(store: Store, now: datetime, case: Case, ways: Ways, seed: int = 0) -> tuple[Estimates, pl.DataFrame]:
    """Estimates from a store at a moment, and the parcels on their way then."""
    found = estimate_store(store, now, planned_h=planned_hours(case, ways), seed=seed)
    return found, on_the_way(lane_states(store), now)


def expected(store: Store, now: datetime, case: Case, ways: Ways, seed: int = 0) -> pl.DataFrame:
    """
    Arrivals that are expected, with promises.

    Returns
    -------
    pl.DataFrame
        A row a parcel on its way: ``parcel``, ``lane``, ``service``, ``stage``, ``age_h``, ``p50``, ``p80``, ``p95``,
        ``alarm``, ``hub_p80``, ``promised`` and ``in_danger``: whether the promise, which is made for the last
        hub, lies before the 80 % quantile there.
    """
    estimates, waiting = estimates_of(store, now, case, ways, seed)
    promised = store.scan("allocations").select("parcel", "promised").collect()
    at_hub = predict(estimates, waiting, now, (PROMISED,), until=AT_OFFICE)["p80"].alias("hub_p80")
    found = predict(estimates, waiting, now).with_columns(at_hub)
    found = found.join(promised, on="parcel", how="left", maintain_order="left")
    return found.with_columns(
        ((pl.col("hub_p80") > pl.col("promised")) & (pl.col("stage") < AT_OFFICE))
        .fill_null(value=False)
        .alias("in_danger")
    )
