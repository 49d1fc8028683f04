"""One parcel: its milestones as planned, estimated and actual, and what was told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from landbridge.errors import UnknownName
from landbridge.operations.arrival import Estimates, on_lanes, on_the_way, predict
from landbridge.operations.arrival.estimate import ALL_STAGES, PROMISED, SHOWN
from landbridge.operations.control.expect import CLEARING_H, LAST_MILE_H
from landbridge.operations.events import fold
from landbridge.operations.events.codes import code_table
from landbridge.operations.events.corrected import live
from landbridge.operations.events.spread import spread
from landbridge.operations.parcels.frame import MOMENT
from landbridge.operations.store import EVENTS, LEGS, Store, bucket_of

MILESTONES = ("accepted", "left the country", "arrived", "cleared", "at the delivery office", "delivered")
"""Names of the milestones, by number."""

_CODES = ("EMA", "EMC", "EMD", "EMF", "EMG", "EMI")
"""Codes of EMSEVT that mean the milestones, for those that are written as events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """
    One milestone of a parcel.

    Parameters
    ----------
    planned, estimated, promised, actual
        Moments: of the plan, the median of the estimates, their 80 % quantile, and what happened; None = not known,
        or, of estimates, over.
    told_planned, told_estimated
        The same as a carrier last told it.
    place
        Where it happened, or where the plan has it.
    """

    stage: int
    name: str
    planned: datetime | None
    estimated: datetime | None
    promised: datetime | None
    actual: datetime | None
    told_planned: datetime | None
    told_estimated: datetime | None
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """
    What is known of a parcel.

    Parameters
    ----------
    code
        Why it has no place in the plan, or ``late``; blank: it has one in time.
    legs
        Its way: ``service``, ``departs``, ``from_hub``, ``to_hub``, ``leaves``, ``arrives``.
    events
        What was told and counts, of it or of units it was in, by when it happened: ``occurred_at``, ``classifier``,
        ``status``, ``code_system``, ``code``, ``place``, ``unit`` (blank: it was told of the parcel).
    """

    parcel: str
    number: str | None
    status: str
    code: str
    promised: datetime | None
    milestones: tuple[Milestone, ...]
    legs: pl.DataFrame
    events: pl.DataFrame


def timeline(store: Store, name: str, now: datetime, estimates: Estimates | None = None) -> Timeline:
    """
    Tell all that is known of a parcel at a moment.

    Parameters
    ----------
    name
        Its id, or its number; of two parcels with one number the later one.
    estimates
        Of the store at that moment (:func:`landbridge.operations.control.estimates_of`); default: no estimates.

    Raises
    ------
    UnknownName
        When there is no such parcel (code ``unknown-parcel``).
    """
    parcel, number = _named(store, name)
    bucket = f"{bucket_of(pl.Series([parcel]))[0]:02d}"
    mine = pl.col("parcel") == parcel
    place = store.scan("allocations", bucket).filter(mine).collect()
    told = _told(store, bucket, parcel, now)
    state = fold(told.lazy().select(*EVENTS))
    planned = {row["stage"]: row for row in planned_milestones(store, bucket).filter(mine).collect().to_dicts()}
    ahead = _ahead(state, place, now, estimates)
    where = told.filter(pl.col("classifier") == "ACT").drop_nulls("stage").unique("stage", keep="first")
    where_by_stage = dict(where.select("stage", "place").iter_rows())
    row = state.to_dicts()[0] if state.height else {}

    def milestone(stage: int) -> Milestone:
        plan, actual = planned.get(stage, {}), row.get(f"t{stage}")
        shown, promised = ahead.get(stage, (None, None))
        return Milestone(
            stage=stage,
            name=MILESTONES[stage],
            planned=plan.get("planned"),
            estimated=shown,
            promised=promised,
            actual=actual,
            told_planned=_last(told, "PLN", stage),
            told_estimated=_last(told, "EST", stage),
            place=where_by_stage.get(stage) if actual is not None else plan.get("place"),
        )

    columns = ("occurred_at", "classifier", "status", "code_system", "code", "place", "unit")
    return Timeline(
        parcel=parcel,
        number=number,
        status=str(row.get("status", "pending")),
        code=place["code"][0] or "" if place.height else "",
        promised=place["promised"][0] if place.height else None,
        milestones=tuple(milestone(stage) for stage in ALL_STAGES),
        legs=_legs_of(store, place),
        events=told.select(columns).with_columns(pl.col("classifier", "status").cast(pl.String)),
    )


def milestone_table(told: Timeline) -> pl.DataFrame:
    """Milestones for reading; where we have no estimate or plan, what a carrier told."""
    rows = [
        (
            item.name,
            item.planned or item.told_planned,
            (item.estimated or item.told_estimated) if item.actual is None else None,
            item.promised if item.actual is None else None,
            item.actual,
            item.place or "",
        )
        for item in told.milestones
    ]
    schema: dict[str, pl.DataType] = {"milestone": pl.String()}
    schema |= dict.fromkeys(("planned", "estimated", "by 80 %", "actual"), MOMENT)
    return pl.DataFrame(rows, schema=schema | {"place": pl.String()}, orient="row")


def _named(store: Store, name: str) -> tuple[str, str | None]:
    plain = "".join(name.split()).upper()
    same = (pl.col("parcel") == name) | (pl.col("number").str.to_uppercase() == plain)
    found = store.scan("parcels").select("parcel", "number", "ready").filter(same).collect().sort("ready")
    if found.is_empty():
        raise UnknownName(
            f"{name!r} is no parcel of {store.folder}; expected its id or its number.", code="unknown-parcel"
        )
    parcel, number, _ = found.row(-1)
    return parcel, number


