"""Tables of the store: their columns and how each is split into parts. None has a column for a person."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import polars as pl

from landbridge.operations.parcels.frame import MOMENT, PARCEL_SCHEMA

BUCKETS = 16
"""Parts into which whatever belongs to a parcel is split by its id: one part is folded at a time."""

STATUSES = (
    "pending",
    "picked_up",
    "in_transit",
    "on_hold",
    "out_for_delivery",
    "ready_for_pickup",
    "delivery_failed",
    "delivery_delayed",
    "delivered",
    "return_to_sender",
    "cancelled",
    "unknown",
)
"""The twelve statuses of a parcel (those of Karrio)."""

STATUS = pl.Enum(STATUSES)

CLASSIFIERS = ("PLN", "EST", "ACT")
"""Planned, estimated or actual, as DCSA writes it."""

CLASSIFIER = pl.Enum(CLASSIFIERS)

STAGES = 6
"""Milestones of a parcel: accepted, left the country, arrived, cleared, at the delivery office, delivered."""

EVENTS = pl.Schema(
    {
        "parcel": pl.String(),
        "event": pl.String(),
        "digest": pl.Binary(),
        "code_system": pl.String(),
        "code": pl.String(),
        "status": STATUS,
        "reason": pl.String(),
        "classifier": CLASSIFIER,
        "occurred_at": MOMENT,
        "offset_min": pl.Int16(),
        "recorded_at": MOMENT,
        "place": pl.String(),
        "source": pl.String(),
        "corrects": pl.String(),
        "sequence": pl.Int16(),
        "stage": pl.Int8(),
        "raw": pl.String(),
    }
)
"""
What was told of a parcel. ``event`` is the source's own id, blank where it gives none; ``digest`` is the same for
the same event told twice; ``corrects`` names the event (its id, or its digest in hexadecimals) that this one
replaces; ``offset_min`` is the zone as received; ``raw`` holds the known cells as received, as JSON.
"""

UNIT_EVENTS = pl.Schema({("unit" if name == "parcel" else name): kind for name, kind in EVENTS.items()})
"""What was told of a container, a bag or a departure: an event of whatever is in it at that moment."""

LOADS = pl.Schema(
    {
        "content": pl.String(),
        "unit": pl.String(),
        "action": pl.Enum(["in", "out"]),
        "occurred_at": MOMENT,
        "recorded_at": MOMENT,
        "event": pl.String(),
        "digest": pl.Binary(),
        "source": pl.String(),
        "corrects": pl.String(),
    }
)
"""
What was put into which unit, or taken out. ``content`` is a parcel or, in ``unit_loads``, another unit; there it is
blank where all of a unit was taken out at once.
"""

LEGS = pl.Schema(
    {
        "order": pl.String(),
        "way": pl.String(),
        "seq": pl.Int64(),
        "service": pl.String(),
        "departs": MOMENT,
        "from_hub": pl.String(),
        "to_hub": pl.String(),
        "leaves": MOMENT,
        "arrives": MOMENT,
        "crosses": pl.Boolean(),
    }
)
"""Legs of the ways of the plan that is followed; ``crosses``: its ends lie in two countries."""

ALLOCATIONS = pl.Schema(
    {
        "parcel": pl.String(),
        "number": pl.String(),
        "order": pl.String(),
        "good": pl.String(),
        "from_hub": pl.String(),
        "to_hub": pl.String(),
        "weight_kg": pl.Float64(),
        "ready": MOMENT,
        "promised": MOMENT,
        "way": pl.String(),
        "leaves": MOMENT,
        "arrives": MOMENT,
        "code": pl.String(),
    }
)
"""
A parcel's place in the plan: the ``order`` of the run it counts as, the ``way`` it takes, when it leaves and arrives.
Where it has no place ``way`` is blank and ``code`` says why; ``late`` has a place that misses the promise.
"""

STATES = pl.Schema(
    {
        "parcel": pl.String(),
        "status": STATUS,
        "reason": pl.String(),
        "code": pl.String(),
        "place": pl.String(),
        "at": MOMENT,
        "stage": pl.Int8(),
        **{f"t{stage}": MOMENT for stage in range(STAGES)},
        "ended_at": MOMENT,
        "planned_at": MOMENT,
        "estimated_at": MOMENT,
        "events": pl.UInt32(),
        "early": pl.UInt32(),
        "after_end": pl.UInt32(),
        "corrected": pl.UInt32(),
    }
)
"""What the events of a parcel come to; ``t0`` to ``t5`` are the moments of its milestones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """
    One table of the store.

    Parameters
    ----------
    schema
        Its columns.
    by_day
        Moment by whose day it is split; blank: it is split by a bucket.
    by_bucket
        Name whose bucket that is; blank too: the table is one part, called ``all``.
    span
        Moment whose least and greatest value is remembered of each file, so that others need not be opened.
    """

    schema: pl.Schema
    by_day: str = ""
    by_bucket: str = "parcel"
    span: str = ""


TABLES: dict[str, TableSpec] = {
    "parcels": TableSpec(schema=pl.Schema(PARCEL_SCHEMA), by_day="ready"),
    "allocations": TableSpec(schema=ALLOCATIONS),
    "events": TableSpec(schema=EVENTS, span="occurred_at"),
    "states": TableSpec(schema=STATES),
    "legs": TableSpec(schema=LEGS, by_bucket="order"),
    "loads": TableSpec(schema=LOADS, by_bucket="content", span="occurred_at"),
    "unit_loads": TableSpec(schema=LOADS, by_bucket="", span="occurred_at"),
    "unit_events": TableSpec(schema=UNIT_EVENTS, by_bucket="", span="occurred_at"),
}


def bucket_of(parcels: pl.Series) -> pl.Series:
    """Bucket of each parcel id, 0 to 15: the same on every machine and for ever (CRC-32)."""
    known = parcels.unique()
    numbers = [zlib.crc32(name.encode()) % BUCKETS for name in known.to_list()]
    return parcels.replace_strict(known, pl.Series(numbers, dtype=pl.UInt8), return_dtype=pl.UInt8)
