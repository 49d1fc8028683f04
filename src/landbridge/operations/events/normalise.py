"""Cells of an event file to events: codes looked up, times in UTC, parcels found; what cannot be is set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from landbridge.operations.events.codes import code_table
from landbridge.operations.events.formats import CELLS, Format
from landbridge.operations.events.moments import read_moment
from landbridge.operations.events.owners import Units, look_up_parcel, look_up_unit
from landbridge.operations.events.reading import aside_schema
from landbridge.operations.parcels.s10 import CHECK_DIGIT
from landbridge.operations.store.schema import CLASSIFIER, CLASSIFIERS, EVENTS

EARLY = timedelta(days=1)
"""How much earlier than a parcel is ready its first event may be: clocks and hand-overs differ by that."""

AHEAD = timedelta(hours=1)
"""How much later than it was recorded an event may be said to have happened."""

CODE_SIGNS = r"^[A-Za-z0-9_.:/#@+-]{1,64}$"
"""What a place, a source or a reason may look like: a code, not words."""

PROBLEMS = {
    "no-number": "has no parcel number",
    "scientific-notation": "number is in scientific notation, its last digits are lost; export that column as text",
    "unknown-code": "code is in no table of its system; correct it, or add it to the table",
    "unknown-classifier": "classifier is none of PLN, EST and ACT",
    "bad-time": "time cannot be read; expected 2026-11-20T05:40+08:00",
    "no-timezone": "time has no zone; write an offset such as +08:00, or name the zone with --timezone",
    "not-yet": "actual event lies after the moment it was recorded; check the date, or its zone",
    CHECK_DIGIT: "check digit of the number does not fit; read the label again",
    "another-year": "number's parcel was ready more than a year before or after; check the date",
    "unknown-number": "number belongs to no parcel; import the parcel first",
    "bad-container": "is shaped like a container number, but its check digit is wrong; read the container again",
    "unknown-unit": "nothing is known to be in this unit; import first what was loaded: landbridge operate load",
    "empty-unit": "the unit held no parcel at that moment; check the time, or import what was loaded",
    "unit-cannot-end": "a unit is not delivered, returned or cancelled; tell it of its parcels",
    "two-parcels": "number belongs to two parcels of the same year; write the parcel id in its place",
    "before-acceptance": "event lies before the parcel was accepted; check the date and the number",
}
"""Words of what can be wrong with a row."""


FAULTY_CELL = {
    "scientific-notation": "number",
    "unknown-code": "code",
    "unknown-classifier": "classifier",
    "bad-time": "occurred_at",
    "no-timezone": "occurred_at",
    "not-yet": "occurred_at",
    "another-year": "occurred_at",
    "before-acceptance": "occurred_at",
}
"""Cell that is shown of a row; of the others its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """
    Events of a block, of parcels and of units, and its rows that are set aside.

    ``lines`` has ``line``, ``number`` and the ``digest`` of its event of each row that can be used.
    """

    events: pl.DataFrame
    unit_events: pl.DataFrame
    aside: pl.DataFrame
    lines: pl.DataFrame


