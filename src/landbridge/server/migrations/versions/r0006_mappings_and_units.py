"""Mappings of columns that an organisation saves, and the units that parcels of a following are in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from landbridge.server.migrations.policies import grant_worker, is_postgresql, protect

revision = "0006"
down_revision = "0005"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MINE = "organisation_id = lb_org()"


def upgrade() -> None:
    """Make the tables and protect them."""
    op.create_table(
        "order_mapping",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("organisation_id", "order_mapping", "organisation"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_mapping")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_order_mapping_organisation_id_name")),
    )
    op.create_table(
        "following_unit",
        _reference("following_id", "following_unit", "following"),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("told_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("following_id", "unit", name=op.f("pk_following_unit")),
    )
    op.add_column("tracked", sa.Column("units", sa.Text(), nullable=False, server_default=""))
    if is_postgresql():
        protect("order_mapping", select=MINE, insert=MINE, update=MINE, delete=MINE)
        protect("following_unit", select=MINE)
        grant_worker("INSERT, DELETE", "following_unit")


def _reference(column: str, table: str, target: str) -> sa.Column[str]:
    name = op.f(f"fk_{table}_{column}")
    return sa.Column(column, sa.Text(), sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE"), nullable=False)
