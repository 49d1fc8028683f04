"""Plans that are followed with parcels: their store, what pages read, files that wait, proposals, public tracking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from landbridge.server.migrations.policies import APP, WORKER, grant_worker, is_postgresql, protect

revision = "0004"
down_revision = "0003"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

MINE = "organisation_id = lb_org()"
MY_CASE = "case_id IN (SELECT lb_my_cases())"

TRACK = """
CREATE FUNCTION lb_track(wanted text) RETURNS TABLE (number text, parcel text, status text, told_at bigint,
promised bigint, p50 bigint, p80 bigint, milestones text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS
$$ SELECT t.number, t.parcel, t.status, t.told_at, t.promised, t.p50, t.p80, t.milestones
   FROM tracked t JOIN following f ON f.id = t.following_id
   WHERE (t.number = wanted OR t.parcel = wanted) AND f.is_tracked
   ORDER BY t.told_at DESC NULLS LAST, f.created DESC, f.id LIMIT 1 $$
"""
"""What the public may see of a parcel, and nothing else: who asks is nobody, so no policy can let rows through."""


def upgrade() -> None:
    """Make the tables and protect them."""
    _followings()
    _parts()
    _tracked()
    op.add_column("job", sa.Column("following_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_job_following_id"), "job", ["following_id"], unique=False)
    if is_postgresql():
        _policies()


def _followings() -> None:
    op.create_table(
        "following",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("case_id", "following", "case_head"),
        _reference("organisation_id", "following", "organisation"),
        sa.Column("run_id", sa.Text(), sa.ForeignKey("run.id", name=op.f("fk_following_run_id")), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_tracked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("as_of", sa.Double(), nullable=True),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("standing", DOCUMENT, nullable=True),
        sa.Column("departures", DOCUMENT, nullable=True),
        sa.Column("mapping", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following")),
    )
    op.create_index(op.f("ix_following_case_id"), "following", ["case_id"], unique=False)
    op.create_index(op.f("ix_following_organisation_id"), "following", ["organisation_id"], unique=False)


def _parts() -> None:
    op.create_table(
        "following_file",
        _reference("following_id", "following_file", "following"),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("following_id", "path", name=op.f("pk_following_file")),
    )
    op.create_table(
        "following_upload",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("following_id", "following_upload", "following"),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_upload")),
    )
    op.create_table(
        "following_aside",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("following_id", "following_aside", "following"),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_aside")),
    )
    op.create_table(
        "following_manifest",
        _reference("following_id", "following_manifest", "following"),
        sa.Column("departure", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("following_id", "departure", name=op.f("pk_following_manifest")),
    )
    op.create_table(
        "following_proposal",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("following_id", "following_proposal", "following"),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", DOCUMENT, nullable=False),
        sa.Column("base", DOCUMENT, nullable=False),
        sa.Column("run", sa.LargeBinary(), nullable=False),
        sa.Column("summary", DOCUMENT, nullable=False),
        sa.Column("allocations", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_proposal")),
    )
    for table in ("following_upload", "following_aside", "following_proposal"):
        op.create_index(op.f(f"ix_{table}_following_id"), table, ["following_id"], unique=False)
    op.create_index(op.f("ix_following_upload_job_id"), "following_upload", ["job_id"], unique=False)


def _tracked() -> None:
    moments = ("leaves", "arrives", "promised", "p50", "p80")
    op.create_table(
        "tracked",
        _reference("following_id", "tracked", "following"),
        sa.Column("parcel", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("told_at", NUMBER, nullable=True),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("from_hub", sa.Text(), nullable=False),
        sa.Column("to_hub", sa.Text(), nullable=False),
        sa.Column("weight_kg", sa.Double(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        *(sa.Column(name, NUMBER, nullable=True) for name in moments),
        sa.Column("behind_h", sa.Double(), nullable=True),
        sa.Column("late", sa.Text(), nullable=False),
        sa.Column("milestones", sa.Text(), nullable=False),
        sa.Column("digest", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("following_id", "parcel", name=op.f("pk_tracked")),
    )
    op.create_index(op.f("ix_tracked_parcel"), "tracked", ["parcel"], unique=False)
    op.create_index(op.f("ix_tracked_number"), "tracked", ["number"], unique=False)
    op.create_index("ix_tracked_status", "tracked", ["following_id", "status", "parcel"], unique=False)
    op.create_index("ix_tracked_late", "tracked", ["following_id", "late"], unique=False)


def _policies() -> None:
    op.execute(TRACK.strip())
    op.execute("REVOKE EXECUTE ON FUNCTION lb_track(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION lb_track(text) TO {APP}, {WORKER}")
    mine = f"{MINE} AND {MY_CASE}"
    protect("following", select=mine, insert=mine, update=mine, delete=MINE)
    protect("following_upload", select=MINE, insert=MINE)
    protect("following_proposal", select=MINE)
    parts = ("following_file", "following_aside", "following_manifest", "tracked")
    for table in parts:
        protect(table, select=MINE)
    grant_worker("UPDATE", "following", "following_proposal")
    grant_worker("INSERT, DELETE", *parts, "following_proposal")
    grant_worker("DELETE", "following_upload")


def _reference(column: str, table: str, target: str) -> sa.Column[str]:
    name = op.f(f"fk_{table}_{column}")
    return sa.Column(column, sa.Text(), sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE"), nullable=False)
