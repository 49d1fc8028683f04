"""What is told of a followed plan: how it stands, each parcel with its milestones, each departure, and manifests."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from landbridge.operations.allocation import Ways, rides
from landbridge.operations.arrival import predict
from landbridge.operations.arrival.estimate import ALL_STAGES, AT_OFFICE, PROMISED, SHOWN
from landbridge.operations.control import Followed, estimates_of, missed_departures, progress
from landbridge.operations.control.timeline import planned_milestones
from landbridge.operations.control.views import BEHIND_H, last_moment, with_texts
from landbridge.operations.events.corrected import live
from landbridge.operations.events.inside import Inside
from landbridge.operations.events.units import unit_kind
from landbridge.operations.live.steps import codes_of
from landbridge.operations.parcels.frame import MOMENT
from landbridge.operations.store import Store
from landbridge.operations.store.schema import BUCKETS

MILESTONES = ("accepted", "left_country", "entered_country", "cleared", "at_office", "delivered")
"""What a parcel passes; the first five end at the plan's last hub, the last one at the door."""

_MS = tuple(f"m{stage}" for stage in ALL_STAGES)
_SECONDS = pl.Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What pages read of a followed plan.

    Parameters
    ----------
    as_of
        Moment that all of it is told for: that of the last event; None where nothing has been told yet.
    standing
        Counts, as plain data.
    parcels
        A row a parcel; moments are seconds since 1970.
    departures
        A row a departure, as plain data.
    units
        A row a unit that parcels were loaded into, as plain data.
    """

    as_of: datetime | None
    standing: dict[str, Any]
    parcels: pl.DataFrame
    departures: list[dict[str, Any]]
    units: list[dict[str, Any]]

    def changed(self, known: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """Rows of parcels that are new, or differ from what is known of them by digest."""
        for row in self.parcels.iter_rows(named=True):
            if known.get(row["parcel"]) != row["digest"]:
                yield row

    def gone(self, known: Mapping[str, int]) -> list[str]:
        """Parcels that are known and are not there any more."""
        present = set(self.parcels["parcel"].to_list())
        return [parcel for parcel in known if parcel not in present]


def tell_all(store: Store, followed: Followed) -> Told:
    """Tell how everything stands at the moment of the last event."""
    as_of = last_moment(store)
    allocations, states = store.scan("allocations").collect(), store.scan("states").collect()
    moment = as_of or _before(allocations)
    where = progress(states, allocations, followed.ways, moment)
    rows = allocations.join(states, on="parcel", how="left", suffix="_told", maintain_order="left")
    rows = rows.join(where.select("parcel", "behind_h"), on="parcel", how="left", maintain_order="left")
    rows = rows.join(_foreseen(store, followed, moment), on="parcel", how="left", maintain_order="left")
    rows = _planned(rows, store)
    inside = _inside(store, as_of)
    rows = rows.join(_units_by_parcel(inside), on="parcel", how="left", maintain_order="left")
    in_danger = (pl.col("office_p80") > pl.col("promised")) & (pl.col("told_stage") < AT_OFFICE)
    rows = rows.with_columns(in_danger.fill_null(value=False).alias("in_danger"))
    missed = missed_departures(where, allocations, followed.ways, moment)
    return Told(
        as_of=as_of,
        standing=_standing(rows, missed, as_of),
        parcels=_rows(rows),
        departures=_departures(allocations, where, missed, followed.ways),
        units=_units(store, inside),
    )


def _before(allocations: pl.DataFrame) -> datetime:
    """Return a moment at which nothing has left yet: nobody is behind while nothing was told."""
    found = allocations["leaves"].min() if allocations.height else None
    return found if isinstance(found, datetime) else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


# Parcels


def _foreseen(store: Store, followed: Followed, moment: datetime) -> pl.DataFrame:
    """Median of each milestone to come, the promised quantiles, and alarms, of parcels on their way."""
    estimates, waiting = estimates_of(store, moment, followed.case, followed.ways)
    found = predict(estimates, waiting, moment).select(
        "parcel", pl.col("stage").alias("told_stage"), "lane", "p50", "p80", "alarm"
    )
    office = predict(estimates, waiting, moment, (SHOWN, PROMISED), until=AT_OFFICE)
    found = found.with_columns(office["p80"].alias("office_p80"))
    lanes = {stage: [lane for lane, chain in estimates.chain_by_lane.items() if stage in chain] for stage in ALL_STAGES}
    for stage in ALL_STAGES[1:]:
        medians = predict(estimates, waiting, moment, (SHOWN,), until=stage)["p50"]
        is_ahead = (pl.col("told_stage") < stage) & pl.col("lane").is_in(lanes[stage])
        found = found.with_columns(pl.when(is_ahead).then(medians).alias(f"e{stage}"))
    return found.drop("lane")


def _planned(rows: pl.DataFrame, store: Store) -> pl.DataFrame:
    """When the plan has each milestone; where a carrier told a plan or an estimate of delivery, that."""
    planned = planned_milestones(store).with_columns(pl.format("m{}", "stage").alias("name")).collect()
    wide = planned.pivot("name", index="parcel", values="planned", aggregate_function="first")
    wide = wide.select(
        "parcel", *((pl.col(name) if name in wide.columns else pl.lit(None, dtype=MOMENT)).alias(name) for name in _MS)
    )
    rows = rows.join(wide, on="parcel", how="left", maintain_order="left")
    return rows.with_columns(pl.coalesce("planned_at", "m5").alias("m5"), pl.coalesce("estimated_at", "e5").alias("e5"))


def _seconds(name: str) -> pl.Expr:
    return pl.col(name).dt.epoch("s").cast(_SECONDS)


def _rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as they are kept, with a digest of each."""

    def text(name: str) -> pl.Expr:
        return _seconds(name).cast(pl.String).fill_null("")

    milestones = [
        pl.concat_str(text(f"m{stage}"), text(f"e{stage}") if stage else pl.lit(""), text(f"t{stage}"), separator=",")
        for stage in ALL_STAGES
    ]
    late = pl.concat_str(
        pl.when("in_danger").then(pl.lit("promise")).otherwise(pl.lit("")),
        pl.when(pl.col("alarm").fill_null(value=False)).then(pl.lit("leg")).otherwise(pl.lit("")),
        separator=" ",
    ).str.strip_chars()
    found = rows.select(
        "parcel",
        "number",
        pl.col("status").cast(pl.String).fill_null("pending").alias("status"),
        "place",
        _seconds("at").alias("told_at"),
        pl.coalesce(pl.col("told_stage").cast(pl.Int64), pl.col("stage").cast(pl.Int64)).alias("stage"),
        "from_hub",
        "to_hub",
        pl.col("weight_kg"),
        pl.col("code").fill_null("").alias("code"),
        _seconds("leaves").alias("leaves"),
        _seconds("arrives").alias("arrives"),
        _seconds("promised").alias("promised"),
        _seconds("p50").alias("p50"),
        _seconds("p80").alias("p80"),
        pl.col("behind_h").round(2).alias("behind_h"),
        late.alias("late"),
        pl.concat_str(milestones, separator=";").alias("milestones"),
        pl.col("units").fill_null("").alias("units"),
    )
    return found.with_columns(found.hash_rows(seed=7).reinterpret(signed=True).alias("digest"))


