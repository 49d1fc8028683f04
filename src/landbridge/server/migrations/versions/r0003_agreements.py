"""
Agreements, signing keys, and hash chains of the audit log.

Lines that were written before get their place in a chain here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from landbridge.server.audit.chain import START, Line, hash_line
from landbridge.server.migrations.policies import APP, grant_worker, is_postgresql, protect

revision = "0003"
down_revision = "0002"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

MINE = "organisation_id = lb_org()"
MY_CASE = "case_id IN (SELECT lb_my_cases())"
SIDE = "(author_id = lb_org() OR (other_id = lb_org() AND proposed IS NOT NULL))"
SEEN = "EXISTS (SELECT 1 FROM agreement a WHERE a.id = agreement_id)"  # the policy of agreement holds in it too


def upgrade() -> None:
    """Make the tables, chain what is in the log, and protect all of it."""
    _agreements()
    _keys()
    _chains()
    if is_postgresql():
        _policies()


def _agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("case_id", "agreement", "case_head"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _reference("author_id", "agreement", "organisation"),
        _reference("other_id", "agreement", "organisation"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("proposed", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_case", "agreement", ["case_id", "created"], unique=False)
    op.create_index(op.f("ix_agreement_other_id"), "agreement", ["other_id"], unique=False)
    op.create_table(
        "agreement_version",
        _reference("agreement_id", "agreement_version", "agreement"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "version", name=op.f("pk_agreement_version")),
    )
    op.create_table(
        "agreement_signature",
        _reference("agreement_id", "agreement_signature", "agreement"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public", DOCUMENT, nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("signed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "version", "organisation_id", name=op.f("pk_agreement_signature")),
    )
    op.create_table(
        "agreement_comment",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("agreement_id", "agreement_comment", "agreement"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("hidden_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_comment")),
    )
    op.create_index(op.f("ix_agreement_comment_agreement_id"), "agreement_comment", ["agreement_id"], unique=False)
    op.create_table(
        "agreement_value",
        _reference("agreement_id", "agreement_value", "agreement"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("case_version", NUMBER, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "version", "organisation_id", name=op.f("pk_agreement_value")),
    )


def _keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Text(), nullable=False),
        _reference("organisation_id", "signing_key", "organisation"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public", DOCUMENT, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("revoked", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_index(op.f("ix_signing_key_organisation_id"), "signing_key", ["organisation_id"], unique=False)
    op.create_table(
        "signing_secret",
        _reference("key_id", "signing_secret", "signing_key"),
        _reference("organisation_id", "signing_secret", "organisation"),
        sa.Column("sealed", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_secret")),
    )


def _chains() -> None:
    op.create_table(
        "audit_head",
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "holder_id", "seq", name=op.f("pk_audit_head")),
    )
    for column in (sa.Column("seq", NUMBER), sa.Column("previous", sa.Text()), sa.Column("hash", sa.Text())):
        op.add_column("audit_log", column)
    _chain_old_lines()
    with op.batch_alter_table("audit_log") as table:
        table.create_unique_constraint(op.f("uq_audit_log_organisation_id_seq"), ["organisation_id", "seq"])


def _chain_old_lines() -> None:
    names = ("id", "organisation_id", "user_id", "action", "object", "at", "seq", "previous", "hash")
    log = sa.table("audit_log", *(sa.column(name) for name in names), sa.column("detail", DOCUMENT))
    heads: dict[str, tuple[int, str]] = {}
    connection = op.get_bind()
    for row in connection.execute(sa.select(log).order_by(log.c.id)).all():
        seq, previous = heads.get(row.organisation_id, (0, START))
        at_ms = round(row.at * 1000)
        line = Line(
            organisation=row.organisation_id, seq=seq + 1, at_ms=at_ms, user=row.user_id, action=row.action,
            object=row.object, detail=row.detail,
        )  # fmt: skip
        heads[row.organisation_id] = (seq + 1, hash_line(line, previous))
        connection.execute(
            log.update()
            .where(log.c.id == row.id)
            .values(seq=seq + 1, previous=previous, hash=heads[row.organisation_id][1], at=at_ms / 1000)
        )


def _policies() -> None:
    protect("agreement", select=SIDE, insert=f"author_id = lb_org() AND {MY_CASE}", update=SIDE)
    written = f"{MINE} AND {SEEN}"
    protect("agreement_version", select=SEEN, insert=written)
    protect("agreement_signature", select=SEEN, insert=written)
    protect("agreement_comment", select=SEEN, insert=written, update=SEEN)
    op.execute(f"REVOKE UPDATE ON agreement_comment FROM {APP}")
    op.execute(f"GRANT UPDATE (hidden_by) ON agreement_comment TO {APP}")
    protect("agreement_value", select=MINE)
    grant_worker("INSERT, UPDATE", "agreement_value")
    protect("signing_key", select="lb_user() <> ''", insert=MINE, update=MINE)
    op.execute(f"REVOKE UPDATE ON signing_key FROM {APP}")
    op.execute(f"GRANT UPDATE (revoked) ON signing_key TO {APP}")
    protect("signing_secret", select=MINE, insert=MINE)
    protect("audit_head", select=f"{MINE} OR holder_id = lb_org()", insert=MINE)
    grant_worker("INSERT", "audit_head")


def _reference(column: str, table: str, target: str) -> sa.Column[str]:
    name = op.f(f"fk_{table}_{column}")
    return sa.Column(column, sa.Text(), sa.ForeignKey(f"{target}.id", name=name, ondelete="CASCADE"), nullable=False)
