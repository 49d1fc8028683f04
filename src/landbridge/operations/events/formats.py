"""Formats of event files: which column of a file is which cell of an event. What is not named here is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from landbridge.errors import UnknownName

CELLS = (
    "number",
    "event",
    "code_system",
    "code",
    "classifier",
    "occurred_at",
    "recorded_at",
    "place",
    "source",
    "reason",
    "corrects",
)
"""Cells of an event as a file tells it, all text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """
    A format of event files.

    Parameters
    ----------
    name
        As ``--format`` names it.
    system
        Code system of all its codes; blank: a column says it, or the codes are our statuses.
    columns
        Names each cell may have in a header, lower case; the first is what we write ourselves.
    required
        Cells a header must have.
    cells
        All cells of a row.
    """

    name: str
    system: str
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ("number", "code", "occurred_at")
    cells: tuple[str, ...] = CELLS


_NUMBER = ("number", "barcode", "item", "item_id", "tracking_number", "rpo", "unit", "container")
_COMMON: dict[str, tuple[str, ...]] = {
    "event": ("event", "event_id"),
    "classifier": ("classifier", "event_classifier_code"),
    "recorded_at": ("recorded_at", "captured_at", "created_at"),
    "source": ("source", "source_org", "sender"),
    "reason": ("reason", "reason_code", "retention_reason"),
    "corrects": ("corrects", "corrects_event_id"),
}

FORMATS: dict[str, Format] = {
    "emsevt": Format(
        name="emsevt",
        system="emsevt",
        columns=_COMMON
        | {
            "number": _NUMBER,
            "code": ("code", "event_code", "event_type", "emsevt"),
            "occurred_at": ("occurred_at", "event_time", "datetime", "date_time", "local_time"),
            "place": ("place", "office", "event_office", "impc"),
        },
    ),
    "russianpost": Format(
        name="russianpost",
        system="russianpost",
        columns=_COMMON
        | {
            "number": _NUMBER,
            "code": ("oper_type", "opertype", "opertypeid"),
            "attribute": ("oper_attr", "operattr", "operattrid"),
            "occurred_at": ("occurred_at", "oper_date", "operdate"),
            "place": ("place", "operation_index", "index", "operationindex"),
        },
        required=("number", "code", "attribute", "occurred_at"),
    ),
    "dcsa": Format(
        name="dcsa",
        system="dcsa",
        columns=_COMMON
        | {
            "number": ("number", "equipmentreference", "transportdocumentreference", "carriervoyagenumber"),
            "event": ("event", "eventid"),
            "code": ("code", "equipmenteventtypecode", "transporteventtypecode"),
            "classifier": ("classifier", "eventclassifiercode"),
            "occurred_at": ("occurred_at", "eventdatetime"),
            "recorded_at": ("recorded_at", "eventcreateddatetime"),
            "place": ("place", "unlocationcode"),
            "source": ("source", "publisherid"),
        },
    ),
    "generic": Format(
        name="generic",
        system="",
        columns=_COMMON
        | {
            "number": _NUMBER,
            "code_system": ("code_system", "system"),
            "code": ("code", "status"),
            "occurred_at": ("occurred_at", "event_time", "datetime", "timestamp"),
            "place": ("place", "location", "office"),
        },
    ),
}


LOAD_FORM = Format(
    name="load",
    system="",
    columns={
        "number": ("parcel", "content", "number", "barcode", "item_id", "tracking_number"),
        "unit": ("unit", "container", "equipmentreference", "bag", "receptacle", "parent", "departure"),
        "occurred_at": ("occurred_at", "since", "from", "loaded_at", "leaves"),
        "until": ("until", "unloaded_at", "arrives"),
        "recorded_at": _COMMON["recorded_at"],
        "event": _COMMON["event"],
        "corrects": _COMMON["corrects"],
        "source": _COMMON["source"],
    },
    required=("number", "unit"),
    cells=("number", "unit", "occurred_at", "until", "recorded_at", "event", "corrects", "source"),
)
"""
Files that say what was in which unit, from when to when; a manifest of ours is one, its unit given beside it. A row
with an end only takes out; without a content it empties the unit.
"""


def format_named(name: str) -> Format:
    """
    Look a format up.

    Raises
    ------
    UnknownName
        When there is none of that name.
    """
    if name not in FORMATS:
        raise UnknownName(f"event format {name!r} is unknown; expected {', '.join(FORMATS)}.", code="unknown-format")
    return FORMATS[name]


def match_header(header: list[str], form: Format) -> dict[str, int]:
    """Position of each cell in a header; what no cell is called is left out."""
    found: dict[str, int] = {}
    plain = [name.strip().strip("﻿").lower() for name in header]
    for cell, names in form.columns.items():
        for name in names:
            if name in plain and cell not in found:
                found[cell] = plain.index(name)
    return found