def read_milestones(text: str) -> list[dict[str, Any]]:
    """Milestones of a row that was kept: planned, estimated and actual, in seconds since 1970 or None."""
    found = []
    for name, part in zip(MILESTONES, text.split(";"), strict=True):
        planned, estimated, actual = (int(word) if word else None for word in part.split(","))
        found.append({"milestone": name, "planned": planned, "estimated": estimated, "actual": actual})
    return found


# Units


def _inside(store: Store, as_of: datetime | None) -> pl.DataFrame:
    """Units that hold parcels at a moment, one in another: ``parcel``, ``unit``; before any event at the last load."""
    if not store.rows("loads"):
        return pl.DataFrame(schema={"parcel": pl.String, "unit": pl.String})
    inside = Inside(store)
    found = pl.concat([inside.of_bucket(f"{bucket:02d}") for bucket in range(BUCKETS)])
    moment = pl.lit(as_of).cast(MOMENT) if as_of is not None else pl.col("since").max()
    held = found.filter((pl.col("since") <= moment) & (moment < pl.col("until")))
    return held.select(pl.col("content").alias("parcel"), "unit").unique()


def _units_by_parcel(inside: pl.DataFrame) -> pl.DataFrame:
    """Units of each parcel in one text, each between blanks: bags first."""
    kind = unit_kind(pl.col("unit"))
    return (
        inside.with_columns(kind.alias("kind"))
        .sort("kind", "unit")
        .group_by("parcel", maintain_order=True)
        .agg(pl.format(" {} ", pl.col("unit").str.join(" ")).alias("units"))
    )


def _units(store: Store, inside: pl.DataFrame) -> list[dict[str, Any]]:
    """A row a unit that something was ever loaded into: how many parcels are in it, and what was told of it last."""
    named = pl.concat([store.scan(table).select("unit") for table in ("loads", "unit_loads")]).unique().collect()
    told = live(store.scan("unit_events").filter(pl.col("classifier") == "ACT").collect(), "unit")
    last = (
        told.sort("occurred_at", "sequence")
        .group_by("unit")
        .agg(pl.col("status").cast(pl.String).last(), pl.col("place").last(), pl.col("occurred_at").last())
        .with_columns(_seconds("occurred_at").alias("told_at"))
    )
    count = inside.group_by("unit").agg(pl.len().alias("parcels"))
    found = named.join(count, on="unit", how="left").join(last, on="unit", how="left").sort("unit")
    return found.select(
        "unit", unit_kind(pl.col("unit")).alias("kind"), pl.col("parcels").fill_null(0), "status", "place", "told_at"
    ).to_dicts()


