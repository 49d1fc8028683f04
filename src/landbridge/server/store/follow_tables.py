"""Tables of plans that are followed: the store's files, what pages read of it, files that wait, proposals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from landbridge.server.store.schema import Base, Document, Number, _of


class Following(Base):
    """
    A run that an organisation follows with its own parcels; nobody else knows of it.

    ``content`` says which of its files count, ``number`` how often that has changed: who works on it says which
    number it began from, and of two only one is first. ``standing`` and ``departures`` are what pages show; ``mapping``
    how the last file of orders was read. ``version`` counts what people change.
    """

    __tablename__ = "following"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id", index=True)
    organisation_id: Mapped[str] = _of("organisation.id", index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    name: Mapped[str]
    is_tracked: Mapped[bool]
    version: Mapped[int]
    created: Mapped[float]
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    as_of: Mapped[float | None]
    parcels: Mapped[int]
    placed: Mapped[int]
    events: Mapped[int]
    standing: Mapped[dict[str, Any] | None] = mapped_column(Document)
    departures: Mapped[dict[str, Any] | None] = mapped_column(Document)
    mapping: Mapped[dict[str, Any] | None] = mapped_column(Document)


class FollowingFile(Base):
    """A file of the store of a following, never changed."""

    __tablename__ = "following_file"
    following_id: Mapped[str] = _of("following.id", primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    size: Mapped[int] = mapped_column(Number)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FollowingUpload(Base):
    """
    What was kept of a file that was sent, until the job that takes it has ended. It names nobody.

    ``facts`` say how to read it.
    """

    __tablename__ = "following_upload"
    id: Mapped[str] = mapped_column(primary_key=True)
    following_id: Mapped[str] = _of("following.id", index=True)
    organisation_id: Mapped[str]
    job_id: Mapped[str] = mapped_column(index=True)
    created: Mapped[float]
    facts: Mapped[dict[str, Any]]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FollowingAside(Base):
    """Rows of a file that were set aside, as CSV, to be repaired."""

    __tablename__ = "following_aside"
    id: Mapped[str] = mapped_column(primary_key=True)
    following_id: Mapped[str] = _of("following.id", index=True)
    organisation_id: Mapped[str]
    created: Mapped[float]
    step: Mapped[str]
    rows: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FollowingManifest(Base):
    """Parcels of a departure, as gzipped CSV."""

    __tablename__ = "following_manifest"
    following_id: Mapped[str] = _of("following.id", primary_key=True)
    departure: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    rows: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FollowingProposal(Base):
    """
    A plan anew that was proposed, and has changed nothing yet.

    ``run`` is the folder of the new run, packed; ``allocations`` the parcels' places in it; ``base`` which files of
    allocations they were made from.
    """

    __tablename__ = "following_proposal"
    id: Mapped[str] = mapped_column(primary_key=True)
    following_id: Mapped[str] = _of("following.id", index=True)
    organisation_id: Mapped[str]
    created: Mapped[float]
    state: Mapped[str]
    told: Mapped[dict[str, Any]]
    base: Mapped[dict[str, Any]]
    run: Mapped[bytes] = mapped_column(LargeBinary)
    summary: Mapped[dict[str, Any]]
    allocations: Mapped[bytes] = mapped_column(LargeBinary)


class Tracked(Base):
    """
    A parcel of a following, as pages and the public show it; moments are seconds since 1970.

    ``milestones`` has planned, estimated and actual of each (``landbridge.operations.live.told``); ``late`` says why a
    promise is in danger; ``units`` are those it is in, each between blanks; ``digest`` tells rows that have changed.
    """

    __tablename__ = "tracked"
    __table_args__ = (
        Index("ix_tracked_status", "following_id", "status", "parcel"),
        Index("ix_tracked_late", "following_id", "late"),
    )
    following_id: Mapped[str] = _of("following.id", primary_key=True)
    parcel: Mapped[str] = mapped_column(primary_key=True, index=True)
    organisation_id: Mapped[str]
    number: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str]
    place: Mapped[str | None]
    told_at: Mapped[int | None] = mapped_column(Number)
    stage: Mapped[int | None]
    from_hub: Mapped[str]
    to_hub: Mapped[str]
    weight_kg: Mapped[float]
    code: Mapped[str]
    leaves: Mapped[int | None] = mapped_column(Number)
    arrives: Mapped[int | None] = mapped_column(Number)
    promised: Mapped[int | None] = mapped_column(Number)
    p50: Mapped[int | None] = mapped_column(Number)
    p80: Mapped[int | None] = mapped_column(Number)
    behind_h: Mapped[float | None]
    late: Mapped[str]
    milestones: Mapped[str]
    digest: Mapped[int] = mapped_column(Number)
    units: Mapped[str] = mapped_column(server_default="")


class FollowingUnit(Base):
    """A container, bag or departure that parcels of a following were loaded into, and what was told of it last."""

    __tablename__ = "following_unit"
    following_id: Mapped[str] = _of("following.id", primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    kind: Mapped[str]
    parcels: Mapped[int]
    status: Mapped[str | None]
    place: Mapped[str | None]
    told_at: Mapped[int | None] = mapped_column(Number)


class OrderMapping(Base):
    """How an organisation reads the files of a shop: which column is what, saved under a name."""

    __tablename__ = "order_mapping"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id")
    name: Mapped[str]
    content: Mapped[dict[str, Any]]
    version: Mapped[int]
    changed: Mapped[float]
