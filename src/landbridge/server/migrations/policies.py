"""Row-level security of PostgreSQL, for migrations: who may do what with the rows of a table."""

from __future__ import annotations

from alembic import op

APP, WORKER = "lb_app", "lb_worker"


def is_postgresql() -> bool:
    """Whether the database has row-level security; SQLite has not: there the functions of the store see to it."""
    return op.get_bind().dialect.name == "postgresql"


def protect(
    table: str, *, select: str = "", insert: str = "", update: str = "", delete: str = "", check: str = ""
) -> None:
    """
    Put a table under row-level security.

    Parameters
    ----------
    select, insert, update, delete
        Condition under which the web process may do it to a row; blank: never.
    check
        Condition that an updated row must keep; blank = that of ``update``.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY worker ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
    rights = []
    if select:
        op.execute(f"CREATE POLICY app_select ON {table} FOR SELECT TO {APP} USING ({select})")
        rights.append("SELECT")
    if insert:
        op.execute(f"CREATE POLICY app_insert ON {table} FOR INSERT TO {APP} WITH CHECK ({insert})")
        rights.append("INSERT")
    if update:
        condition = f"USING ({update}) WITH CHECK ({check or update})"
        op.execute(f"CREATE POLICY app_update ON {table} FOR UPDATE TO {APP} {condition}")
        rights.append("UPDATE")
    if delete:
        op.execute(f"CREATE POLICY app_delete ON {table} FOR DELETE TO {APP} USING ({delete})")
        rights.append("DELETE")
    if rights:
        op.execute(f"GRANT {', '.join(rights)} ON {table} TO {APP}")
    op.execute(f"GRANT SELECT ON {table} TO {WORKER}")


def grant_worker(rights: str, *tables: str) -> None:
    """Let workers do more than read."""
    for table in tables:
        op.execute(f"GRANT {rights} ON {table} TO {WORKER}")


def grant_sequences() -> None:
    """Let both roles draw numbers."""
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}, {WORKER}")
