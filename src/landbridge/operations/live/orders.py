"""
Orders at a server's door: read as ``operate import`` reads them, and cleaned before anything of them is kept.

What is kept is a Parquet file of the columns that are not about people, each cell only where it looks like what its
column is for; a job imports it later as any file of orders.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.model.case import Case
from landbridge.operations.live.cleaning import SCIENTIFIC, TIME, bare, kept
from landbridge.operations.live.column_mappings import KEPT, look, mapping_for, settings_of, without_people
from landbridge.operations.orders.articles import order_batches
from landbridge.operations.orders.batches import LINE, BadOrders, Batch, Broken, complete
from landbridge.operations.orders.checks import Rules
from landbridge.operations.orders.findings import shown
from landbridge.operations.orders.hub_rules import rules_of_case
from landbridge.operations.orders.importer import Source
from landbridge.operations.orders.json_source import json_batches, read_shop_file
from landbridge.operations.orders.mapping import Mapping as ColumnMapping
from landbridge.operations.orders.mapping import mapping_of
from landbridge.operations.orders.products import read_products
from landbridge.operations.orders.shops import SHOPS

_SCHEMA = pl.Schema({LINE: pl.Int64(), **dict.fromkeys(KEPT, pl.String()), "broken": pl.String(),
                     "rows": pl.Int64(), "faults": pl.List(pl.String())})  # fmt: skip
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
    complete: bool = False,
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
        A mapping, read as it is: a field that it does not name is not read. None: it is guessed.
    complete
        Whether ``given`` is a part of a mapping: what it leaves out is guessed.
    saved
        The mapping of the file before: used where its columns are there, and for rows that were set aside.
    shop
        Whose JSON it is; blank: CSV.

    Raises
    ------
    BadOrders, BadMapping
        When the file cannot be read, or not with this mapping; or when the mapping, which is kept, says something of
        a person.
    """
    if shop:
        if shop not in SHOPS:
            raise BadOrders(f"found {shop!r:.40}; expected one of {', '.join(SHOPS)}", code="unknown-shop")
        content = {"channel": shop, **settings_of(given if given is not None else saved or {})}
        mapping = mapping_of(content, "mapping", columns=False)
        known = read_products(products) if products is not None else {}
        batches = json_batches(read_shop_file(file, shop), shop, mapping, known)
    else:
        seen = look(file, given)
        mapping = mapping_for(seen, given, saved, complete=complete)
        batches = order_batches(seen, mapping)
    plain = without_people(mapping)
    rules = rules_of(case, mapping)
    frames, skipped = [pl.DataFrame(schema=_SCHEMA)], 0
    for batch in batches:
        frames.append(_cleaned(batch, rules))
        skipped += batch.skipped
    out = io.BytesIO()
    pl.concat(frames).sort(LINE, maintain_order=True).write_parquet(out, compression="zstd")
    return CleanOrders(content=out.getvalue(), mapping=plain, skipped=skipped)


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
