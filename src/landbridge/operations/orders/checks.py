"""Rows of text become parcels; what breaks a rule is told by row and set aside."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from landbridge.operations.orders.batches import LINE
from landbridge.operations.orders.convert import (
    SCIENTIFIC,
    has_offset,
    plain_number,
    to_currency,
    to_moment,
    to_money,
    to_number,
)
from landbridge.operations.orders.fields import PERSONAL
from landbridge.operations.orders.findings import EXTERNAL_ID, WARNINGS, shown
from landbridge.operations.orders.hub_rules import HubRule, choose_hub
from landbridge.operations.orders.mapping import WEIGHT_UNITS, Mapping
from landbridge.operations.parcels.countries import COUNTRIES, CURRENCIES
from landbridge.operations.parcels.frame import PARCEL_SCHEMA
from landbridge.operations.parcels.hs import hs_fault, hs_text
from landbridge.operations.parcels.s10 import WARNED, number_class, number_fault, number_text

HEAVY_KG = 31.5
"""Most a post takes as one parcel; heavier ones are taken with a word of warning."""

MOST_KG, MOST_VALUE = 1000.0, 10_000_000
"""No parcel weighs or is worth more: a telephone number has slipped into the column, or a unit is wrong."""

FINDING_SCHEMA = pl.Schema(
    {LINE: pl.Int64(), "external_id": pl.String(), "column": pl.String(), "code": pl.String(), "found": pl.String()}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What rows are checked against.

    Parameters
    ----------
    mapping
        How to read the file.
    hub_rules
        Which hub an address belongs to.
    hubs, goods
        Ids of the case; none = any.
    """

    mapping: Mapping
    hub_rules: tuple[HubRule, ...] = ()
    hubs: frozenset[str] = field(default_factory=frozenset)
    goods: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    Rows that were checked.

    Parameters
    ----------
    parcels
        One row for each row of text, with the columns of parcels; where ``refused`` they may be wrong.
    refused
        Rows that break a rule.
    findings
        A row for each rule broken, warnings too.
    """

    parcels: pl.DataFrame
    refused: pl.Series
    findings: pl.DataFrame


def check_rows(text: pl.DataFrame, rules: Rules) -> Checked:
    """
    Check rows and turn them into parcels.

    Parameters
    ----------
    text
        A column for each field of an order and the column ``line``.
    rules
        What they are checked against.
    """
    values = _values(text, rules)
    flags = [*_field_flags(rules), *_value_flags(rules)]
    table = pl.concat([text, values], how="horizontal")
    marks = table.select(expression.fill_null(False).alias(str(at)) for at, (_, _, expression) in enumerate(flags))
    parts = []
    refused = pl.Series("refused", [False] * text.height, dtype=pl.Boolean)
    for at, (column, code, _) in enumerate(flags):
        mark = marks.get_column(str(at))
        if not mark.any():
            continue
        if code not in WARNINGS:
            refused = refused | mark
        parts.append(finding_rows(text.filter(mark), column, code))
    findings = pl.concat(parts) if parts else pl.DataFrame(schema=FINDING_SCHEMA)
    parcels = table.select(_parcel_columns(rules.mapping))
    return Checked(parcels=parcels, refused=refused, findings=findings)


def finding_rows(text: pl.DataFrame, column: str, code: str) -> pl.DataFrame:
    """Findings of one rule, one for each row of text."""
    return text.select(
        pl.col(LINE),
        shown("external_id").alias("external_id"),
        pl.lit(column).alias("column"),
        pl.lit(code).alias("code"),
        (shown(column) if column in text.columns else pl.lit("")).alias("found"),
    )


def _values(text: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Typed values, in columns that begin with an underscore."""
    mapping = rules.mapping
    rounds = text.select(
        to_number("weight", mapping.decimal).alias("weight"),
        to_money("value", mapping.decimal).alias("_value"),
        to_currency("currency").alias("_currency"),
        hs_text("hs_code").alias("_hs"),
        number_text("number").alias("_number"),
        pl.coalesce(pl.col("from_hub"), choose_hub(rules.hub_rules, "from")).alias("_from_hub"),
        pl.coalesce(pl.col("to_hub"), choose_hub(rules.hub_rules, "to")).alias("_to_hub"),
    ).with_columns((pl.col("weight") * WEIGHT_UNITS[mapping.weight_unit]).alias("_weight_kg"))
    ready = to_moment(text, "ready", mapping).alias("_ready")
    promised = to_moment(text, "promised", mapping).alias("_promised")
    found = rounds.drop("weight").with_columns(ready, promised)
    if mapping.promise_h:
        late = pl.col("_ready") + pl.duration(minutes=round(60 * mapping.promise_h))
        given = text.get_column("promised").is_not_null()
        found = found.with_columns(pl.when(given).then("_promised").otherwise(late).alias("_promised"))
    found = found.with_columns(number_fault("_number").alias("_number_fault"), hs_fault("_hs").alias("_hs_fault"))
    return found.with_columns(number_class("_number").alias("_class"))


Flag = tuple[str, str, pl.Expr]