def _told(store: Store, bucket: str, parcel: str, now: datetime) -> pl.DataFrame:
    """What was told of a parcel and counts, of its own and of its units, up to a moment."""
    own = store.scan("events", bucket).filter(pl.col("parcel") == parcel).collect()
    frames = [own.with_columns(pl.lit(None, dtype=pl.String).alias("unit"))]
    if store.rows("unit_events"):
        frames.append(spread(store, bucket, parcel))
    rows = live(pl.concat(frames), "parcel")
    rows = rows.filter((pl.col("classifier") != "ACT") | (pl.col("occurred_at") <= now))
    return rows.sort("occurred_at", "sequence", "recorded_at", "digest")


def _last(told: pl.DataFrame, classifier: str, stage: int) -> datetime | None:
    """When a milestone was planned or estimated, as it was told last."""
    mine = told.filter((pl.col("classifier") == classifier) & (pl.col("stage") == stage)).sort("recorded_at")
    found: datetime | None = mine["occurred_at"][-1] if mine.height else None
    return found


def _ahead(
    state: pl.DataFrame, place: pl.DataFrame, now: datetime, estimates: Estimates | None
) -> dict[int, tuple[datetime, datetime]]:
    """Median and 80 % quantile of each milestone to come."""
    if estimates is None or state.is_empty() or place.is_empty():
        return {}
    waiting = on_the_way(on_lanes(state, place), now)
    if waiting.is_empty():
        return {}
    lane, reached = waiting["lane"][0], waiting["stage"][0]
    chain = estimates.chain_by_lane.get(lane, ALL_STAGES)
    found = {}
    for stage in (item for item in chain if item > reached):
        row = predict(estimates, waiting, now, (SHOWN, PROMISED), until=stage).to_dicts()[0]
        found[stage] = (row["p50"], row["p80"])
    return found


def _legs_of(store: Store, place: pl.DataFrame) -> pl.DataFrame:
    columns = ("service", "departs", "from_hub", "to_hub", "leaves", "arrives")
    if place.is_empty() or place["way"][0] is None:
        return pl.DataFrame(schema={name: LEGS[name] for name in columns})
    order, way = place["order"][0], place["way"][0]
    mine = (pl.col("order") == order) & (pl.col("way") == way)
    return (
        store.scan("legs", f"{bucket_of(pl.Series([order]))[0]:02d}").filter(mine).sort("seq").select(columns).collect()
    )


# Milestones of the plan


def planned_milestones(store: Store, bucket: str | None = None) -> pl.LazyFrame:
    """
    Give the milestones that the plan has of the parcels of a bucket, or of all.

    A row each: ``parcel``, ``stage``, ``planned`` and ``place``.

    The plan says when a parcel leaves, crosses and arrives at its last hub. Customs take the planner's usual time
    within the crossing, the last mile after it. A way that crosses no border has no milestones there.
    """
    crossing = (
        store.scan("legs")
        .filter("crosses")
        .sort("seq")
        .group_by("order", "way")
        .agg(
            pl.col("leaves", "from_hub").first().name.map(lambda name: f"out_{name}"),
            pl.col("arrives", "to_hub").last().name.map(lambda name: f"in_{name}"),
        )
    )
    placed = store.scan("allocations", bucket).filter(pl.col("way").is_not_null())
    rows = placed.join(crossing, on=["order", "way"], how="left")
    cleared = pl.min_horizontal(pl.col("in_arrives") + timedelta(hours=CLEARING_H), "arrives")
    stages = (
        (pl.col("leaves"), "from_hub"),
        (pl.col("out_leaves"), "out_from_hub"),
        (pl.col("in_arrives"), "in_to_hub"),
        (pl.when(pl.col("in_arrives").is_not_null()).then(cleared), "in_to_hub"),
        (pl.col("arrives"), "to_hub"),
        (pl.col("arrives") + timedelta(hours=LAST_MILE_H), "to_hub"),
    )
    parts = [
        rows.select(
            "parcel", pl.lit(stage, dtype=pl.Int8).alias("stage"), moment.alias("planned"), pl.col(place).alias("place")
        )
        for stage, (moment, place) in enumerate(stages)
    ]
    return pl.concat(parts).drop_nulls("planned")


def planned_events(store: Store, now: datetime) -> pl.DataFrame:
    """
    Milestones of the plan as events that are planned (:data:`landbridge.operations.store.EVENTS`), in codes of EMSEVT.

    They are not kept: the plan that is followed says them, and says others after a re-plan.
    """
    codes = (
        code_table()
        .filter(pl.col("code_system") == "emsevt")
        .filter(pl.col("code").is_in(list(_CODES)))
        .select("code_system", "code", "status", "sequence", "stage")
    )
    rows = planned_milestones(store).collect().join(codes, on="stage", how="inner")
    text = pl.concat_str("parcel", "code", pl.col("planned").dt.timestamp("us").cast(pl.String), separator="\x1f")
    told = rows.with_columns(
        pl.lit("PLN").alias("classifier"),
        pl.col("planned").alias("occurred_at"),
        pl.lit(now).alias("recorded_at"),
        pl.lit(0).alias("offset_min"),
        pl.lit("plan").alias("source"),
        rows.select(text).to_series().map_elements(_digest, return_dtype=pl.Binary).alias("digest"),
    )
    return told.select(
        (pl.col(name) if name in told.columns else pl.lit(None)).cast(kind).alias(name) for name, kind in EVENTS.items()
    )


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
