"""
Orders at a server's door: read as ``operate import`` reads them, and cleaned before anything of them is kept.

What is kept is a Parquet file of the columns that are not about people, each cell only where it looks like what its
column is for; a job imports it later as any file of orders.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.errors import Finding
from landbridge.model.case import Case
from landbridge.operations.live.cleaning import SCIENTIFIC, TIME, bare, kept
from landbridge.operations.orders.articles import order_batches
from landbridge.operations.orders.batches import LINE, BadOrders, Batch, Broken, complete
from landbridge.operations.orders.checks import Rules
from landbridge.operations.orders.csv_source import CsvFile, look_at
from landbridge.operations.orders.fields import FIELDS, NAMES, PERSONAL
from landbridge.operations.orders.findings import shown
from landbridge.operations.orders.guess import guess_mapping
from landbridge.operations.orders.hub_rules import rules_of_case
from landbridge.operations.orders.importer import Source
from landbridge.operations.orders.json_source import json_batches, read_shop_file
from landbridge.operations.orders.mapping import BadMapping, mapping_of
from landbridge.operations.orders.mapping import Mapping as ColumnMapping
from landbridge.operations.orders.products import read_products
from landbridge.operations.orders.set_aside import WHY
from landbridge.operations.orders.shops import SHOPS

KEPT = tuple(name for name in NAMES if name not in (*PERSONAL, "description", "quantity", "origin_country"))
"""Fields of an order that a server keeps: none tells who gets it, or what a sender wrote of its content."""

_SCHEMA = pl.Schema({LINE: pl.Int64(), **dict.fromkeys(KEPT, pl.String()), "broken": pl.String(),
                     "rows": pl.Int64(), "faults": pl.List(pl.String())})  # fmt: skip
_SETTINGS = tuple(item.name for item in dataclasses.fields(ColumnMapping) if item.name not in ("columns", "constants"))
_AT_A_TIME = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanOrders:
    """
    Orders without anybody's name.

    Parameters
    ----------
    content
        A Parquet file.
    mapping
        How the file was read, as plain data; it reads the rows set aside again, too.
    skipped
        Orders of a shop that are not waiting to be sent.
    """

    content: bytes
    mapping: dict[str, Any]
    skipped: int


def clean_orders(
    file: Path,
    case: Case,
    *,
    given: Mapping[str, Any] | None = None,
    saved: Mapping[str, Any] | None = None,
    shop: str = "",
    products: Path | None = None,
) -> CleanOrders:
    """
    Read a file of orders and keep what is not about people.

    Parameters
    ----------
    file
        CSV, or the JSON of a shop.
    given
        A mapping, or a part of one; what it leaves out is guessed.
    saved
        The mapping of the file before: used where its columns are there, and for rows that were set aside.
    shop
        Whose JSON it is; blank: CSV.

    Raises
    ------
    BadOrders, BadMapping
        When the file cannot be read, or not with this mapping.
    """
    if shop:
        if shop not in SHOPS:
            raise BadOrders(f"found {shop!r:.40}; expected one of {', '.join(SHOPS)}", code="unknown-shop")
        content = {"channel": shop, **_settings_of(given if given is not None else saved or {})}
        mapping = mapping_of(content, "mapping", columns=False)
        known = read_products(products) if products is not None else {}
        batches = json_batches(read_shop_file(file, shop), shop, mapping, known)
    else:
        seen = look_at(file, str((given or {}).get("encoding", "")), str((given or {}).get("separator", "")))
        mapping = _mapping_for(seen, given, saved)
        batches = order_batches(seen, mapping)
    rules = rules_of(case, mapping)
    frames, skipped = [pl.DataFrame(schema=_SCHEMA)], 0
    for batch in batches:
        frames.append(_cleaned(batch, rules))
        skipped += batch.skipped
    out = io.BytesIO()
    pl.concat(frames).sort(LINE, maintain_order=True).write_parquet(out, compression="zstd")
    return CleanOrders(content=out.getvalue(), mapping=_plain(mapping), skipped=skipped)


def guess_columns(
    file: Path, *, given: Mapping[str, Any] | None = None, saved: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Say how a CSV file would be read, as plain data: ``columns`` of the file, ``fields``, ``mapping`` and ``notes``.

    A file whose first row looks like people's data, not like names of columns, is refused.

    Raises
    ------
    BadOrders, BadMapping
        When the file cannot be read, or not with this mapping.
    """
    seen = look_at(file, str((given or {}).get("encoding", "")), str((given or {}).get("separator", "")))
    if any(_IS_NO_NAME.search(name) for name in seen.header):
        raise BadOrders("the first row does not look like names of columns; add one that names them", code="no-header")
    guessed, notes = guess_mapping(
        seen.header, seen.sample(), channel="shop", encoding=seen.encoding, separator=seen.separator
    )
    try:
        mapping = _plain(_mapping_for(seen, given, saved))
    except BadMapping:
        if given:
            raise
        mapping = _plain(guessed)
    fields = [{"name": item.name, "required": item.required, "personal": item.personal} for item in FIELDS]
    return {"columns": list(seen.header), "fields": fields, "mapping": mapping, "notes": notes}