def _field_flags(rules: Rules) -> list[Flag]:
    """Rules of the text of cells: what is blank, was rounded by a spreadsheet, cannot be read."""
    decimal = rules.mapping.decimal
    flags: list[Flag] = [
        (name, "blank-field", pl.col(name).is_null())
        for name in ("external_id", "good", "weight", "value", "currency", "ready")
    ]
    flags.append(("external_id", "bad-external-id", ~pl.col("external_id").str.contains(EXTERNAL_ID)))
    named = pl.any_horizontal(pl.col(name).is_not_null() for name in PERSONAL)
    flags.append(("to_country", "blank-field", named & pl.col("to_country").is_null()))
    flags += [
        (name, "bad-country", pl.col(name).str.to_uppercase().is_in(sorted(COUNTRIES)).not_())
        for name in ("to_country", "from_country")
    ]
    flags += [
        (name, "excel-number", pl.col(name).str.contains(SCIENTIFIC))
        for name in ("external_id", "number", "hs_code", "to_postcode", "from_postcode")
    ]
    for name, value in (("weight", "_weight_kg"), ("value", "_value")):
        scientific = plain_number(name, decimal).str.contains(SCIENTIFIC)
        flags.append((name, "excel-number", scientific))
        flags.append((name, "not-a-number", pl.col(name).is_not_null() & pl.col(value).is_null() & ~scientific))
    for name in ("ready", "promised"):
        unread = pl.col(name).is_not_null() & pl.col(f"_{name}").is_null()
        if not rules.mapping.timezone:
            flags.append((name, "no-timezone", unread & ~has_offset(name) & _looks_like_a_time(name)))
            unread = unread & (has_offset(name) | ~_looks_like_a_time(name))
            flags.append((name, "not-a-time", unread))
        else:
            lost = unread & _looks_like_a_time(name) & _on_the_clock(name)
            flags.append((name, "bad-local-time", lost))
            flags.append((name, "not-a-time", unread & ~lost))
    return flags


def _looks_like_a_time(column: str) -> pl.Expr:
    return pl.col(column).str.contains(r"^[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:[T ][0-9:.]+)?$")


def _on_the_clock(column: str) -> pl.Expr:
    """Whether a time that was not read is one by the calendar, so that only its zone can have refused it."""
    text = pl.col(column).str.replace("T", " ", literal=True)
    return pl.any_horizontal(
        text.str.to_datetime(pattern, strict=False).is_not_null()
        for pattern in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
    )


def _value_flags(rules: Rules) -> list[Flag]:
    """Rules of the values themselves, and of the places they name."""
    inland = pl.col("_number").str.contains(r"^[0-9]{14}$")
    excel = pl.col("number").str.contains(SCIENTIFIC)
    flags: list[Flag] = [
        ("weight", "weight-not-positive", pl.col("_weight_kg") <= 0),
        ("weight", "weight-heavy", pl.col("_weight_kg").is_between(HEAVY_KG, MOST_KG, closed="right")),
        ("weight", "weight-implausible", pl.col("_weight_kg") > MOST_KG),
        ("value", "negative-value", pl.col("_value") < 0),
        ("value", "value-implausible", pl.col("_value") > MOST_VALUE),
        ("currency", "bad-currency", pl.col("_currency").is_in(sorted(CURRENCIES)).not_()),
        ("promised", "promised-before-ready", pl.col("_promised") < pl.col("_ready")),
        ("number", "inland-number-inferred", inland),
    ]
    flags += [
        ("number", code, (pl.col("_number_fault") == code) & ~inland & ~excel)
        for code in ("s10-format", "s10-check-digit", "s10-country")
    ]
    valid = pl.col("_number_fault") == ""
    flags += [("number", code, valid & (pl.col("_class") == name)) for name, code in WARNED.items()]
    flags += [
        ("hs_code", code, (pl.col("_hs_fault") == code) & ~pl.col("hs_code").str.contains(SCIENTIFIC))
        for code in ("hs-format", "hs-leading-zero", "hs-unknown")
    ]
    if rules.goods:
        flags.append(("good", "unknown-good", pl.col("good").is_in(sorted(rules.goods)).not_()))
    for side in ("from", "to"):
        hub = pl.col(f"_{side}_hub")
        flags.append((f"{side}_hub", "no-hub", hub.is_null()))
        if rules.hubs:
            flags.append((f"{side}_hub", "unknown-hub", hub.is_in(sorted(rules.hubs)).not_()))
    flags.append(("to_hub", "same-hub", pl.col("_from_hub") == pl.col("_to_hub")))
    return flags


def _parcel_columns(mapping: Mapping) -> list[pl.Expr]:
    sound_number = pl.when(pl.col("_number_fault") == "").then("_number")
    sound_hs = pl.when(pl.col("_hs_fault") == "").then(pl.col("_hs").str.slice(0, 6))
    postcode = pl.col("to_postcode").str.replace_all(r"\s", "").str.to_uppercase().str.slice(0, mapping.postcode_signs)
    columns = {
        "parcel": pl.concat_str(pl.lit(mapping.channel), "external_id", separator=":"),
        "number": sound_number,
        "channel": pl.lit(mapping.channel),
        "external_id": pl.col("external_id"),
        "order": pl.lit(None, dtype=pl.String),
        "good": pl.col("good"),
        "from_hub": pl.col("_from_hub"),
        "to_hub": pl.col("_to_hub"),
        "weight_kg": pl.col("_weight_kg"),
        "value": pl.col("_value"),
        "currency": pl.col("_currency"),
        "hs6": sound_hs,
        "ready": pl.col("_ready"),
        "promised": pl.col("_promised"),
        "postcode_prefix": pl.when(postcode.str.contains(r"^[A-Z]{0,2}[0-9]")).then(
            postcode
        ),  # a slipped name has none
    }
    return [columns[name].cast(dtype).alias(name) for name, dtype in PARCEL_SCHEMA.items()]
