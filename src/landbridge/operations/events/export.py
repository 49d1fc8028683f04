"""
Events of a store for others: as EPCIS 2.0, with what was loaded as AggregationEvents, or as a CSV that can be imported.

EPCIS knows what happened only. Planned and estimated events are written on demand, and say so in an extension.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from landbridge.operations.events.codes import code_table
from landbridge.operations.store import EVENTS, LOADS, Store
from landbridge.operations.store.schema import CLASSIFIERS
from landbridge.tables.atomic import whole_file

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

ACTUAL = ("ACT",)
EVERY = CLASSIFIERS
"""Classifiers of events that are written: what happened, or also what is planned and estimated."""


def told_events(store: Store, classifiers: Sequence[str] = ACTUAL, planned: pl.DataFrame | None = None) -> pl.DataFrame:
    """
    Events of a store as they were told, of parcels and of units, by when they happened.

    Parameters
    ----------
    planned
        Events to put beside them, such as the milestones of the plan.

    Returns
    -------
    pl.DataFrame
        :data:`landbridge.operations.store.EVENTS`, with ``number``, and ``kind``: ``s10``, ``parcel`` or ``unit``.
    """
    numbers = store.scan("parcels").select("parcel", "number").unique("parcel")
    own = store.scan("events").join(numbers, on="parcel", how="left")
    kind = pl.when(pl.col("number").is_null()).then(pl.lit("parcel")).otherwise(pl.lit("s10")).alias("kind")
    frames = [own.with_columns(kind)]
    if planned is not None:
        frames.append(planned.lazy().join(numbers, on="parcel", how="left").with_columns(kind))
    of_units = store.scan("unit_events").rename({"unit": "parcel"}).select(*EVENTS)
    frames.append(of_units.with_columns(pl.lit(None, dtype=pl.String).alias("number"), pl.lit("unit").alias("kind")))
    rows = pl.concat(frames).filter(pl.col("classifier").cast(pl.String).is_in(list(classifiers)))
    return rows.sort("occurred_at", "sequence", "digest").collect()


def export_csv(
    store: Store,
    path: Path,
    *,
    classifiers: Sequence[str] = ACTUAL,
    planned: pl.DataFrame | None = None,
    limit: int = 0,
) -> int:
    """
    Write events as a CSV of the format ``generic``; return how many.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    rows = told_events(store, classifiers, planned)
    rows = rows.head(limit) if limit else rows
    zone = "%Y-%m-%dT%H:%M:%S%.3f+00:00"
    told = rows.select(
        pl.coalesce("number", "parcel").alias("number"),
        pl.col("event").alias("event_id"),
        "code_system",
        "code",
        "classifier",
        *(pl.col(name).dt.strftime(zone) for name in ("occurred_at", "recorded_at")),
        "place",
        "source",
        "reason",
        "corrects",
    )
    with whole_file(path) as temporary:
        told.write_csv(temporary)
    return told.height