def sound_mapping(content: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check a mapping that is to be saved, and give it whole.

    Raises
    ------
    BadMapping
        With every finding; a column is called by a name, not by what looks like a person's data.
    """
    texts = [content.get("channel", ""), content.get("timezone", "")]
    for block in (content.get("columns"), content.get("constants")):
        texts += [*block, *block.values()] if isinstance(block, dict) else []
    if any(isinstance(text, str) and (len(text) > _LONGEST or not text.isprintable()) for text in texts):
        raise _bad(f"a text has signs that cannot be printed, or more than {_LONGEST}; mend it")
    named = content.get("columns", {})
    if isinstance(named, dict) and any(_IS_NO_NAME.search(str(name)) for name in named.values()):
        raise _bad("a column has a name that looks like a telephone or an address; add a row of names to the file")
    return _plain(mapping_of(dict(content), "mapping"))


_LONGEST = 200
"""Signs of a text of a mapping that is saved."""

_IS_NO_NAME = re.compile(r"@|[0-9][0-9 ()-]{5,}[0-9]")


def _plain(mapping: ColumnMapping) -> dict[str, Any]:
    plain = dataclasses.asdict(dataclasses.replace(mapping, encoding="", separator=""))
    plain["order_amounts"] = list(mapping.order_amounts)
    return plain


def rules_of(case: Case, mapping: ColumnMapping) -> Rules:
    """Rules of a case for orders: its hubs, its goods, and the hub of each of its regions."""
    return Rules(
        mapping=mapping,
        hub_rules=rules_of_case(case),
        hubs=frozenset(row.hub for row in case.hubs),
        goods=frozenset(row.good for row in case.goods),
    )


def clean_source(file: Path, mapping: Mapping[str, Any], stopped: Callable[[], None]) -> tuple[Source, ColumnMapping]:
    """
    Open what was kept of a file as a source of orders; its rows set aside are a CSV file of our own fields.

    ``stopped`` is called between batches, and may raise.
    """
    identity = {name: name for name in KEPT if name not in mapping.get("constants", {})}
    whole = {"articles": "", "order_amounts": []}  # rows of one order were joined at the door
    reading = mapping_of({**mapping, **whole, "columns": identity}, "mapping", columns=False)
    source = Source(path=Path("orders.csv"), encoding="utf-8", batches=_batches(file, stopped), header=KEPT)
    return source, reading


# Reading


def _settings_of(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of a mapping but its columns."""
    return {key: value for key, value in mapping.items() if key != "columns"}


def _mapping_for(seen: CsvFile, given: Mapping[str, Any] | None, saved: Mapping[str, Any] | None) -> ColumnMapping:
    """Mapping of a CSV file: the given one completed by guesses, else the saved one where it fits, else a guess."""
    if given is not None and not isinstance(given, dict):
        raise _bad("expected an object with columns, constants and settings")
    if seen.header[: len(WHY)] == WHY:  # rows that were set aside: they have our own names
        columns = {name: name for name in seen.header if name in KEPT}
        whole = {"articles": "", "order_amounts": []}
        content = {"channel": "shop", **_settings_of(given or saved or {}), **whole, "columns": columns}
        return _read(content, seen)
    if given is None and saved and saved.get("columns") and set(saved["columns"].values()) <= set(seen.header):
        return _read(dict(saved), seen)
    guessed, _ = guess_mapping(
        seen.header, seen.sample(), channel="shop", encoding=seen.encoding, separator=seen.separator
    )
    content = {name: getattr(guessed, name) for name in _SETTINGS} | {"order_amounts": []} | dict(given or {})
    named = content.get("columns", {})
    constants = content.get("constants", {})
    if not isinstance(named, dict) or not isinstance(constants, dict):
        raise _bad("expected columns and constants as objects of texts")
    others = {
        field: name
        for field, name in guessed.columns.items()
        if field not in named and field not in constants and name not in named.values()
    }
    return _read({**content, "columns": {**others, **named}}, seen)


def _read(content: dict[str, Any], seen: CsvFile) -> ColumnMapping:
    constants = content.get("constants") or {}
    columns = {field: name for field, name in content["columns"].items() if field not in constants}
    encoding = {"encoding": seen.encoding, "separator": seen.separator}
    return mapping_of({**content, "columns": columns, **encoding}, "mapping")


def _bad(message: str) -> BadMapping:
    return BadMapping([Finding(where="mapping", code="bad-mapping", message=message)])


# Cleaning


def _cleaned(batch: Batch, rules: Rules) -> pl.DataFrame:
    text = batch.text.with_columns(
        *(bare(name).alias(name) for name in ("number", "weight", "value", "to_postcode", "from_postcode")),
    ).with_columns(pl.col(name).str.to_uppercase() for name in ("number", "to_postcode", "from_postcode"))
    faults = [pl.when(mark).then(pl.lit(f"{column} {code}")) for column, code, mark in batch.faults]
    sound = text.select(
        LINE,
        *_cells(rules),
        pl.lit(None, dtype=pl.String).alias("broken"),
        pl.lit(1 if batch.rows is None else batch.rows).alias("rows"),
        (pl.concat_list(faults).list.drop_nulls() if faults else pl.lit([], dtype=pl.List(pl.String))).alias("faults"),
    )
    broken = pl.DataFrame(
        {LINE: [item.line for item in batch.broken], "broken": [item.code for item in batch.broken]},
        schema={LINE: pl.Int64, "broken": pl.String},
    )
    return pl.concat([sound, broken], how="diagonal").select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())


