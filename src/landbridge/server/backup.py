"""Backup and restore: one file with every row and every run, from either kind of database into either."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, select, text

from landbridge import __version__
from landbridge.errors import LandbridgeError
from landbridge.server.settings import Settings
from landbridge.server.store import organisations
from landbridge.server.store.database import NOBODY, open_database, reach
from landbridge.server.store.migrate import head_revision, revision_of, upgrade
from landbridge.tables.atomic import whole_file

FORMAT = 1
_SOME = 1000


class BadBackup(LandbridgeError, ValueError):
    """A file that is no whole backup, or a server that is not empty."""

    code = "bad-backup"


def backup(settings: Settings, path: Path) -> dict[str, Any]:
    """
    Write a backup, whole or not at all, while the server runs.

    Rows are those of one moment; runs are never changed once they are there, and of those that are removed meanwhile
    the row is left out of a restore.

    Returns
    -------
    dict
        The manifest: schema, release, rows by table, runs.
    """
    database = open_database(settings.owner_url, pool_size=1)
    try:
        reach(database)
        with whole_file(path) as file, tarfile.open(file, "w:gz", compresslevel=5) as archive:
            with database.engine.connect() as plain:
                connection = plain.execution_options(
                    **({} if database.is_sqlite else {"isolation_level": "REPEATABLE READ"})
                )
                with connection.begin():
                    revision = revision_of(connection)
                    if revision is None:
                        raise BadBackup("there is no server at these settings; nothing was written")
                    tables = _reflect(connection)
                    hashes = {table.name: _dump(connection, table, archive) for table in tables}
                    runs = [str(row.id) for row in connection.execute(text("SELECT id FROM run ORDER BY id"))]
            kept = [run for run in runs if _add_run(archive, settings.runs_dir / run)]
            manifest = {
                "format": FORMAT,
                "release": __version__,
                "schema": revision,
                "at": time.time(),
                "tables": hashes,
                "runs": kept,
            }
            _add(archive, "manifest.json", json.dumps(manifest, indent=2).encode())
    finally:
        database.close()
    return manifest


def restore(settings: Settings, path: Path) -> dict[str, Any]:
    """
    Fill an empty server from a backup, whole or not at all.

    Raises
    ------
    BadBackup
        When the file is not whole, comes from a newer release, or the server has organisations already.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.runs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as name:
        folder = Path(name)
        manifest = _unpack(path, folder)
        _refuse_full(settings)
        upgrade(settings.owner_url, str(manifest["schema"]))
        moved: list[Path] = []
        database = open_database(settings.owner_url, pool_size=1)
        try:
            with database.write(NOBODY) as connection:
                for table in _reflect(connection):
                    _load(connection, table, folder / "tables" / f"{table.name}.jsonl")
                for run in manifest["runs"]:
                    target = settings.runs_dir / run
                    shutil.move(folder / "runs" / run, target)
                    moved.append(target)
        except BaseException:
            for target in moved:
                shutil.rmtree(target, ignore_errors=True)
            raise
        finally:
            database.close()
    upgrade(settings.owner_url)
    return manifest


def _reflect(connection: Connection) -> list[Table]:
    """Tables as they are in the database, those that others point at first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _dump(connection: Connection, table: Table, archive: tarfile.TarFile) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as lines:
        result = connection.execution_options(yield_per=_SOME).execute(select(table))
        for row in result:
            line = json.dumps(dict(row._mapping), ensure_ascii=False, default=_plain).encode() + b"\n"
            digest.update(line)
            lines.write(line)
            count += 1
        info = tarfile.TarInfo(f"tables/{table.name}.jsonl")
        info.size = lines.tell()
        lines.seek(0)
        archive.addfile(info, lines)
    return {"rows": count, "sha256": digest.hexdigest()}


def _plain(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    raise TypeError(f"a {type(value).__name__} cannot be written")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _add_run(archive: tarfile.TarFile, folder: Path) -> bool:
    files = sorted(item for item in folder.rglob("*") if item.is_file()) if folder.is_dir() else []
    for file in files:
        _add(archive, f"runs/{folder.name}/{file.relative_to(folder).as_posix()}", file.read_bytes())
    return bool(files)


def _unpack(path: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise BadBackup(f"{path}: is not a whole backup ({error}); take another one") from error
    if manifest.get("format") != FORMAT or str(manifest.get("schema")) > head_revision():
        raise BadBackup(
            f"{path}: was made by release {manifest.get('release')}, which is newer; install that one to restore it"
        )
    for table, facts in manifest["tables"].items():
        content = folder / "tables" / f"{table}.jsonl"
        if not content.is_file() or hashlib.sha256(content.read_bytes()).hexdigest() != facts["sha256"]:
            raise BadBackup(f"{path}: the table {table} is damaged; take another backup")
    for run in manifest["runs"]:
        if not (folder / "runs" / run).is_dir():
            raise BadBackup(f"{path}: the run {run} is missing; take another backup")
    return manifest


def _refuse_full(settings: Settings) -> None:
    database = open_database(settings.owner_url, pool_size=1)
    try:
        reach(database)
        with database.read(NOBODY) as connection:
            if revision_of(connection) is None:
                return
            is_empty = organisations.is_empty(connection)
    finally:
        database.close()
    if not is_empty:
        raise BadBackup("this server has organisations; a backup is restored into an empty one only")


def _load(connection: Connection, table: Table, file: Path) -> None:
    connection.execute(table.delete())  # links of a first run, nothing else: the server is empty
    for some in _lines(file):
        connection.execute(insert(table), some)
    (key,) = list(table.primary_key.columns)[:1]
    if connection.dialect.name == "postgresql" and len(table.primary_key.columns) == 1:
        sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, key.name))).scalar()
        if sequence:
            top = select(func.coalesce(func.max(key), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, top, False)))


def _lines(file: Path) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    with file.open("rb") as lines:
        for line in lines:
            some.append({name: _value(value) for name, value in json.loads(line).items()})
            if len(some) == _SOME:
                yield some
                some = []
    if some:
        yield some


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) and set(value) == {"hex"} else value
