"""Event files into the store: block by block, duplicates left out, rows to repair written beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import polars as pl

from landbridge.operations.events.formats import Format, format_named
from landbridge.operations.events.normalise import FAULTY_CELL, Normalised, normalise
from landbridge.operations.events.owners import units_of
from landbridge.operations.events.reading import Block, read_blocks
from landbridge.operations.store import EVENTS, Batch, Store, bucket_of
from landbridge.operations.store.schema import TABLES
from landbridge.tables.atomic import refuse_existing, whole_file

ROWS = pl.Schema({"line": pl.Int64(), "number": pl.String(), "status": pl.String(), "codes": pl.String()})
"""What becomes of each row of a file, in the words of an import of orders: ``sound``, ``known`` or ``set aside``."""

RowReport = Callable[[pl.DataFrame], None]
"""Takes rows of :data:`ROWS`, block by block."""


@dataclass(slots=True, kw_only=True)
class EventImport:
    """
    What an import came to.

    Parameters
    ----------
    rows, events, unit_events, duplicates
        Rows read, events of parcels and of units taken, and rows that told again what was known.
    problems
        Rows set aside, by the code of what is wrong with them.
    examples
        First row of each problem, with its words.
    dropped
        Columns of the file that are not kept.
    loads, loads_aside
        Facts of loading that came with the events, and the file of those to repair.
    late
        Events that happened before one of the same parcel that was already known: they came out of order.
    """

    rows: int = 0
    events: int = 0
    unit_events: int = 0
    duplicates: int = 0
    late: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    aside: Path | None = None
    loads: int = 0
    loads_aside: Path | None = None


def import_events(
    store: Store,
    path: Path,
    form: str | Format,
    *,
    timezone: str = "",
    encoding: str = "utf-8",
    aside: Path | None = None,
    now: datetime | None = None,
    is_any_number: bool = False,
    block_bytes: int = 64 * 2**20,
    report: RowReport | None = None,
) -> EventImport:
    """
    Read a file of events into the store, all of it or nothing.

    Parameters
    ----------
    aside
        File for the rows that must be repaired, with what is wrong with each; it has the columns of the format
        ``generic`` and can be imported again. It is not written when there are none.
    is_any_number
        Take numbers of parcels that the store does not know.
    report
        Is told what becomes of every row.

    Raises
    ------
    BadEvents
        When the file cannot be read at all.
    OutputError
        When the file for the rows to repair cannot be written.
    """
    form = format_named(form) if isinstance(form, str) else form
    blocks = read_blocks(path, form, encoding=encoding, block_bytes=block_bytes)
    return import_rows(
        store, blocks, path.name, form, timezone=timezone, aside=aside, now=now, is_any_number=is_any_number,
        report=report,
    )  # fmt: skip


def import_rows(
    store: Store,
    blocks: Iterable[Block],
    name: str,
    form: Format,
    *,
    timezone: str = "",
    aside: Path | None = None,
    now: datetime | None = None,
    is_any_number: bool = False,
    report: RowReport | None = None,
) -> EventImport:
    """Take blocks of rows of a file called ``name`` into the store (:func:`import_events`)."""
    known = None if is_any_number else known_parcels(store)
    units = cache(lambda: units_of(store))
    told = EventImport()
    set_aside: list[pl.DataFrame] = []
    seen = News(store)
    if aside is not None:
        refuse_existing(aside)
    with store.batch() as batch:
        for block in blocks:
            found = normalise(block.rows, form, known, units=units, timezone=timezone, now=now)
            told.dropped = block.dropped or told.dropped
            fresh = _take(store, batch, found, seen, told)
            told.rows += block.rows.height + block.broken.height
            bad = pl.concat([block.broken, found.aside]).sort("line")
            if report is not None:
                report(rows_told(found.lines, fresh, bad))
            if bad.height:
                set_aside.append(bad.with_columns(_system_of(form)))
                count_problems(bad, name, told)
        if aside is not None and set_aside:
            with whole_file(aside) as file:
                pl.concat(set_aside).write_csv(file)
            told.aside = aside
    return told


def known_parcels(store: Store) -> pl.DataFrame:
    """Parcels whose events are expected."""
    return store.scan("parcels").select("number", "parcel", "ready").collect()


def _system_of(form: Format) -> pl.Expr:
    return (pl.lit(form.system) if form.system else pl.col("code_system")).alias("code_system")


def rows_told(lines: pl.DataFrame, fresh: pl.Series, bad: pl.DataFrame) -> pl.DataFrame:
    """
    Say what becomes of rows.

    Parameters
    ----------
    lines
        ``line``, ``number`` and ``digest`` of what each usable row says; a row may say several things.
    fresh
        Digests that are news.
    bad
        Rows that are set aside, with their ``problem``.
    """
    is_news = pl.col("digest").is_first_distinct() & pl.col("digest").is_in(fresh.implode())
    used = lines.with_columns(is_news.alias("is_news"))
    used = used.group_by("line", "number", maintain_order=True).agg(pl.col("is_news").any())
    status = pl.when("is_news").then(pl.lit("sound")).otherwise(pl.lit("known")).alias("status")
    used = used.select("line", "number", status, pl.lit("").alias("codes"))
    aside = bad.select("line", "number", pl.lit("set aside").alias("status"), pl.col("problem").alias("codes"))
    found = pl.concat([used.cast(ROWS), aside.cast(ROWS)])
    return found.with_columns(pl.col("number").fill_null("")).sort("line", maintain_order=True)


def _take(store: Store, batch: Batch, found: Normalised, seen: News, told: EventImport) -> pl.Series:
    """Append those events of a block that are news to the store and to the blocks before; return their digests."""
    fresh = seen.of("events", found.events)
    if fresh.height:
        batch.append("events", fresh)
        told.late += _out_of_order(store, fresh)
    of_units = seen.of("unit_events", found.unit_events)
    if of_units.height:
        batch.append("unit_events", of_units)
    told.events += fresh.height
    told.unit_events += of_units.height
    told.duplicates += found.events.height + found.unit_events.height - fresh.height - of_units.height
    return pl.concat([fresh["digest"], of_units["digest"]])


class News:
    """Rows that are news to the tables of a store, and to what was asked before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, list[pl.DataFrame]] = {}

    def of(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Leave out rows whose digest is known; the others are known from now on."""
        fresh = rows.unique("digest", keep="first", maintain_order=True)
        for before in self._seen.get(table, []):
            fresh = fresh.join(before, on="digest", how="anti")
        if fresh.height:
            fresh = fresh.join(self._near(table, fresh), on="digest", how="anti")
            self._seen.setdefault(table, []).append(fresh.select("digest"))
        return fresh

    def _near(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Digests in the store of the days and buckets that the rows fall in."""
        first, last = rows["occurred_at"].min(), rows["occurred_at"].max()
        assert isinstance(first, datetime) and isinstance(last, datetime)  # noqa: PT018
        key = TABLES[table].by_bucket
        buckets = [f"{number:02d}" for number in bucket_of(rows[key]).unique()] if key else ["all"]
        frames = [self._store.scan(table, item, first=first, last=last).select("digest").collect() for item in buckets]
        return pl.concat([pl.DataFrame(schema={"digest": EVENTS["digest"]}), *frames])


def _out_of_order(store: Store, events: pl.DataFrame) -> int:
    """Count actual events that happened before one of the same parcel that was told earlier."""
    actual = events.filter(pl.col("classifier") == "ACT").select("parcel", "occurred_at")
    known = store.scan("states").select("parcel", "at").collect()
    latest = pl.max_horizontal(pl.col("occurred_at").cum_max().shift(1).over("parcel"), "at")
    return (
        actual.join(known, on="parcel", how="left", maintain_order="left").filter(pl.col("occurred_at") < latest).height
    )


def count_problems(bad: pl.DataFrame, name: str, told: EventImport, cells: Mapping[str, str] = FAULTY_CELL) -> None:
    """Count rows set aside by what is wrong, and keep the first of each in words."""
    told.problems.update(dict(bad["problem"].value_counts().iter_rows()))
    for row in bad.unique("problem", keep="first", maintain_order=True).iter_rows(named=True):
        value = row.get(cells.get(row["problem"], "number"))  # what does not look like a code has been left out
        found = f"found {value}; " if value else ""
        told.examples.setdefault(row["problem"], f"{name}:{row['line']}: {found}{row['message']}")
