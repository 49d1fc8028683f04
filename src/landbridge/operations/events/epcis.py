"""
EPCIS 2.0: events to exchange with others, and theirs to read. It is a form of exchange, not the inner table.

Documents are checked against an own schema of the subset that is used: the schema of GS1 is under terms of its own
and is named by address, not shipped.
"""

from __future__ import annotations

import importlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from landbridge.errors import Finding
from landbridge.operations.events.codes import code_table
from landbridge.operations.events.formats import CELLS, Format
from landbridge.operations.events.importing import EventImport, import_rows
from landbridge.operations.events.reading import ASIDE_SCHEMA, RAW_SCHEMA, BadEvents, Block
from landbridge.operations.store import Store
from landbridge.tables.atomic import whole_file

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

FORM = Format(name="epcis", system="")
"""Cells of EPCIS events name their code system."""


@cache
def _validators() -> tuple[Any, Any]:
    """Validators of a document and of one of its events."""
    jsonschema: Any = importlib.import_module("jsonschema")  # only who reads or writes EPCIS waits for it

    text = (files("landbridge.operations.events") / "data" / "epcis_subset.schema.json").read_text()
    schema = json.loads(text)
    event = {"$schema": schema["$schema"], "definitions": schema["definitions"], **schema["definitions"]["event"]}
    return jsonschema.Draft7Validator(schema), jsonschema.Draft7Validator(event)


def schema_faults(document: Any) -> list[str]:
    """
    Tell what is wrong with a document: of the whole, and of each event, as ``place: what``.

    Values are not repeated: they may be anything.
    """
    whole, event = _validators()
    found = [f"{error.json_path}: {_words(error)}" for error in whole.iter_errors(document)]
    if not found:
        for at, item in enumerate(document["epcisBody"]["eventList"]):
            found += [
                f"$.epcisBody.eventList[{at}]{error.json_path[1:]}: {_words(error)}"
                for error in event.iter_errors(item)
            ]
    return found


def _words(error: Any) -> str:
    rule = error.validator
    if rule == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"lacks {', '.join(missing)}"
    if rule == "additionalProperties":
        return "has a name that the standard does not; names of extensions have a prefix and a colon"
    expected = (
        error.validator_value if isinstance(error.validator_value, str | int) else json.dumps(error.validator_value)
    )
    return f"is not of {rule} {expected}"


# Writing


def export_epcis(store: Store, path: Path, *, base: str = "https://id.example/", limit: int = 0) -> int:
    """
    Write the actual events of a store as one document, an event a line; return how many.

    An event that another corrects is written as it was and again with an ``errorDeclaration`` that names the other.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    numbers = store.scan("parcels").select("parcel", "number").unique("parcel")
    rows = store.scan("events").filter(pl.col("classifier") == "ACT").join(numbers, on="parcel", how="left")
    table = rows.sort("occurred_at", "sequence", "digest").collect()
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
        for event in _documents(table, steps, base):
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
    kind, name = ("s10", row["number"]) if row["number"] else ("parcel", row["parcel"])
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": _event_id(row, base),
        "eventTime": _stamp(row["occurred_at"], offset),
        "recordTime": _stamp(row["recorded_at"], 0),
        "eventTimeZoneOffset": _offset(offset),
        "epcList": [f"{base}{kind}/{quote(name, safe='')}"],
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
    return event


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


# Reading


def import_epcis(
    store: Store, path: Path, *, aside: Path | None = None, is_any_number: bool = False, now: datetime | None = None
) -> EventImport:
    """
    Read a document into the store; events that break the schema are set aside, the rest goes on.

    Raises
    ------
    BadEvents
        When the file is no EPCIS 2.0 document.
    """
    return import_rows(store, epcis_blocks(path), path.name, FORM, aside=aside, is_any_number=is_any_number, now=now)


def epcis_blocks(path: Path) -> Iterator[Block]:
    """
    Read a document as blocks of rows.

    Raises
    ------
    BadEvents
        When the file is no EPCIS 2.0 document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        message = f"is not JSON ({error}); expected an EPCIS 2.0 document"
        raise BadEvents(Finding(where=path.name, message=message, code="bad-json")) from error
    whole, check = _validators()
    fault = next(whole.iter_errors(document), None)
    if fault is not None:
        message = f"{fault.json_path}: {_words(fault)}; expected an EPCIS 2.0 document"
        raise BadEvents(Finding(where=path.name, message=message, code="bad-epcis"))
    rows: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for number, event in enumerate(document["epcisBody"]["eventList"], start=1):
        fault = next(check.iter_errors(event), None)
        if fault is not None:
            message = f"{fault.json_path[2:] or 'event'}: {_words(fault)}; mend it in the document"
            bad.append({**dict.fromkeys(ASIDE_SCHEMA), "line": number, "problem": "bad-epcis", "message": message})
            continue
        rows += [
            {**dict.fromkeys(CELLS), "line": number, **_cells(event), "number": _last(epc)} for epc in event["epcList"]
        ]
    yield Block(rows=pl.DataFrame(rows, schema=RAW_SCHEMA), broken=pl.DataFrame(bad, schema=ASIDE_SCHEMA))


def _cells(event: dict[str, Any]) -> dict[str, str | None]:
    system, code = _code(event)
    name = event.get("eventID")
    place = (event.get("readPoint") or event.get("bizLocation") or {}).get("id")
    return {
        "event": name,
        "code_system": system,
        "code": code,
        "occurred_at": _local(event["eventTime"], event["eventTimeZoneOffset"]),
        "recorded_at": event.get("recordTime"),
        "place": _last(place) if place else None,
        "corrects": name if "errorDeclaration" in event else None,  # it takes itself back: neither counts
    }


def _code(event: dict[str, Any]) -> tuple[str, str]:
    """Code of an event: as an extension tells it, else the status that its step and disposition come to."""
    for key, value in event.items():
        if key.endswith(":upuEvent"):
            return "emsevt", str(value)
    given = {key.split(":")[-1]: str(value) for key, value in event.items() if ":" in key}
    if "codeSystem" in given and "code" in given:
        return given["codeSystem"], given["code"]
    return "status", _status_of(_word(event.get("bizStep", "")), _word(event.get("disposition", "")))


@cache
def _statuses() -> dict[tuple[str, str], str]:
    rows = (
        code_table()
        .select("biz_step", "disposition", pl.col("status").cast(pl.String))
        .unique(["biz_step", "disposition"], keep="first", maintain_order=True)
    )
    return {(step, disposition): status for step, disposition, status in rows.iter_rows()}


def _status_of(step: str, disposition: str) -> str:
    known = _statuses()
    if (step, disposition) in known:
        return known[step, disposition]
    return next((status for (name, _), status in known.items() if name == step), "no-such-step")


def _word(name: str) -> str:
    """Last word of a name of the core business vocabulary, in any of its forms."""
    return name.replace("BizStep-", "").replace("Disp-", "").split(":")[-1].split("/")[-1]


def _last(address: str) -> str:
    return unquote(address.rstrip("/").split("/")[-1])


def _local(text: str, offset: str) -> str:
    """The moment in the zone in which it was told."""
    sign = -1 if offset[0] == "-" else 1
    minutes = sign * (int(offset[1:3]) * 60 + int(offset[4:6]))
    return datetime.fromisoformat(text).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
