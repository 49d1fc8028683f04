"""
Agreements of more than two: who signs each stands in a table, and sees it from when it is proposed.

Those that are there have two sides. ``agreement.other_id`` stays: SQLite drops a column that refers to another table
only by dropping the table, and what refers to it with it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from landbridge.server.migrations.policies import APP, is_postgresql, protect

revision = "0005"
down_revision = "0004"

SIDE = (
    "(author_id = lb_org() OR id IN (SELECT s.agreement_id FROM agreement_side s WHERE s.organisation_id = lb_org()))"
)
MADE = "EXISTS (SELECT 1 FROM agreement a WHERE a.id = agreement_id AND a.author_id = lb_org())"


def upgrade() -> None:
    """Make the table, fill it, and let it say who sees an agreement."""
    op.create_table(
        "agreement_side",
        _reference("agreement_id", "agreement"),
        _reference("organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("agreement_id", "organisation_id", name=op.f("pk_agreement_side")),
    )
    op.create_index(op.f("ix_agreement_side_organisation_id"), "agreement_side", ["organisation_id"], unique=False)
    for side in ("author_id", "other_id"):
        op.execute(f"INSERT INTO agreement_side SELECT id, {side} FROM agreement WHERE proposed IS NOT NULL")
    if is_postgresql():
        protect("agreement_side", select="organisation_id = lb_org()", insert=MADE)
        op.execute("DROP POLICY app_select ON agreement")
        op.execute("DROP POLICY app_update ON agreement")
        op.execute(f"CREATE POLICY app_select ON agreement FOR SELECT TO {APP} USING ({SIDE})")
        op.execute(f"CREATE POLICY app_update ON agreement FOR UPDATE TO {APP} USING ({SIDE}) WITH CHECK ({SIDE})")


def _reference(column: str, target: str) -> sa.Column[str]:
    name = op.f(f"fk_agreement_side_{column}")
    return sa.Column(column, sa.Text(), sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE"), nullable=False)
