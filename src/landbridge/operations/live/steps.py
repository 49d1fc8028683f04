"""Steps of following a plan, as a server's jobs take them: the functions of ``landbridge operate``, plain data out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.operations.control import Followed, follow
from landbridge.operations.events import EventImport, fold_store, loads
from landbridge.operations.events.importing import import_rows
from landbridge.operations.events.normalise import PROBLEMS
from landbridge.operations.live.blocks import kept_blocks
from landbridge.operations.live.events import form_of
from landbridge.operations.live.orders import clean_source, rules_of
from landbridge.operations.live.snapshot import borrow, tidy
from landbridge.operations.orders.findings import REMEDIES, WARNINGS
from landbridge.operations.orders.importer import PARCELS, import_orders
from landbridge.operations.parcels.frame import PARCEL_SCHEMA, scan_parcels
from landbridge.operations.store import Store

SHOWN = 20
"""First findings that are told in words."""

MOST_ROWS = 300
"""Rows of a dry run that are told one by one, those with something to tell first."""

EVENT_REMEDIES = (
    loads.LOAD_PROBLEMS
    | PROBLEMS
    | {
        "broken-row": "has another number of cells than the header; mend or quote the row",
        "bad-encoding": "is not in the encoding of the file; save it as UTF-8",
        "bad-epcis": "breaks the schema of EPCIS 2.0; mend it in the document",
    }
)
"""What to do about a row of events or of loads, by what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What became of a file.

    Parameters
    ----------
    read, taken, known, set_aside, skipped
        Rows of the file, those taken, those known before, those set aside; orders that are not waiting to be sent.
    several, articles
        Ids of orders that stand in several rows, and how those were read: the mapping's ``articles``.
    reasons
        Rows by code of what is wrong with them, with what to do: ``code``, ``rows``, ``remedy``, ``is_warning``.
    first
        The first findings in words: ``where``, ``column``, ``code``, ``message``.
    aside
        CSV of the rows set aside, to repair and send again; None where there are none.
    by_row
        Of a dry run, what would become of rows: ``line``, ``id``, ``status`` (``sound``, ``known`` or ``set aside``)
        and ``codes``.
    by_code
        All parcels by the code of their place in the plan; blank: they have one.
    """

    read: int
    taken: int
    known: int
    set_aside: int
    skipped: int = 0
    several: int = 0
    articles: str = ""
    reasons: tuple[dict[str, Any], ...] = ()
    first: tuple[dict[str, str], ...] = ()
    aside: bytes | None = None
    by_row: tuple[dict[str, Any], ...] = ()
    by_code: dict[str, int] = field(default_factory=dict)


def take_parcels(
    store: Store,
    file: Path,
    mapping: Mapping[str, Any],
    followed: Followed,
    scratch: Path,
    *,
    skipped: int = 0,
    dry: bool = False,
    stopped: Callable[[], None] = lambda: None,
) -> Taken:
    """
    Import what was kept of a file of orders, and give every parcel its place.

    Parameters
    ----------
    file
        As :func:`landbridge.operations.live.orders.clean_orders` made it.
    scratch
        Folder to work in; the caller removes it.
    dry
        Tell of rows one by one; what is in the store afterwards the caller throws away.
    stopped
        Called again and again; may raise to end the work, of which nothing is left in the store then.
    """
    out = scratch / "in"
    for number, part in enumerate(store.parts("parcels")):  # what is known already, beside what comes
        place = out / PARCELS / Path(part.path).parent.name / f"known-{number:06d}.parquet"
        borrow(store, part.path, place)
    source, reading = clean_source(file, mapping, stopped)
    rules = rules_of(followed.case, reading)
    outcome = import_orders(source, rules, out=out, people=scratch / "aside", every_row=dry, shown=SHOWN)
    stopped()
    has_parcels = next((out / PARCELS).rglob("*.parquet"), None) is not None
    parcels = scan_parcels(out / PARCELS).collect() if has_parcels else pl.DataFrame(schema=PARCEL_SCHEMA)
    found = follow(store, followed, parcels)
    return Taken(
        read=outcome.rows,
        taken=outcome.taken,
        known=outcome.known,
        set_aside=outcome.set_aside,
        skipped=skipped,
        several=outcome.several,
        articles=str(mapping.get("articles", "")),
        reasons=_reasons(outcome.counts, REMEDIES),
        first=tuple(
            {"where": item.where, "column": item.column, "code": item.code, "message": item.message}
            for item in outcome.first
        ),
        aside=outcome.set_aside_file.read_bytes() if outcome.set_aside_file else None,
        by_row=_rows_of(pl.read_csv(outcome.rows_file, infer_schema=False)) if dry and outcome.rows_file else (),
        by_code=codes_of(found),
    )


def take_events(
    store: Store,
    file: Path,
    form: str,
    scratch: Path,
    *,
    timezone: str = "",
    now: datetime | None = None,
    dry: bool = False,
    stopped: Callable[[], None] = lambda: None,
) -> Taken:
    """Take what was kept of a file of events, and bring the state of each parcel up to date (:func:`take_parcels`)."""
    place = scratch / "aside.csv"
    blocks = kept_blocks(file, stopped)
    rows: list[pl.DataFrame] = []
    told = import_rows(store, blocks, "events", form_of(form), timezone=timezone, aside=place, now=now,
                       report=rows.append if dry else None)  # fmt: skip
    stopped()
    if not dry:
        tidy(store)
        fold_store(store)
    return _taken(store, told, place, rows)


def take_loads(
    store: Store,
    file: Path,
    scratch: Path,
    *,
    timezone: str = "",
    now: datetime | None = None,
    dry: bool = False,
    stopped: Callable[[], None] = lambda: None,
) -> Taken:
    """Take what was kept of a file of loads; events of units count for what is in them (:func:`take_parcels`)."""
    place = scratch / "aside.csv"
    rows: list[pl.DataFrame] = []
    told = loads.take_loads(store, kept_blocks(file, stopped), "loads", timezone=timezone, aside=place, now=now,
                            report=rows.append if dry else None)  # fmt: skip
    stopped()
    if not dry and store.rows("unit_events"):
        fold_store(store)
    return _taken(store, told, place, rows)


def _taken(store: Store, told: EventImport, place: Path, rows: list[pl.DataFrame]) -> Taken:
    return Taken(
        read=told.rows,
        taken=told.events + told.unit_events,
        known=told.duplicates,
        set_aside=sum(told.problems.values()),
        reasons=_reasons(told.problems, EVENT_REMEDIES),
        first=tuple(_first_of(told)),
        aside=place.read_bytes() if told.aside is not None else None,
        by_row=_rows_of(pl.concat(rows)) if rows else (),
        by_code=codes_of(store.scan("allocations").select("code").collect()),
    )


def codes_of(allocations: pl.DataFrame) -> dict[str, int]:
    """Parcels by the code of their place, the most frequent first."""
    return dict(allocations["code"].value_counts(sort=True).iter_rows())


def _first_of(told: EventImport) -> list[dict[str, str]]:
    rows = []
    for code, words in told.examples.items():
        where, _, message = words.partition(": ")
        rows.append({"where": where, "column": "", "code": code, "message": message})
    return rows


def _reasons(counts: Mapping[str, int] | Counter[str], remedies: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"code": code, "rows": rows, "remedy": remedies.get(code, ""), "is_warning": code in WARNINGS}
        for code, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _rows_of(rows: pl.DataFrame) -> tuple[dict[str, Any], ...]:
    """Some rows one by one, in the order of the file: those with something to tell first, then what is news."""
    line, named, status, codes = rows.columns
    found = rows.select(
        pl.col(line).cast(pl.Int64).alias("line"),
        pl.col(named).fill_null("").alias("id"),
        pl.col(status).alias("status"),
        pl.col(codes).fill_null("").str.split(" ").list.filter(pl.element() != "").alias("codes"),
    )
    tells = (pl.col("status") == "set aside") | (pl.col("codes").list.len() > 0)
    return tuple(found.sort(~tells, pl.col("status") == "known", "line").head(MOST_ROWS).sort("line").to_dicts())
