"""What monitoring asks the database."""

from __future__ import annotations

from sqlalchemy import Connection, text

from landbridge.server.store import jobs


def schema_of(connection: Connection) -> str:
    """Revision of the schema."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def job_counts(connection: Connection) -> dict[str, int]:
    """Jobs by state, of all organisations; on PostgreSQL by a function that tells counts and nothing else."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(text("SELECT state, count AS number FROM lb_job_counts()"))
        return {row.state: int(row.number) for row in found}
    return jobs.counts(connection)
