"""Connections that know who asks: on PostgreSQL the rules of row-level security read it, on SQLite the functions do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from landbridge.errors import LandbridgeError

_AT_END = "landbridge at end"

BUSY_MS = 20_000
"""How long a writer of SQLite waits for another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """
    Who asks the database.

    Parameters
    ----------
    organisation, user
        Ids; blank where nobody has signed in.
    secret
        Hash of the session, key or link that was shown, or the e-mail address at sign-in: who knows it sees its row.
    """

    organisation: str = ""
    user: str = ""
    secret: str = ""


NOBODY = Viewer()


@dataclass(frozen=True, slots=True)
class Database:
    """A database, and the one way to open transactions in it."""

    engine: Engine
    _one_writer: AbstractContextManager[Any] = field(default_factory=nullcontext)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file, without row-level security."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self, viewer: Viewer) -> Iterator[Connection]:
        """Open a transaction for reading as a viewer."""
        with self.engine.connect() as connection, connection.begin():
            tell_viewer(connection, viewer)
            yield connection

    @contextmanager
    def write(self, viewer: Viewer) -> Iterator[Connection]:
        """Open a transaction for writing as a viewer; it commits when the block ends well."""
        with self._one_writer, self.engine.connect() as plain:
            connection = plain.execution_options(is_writing=True)
            with connection.begin():
                tell_viewer(connection, viewer)
                last: list[Callable[[Connection], None]] = []
                connection.info[_AT_END] = last
                yield connection
                for work in last:
                    work(connection)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def at_end(connection: Connection, work: Callable[[Connection], None]) -> None:
    """Do something as the last thing of a transaction that writes: what others wait for is held for a moment only."""
    connection.info[_AT_END].append(work)


def chunks(items: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """Cut a list into parts that one statement may name."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def tell_viewer(connection: Connection, viewer: Viewer) -> None:
    """Say who asks, until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        words = "SELECT set_config('lb.org_id', :o, true), set_config('lb.user_id', :u, true), "
        connection.execute(
            text(words + "set_config('lb.secret', :s, true)"),
            {"o": viewer.organisation, "u": viewer.user, "s": viewer.secret},
        )


class NoDatabase(LandbridgeError, OSError):
    """A database that does not answer, or does not know who asks."""

    code = "no-database"


def reach(database: Database) -> None:
    """
    Ask the database for a connection.

    Raises
    ------
    NoDatabase
        When there is none to be had; no password is told.
    """
    try:
        with database.engine.connect():
            return
    except OperationalError as error:
        url = database.engine.url
        place = f"{url.host}:{url.port or 5432}/{url.database}" if url.host else str(url.database)
        told = " ".join(str(error.orig).split())
        raise NoDatabase(
            f"the database {place} cannot be reached: {told} Start it, or correct the address "
            "(LANDBRIDGE_DATABASE_URL, LANDBRIDGE_OWNER_DATABASE_URL)."
        ) from error


def open_database(url: str, *, pool_size: int = 20) -> Database:
    """Open a database by its address, ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``."""
    found = make_url(url)
    if found.get_backend_name() == "postgresql":
        found = found.set(drivername="postgresql+psycopg")
        engine = create_engine(
            found,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            json_serializer=_to_json,
            # Compiling a query takes a hundred times as long as answering it: policies make it look dear.
            connect_args={"options": "-c jit=off"},
        )
        return Database(engine)
    if found.database:
        Path(found.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        found,
        pool_size=pool_size,
        max_overflow=2 * pool_size,
        json_serializer=_to_json,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, threading.Lock())


def _to_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _prepare_sqlite(connection: Any, record: Any) -> None:
    del record
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would begin too late
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
        "synchronous=FULL",  # what was answered outlives a loss of power
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes the lock at once: one that reads first and then writes could fail half-way.
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
