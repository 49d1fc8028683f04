"""
Recipients in a store of their own for each country.

A country's store is one SQLite file that can lie on a machine in that country. Nothing of it enters the table of
parcels, the planner's tables, logs, exports or messages: those know a parcel's id and the first signs of its postcode.
Each row has a day after which it is deleted; deleted rows are overwritten on disk.
"""

from __future__ import annotations

import os
import sqlite3
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from landbridge.errors import LandbridgeError
from landbridge.operations.parcels.countries import COUNTRIES

FIELDS = ("name", "address", "city", "region", "postcode", "phone", "email", "tax_ref")
KEEP_DAYS = 180
"""Days after import that a recipient is kept: the time in which claims for a parcel are made."""

_TABLE = f"""
CREATE TABLE IF NOT EXISTS recipient (
    parcel TEXT PRIMARY KEY, {", ".join(f"{name} TEXT NOT NULL" for name in FIELDS)},
    kept_until TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipient_until ON recipient (kept_until);
CREATE TABLE IF NOT EXISTS deletion (at TEXT NOT NULL, reason TEXT NOT NULL, rows INTEGER NOT NULL);
"""

_INSERT = f"INSERT OR REPLACE INTO recipient VALUES ({', '.join('?' * (len(FIELDS) + 2))})"


class BadStore(LandbridgeError, ValueError):
    """A store of recipients that cannot be used; its message names nobody."""

    code = "bad-people-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets a parcel. ``repr`` shows the parcel only, so that no log can show more."""

    parcel: str
    name: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""
    tax_ref: str = ""

    def __repr__(self) -> str:
        """Show the parcel, nothing else."""
        return f"Recipient(parcel={self.parcel!r})"


class PeopleStore:
    """
    Recipients of the parcels to one country.

    Parameters
    ----------
    path
        Its SQLite file; made when it is not there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = not path.exists()
        if new:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._open() as base:
            base.executescript(_TABLE)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self.path, timeout=30.0)
        try:
            base.execute("PRAGMA secure_delete = ON")
            yield base
            base.commit()
        except sqlite3.DatabaseError as error:
            raise BadStore(
                f"{self.path}: not a store of recipients that can be used ({type(error).__name__})."
            ) from None
        finally:
            base.close()

    def add(self, rows: Iterable[Sequence[str]], *, kept_until: date) -> None:
        """
        Keep recipients; one that is there already is replaced.

        Parameters
        ----------
        rows
            For each the parcel, then the fields in the order of ``FIELDS``.
        kept_until
            Last day they are kept.
        """
        with self._open() as base:
            base.executemany(_INSERT, ((*row, kept_until.isoformat()) for row in rows))

    def get(self, parcel: str) -> Recipient | None:
        """Who gets a parcel, or None."""
        columns = ", ".join(("parcel", *FIELDS))
        with self._open() as base:
            row = base.execute(f"SELECT {columns} FROM recipient WHERE parcel = ?", (parcel,)).fetchone()
        return None if row is None else Recipient(**dict(zip(("parcel", *FIELDS), row, strict=True)))

    def count(self) -> int:
        """How many recipients are kept."""
        with self._open() as base:
            return int(base.execute("SELECT count(*) FROM recipient").fetchone()[0])

    def purge(self, today: date) -> int:
        """Delete recipients whose last day has passed; gives how many."""
        return self._delete("retention", "kept_until < ?", today.isoformat())

    def forget(self, parcel: str) -> int:
        """Delete the recipient of one parcel, on their wish; gives how many rows."""
        return self._delete("request", "parcel = ?", parcel)

    def _delete(self, reason: str, where: str, value: str) -> int:
        with self._open() as base:
            rows = base.execute(f"DELETE FROM recipient WHERE {where}", (value,)).rowcount
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            base.execute("INSERT INTO deletion VALUES (?, ?, ?)", (moment, reason, rows))
        return rows


class PeopleStores:
    """
    Stores of several countries.

    Parameters
    ----------
    folder
        Where they lie, one file a country. A file ``stores.toml`` there can name another place for a country
        (``RU = "/srv/ru/people.sqlite"``) or ``RU = ""``: recipients there are not kept by this installation.
    keep_days
        Days that recipients are kept.
    """

    def __init__(self, folder: Path, *, keep_days: int = KEEP_DAYS) -> None:
        self.folder, self.keep_days = folder, keep_days
        self._places = _read_places(folder / "stores.toml")

    def of(self, country: str) -> PeopleStore | None:
        """Store of a country; None when its recipients are not kept here."""
        if country not in COUNTRIES:
            raise BadStore("a recipient's country is not a code of ISO 3166-1; correct the column to_country.")
        place = self._places.get(country, str(self.folder / f"{country}.sqlite"))
        return PeopleStore(Path(place)) if place else None

    def kept_until(self) -> date:
        """Last day that recipients added today are kept."""
        return datetime.now(UTC).date() + timedelta(days=self.keep_days)

    @contextmanager
    def adding(self) -> Iterator[Adding]:
        """Add recipients of many countries; all of them are kept when the block ends well, or none."""
        adding = Adding(self)
        try:
            yield adding
        except BaseException:
            adding.close(commit=False)
            raise
        adding.close(commit=True)

    def countries(self) -> list[str]:
        """Countries that have a store here."""
        files = {path.stem for path in self.folder.glob("*.sqlite")} & COUNTRIES
        return sorted(files | {country for country, place in self._places.items() if place and Path(place).exists()})

    def find(self, parcel: str) -> Recipient | None:
        """Who gets a parcel, whatever its country."""
        for country in self.countries():
            store = self.of(country)
            found = store.get(parcel) if store else None
            if found is not None:
                return found
        return None


class Adding:
    """Recipients being added, one transaction for each country's store."""

    def __init__(self, stores: PeopleStores) -> None:
        self._stores = stores
        self._until = stores.kept_until().isoformat()
        self._bases: dict[str, sqlite3.Connection | None] = {}
        self.kept = self.elsewhere = 0

    def add(self, country: str, rows: Sequence[Sequence[str]]) -> None:
        """Keep the recipients in one country, unless they are kept elsewhere."""
        if country not in self._bases:
            store = self._stores.of(country)
            self._bases[country] = sqlite3.connect(store.path, timeout=30.0) if store else None
        base = self._bases[country]
        if base is None:
            self.elsewhere += len(rows)
            return
        base.executemany(_INSERT, ((*row, self._until) for row in rows))
        self.kept += len(rows)

    def close(self, *, commit: bool) -> None:
        """End every transaction."""
        for base in self._bases.values():
            if base is not None:
                base.commit() if commit else base.rollback()
                base.close()


def _read_places(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadStore(f"{path}: cannot be read ({error}); expected lines such as RU = '/srv/ru.sqlite'.") from error
    for country, place in content.items():
        if country not in COUNTRIES or not isinstance(place, str):
            raise BadStore(f"{path}: {country} = {place!r}, expected a country's code and a path in quotes.")
    return content
