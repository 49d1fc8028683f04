"""Tables of the database, the same on SQLite and PostgreSQL (docs/design/server.md §5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A small JSON document."""

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up."""


class Base(DeclarativeBase):
    """Root of all tables. Times are seconds since 1970 (UTC), ids are texts that cannot be guessed."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, int: Integer, float: Double, bool: Boolean, dict[str, Any]: Document}  # noqa: RUF012


def _of(column: str, **options: Any) -> Any:
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), **options)


# Who


class Organisation(Base):
    """An office, a carrier, a post. The first one hosts the server and makes the others."""

    __tablename__ = "organisation"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_host: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    created: Mapped[float]


class User(Base):
    """A person who signs in."""

    __tablename__ = "user_account"
    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str]
    created: Mapped[float]


class Membership(Base):
    """A user in an organisation, with roles (words with blanks between)."""

    __tablename__ = "membership"
    organisation_id: Mapped[str] = _of("organisation.id", primary_key=True)
    user_id: Mapped[str] = _of("user_account.id", primary_key=True, index=True)
    roles: Mapped[str]
    created: Mapped[float]


class Session(Base):
    """A browser that signed in; the id is the hash of what its cookie holds."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = _of("user_account.id", index=True)
    organisation_id: Mapped[str | None] = _of("organisation.id")
    csrf: Mapped[str]
    created: Mapped[float]
    seen: Mapped[float]
    expires: Mapped[float]


class Invitation(Base):
    """A link that makes somebody a member once; the id is the hash of its token. Without organisation: the first-run link."""  # noqa: E501

    __tablename__ = "invitation"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str | None] = _of("organisation.id", index=True)
    email: Mapped[str]
    roles: Mapped[str]
    created: Mapped[float]
    expires: Mapped[float]
    used: Mapped[float | None]


class ApiKey(Base):
    """A key of a machine; the secret itself is not kept."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id", index=True)
    user_id: Mapped[str] = _of("user_account.id")
    name: Mapped[str]
    scopes: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    created: Mapped[float]
    expires: Mapped[float | None]
    seen: Mapped[float | None]


# Cases, row by row


class CaseHead(Base):
    """A case: its settings and its host; its version is the number of its last change."""

    __tablename__ = "case_head"
    id: Mapped[str] = mapped_column(primary_key=True)
    host_id: Mapped[str] = _of("organisation.id", index=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]
    settings_version: Mapped[int] = mapped_column(Number)
    created: Mapped[float]


class CaseParty(Base):
    """Which organisation holds a party of a case; the host, until it says otherwise."""

    __tablename__ = "case_party"
    case_id: Mapped[str] = _of("case_head.id", primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id", index=True)


class CaseRow(Base):
    """
    A row of a table of a case: texts of the columns that every participant sees.

    ``parties``: the parties that own it, each between line breaks; empty: it belongs to the case and its host.
    ``is_private``: only its owners see that it exists (orders, and what hangs on them).
    ``visibility`` of its capacities: corridor, partners or private; those not for all stand in ``case_row_private``.
    ``version`` is the number of the change that wrote it last.
    """

    __tablename__ = "case_row"
    __table_args__ = (
        UniqueConstraint("case_id", "table_name", "key"),
        Index("ix_case_row_place", "case_id", "table_name", "position", "id"),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    case_id: Mapped[str] = _of("case_head.id")
    table_name: Mapped[str]
    key: Mapped[str]
    position: Mapped[float]
    parties: Mapped[str]
    is_private: Mapped[bool]
    visibility: Mapped[str]
    cells: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(Number)


class CaseRowPartner(Base):
    """An organisation that a row's owner lets see its capacities."""

    __tablename__ = "case_row_partner"
    row_id: Mapped[int] = _of("case_row.id", primary_key=True)
    organisation_id: Mapped[str] = _of("organisation.id", primary_key=True)


class CaseRowPrivate(Base):
    """Cells of an owned row that not everybody sees: ``part`` is price (the owners) or capacity (partners too)."""

    __tablename__ = "case_row_private"
    row_id: Mapped[int] = _of("case_row.id", primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id", index=True)
    cells: Mapped[dict[str, Any]]


class CaseChange(Base):
    """One edit, import or undo; its number is the version of what it wrote."""

    __tablename__ = "case_change"
    __table_args__ = (Index("ix_case_change_last", "case_id", "id"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = _of("case_head.id")
    organisation_id: Mapped[str]
    user_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[float]
    undone: Mapped[bool] = mapped_column(default=False)


class CaseChangeRow(Base):
    """What a row was before a change (None: it was not there); ``key`` is what it is called since (None: deleted)."""

    __tablename__ = "case_change_row"
    change_id: Mapped[int] = _of("case_change.id", primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    table_name: Mapped[str]
    key: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(Document)


class ImportDraft(Base):
    """A file that was read and not yet applied."""

    __tablename__ = "import_draft"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id", index=True)
    organisation_id: Mapped[str] = _of("organisation.id")
    user_id: Mapped[str]
    created: Mapped[float]
    changes: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]


# Work


class Job(Base):
    """
    A piece of work with a state; claimed by a worker for a while (``lease_until``).

    Of the jobs of one following (``following_id``) one is at work at a time, in their order.
    """

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_queue", "state", "created"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id", index=True)
    organisation_id: Mapped[str] = _of("organisation.id", index=True)
    user_id: Mapped[str]
    kind: Mapped[str]
    options: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    created: Mapped[float]
    started: Mapped[float | None]
    ended: Mapped[float | None]
    worker: Mapped[str | None]
    lease_until: Mapped[float | None]
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any]]
    error: Mapped[str | None]
    input_sha256: Mapped[str | None]
    run_id: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(Document)
    following_id: Mapped[str | None] = mapped_column(index=True)


class JobEvent(Base):
    """What a page that follows a job is sent; the number is the event's id."""

    __tablename__ = "job_event"
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = _of("job.id", index=True)
    organisation_id: Mapped[str]
    event: Mapped[str]
    at: Mapped[float]
    data: Mapped[dict[str, Any]]


class Run(Base):
    """A finished run: the folder ``runs/<id>`` is whole before this row is there."""

    __tablename__ = "run"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = _of("case_head.id", index=True)
    organisation_id: Mapped[str] = _of("organisation.id")
    job_id: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    scenario: Mapped[str]
    status: Mapped[str]
    value: Mapped[float | None]
    bound: Mapped[float | None]
    gap: Mapped[float | None]
    case_version: Mapped[int] = mapped_column(Number)
    input_sha256: Mapped[str]
    created: Mapped[float]


class Answer(Base):
    """The answer to a POST that named an idempotency key, written in the same transaction as what it did."""

    __tablename__ = "answer"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    request_sha256: Mapped[str]
    at: Mapped[float]
    status: Mapped[int]
    body: Mapped[dict[str, Any] | None] = mapped_column(Document)


class AuditLine(Base):
    """One line of an organisation's audit log, ``seq`` in its hash chain; nothing may change or remove it."""

    __tablename__ = "audit_log"
    __table_args__ = (UniqueConstraint("organisation_id", "seq"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    organisation_id: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[float]
    seq: Mapped[int | None] = mapped_column(Number)
    previous: Mapped[str | None]
    hash: Mapped[str | None]
