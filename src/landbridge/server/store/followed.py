"""The store of a following in the database: taken out to be worked on, and put back in one transaction."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from landbridge.server.store.bulk import insert_rows
from landbridge.server.store.follow_tables import (
    Following,
    FollowingAside,
    FollowingFile,
    FollowingManifest,
    FollowingProposal,
    FollowingUnit,
    FollowingUpload,
    Tracked,
)
from landbridge.server.store.schema import Job

_AT_A_TIME = 2000


class Overtaken(RuntimeError):
    """Somebody else changed the following meanwhile: what was worked out is thrown away."""


def head(connection: Connection, following: str, organisation: str) -> dict[str, Any] | None:
    """Following as it is, if it belongs to the organisation."""
    row = connection.execute(
        select(Following.__table__).where(Following.id == following, Following.organisation_id == organisation)
    ).first()
    return None if row is None else dict(row._mapping)


def upload(connection: Connection, following: str, wanted: str) -> dict[str, Any] | None:
    """What was kept of a file that was sent, and how to read it."""
    row = connection.execute(
        select(FollowingUpload.__table__).where(FollowingUpload.id == wanted, FollowingUpload.following_id == following)
    ).first()
    return None if row is None else dict(row._mapping)


def proposal(connection: Connection, following: str, wanted: str) -> dict[str, Any] | None:
    """Give a proposal with its plan."""
    row = connection.execute(
        select(FollowingProposal.__table__).where(
            FollowingProposal.id == wanted, FollowingProposal.following_id == following
        )
    ).first()
    return None if row is None else dict(row._mapping)


# Taken out


def fetch(connection: Connection, following: str, paths: Iterable[str], cache: Path, folder: Path) -> None:
    """
    Put files of a following into a folder.

    Those that another job left in the cache are taken from there: a file never changes under its name.
    """
    for path in sorted(paths):
        kept, target = cache / path, folder / path
        if not kept.is_file():
            content = connection.execute(
                select(FollowingFile.content).where(FollowingFile.following_id == following, FollowingFile.path == path)
            ).scalar_one()
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = kept.with_name(f".{os.getpid()}.{time.monotonic_ns()}.part")
            part.write_bytes(bytes(content))
            part.replace(kept)
        _link(kept, target)


def keep_in_cache(folder: Path, paths: Iterable[str], cache: Path) -> None:
    """Leave new files for the next job, and drop what does not count any more."""
    wanted = set(paths)
    for path in wanted:
        if not (cache / path).is_file() and (folder / path).is_file():
            _link(folder / path, cache / path)
    for file in cache.rglob("*.parquet"):
        if file.relative_to(cache).as_posix() not in wanted:
            file.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


# Put back


def put_back(
    connection: Connection, before: Mapping[str, Any], values: Mapping[str, Any], files: Mapping[str, Path]
) -> None:
    """
    Write what a following has become; ``files`` are all that count now, with where they are.

    Raises
    ------
    Overtaken
        When it is not what it was when the work began.
    """
    following = before["id"]
    hit = connection.execute(
        update(Following)
        .where(Following.id == following, Following.number == before["number"])
        .values(number=before["number"] + 1, **values)
    ).rowcount
    if hit != 1:
        raise Overtaken
    present = set(
        connection.execute(select(FollowingFile.path).where(FollowingFile.following_id == following)).scalars()
    )
    for path in sorted(set(files) - present):
        content = files[path].read_bytes()
        connection.execute(
            insert(FollowingFile).values(
                following_id=following, path=path, organisation_id=before["organisation_id"], size=len(content),
                content=content,
            )
        )  # fmt: skip
    for some in _some(sorted(present - set(files))):
        connection.execute(
            delete(FollowingFile).where(FollowingFile.following_id == following, FollowingFile.path.in_(some))
        )


def digests(connection: Connection, following: str) -> dict[str, int]:
    """Digest of each row that pages read; the same until somebody puts the following back."""
    found = connection.execute(select(Tracked.parcel, Tracked.digest).where(Tracked.following_id == following))
    return {row.parcel: row.digest for row in found}


def put_tracked(
    connection: Connection,
    before: Mapping[str, Any],
    known: Mapping[str, int],
    changed: Sequence[Mapping[str, Any]],
    gone: Sequence[str],
) -> None:
    """Write rows that have changed, and remove those of parcels that are gone; others wait meanwhile on SQLite."""
    place = {"following_id": before["id"], "organisation_id": before["organisation_id"]}
    old = [row["parcel"] for row in changed if row["parcel"] in known]
    is_all = len(old) + len(gone) == len(known)
    if is_all and known:
        connection.execute(delete(Tracked).where(Tracked.following_id == before["id"]))
    for some in [] if is_all else _some([*gone, *old]):
        connection.execute(delete(Tracked).where(Tracked.following_id == before["id"], Tracked.parcel.in_(some)))
    if connection.dialect.name == "sqlite" and changed:
        names = [*place, *changed[0]]
        words = f"INSERT INTO tracked ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        connection.exec_driver_sql(words, [(*place.values(), *row.values()) for row in changed])
        return
    for rows in _some(changed):
        insert_rows(connection, Tracked, [place | dict(row) for row in rows])


def put_manifests(connection: Connection, before: Mapping[str, Any], found: Iterable[tuple[str, int, bytes]]) -> None:
    """Write the manifests of all departures anew."""
    connection.execute(delete(FollowingManifest).where(FollowingManifest.following_id == before["id"]))
    for departure, rows, content in found:
        connection.execute(
            insert(FollowingManifest).values(
                following_id=before["id"], departure=departure, organisation_id=before["organisation_id"], rows=rows,
                content=content,
            )
        )  # fmt: skip


def put_units(connection: Connection, before: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> None:
    """Write the units that parcels were loaded into anew."""
    connection.execute(delete(FollowingUnit).where(FollowingUnit.following_id == before["id"]))
    place = {"following_id": before["id"], "organisation_id": before["organisation_id"]}
    for rows in _some(found):
        insert_rows(connection, FollowingUnit, [place | dict(row) for row in rows])


def put_aside(connection: Connection, before: Mapping[str, Any], aside: str, step: str, rows: int, content: bytes
              ) -> None:  # fmt: skip
    """Keep rows that were set aside."""
    connection.execute(
        insert(FollowingAside).values(
            id=aside, following_id=before["id"], organisation_id=before["organisation_id"], created=time.time(),
            step=step, rows=rows, content=content,
        )
    )  # fmt: skip


def put_proposal(connection: Connection, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Keep a proposal; those before it are dropped, but for what was accepted."""
    connection.execute(
        delete(FollowingProposal).where(
            FollowingProposal.following_id == before["id"], FollowingProposal.state == "open"
        )
    )
    connection.execute(
        insert(FollowingProposal).values(
            following_id=before["id"], organisation_id=before["organisation_id"], created=time.time(), state="open",
            **values,
        )
    )  # fmt: skip


def note_accepted(connection: Connection, proposal: str) -> None:
    """Mark a proposal; the plan itself is a run now."""
    connection.execute(
        update(FollowingProposal)
        .where(FollowingProposal.id == proposal)
        .values(state="accepted", run=b"", allocations=b"")
    )


def drop_upload(connection: Connection, wanted: str) -> None:
    """Forget a file whose job has ended."""
    connection.execute(delete(FollowingUpload).where(FollowingUpload.id == wanted))


def drop_uploads(connection: Connection) -> None:
    """Forget files whose jobs have ended or are not there."""
    alive = select(Job.id).where(Job.state.in_(("queued", "running")))
    connection.execute(
        delete(FollowingUpload).where(
            FollowingUpload.job_id.not_in(alive), FollowingUpload.created < time.time() - 3600.0
        )
    )


def ids(connection: Connection) -> set[str]:
    """Ids of all followings."""
    return set(connection.execute(select(Following.id)).scalars())


def _some(rows: Iterable[Any]) -> Iterator[list[Any]]:
    found: list[Any] = []
    for row in rows:
        found.append(row)
        if len(found) == _AT_A_TIME:
            yield found
            found = []
    if found:
        yield found
