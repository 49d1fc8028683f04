"""
EPCIS 2.0: events of others to read, and the schema that theirs and ours keep. It is a form of exchange, not the table.

Documents are checked against an own schema of the subset that is used: the schema of GS1 is under terms of its own
and is named by address, not shipped.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from landbridge.errors import Finding
from landbridge.operations.events.codes import code_table
from landbridge.operations.events.formats import LOAD_FORM, Format
from landbridge.operations.events.importing import EventImport, RowReport, import_rows
from landbridge.operations.events.loads import take_loads
from landbridge.operations.events.reading import (
    ASIDE_SCHEMA,
    RAW_SCHEMA,
    BadEvents,
    Block,
    aside_schema,
    raw_schema,
)
from landbridge.operations.store import Store

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


def import_epcis(
    store: Store,
    path: Path,
    *,
    aside: Path | None = None,
    is_any_number: bool = False,
    now: datetime | None = None,
    report: RowReport | None = None,
) -> EventImport:
    """
    Read a document into the store; events that break the schema are set aside, the rest goes on.

    Its AggregationEvents say what was put into which unit or taken out; they are taken first.

    Raises
    ------
    BadEvents
        When the file is no EPCIS 2.0 document.
    """
    loads, loaded = epcis_loads(path), None
    if loads.rows.height:
        place = aside.with_name(f"{aside.stem}-loads.csv") if aside is not None else None
        loaded = take_loads(store, [loads], path.name, aside=place, is_any_number=is_any_number, now=now,
                            report=report)  # fmt: skip
    told = import_rows(store, epcis_blocks(path), path.name, FORM, aside=aside, is_any_number=is_any_number, now=now,
                       report=report)  # fmt: skip
    return told if loaded is None else _together(told, loaded)


def _together(told: EventImport, loaded: EventImport) -> EventImport:
    told.rows += loaded.rows
    told.loads, told.loads_aside = loaded.events, loaded.aside
    told.duplicates += loaded.duplicates
    told.problems += loaded.problems
    told.examples = loaded.examples | told.examples
    return told


def epcis_blocks(path: Path) -> Iterator[Block]:
    """
    Read the events of a document as blocks of rows.

    Raises
    ------
    BadEvents
        When the file is no EPCIS 2.0 document.
    """
    rows: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    _, check = _validators()
    for number, event in enumerate(_events(path), start=1):
        fault = next(check.iter_errors(event), None)
        if fault is not None:
            message = f"{fault.json_path[2:] or 'event'}: {_words(fault)}; mend it in the document"
            bad.append({"line": number, "problem": "bad-epcis", "message": message})
        elif event["type"] == "ObjectEvent":
            rows += [{"line": number, **_cells(event), "number": _last(epc)} for epc in event["epcList"]]
    yield Block(rows=pl.DataFrame(rows, schema=RAW_SCHEMA), broken=pl.DataFrame(bad, schema=ASIDE_SCHEMA))


def epcis_loads(path: Path) -> Block:
    """
    Read what the AggregationEvents of a document say of loads; those that break the schema are told with its events.

    Raises
    ------
    BadEvents
        When the file is no EPCIS 2.0 document.
    """
    _, check = _validators()
    rows = [
        {"line": number, **cells}
        for number, event in enumerate(_events(path), start=1)
        if isinstance(event, dict) and event.get("type") == "AggregationEvent" and check.is_valid(event)
        for cells in _load_cells(event)
    ]
    return Block(
        rows=pl.DataFrame(rows, schema=raw_schema(LOAD_FORM)), broken=pl.DataFrame(schema=aside_schema(LOAD_FORM))
    )


def _events(path: Path) -> list[Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        message = f"is not JSON ({error}); expected an EPCIS 2.0 document"
        raise BadEvents(Finding(where=path.name, message=message, code="bad-json")) from error
    fault = next(_validators()[0].iter_errors(document), None)
    if fault is not None:
        message = f"{fault.json_path}: {_words(fault)}; expected an EPCIS 2.0 document"
        raise BadEvents(Finding(where=path.name, message=message, code="bad-epcis"))
    found: list[Any] = document["epcisBody"]["eventList"]
    return found


def _load_cells(event: dict[str, Any]) -> Iterator[dict[str, str | None]]:
    """What an AggregationEvent says of each of its children; DELETE without children empties the unit."""
    name, moment = event.get("eventID"), _local(event["eventTime"], event["eventTimeZoneOffset"])
    is_out = event["action"] == "DELETE"
    for child in event.get("childEPCs") or [None]:
        yield {
            "number": _last(child) if child else None,
            "unit": _last(event["parentID"]),
            "until" if is_out else "occurred_at": moment,
            "recorded_at": event.get("recordTime"),
            "event": name,
            "corrects": name if "errorDeclaration" in event else None,  # it takes itself back: neither counts
        }


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
        "classifier": next((str(value) for key, value in event.items() if key.endswith(":classifier")), None),
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