def export_epcis(
    store: Store,
    path: Path,
    *,
    base: str = "https://id.example/",
    limit: int = 0,
    classifiers: Sequence[str] = ACTUAL,
    planned: pl.DataFrame | None = None,
) -> int:
    """
    Write the events of a store as one document, an event a line, what was loaded first; return how many.

    An event that another corrects is written as it was and again with an ``errorDeclaration`` that names the other.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    table = told_events(store, classifiers, planned)
    table = table.head(limit) if limit else table
    steps = {
        (row[0], row[1]): (row[2], row[3])
        for row in code_table().select("code_system", "code", "biz_step", "disposition").iter_rows()
    }
    head = {
        "@context": [CONTEXT, {"lb": f"{base}ns/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    count = 0
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "epcisBody": {"eventList": [')
        for event in (*_aggregations(store, base), *_documents(table, steps, base)):
            out.write((",\n" if count else "\n") + json.dumps(event, ensure_ascii=False))
            count += 1
        out.write("\n]}}\n")
    return count


def _documents(
    table: pl.DataFrame, steps: dict[tuple[str, str], tuple[str, str]], base: str
) -> Iterator[dict[str, Any]]:
    corrected: dict[tuple[str, str], dict[str, Any]] = {}
    named = set(table.select("parcel", "corrects").drop_nulls().iter_rows())
    for row in table.iter_rows(named=True):
        event = _document(row, steps, base)
        if row["corrects"] is None or row["corrects"] != row["event"]:
            yield event
        for name in (row["event"], row["digest"].hex()):
            if (row["parcel"], name) in named:
                corrected[row["parcel"], name] = event
    for row in table.filter(pl.col("corrects").is_not_null()).iter_rows(named=True):
        wrong = corrected.get((row["parcel"], row["corrects"]))
        if wrong is not None:
            declared: dict[str, Any] = {"declarationTime": _stamp(row["recorded_at"], 0)}
            if row["corrects"] != row["event"]:
                declared |= {"reason": "incorrect_data", "correctiveEventIDs": [_event_id(row, base)]}
            yield {**wrong, "errorDeclaration": declared}


def _document(row: dict[str, Any], steps: dict[tuple[str, str], tuple[str, str]], base: str) -> dict[str, Any]:
    system, code, offset = row["code_system"], row["code"], row["offset_min"] or 0
    step = steps.get((system, code)) or steps.get((system, code.split("/")[0])) or ("transporting", "in_transit")
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": _event_id(row, base),
        "eventTime": _stamp(row["occurred_at"], offset),
        "recordTime": _stamp(row["recorded_at"], 0),
        "eventTimeZoneOffset": _offset(offset),
        "epcList": [_address(base, row["kind"], row["number"] or row["parcel"])],
        "action": "OBSERVE",
        "bizStep": step[0],
        "disposition": step[1],
    }
    if row["place"]:
        place = {"id": f"{base}loc/{quote(row['place'], safe='')}"}
        event |= {"readPoint": place, "bizLocation": place}
    if system == "emsevt":
        event["lb:upuEvent"] = code
    else:
        event |= {"lb:codeSystem": system, "lb:code": code}
    if row["classifier"] != "ACT":
        event["lb:classifier"] = row["classifier"]
    return event


def _address(base: str, kind: str, name: str) -> str:
    return f"{base}{kind}/{quote(name, safe='')}"


def _aggregations(store: Store, base: str) -> Iterator[dict[str, Any]]:
    """What was loaded: an event for all that was put into a unit, or taken out, at one moment."""
    numbers = store.scan("parcels").select(pl.col("parcel").alias("content"), "number").unique("content")
    kind = pl.when(pl.col("number").is_null()).then(pl.lit("parcel")).otherwise(pl.lit("s10")).alias("kind")
    of_parcels = store.scan("loads").join(numbers, on="content", how="left").with_columns(kind)
    of_units = store.scan("unit_loads").with_columns(
        pl.lit(None, dtype=pl.String).alias("number"), pl.lit("unit").alias("kind")
    )
    columns = (*LOADS, "number", "kind")
    facts = pl.concat([of_parcels.select(columns), of_units.select(columns)])
    same = ["occurred_at", "unit", "action", "event", "corrects"]
    groups = (
        facts.sort("content").group_by(same).agg(pl.col("recorded_at", "digest").first(), "content", "number", "kind")
    )
    wrong: dict[str, dict[str, Any]] = {}
    rows = groups.sort(*same, nulls_last=True).collect().to_dicts()
    for row in rows:
        event = _aggregation(row, base)
        if row["event"] is not None:
            wrong.setdefault(row["event"], event)
        if row["corrects"] is None or row["corrects"] != row["event"]:
            yield event
    for row in rows:
        if row["corrects"] in wrong:
            declared: dict[str, Any] = {"declarationTime": _stamp(row["recorded_at"], 0)}
            if row["corrects"] != row["event"]:
                declared |= {"reason": "incorrect_data", "correctiveEventIDs": [_event_id(row, base)]}
            yield {**wrong[row["corrects"]], "errorDeclaration": declared}


def _aggregation(row: dict[str, Any], base: str) -> dict[str, Any]:
    is_in = row["action"] == "in"
    event: dict[str, Any] = {
        "type": "AggregationEvent",
        "eventID": _event_id(row, base),
        "eventTime": _stamp(row["occurred_at"], 0),
        "recordTime": _stamp(row["recorded_at"], 0),
        "eventTimeZoneOffset": "+00:00",
        "parentID": _address(base, "unit", row["unit"]),
        "action": "ADD" if is_in else "DELETE",
        "bizStep": "packing" if is_in else "unpacking",
        "disposition": "in_progress",
    }
    inside = zip(row["kind"], row["number"], row["content"], strict=True)
    children = [_address(base, kind, number or name) for kind, number, name in inside if name is not None]
    return event | ({"childEPCs": children} if children else {})


def _event_id(row: dict[str, Any], base: str) -> str:
    name = row["event"]
    if name is None:
        return f"urn:uuid:{uuid.UUID(bytes=row['digest'])}"
    return name if ":" in name else f"{base}event/{quote(name, safe='')}"


def _offset(minutes: int) -> str:
    size = abs(minutes)
    return f"{'-' if minutes < 0 else '+'}{size // 60:02d}:{size % 60:02d}"


def _stamp(moment: datetime, offset_min: int) -> str:
    zone = timezone(timedelta(minutes=offset_min))
    text = moment.astimezone(zone).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z") if offset_min == 0 else text
