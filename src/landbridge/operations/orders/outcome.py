"""What an import did: counts by code, the first findings in words, and all of them in a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import polars as pl

from landbridge.errors import Finding
from landbridge.operations.orders.batches import LINE
from landbridge.operations.orders.checks import FINDING_SCHEMA
from landbridge.operations.orders.findings import REMEDIES, WARNINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What an import, or a dry run of one, did.

    Parameters
    ----------
    name
        Name of the import.
    file, encoding
        What was read, and as what.
    rows, taken, known, set_aside, skipped
        Rows of the file; those that became parcels; those imported before, unchanged; those set aside; orders of a shop
        that are not waiting to be sent, which are not counted among the rows.
    several, articles
        Ids that stand in several rows, and how those were read: the mapping's ``articles``.
    counts
        Findings by code, warnings too.
    first
        The first findings in words.
    people, people_elsewhere
        Recipients kept, and those whose country is kept elsewhere.
    report, set_aside_file, rows_file
        Files; None where there is nothing to tell.
    seconds
        How long it took.
    dry
        Whether nothing was imported.
    """

    name: str
    file: str
    encoding: str
    rows: int
    taken: int
    known: int
    set_aside: int
    counts: Mapping[str, int]
    first: tuple[Finding, ...]
    skipped: int = 0
    several: int = 0
    articles: str = ""
    people: int = 0
    people_elsewhere: int = 0
    report: Path | None = None
    set_aside_file: Path | None = None
    rows_file: Path | None = None
    seconds: float = 0.0
    dry: bool = False

    @property
    def several_words(self) -> str:
        """How ids that stand in several rows are read, and how to read them otherwise; blank where there are none."""
        if not self.several:
            return ""
        said = f"{self.several:,} ids stand" if self.several > 1 else "1 id stands"
        if self.articles:
            return f'{said} in several rows, read as articles of one order; for a row a parcel: articles = ""'
        return f'{said} in several rows, read as double rows; if they are articles of one order: articles = "rows"'


@dataclass(slots=True)
class Report:
    """
    Findings as they come: counted, the first kept, all written.

    Parameters
    ----------
    folder
        Where ``findings.csv`` is written, and ``rows.csv`` in a dry run.
    source
        Name of the file in findings.
    every_row
        Whether each row is reported, sound ones too.
    columns
        Name in the file of each of our fields.
    shown
        How many findings are kept for printing.
    """

    folder: Path
    source: str
    every_row: bool
    columns: Mapping[str, str] = field(default_factory=dict)
    shown: int = 20
    counts: Counter[str] = field(default_factory=Counter)
    first: list[Finding] = field(default_factory=list)
    _files: dict[str, IO[bytes]] = field(default_factory=dict)

    def add(self, findings: pl.DataFrame) -> None:
        """Add findings, with the columns of ``FINDING_SCHEMA``."""
        if findings.is_empty():
            return
        names = pl.col("column").replace(dict(self.columns))
        findings = findings.sort(LINE, maintain_order=True).with_columns(names)
        self.counts.update(dict(findings.get_column("code").value_counts().iter_rows()))
        room = max(0, self.shown - len(self.first))
        self.first += [self._words(row) for row in findings.head(room).iter_rows(named=True)]
        words = pl.col("code").replace_strict(REMEDIES, default="", return_dtype=pl.String)
        kind = pl.when(pl.col("code").is_in(sorted(WARNINGS))).then(pl.lit("warning")).otherwise(pl.lit("set aside"))
        self._write("findings.csv", findings.with_columns(kind.alias("kind"), words.alias("what to do")))

    def _words(self, row: Mapping[str, str]) -> Finding:
        found = f"found {row['found']}; " if row["found"] else ""
        which = f"parcel {row['external_id']}: " if row["external_id"] else ""
        message = f"{which}{found}{REMEDIES.get(row['code'], '')}"
        where = f"{self.source}:{row[LINE]}"
        return Finding(where=where, column=row["column"], message=message, code=row["code"])

    def add_rows(self, lines: pl.DataFrame) -> None:
        """Add what became of each row: ``line``, ``external_id``, ``status``, ``codes``."""
        if self.every_row:
            self._write("rows.csv", lines.sort(LINE))

    def _write(self, name: str, frame: pl.DataFrame) -> None:
        new = name not in self._files
        if new:
            self._files[name] = (self.folder / name).open("wb")
        frame.write_csv(self._files[name], include_header=new)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def has(self, name: str) -> bool:
        """Whether a file was written."""
        return name in self._files


def no_findings() -> pl.DataFrame:
    """Give an empty table of findings."""
    return pl.DataFrame(schema=FINDING_SCHEMA)


def write_outcome(outcome: Outcome, path: Path) -> None:
    """Write what an import did as JSON."""
    document = {
        "name": outcome.name,
        "file": outcome.file,
        "encoding": outcome.encoding,
        "rows": outcome.rows,
        "taken": outcome.taken,
        "known": outcome.known,
        "set_aside": outcome.set_aside,
        "skipped": outcome.skipped,
        "several": outcome.several,
        "findings": dict(sorted(outcome.counts.items())),
        "people": outcome.people,
        "people_elsewhere": outcome.people_elsewhere,
        "seconds": round(outcome.seconds, 3),
        "dry": outcome.dry,
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
