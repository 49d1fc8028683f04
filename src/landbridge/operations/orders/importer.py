"""
Orders in: the whole way from a file to parcels, articles and recipients.

Every import reads, checks, and sets aside; what is sound goes on. It is built beside its place and moved there at the
end, so a run that is broken off leaves nothing behind. Importing a file again takes nothing twice: a parcel is known
by its channel and its id there.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from landbridge.errors import OutputError
from landbridge.operations.orders.batches import LINE, BadOrders, Batch
from landbridge.operations.orders.checks import FINDING_SCHEMA, Rules, check_rows, finding_rows
from landbridge.operations.orders.doubles import Doubles
from landbridge.operations.orders.fields import PERSONAL
from landbridge.operations.orders.findings import WARNINGS, shown
from landbridge.operations.orders.items import typed_items
from landbridge.operations.orders.outcome import Outcome, Report, write_outcome
from landbridge.operations.orders.parts import Parts
from landbridge.operations.orders.set_aside import SetAside
from landbridge.operations.parcels.ranges import NumberLedger
from landbridge.operations.people.store import Adding, PeopleStores

PARCELS, ITEMS, IMPORTS = "parcels", "items", "imports"
SET_ASIDE = "set-aside"

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    A file of orders that was looked at.

    Parameters
    ----------
    path, encoding
        The file, and as what it is read.
    batches
        Its rows.
    header, separator
        Of a CSV file; None for JSON.
    """

    path: Path
    encoding: str
    batches: Iterable[Batch]
    header: tuple[str, ...] | None = None
    separator: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """Where numbers come from: a range in a ledger."""

    ledger: NumberLedger
    name: str


def import_orders(
    source: Source,
    rules: Rules,
    *,
    out: Path,
    people: Path,
    numbers: Numbering | None = None,
    dry: bool = False,
    every_row: bool = False,
    shown: int = 20,
) -> Outcome:
    """
    Import a file of orders.

    Parameters
    ----------
    source
        The file.
    rules
        How to read it and what to check it against.
    out
        Folder of parcels: ``parcels/``, ``items/`` and ``imports/`` in it grow.
    people
        Folder of recipients and of rows set aside; never inside ``out``.
    numbers
        Gives numbers to parcels that have none; default: they stay without.
    dry
        Check and report every row, import nothing and set nothing aside.
    every_row
        Report every row also where it is no dry run.
    shown
        How many findings the outcome keeps in words.
    """
    begun = time.monotonic()
    if people.resolve().is_relative_to(out.resolve()):
        raise BadOrders(f"{people}: recipients are kept apart from parcels; choose a folder outside {out} (--people).")
    name = _name_of(source.path, out, dry=dry)
    with _staging(out, name) as folder:
        columns = rules.mapping.columns
        report = Report(
            folder=folder, source=source.path.name, every_row=dry or every_row, columns=columns, shown=shown
        )
        aside = SetAside(people / SET_ASIDE / name, source.header, source.separator)
        work = _Work(source, rules, report, aside, folder, name, numbers, dry=dry)
        try:
            work.doubles = Doubles.of(out / PARCELS)
            stores = PeopleStores(people)
            if dry:
                work.run(None)
            else:
                with stores.adding() as adding:
                    work.run(adding)
            report.close()
            work.move(out)
        except BaseException:
            report.close()
            aside.close(keep=False)
            raise
        aside.close(keep=True)
        outcome = work.outcome(out, time.monotonic() - begun)
        write_outcome(outcome, folder / "import.json")
    return outcome


def _name_of(path: Path, out: Path, *, dry: bool) -> str:
    stem = "".join(char if char.isalnum() else "-" for char in path.stem)[:40]
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    name = f"{'dry-' if dry else ''}{stem}-{moment}"
    taken = sum(1 for item in (out / IMPORTS).glob(f"{name}*")) if (out / IMPORTS).is_dir() else 0
    return f"{name}-{taken + 1}" if taken else name


