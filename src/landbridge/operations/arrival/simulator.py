"""
A simulator of parcels on a corridor. It is made up: for tests, demonstrations and for the back-test of estimates.

Parcels are accepted through the day, leave the country by trains that wait for them, cross together, are cleared
and delivered. Delays are not independent: each day has its own on the border and in customs, which carries over to
the next, each train has its own, and a slow spell at the border can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from landbridge.operations.arrival.life_table import FloatArray, IntArray
from landbridge.operations.parcels.frame import MOMENT, PARCEL_SCHEMA
from landbridge.operations.parcels.s10 import check_digit

LANES = (("city:CN-HL", "city:RU-PRI"), ("city:CN-HL", "city:RU-ZAB"), ("city:CN-JL", "city:RU-PRI"))
SERVICES = ("ZA", "BA")
"""Two kinds of parcels, by the sign of their number: both for domestic or bilateral use, no post's real range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """
    What is simulated.

    Parameters
    ----------
    days, parcels_a_day
        How long parcels are accepted, and how many on all lanes together.
    train_every_h
        Hours between two trains of a lane.
    persistence
        How much of a day's delay, in logarithms, carries over to the next: 0 to below 1.
    day_spread, train_spread, own_spread
        Spread, in logarithms, of the delay of a day, of a train and of a parcel.
    slow_from, slow_days, slow_factor
        Day from which the border takes longer, for how long and by which factor.
    lost_frac
        Part of the parcels that are sent back from customs.
    """

    start: datetime = datetime(2026, 6, 1, tzinfo=UTC)
    days: int = 120
    parcels_a_day: int = 300
    train_every_h: float = 24.0
    persistence: float = 0.6
    day_spread: float = 0.12
    train_spread: float = 0.12
    own_spread: float = 0.35
    slow_from: int = -1
    slow_days: int = 40
    slow_factor: float = 1.6
    lost_frac: float = 0.01


MEDIAN_H = {"sort": 36.0, "border": 96.0, "customs": 36.0, "inland": 72.0, "last": 24.0}
"""Median hours of each leg; with the wait for a train a parcel is about twelve days on its way."""


def simulate(corridor: Corridor, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """
    Simulate a corridor.

    Returns
    -------
    tuple
        Parcels, as :data:`landbridge.operations.parcels.frame.PARCEL_SCHEMA`, and the moments of their milestones:
        ``parcel``, ``t0`` to ``t5``, ``returned``, in hours since the start.
    """
    rng = np.random.default_rng(seed)
    count = corridor.days * corridor.parcels_a_day
    lane, service = rng.integers(len(LANES), size=count), rng.integers(len(SERVICES), size=count)
    accepted = rng.uniform(0, 24.0 * corridor.days, size=count)
    pace = np.array([1.0, 1.35])[service] * np.array([1.0, 1.25, 0.85])[lane]
    own = corridor.own_spread

    def lasts(leg: str, size: FloatArray) -> FloatArray:
        return MEDIAN_H[leg] * size * np.exp(own * rng.standard_normal(count))

    ready = accepted + lasts("sort", np.ones(count))
    train = np.ceil((ready + 5.0 * lane) / corridor.train_every_h).astype(np.int64)
    left = train * corridor.train_every_h - 5.0 * lane
    border_day = _days(corridor, rng)
    of_train = np.exp(corridor.train_spread * rng.standard_normal((len(LANES), int(train.max()) + 1)))
    arrived = left + MEDIAN_H["border"] * of_train[lane, train] * _at(border_day, left) * _slow(corridor, left)
    cleared = arrived + lasts("customs", pace) * _at(_days(corridor, rng), arrived)
    office = cleared + lasts("inland", pace)
    delivered = office + lasts("last", pace)
    returned = np.where(rng.random(count) < corridor.lost_frac, cleared, np.nan)
    gone = ~np.isnan(returned)
    times = {"t0": accepted, "t1": left, "t2": arrived, "t3": cleared, "t4": office, "t5": delivered}
    for name in ("t3", "t4", "t5"):
        times[name] = np.where(gone, np.nan, times[name])
    return _parcels(corridor, seed, lane, service, accepted), pl.DataFrame(
        {"parcel": [f"sim:{seed}-{at}" for at in range(count)], **times, "returned": returned}
    )


def _days(corridor: Corridor, rng: np.random.Generator) -> FloatArray:
    """Factor of each day: an autoregression of its logarithm."""
    size = corridor.days + 200
    found = np.zeros(size)
    fresh = rng.standard_normal(size) * corridor.day_spread * np.sqrt(1 - corridor.persistence**2)
    for day in range(1, size):
        found[day] = corridor.persistence * found[day - 1] + fresh[day]
    return np.exp(found)


def _at(days: FloatArray, hours: FloatArray) -> FloatArray:
    return np.asarray(days[np.clip((hours / 24.0).astype(np.int64), 0, len(days) - 1)])


def _slow(corridor: Corridor, hours: FloatArray) -> FloatArray:
    day = hours / 24.0
    is_slow = (corridor.slow_from >= 0) & (day >= corridor.slow_from) & (day < corridor.slow_from + corridor.slow_days)
    return np.where(is_slow, corridor.slow_factor, 1.0)


def _parcels(corridor: Corridor, seed: int, lane: IntArray, service: IntArray, accepted: FloatArray) -> pl.DataFrame:
    count = len(accepted)
    serials = [f"{at:08d}" for at in range(count)]
    numbers = [
        f"{SERVICES[kind]}{serial}{check_digit(serial)}CN"
        for serial, kind in zip(serials, service.tolist(), strict=True)
    ]
    moment = (pl.lit(corridor.start).cast(MOMENT) + pl.duration(seconds=pl.col("s"))).alias("ready")
    ready = pl.DataFrame({"s": (accepted * 3600).astype(np.int64)}).select(moment)["ready"]
    frame = pl.DataFrame(
        {
            "parcel": [f"sim:{seed}-{at}" for at in range(count)],
            "number": numbers,
            "channel": ["sim"] * count,
            "external_id": [f"{seed}-{at}" for at in range(count)],
            "from_hub": [LANES[at][0] for at in lane.tolist()],
            "to_hub": [LANES[at][1] for at in lane.tolist()],
            "ready": ready,
        }
    )
    fill = {"good": "parcel", "weight_kg": 0.5, "value": 100, "currency": "CNY"}
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(fill.get(name))).cast(kind).alias(name)
        for name, kind in PARCEL_SCHEMA.items()
    )


_CODES = ("EMA", "EMC", "EMD", "EMF", "EMG", "EMI")


def events_of(corridor: Corridor, parcels: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """Write milestones as EMSEVT events, in the columns of the format ``emsevt``, in the order they were recorded."""
    rows = times.with_columns(parcels["number"])
    pieces = [
        rows.select("number", pl.lit(code).alias("code"), pl.col(f"t{stage}").alias("hours"))
        for stage, code in enumerate(_CODES)
    ]
    pieces.append(rows.select("number", pl.lit("EDX").alias("code"), pl.col("returned").alias("hours")))
    moment = pl.lit(corridor.start).cast(MOMENT) + pl.duration(seconds=(pl.col("hours") * 3600).cast(pl.Int64))
    return (
        pl.concat(pieces)
        .filter(pl.col("hours").is_not_nan())
        .sort("hours", "number")
        .select(
            "number",
            "code",
            moment.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("occurred_at"),
            (moment + pl.duration(minutes=20)).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("recorded_at"),
        )
    )


def states_of(corridor: Corridor, times: pl.DataFrame) -> pl.DataFrame:
    """States of simulated parcels at the end of all, without the way through a file of events."""

    def moment(name: str) -> pl.Expr:
        hours = pl.when(pl.col(name).is_not_nan()).then(name)
        return (pl.lit(corridor.start).cast(MOMENT) + pl.duration(seconds=(hours * 3600).cast(pl.Int64))).alias(name)

    found = times.select("parcel", *(moment(f"t{stage}") for stage in range(6)), moment("returned"))
    return found.with_columns(pl.coalesce("returned", "t5").alias("ended_at")).drop("returned")
