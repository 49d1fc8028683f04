"""Where a case on the server comes from."""

from __future__ import annotations

from sqlalchemy import Connection

from landbridge.server.cases.texts import blank_settings, built_in, settings_of_case, tables_of_case
from landbridge.server.store import cases, filling, rows
from landbridge.server.store.database import Viewer


def create_case(connection: Connection, viewer: Viewer, name: str, source: str, copied: str) -> str:
    """
    Make a case of a built-in one, of what the viewer sees of another, or a blank one.

    Parameters
    ----------
    name
        Its name; blank = that of the source.
    source
        Name of a built-in case, or ``blank``.
    copied
        Id of a case to copy; blank: none.
    """
    tables: dict[str, list[dict[str, str]]] = {}
    if copied:
        settings = cases.head(connection, viewer, copied)["settings"]
        for row in rows.load(connection, viewer, copied):
            tables.setdefault(row.table, []).append(dict(row.cells))
    elif source in ("", "blank"):
        settings = blank_settings(name or "new case")
    else:
        found = built_in(source)
        settings, tables = settings_of_case(found.settings), tables_of_case(found)
    title = name or str(settings["name"])
    case = cases.create(connection, viewer, title, settings | {"name": title})
    filling.fill(connection, viewer, case, tables, "create")
    return case