def normalise(
    rows: pl.DataFrame,
    form: Format,
    known: pl.DataFrame | None,
    *,
    units: Callable[[], Units] = Units,
    timezone: str = "",
    now: datetime | None = None,
) -> Normalised:
    """
    Turn cells into events.

    Parameters
    ----------
    rows
        Cells by line (:func:`landbridge.operations.events.reading.raw_schema`).
    known
        Parcels whose events are expected (``number``, ``parcel``, ``ready``); None takes any number as a parcel.
    units
        Gives the units that hold parcels; asked only where a number is no parcel's.
    timezone
        Zone of times without an offset; blank: they are set aside.
    now
        Moment of recording where the file has none; default: the present.
    """
    now = now or datetime.now(UTC)
    found = rows.with_row_index("row").with_columns(pl.col("number").str.replace_all(r"\s", "").str.to_uppercase())
    found = _look_up_code(found, form)
    found = _read_times(found, timezone, now)
    found = look_up_parcel(found, known)
    found = look_up_unit(found, units, is_any_number=known is None)
    problem = pl.coalesce(_problems())
    found = found.with_columns(problem.alias("problem"))
    found = found.with_columns(
        pl.when(pl.col("problem").is_null() & _is_before_acceptance())
        .then(pl.lit("before-acceptance"))
        .otherwise("problem")
        .alias("problem")
    )
    good = found.filter(pl.col("problem").is_null())
    bad = found.filter(pl.col("problem").is_not_null())
    of_parcels = good.filter(pl.col("unit").is_null())
    of_units = good.filter(pl.col("unit").is_not_null()).with_columns(pl.col("unit").alias("parcel"))
    events, unit_events = _to_events(of_parcels, rows), _to_events(of_units, rows).rename({"parcel": "unit"})
    lines = [
        used.select("line", "number").with_columns(told["digest"])
        for used, told in ((of_parcels, events), (of_units, unit_events))
    ]
    return Normalised(events=events, unit_events=unit_events, aside=_to_aside(bad, rows, form), lines=pl.concat(lines))


def _look_up_code(rows: pl.DataFrame, form: Format) -> pl.DataFrame:
    system = pl.lit(form.system) if form.system else pl.col("code_system").fill_null("status").str.to_lowercase()
    code = pl.col("code") if form.system in ("russianpost",) else pl.col("code").str.strip_chars()
    is_ours = system == "status"
    rows = rows.with_columns(
        system.alias("code_system"),
        pl.when(is_ours).then(code.str.to_lowercase()).otherwise(code.str.to_uppercase()).alias("code"),
        pl.col("classifier").fill_null("ACT").str.to_uppercase().alias("classifier"),
    )
    table = code_table().select(
        "code_system",
        pl.col("code"),
        "status",
        pl.col("reason").alias("usual_reason"),
        "sequence",
        "stage",
    )
    rows = rows.join(table, on=["code_system", "code"], how="left", maintain_order="left")
    any_attribute = table.filter(
        pl.col("code_system") == "russianpost", ~pl.col("code").str.contains("/", literal=True)
    )
    rows = rows.with_columns(pl.col("code").str.split("/").list.first().alias("type"))
    rows = rows.join(
        any_attribute.rename({"code": "type"}),
        on=["code_system", "type"],
        how="left",
        suffix="_any",
        maintain_order="left",
    )
    names = ("status", "usual_reason", "sequence", "stage")
    is_missing = pl.col("status").is_null()
    return rows.with_columns(pl.when(is_missing).then(f"{name}_any").otherwise(name).alias(name) for name in names)


def _read_times(rows: pl.DataFrame, timezone: str, now: datetime) -> pl.DataFrame:
    return rows.with_columns(
        *read_moment("occurred_at", timezone),
        read_moment("recorded_at", timezone)[0],
    ).with_columns(
        pl.col("recorded_at_utc").fill_null(pl.lit(now).cast(pl.Datetime("us", "UTC"))),
    )


def _problems() -> Iterator[pl.Expr]:
    """Problem of a row, the first that applies; null where there is none."""

    def when(is_so: pl.Expr, code: str) -> pl.Expr:
        return pl.when(is_so).then(pl.lit(code))

    is_actual = pl.col("classifier") == "ACT"
    yield when(pl.col("number").is_null(), "no-number")
    yield when(pl.col("number").str.contains(r"^\d(\.\d+)?E\+?\d+$"), "scientific-notation")
    yield when(pl.col("status").is_null(), "unknown-code")
    yield when(~pl.col("classifier").is_in(list(CLASSIFIERS)), "unknown-classifier")
    yield when(~pl.col("occurred_at_read").fill_null(value=False), "bad-time")
    yield when(pl.col("occurred_at_utc").is_null(), "no-timezone")
    is_elsewhen = (pl.col("owners") == 0) & (pl.col("all") > 0)
    yield when(is_elsewhen, "another-year")
    yield pl.col("unit_problem")
    yield when((pl.col("owners") == 0) & pl.col("unit").is_null(), "unknown-number")
    yield when(pl.col("owners") > 1, "two-parcels")
    yield when(is_actual & (pl.col("occurred_at_utc") > pl.col("recorded_at_utc") + AHEAD), "not-yet")


