"""A made-up week: orders of a shop, and what happens to their parcels on the departures they ride. A simulator."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from landbridge.model.case import Case
from landbridge.network.places import look_up
from landbridge.operations.allocation import Ways
from landbridge.operations.parcels.frame import MOMENT
from landbridge.operations.parcels.s10 import check_digit

FILL_FRAC = 0.985
"""How much of the room of the plan's ways the parcels of an order take."""

CUSTOMS_H, DOOR_H = 2.0, 8.0
"""Mean hours from the crossing to release, and from the last hub to the door."""

MISSED_H = 24
"""How long who misses a departure waits for the next one."""

FIRST_NAMES = ("Anna", "Boris", "Chen", "Dmitri", "Elena", "Fang", "Galina", "Hao")
LAST_NAMES = ("Example", "Sample", "Specimen", "Placeholder")


def made_up_orders(ways: Ways, case: Case, good: str, count: int, rng: np.random.Generator) -> pl.DataFrame:
    """
    Orders of a shop for the ways of a plan, as its CSV file has them: with recipients, who are made up too.

    Weights are such that the parcels of an order of the case fill most of its room. They are ready in the hours before
    their order is; their promise is when the planned way arrives, and about a day.

    Parameters
    ----------
    case
        The dated case: when orders are ready.
    """
    table = ways.ways.filter(pl.col("good") == good).sort("order", "arrives", "way")
    table = table.join(_order_ready(case), on="order", how="left", maintain_order="left")
    share = (table["room_kg"] / table["room_kg"].sum()).to_numpy()
    number = np.maximum(1, np.round(share * count)).astype(np.int64)
    index = np.repeat(np.arange(table.height), number)
    index = index[rng.permutation(len(index))[:count]] if len(index) > count else index
    index = np.sort(np.concatenate([index, rng.choice(table.height, count - len(index), p=share)]))
    weight = rng.lognormal(0.0, 0.5, count)
    weight *= (table["room_kg"].to_numpy() * FILL_FRAC / np.bincount(index, weight, table.height).clip(1e-9))[index]
    chosen = table[index]
    rows = pl.DataFrame({"at": np.arange(count), "weight": np.round(np.maximum(weight, 0.001), 4)}).hstack(
        chosen.select("base", "from_hub", "to_hub", "order_ready", "arrives")
    )
    before = pl.Series("before_s", (rng.uniform(2, 14, count) * 3600).astype(np.int64))
    grace = pl.Series("grace_s", (rng.uniform(12, 36, count) * 3600).astype(np.int64))
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    return rows.with_columns(before, grace).select(
        pl.format("demo-{}", "at").alias("order_id"),
        pl.Series(_numbers(count)).alias("tracking_number"),
        pl.col("base").alias("case_order"),
        "from_hub",
        "to_hub",
        pl.col("weight").alias("weight_kg"),
        pl.Series(np.round(rng.lognormal(4.6, 0.6, count), 2)).alias("value"),
        pl.lit("CNY").alias("currency"),
        (pl.col("order_ready") - pl.duration(seconds=pl.col("before_s"))).dt.strftime(stamp).alias("ready"),
        (pl.col("arrives") + pl.duration(seconds=pl.col("grace_s"))).dt.strftime(stamp).alias("promised"),
        pl.Series([f"{FIRST_NAMES[at % 8]} {LAST_NAMES[at % 4]} {at}" for at in range(count)]).alias("recipient"),
        pl.lit("RU").alias("country"),
        pl.lit("690000").alias("postcode"),
    )


def _order_ready(case: Case) -> pl.DataFrame:
    places, orders = look_up(case), [row for row in case.orders if row.from_hub]
    clock = places.clock
    minutes = [clock.minute(row.ready, places.zone_by_hub[row.from_hub]) if row.ready else 0 for row in orders]
    moments = [clock.start + timedelta(minutes=minute) for minute in minutes]
    return pl.DataFrame(
        {"order": [row.order for row in orders], "order_ready": moments},
        schema={"order": pl.String, "order_ready": MOMENT},
    )


def _numbers(count: int) -> list[str]:
    """S10 numbers for domestic or bilateral use: no post's range."""
    return [f"ZA{at:08d}{check_digit(f'{at:08d}')}CN" for at in range(count)]