def _cells(rules: Rules) -> Iterator[pl.Expr]:
    regions = sorted({rule.region.lower() for rule in rules.hub_rules if rule.region})
    known = {"good": rules.goods, "from_hub": rules.hubs, "to_hub": rules.hubs}
    for name in KEPT:
        text = pl.col(name)
        if name in known:
            yield kept(name, text.is_in(sorted(known[name])))
        elif name.endswith("_region"):
            yield kept(name, text.str.to_lowercase().is_in(regions))
        elif name.endswith("_postcode"):
            part = text.str.slice(0, rules.mapping.postcode_signs)
            is_code = text.str.contains(r"^[A-Z]{0,2}[0-9][0-9A-Z-]{0,9}$")
            whole = kept(name, text.str.contains(SCIENTIFIC))
            yield pl.when(is_code & ~text.str.contains(SCIENTIFIC)).then(part).otherwise(whole).alias(name)
        elif name in ("ready", "promised"):
            yield kept(name, text.str.contains(TIME))
        else:
            yield pl.when(text.is_not_null()).then(shown(name)).alias(name)


# What was kept, read again


def _batches(file: Path, stopped: Callable[[], None]) -> Iterator[Batch]:
    rows = pl.read_parquet(file)
    for start in range(0, max(1, rows.height), _AT_A_TIME):
        stopped()
        some = rows.slice(start, _AT_A_TIME)
        sound = some.filter(pl.col("broken").is_null()).drop("broken")
        told = sound.get_column("faults").explode().drop_nulls().unique().sort().to_list()
        broken = some.filter(pl.col("broken").is_not_null())
        yield Batch(
            text=complete(sound, {}),
            raw=_RawRows(sound),
            rows=sound.get_column("rows"),
            faults=tuple(
                (*one.split(" ", 1), sound.get_column("faults").list.contains(one).fill_null(value=False))
                for one in told
            ),
            broken=tuple(
                Broken(line=line, code=code, raw="," * (len(KEPT) - 1))
                for line, code in broken.select(LINE, "broken").iter_rows()
            ),
        )


@dataclass(frozen=True, slots=True)
class _RawRows:
    """Texts of rows as CSV."""

    rows: pl.DataFrame

    def __call__(self, wanted: Sequence[int]) -> list[str]:
        found = []
        for cells in self.rows[list(wanted)].select(KEPT).iter_rows() if wanted else ():
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
            found.append(line.getvalue())
        return found