def _is_before_acceptance() -> pl.Expr:
    """Whether an actual event, other than a label made, lies before its parcel was ready or accepted."""
    is_actual = (pl.col("classifier") == "ACT") & (pl.col("status").cast(pl.String) != "pending")
    moment = pl.col("occurred_at_utc")
    is_acceptance = is_actual & (pl.col("stage") == 0) & (pl.col("status").cast(pl.String) == "picked_up")
    accepted = pl.when(is_acceptance & pl.col("problem").is_null()).then(moment).min().over("parcel")
    before_ready = (moment < pl.col("ready") - EARLY).fill_null(value=False)
    return is_actual & pl.col("unit").is_null() & (before_ready | (moment < accepted).fill_null(value=False))


def _to_events(rows: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    def code_only(cell: str) -> pl.Expr:
        return pl.when(pl.col(cell).str.contains(CODE_SIGNS)).then(pl.col(cell)).otherwise(None)

    rows = rows.with_columns(code_only("place"), code_only("source"), code_only("event"), code_only("corrects"))
    rows = rows.with_columns(pl.coalesce(code_only("reason"), "usual_reason").alias("reason"))
    told = raw[rows["row"]].select(pl.struct(safe_cell(cell) for cell in CELLS).struct.json_encode().alias("raw"))
    events = rows.select(
        "parcel",
        "event",
        _digest(rows).alias("digest"),
        "code_system",
        "code",
        "status",
        "reason",
        pl.col("classifier").cast(CLASSIFIER),
        pl.col("occurred_at_utc").alias("occurred_at"),
        pl.col("occurred_at_offset").alias("offset_min"),
        pl.col("recorded_at_utc").alias("recorded_at"),
        "place",
        "source",
        "corrects",
        "sequence",
        "stage",
        told["raw"],
    )
    return events.select(pl.col(name).cast(kind) for name, kind in EVENTS.items())


_TIME_SIGNS = r"^[0-9][A-Za-z0-9_.:/+ -]{1,63}$"
_SPACED_NUMBER = r"^[A-Za-z]{0,4}[0-9 -]{7,20}[A-Za-z]{0,2}$"


def safe_cell(cell: str, text: pl.Expr | None = None) -> pl.Expr:
    """Give a cell as received where it looks like a code, a number or a time; words are not kept."""
    text = pl.col(cell) if text is None else text
    if cell in ("occurred_at", "recorded_at", "until"):
        is_safe = text.str.contains(_TIME_SIGNS)
    elif cell in ("number", "unit"):
        is_safe = (text.str.contains(CODE_SIGNS) & text.str.contains("[0-9]")) | text.str.contains(_SPACED_NUMBER)
    else:
        is_safe = text.str.contains(CODE_SIGNS)
    return pl.when(is_safe).then(text).otherwise(None).alias(cell)


def _digest(rows: pl.DataFrame) -> pl.Series:
    """Sixteen bytes that are the same for the same event told twice (BLAKE2b)."""
    names = ("parcel", "event", "code_system", "code", "classifier", "place", "source", "corrects")
    text = rows.select(
        pl.concat_str(
            *(pl.col(name).fill_null("") for name in names),
            pl.col("occurred_at_utc").dt.timestamp("us").cast(pl.String),
            separator="\x1f",
        )
    ).to_series()
    blake = hashlib.blake2b
    return pl.Series([blake(item.encode(), digest_size=16).digest() for item in text.to_list()], dtype=pl.Binary)


def _to_aside(rows: pl.DataFrame, raw: pl.DataFrame, form: Format) -> pl.DataFrame:
    cells = raw[rows["row"]].with_columns(safe_cell(cell) for cell in CELLS)
    words = rows["problem"].replace_strict(PROBLEMS, return_dtype=pl.String)
    found = cells.with_columns(rows["problem"].alias("problem"), words.alias("message"))
    return found.select(pl.col(name).cast(kind) for name, kind in aside_schema(form).items())