def journeys(allocations: pl.DataFrame, ways: Ways, case: Case, seed: int) -> pl.DataFrame:
    """
    Let parcels travel on their ways: a row an event, with its EMSEVT code, hub and moment.

    Departures run late with all that they carry; crossings have good and bad days that last; who comes
    too late for the next departure waits a day. What happens to a departure or a parcel depends on its name and the
    seed only, so that a plan changed on the way finds the same world.
    """
    country = {row.region: row.country for row in case.regions}
    hubs = pl.DataFrame({"hub": [row.hub for row in case.hubs], "country": [country[row.region] for row in case.hubs]})
    legs = (
        ways.legs.rename({"from_hub": "off", "to_hub": "on"})
        .join(hubs, left_on="off", right_on="hub")
        .join(hubs, left_on="on", right_on="hub", suffix="_on")
    )
    legs = legs.sort("order", "way", "seq").with_columns((pl.col("country") != pl.col("country_on")).alias("crosses"))
    legs = legs.with_columns(_late(legs, seed))
    late = pl.duration(seconds=pl.col("late_s"))
    legs = legs.with_columns(pl.col("leaves") + late, pl.col("arrives") + late)
    placed = allocations.filter(pl.col("way").is_not_null()).select(
        "parcel", "number", "order", "way", "ready", "to_hub"
    )
    placed = placed.with_columns(pl.Series("u", _uniform(placed["parcel"], seed)))
    columns = ("order", "way", "seq", "departs", "off", "on", "leaves", "arrives", "crosses")
    rides = placed.select("parcel", "order", "way", "u").join(legs.select(columns), on=["order", "way"])
    rides = rides.sort("parcel", "seq").with_columns(_changes().alias("changes"))
    rides = rides.with_columns(_waits().alias("wait_h"))
    wait = pl.duration(hours=pl.col("wait_h"))
    return _events(placed, rides.with_columns(pl.col("leaves") + wait, pl.col("arrives") + wait))


def _late(legs: pl.DataFrame, seed: int) -> pl.Series:
    """Seconds late of each leg: its departure's own, and after a crossing that of the day there."""
    rng = np.random.default_rng([seed, 1])
    bad_days = np.exp(np.cumsum(rng.normal(0.0, 0.3, 64)) - 0.5)
    name = legs["service"] + "@" + legs["departs"].dt.strftime("%Y-%m-%dT%H:%M")
    own = -np.log1p(-_uniform(name, seed) * 0.999) * 1800.0
    day = legs["departs"].dt.epoch("d").to_numpy() % 64
    across = legs.select(pl.col("crosses").cast(pl.Int64).cum_sum().over("order", "way"))["crosses"].to_numpy() > 0
    return pl.Series("late_s", (own + across * bad_days[day] * 1800.0).astype(np.int64))


def _uniform(names: pl.Series, seed: int) -> NDArray[np.float64]:
    """A number in (0, 1) for each name: the same whenever it is asked."""
    known = names.unique()
    values = [(zlib.crc32(f"{seed}:{name}".encode()) + 0.5) / 2**32 for name in known.to_list()]
    return names.replace_strict(known, pl.Series(values), return_dtype=pl.Float64).to_numpy()


def _changes() -> pl.Expr:
    """Whether a leg is ridden on another departure than the one before it."""
    return (pl.col("departs") != pl.col("departs").shift(1).over("parcel")).fill_null(value=False)


def _waits() -> pl.Expr:
    """Hours by which parcels that missed a departure go later, from then on."""
    is_missed = (pl.col("arrives").shift(1).over("parcel") > pl.col("leaves")).fill_null(value=False)
    return (pl.col("changes") & is_missed).cast(pl.Int64).cum_sum().over("parcel") * MISSED_H


def _events(placed: pl.DataFrame, rides: pl.DataFrame) -> pl.DataFrame:
    by_parcel = rides.group_by("parcel", maintain_order=True)
    ends = by_parcel.agg(
        pl.col("off").first(), pl.col("leaves").first(), pl.col("arrives").last(), pl.col("u").first()
    ).join(placed.select("parcel", "ready", "to_hub"), on="parcel")
    crossing = rides.filter("crosses")
    transfers = rides.filter(pl.col("changes").shift(-1).over("parcel").fill_null(value=False) & ~pl.col("crosses"))
    wait = -(1.0 - pl.col("u")).log()  # exponential, mean 1
    accept = pl.min_horizontal("ready", pl.col("leaves") - pl.duration(minutes=30))
    release = pl.col("arrives") + pl.duration(seconds=(wait * CUSTOMS_H * 3600).cast(pl.Int64))
    door = pl.col("arrives") + pl.duration(seconds=((0.3 + wait) * DOOR_H * 3600).cast(pl.Int64))
    pieces = [
        ends.select("parcel", code=pl.lit("EMA"), place="off", moment=accept),
        transfers.select("parcel", code=pl.lit("EMJ"), place="on", moment="arrives"),
        crossing.select("parcel", code=pl.lit("EMC"), place="off", moment="leaves"),
        crossing.select("parcel", code=pl.lit("EMD"), place="on", moment="arrives"),
        crossing.select("parcel", code=pl.lit("EMF"), place="on", moment=release),
        ends.select("parcel", code=pl.lit("EMG"), place="to_hub", moment="arrives"),
        ends.select("parcel", code=pl.lit("EMI"), place="to_hub", moment=door),
    ]
    return pl.concat(pieces).join(placed.select("parcel", "number"), on="parcel").sort("moment", "parcel")


def between(events: pl.DataFrame, first: datetime | None, last: datetime | None) -> pl.DataFrame:
    """Events of a stretch of time, in the columns of the format ``emsevt``."""
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    keep = pl.lit(value=True)
    if first is not None:
        keep = keep & (pl.col("moment") > first)
    if last is not None:
        keep = keep & (pl.col("moment") <= last)
    return events.filter(keep).select(
        "number",
        "code",
        pl.col("moment").dt.strftime(stamp).alias("occurred_at"),
        (pl.col("moment") + pl.duration(minutes=10)).dt.strftime(stamp).alias("recorded_at"),
        "place",
    )
