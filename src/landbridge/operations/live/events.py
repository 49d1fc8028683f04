"""Events at a server's door: read as ``operate events`` reads them, and cleaned before anything of them is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from landbridge.model.case import Case
from landbridge.operations.events.codes import code_table
from landbridge.operations.events.epcis import FORM as EPCIS
from landbridge.operations.events.epcis import epcis_blocks
from landbridge.operations.events.formats import CELLS, FORMATS, Format, format_named
from landbridge.operations.events.reading import ASIDE_SCHEMA, read_blocks
from landbridge.operations.live.blocks import keep
from landbridge.operations.live.cleaning import NUMBER, TIME, dropped_unless, kept, kept_code
from landbridge.operations.parcels.countries import COUNTRIES

EVENT_FORMATS = (*FORMATS, EPCIS.name)
"""Formats of event files."""

_CODE = r"^(?:[A-Z]{1,4}[A-Z0-9]{0,2}|[0-9]{1,4}(?:/[0-9]{1,4})?)$"
_NAME = r"^[A-Za-z0-9_.:/#-]{1,64}$"
_HUB = r"^[a-z]+:[A-Za-z0-9-]{1,24}$"
_OFFICE = r"^[A-Z]{2}[A-Z0-9]{3,4}$"
_INDEX = r"^[0-9]{6}$"


def form_of(name: str) -> Format:
    """
    Look a format up.

    Raises
    ------
    UnknownName
        When there is none of that name.
    """
    return EPCIS if name == EPCIS.name else format_named(name)


def clean_events(file: Path, form: str, case: Case) -> bytes:
    """
    Read a file of events and keep, as Parquet, cells that look like codes, numbers, times and offices.

    Raises
    ------
    BadEvents, UnknownName
        When the file cannot be read, or there is no such format.
    """
    found = form_of(form)
    blocks = epcis_blocks(file) if found is EPCIS else read_blocks(file, found)
    return keep(blocks, ASIDE_SCHEMA, list(_cells(case)))


def _cells(case: Case) -> Iterator[pl.Expr]:
    """Each cell where it is what its column is for: a name or a telephone may have slipped into any of them."""
    table = code_table()
    codes = sorted(set(table["code"].to_list()))
    reasons = sorted(set(table["reason"].drop_nulls().to_list()))
    systems = sorted({*table["code_system"].to_list(), "status"})
    hubs = sorted(row.hub for row in case.hubs)
    for name in CELLS:
        text = pl.col(name)
        is_name = text.str.contains(_NAME) & text.str.contains("[0-9]")
        if name == "number":
            yield kept_code(name, NUMBER)
        elif name == "code":
            is_known = text.str.to_uppercase().is_in(codes) | text.str.to_lowercase().is_in(codes)
            yield kept(name, is_known | text.str.contains(_CODE))
        elif name == "code_system":
            yield kept(name, text.str.to_lowercase().is_in(systems))
        elif name == "classifier":
            yield kept(name, text.str.contains(r"^[A-Za-z]{3}$"))
        elif name.endswith("_at"):
            yield kept(name, text.str.contains(TIME))
        elif name == "place":
            is_office = text.str.contains(_OFFICE) & text.str.slice(0, 2).is_in(sorted(COUNTRIES))
            is_place = text.is_in(hubs) | text.str.contains(f"{_HUB}|{_INDEX}") | is_office
            yield dropped_unless(name, is_place)
        elif name == "reason":
            yield dropped_unless(name, text.is_in(reasons) | text.str.contains(_CODE))
        else:  # event, corrects, source: ids of the sender's own
            yield dropped_unless(name, is_name)
