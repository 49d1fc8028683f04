"""The schema of the database: made and brought up to date, forward only."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from landbridge.errors import LandbridgeError
from landbridge.server.store.database import NOBODY, Database, open_database, reach

_LOCK = 6_172_635  # any number that nobody else uses


class SchemaError(LandbridgeError, ValueError):
    """A database whose schema this release cannot use."""

    code = "schema"


def upgrade(url: str, revision: str = "head") -> None:
    """
    Bring a database to a revision, in one transaction; the connection's user owns the tables.

    Two processes that start at one time wait for each other.

    Raises
    ------
    NoDatabase
        When the database cannot be reached.
    SchemaError
        When a newer release made it.
    """
    database = open_database(url, pool_size=1)
    try:
        reach(database)
        with database.write(NOBODY) as connection, as_file(files("landbridge.server.migrations")) as folder:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            config = _config(str(folder))
            config.attributes["connection"] = connection
            present = revision_of(connection)
            known = {item.revision for item in ScriptDirectory.from_config(config).walk_revisions()}
            if present is not None and present not in known:
                raise SchemaError(
                    f"the database has schema {present}, which a newer release of Landbridge made; install that one"
                )
            command.upgrade(config, revision)
    finally:
        database.close()


def head_revision() -> str:
    """Revision that this release expects."""
    with as_file(files("landbridge.server.migrations")) as folder:
        return str(ScriptDirectory.from_config(_config(str(folder))).get_current_head())


def revision_of(connection: Connection) -> str | None:
    """Revision of a database; None: it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def check_role(database: Database) -> None:
    """
    Refuse a web process that row-level security does not bind.

    Raises
    ------
    SchemaError
        When its role is a superuser, may pass row-level security, or owns tables.
    """
    if database.is_sqlite:
        return
    with database.read(NOBODY) as connection:
        found: Any = connection.execute(
            text(
                "SELECT current_user AS name, rolsuper OR rolbypassrls AS passes, "
                "EXISTS (SELECT 1 FROM pg_class c WHERE c.relname = 'case_row' AND "
                "pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
    if found.passes or found.owns:
        why = "passes row-level security" if found.passes else "owns the tables"
        raise SchemaError(
            f"the web process's database role {found.name!r} {why}; expected a role of its own that is a member of "
            "lb_app, and another in LANDBRIDGE_OWNER_DATABASE_URL (docs/server.md, PostgreSQL)"
        )


def _config(folder: str) -> Config:
    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
