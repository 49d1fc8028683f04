"""What was loaded into what: files of loads into the store, by parcel and by unit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from landbridge.operations.events.formats import LOAD_FORM
from landbridge.operations.events.importing import (
    EventImport,
    News,
    RowReport,
    count_problems,
    known_parcels,
    rows_told,
)
from landbridge.operations.events.moments import read_moment
from landbridge.operations.events.normalise import CODE_SIGNS, PROBLEMS, safe_cell
from landbridge.operations.events.owners import look_up_parcel
from landbridge.operations.events.reading import Block, aside_schema, read_blocks
from landbridge.operations.events.units import unit_key, wrong_containers
from landbridge.operations.parcels.s10 import CHECK_DIGIT, number_fault
from landbridge.operations.store import LOADS, Batch, Store
from landbridge.tables.atomic import refuse_existing, whole_file

LOAD_PROBLEMS = {
    **{code: PROBLEMS[code] for code in ("scientific-notation", "two-parcels", "bad-container")},
    **{code: PROBLEMS[code] for code in ("bad-time", "no-timezone")},
    "no-number": "has no content; write the parcel, or the unit, that was put in",
    "no-unit": "has no unit; write the container, bag or departure that it was put into",
    "bad-unit": "unit or content does not look like a code: letters, signs and a digit at least, no blanks",
    "no-time": "has no time; write from when it was in the unit, or until when",
    "ends-before-starts": "is taken out before it is put in",
    "within-itself": "a unit cannot be in itself",
    CHECK_DIGIT: PROBLEMS[CHECK_DIGIT],
    "unknown-content": "is no parcel that is known, and nothing is known to be in it; import the parcel first",
}
"""Words of what can be wrong with a row of loads."""

_FAULTY_CELL = dict.fromkeys(("bad-container", "bad-unit", "within-itself"), "unit") | {
    **dict.fromkeys(("bad-time", "no-timezone"), "occurred_at"),
    "ends-before-starts": "until",
}
"""Cell that is shown of a row; of the others its content."""


def import_loads(
    store: Store,
    path: Path,
    *,
    unit: str = "",
    timezone: str = "",
    encoding: str = "utf-8",
    aside: Path | None = None,
    now: datetime | None = None,
    report: RowReport | None = None,
) -> EventImport:
    """
    Read a file of loads into the store, all of it or nothing.

    Parameters
    ----------
    unit
        Unit of all rows; the file needs no such column then, as with a manifest.
    aside
        File for the rows that must be repaired.
    report
        Is told what becomes of every row.

    Raises
    ------
    BadEvents
        When the file cannot be read at all.
    """
    form = replace(LOAD_FORM, required=("number",)) if unit else LOAD_FORM
    blocks = read_blocks(path, form, encoding=encoding)
    if unit:
        blocks = (replace(block, rows=block.rows.with_columns(pl.lit(unit).alias("unit"))) for block in blocks)
    return take_loads(store, blocks, path.name, timezone=timezone, aside=aside, now=now, report=report)


def take_loads(
    store: Store,
    blocks: Iterable[Block],
    name: str,
    *,
    timezone: str = "",
    aside: Path | None = None,
    now: datetime | None = None,
    is_any_number: bool = False,
    report: RowReport | None = None,
) -> EventImport:
    """Take blocks of loads of a file called ``name`` into the store (:func:`import_loads`)."""
    if aside is not None:
        refuse_existing(aside)
    with store.batch() as batch:
        taking = _Taking(store, batch, timezone, now or datetime.now(UTC), is_any_number=is_any_number)
        for block in blocks:
            taking.take(block)
        bad = taking.finish()
        if report is not None:
            report(rows_told(pl.concat(taking.lines), pl.concat(taking.fresh), bad))
        if bad.height:
            count_problems(bad, name, taking.told, _FAULTY_CELL)
        if aside is not None and bad.height:
            with whole_file(aside) as file:
                bad.write_csv(file)
            taking.told.aside = aside
    return taking.told


class _Taking:
    """
    One import of loads under way.

    A content that is no parcel is a unit where something is in it, by this file or by an earlier one: rows of such
    contents wait for the end of the file.
    """

    def __init__(self, store: Store, batch: Batch, timezone: str, now: datetime, *, is_any_number: bool) -> None:
        self.told = EventImport()
        self._batch, self._timezone, self._now, self._is_any = batch, timezone, now, is_any_number
        self._known, self._news = known_parcels(store), News(store)
        self._units = [store.scan(table).select("unit").unique().collect()["unit"] for table in ("loads", "unit_loads")]
        self._waiting: list[pl.DataFrame] = []
        self._bad: list[pl.DataFrame] = []
        self.lines = [pl.DataFrame(schema={"line": pl.Int64, "number": pl.String, "digest": pl.Binary})]
        self.fresh = [pl.Series("digest", [], dtype=pl.Binary)]

    def take(self, block: Block) -> None:
        """Take the rows of a block whose content is a parcel, and remember the rest."""
        rows = _checked(block.rows, self._known, self._timezone, self._now)
        self.told.dropped = block.dropped or self.told.dropped
        self.told.rows += block.rows.height + block.broken.height
        bad = rows.filter(pl.col("problem").is_not_null())
        self._bad += [block.broken, _to_aside(bad)]
        rows = rows.filter(pl.col("problem").is_null())
        self._units.append(rows["to_unit"].unique())
        is_parcel = pl.col("owners") == 1
        self._append("loads", rows.filter(is_parcel), pl.col("parcel"))
        self._waiting.append(rows.filter(~is_parcel))

    def finish(self) -> pl.DataFrame:
        """Take the rows whose content is a unit; return the rows that are set aside."""
        rows = pl.concat(self._waiting) if self._waiting else None
        if rows is not None and rows.height:
            is_unit = pl.col("as_unit").is_null() | pl.col("as_unit").is_in(pl.concat(self._units).unique().implode())
            self._append("unit_loads", rows.filter(is_unit), pl.col("as_unit"))
            loose = rows.filter(~is_unit)
            if self._is_any:
                self._append("loads", loose, pl.col("number"))
            else:
                self._bad.append(_to_aside(loose.with_columns(pl.lit("unknown-content").alias("problem"))))
        bad = [frame for frame in self._bad if frame.height]
        return pl.concat(bad).sort("line") if bad else pl.DataFrame(schema=aside_schema(LOAD_FORM))

    def _append(self, table: str, rows: pl.DataFrame, content: pl.Expr) -> None:
        both = pl.concat(list(_facts(rows.with_columns(content.alias("content")))))
        self.lines.append(both.select("line", pl.col("told").alias("number"), "digest"))
        facts = both.select(pl.col(name).cast(kind) for name, kind in LOADS.items())
        fresh = self._news.of(table, facts)
        self.fresh.append(fresh["digest"])
        self.told.events += fresh.height
        self.told.duplicates += facts.height - fresh.height
        if fresh.height:
            self._batch.append(table, fresh)


def _checked(rows: pl.DataFrame, known: pl.DataFrame, timezone: str, now: datetime) -> pl.DataFrame:
    """Rows with their moments, parcel and unit, and what is wrong with them."""
    found = rows.with_row_index("row").with_columns(
        pl.col("number").alias("told"),
        pl.col("number").str.replace_all(r"\s", "").str.to_uppercase(),
        unit_key(pl.col("unit")).alias("to_unit"),
        unit_key(pl.col("number")).alias("as_unit"),
        *(part for column in ("occurred_at", "until", "recorded_at") for part in read_moment(column, timezone)),
    )
    found = found.with_columns(pl.col("recorded_at_utc").fill_null(pl.lit(now).cast(pl.Datetime("us", "UTC"))))
    moment = pl.coalesce("occurred_at_utc", "until_utc")
    looked_up = look_up_parcel(found.with_columns(moment.alias("occurred_at_utc")), known)
    found = found.with_columns(looked_up["parcel"], looked_up["owners"])
    wrong = wrong_containers(pl.concat([found["to_unit"], found["as_unit"]]))

    def when(is_so: pl.Expr, code: str) -> pl.Expr:
        return pl.when(is_so).then(pl.lit(code))

    told = pl.col("told")
    is_unread = [pl.col(name).is_not_null() & ~pl.col(f"{name}_read").fill_null(value=False) for name in _TIMES]
    is_zoneless = [pl.col(name).is_not_null() & pl.col(f"{name}_utc").is_null() for name in _TIMES]
    return found.with_columns(
        pl.coalesce(
            when(pl.col("number").is_null() & pl.col("occurred_at").is_not_null(), "no-number"),
            when(pl.col("number").str.contains(r"^\d(\.\d+)?E\+?\d+$"), "scientific-notation"),
            when(pl.col("to_unit").is_null(), "no-unit"),
            when(pl.col("unit").is_not_null() & safe_cell("unit").is_null(), "bad-unit"),
            when((pl.col("owners") == 0) & told.is_not_null() & safe_cell("number", told).is_null(), "bad-unit"),
            when(pl.any_horizontal(is_unread), "bad-time"),
            when(pl.any_horizontal(is_zoneless), "no-timezone"),
            when(moment.is_null(), "no-time"),
            when(pl.col("until_utc") < pl.col("occurred_at_utc"), "ends-before-starts"),
            when(pl.col("owners") > 1, "two-parcels"),
            when(pl.col("to_unit").is_in(wrong.implode()), "bad-container"),
            when((pl.col("owners") == 0) & pl.col("as_unit").is_in(wrong.implode()), "bad-container"),
            when(pl.col("to_unit") == pl.col("as_unit"), "within-itself"),
            when((pl.col("owners") == 0) & (number_fault("number") == CHECK_DIGIT), CHECK_DIGIT),
        ).alias("problem")
    )


_TIMES = ("occurred_at", "until")


def _facts(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What was put in, and what was taken out (:data:`landbridge.operations.store.LOADS`)."""

    def code_only(cell: str) -> pl.Expr:
        return pl.when(pl.col(cell).str.contains(CODE_SIGNS)).then(pl.col(cell)).otherwise(None).alias(cell)

    rows = rows.with_columns(code_only(cell) for cell in ("event", "source", "corrects"))
    for action, column in (("in", "occurred_at_utc"), ("out", "until_utc")):
        told = rows.filter(pl.col(column).is_not_null()).with_columns(
            pl.col("to_unit").alias("unit"),
            pl.lit(action).alias("action"),
            pl.col(column).alias("occurred_at"),
            pl.col("recorded_at_utc").alias("recorded_at"),
        )
        told = told.with_columns(_digest(told).alias("digest"))
        yield told


def _digest(rows: pl.DataFrame) -> pl.Series:
    """Sixteen bytes that are the same for the same fact told twice (BLAKE2b)."""
    names = ("content", "unit", "action", "event", "source", "corrects")
    moment = pl.col("occurred_at").dt.timestamp("us").cast(pl.String)
    texts = rows.select(pl.concat_str(*(pl.col(name).fill_null("") for name in names), moment, separator="\x1f"))
    blake = hashlib.blake2b
    return pl.Series([blake(text.encode(), digest_size=16).digest() for (text,) in texts.iter_rows()], dtype=pl.Binary)


def _to_aside(rows: pl.DataFrame) -> pl.DataFrame:
    cells = rows.with_columns(pl.col("told").alias("number")).with_columns(safe_cell(cell) for cell in LOAD_FORM.cells)
    words = pl.col("problem").replace_strict(LOAD_PROBLEMS, return_dtype=pl.String).alias("message")
    found = cells.with_columns(words)
    return found.select(pl.col(name).cast(kind) for name, kind in aside_schema(LOAD_FORM).items())
