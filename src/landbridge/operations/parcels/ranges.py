"""
Ranges of numbers that a post has handed over, and the ledger of what was taken from them.

Only the post of a country issues S10 numbers. So a number is never made up here: it is taken from a range that a post
gave, in order, once, and a range that is used up stays used up. The ledger is one SQLite file; taking numbers is one
transaction, so two processes never get the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from landbridge.errors import LandbridgeError
from landbridge.operations.parcels.countries import COUNTRIES
from landbridge.operations.parcels.s10 import check_digit, service_class

DEMO_LETTER = "Z"
"""Letter of the indicators that no post issues across borders: the numbers of examples."""

_TABLES = """
CREATE TABLE IF NOT EXISTS range (
    name TEXT PRIMARY KEY, indicator TEXT NOT NULL, country TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, next INTEGER NOT NULL,
    post TEXT NOT NULL, document TEXT NOT NULL, received TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS taken (
    range TEXT NOT NULL REFERENCES range(name), first INTEGER NOT NULL, last INTEGER NOT NULL,
    purpose TEXT NOT NULL, at TEXT NOT NULL);
"""


class BadRange(LandbridgeError, ValueError):
    """A range of numbers that cannot be used; the code says which rule is broken."""

    code = "bad-range"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """
    Numbers that a post handed over.

    Parameters
    ----------
    name
        Our name for the range.
    indicator, country
        The letters before and after the digits.
    first, last
        Serial numbers of eight digits, without the check digit; both belong to the range.
    post
        Who handed it over.
    document
        The paper or message that says so.
    received
        Day it was handed over.
    """

    name: str
    indicator: str
    country: str
    first: int
    last: int
    post: str
    document: str
    received: date

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.last - self.first + 1


def check_range(item: NumberRange) -> None:
    """Raise when a range breaks a rule of its own."""
    where = f"range {item.name!r}"
    letters = item.indicator
    if not (len(letters) == 2 and letters.isascii() and letters.isalpha() and letters.isupper()):
        raise BadRange(f"{where}: the indicator is {letters!r}, expected two capital letters.")
    if service_class(letters).name in ("unassigned", "reserved"):
        raise BadRange(f"{where}: S10-12 assigns {letters} to no service; ask the post for another.")
    if item.country not in COUNTRIES:
        raise BadRange(f"{where}: the country is {item.country!r}, expected a code of ISO 3166-1.")
    if not 0 <= item.first <= item.last <= 99_999_999:
        raise BadRange(f"{where}: from {item.first} to {item.last}, expected serial numbers of eight digits in order.")
    if letters[0] != DEMO_LETTER and not (item.post.strip() and item.document.strip()):
        message = f"{where}: who handed it over and by which document is missing. Only a post issues numbers"
        raise BadRange(f"{message}; for trying out use an indicator {DEMO_LETTER}A to {DEMO_LETTER}Z.")


class NumberLedger:
    """
    Ranges and what was taken from them, in one SQLite file.

    Parameters
    ----------
    path
        The file; it is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as base:
            base.executescript(_TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
        try:
            yield base
        except sqlite3.DatabaseError as error:
            raise BadRange(f"{self.path}: not a ledger of numbers that can be used ({error}).") from error
        finally:
            base.close()

    def add(self, item: NumberRange) -> None:
        """
        Record a range.

        Raises
        ------
        BadRange
            When it breaks a rule, has the name of another, or shares a number with one recorded before (code
            ``range-overlap``), used up or not: numbers are never used twice.
        """
        check_range(item)
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            row = base.execute(
                "SELECT name FROM range WHERE name = ? OR (indicator = ? AND country = ? AND first <= ? AND last >= ?)",
                (item.name, item.indicator, item.country, item.last, item.first),
            ).fetchone()
            if row is not None:
                base.execute("ROLLBACK")
                message = f"range {item.name!r}: {row[0]!r} has the same name or numbers; numbers are never used twice."
                raise BadRange(message, code="range-overlap")
            base.execute(
                "INSERT INTO range VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    item.name,
                    item.indicator,
                    item.country,
                    item.first,
                    item.last,
                    item.first,
                    item.post,
                    item.document,
                    item.received.isoformat(),
                ),
            )
            base.execute("COMMIT")

    def take(self, name: str, count: int, *, purpose: str) -> list[str]:
        """
        Take the next numbers of a range, for good.

        Raises
        ------
        BadRange
            When there is no such range (``unknown-range``) or it has fewer numbers left (``range-exhausted``); then
            none is taken.
        """
        if count < 1:
            raise BadRange(f"range {name!r}: {count} numbers were asked for, expected at least 1.")
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            row = base.execute("SELECT indicator, country, next, last FROM range WHERE name = ?", (name,)).fetchone()
            fault = _fault(name, row, count)
            if fault is not None:
                base.execute("ROLLBACK")
                raise fault
            indicator, country, first, _ = row
            base.execute("UPDATE range SET next = ? WHERE name = ?", (first + count, name))
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            base.execute("INSERT INTO taken VALUES (?, ?, ?, ?, ?)", (name, first, first + count - 1, purpose, moment))
            base.execute("COMMIT")
        serials = (f"{serial:08d}" for serial in range(first, first + count))
        return [f"{indicator}{serial}{check_digit(serial)}{country}" for serial in serials]

    def ranges(self) -> list[tuple[NumberRange, int]]:
        """Ranges in order of their names, each with how many numbers are left."""
        with self._open() as base:
            rows = base.execute("SELECT * FROM range ORDER BY name").fetchall()
        return [
            (
                NumberRange(
                    name=name,
                    indicator=indicator,
                    country=country,
                    first=first,
                    last=last,
                    post=post,
                    document=document,
                    received=date.fromisoformat(received),
                ),
                last - ahead + 1,
            )
            for name, indicator, country, first, last, ahead, post, document, received in rows
        ]


def _fault(name: str, row: tuple[str, str, int, int] | None, count: int) -> BadRange | None:
    if row is None:
        return BadRange(f"range {name!r}: there is none of that name in the ledger.", code="unknown-range")
    left = row[3] - row[2] + 1
    if count > left:
        message = f"range {name!r}: {left} numbers are left, {count} were asked for; ask the post for another range."
        return BadRange(message, code="range-exhausted")
    return None