# The standing


def _standing(rows: pl.DataFrame, missed: pl.DataFrame, as_of: datetime | None) -> dict[str, Any]:
    counts = rows["status"].cast(pl.String).fill_null("pending").value_counts(sort=True)
    behind = rows.filter(pl.col("behind_h") > BEHIND_H)["behind_h"]
    reached, promised = pl.col("t4"), pl.col("promised")
    promises = rows.select(
        promised.is_not_null().sum().alias("made"),
        (pl.col("arrives") > promised).sum().alias("planned_late"),
        (reached <= promised).sum().alias("kept"),
        (reached > promised).sum().alias("broken"),
        pl.col("in_danger").sum().alias("in_danger"),
    ).row(0, named=True)
    placed = int(rows["way"].is_not_null().sum())
    return {
        "as_of": as_of.isoformat().replace("+00:00", "Z") if as_of is not None else None,
        "parcels": rows.height,
        "placed": placed,
        "unplaced": rows.height - placed,
        "by_code": codes_of(rows),
        "status": dict(counts.iter_rows()),
        "on_the_way": int(rows["told_stage"].is_not_null().sum()),
        "behind": len(behind),
        "behind_median_h": round(float(behind.median() or 0.0), 1),  # type: ignore[arg-type]
        "alarms": int(rows["alarm"].fill_null(value=False).sum()),
        "promises": promises,
        "missed_departures": with_texts(missed).to_dicts(),
    }


# Departures


def departure_id(service: str, departs: datetime) -> str:
    """Id of a departure that may stand in an address: the same in every plan that has it."""
    name = f"{service}@{departs:%Y-%m-%dT%H:%MZ}"
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def _departures(
    allocations: pl.DataFrame, where: pl.DataFrame, missed: pl.DataFrame, ways: Ways
) -> list[dict[str, Any]]:
    """A row a departure that parcels ride, with what the plan has for them there and what of that they take."""
    by = ["service", "departs"]
    placed = allocations.filter(pl.col("way").is_not_null())
    on_way = placed.group_by("order", "way").agg(pl.col("weight_kg").sum(), pl.len().alias("count"))
    legs = ways.legs.join(ways.ways.select("order", "way", "room_kg"), on=["order", "way"], how="left")
    ridden = legs.join(on_way, on=["order", "way"])
    ends = ridden.group_by(by).agg(
        pl.col("from_hub").sort_by("leaves").first(), pl.col("to_hub").sort_by("arrives").last(),
        pl.col("leaves").min(), pl.col("arrives").max(),
    )  # fmt: skip
    busy = legs.join(ridden.select(*by, "leg").unique(), on=[*by, "leg"], how="semi")
    room = busy.group_by(*by, "leg").agg(pl.col("room_kg").sum()).group_by(by).agg(pl.col("room_kg").max())
    load = ridden.group_by(*by, "leg").agg(pl.col("weight_kg").sum()).group_by(by).agg(pl.col("weight_kg").max())
    riders = ridden.select(*by, "order", "way", "count").unique()
    parcels = riders.group_by(by).agg(pl.col("count").sum())
    late = (
        where.filter(pl.col("behind_h") > BEHIND_H)
        .group_by("order", "way")
        .agg(pl.len().alias("num_behind"), pl.col("behind_h").median())
    )
    behind = (
        riders.join(late, on=["order", "way"]).group_by(by).agg(pl.col("num_behind").sum(), pl.col("behind_h").median())
    )
    misses = missed.group_by(by).agg(pl.col("parcels").sum().alias("will_miss"), pl.col("late_h").max())
    found = parcels
    for other in (ends, room, load, behind, misses):
        found = found.join(other, on=by, how="left")
    return [_departure(row) for row in found.sort("leaves", "service").iter_rows(named=True)]


def _departure(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "departure": departure_id(row["service"], row["departs"]),
        "service": row["service"],
        "from": row["from_hub"],
        "to": row["to_hub"],
        "leaves": _text(row["leaves"]),
        "arrives": _text(row["arrives"]),
        "parcels": row["count"],
        "load": round(row["weight_kg"] or 0.0, 1),
        "cap": round(row["room_kg"] or 0.0, 1),
        "behind": row["num_behind"] or 0,
        "behind_h": round(row["behind_h"] or 0.0, 1),
        "will_miss": row["will_miss"] or 0,
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def manifests(store: Store, followed: Followed) -> Iterator[tuple[str, int, bytes]]:
    """Manifest of each departure: its id, how many parcels, and a CSV, gzipped."""
    riding = rides(store.scan("allocations").collect(), followed.ways).sort("departs", "service", "to_hub", "parcel")
    for (service, departs), rows in riding.partition_by("service", "departs", as_dict=True).items():
        assert isinstance(departs, datetime)
        content = with_texts(rows).write_csv().encode()
        yield departure_id(str(service), departs), rows.height, gzip.compress(content, 5, mtime=0)