@contextmanager
def _staging(out: Path, name: str) -> Iterator[Path]:
    """Give a folder that becomes the import's own when the block ends well; one import at a time."""
    folder, lock = out / IMPORTS / f".{name}.part", out / IMPORTS / ".lock"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock.touch(exist_ok=False)
    except FileExistsError as error:
        message = f"{out}: another import is under way. Wait for it; if none is, remove {lock}."
        raise BadOrders(message, code="import-under-way") from error
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place.") from error
    try:
        folder.mkdir()
        yield folder
        folder.rename(out / IMPORTS / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)


class _Work:
    """One import under way."""

    def __init__(
        self,
        source: Source,
        rules: Rules,
        report: Report,
        aside: SetAside,
        folder: Path,
        name: str,
        numbering: Numbering | None,
        *,
        dry: bool,
    ) -> None:
        self._numbering = numbering
        self.source, self.rules, self.report, self.aside = source, rules, report, aside
        self.name, self.dry = name, dry
        self.doubles = Doubles()
        self._parcels, self._items = Parts(folder, PARCELS, name), Parts(folder, ITEMS, name)
        self._rows = self._taken = self._known = self._set_aside = 0
        self._people = self._elsewhere = self._skipped = self._several = 0

    def run(self, adding: Adding | None) -> None:
        """Take batch after batch."""
        for batch in self.source.batches:
            self._take(batch, adding)
        if adding is not None:
            self._people, self._elsewhere = adding.kept, adding.elsewhere

    def _take(self, batch: Batch, adding: Adding | None) -> None:
        checked = check_rows(batch.text, self.rules)
        refused = checked.refused.to_numpy().copy()
        faults = [finding_rows(batch.text.filter(mark), column, code) for column, code, mark in batch.faults]
        for _, code, mark in batch.faults:
            refused |= mark.to_numpy() & (code not in WARNINGS)
        doubles, known = self.doubles.judge(batch.text, checked.parcels, refused)
        broken = _broken_rows(batch)
        findings = pl.concat([broken, *faults, checked.findings, *doubles])
        self.report.add(findings)
        self._report_rows(batch, findings, known)
        taken = ~refused & ~known
        self._skipped += batch.skipped
        rows = np.ones(batch.text.height, dtype=np.int64) if batch.rows is None else batch.rows.to_numpy()
        self._several += int((rows > 1).sum())
        self._rows += int(rows.sum()) + len(batch.broken)
        self._taken += int(taken.sum())
        self._known += int(known.sum())
        self._set_aside += int(rows[refused].sum()) + len(batch.broken)
        if adding is None:
            return
        self._put_aside(batch, findings, refused)
        mask = pl.Series(taken)
        parcels = self._numbered(checked.parcels.filter(mask))
        days = parcels.get_column("ready").dt.strftime("%Y-%m-%d")
        self._parcels.add(parcels, days)
        items = typed_items(batch, checked.parcels, mask, self.rules.mapping)
        if items is not None:
            days_of = parcels.select("parcel", days.alias("day"))
            items = items.join(days_of, on="parcel", how="inner", maintain_order="left")
            self._items.add(items.drop("day"), items.get_column("day"))
        self._add_people(batch.text, checked.parcels, pl.Series(~refused), adding)

    def _numbered(self, parcels: pl.DataFrame) -> pl.DataFrame:
        """Give numbers to parcels that have none, from the range of a post."""
        without = parcels.get_column("number").is_null()
        if self._numbering is None or not without.any():
            return parcels
        taken = self._numbering.ledger.take(self._numbering.name, int(without.sum()), purpose=self.name)
        places = without.arg_true()
        return parcels.with_columns(parcels.get_column("number").scatter(places, taken))

    def _report_rows(self, batch: Batch, findings: pl.DataFrame, known: Bools) -> None:
        if not self.report.every_row:
            return
        codes = findings.group_by(LINE, maintain_order=True).agg(
            pl.col("code").unique(maintain_order=True).str.join(" ").alias("codes"),
            pl.col("code").is_in(sorted(WARNINGS)).not_().any().alias("refused"),
        )
        rows = pl.concat(
            [
                batch.text.select(LINE, shown("external_id"), pl.Series("known", known)),
                pl.DataFrame({LINE: [item.line for item in batch.broken]}, schema={LINE: pl.Int64}).with_columns(
                    pl.lit("").alias("external_id"), pl.lit(False).alias("known")
                ),
            ]
        ).join(codes, on=LINE, how="left")
        refused = pl.col("refused").fill_null(False)
        status = (
            pl.when(refused).then(pl.lit("set aside")).when("known").then(pl.lit("known")).otherwise(pl.lit("sound"))
        )
        self.report.add_rows(rows.select(LINE, "external_id", status.alias("status"), pl.col("codes").fill_null("")))

    def _put_aside(self, batch: Batch, findings: pl.DataFrame, refused: Bools) -> None:
        rows = np.flatnonzero(refused)
        lines = batch.text.get_column(LINE).to_numpy()[rows]
        texts = batch.raw(rows.tolist()) if batch.pieces is None else [""] * len(rows)
        hard = findings.filter(pl.col("code").is_in(sorted(WARNINGS)).not_())
        codes = {line: tuple(dict.fromkeys(texts)) for line, texts in hard.group_by(LINE).agg("code").iter_rows()}
        found = []
        for row, line, text in zip(rows, lines, texts, strict=True):
            pieces = [(int(line), text)] if batch.pieces is None else batch.pieces(int(row))
            found += [(at, codes.get(int(line), ()), raw) for at, raw in pieces]
        found += [(item.line, (item.code,), item.raw) for item in batch.broken]
        self.aside.add(sorted(found))

    def _add_people(self, text: pl.DataFrame, parcels: pl.DataFrame, sound: pl.Series, adding: Adding) -> None:
        named = text.select(pl.any_horizontal(pl.col(name).is_not_null() for name in PERSONAL)).to_series()
        rows = pl.concat(
            [
                parcels.select("parcel"),
                text.select(
                    pl.col(name).fill_null("").alias(field)
                    for field, name in (
                        ("name", "name"),
                        ("address", "address"),
                        ("city", "city"),
                        ("region", "to_region"),
                        ("postcode", "to_postcode"),
                        ("phone", "phone"),
                        ("email", "email"),
                        ("tax_ref", "tax_ref"),
                    )
                ),
                text.select(pl.col("to_country").str.to_uppercase().alias("country")),
            ],
            how="horizontal",
        ).filter(sound & named)
        for (country,), group in rows.partition_by("country", as_dict=True, include_key=False).items():
            adding.add(str(country), group.rows())

    def move(self, out: Path) -> None:
        """Move what was written to its place."""
        self._items.move_to(out)
        self._parcels.move_to(out)

    def outcome(self, out: Path, seconds: float) -> Outcome:
        """Tell what was done."""
        place = out / IMPORTS / self.name
        outcome = Outcome(
            name=self.name,
            file=self.source.path.name,
            encoding=self.source.encoding,
            rows=self._rows,
            taken=self._taken,
            known=self._known,
            set_aside=self._set_aside,
            skipped=self._skipped,
            several=self._several + self.doubles.several,
            articles=self.rules.mapping.articles,
            counts=dict(self.report.counts),
            first=tuple(self.report.first),
            people=self._people,
            people_elsewhere=self._elsewhere,
            seconds=seconds,
            dry=self.dry,
        )
        return replace(
            outcome,
            report=place / "findings.csv" if self.report.has("findings.csv") else None,
            rows_file=place / "rows.csv" if self.report.has("rows.csv") else None,
            set_aside_file=self.aside.path if self.aside.count else None,
        )


def _broken_rows(batch: Batch) -> pl.DataFrame:
    """Findings of the rows that could not be cut into cells."""
    return pl.DataFrame(
        {
            LINE: [item.line for item in batch.broken],
            "external_id": [""] * len(batch.broken),
            "column": [""] * len(batch.broken),
            "code": [item.code for item in batch.broken],
            "found": [""] * len(batch.broken),
        },
        schema=FINDING_SCHEMA,
    )
